"""The service record and the other papers an owner is handed upon conclusion of a service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from fsm.clock import today_in

from ..compliance import applicability
from ..compliance_rows import load_book, the_law
from ..models import (
    CaseEvent,
    CaseEventKind,
    ChargeMethod,
    ChargeRevision,
    Circuit,
    DocumentKind,
    Facility,
    LeakRate,
    RecordPurpose,
    RefrigerantRecord,
)
from ..wording import said
from . import Block, Facts, Lines, Paper, Rows
from .words import (
    appliance_words,
    day_words,
    how_found,
    moment_words,
    paper,
    percent_words,
    place_words,
    pounds,
    yes_no,
)

TESTS = (CaseEventKind.INITIAL_TEST, CaseEventKind.FOLLOW_UP_TEST)
OF_EVENTS = {
    CaseEventKind.INSPECTION: DocumentKind.INSPECTION,
    CaseEventKind.INITIAL_TEST: DocumentKind.VERIFICATION,
    CaseEventKind.FOLLOW_UP_TEST: DocumentKind.VERIFICATION,
    CaseEventKind.REPAIR: DocumentKind.SERVICE,
}
SERVICE_CITATION = "40 CFR 82.157(b), (l)(2); 84.106(b), (l)(2)"
INSPECTION_CITATION = "40 CFR 82.157(b), (l)(3); 84.106(b), (l)(3)"
TEST_CITATION = "40 CFR 82.157(b), (l)(5); 84.106(b), (l)(5)"
DISPOSAL_CITATION = "40 CFR 82.156(a)(3)"


def kinds_of(records: Sequence[RefrigerantRecord], events: Sequence[CaseEvent]) -> list[str]:
    """The papers that this work on one circuit calls for, in their usual order."""
    wanted = {
        DocumentKind.DISPOSAL if record.purpose == RecordPurpose.DISPOSAL else DocumentKind.SERVICE
        for record in records
    }
    wanted |= {OF_EVENTS[CaseEventKind(event.kind)] for event in events if event.kind in OF_EVENTS}
    return [kind for kind in DocumentKind.values if kind in wanted]


def service_paper(
    kind: str,
    circuit: Circuit,
    *,
    number: str,
    records: Sequence[RefrigerantRecord],
    events: Sequence[CaseEvent],
    now: datetime,
) -> Paper:
    """The paper of one kind about one circuit's work; records and events of other kinds are left out."""
    zone = circuit.unit.site.time_zone
    days = [today_in(zone, record.happened_at) for record in records]
    days += [event.happened_on for event in events]
    on = max(days)
    disposed = [record for record in records if record.purpose == RecordPurpose.DISPOSAL]
    served = [record for record in records if record.purpose != RecordPurpose.DISPOSAL]
    blocks: list[Block] = [_appliance(circuit, on)]
    if kind == DocumentKind.SERVICE:
        repairs = [event for event in events if event.kind == CaseEventKind.REPAIR]
        blocks += [_services(served, repairs, zone), _full_charge(circuit, on), _rates(circuit, served)]
    elif kind == DocumentKind.INSPECTION:
        blocks += [_inspection(event) for event in events if event.kind == CaseEventKind.INSPECTION]
    elif kind == DocumentKind.VERIFICATION:
        blocks += [_test(event, circuit) for event in events if event.kind in TESTS]
    else:
        blocks += [_disposal(disposed, zone), _full_charge(circuit, on)]
    blocks.append(_covered(circuit, on))
    title = str(DocumentKind(kind).label)
    return paper(title, blocks, number=number, subtitle=day_words(on), made_at=now)


def _appliance(circuit: Circuit, on: date) -> Facts:
    site = circuit.unit.site
    operator = Facility.objects.filter(site=site).values_list("operator_name", flat=True).first()
    return Facts(
        title=_("Appliance"),
        citation="(l)(1)(i)-(ii), (l)(2)(i)-(ii)",
        pairs=[
            (_("Owner or operator"), operator or site.customer.name),
            (_("Located at"), place_words(circuit)),
            (_("Appliance"), appliance_words(circuit)),
            (_("Date"), day_words(on)),
        ],
    )


def _services(records: Sequence[RefrigerantRecord], repairs: Sequence[CaseEvent], zone: str) -> Rows:
    rows = [
        (
            moment_words(record.happened_at, zone),
            record.parts_worked_on or _("Refrigerant circuit"),
            record.work_done or str(record.get_purpose_display()),
            _amount(record),
            _leak(record),
            f"{record.technician_name}, {record.certificate}",
        )
        for record in records
    ]
    rows += [
        (
            day_words(event.happened_on),
            event.locations,
            event.method or str(event.get_kind_display()),
            _("None with this step"),
            _("Leak found"),
            _person(event),
        )
        for event in repairs
    ]
    return Rows(
        title=_("Work done"),
        citation=SERVICE_CITATION,
        headings=[
            _("(ii) Date"), _("(iii) Parts worked on"), _("(iv) Type of work"),
            _("(vi) Refrigerant, amount and type"), _("Leak"), _("(v) Performed by"),
        ],
        rows=rows,
        empty=_("No work on this circuit is on record for this visit."),
    )  # fmt: skip


def _leak(record: RefrigerantRecord) -> str:
    if record.leak_found is None:
        return _("Leak not looked for")
    return _("Leak found") if record.leak_found else _("No leak found")


def _amount(record: RefrigerantRecord) -> str:
    said_kind = f"{record.get_kind_display()} {pounds(record.ounces)} {record.refrigerant.designation}"
    if record.ounces == 0:
        return _("%(what)s: %(why)s") % {"what": said_kind, "why": record.nothing_because}
    if record.returned_oz:
        said_kind += "; " + _("of which %(back)s recovered here was put back") % {
            "back": pounds(record.returned_oz)
        }
    return said_kind


