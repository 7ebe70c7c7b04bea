"""Warranties: confirmed, added, corrected, registered, ended; reminders of what must be registered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from customers.versions import check_version
from fsm import outbox
from fsm.attribution import because as with_reason
from fsm.clock import today_in
from fsm.company import the_company
from fsm.references import Reference
from fsm.states import NotPossible

from ..models import Reminder, Unit, Warranty, WarrantyKind
from ..warranties import LIFETIME, REMIND_DAYS_BEFORE, add_months, can_still_register
from ..warranty_rows import proposals_for, term_of

WARRANTY_FIELDS: Final = frozenset(
    {
        "kind", "provider", "starts_on", "base_months", "registered_months", "registration_deadline",
        "is_transferable", "is_owner_occupied", "note",
    }
)  # fmt: skip
REMINDER: Final = "warranty_registration"


@transaction.atomic
def add_warranty(
    unit_id: int, *, kind: str, base_months: int, uuid: UUID | None = None, **fields: Any
) -> Warranty:
    """A promise for a unit; the same uuid twice is one."""
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit_id)
    if uuid and (standing := Warranty.objects.filter(uuid=uuid).first()):
        if standing.unit_id != unit.pk:
            raise NotPossible(_("Something else already has this uuid. Nothing was changed."), field="uuid")
        return standing
    row = Warranty(uuid=uuid or uuid4(), unit=unit)
    _assign(row, {"kind": kind, "base_months": base_months, **fields})
    row.save(force_insert=True)
    return row


@transaction.atomic
def confirm_usual_warranties(unit_id: int, *, kinds: Collection[str]) -> list[Warranty]:
    """Put on record what a person confirmed of the maker's usual terms; what stands there already stays."""
    unit = Unit.objects.select_for_update(no_key=True, of=("self",)).select_related("maker").get(pk=unit_id)
    proposed = proposals_for(unit, unit.warranties.all())
    chosen = [term for term in proposed if term.kind in kinds]
    if not chosen:
        raise NotPossible(_("Nothing was chosen, or it is on record already."), field="kinds")
    return [
        Warranty.objects.create(
            unit=unit,
            kind=term.kind,
            provider=term.provider,
            starts_on=term.starts_on,
            base_months=term.base_months,
            registered_months=term.registered_months,
            registration_deadline=term.registration_deadline,
            is_transferable=term.transferable,
            is_owner_occupied=term.owner_occupied_only,
        )
        for term in chosen
    ]


@transaction.atomic
def edit_warranty(warranty_id: int, *, version: int, **fields: Any) -> Warranty:
    """Correct what a warranty says."""
    row = Warranty.objects.select_for_update(no_key=True).get(pk=warranty_id)
    check_version(row, version, fields, noun=_("warranty"))
    _assign(row, fields)
    return _save(row, *fields)


@transaction.atomic
def register_warranty(warranty_id: int, *, on: date, confirmation: str, today: date) -> Warranty:
    """Say that it was registered with its maker, under which number. After the deadline it is kept too, and
    counts no more than the base months.
    """
    row = Warranty.objects.select_for_update(no_key=True).get(pk=warranty_id)
    if on > today:
        raise NotPossible(_("It cannot have been registered on a day to come."), field="on")
    if row.starts_on and on < row.starts_on:
        raise NotPossible(
            _("It cannot have been registered before the warranty started on %(day)s.")
            % {"day": date_format(row.starts_on)},
            field="on",
        )
    if row.ended_on:
        raise NotPossible(_("This warranty has ended; there is nothing to register."), field="on")
    if row.registered_on and not confirmation.strip():
        raise NotPossible(_("Give the confirmation number."), field="confirmation")
    row.registered_on, row.confirmation = on, confirmation.strip()[:60]
    return _save(row, "registered_on", "confirmation")


