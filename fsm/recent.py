"""The last things a person opened: theirs on every device, and only while they may see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import connection

from .finders import Hit
from .models import OpenedItem
from .references import Reference, model_of, resolve_many

KEPT: Final = 20
_REMEMBER: Final = """
    WITH put AS (
        INSERT INTO fsm_openeditem (user_id, kind, uuid, detail, opened_at)
        VALUES (%(user)s, %(kind)s, %(uuid)s, %(detail)s, %(now)s)
        ON CONFLICT (user_id, kind, uuid)
        DO UPDATE SET opened_at = excluded.opened_at, detail = excluded.detail
    )
    DELETE FROM fsm_openeditem WHERE id IN (
        SELECT id FROM fsm_openeditem
        WHERE user_id = %(user)s AND NOT (kind = %(kind)s AND uuid = %(uuid)s)
        ORDER BY opened_at DESC, id DESC OFFSET %(others)s
    )
"""


def remember(user_id: int, reference: Reference, *, detail: str, now: datetime) -> None:
    """Put something first among what the person opened last; the oldest beyond twenty goes. One statement."""
    params: dict[str, Any] = {
        "user": user_id, "kind": reference.kind, "uuid": reference.uuid, "detail": detail[:120], "now": now,
        "others": KEPT - 1,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, params)


def recent(user: Any, *, limit: int) -> list[Hit]:
    """What the person opened last, the newest first. What they may no longer see, or is no more, leaves the
    list; what was merged into something else is that.
    """
    rows = list(OpenedItem.objects.filter(user=user.pk)[:KEPT])
    known = resolve_many((Reference(row.kind, row.uuid) for row in rows), user)
    if gone := [row.pk for row in rows if Reference(row.kind, row.uuid) not in known]:
        OpenedItem.objects.filter(pk__in=gone).delete()
    hits: dict[str, Hit] = {}
    for row in rows:
        if found := known.get(Reference(row.kind, row.uuid)):
            hits.setdefault(found.url, Hit(_word(row.kind), found.label, row.detail, found.url))
    return list(hits.values())[:limit]


def _word(kind: str) -> str:
    model = model_of(kind)
    words = str(model._meta.verbose_name) if model else kind
    return words[:1].upper() + words[1:]
