"""The ledger, receiving and transferring."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from fsm.clock import now as clock_now
from fsm.permissions import May, requires
from fsm.states import NotPossible
from fsm.web.pages import fragment, refuse_in_form, render_page

from .. import actions
from ..models import Part, PlaceKind, StockLevel, StockMovement, StockPlace
from ..querysets import BELOW_MINIMUM, NEGATIVE
from ..words import quantity
from .common import ledger, level_sign, seen_place
from .filters import MovementFilter
from .forms import LoadForm, ReceiveForm, TransferForm


def _matching(rows: QuerySet[StockMovement], text: str) -> QuerySet[StockMovement]:
    of_parts = Q(part__in=Part.objects.matching(text))
    return rows.filter(of_parts | Q(note__icontains=text) | Q(actor_name__icontains=text))


@require_safe
@requires(May.SEE_STOCK)
def movements(request: HttpRequest) -> HttpResponse:
    """The ledger: what moved, when, from where to where, for what, by whom."""
    table = ledger(
        request,
        StockMovement.objects.visible_to(request.user),
        filterset=MovementFilter,
        search=_matching,
        search_label=_("Part, person or note"),
    )
    return render_page(request, "inventory/movements.html", {"table": table})


def _active_parts(request: HttpRequest) -> Any:
    return Part.objects.visible_to(request.user).filter(is_active=True)


def _active_places(request: HttpRequest) -> list[StockPlace]:
    places = StockPlace.objects.visible_to(request.user).ours().filter(is_active=True)
    return list(places.order_by("-kind", "pk"))


def _asked(request: HttpRequest, name: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(request.GET.get(name, ""))
    return None


def _chosen_part(request: HttpRequest) -> dict[str, Any]:
    """The part that the address names, as the form's first values."""
    unique = _asked(request, "part")
    part = _active_parts(request).filter(uuid=unique).first() if unique else None
    return {"part": part.uuid, "part_text": f"{part.number} {part.name}"} if part else {}


@requires(May.MOVE_STOCK)
def receive(request: HttpRequest) -> HttpResponse:
    """Parts that came in; pressing twice receives once."""
    places = _active_places(request)
    warehouse = next((place.uuid for place in places if place.kind == PlaceKind.WAREHOUSE), None)
    initial = {"place": _asked(request, "to") or warehouse, **_chosen_part(request)}
    form = ReceiveForm(request.POST or None, parts=_active_parts(request), places=places, initial=initial)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            moved = actions.receive_stock(
                place_id=data["place"].pk,
                part_id=data["found"].pk,
                quantity=data["quantity"],
                unit_cost=data["unit_cost"],
                note=data["note"],
                key=f"receive:{form.key}",
                now=clock_now(),
            )
            messages.success(request, _received(moved, data["place"]))
            return redirect(f"{reverse('inventory:receive')}?{urlencode({'to': data['place'].uuid})}")
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    there = _there(request, form["part"].value(), [form["place"].value()])
    return render_page(request, "inventory/receive.html", {"form": form, "there": there}, status=status)


@requires(May.MOVE_STOCK)
def transfer(request: HttpRequest) -> HttpResponse:
    """Parts that change their place; refuses more than is there, pressing twice moves once."""
    places = _active_places(request)
    warehouse = next((place.uuid for place in places if place.kind == PlaceKind.WAREHOUSE), None)
    to = _asked(request, "to")
    initial = {
        "from_place": _asked(request, "from") or (warehouse if warehouse != to else None),
        "to_place": to,
        **_chosen_part(request),
    }
    form = TransferForm(request.POST or None, parts=_active_parts(request), places=places, initial=initial)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            moved = actions.transfer_stock(
                from_place_id=data["from_place"].pk,
                to_place_id=data["to_place"].pk,
                part_id=data["found"].pk,
                quantity=data["quantity"],
                note=data["note"],
                key=f"transfer:{form.key}",
                now=clock_now(),
            )
            messages.success(request, _transferred(moved, data["from_place"], data["to_place"]))
            again = urlencode({"from": data["from_place"].uuid, "to": data["to_place"].uuid})
            return redirect(f"{reverse('inventory:transfer')}?{again}")
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    there = _there(request, form["part"].value(), [form["from_place"].value(), form["to_place"].value()])
    return render_page(request, "inventory/transfer.html", {"form": form, "there": there}, status=status)


