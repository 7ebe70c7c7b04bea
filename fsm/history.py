"""History on every model, and set-based writes that keep it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import connections, models, router
from django.db.models import QuerySet
from django.utils import timezone
from simple_history.models import HistoricalRecords

from .attribution import current, current_actor_name, current_batch, current_root, current_source

M = TypeVar("M", bound=models.Model)
ATTRIBUTION_COLUMNS = ("source", "batch", "root", "actor_name")


class AttributedRow(models.Model):
    """The columns that every history table has beside simple-history's own."""

    source = models.CharField(max_length=80, default=current_source, editable=False)
    batch = models.UUIDField(default=current_batch, editable=False, db_index=True)
    root = models.CharField(max_length=60, default=current_root, editable=False, blank=True, db_index=True)
    actor_name = models.CharField(max_length=150, default=current_actor_name, editable=False, blank=True)

    class Meta:
        abstract = True


class History(HistoricalRecords):  # type: ignore[misc]
    """`history = History()` on a model keeps every version with who, why, source, batch, root and actor's
    name.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("bases", [AttributedRow])
        kwargs.setdefault("get_user", lambda instance, **_: _user(current().user_id))
        kwargs.setdefault("history_change_reason_field", models.TextField(null=True))
        kwargs.setdefault("user_db_constraint", False)
        super().__init__(**kwargs)

    def get_change_reason_for_object(self, instance: Any, history_type: str, using: str) -> str | None:
        """The reason set on the object, else the ambient one."""
        return super().get_change_reason_for_object(instance, history_type, using) or current().reason or None


def _user(user_id: int | None) -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model()(pk=user_id) if user_id else None


def history_model(model: type[models.Model]) -> type[models.Model]:
    """The model of `model`'s history rows."""
    return model.history.model  # type: ignore[attr-defined, no-any-return]


def is_tracked(model: type[models.Model]) -> bool:
    """Whether the model keeps history."""
    return hasattr(model, "history") and hasattr(model.history, "model")


def insert_with_history(objects: Sequence[M], *, roots: Sequence[str] = ()) -> list[M]:
    """Insert rows of one model and their history, attributed like single saves; primary keys are set on the
    objects. Where the rows belong to different chains, `roots` names each row's.
    """
    if not objects:
        return []
    model = type(objects[0])
    created = list(objects)
    if any(isinstance(field, ArrayField) for field in model._meta.concrete_fields):
        for start in range(0, len(created), 1000):
            _insert(model, created[start : start + 1000])
    else:
        created = model._base_manager.bulk_create(created, batch_size=1000)
    _copy_into_history(model, [row.pk for row in created], "+", roots)
    return created


