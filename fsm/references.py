"""Kernel references: how a lower app points at something of an upper one, and how a page turns that into a
link.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models

from .querysets import OfficeQuerySet, leading_to


@dataclass(frozen=True, order=True)
class Reference:
    """What kind of thing and which: written `job:0b9c...`."""

    kind: str
    uuid: uuid.UUID

    def __str__(self) -> str:
        return f"{self.kind}:{self.uuid}"

    @classmethod
    def parse(cls, text: str) -> Reference:
        """The inverse of str(); raises ValueError on anything else."""
        kind, _, unique = text.partition(":")
        return cls(kind, uuid.UUID(unique))


@dataclass(frozen=True)
class Resolver:
    """How one kind is found, named and linked."""

    kind: str
    model: type[models.Model]
    url: Callable[[Any], str]
    label: Callable[[Any], str]
    related: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resolved:
    """A reference as a page shows it."""

    reference: Reference
    label: str
    url: str


_resolvers: dict[str, Resolver] = {}


def refers(
    kind: str,
    model: type[models.Model],
    *,
    url: Callable[[Any], str],
    label: Callable[[Any], str] = str,
    related: tuple[str, ...] = (),
) -> None:
    """Register a kind: its model has `uuid` and a queryset with `visible_to(user)`."""
    _resolvers[kind] = Resolver(kind, model, url, label, related)


def ref_of(thing: models.Model) -> Reference:
    """The reference of a row whose model is registered."""
    for resolver in _resolvers.values():
        if isinstance(thing, resolver.model):
            return Reference(resolver.kind, thing.uuid)  # type: ignore[attr-defined]
    raise LookupError(f"{type(thing).__name__} has no reference kind")


def model_of(kind: str) -> type[models.Model] | None:
    """The model behind a kind, or None."""
    resolver = _resolvers.get(kind)
    return resolver.model if resolver else None


def kind_of(model: type[models.Model]) -> str | None:
    """The kind a model is registered under, or None."""
    return next((r.kind for r in _resolvers.values() if r.model is model), None)


def fetch(reference: Reference, user: Any) -> models.Model | None:
    """The row itself where the person may see it, else None."""
    resolver = _resolvers.get(reference.kind)
    if resolver is None:
        return None
    visible = resolver.model._default_manager.visible_to(user)  # type: ignore[attr-defined]
    found: models.Model | None = leading_to(visible.select_related(*resolver.related), reference.uuid).first()
    return found


def resolve_many(references: Iterable[Reference], user: Any) -> dict[Reference, Resolved]:
    """Labels and links of what the person may see; one query a kind. What they may not see is absent."""
    wanted: dict[str, set[uuid.UUID]] = {}
    for reference in references:
        wanted.setdefault(reference.kind, set()).add(reference.uuid)
    found: dict[Reference, Resolved] = {}
    for kind, uuids in wanted.items():
        resolver = _resolvers.get(kind)
        if resolver is None:
            continue
        visible = resolver.model._default_manager.visible_to(user)  # type: ignore[attr-defined]
        rows = {row.uuid: row for row in visible.filter(uuid__in=uuids).select_related(*resolver.related)}
        if (moved := uuids - rows.keys()) and isinstance(visible, OfficeQuerySet):
            rows |= visible.select_related(*resolver.related).in_place_of(moved)
        for unique, row in rows.items():
            reference = Reference(kind, unique)
            found[reference] = Resolved(reference, resolver.label(row), resolver.url(row))
    return found