def full_charge_on(circuit: Circuit, on: date) -> ChargeRevision | None:
    """The revision that holds on a day."""
    rows = circuit.revisions.filter(effective_on__lte=on).select_related("refrigerant")
    return rows.order_by("-effective_on", "-pk").first()


def charge_method_words(revision: ChargeRevision) -> str:
    """How a full charge was determined; a range is told with both ends and its middle."""
    words = str(revision.get_method_display())
    if revision.method == ChargeMethod.RANGE:
        words = _("%(method)s: %(low)s to %(high)s, middle %(middle)s") % {
            "method": words,
            "low": pounds(revision.range_low_oz),
            "high": pounds(revision.range_high_oz),
            "middle": pounds(revision.full_charge_oz),
        }
    return f"{words}. {revision.note}" if revision.note else words


def _full_charge(circuit: Circuit, on: date) -> Facts:
    revision = full_charge_on(circuit, on)
    pairs = [
        (_("Full charge"), pounds(revision.full_charge_oz if revision else circuit.full_charge_oz)),
        (_("Determined by"), charge_method_words(revision) if revision else _("Not said")),
        (_("In force since"), day_words(revision.effective_on) if revision else ""),
        (_("Refrigerant"), (revision or circuit).refrigerant.designation),
    ]
    return Facts(title=_("Full charge"), citation="(l)(1)(iii)-(v), (l)(2)(vii)", pairs=pairs)


def _rates(circuit: Circuit, records: Sequence[RefrigerantRecord]) -> Rows:
    zone = circuit.unit.site.time_zone
    days = {today_in(zone, record.happened_at) for record in records}
    rates = LeakRate.objects.filter(circuit=circuit, day__in=days, superseded_at__isnull=True)
    return Rows(
        title=_("Leak rate"),
        citation="(l)(2)(viii); 40 CFR 82.152, 84.102",
        headings=[_("Day"), _("Rate"), _("Method"), _("How it was found"), _("Trigger rate"), _("Finding")],
        rows=[rate_row(rate) for rate in rates.order_by("day")],
        empty=_("No leak rate is calculated for this work: it is none for a first charge, a retrofit, a"
                " change of season, a recovery, or while the full charge is not known."),
    )  # fmt: skip


def rate_row(rate: LeakRate) -> tuple[str, ...]:
    """Day, rate, method, how found, trigger, finding."""
    finding = _("Advisory: no rule applies")
    if rate.exceeds is not None:
        finding = _("Over the trigger rate") if rate.exceeds else _("Not over the trigger rate")
    return (
        day_words(rate.day),
        percent_words(rate.percent),
        str(rate.get_method_display()),
        how_found(rate),
        percent_words(rate.trigger_percent),
        f"{finding} ({_cited(rate.rules)})" if rate.rules else finding,
    )


def _cited(rules: str) -> str:
    return ", ".join(f"40 CFR {code}" for code in rules.split(",") if code)


def _inspection(event: CaseEvent) -> Facts:
    return Facts(
        title=_("Leak inspection"),
        citation=INSPECTION_CITATION,
        pairs=[
            (_("(i) Date of the inspection"), day_words(event.happened_on)),
            (_("(ii) Methods used"), event.method),
            (_("(iii) Location of each leak found"), event.locations or _("No leak was found.")),
            (
                _("(iv) All visible and accessible parts were inspected"),
                yes_no(event.all_parts_inspected),
            ),
            (_("Inspected and certified by"), _person(event)),
            (_("Remarks"), event.note),
        ],
    )


def _test(event: CaseEvent, circuit: Circuit) -> Facts:
    return Facts(
        title=str(event.get_kind_display()),
        citation=TEST_CITATION,
        pairs=[
            (_("(i) Location of the appliance"), place_words(circuit)),
            (_("(ii) Date of the test"), day_words(event.happened_on)),
            (_("(iii) Location of each repaired leak tested"), event.locations),
            (_("(iv) Type of test"), event.method),
            (_("(v) Result"), _("Passed") if event.passed else _("Not passed")),
            (_("Performed by"), _person(event)),
            (_("Remarks"), event.note),
        ],
    )


def _person(event: CaseEvent) -> str:
    return " · ".join(part for part in (event.technician_name, str(event.certificate or "")) if part)


def _disposal(records: Sequence[RefrigerantRecord], zone: str) -> Rows:
    return Rows(
        title=_("Refrigerant recovered before disposal"),
        citation=DISPOSAL_CITATION,
        headings=[
            _("Date of recovery"),
            _("Type"),
            _("Amount recovered"),
            _("Recovered by"),
            _("Certificate"),
        ],
        rows=[
            (
                moment_words(record.happened_at, zone),
                record.refrigerant.designation,
                pounds(record.ounces) if record.ounces else f"0 lb: {record.nothing_because}",
                record.technician_name,
                str(record.certificate),
            )
            for record in records
        ],
    )


def _covered(circuit: Circuit, on: date) -> Lines:
    """What each rule says of this circuit on that day, with its reason."""
    law = the_law()
    answers: Any = applicability.applies(load_book(circuit.pk, whole=False).history.facts(on), law.rules, on)
    return Lines(
        title=_("Which rules apply"),
        citation="40 CFR 82.157(a), 84.106(a)",
        lines=[f"{answer.citation}: {said(answer.reason)}" for answer in answers.answers]
        or [_("No leak-repair rule in our data covers this circuit on that day.")],
    )
