"""Who owns what is known of money."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fsm.ownership import Door, Owner, owns
from fsm.permissions import May

GROUP = _("Money")

owns(
    "price.book",
    label=_("Price book"),
    owner=Owner.OFFICE,
    doors=(Door.OFFICE, Door.API),
    may=May.EDIT_PRICES,
    rule=_("A line keeps the price it was written with; later changes of the book touch new lines only."),
    group=GROUP,
)
owns(
    "invoice.draft",
    label=_("Draft invoices"),
    owner=Owner.OFFICE,
    doors=(Door.OFFICE, Door.API),
    may=May.EDIT_INVOICES,
    rule=_("A price far from the book waits for a second person before the invoice can be issued."),
    group=GROUP,
)
owns(
    "invoice.issued",
    label=_("Issued invoices"),
    owner=Owner.ACCOUNTING,
    doors=(Door.OFFICE, Door.API),
    may=May.ADJUST_INVOICES,
    rule=_("Never edited: corrected by a credit memo and a new invoice."),
    group=GROUP,
)
owns(
    "payment.record",
    label=_("Payments"),
    owner=Owner.LEDGER,
    doors=(Door.OFFICE, Door.API),
    may=May.TAKE_PAYMENTS,
    rule=_("Written once and undone by an entry of its own; balances are sums, never typed."),
    group=GROUP,
)
