"""The reports on circuits, their leaks, and who worked on them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import (
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.clock import local

from . import reports_audit  # noqa: F401 (offers its own)
from .models import (
    CaseEvent,
    CaseEventKind,
    ChargeMethod,
    ChargeRevision,
    ChronicLeaker,
    Circuit,
    Facility,
    LeakCase,
    LeakRate,
    RateMethod,
    RefrigerantRecord,
    TechnicianCertificate,
)
from .papers.words import day_words, how_found, percent_words, pounds_only
from .reporting import Asked, Cells, Head, Report, moments, offers_report, units_of
from .states import CASE_CLOSED

NOTHING = "\N{EN DASH}"
WHAT_IS_DUE: dict[str, Any] = {
    "inspection": gettext_lazy("Leak inspection"),
    "repair": gettext_lazy("Repair"),
    "initial_test": gettext_lazy("Initial verification test"),
    "follow_up_test": gettext_lazy("Follow-up verification test"),
    "plan": gettext_lazy("Retrofit or retirement plan"),
    "plan_completion": gettext_lazy("Completion of the plan"),
}
CIRCUIT, CUSTOMER, SITE = (
    Head(gettext_lazy("Circuit")),
    Head(gettext_lazy("Owner")),
    Head(gettext_lazy("Location")),
)
REFRIGERANT, RULES = Head(gettext_lazy("Refrigerant")), Head(gettext_lazy("Rule"))
PLACE = (CIRCUIT, CUSTOMER, SITE, REFRIGERANT)
RELATED = ("circuit__unit__site__customer", "circuit__unit__maker", "circuit__refrigerant")


def place_cells(circuit: Circuit) -> Cells:
    """Circuit, owner, location, refrigerant."""
    unit = circuit.unit
    return (
        f"{unit} {unit.serial} · {circuit.label}".replace("  ", " "),
        unit.site.customer.name,
        ", ".join(unit.site.lines),
        circuit.refrigerant.designation,
    )


def rules_words(rules: str) -> str:
    """`40 CFR 82.157, 40 CFR 84.106`."""
    return ", ".join(f"40 CFR {code}" for code in rules.split(",") if code)


def circuit_url(circuit: Circuit) -> str:
    """The circuit's own page."""
    return reverse("equipment:circuit", args=[circuit.uuid])


# Appliances ------------------------------------------------------------------------------------------


def _profiles(asked: Asked) -> QuerySet[Circuit]:
    revisions = ChargeRevision.objects.filter(circuit=OuterRef("pk")).order_by("-effective_on", "-pk")
    sites = Facility.objects.filter(site=OuterRef("unit__site"))
    return (
        Circuit.objects.filter(unit__in=units_of(asked), full_charge_oz__gte=15 * 16)
        .select_related("unit__site__customer", "unit__maker", "refrigerant")
        .annotate(
            charge_method=Subquery(revisions.values("method")[:1]),
            charge_since=Subquery(revisions.values("effective_on")[:1]),
            site_method=Subquery(sites.values("method")[:1]),
        )
        .order_by("unit__site__customer__name", "unit__site__street", "unit_id", "label", "pk")
    )


def _profile_cells(row: Any, asked: Asked) -> Cells:
    return (
        *place_cells(row),
        pounds_only(row.full_charge_oz),
        ChargeMethod(row.charge_method).label if row.charge_method else NOTHING,
        day_words(row.charge_since),
        row.get_category_display(),
        " ".join(filter(None, (row.get_exempt_display(), row.exempt_because))),
        RateMethod(row.site_method or RateMethod.ANNUALIZING).label,
        day_words(row.retired_on),
    )


