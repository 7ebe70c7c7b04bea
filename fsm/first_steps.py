"""What a new company does first: a list that looks at what exists, in one query."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import Exists
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Company


@dataclass(frozen=True)
class Step:
    """One step, done when such a row exists; `model` is named as a string, because the kernel imports no
    app.
    """

    key: str
    title: Promise
    text: Promise
    url_name: str
    icon: str
    model: str
    where: dict[str, Any] = field(default_factory=dict)
    but: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stand:
    """A step, and whether it is done."""

    step: Step
    is_done: bool


STEPS = (
    Step("company", _("Say who you are"), _("Address, phone and logo, as they stand on invoices."),
         "fsm:company", "building", "fsm.Company", but={"phone": ""}),
    Step("branches", _("Say where you work from"), _("The address from which your trucks start."),
         "fsm:branches", "pin", "fsm.Branch", but={"street": ""}),
    Step("people", _("Invite your people"), _("Office, dispatchers, technicians, bookkeeper."),
         "fsm:invite-person", "user", "fsm.User", but={"role": "owner"}),
    Step("technicians", _("Give technicians their trucks"), _("A truck is where their parts are."),
         "inventory:places", "truck", "dispatch.Technician", {"truck__isnull": False}),
    Step("prices", _("Fill the price book"), _("What your work and parts cost the customer."),
         "billing:prices", "list", "billing.PriceItem"),
    Step("taxes", _("Set the sales tax"), _("The rates of the places where you work."),
         "billing:taxes", "money", "billing.TaxRate"),
    Step("parts", _("List your parts"), _("So that they leave the truck when they are used."),
         "inventory:parts", "box", "inventory.Part"),
    Step("customers", _("Bring in your customers"), _("From a QuickBooks list, or one by one."),
         "customers:imports", "customers", "customers.Customer"),
    Step("job", _("Book the first job"), _("From the phone call to the invoice."),
         "dispatch:book", "phone", "dispatch.Job"),
    Step("backup", _("Make a back-up"), _("And know that it can be restored."),
         "fsm:health", "download", "fsm.SafekeepingRun", {"kind": "backup", "is_good": True}),
)  # fmt: skip


def stands() -> list[Stand]:
    """Every step and whether it is done, in one query."""
    asked = {
        f"step_{step.key}": Exists(
            apps.get_model(step.model)
            ._default_manager.filter(**step.where)
            .exclude(**step.but)
            .order_by()
            .values("pk")
        )
        for step in STEPS
    }
    found = Company.objects.order_by("pk").values(**asked).first() or {}
    return [Stand(step, bool(found.get(f"step_{step.key}"))) for step in STEPS]
