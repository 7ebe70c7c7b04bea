"""Refrigerant that was sent to be reclaimed or destroyed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Case, Count, Q, QuerySet, Sum, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from equipment.models import pounds_and_ounces
from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.company import the_company
from fsm.permissions import May, requires
from fsm.states import NotPossible
from fsm.web.pages import refuse_in_form, render_page
from fsm.web.tables import Column, Table

from .. import actions
from ..models import Cylinder, CylinderMovement, CylinderOrigin, RefrigerantTransfer
from .cylinder_forms import ReceiptForm, SendForm

MOST_LISTED = 200
RECOVERED_FIRST = Case(
    When(origin__in=[CylinderOrigin.TO_RECLAIM, CylinderOrigin.RECOVERED], then=Value(0)), default=Value(1)
)


def seen_transfers(user: Any) -> QuerySet[RefrigerantTransfer]:
    """Transfers with a cylinder that this person may see, with `ounces` and how many `cylinders`."""
    lines = CylinderMovement.objects.filter(cylinder__in=Cylinder.objects.visible_to(user))
    return RefrigerantTransfer.objects.filter(
        pk__in=lines.filter(transfer__isnull=False).order_by().values("transfer")
    ).annotate(ounces=-Sum("movements__change_oz"), cylinders=Count("movements"))


def seen_transfer(request: HttpRequest, transfer_uuid: UUID) -> Any:
    """The transfer where this person may see it, else 404."""
    return get_object_or_404(seen_transfers(request.user), uuid=transfer_uuid)


def _purpose(row: RefrigerantTransfer) -> str:
    return _("To be destroyed") if row.is_destroyed else _("To be reclaimed")


COLUMNS = [
    Column("sent_on", gettext_lazy("Day"), lambda row: format_date(row.sent_on, "N j, Y"), ("sent_on",)),
    Column("sent_to", gettext_lazy("Sent to"), lambda row: row.sent_to, ("sent_to",)),
    Column("purpose", gettext_lazy("Why"), _purpose, ("is_destroyed",)),
    Column("cylinders", gettext_lazy("Cylinders"), lambda row: row.cylinders, ("cylinders",), "right"),
    Column(
        "ounces", gettext_lazy("How much"), lambda row: pounds_and_ounces(row.ounces), ("ounces",), "right"
    ),
    Column("reference", gettext_lazy("Receipt"), lambda row: row.reference, ("reference",)),
]


def _matching(rows: QuerySet[RefrigerantTransfer], text: str) -> QuerySet[RefrigerantTransfer]:
    found = CylinderMovement.objects.filter(cylinder__number__icontains=text, transfer__isnull=False)
    return rows.filter(
        Q(sent_to__icontains=text)
        | Q(reference__icontains=text)
        | Q(pk__in=found.order_by().values("transfer"))
    )


@require_safe
@requires(May.SEE_STOCK)
def transfers(request: HttpRequest) -> HttpResponse:
    """What was sent away, latest first."""
    table = Table(
        request,
        seen_transfers(request.user),
        COLUMNS,
        url=lambda row: reverse("inventory:refrigerant-transfer", args=[row.uuid]),
        search=_matching,
        search_label=_("Reclaimer, receipt or cylinder"),
        default_sort="-sent_on",
        empty_title=_("Nothing was sent away yet"),
        empty_text=_("Recovered refrigerant that nobody puts back goes to a reclaimer; write it down here."),
    )
    return render_page(request, "inventory/refrigerant_transfers.html", {"table": table})


@require_safe
@requires(May.SEE_STOCK)
def transfer(request: HttpRequest, transfer_uuid: UUID) -> HttpResponse:
    """One transfer with its cylinders."""
    return _transfer_page(request, seen_transfer(request, transfer_uuid))


def _transfer_page(
    request: HttpRequest, transfer: Any, *, status: int = 200, form: Any = None
) -> HttpResponse:
    lines = transfer.movements.select_related("cylinder__refrigerant").order_by("cylinder__number")
    context = {
        "transfer": transfer,
        "purpose": _purpose(transfer),
        "total": pounds_and_ounces(transfer.ounces),
        "lines": [(line, pounds_and_ounces(-line.change_oz)) for line in lines],
        "form": form or ReceiptForm(initial={"reference": transfer.reference}),
    }
    return render_page(request, "inventory/refrigerant_transfer.html", context, status=status)


@require_POST
@requires(May.MOVE_STOCK)
def note_receipt(request: HttpRequest, transfer_uuid: UUID) -> HttpResponse:
    """The receipt's number, once it is there."""
    transfer = seen_transfer(request, transfer_uuid)
    form = ReceiptForm(request.POST)
    if not form.is_valid():
        return _transfer_page(request, transfer, status=422, form=form)
    actions.note_receipt(transfer.pk, reference=form.cleaned_data["reference"])
    messages.success(request, _("The receipt is noted."))
    return redirect("inventory:refrigerant-transfer", transfer.uuid)


@requires(May.MOVE_STOCK)
def send(request: HttpRequest) -> HttpResponse:
    """Send cylinders to be reclaimed or destroyed; pressing twice sends once."""
    today = today_in(the_company().time_zone, clock_now())
    rows = Cylinder.objects.visible_to(request.user).ours().for_list().filter(content_oz__gt=0)
    listed = [
        (row, _words(row))
        for row in rows.order_by(RECOVERED_FIRST, "refrigerant__designation", "number")[:MOST_LISTED]
    ]
    asked = [str(row.uuid) for row, _said in listed if str(row.uuid) == request.GET.get("cylinder")]
    form = SendForm(request.POST or None, cylinders=listed, initial={"sent_on": today, "cylinders": asked})
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.send_to_reclaimer(
                uuid=form.key,
                cylinder_ids=[row.pk for row in data["cylinders"]],
                today=today,
                now=clock_now(),
                **{
                    name: data[name]
                    for name in ("sent_to", "sent_on", "is_destroyed", "comes_back", "reference", "note")
                },
            )
            messages.success(request, _("Sent to %(who)s.") % {"who": made.sent_to})
            return redirect("inventory:refrigerant-transfer", made.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"form": form, "has_cylinders": bool(listed)}
    return render_page(request, "inventory/send_refrigerant.html", context, status=status)


def _words(row: Cylinder) -> str:
    return " · ".join(
        (
            row.number,
            row.refrigerant.designation,
            pounds_and_ounces(row.content_oz),
            str(row.get_origin_display()),
            row.place.name,
        )
    )
