"""Rows of many kinds that hang on one, fetched with it in a single query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast, JSONObject

M = TypeVar("M", bound=models.Model)


def gathered(rows: QuerySet[Any], *more: str) -> ArraySubquery:
    """The rows as a list on the row they hang on (filter them by an OuterRef); `more` names what is wanted
    of rows they point at. `restored` makes them rows again.
    """
    values: dict[str, Any] = {}
    for field in rows.model._meta.concrete_fields:
        # A number in JSON would come back as a float.
        is_exact = isinstance(field, models.DecimalField)
        values[field.attname] = Cast(field.attname, TextField()) if is_exact else F(field.attname)
    for path in more:
        values[path] = Cast(path, TextField())
    return ArraySubquery(rows.values(listed=JSONObject(**values)))


def restored(model: type[M], listed: Iterable[Mapping[str, Any]] | None) -> list[M]:
    """The rows again; what was wanted beside their own fields stands in `row.more`."""
    fields: list[Any] = list(model._meta.concrete_fields)
    names = [field.attname for field in fields]
    rows = []
    for facts in listed or []:
        values = [field.to_python(facts[field.attname]) for field in fields]
        row = model.from_db("default", names, values)
        row.more = {name: value for name, value in facts.items() if name not in names}  # type: ignore[attr-defined]
        rows.append(row)
    return rows