@transaction.atomic
def end_warranty(warranty_id: int, *, on: date, because: str) -> Warranty:
    """It covers nothing from this day on, for a reason."""
    if not because.strip():
        raise NotPossible(_("Say why it ended."), field="because")
    row = Warranty.objects.select_for_update(no_key=True).get(pk=warranty_id)
    if row.starts_on and on < row.starts_on:
        raise NotPossible(
            _("It cannot end before it started on %(day)s.") % {"day": date_format(row.starts_on)}, field="on"
        )
    row.ended_on, row.ended_because = on, because.strip()[:200]
    with with_reason(row.ended_because):
        return _save(row, "ended_on", "ended_because")


def registration_says(row: Warranty, on: date, *, state: str = "") -> str:
    """What follows from registering it on that day: the longer months, or that it comes too late."""
    term = term_of(row)
    if row.starts_on is None or not row.registered_months:
        return ""
    longer, base = (
        add_months(row.starts_on, row.registered_months),
        add_months(row.starts_on, row.base_months),
    )
    if row.registration_deadline and can_still_register(term, on=on, state=state):
        return _("Registered by %(deadline)s it lasts until %(longer)s instead of %(base)s.") % {
            "deadline": date_format(row.registration_deadline), "longer": date_format(longer),
            "base": date_format(base),
        }  # fmt: skip
    if row.registration_deadline and on > row.registration_deadline and row.registered_on is None:
        return _("The deadline was %(deadline)s: a registration now leaves it at %(base)s.") % {
            "deadline": date_format(row.registration_deadline), "base": date_format(base),
        }  # fmt: skip
    return ""


@transaction.atomic
def remind_of_registrations(*, now: datetime) -> list[Reminder]:
    """Write to the office of every registration whose deadline is 30, 14, 7 or 1 days off: each once, all of
    a day in one e-mail. What was missed while the house slept is said with the next.
    """
    today = today_in(the_company().time_zone, now)
    rows = (
        Warranty.objects.select_for_update(no_key=True, of=("self",))
        .filter(
            registered_on=None,
            ended_on=None,
            registration_deadline__gte=today,
            registration_deadline__lte=today + timedelta(days=max(REMIND_DAYS_BEFORE)),
            unit__status="active",
        )
        .select_related("unit__site")
        .order_by("registration_deadline", "pk")
    )
    made: list[Reminder] = []
    for row in rows:
        deadline = row.registration_deadline
        if deadline is None or not can_still_register(term_of(row), on=today, state=row.unit.site.state):
            continue
        step = min(days for days in REMIND_DAYS_BEFORE if (deadline - today).days <= days)
        reminder, is_new = Reminder.objects.get_or_create(
            kind=REMINDER, subject=row.uuid, due_on=deadline, days_before=step, defaults={"sent_at": now}
        )
        if is_new:
            made.append(reminder)
    if made:
        company = the_company()
        outbox.post(
            "warranty_email",
            about=Reference("company", company.uuid),
            payload={"warranties": [str(reminder.subject) for reminder in made]},
        )
    return made


def _assign(row: Warranty, fields: dict[str, Any]) -> None:
    if unknown := fields.keys() - WARRANTY_FIELDS:
        raise TypeError(f"unknown fields: {', '.join(sorted(unknown))}")
    for name, value in fields.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    if row.kind not in WarrantyKind.values:
        raise NotPossible(_("Say what the warranty covers."), field="kind")
    if not 0 < row.base_months <= LIFETIME:
        raise NotPossible(
            _("A warranty lasts between 1 and %(most)s months.") % {"most": LIFETIME}, field="base_months"
        )
    longer = row.registered_months
    if longer is not None and not row.base_months <= longer <= LIFETIME:
        raise NotPossible(
            _("Registered it must last at least as long as unregistered, and at most %(most)s months.")
            % {"most": LIFETIME},
            field="registered_months",
        )
    deadline = row.registration_deadline
    if deadline and row.starts_on and deadline < row.starts_on:
        raise NotPossible(_("The deadline lies before the start."), field="registration_deadline")


def _save(row: Warranty, *fields: str) -> Warranty:
    row.version += 1
    row.save(update_fields=[*fields, "version"])
    return row