offers_report(
    Report(
        key="appliances",
        title=gettext_lazy("Appliances"),
        says=gettext_lazy(
            "Every circuit with 15 lb or more: its full charge, how that was determined, its method."
        ),
        citation="40 CFR 82.157(l)(1), 84.106(l)(1)",
        heads=(
            *PLACE, Head(gettext_lazy("Full charge (lb)"), True), Head(gettext_lazy("Determined by")),
            Head(gettext_lazy("Since")), Head(gettext_lazy("Category")), Head(gettext_lazy("Exemption")),
            Head(gettext_lazy("Leak rate method")), Head(gettext_lazy("Retired")),
        ),
        rows=_profiles,
        cells=_profile_cells,
        url=circuit_url,
        empty=gettext_lazy("No circuit of 15 lb or more is on record."),
        filters=frozenset({"branch"}),
        order=10,
    )
)  # fmt: skip


# Circuit history -------------------------------------------------------------------------------------


def _records(asked: Asked) -> QuerySet[RefrigerantRecord]:
    rates = LeakRate.objects.filter(circuit=OuterRef("circuit"), record=OuterRef("pk"), superseded_at=None)
    columns = (
        "net_oz", "days_used", "full_charge_oz", "percent", "trigger_percent", "exceeds", "rules", "method",
    )  # fmt: skip
    rows = (
        RefrigerantRecord.objects.filter(circuit__unit__in=units_of(asked), **moments(asked, "happened_at"))
        .select_related(*RELATED, "refrigerant", "certificate")
        .annotate(**{f"rate_{name}": Subquery(rates.values(name)[:1]) for name in columns})
    )
    if asked.circuit:
        rows = rows.filter(circuit__uuid=asked.circuit)
    return rows.order_by("circuit__unit__site__customer__name", "circuit_id", "happened_at", "pk")


def _record_cells(row: Any, asked: Asked) -> Cells:
    wall: datetime = local(row.happened_at, row.circuit.unit.site.time_zone)
    rate = NOTHING
    finding = NOTHING
    if row.rate_percent is not None:
        rate = how_found(
            LeakRate(
                net_oz=row.rate_net_oz,
                days_used=row.rate_days_used,
                full_charge_oz=row.rate_full_charge_oz,
                percent=row.rate_percent,
                method=row.rate_method,
            )
        )
        finding = (
            _("Advisory") if row.rate_exceeds is None else _("Over") if row.rate_exceeds else _("Within")
        )
    return (
        *place_cells(row.circuit)[:3],
        date_format(wall, "N j, Y, P"),
        f"{row.get_kind_display()}, {row.get_purpose_display()}",
        pounds_only(row.ounces),
        row.refrigerant.designation,
        row.technician_name,
        str(row.certificate),
        rate,
        finding,
        rules_words(row.rate_rules or ""),
        _("Struck out: %(why)s") % {"why": row.voided_because} if row.voided_at else "",
    )


offers_report(
    Report(
        key="circuit-history",
        title=gettext_lazy("Circuit history"),
        says=gettext_lazy(
            "Every addition and recovery with who did it, the leak rate it gave and how that was found; what"
            " was struck out stays, with the reason."
        ),
        citation="40 CFR 82.157(l)(2), 84.106(l)(2)",
        heads=(
            CIRCUIT, CUSTOMER, SITE, Head(gettext_lazy("When")), Head(gettext_lazy("What")),
            Head(gettext_lazy("Pounds"), True), REFRIGERANT, Head(gettext_lazy("By")),
            Head(gettext_lazy("Certificate")), Head(gettext_lazy("Leak rate")), Head(gettext_lazy("Finding")),
            RULES, Head(gettext_lazy("Struck out")),
        ),
        rows=_records,
        cells=_record_cells,
        url=lambda row: circuit_url(row.circuit),
        empty=gettext_lazy("Nothing was added or recovered in this time."),
        filters=frozenset({"first", "last", "branch", "circuit"}),
        order=20,
    )
)  # fmt: skip


# Cases -----------------------------------------------------------------------------------------------


def _cases(asked: Asked) -> QuerySet[LeakCase]:
    return LeakCase.objects.filter(circuit__unit__in=units_of(asked)).select_related(*RELATED)


