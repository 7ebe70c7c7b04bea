"""Circuits: what each holds, from which day, and how that is known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.attribution import current_actor_name
from fsm.states import NotPossible

from ..categories import load_categories
from ..models import ChargeMethod, ChargeRevision, Circuit, Refrigerant, Unit

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
    circuit = Circuit.objects.select_for_update(no_key=True).get(pk=circuit_id)
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
    return _revision(
        circuit,
        effective_on=effective_on,
        method=method,
        range_low_oz=range_low_oz if method == ChargeMethod.RANGE else None,
        range_high_oz=range_high_oz if method == ChargeMethod.RANGE else None,
        note=note.strip()[:200],
    )


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
