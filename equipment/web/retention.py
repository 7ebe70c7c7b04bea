"""What is kept and until when, what may be purged, and the holds."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.company import the_company
from fsm.permissions import May, requires
from fsm.web.pages import render_page
from fsm.web.tables import Column, Table

from .. import actions
from ..compliance.retention import RULES, Anchor, RecordClass
from ..keeping import kept_until, with_last_day
from ..models import Circuit, Unit
from ..wording import said
from .common import word_said

CLASSES: dict[str, Any] = {
    RecordClass.SERVICE: gettext_lazy("Additions, recoveries, inspections, tests, plans"),
    RecordClass.PROFILE: gettext_lazy("Full charge and how it was determined"),
    RecordClass.DISPOSAL: gettext_lazy("Disposals of 5 to 50 lb"),
    RecordClass.SALE: gettext_lazy("Sales of refrigerant"),
    RecordClass.CERTIFICATE: gettext_lazy("Technicians' certificates"),
    RecordClass.WARRANTY: gettext_lazy("Warranties and claims"),
    RecordClass.SAFETY: gettext_lazy("Combustion and CO readings"),
    RecordClass.MONEY: gettext_lazy("Invoices and payments"),
    RecordClass.OTHER: gettext_lazy("Everything else"),
}
ANCHORS: dict[str, Any] = {
    Anchor.RECORD: gettext_lazy("the record"),
    Anchor.RETIREMENT: gettext_lazy("the equipment's retirement"),
    Anchor.LEAVING: gettext_lazy("the technician's leaving"),
    Anchor.EXPIRY: gettext_lazy("the warranty's end"),
}


def _circuits(request: HttpRequest) -> QuerySet[Circuit]:
    return Circuit.objects.filter(unit__in=Unit.objects.visible_to(request.user))


def _seen(request: HttpRequest, circuit_uuid: UUID) -> Circuit:
    return get_object_or_404(_circuits(request).select_related("unit__site"), uuid=circuit_uuid)


def _standing(row: Any, today: date) -> str:
    kept = kept_until(row)
    if row.hold_because:
        return _("Held: %(why)s") % {"why": row.hold_because}
    if kept.may_go(today):
        return _("May be purged since %(day)s") % {"day": said(kept.day) if kept.day else ""}
    return said(kept.sentence)


@require_safe
@requires(May.RUN_COMPLIANCE)
def retention(request: HttpRequest) -> HttpResponse:
    """The times of each class, and every circuit that is retired or held with what stands in the way."""
    today = today_in(the_company().time_zone, clock_now())
    rows = with_last_day(_circuits(request).filter(Q(retired_on__isnull=False) | ~Q(hold_because="")))
    columns = [
        Column("circuit", gettext_lazy("Circuit"), lambda row: f"{row.unit} {row.unit.serial} · {row.label}"),
        Column("owner", gettext_lazy("Owner"), lambda row: row.unit.site.customer.name),
        Column("retired", gettext_lazy("Retired"), lambda row: said(row.retired_on) if row.retired_on else "",
               ("retired_on",)),
        Column("last", gettext_lazy("Last record"), lambda row: said(row.last_day) if row.last_day else "",
               ("last_day",)),
        Column("kept", gettext_lazy("Kept"), lambda row: _standing(row, today)),
        Column("why", gettext_lazy("Rule"), lambda row: kept_until(row).citation),
    ]  # fmt: skip
    table = Table(
        request,
        rows.select_related("unit__site__customer", "refrigerant").order_by("retired_on", "pk"),
        columns,
        search=lambda found, text: found.filter(
            Q(unit__serial__icontains=text) | Q(unit__site__customer__name__icontains=text)
        ),
        search_label=_("Serial or customer"),
        url=lambda row: f"?circuit={row.uuid}#chosen",
        empty_title=_("Nothing may be purged, and nothing is held"),
        empty_text=_("Records of circuits in service are kept; their time counts from retirement."),
    )
    chosen = _chosen(request)
    context = {
        "table": table,
        "classes": [
            (CLASSES[kind], rule.years, ANCHORS[rule.anchor], rule.law_years, rule.citation)
            for kind, rule in RULES.items()
        ],
        "in_service": _circuits(request).filter(retired_on__isnull=True).count(),
        "chosen": chosen,
        "standing": _standing(chosen, today) if chosen else "",
        "may_go": bool(chosen) and kept_until(chosen).may_go(today),
    }
    return render_page(request, "equipment/retention.html", context)


def _chosen(request: HttpRequest) -> Any:
    try:
        unique = UUID(request.GET.get("circuit", ""))
    except ValueError:
        return None
    rows = with_last_day(_circuits(request).filter(uuid=unique))
    return rows.select_related("unit__site__customer", "refrigerant").first()


@require_POST
@requires(May.RUN_COMPLIANCE)
def hold(request: HttpRequest, circuit_uuid: UUID) -> HttpResponse:
    """Hold a circuit's records."""
    actions.hold_records(_seen(request, circuit_uuid).pk, because=word_said(request, "because"))
    messages.success(request, _("These records are held: nothing of them may be purged."))
    return redirect("reports:retention")


@require_POST
@requires(May.RUN_COMPLIANCE)
def release(request: HttpRequest, circuit_uuid: UUID) -> HttpResponse:
    """Lift a hold."""
    actions.release_records(_seen(request, circuit_uuid).pk, because=word_said(request, "because"))
    messages.success(request, _("The hold is lifted. The records are kept for their usual time."))
    return redirect("reports:retention")


@require_POST
@requires(May.MANAGE_COMPANY)
def purge(request: HttpRequest, circuit_uuid: UUID) -> HttpResponse:
    """Purge what need not be kept any longer."""
    user: Any = request.user
    circuit = _seen(request, circuit_uuid)
    done = actions.purge_records(circuit.pk, because=word_said(request, "because"), by=user, now=clock_now())
    words = ngettext("%(n)d record was purged.", "%(n)d records were purged.", done.gone) % {"n": done.gone}
    if done.stayed:
        words += " " + _("%(n)d stayed: the cylinders' ledger names them.") % {"n": done.stayed}
    messages.success(request, words)
    return redirect("reports:retention")
