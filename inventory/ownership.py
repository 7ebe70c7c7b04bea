"""Who owns what lies where."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fsm.ownership import Door, Owner, owns
from fsm.permissions import May

GROUP = _("Stock")

owns(
    "stock.level",
    label=_("How much lies where"),
    owner=Owner.LEDGER,
    doors=(Door.OFFICE, Door.FIELD, Door.API),
    may=May.MOVE_STOCK,
    rule=_(
        "A count is the sum of its movements and nothing else. Work that was done takes its parts at once; a "
        "correction by hand waits for a manager."
    ),
    group=GROUP,
)
