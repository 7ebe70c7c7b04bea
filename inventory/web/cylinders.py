"""Cylinders: the list, one with its ledger, and what is done with one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from customers.models import Customer
from equipment.models import OUNCES_IN_POUND, pounds_and_ounces
from fsm.clock import now as clock_now
from fsm.company import the_company
from fsm.models import Review, ReviewState
from fsm.permissions import May, requires, signed_in
from fsm.references import Reference, resolve_many
from fsm.states import NotPossible, Stale
from fsm.templatetags.ui import pill
from fsm.web.pages import refuse_in_form, render_page
from fsm.web.tables import Column, Table

from .. import actions
from ..cylinder_rules import FILLS_TO
from ..models import Cylinder, CylinderKind, CylinderMovement, CylinderOrigin, CylinderState, StockPlace
from ..words import quantity
from .common import MINUS, wall
from .cylinder_filters import CylinderFilter
from .cylinder_forms import (
    CylinderForm,
    EditCylinderForm,
    FillForm,
    LoseForm,
    MoveForm,
    PourForm,
    ReturnForm,
    WeighForm,
)

SIGNS = {
    CylinderState.IN_USE: ("green", "check"),
    CylinderState.EMPTY: ("grey", "circle"),
    CylinderState.GONE: ("grey", "minus"),
}


def seen_cylinder(request: HttpRequest, cylinder_uuid: UUID) -> Cylinder:
    """The cylinder where this person may see it, else 404."""
    return get_object_or_404(Cylinder.objects.visible_to(request.user).for_list(), uuid=cylinder_uuid)


def open_places(request: HttpRequest) -> list[StockPlace]:
    """The places that a cylinder may go to."""
    places = StockPlace.objects.visible_to(request.user).ours().filter(is_active=True)
    return list(places.order_by("-kind", "pk"))


def pounds(ounces: Any) -> str:
    """As pounds with at most four places: 24.5 lb."""
    return f"{quantity(ounces / OUNCES_IN_POUND)} lb"


# The list -----------------------------------------------------------------------------------------------


def _origin(cylinder: Cylinder) -> SafeString | str:
    words = cylinder.get_origin_display()
    if cylinder.origin == CylinderOrigin.RECOVERED and cylinder.owner:
        return format_html('<span>{} <span class="faint small">{}</span></span>', words, cylinder.owner.name)
    if cylinder.origin == CylinderOrigin.RECLAIMED:
        return format_html('<span>{} <span class="faint small">{}</span></span>', words, cylinder.reclaimer)
    return words


def _content(cylinder: Cylinder) -> SafeString:
    words = pounds_and_ounces(cylinder.content_oz)
    if cylinder.capacity_oz is None:
        return format_html('<span class="nowrap">{}</span>', words)
    return format_html(
        '<span><span class="nowrap">{}</span> <span class="faint small nowrap">{}</span></span>',
        words,
        _("of %(most)s") % {"most": pounds(cylinder.capacity_oz)},
    )


def state_sign(cylinder: Cylinder) -> SafeString:
    """In use, empty or gone."""
    return pill(cylinder.get_state_display(), *SIGNS[CylinderState(cylinder.state)])


COLUMNS = [
    Column("number", gettext_lazy("Cylinder"), lambda row: row.number, ("number",)),
    Column(
        "refrigerant",
        gettext_lazy("Refrigerant"),
        lambda row: row.refrigerant.designation,
        ("refrigerant__designation", "number"),
    ),
    Column("content", gettext_lazy("Holds"), _content, ("content_oz",), "right"),
    Column("origin", gettext_lazy("What it is"), _origin, ("origin", "number")),
    Column("kind", gettext_lazy("Kind"), lambda row: row.get_kind_display(), ("kind", "number")),
    Column("place", gettext_lazy("Where"), lambda row: row.place.name, ("place__name", "number")),
    Column("state", gettext_lazy("State"), state_sign, ("state", "number")),
]


@require_safe
@requires(May.SEE_STOCK)
def cylinders(request: HttpRequest) -> HttpResponse:
    """Every cylinder that is ours, with what it holds."""
    table = Table(
        request,
        Cylinder.objects.visible_to(request.user).for_list(),
        COLUMNS,
        url=lambda row: reverse("inventory:cylinder", args=[row.uuid]),
        filterset=CylinderFilter,
        search=lambda rows, text: rows.matching(text),  # type: ignore[attr-defined]
        search_label=_("Number, refrigerant, batch or owner"),
        default_sort="refrigerant",
        empty_title=_("No cylinders yet"),
        empty_text=_("Add the cylinders that lie in the warehouse and on the trucks, with what is in them."),
    )
    return render_page(request, "inventory/cylinders.html", {"table": table})


# One cylinder -------------------------------------------------------------------------------------------

Known = dict[Reference, Any]


def _record_reference(line: CylinderMovement) -> Reference | None:
    return Reference("refrigerant_record", line.record.uuid) if line.record else None


def _about(known: Known, line: CylinderMovement) -> SafeString | str:
    """What a line leads to: the unit it went into or came from, the other cylinder, the transfer."""
    if line.other:
        url = reverse("inventory:cylinder", args=[line.other.uuid])
        return format_html('<a href="{}">{}</a>', url, line.other.number)
    if line.transfer:
        url = reverse("inventory:refrigerant-transfer", args=[line.transfer.uuid])
        return format_html('<a href="{}">{}</a>', url, line.transfer.sent_to)
    if (reference := _record_reference(line)) and (found := known.get(reference)):
        unit = line.record.circuit.unit  # type: ignore[union-attr]
        return format_html('<a href="{}">{}</a>', found.url, unit)
    return ""


def _kind(line: CylinderMovement) -> SafeString:
    parts: list[Any] = [line.get_kind_display()]
    if line.reverses:
        parts.append(format_html('<span class="small">{}</span>', line.reverses.get_kind_display().lower()))
    if line.note:
        parts.append(format_html('<span class="small faint">{}</span>', line.note))
    return format_html("<span>{}</span>", format_html_join(" ", "{}", ((part,) for part in parts)))


def signed(ounces: Any) -> str:
    """With its sign: +2 lb 4 oz."""
    if not ounces:
        return pounds_and_ounces(ounces)
    return f"{'+' if ounces > 0 else MINUS}{pounds_and_ounces(abs(ounces))}"


def _ledger(request: HttpRequest, cylinder: Cylinder) -> Table:
    known: Known = {}
    zone = the_company().time_zone
    columns = [
        Column("when", gettext_lazy("When"), lambda row: wall(zone, row.moved_at), ("moved_at",)),
        Column("change", gettext_lazy("Change"), lambda row: signed(row.change_oz), ("change_oz",), "right"),
        Column("kind", gettext_lazy("What"), _kind, ("kind",)),
        # Links are looked up in one go when the rows are there; each cell reads its own when it is drawn.
        Column("about", gettext_lazy("For"), lambda row: SimpleLazyObject(partial(_about, known, row))),
        Column(
            "technician",
            gettext_lazy("Who"),
            lambda row: row.technician.name if row.technician else row.actor_name,
        ),
    ]
    lines = cylinder.movements.select_related(
        "other", "transfer", "reverses", "technician", "record__circuit__unit"
    )
    table = Table(
        request,
        lines,
        columns,
        default_sort="-when",
        per_page=25,
        empty_title=_("Nothing was in it yet"),
        empty_text=_("What goes in and out leaves a line here, to the thousandth of an ounce."),
    )
    wanted = [one for row in table.rows if (one := _record_reference(row.object))]
    known.update(resolve_many(wanted, request.user))
    return table


@require_safe
@requires(May.SEE_STOCK)
def cylinder(request: HttpRequest, cylinder_uuid: UUID) -> HttpResponse:
    """What a cylinder holds and every line that says why."""
    cylinder = seen_cylinder(request, cylinder_uuid)
    capacity, is_disposable = cylinder.capacity_oz, cylinder.kind == CylinderKind.DISPOSABLE
    context = {
        "cylinder": cylinder,
        "sign": state_sign(cylinder),
        "content_lb": pounds(cylinder.content_oz),
        "content": pounds_and_ounces(cylinder.content_oz),
        "tare": pounds(cylinder.tare_oz) if cylinder.tare_oz is not None else "",
        "gross": pounds(cylinder.tare_oz + cylinder.content_oz) if cylinder.tare_oz is not None else "",
        "capacity": pounds(capacity) if capacity is not None else "",
        "fills_to": pounds(capacity * FILLS_TO) if capacity is not None and not is_disposable else "",
        "can_fill": cylinder.kind == CylinderKind.REFILLABLE,
        "is_gone": cylinder.state == CylinderState.GONE,
        "is_recovered": cylinder.origin in (CylinderOrigin.RECOVERED, CylinderOrigin.TO_RECLAIM),
        "waiting": actions.weights_waiting(cylinder),
        "table": _ledger(request, cylinder),
    }
    return render_page(request, "inventory/cylinder.html", context)


# What is done with one ----------------------------------------------------------------------------------


@requires(May.MOVE_STOCK)
def add_cylinder(request: HttpRequest) -> HttpResponse:
    """A cylinder that was bought, or that was here when the ledger began; pressing twice adds it once."""
    places = open_places(request)
    form = CylinderForm(
        request.POST or None,
        places=places,
        owners=Customer.objects.visible_to(request.user),
        find_url=reverse("customers:find"),
        initial={"place": places[0].uuid if places else None},
    )
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = actions.add_cylinder(**form.values(), uuid=form.key, now=clock_now())
            messages.success(request, _("Cylinder %(number)s is added.") % {"number": made.number})
            return redirect("inventory:cylinder", made.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return render_page(request, "inventory/add_cylinder.html", {"form": form}, status=status)


@requires(May.MOVE_STOCK)
def edit_cylinder(request: HttpRequest, cylinder_uuid: UUID) -> HttpResponse:
    """Facts that were read wrongly; an edit made from an old page shows what stands there now."""
    cylinder = seen_cylinder(request, cylinder_uuid)
    form = EditCylinderForm(request.POST or None, initial=EditCylinderForm.initial_of(cylinder))
    status, theirs = (422 if form.is_bound else 200), {}
    if form.is_bound and form.is_valid():
        try:
            actions.edit_cylinder(cylinder.pk, version=form.cleaned_data["version"] or 0, **form.values())
            messages.success(request, _("Saved."))
            return redirect("inventory:cylinder", cylinder.uuid)
        except Stale as stale:
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["version"] = cylinder.version  # type: ignore[index]
            status, theirs = refuse_in_form(form, stale), stale.theirs
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {
        "cylinder": cylinder,
        "form": form,
        "theirs": theirs,
        "heading": _("Edit the cylinder"),
        "submit": _("Save"),
    }
    return render_page(request, "inventory/cylinder_deed.html", context, status=status)


Deed = Callable[[Any], str]


def _deed(
    request: HttpRequest,
    cylinder: Cylinder,
    form: forms.Form,
    do: Deed,
    *,
    heading: str,
    text: str,
    submit: str,
    confirm: str = "",
) -> HttpResponse:
    """A page with one form that does one thing with a cylinder, and goes back to it saying what was done."""
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            messages.success(request, do(form))
            return redirect("inventory:cylinder", cylinder.uuid)
        except NotPossible as refusal:
            if refusal.field in ("gross_oz", "cylinder"):
                refusal.field = "ounces" if "ounces" in form.fields else None
            status = refuse_in_form(form, refusal)
    context = {
        "cylinder": cylinder,
        "form": form,
        "heading": heading,
        "text": text,
        "submit": submit,
        "confirm": confirm,
        "content": pounds_and_ounces(cylinder.content_oz),
    }
    return render_page(request, "inventory/cylinder_deed.html", context, status=status)


@requires(May.MOVE_STOCK)
def weigh(request: HttpRequest, cylinder_uuid: UUID) -> HttpResponse:
    """What the scales show; a difference beyond the house's tolerance waits for a manager."""
    cylinder = seen_cylinder(request, cylinder_uuid)

    def do(form: Any) -> str:
        made = actions.weigh_cylinder(
            cylinder.pk,
            gross_oz=form.amount,
            key=f"weigh:{form.key}",
            now=clock_now(),
            by=signed_in(request),
            note=form.cleaned_data["note"],
        )
        if isinstance(made, Review):
            if made.state == ReviewState.APPROVED:
                return _("Weighed and put right.")
            return _("Weighed. The difference waits for a manager; until then the ledger stays as it is.")
        if not made.change_oz:
            return _("Weighed: the ledger was right.")
        return _("Weighed: %(difference)s, within the tolerance.") % {"difference": signed(made.change_oz)}

    return _deed(
        request,
        cylinder,
        WeighForm(request.POST or None),
        do,
        heading=_("Weigh cylinder %(number)s") % {"number": cylinder.number},
        text=_("Write down what the scales show with the cylinder on them. Its empty weight is taken off."),
        submit=_("Compare"),
    )


