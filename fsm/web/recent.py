"""What a person opened last: remembered when a page is opened, offered by the empty search box."""

from __future__ import annotations

from django.db import models
from django.http import HttpRequest

from ..clock import now
from ..finders import Hit
from ..recent import recent, remember
from ..references import ref_of

OFFERED = 10


def remember_opened(request: HttpRequest, thing: models.Model, *, detail: str = "") -> None:
    """Put something first among what the person opened last."""
    if request.user.pk:
        remember(request.user.pk, ref_of(thing), detail=detail, now=now())


def recently_opened(request: HttpRequest) -> list[Hit]:
    """What the person opened last, the newest first."""
    return recent(request.user, limit=OFFERED)
