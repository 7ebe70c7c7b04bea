"""Optimistic locking: an edit names the version it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from fsm.states import Stale
from fsm.trace import SECRET_FIELDS


def check_version(row: Any, version: int, wanted: Mapping[str, Any], *, noun: str) -> None:
    """Raise Stale when the row moved on, saying who moved it and what stands in the fields that differ."""
    if row.version == version:
        return
    last = row.history.order_by("-history_id").values_list("actor_name", flat=True).first() or ""
    sentence = _(
        "%(who)s changed this %(noun)s while you were looking at it. Nothing of yours was saved yet: "
        "compare, then save again to keep yours."
    ) % {"who": last or _("Somebody"), "noun": noun}
    raise Stale(sentence, theirs=differences(row, wanted), who=last)


def differences(row: models.Model, wanted: Mapping[str, Any]) -> dict[str, str]:
    """Label -> what stands in the row, for the fields whose wanted value is another."""
    found: dict[str, str] = {}
    for name, value in wanted.items():
        field = row._meta.get_field(name)
        standing = getattr(row, name)
        if standing == value or not isinstance(field, models.Field):
            continue
        display = getattr(row, f"get_{name}_display", None)
        if name in SECRET_FIELDS:  # that it differs is told; it is read where looks are remembered
            words = "•••"
        elif isinstance(standing, bool):
            words = _("yes") if standing else _("no")
        else:
            words = str(display() if display else standing if standing is not None else "")
        label = str(field.verbose_name)
        found[label[:1].upper() + label[1:]] = words or _("(empty)")
    return found