def _exceedances(asked: Asked) -> QuerySet[LeakCase]:
    def last(kind: str, **more: Any) -> Subquery:
        rows = CaseEvent.objects.filter(case=OuterRef("pk"), kind=kind, voided_at=None, **more)
        return Subquery(rows.order_by("-happened_on", "-pk").values("happened_on")[:1])

    return (
        _cases(asked)
        .filter(**asked.days("opened_on"))
        .annotate(
            inspected=last(CaseEventKind.INSPECTION),
            repaired=last(CaseEventKind.REPAIR),
            initial=last(CaseEventKind.INITIAL_TEST, passed=True),
            follow_up=last(CaseEventKind.FOLLOW_UP_TEST, passed=True),
        )
        .order_by("-opened_on", "-pk")
    )


def case_url(case: LeakCase) -> str:
    """The case's own page."""
    return reverse("equipment:case", args=[case.uuid])


def _exceedance_cells(row: Any, asked: Asked) -> Cells:
    state = str(row.get_state_display())
    return (
        *place_cells(row.circuit),
        day_words(row.opened_on),
        percent_words(row.percent),
        rules_words(row.rules),
        day_words(row.inspected),
        day_words(row.repaired),
        day_words(row.initial),
        day_words(row.follow_up),
        f"{state}: {row.withdrawn_because}" if row.withdrawn_because else state,
        day_words(row.closed_on),
    )


offers_report(
    Report(
        key="exceedances",
        title=gettext_lazy("Exceedance register"),
        says=gettext_lazy("Every leak rate over its trigger, with the inspection, repair and tests."),
        citation="40 CFR 82.157(d)-(g), 84.106(d)-(g)",
        heads=(
            *PLACE, Head(gettext_lazy("Exceeded")), Head(gettext_lazy("Rate"), True), RULES,
            Head(gettext_lazy("Inspected")), Head(gettext_lazy("Repaired")),
            Head(gettext_lazy("Initial test")),
            Head(gettext_lazy("Follow-up test")), Head(gettext_lazy("State")), Head(gettext_lazy("Ended")),
        ),
        rows=_exceedances,
        cells=_exceedance_cells,
        url=case_url,
        empty=gettext_lazy("No leak rate was over its trigger in this time."),
        order=30,
    )
)  # fmt: skip


def _open(asked: Asked) -> QuerySet[LeakCase]:
    return _cases(asked).exclude(state__in=CASE_CLOSED).order_by(F("next_due_on").asc(nulls_last=True), "pk")


def days_left(day: date | None, today: date) -> str:
    """`12`, or `3 overdue`."""
    if day is None:
        return NOTHING
    left = (day - today).days
    return _("%(n)d overdue") % {"n": -left} if left < 0 else str(left)


def _open_cells(row: Any, asked: Asked) -> Cells:
    return (
        *place_cells(row.circuit),
        day_words(row.opened_on),
        percent_words(row.percent),
        rules_words(row.rules),
        row.get_state_display(),
        WHAT_IS_DUE.get(row.next_due_what, row.next_due_what or NOTHING),
        day_words(row.next_due_on),
        days_left(row.next_due_on, asked.today),
    )


offers_report(
    Report(
        key="open-clocks",
        title=gettext_lazy("Open clocks"),
        says=gettext_lazy("Every case that is not over, with what is due next and how many days are left."),
        citation="40 CFR 82.157(d)-(i), 84.106(d)-(i)",
        heads=(
            *PLACE, Head(gettext_lazy("Exceeded")), Head(gettext_lazy("Rate"), True), RULES,
            Head(gettext_lazy("State")), Head(gettext_lazy("Due next")), Head(gettext_lazy("Due")),
            Head(gettext_lazy("Days left"), True),
        ),
        rows=_open,
        cells=_open_cells,
        url=case_url,
        empty=gettext_lazy("No clock runs: no circuit is over its trigger rate."),
        filters=frozenset({"branch"}),
        order=40,
    )
)  # fmt: skip


def _inspections(asked: Asked) -> QuerySet[LeakCase]:
    last = CaseEvent.objects.filter(
        case__circuit=OuterRef("circuit"), kind=CaseEventKind.INSPECTION, voided_at=None
    )
    return (
        _cases(asked)
        .filter(next_inspection_on__isnull=False, **asked.days("next_inspection_on"))
        .annotate(inspected=Subquery(last.order_by("-happened_on").values("happened_on")[:1]))
        .order_by("next_inspection_on", "pk")
    )


