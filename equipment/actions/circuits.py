"""Circuits: what each holds, from which day, and how that is known."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.attribution import because as with_reason
from fsm.attribution import current_actor_name
from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.states import NotPossible

from ..categories import load_categories
from ..models import (
    ChargeMethod,
    ChargeRevision,
    Circuit,
    ComplianceCategory,
    Exemption,
    RecordKind,
    Refrigerant,
    RefrigerantRecord,
    Unit,
)
from ..wording import said
from .rates import recompute_circuit
from .refrigerant import locked_circuit

LARGEST_CHARGE_OZ = Decimal(1_000_000)


def add_circuit(
    unit: Unit, *, label: str, refrigerant: Refrigerant, full_charge_oz: Decimal | None
) -> Circuit:
    """A new circuit with its first revision; category and exemption are what its sort of unit usually has."""
    facts = load_categories().get(unit.category)
    circuit = Circuit.objects.create(
        unit=unit,
        label=label,
        refrigerant=refrigerant,
        full_charge_oz=full_charge_oz,
        category=(facts and facts.compliance) or "comfort",
        exempt=(facts and facts.exemption) or "unsure",
        exempt_because=_("Usual for this sort of unit") if facts and facts.exemption == "yes" else "",
        started_on=unit.installed_on,
    )
    if full_charge_oz is not None:
        _revision(circuit, effective_on=_first_day(circuit))
    return circuit


def correct_circuit(circuit: Circuit, *, refrigerant: Refrigerant, full_charge_oz: Decimal | None) -> Circuit:
    """What the plate says was read wrongly: a revision for the same days as the last one."""
    last = circuit.revisions.order_by("effective_on", "pk").last()
    circuit.refrigerant, circuit.full_charge_oz = refrigerant, full_charge_oz
    circuit.save(update_fields=["refrigerant", "full_charge_oz"])
    if full_charge_oz is not None:
        _revision(circuit, effective_on=last.effective_on if last else _first_day(circuit))
    recompute_circuit(circuit.pk, now=clock_now(), because=_("The plate was read again"))
    return circuit


@transaction.atomic
def revise_charge(
    circuit_id: int,
    *,
    effective_on: date,
    full_charge_oz: Decimal,
    method: str,
    today: date,
    range_low_oz: Decimal | None = None,
    range_high_oz: Decimal | None = None,
    note: str = "",
) -> ChargeRevision:
    """A full charge determined anew, from a day on, by one of the four methods of 40 CFR 82.152.

    Of a range the middle counts. Refuses a day to come or before the last revision, and no or a mad amount.
    """
    circuit = locked_circuit(circuit_id)
    if method not in ChargeMethod.values or method == ChargeMethod.UNKNOWN:
        raise NotPossible(_("Say how the full charge was determined."), field="method")
    if method == ChargeMethod.RANGE:
        if range_low_oz is None or range_high_oz is None or not 0 < range_low_oz <= range_high_oz:
            raise NotPossible(_("Give both ends of the range, the lower first."), field="range_low")
        full_charge_oz = (range_low_oz + range_high_oz) / 2
    if not full_charge_oz.is_finite() or not 0 < full_charge_oz <= LARGEST_CHARGE_OZ:
        raise NotPossible(_("A full charge must be more than nothing."), field="full_charge")
    if effective_on > today:
        raise NotPossible(_("A full charge cannot be determined for a day to come."), field="effective_on")
    last = circuit.revisions.order_by("effective_on", "pk").last()
    if last is not None and effective_on < last.effective_on:
        raise NotPossible(
            _("The charge was determined again on %(day)s. Give a day from then on.")
            % {"day": last.effective_on},
            field="effective_on",
        )
    circuit.full_charge_oz = full_charge_oz
    circuit.save(update_fields=["full_charge_oz"])
    revision = _revision(
        circuit,
        effective_on=effective_on,
        method=method,
        range_low_oz=range_low_oz if method == ChargeMethod.RANGE else None,
        range_high_oz=range_high_oz if method == ChargeMethod.RANGE else None,
        note=note.strip()[:200],
    )
    revision.changes = tuple(
        recompute_circuit(circuit.pk, now=clock_now(), because=_("The full charge was determined anew"))
    )
    return revision


@transaction.atomic
def retrofit_circuit(
    circuit_id: int,
    *,
    refrigerant: str,
    full_charge_oz: Decimal,
    effective_on: date,
    now: datetime,
    method: str = ChargeMethod.MANUFACTURER,
    note: str = "",
) -> ChargeRevision:
    """Another refrigerant from a day on, with its own full charge: rates start anew with it.

    Refuses a refrigerant that we do not know or that it holds already, and a day to come, before the last
    revision or before refrigerant that was added since.
    """
    circuit = locked_circuit(circuit_id)
    zone = circuit.unit.site.time_zone
    other = Refrigerant.objects.filter(designation=refrigerant.strip()).first()
    if other is None:
        raise NotPossible(
            _("“%(name)s” is not a refrigerant we know.") % {"name": refrigerant}, field="refrigerant"
        )
    if other.pk == circuit.refrigerant_id:
        raise NotPossible(_("The circuit holds %(name)s already.") % {"name": other}, field="refrigerant")
    if method not in ChargeMethod.values or method in (ChargeMethod.UNKNOWN, ChargeMethod.RANGE):
        raise NotPossible(_("Say how the full charge was determined."), field="method")
    if not full_charge_oz.is_finite() or not 0 < full_charge_oz <= LARGEST_CHARGE_OZ:
        raise NotPossible(_("A full charge must be more than nothing."), field="full_charge")
    if effective_on > today_in(zone, now):
        raise NotPossible(_("A retrofit cannot be dated on a day to come."), field="effective_on")
    if circuit.retired_on is not None:
        raise NotPossible(_("The circuit was retired on %(day)s.") % {"day": said(circuit.retired_on)})
    last = circuit.revisions.order_by("effective_on", "pk").last()
    added = RefrigerantRecord.objects.in_force().filter(circuit=circuit, kind=RecordKind.ADDED)
    days = [
        today_in(zone, one)
        for one in added.order_by("-happened_at").values_list("happened_at", flat=True)[:1]
    ]
    days += [last.effective_on] if last is not None else []
    if days and effective_on < max(days):
        raise NotPossible(
            _("The circuit was charged or revised on %(day)s. Give a day from then on.")
            % {"day": said(max(days))},
            field="effective_on",
        )
    circuit.refrigerant, circuit.full_charge_oz = other, full_charge_oz
    circuit.save(update_fields=["refrigerant", "full_charge_oz"])
    revision = _revision(
        circuit, effective_on=effective_on, method=method, is_retrofit=True, note=note.strip()[:200]
    )
    revision.changes = tuple(
        recompute_circuit(circuit.pk, now=now, because=_("Retrofitted to %(name)s") % {"name": other})
    )
    return revision


@transaction.atomic
def set_exemption(circuit_id: int, *, exempt: str, because: str, now: datetime) -> Circuit:
    """Whether 40 CFR 84.106(a)(3)(ii) leaves the circuit out: yes, no or not settled, and why."""
    circuit = locked_circuit(circuit_id)
    if exempt not in Exemption.values:
        raise NotPossible(_("Say yes, no or not sure."), field="exempt")
    if not because.strip():
        raise NotPossible(_("Say why; the reason is shown beside the rule."), field="because")
    circuit.exempt, circuit.exempt_because = exempt, because.strip()[:200]
    with with_reason(because.strip()):
        circuit.save(update_fields=["exempt", "exempt_because"])
    circuit.changes = tuple(recompute_circuit(circuit.pk, now=now, because=because.strip()))
    return circuit


@transaction.atomic
def set_category(circuit_id: int, *, category: str, because: str, now: datetime) -> Circuit:
    """What the leak rules call the appliance: its trigger rate and inspections follow from that."""
    circuit = locked_circuit(circuit_id)
    if category not in ComplianceCategory.values:
        raise NotPossible(_("Choose comfort, commercial or industrial process."), field="category")
    if not because.strip():
        raise NotPossible(_("Say why."), field="because")
    circuit.category = category
    with with_reason(because.strip()):
        circuit.save(update_fields=["category"])
    circuit.changes = tuple(recompute_circuit(circuit.pk, now=now, because=because.strip()))
    return circuit


def _revision(circuit: Circuit, **fields: object) -> ChargeRevision:
    return ChargeRevision.objects.create(
        circuit=circuit,
        refrigerant=circuit.refrigerant,
        full_charge_oz=circuit.full_charge_oz,
        author_name=current_actor_name(),
        **fields,
    )


def _first_day(circuit: Circuit) -> date:
    return circuit.started_on or circuit.unit.created_at.date()
