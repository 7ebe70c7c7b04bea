"""Places: warehouses and trucks, what lies there, and one part in one place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Case, F, QuerySet, Sum, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from fsm.clock import now as clock_now
from fsm.models import Branch, Review, ReviewState
from fsm.panels import panels_for
from fsm.permissions import May, requires, signed_in
from fsm.references import resolve_many
from fsm.states import NotPossible, Stale
from fsm.web.pages import refuse_in_form, render_page
from fsm.web.tables import Column, Table

from .. import actions
from ..models import Part, PlaceKind, Reservation, StockLevel, StockMovement, StockPlace
from ..querysets import BELOW_MINIMUM, NEGATIVE
from ..words import quantity
from .common import cause_of, ledger, level_sign, negative_words, seen_part, seen_place
from .filters import LevelFilter
from .forms import CountForm, LimitsForm, StockPlaceForm

NOTHING = Decimal(0)
EACH = Part._meta.get_field("unit").default


@require_safe
@requires(May.SEE_STOCK)
def places(request: HttpRequest) -> HttpResponse:
    """Every warehouse and truck, with what needs a look."""
    places = StockPlace.objects.visible_to(request.user).ours().with_stock().select_related("branch")
    shown = list(places.order_by("-is_active", "-kind", "pk"))
    return render_page(request, "inventory/places.html", {"places": shown})


def _part(level: StockLevel) -> Any:
    return format_html('{} <span class="faint small nowrap">{}</span>', level.part.name, level.part.number)


def _on_hand(level: StockLevel) -> str:
    amount, unit = quantity(level.on_hand), level.part.unit
    return amount if unit == EACH else f"{amount} {unit}"


def _limits(level: StockLevel) -> str:
    if not level.maximum:
        return ""
    return _("%(low)s to %(high)s") % {"low": quantity(level.minimum), "high": quantity(level.maximum)}


LEVEL_COLUMNS = [
    Column("part", gettext_lazy("Part"), _part, ("part__name",)),
    Column("sign", gettext_lazy("To look at"), level_sign, ("urgency", "part__name")),
    Column("on_hand", gettext_lazy("On hand"), _on_hand, ("on_hand",), "right"),
    Column(
        "held",
        gettext_lazy("Held"),
        lambda level: quantity(level.held) if level.held else "",
        ("held",),
        "right",
    ),
    Column("limits", gettext_lazy("Should hold"), _limits, ("minimum", "maximum"), "right"),
]


def _in_level(rows: QuerySet[StockLevel], text: str) -> QuerySet[StockLevel]:
    return rows.filter(part__in=Part.objects.matching(text))


@require_safe
@requires(May.SEE_STOCK)
def place(request: HttpRequest, place_uuid: UUID) -> HttpResponse:
    """What lies there, what is missing first."""
    place = seen_place(request, place_uuid)
    levels = StockLevel.objects.visible_to(request.user).filter(place=place)
    urgency = Case(When(NEGATIVE, then=Value(0)), When(BELOW_MINIMUM, then=Value(1)), default=Value(2))
    table = Table(
        request,
        levels.of_interest().with_held().annotate(urgency=urgency).select_related("part", "place"),
        LEVEL_COLUMNS,
        url=lambda level: reverse("inventory:level", args=[place.uuid, level.part.uuid]),
        filterset=LevelFilter,
        search=_in_level,
        search_label=_("Number, name or barcode"),
        default_sort="sign",
        per_page=100,
        empty_title=_("Nothing lies here yet"),
        empty_text=_("Receive parts from a supplier, or transfer them from another place."),
    )
    context = {
        "place": place,
        "table": table,
        "negative": levels.negative().count(),
        "low": levels.below_minimum().count(),
        "worth": levels.filter(on_hand__gt=0).aggregate(n=Sum(F("on_hand") * F("part__cost")))["n"]
        or NOTHING,
        "negative_words": negative_words(place),
        "waiting": actions.counts_waiting(place_id=place.pk),
        "panels": panels_for("place", place, request.user),
    }
    return render_page(request, "inventory/place.html", context)


@require_safe
@requires(May.SEE_STOCK)
def level(request: HttpRequest, place_uuid: UUID, part_uuid: UUID) -> HttpResponse:
    """One part in one place: how much, what is held, what moved; counting it and setting its limits."""
    return _level_page(request, seen_place(request, place_uuid), seen_part(request, part_uuid))


def _level_page(
    request: HttpRequest, place: StockPlace, part: Part, *, status: int = 200, **changed: Any
) -> HttpResponse:
    levels = StockLevel.objects.with_held().select_related("place", "part")
    level = levels.filter(place=place, part=part).first() or StockLevel(place=place, part=part)
    held = list(Reservation.objects.held().filter(place=place, part=part).order_by("-pk"))
    causes = resolve_many([cause for row in held if (cause := cause_of(row))], request.user)
    movements = StockMovement.objects.visible_to(request.user).filter(part=part).at_place(place.uuid)
    context = {
        "place": place,
        "part": part,
        "level": level,
        "sign": level_sign(level),
        "held": [(row, causes.get(cause) if (cause := cause_of(row)) else None) for row in held],
        "count_form": CountForm(initial={"expected": level.on_hand}),
        "limits_form": LimitsForm(
            initial={"minimum": quantity(level.minimum), "maximum": quantity(level.maximum)}
        ),
        "table": ledger(request, movements, of_part=True, place=place, per_page=25),
        "waiting": actions.counts_waiting(place_id=place.pk, part=part),
        "theirs": {},
        **changed,
    }
    return render_page(request, "inventory/level.html", context, status=status)


@require_POST
@requires(May.MOVE_STOCK)
def count(request: HttpRequest, place_uuid: UUID, part_uuid: UUID) -> HttpResponse:
    """Propose what was counted: a manager decides; pressing twice proposes once."""
    place, part = seen_place(request, place_uuid), seen_part(request, part_uuid)
    form = CountForm(request.POST)
    status, theirs = 422, {}
    if form.is_valid():
        data = form.cleaned_data
        try:
            asked = actions.propose_count(
                place_id=place.pk,
                part_id=part.pk,
                counted=data["counted"],
                expected=data["expected"],
                key=f"count:{form.key}",
                note=data["note"],
                now=clock_now(),
                by=signed_in(request),
            )
            messages.success(request, _what_became_of(asked))
            return redirect("inventory:level", place.uuid, part.uuid)
        except Stale as stale:
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["expected"] = str(actions.on_hand(place.pk, part.pk))  # type: ignore[index]
            status, theirs = refuse_in_form(form, stale), stale.theirs
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return _level_page(request, place, part, status=status, count_form=form, theirs=theirs)


def _what_became_of(asked: Review | None) -> str:
    if asked is None:
        return _("Counted: the ledger was right.")
    if asked.state == ReviewState.APPROVED:
        return _("Counted and put right.")
    return _("Counted. The difference waits for a manager; until then the stock stays as it is.")


@require_POST
@requires(May.EDIT_PARTS)
def set_limits(request: HttpRequest, place_uuid: UUID, part_uuid: UUID) -> HttpResponse:
    """How little and how much of the part the place should hold."""
    place, part = seen_place(request, place_uuid), seen_part(request, part_uuid)
    form = LimitsForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            actions.set_limits(place_id=place.pk, part_id=part.pk, **form.cleaned_data)
            messages.success(request, _("Minimum and maximum are set."))
            return redirect("inventory:level", place.uuid, part.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return _level_page(request, place, part, status=status, limits_form=form)


def _branches(request: HttpRequest) -> list[Branch]:
    return list(Branch.objects.visible_to(request.user).filter(is_active=True))


@requires(May.EDIT_PARTS)
def add_place(request: HttpRequest) -> HttpResponse:
    """A further warehouse or truck; pressing twice adds it once."""
    form = StockPlaceForm(
        request.POST or None, branches=_branches(request), initial={"kind": PlaceKind.TRUCK.value}
    )
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = actions.add_place(**form.values(), uuid=form.key)
            messages.success(request, _("%(name)s is added.") % {"name": made.name})
            return redirect("inventory:place", made.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return render_page(request, "inventory/edit_place.html", {"form": form}, status=status)


@requires(May.EDIT_PARTS)
def edit_place(request: HttpRequest, place_uuid: UUID) -> HttpResponse:
    """Rename a place, move it to another branch, or close it."""
    place = seen_place(request, place_uuid)
    initial = {"name": place.name, "branch": place.branch_id, "is_active": place.is_active}
    form = StockPlaceForm(request.POST or None, branches=_branches(request), known=True, initial=initial)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            actions.edit_place(place.pk, **form.values())
            messages.success(request, _("Saved."))
            return redirect("inventory:place", place.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return render_page(request, "inventory/edit_place.html", {"form": form, "place": place}, status=status)
