"""What equipment pages share: who may see which row, and reading small things from a button's form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.money import to_cents
from fsm.states import NotPossible

from ..models import Unit

M = TypeVar("M", bound=models.Model)


def seen_unit(request: HttpRequest, unit_uuid: UUID) -> Unit:
    """The unit where this person may see it, else 404."""
    return get_object_or_404(Unit.objects.visible_to(request.user).for_list(), uuid=unit_uuid)


def seen_of_unit(request: HttpRequest, model: type[M], unique: UUID, path: str = "unit", *more: str) -> M:
    """A row of a unit that this person may see, else 404; with the unit, its site and customer."""
    units = Unit.objects.visible_to(request.user)
    rows: Any = model._default_manager.filter(**{f"{path}__in": units})
    found: M = get_object_or_404(rows.select_related(f"{path}__site__customer", *more), uuid=unique)
    return found


def today_at(unit: Unit) -> date:
    """Today where the unit stands."""
    return today_in(unit.site.time_zone, clock_now())


def day_said(request: HttpRequest, name: str) -> date:
    """The day in a button's form; refuses what is none."""
    try:
        found = parse_date(request.POST.get(name, ""))
    except ValueError:
        found = None
    if found is None:
        raise NotPossible(_("Enter the day."), field=name)
    return found


def money_said(request: HttpRequest, name: str, *, needed: bool = True) -> Decimal | None:
    """The amount in a button's form; refuses what is none."""
    text = request.POST.get(name, "").replace(",", "").replace("$", "").strip()[:20]
    if not text and not needed:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise NotPossible(_("Enter an amount of money."), field=name)
    return to_cents(amount)


def word_said(request: HttpRequest, name: str, longest: int = 200) -> str:
    """The text in a button's form."""
    return request.POST.get(name, "").replace("\x00", "").strip()[:longest]


def to_unit(unit: Unit, part: str = "") -> HttpResponse:
    """To the unit's page, where the part is."""
    answer = redirect("equipment:unit", unit.uuid)
    if part:
        answer["Location"] += f"#{part}"
    return answer