@requires(May.MOVE_STOCK)
def load(request: HttpRequest, place_uuid: UUID) -> HttpResponse:
    """Fill a truck up from another place, what is below its minimum first; pressing twice loads once."""
    target = seen_place(request, place_uuid)
    sources = [place for place in _active_places(request) if place.pk != target.pk]
    warehouses = [place for place in sources if place.kind == PlaceKind.WAREHOUSE]
    asked = _asked(request, "from")
    source = next(
        (place for place in sources if place.uuid == asked), next(iter(warehouses or sources), None)
    )
    if source is None:
        raise NotPossible(_("There is no other place to load from. Receive the parts instead."))
    if not target.is_active:
        raise NotPossible(_("%(place)s is closed.") % {"place": target.name})
    levels = list(_loadable(target, source))
    initial = {f"part_{level.part.uuid.hex}": _suggested(level) for level in levels}
    form = LoadForm(request.POST or None, levels=levels, initial=initial)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            moved = actions.transfer_many(
                from_place_id=source.pk,
                to_place_id=target.pk,
                quantities=form.quantities(),
                key=f"load:{form.key}",
                now=clock_now(),
            )
            messages.success(request, _loaded(len(moved), target))
            return redirect("inventory:place", target.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {
        "place": target,
        "source": source,
        "sources": sources,
        "form": form,
        "rows": [(level, form[name], level_sign(level)) for name, level in form.levels.items()],
    }
    return render_page(request, "inventory/load.html", context, status=status)


def _loadable(target: StockPlace, source: StockPlace) -> Any:
    """What the target has room for and the source holds (`there`), what is missing most first."""
    there = StockLevel.objects.filter(place=source, part=OuterRef("part"), on_hand__gt=0)
    return (
        StockLevel.objects.filter(place=target, part__is_active=True, on_hand__lt=F("maximum"))
        .annotate(there=Subquery(there.values("on_hand")[:1]))
        .filter(there__isnull=False)
        .select_related("part", "place")
        .order_by(Case(When(BELOW_MINIMUM | NEGATIVE, then=Value(0)), default=Value(1)), "part__name", "pk")
    )


def _suggested(level: Any) -> str:
    """As many as fill it up, where it is below its minimum and counted right."""
    if not 0 <= level.on_hand < level.minimum:
        return ""
    return quantity(min(level.maximum - level.on_hand, level.there))


def _loaded(n: int, target: StockPlace) -> str:
    words = ngettext("%(n)d part was loaded onto %(place)s.", "%(n)d parts were loaded onto %(place)s.", n)
    return words % {"n": n, "place": target.name}


@require_safe
@requires(May.SEE_STOCK)
def there(request: HttpRequest) -> HttpResponse:
    """How much of the chosen part lies in the chosen places, while a form is being filled in."""
    places = [request.GET.get(name) for name in ("from_place", "to_place", "place")]
    found = _there(request, request.GET.get("part"), places)
    return fragment(request, "inventory/_there.html", {"there": found})


def _there(request: HttpRequest, part: Any, places: list[Any]) -> list[dict[str, Any]]:
    """What the places hold of the part, in the order of the places; nothing until both are chosen."""
    uniques = [unique for text in places if (unique := _uuid(text))]
    part_uuid = _uuid(part)
    if part_uuid is None or not uniques:
        return []
    known = {place.uuid: place for place in _active_places(request)}
    levels = StockLevel.objects.filter(part__uuid=part_uuid, place__uuid__in=uniques).with_held()
    by_place = {level.place_id: level for level in levels}
    shown = [known[unique] for unique in dict.fromkeys(uniques) if unique in known]
    return [{"place": place, "level": by_place.get(place.pk)} for place in shown]


def _uuid(value: Any) -> UUID | None:
    with suppress(ValueError):
        return value if isinstance(value, UUID) else UUID(str(value))
    return None


def _received(moved: StockMovement, place: StockPlace) -> str:
    return _("%(quantity)s of %(part)s are now in %(place)s.") % {
        "quantity": quantity(moved.quantity),
        "part": moved.part.number,
        "place": place.name,
    }


def _transferred(moved: StockMovement, source: StockPlace, target: StockPlace) -> str:
    return _("%(quantity)s of %(part)s went from %(source)s to %(target)s.") % {
        "quantity": quantity(moved.quantity),
        "part": moved.part.number,
        "source": source.name,
        "target": target.name,
    }
