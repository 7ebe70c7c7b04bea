"""Parts: the list, one part with where it lies and what moved, adding and editing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from fsm.panels import panels_for
from fsm.permissions import May, requires
from fsm.references import resolve_many
from fsm.states import NotPossible, Stale
from fsm.templatetags.ui import pill
from fsm.web.pages import fragment, refuse_in_form, render_page
from fsm.web.tables import Column, Table

from .. import actions
from ..models import Part, Reservation, StockLevel, StockMovement
from ..words import quantity, unit_cost
from .common import cause_of, ledger, level_sign, seen_part
from .filters import PartFilter
from .forms import PartForm

SUGGESTIONS = 10
SHOWN_HELD = 50
UNITS = ["each", "ft", "lb", "gal", "pack", "box", "roll", "set"]


def _signs(part: Any) -> Any:
    signs = []
    if part.negative:
        words = ngettext("Below zero in %(n)d place", "Below zero in %(n)d places", part.negative)
        signs.append(pill(words % {"n": part.negative}, "red", "warning"))
    if part.low:
        words = ngettext("Low in %(n)d place", "Low in %(n)d places", part.low)
        signs.append(pill(words % {"n": part.low}, "amber", "down"))
    if not part.is_active:
        signs.append(pill(_("No longer stocked"), "grey", "minus"))
    return format_html_join(" ", "{}", ((sign,) for sign in signs))


COLUMNS = [
    Column("name", gettext_lazy("Part"), lambda part: part.name, ("name",)),
    Column(
        "number",
        gettext_lazy("Number"),
        lambda part: format_html('<span class="mono">{}</span>', part.number),
        ("number",),
    ),
    Column("standing", gettext_lazy("To look at"), _signs),
    Column("cost", gettext_lazy("Cost"), lambda part: unit_cost(part.cost), ("cost",), "right"),
    Column("total", gettext_lazy("On hand"), lambda part: quantity(part.total), ("total",), "right"),
    Column("unit", gettext_lazy("Unit"), lambda part: part.unit),
]


@require_safe
@requires(May.SEE_STOCK)
def parts(request: HttpRequest) -> HttpResponse:
    """Everything we stock, with how much there is in all places."""
    table = Table(
        request,
        Part.objects.visible_to(request.user).with_stock(),
        COLUMNS,
        url=lambda part: reverse("inventory:part", args=[part.uuid]),
        filterset=PartFilter,
        search=lambda rows, text: rows.matching(text),  # type: ignore[attr-defined]
        search_label=_("Number, name or barcode"),
        default_sort="name",
        empty_title=_("No parts yet"),
        empty_text=_("Add the parts you stock; then receive them into a warehouse or onto a truck."),
    )
    return render_page(request, "inventory/parts.html", {"table": table})


@require_safe
@requires(May.SEE_STOCK)
def find_parts(request: HttpRequest) -> HttpResponse:
    """Suggestions as one types, for any field that asks for a part."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = Part.objects.visible_to(request.user).filter(is_active=True).matching(text).with_stock()
    return fragment(request, "inventory/_found_parts.html", {"found": list(found[:SUGGESTIONS])})


@require_safe
@requires(May.SEE_STOCK)
def part(request: HttpRequest, part_uuid: UUID) -> HttpResponse:
    """Where the part lies, what is held for work, and its ledger."""
    part = seen_part(request, part_uuid)
    levels = (
        StockLevel.objects.visible_to(request.user)
        .filter(part=part)
        .of_interest()
        .with_held()
        .select_related("place", "part")
        .order_by("-place__kind", "place__pk")
    )
    reserved = Reservation.objects.visible_to(request.user).held().filter(part=part)
    held = list(reserved.select_related("place").order_by("-pk")[:SHOWN_HELD])
    held_total = reserved.aggregate(n=Sum("quantity"))["n"]
    causes = resolve_many([cause for row in held if (cause := cause_of(row))], request.user)
    context = {
        "part": part,
        "levels": [(level, level_sign(level)) for level in levels],
        "held": [(row, causes.get(cause) if (cause := cause_of(row)) else None) for row in held],
        "held_total": held_total or Decimal(0),
        "cost": unit_cost(part.cost),
        "waiting": actions.counts_waiting(part=part),
        "table": ledger(
            request,
            StockMovement.objects.visible_to(request.user).filter(part=part),
            of_part=True,
            per_page=25,
        ),
        "panels": panels_for("part", part, request.user),
    }
    return render_page(request, "inventory/part.html", context)


@requires(May.EDIT_PARTS)
def add_part(request: HttpRequest) -> HttpResponse:
    """A new part; pressing twice adds it once."""
    form = PartForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = actions.add_part(**form.values(), uuid=form.key)
            messages.success(request, _("%(part)s is on the list of parts.") % {"part": made.number})
            return redirect("inventory:part", made.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return render_page(request, "inventory/edit_part.html", {"form": form, "units": UNITS}, status=status)


@requires(May.EDIT_PARTS)
def edit_part(request: HttpRequest, part_uuid: UUID) -> HttpResponse:
    """Change the part's facts; an edit made from an old page shows what stands there now."""
    part = seen_part(request, part_uuid)
    form = PartForm(request.POST or None, known=True, initial=PartForm.initial_of(part))
    status, theirs = (422 if form.is_bound else 200), {}
    if form.is_bound and form.is_valid():
        try:
            actions.edit_part(part.pk, version=form.cleaned_data["version"] or 0, **form.values())
            messages.success(request, _("Saved."))
            return redirect("inventory:part", part.uuid)
        except Stale as stale:
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["version"] = part.version  # type: ignore[index]
            status, theirs = refuse_in_form(form, stale), stale.theirs
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"form": form, "part": part, "theirs": theirs, "units": UNITS}
    return render_page(request, "inventory/edit_part.html", context, status=status)