@requires(May.MOVE_STOCK)
def move(request: HttpRequest, cylinder_uuid: UUID) -> HttpResponse:
    """To another truck or warehouse."""
    cylinder = seen_cylinder(request, cylinder_uuid)

    def do(form: Any) -> str:
        moved = actions.move_cylinder(cylinder.pk, place_id=form.cleaned_data["place"].pk)
        return _("Cylinder %(number)s is in %(place)s.") % {
            "number": moved.number,
            "place": form.cleaned_data["place"].name,
        }

    places = [place for place in open_places(request) if place.pk != cylinder.place_id]
    return _deed(
        request,
        cylinder,
        MoveForm(request.POST or None, places=places),
        do,
        heading=_("Move cylinder %(number)s") % {"number": cylinder.number},
        text=_("It lies in %(place)s now.") % {"place": cylinder.place.name},
        submit=_("Move"),
    )


@requires(May.MOVE_STOCK)
def pour(request: HttpRequest, cylinder_uuid: UUID) -> HttpResponse:
    """Into another cylinder of the same refrigerant; pressing twice pours once."""
    cylinder = seen_cylinder(request, cylinder_uuid)

    def do(form: Any) -> str:
        target = form.cleaned_data["target"]
        actions.pour_between(
            cylinder.pk,
            target.pk,
            ounces=form.amount,
            key=f"pour:{form.key}",
            now=clock_now(),
            note=form.cleaned_data["note"],
        )
        return _("%(amount)s went into cylinder %(number)s.") % {
            "amount": pounds_and_ounces(form.amount),
            "number": target.number,
        }

    targets = (
        Cylinder.objects.visible_to(request.user)
        .ours()
        .for_list()
        .filter(refrigerant=cylinder.refrigerant_id)
        .exclude(pk=cylinder.pk)
        .exclude(kind=CylinderKind.DISPOSABLE)
    )
    return _deed(
        request,
        cylinder,
        PourForm(request.POST or None, targets=list(targets.order_by("number")[:300])),
        do,
        heading=_("Pour from cylinder %(number)s") % {"number": cylinder.number},
        text=_("It is filled to 80 percent at most. What was recovered stays with its owner."),
        submit=_("Pour"),
    )


