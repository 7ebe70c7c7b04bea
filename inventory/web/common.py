"""What several stock pages share: finding what the address names, signs, and the ledger's columns."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.clock import local
from fsm.company import the_company
from fsm.references import Reference, Resolved, resolve_many
from fsm.templatetags.ui import pill
from fsm.web.tables import Column, Table

from ..models import Part, PlaceKind, StockLevel, StockMovement, StockPlace
from ..words import quantity

MINUS = "\N{MINUS SIGN}"
Causes = dict[Reference, Resolved]


def seen_part(request: HttpRequest, part_uuid: UUID) -> Part:
    """The part where this person may see it, else 404."""
    return get_object_or_404(Part.objects.visible_to(request.user).with_stock(), uuid=part_uuid)


def seen_place(request: HttpRequest, place_uuid: UUID) -> StockPlace:
    """The place where this person may see it, else 404."""
    places = StockPlace.objects.visible_to(request.user).ours().select_related("branch")
    return get_object_or_404(places, uuid=place_uuid)


def level_sign(level: StockLevel) -> SafeString | str:
    """What is wrong with a level, if anything: less than nothing, or less than there should be."""
    if level.on_hand < 0:
        return pill(negative_words(level.place), "red", "warning")
    if level.on_hand < level.minimum and level.part.is_active and level.place.is_active:
        return pill(_("Below minimum"), "amber", "down")
    return ""


def negative_words(place: StockPlace) -> str:
    """What a level below zero means, in words."""
    if place.kind == PlaceKind.TRUCK:
        return _("Used but not on the truck: count it")
    return _("Used but not in the warehouse: count it")


def cause_of(movement: Any) -> Reference | None:
    """What caused a movement or reservation, where something did."""
    if not movement.cause_kind or movement.cause_uuid is None:
        return None
    return Reference(movement.cause_kind, movement.cause_uuid)


def _link(movement: StockMovement, causes: Causes) -> SafeString | str:
    cause = cause_of(movement)
    found = causes.get(cause) if cause else None
    return format_html('<a class="nowrap" href="{}">{}</a>', found.url, found.label) if found else ""


def _what(movement: StockMovement) -> SafeString | str:
    words = movement.get_kind_display()
    if movement.kind == "counted":
        words = _("Count: found more") if movement.to_place_id else _("Count: some were missing")
    parts = [words]
    if movement.short_by:
        parts.append(pill(_("%(n)s short") % {"n": quantity(movement.short_by)}, "red", "warning"))
    if movement.note:
        parts.append(format_html('<span class="small faint">{}</span>', movement.note))
    return format_html("<span>{}</span>", format_html_join(" ", "{}", ((part,) for part in parts)))


def _way(movement: StockMovement) -> SafeString:
    source = movement.from_place.name if movement.from_place else ""
    target = movement.to_place.name if movement.to_place else ""
    if not source:
        words = _("into %(place)s") % {"place": target}
    elif not target:
        words = _("out of %(place)s") % {"place": source}
    else:
        words = f"{source} → {target}"
    return format_html('<span class="nowrap">{}</span>', words)


def _part(movement: StockMovement) -> SafeString:
    url = reverse("inventory:part", args=[movement.part.uuid])
    return format_html(
        '<span><a href="{}">{}</a> <span class="faint small nowrap">{}</span></span>',
        url,
        movement.part.name,
        movement.part.number,
    )


def _amount(movement: StockMovement, place: StockPlace | None) -> str:
    """With a sign where the list is about one place, or about what comes in and goes out."""
    text = quantity(movement.quantity)
    if place is not None:
        return f"+{text}" if movement.to_place_id == place.pk else f"{MINUS}{text}"
    if movement.from_place_id and movement.to_place_id:
        return text
    return f"+{text}" if movement.to_place_id else f"{MINUS}{text}"


def wall(zone: str, instant: datetime) -> SafeString:
    """A day and a time on the company's clock."""
    wall = local(instant, zone)
    hour = f"{wall.hour % 12 or 12}:{wall.minute:02d} {'am' if wall.hour < 12 else 'pm'}"
    return format_html('<span class="nowrap">{}, {}</span>', format_date(wall, "N j, Y"), hour)


def ledger(
    request: HttpRequest,
    movements: QuerySet[StockMovement],
    *,
    of_part: bool = False,
    place: StockPlace | None = None,
    **options: Any,
) -> Table:
    """Movements as a table, latest first, with links to what caused them."""
    causes: Causes = {}
    zone = the_company().time_zone
    columns = [
        Column("when", gettext_lazy("When"), lambda row: wall(zone, row.moved_at), ("moved_at",)),
        Column("part", gettext_lazy("Part"), _part, ("part__name",)),
        Column("quantity", gettext_lazy("Quantity"), partial(_amount, place=place), ("quantity",), "right"),
        Column("way", gettext_lazy("Where"), _way),
        Column("what", gettext_lazy("What"), _what, ("kind",)),
        # The links are looked up in one go when the rows are there; each cell reads its own when it is drawn.
        Column("cause", gettext_lazy("For"), lambda row: SimpleLazyObject(partial(_link, row, causes))),
        Column("who", gettext_lazy("Who"), lambda row: row.actor_name, ("actor_name",)),
    ]
    if of_part:
        del columns[1]
    options = {
        "default_sort": "-when",
        "empty_title": _("Nothing has moved yet"),
        "empty_text": _(
            "Every part that comes in, changes its place or is used on a job leaves a line here."
        ),
    } | options
    table = Table(request, movements.select_related("part", "from_place", "to_place"), columns, **options)
    wanted = [cause for row in table.rows if (cause := cause_of(row.object))]
    causes.update(resolve_many(wanted, request.user))
    return table
