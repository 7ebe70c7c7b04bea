"""Lists in pages that neither skip nor repeat, however much changes meanwhile."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from .errors import BadQuery

SALT = "fsm.api.pages"
USUAL, MOST = 50, 200
LONGEST_SEARCH = 200
OWN = ("cursor", "limit", "q")


def read_limit(params: QueryDict) -> int:
    """How many rows a page has."""
    text = params.get("limit")
    if text is None:
        return USUAL
    if not re.fullmatch("[1-9][0-9]{0,2}", text) or int(text) > MOST:
        raise BadQuery({"limit": [_("Ask for 1 to %(most)s rows.") % {"most": MOST}]})
    return int(text)


def page(
    rows: QuerySet[Any], order: Sequence[str], params: QueryDict, *, path: str
) -> tuple[list[Any], str | None]:
    """A page of rows in the order (its last name unique), and the cursor of the next one.

    A cursor is signed and belongs to its list and filters; any other text is a BadQuery.
    """
    limit, mark = read_limit(params), _mark(path, order, params)
    rows = rows.order_by(*order)
    cursor = params.get("cursor")
    if cursor is not None:
        rows = rows.filter(_after(order, _values(rows, order, str(cursor), mark)))
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    values = [_written(getattr(last, name.removeprefix("-"))) for name in order]
    return found[:limit], signing.dumps([mark, values], salt=SALT)


def _mark(path: str, order: Sequence[str], params: QueryDict) -> str:
    """What a cursor belongs to."""
    asked = sorted((name, value) for name, value in params.items() if name not in ("cursor", "limit"))
    return hashlib.sha256(repr([path, list(order), asked]).encode()).hexdigest()[:16]


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def _values(rows: QuerySet[Any], order: Sequence[str], cursor: str, mark: str) -> list[Any]:
    """Where the page before ended, in the fields' own types."""
    try:
        made_for, values = signing.loads(cursor, salt=SALT)
    except signing.BadSignature:
        raise BadQuery({"cursor": [_("This is no cursor of ours. Begin with the first page.")]}) from None
    if made_for != mark:
        raise BadQuery(
            {
                "cursor": [
                    _("This cursor belongs to another list or other filters. Begin with the first page.")
                ]
            }
        )
    meta = rows.model._meta
    names = [name.removeprefix("-") for name in order]
    fields = [meta.pk if name == "pk" else meta.get_field(name) for name in names]
    return [field.to_python(value) for field, value in zip(fields, values, strict=True)]


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows beyond the given one."""
    beyond = Q()
    equal: dict[str, Any] = {}
    for name, value in zip(order, values, strict=True):
        field, side = name.removeprefix("-"), "lt" if name.startswith("-") else "gt"
        beyond |= Q(**equal, **{f"{field}__{side}": value})
        equal[field] = value
    return beyond
