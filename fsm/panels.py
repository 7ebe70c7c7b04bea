"""Panels: parts of a page that belong to several apps. The page renders what is offered and imports nobody.

A page shows them by `{% include "fsm/_panels.html" with panels=panels %}`. The frame and the title are drawn
there; the panel's own template draws what is inside `.body`. The context may name `more_url` and `more_label`
for a link beside the title, and `count` for a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .permissions import May, allowed

Query = Callable[[Any, Any], dict[str, Any] | None]


@dataclass(frozen=True)
class Alert:
    """What everybody must see before anything else: a panel's context may carry `alerts` for the page."""

    tone: str
    sign: str
    words: Any
    detail: Any = ""
    url: str = ""
    link: Any = ""


@dataclass(frozen=True)
class Offer:
    """What an app offers for a place: `query(subject, user)` gives the template's context, or None to stay
    away.
    """

    key: str
    title: Any
    order: int
    template: str
    may: May
    query: Query
    wide: bool = False


@dataclass(frozen=True)
class Panel:
    """An offer that was asked and answered."""

    key: str
    title: Any
    template: str
    wide: bool = False
    context: dict[str, Any] = field(default_factory=dict)


_offers: dict[str, list[Offer]] = {}


def panel(
    place: str, *, key: str, title: Any, order: int, template: str, may: May, wide: bool = False
) -> Callable[[Query], Query]:
    """Offer a panel for `customer`, `caller` (at booking), `site`, `unit`, `job`, `invoice` or `home`; or for
    `sites`: asked with all sites of a customer, it answers `of`, the context of each site by its key.
    """

    def register(query: Query) -> Query:
        offers = [offer for offer in _offers.get(place, []) if offer.key != key]
        offers.append(Offer(key, title, order, template, may, query, wide))
        _offers[place] = sorted(offers, key=lambda offer: (offer.order, offer.key))
        return query

    return register


def panels_for(place: str, subject: Any, user: Any) -> list[Panel]:
    """Every panel this person may see, already fetched: templates render them without a query."""
    panels = []
    for offer in _offers.get(place, []):
        if allowed(user, offer.may):
            context = offer.query(subject, user)
            if context is not None:
                panels.append(Panel(offer.key, offer.title, offer.template, offer.wide, context))
    return panels