def _insert(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """One INSERT ... FROM unnest, which Django itself does not use where a column is a list."""
    fields: list[Any] = [field for field in model._meta.concrete_fields if not field.primary_key]
    if any(row.pk is not None for row in rows):
        model._base_manager.bulk_create(rows)
        return
    for row in rows:
        row._prepare_related_fields_for_save(operation_name="bulk_create")  # type: ignore[attr-defined]
    connection = connections[router.db_for_write(model)]
    quote: Any = connection.ops.quote_name
    sent = [_sent(field, [field.pre_save(row, True) for row in rows], connection) for field in fields]
    names = [quote(field.column) for field in fields]
    columns = ", ".join(names)
    chosen = ", ".join(f"{name}{one.cast}" for name, one in zip(names, sent, strict=True))
    arrays = ", ".join(f"%s::{one.kind}[]" for one in sent)
    with connection.cursor() as cursor:
        cursor.execute(
            # The names come from the models.
            f"INSERT INTO {quote(model._meta.db_table)} ({columns}) SELECT {chosen}"  # noqa: S608
            f" FROM unnest({arrays}) AS _new ({columns}) RETURNING id",
            [one.values for one in sent],
        )
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key
            row._state.adding, row._state.db = False, connection.alias


@dataclass(frozen=True, slots=True)
class _Sent:
    """A column's values as one list, the list's kind, and what turns one of them into the column's own."""

    kind: str
    cast: str
    values: list[Any]


def _sent(field: Any, said: list[Any], connection: Any) -> _Sent:
    kind = str(field.db_type(connection))
    if isinstance(field, ArrayField):  # a list of lists of several lengths cannot be sent: as text
        return _Sent("text", f"::{kind}", [None if one is None else _as_text(one) for one in said])
    if isinstance(field, models.JSONField):
        said = [None if one is None else json.dumps(one, cls=field.encoder) for one in said]
        return _Sent("text", f"::{kind}", said)
    plain = "text" if kind.startswith(("varchar", "text")) else kind.partition("(")[0]
    return _Sent(plain, "", [field.get_db_prep_save(one, connection) for one in said])


def _as_text(values: Sequence[Any]) -> str:
    """A list of words as the database writes it."""
    words = (str(one).replace("\\", "\\\\").replace('"', '\\"') for one in values)
    return "{" + ",".join(f'"{word}"' for word in words) + "}"


def update_with_history(queryset: QuerySet[M], **values: Any) -> int:
    """Set the values on every row of the queryset and write one history row each; returns how many rows."""
    model = queryset.model
    keys = list(
        queryset.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", flat=True)
    )
    if not keys:
        return 0
    model._base_manager.filter(pk__in=keys).update(**values)
    _copy_into_history(model, keys, "~")
    return len(keys)


def update_each_with_history(objects: Sequence[M], fields: Sequence[str]) -> int:
    """Write the named fields of each object, which may differ from row to row, and one history row each."""
    if not objects:
        return 0
    model = type(objects[0])
    for start in range(0, len(objects), 2000):
        _update_each(model, objects[start : start + 2000], fields)
    _copy_into_history(model, [row.pk for row in objects], "~")
    return len(objects)


def _update_each(model: type[models.Model], objects: Sequence[models.Model], names: Sequence[str]) -> None:
    """One UPDATE ... FROM unnest: a list a column, which is far cheaper than a CASE a row and column."""
    connection = connections[router.db_for_write(model)]
    quote: Any = connection.ops.quote_name
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    sent = [_sent(field, [getattr(row, field.attname) for row in objects], connection) for field in fields]
    columns = [quote(field.column) for field in fields]
    changes = (f"{name} = _new.{name}{one.cast}" for name, one in zip(columns, sent, strict=True))
    arrays = ", ".join(f"%s::{one.kind}[]" for one in sent)
    with connection.cursor() as cursor:
        cursor.execute(
            # The names come from the models.
            f"UPDATE {quote(model._meta.db_table)} AS _row SET {', '.join(changes)}"  # noqa: S608
            f" FROM unnest(%s::bigint[], {arrays}) AS _new (_key, {', '.join(columns)})"
            " WHERE _row.id = _new._key",
            [[row.pk for row in objects], *(one.values for one in sent)],
        )


def delete_with_history(queryset: QuerySet[M]) -> int:
    """Delete every row of the queryset, leaving its last state in the history; nothing else may refer to
    them.
    """
    model = queryset.model
    keys = list(queryset.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    if not keys:
        return 0
    _copy_into_history(model, keys, "-")
    rows = model._base_manager.filter(pk__in=keys)
    rows._raw_delete(rows.db)
    return len(keys)


def _copy_into_history(
    model: type[models.Model], keys: Sequence[Any], kind: str, roots: Sequence[str] = ()
) -> None:
    """One INSERT ... SELECT: the rows as they now stand become history rows."""
    history = history_model(model)
    quote: Any = connections[router.db_for_write(model)].ops.quote_name
    copied = {field.column for field in model._meta.concrete_fields}
    shared = [
        quote(field.column)
        for field in history._meta.concrete_fields
        if field.column in copied and field.column not in ATTRIBUTION_COLUMNS
    ]
    who = current()
    extra: dict[str, Any] = {
        "history_date": timezone.now(),
        "history_type": kind,
        "history_change_reason": who.reason or None,
        "history_user_id": who.user_id,
        "source": who.source,
        "batch": who.batch,
        "actor_name": who.actor_name,
    }
    if not roots:
        roots = [who.root] * len(keys)
    if len(roots) != len(keys):
        raise ValueError("One root a row, or none.")
    columns = ", ".join([*shared, "root", *map(quote, extra)])
    with connections[router.db_for_write(model)].cursor() as cursor:
        cursor.execute(
            # The names come from the models.
            f"INSERT INTO {quote(history._meta.db_table)} ({columns})"  # noqa: S608
            f" SELECT {', '.join([*shared, '_root', *['%s'] * len(extra)])}"
            f" FROM {quote(model._meta.db_table)}"
            " JOIN unnest(%s::bigint[], %s::text[]) AS _rows (_key, _root) ON _key = id ORDER BY id",
            [*extra.values(), list(keys), list(roots)],
        )
