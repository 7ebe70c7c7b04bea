"""How other apps point at work."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from fsm.references import refers

from .models import Job, JobPhoto, Visit


def _job_label(job: Any) -> str:
    return _("Job %(number)s") % {"number": job.number}


def _visit_label(visit: Any) -> str:
    return _("Job %(number)s, visit %(n)s") % {"number": visit.job.number, "n": visit.sequence}


def _photo_label(photo: Any) -> str:
    return photo.caption or _("Photo on job %(number)s") % {"number": photo.job.number}


refers("job", Job, url=lambda job: reverse("dispatch:job", args=[job.uuid]), label=_job_label)
refers(
    "visit",
    Visit,
    url=lambda visit: f"{reverse('dispatch:job', args=[visit.job.uuid])}#visit-{visit.uuid}",
    label=_visit_label,
    related=("job",),
)
refers(
    "photo",
    JobPhoto,
    url=lambda photo: reverse("dispatch:photo", args=[photo.uuid]),
    label=_photo_label,
    related=("job",),
)