@requires(May.MOVE_STOCK)
def fill(request: HttpRequest, cylinder_uuid: UUID) -> HttpResponse:
    """A supplier filled it again; pressing twice fills once."""
    cylinder = seen_cylinder(request, cylinder_uuid)

    def do(form: Any) -> str:
        actions.fill_cylinder(
            cylinder.pk,
            ounces=form.amount,
            key=f"fill:{form.key}",
            now=clock_now(),
            cost=form.cleaned_data["cost"],
            note=form.cleaned_data["note"],
        )
        return _("%(amount)s more are in the cylinder.") % {"amount": pounds_and_ounces(form.amount)}

    return _deed(
        request,
        cylinder,
        FillForm(request.POST or None),
        do,
        heading=_("Fill cylinder %(number)s again") % {"number": cylinder.number},
        text=_("What the supplier filled in, by the receipt."),
        submit=_("Fill"),
    )


@requires(May.MOVE_STOCK)
def lose(request: HttpRequest, cylinder_uuid: UUID) -> HttpResponse:
    """What escaped, with the reason."""
    cylinder = seen_cylinder(request, cylinder_uuid)

    def do(form: Any) -> str:
        actions.lose_refrigerant(
            cylinder.pk,
            ounces=form.amount,
            because=form.cleaned_data["because"],
            key=f"lose:{form.key}",
            now=clock_now(),
        )
        return _("%(amount)s are written down as lost.") % {"amount": pounds_and_ounces(form.amount)}

    return _deed(
        request,
        cylinder,
        LoseForm(request.POST or None),
        do,
        heading=_("Lost from cylinder %(number)s") % {"number": cylinder.number},
        text=_("Releasing refrigerant knowingly is forbidden (40 CFR 82.154(a)). Write down what happened."),
        submit=_("Write it down"),
    )


@requires(May.MOVE_STOCK)
def give_back(request: HttpRequest, cylinder_uuid: UUID) -> HttpResponse:
    """To whoever sold it, with what is left in it."""
    cylinder = seen_cylinder(request, cylinder_uuid)

    def do(form: Any) -> str:
        actions.return_to_supplier(
            cylinder.pk, key=f"return:{form.key}", now=clock_now(), note=form.cleaned_data["note"]
        )
        return _("Cylinder %(number)s went back to the supplier.") % {"number": cylinder.number}

    return _deed(
        request,
        cylinder,
        ReturnForm(request.POST or None),
        do,
        heading=_("Return cylinder %(number)s") % {"number": cylinder.number},
        text=_("All that is left in it goes with it; the cylinder is no longer ours."),
        submit=_("Return"),
        confirm=_("Return this cylinder to the supplier?"),
    )
