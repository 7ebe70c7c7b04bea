"""Who owns what is known of work."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fsm.ownership import Door, Owner, owns
from fsm.permissions import May

GROUP = _("Work")

owns(
    "visit.schedule",
    label=_("When a visit is, and whose"),
    owner=Owner.OFFICE,
    doors=(Door.OFFICE, Door.API),
    may=May.MOVE_VISITS,
    rule=_("Dispatch moves visits; calendars only show them. Of two moves at once the second sees both."),
    group=GROUP,
)
owns(
    "visit.progress",
    label=_("En route, on site, done, with their times"),
    owner=Owner.FIELD,
    doors=(Door.FIELD, Door.OFFICE, Door.API),
    may=May.WORK_VISITS,
    rule=_("What happened on site is always kept, however late it arrives."),
    group=GROUP,
)
owns(
    "visit.findings",
    label=_("Checklists, readings, photos, notes, parts used, signatures"),
    owner=Owner.FIELD,
    doors=(Door.FIELD, Door.OFFICE, Door.API),
    may=May.WORK_VISITS,
    rule=_("Kept as the technician sent it; the office adds and never overwrites."),
    group=GROUP,
)
owns(
    "job.terms",
    label=_("What a job is, who pays, its hold or cancellation"),
    owner=Owner.OFFICE,
    doors=(Door.OFFICE, Door.API),
    may=May.BOOK_JOBS,
    rule=_("A job keeps its customer, site and payer as they were when it was booked."),
    group=GROUP,
)