offers_report(
    Report(
        key="inspections-due",
        title=gettext_lazy("Inspections due"),
        says=gettext_lazy("Leak inspections that are owed after an exceedance, the soonest first."),
        citation="40 CFR 82.157(g), 84.106(g)",
        heads=(
            *PLACE, Head(gettext_lazy("Exceeded")), RULES, Head(gettext_lazy("Last inspected")),
            Head(gettext_lazy("Inspection due")), Head(gettext_lazy("Days left"), True),
        ),
        rows=_inspections,
        cells=lambda row, asked: (
            *place_cells(row.circuit), day_words(row.opened_on), rules_words(row.rules),
            day_words(row.inspected), day_words(row.next_inspection_on),
            days_left(row.next_inspection_on, asked.today),
        ),
        url=case_url,
        empty=gettext_lazy("No inspection is owed in this time."),
        order=45,
    )
)  # fmt: skip


def _chronic(asked: Asked) -> QuerySet[ChronicLeaker]:
    rows = ChronicLeaker.objects.filter(circuit__unit__in=units_of(asked), withdrawn_at=None)
    if asked.first:
        rows = rows.filter(year__gte=asked.first.year)
    if asked.last:
        rows = rows.filter(year__lte=asked.last.year)
    return rows.select_related(*RELATED).order_by("-year", "circuit_id")


offers_report(
    Report(
        key="chronic-leakers",
        title=gettext_lazy("Chronic leakers"),
        says=gettext_lazy("Circuits that lost 125% of their full charge or more in a calendar year."),
        citation="40 CFR 82.157(j), (m)(4); 84.106(j), (m)(4)",
        heads=(
            *PLACE, Head(gettext_lazy("Year"), True), Head(gettext_lazy("Lost (lb)"), True),
            Head(gettext_lazy("Of the charge"), True), Head(gettext_lazy("Report due")),
            Head(gettext_lazy("Reported")), Head(gettext_lazy("Reference")), Head(gettext_lazy("Cause")),
        ),
        rows=_chronic,
        cells=lambda row, asked: (
            *place_cells(row.circuit), row.year, pounds_only(row.lost_oz), percent_words(row.percent),
            day_words(row.due_on), day_words(row.reported_on) or NOTHING, row.reference, row.cause,
        ),
        url=lambda row: circuit_url(row.circuit),
        empty=gettext_lazy("No circuit lost that much in these years."),
        order=50,
    )
)  # fmt: skip


# Certificates ----------------------------------------------------------------------------------------


def _certificates(asked: Asked) -> QuerySet[TechnicianCertificate]:
    """Certificates that were held on the last day asked for, or on any day of the period."""
    last = asked.last or asked.today
    first = asked.first or last
    held = Q(revoked_on__isnull=True) | Q(revoked_on__gt=first)
    return (
        TechnicianCertificate.objects.filter(held, issued_on__lte=last)
        .select_related("technician")
        .order_by("technician__name", "kind", "issued_on", "pk")
    )


offers_report(
    Report(
        key="certificates",
        title=gettext_lazy("Certificates register"),
        says=gettext_lazy("Who held which certificate in this time; without days, who holds one today."),
        citation="40 CFR 82.161",
        heads=(
            Head(gettext_lazy("Technician")), Head(gettext_lazy("Certificate")), Head(gettext_lazy("Number")),
            Head(gettext_lazy("Issued")), Head(gettext_lazy("Revoked")),
        ),
        rows=_certificates,
        cells=lambda row, asked: (
            str(row.technician), row.get_kind_display(), row.number, day_words(row.issued_on),
            day_words(row.revoked_on) or NOTHING,
        ),
        empty=gettext_lazy("Nobody held a certificate in this time."),
        filters=frozenset({"first", "last"}),
        order=60,
    )
)  # fmt: skip
