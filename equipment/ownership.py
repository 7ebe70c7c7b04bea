"""Who owns what is known of equipment."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fsm.ownership import Door, Owner, owns
from fsm.permissions import May

GROUP = _("Equipment")

owns(
    "unit.identity",
    label=_("Units: maker, model, serial, place"),
    owner=Owner.OFFICE,
    doors=(Door.OFFICE, Door.API),
    may=May.EDIT_EQUIPMENT,
    rule=_("A unit stays with its site when the site is sold. Two edits at once are shown side by side."),
    group=GROUP,
)
owns(
    "refrigerant.record",
    label=_("Refrigerant added and recovered"),
    owner=Owner.FIELD,
    doors=(Door.FIELD, Door.OFFICE, Door.API),
    may=May.WORK_VISITS,
    rule=_("What the certified technician recorded holds; it is never edited."),
    group=GROUP,
)
