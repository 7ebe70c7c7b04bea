"""The field-operation inbox: one table, one key, one outcome a row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils.translation import gettext as _

from .attribution import attributed, current
from .clock import now as clock_now
from .models import FieldOperation, Outcome, User
from .permissions import May, allowed, refusal_sentence
from .states import NotPossible, Stale

Body = dict[str, Any]
Files = Mapping[str, Any]
Handler = Callable[..., Body]


class AnotherBody(Exception):
    """The key was used before with different content: the sender must make a new key."""


@dataclass(frozen=True)
class Operation:
    """A kind of field operation: who may send it and what it does."""

    kind: str
    may: May
    handler: Handler


_operations: dict[str, Operation] = {}


def operation(kind: str, *, may: May = May.WORK_VISITS) -> Callable[[Handler], Handler]:
    """Register `handler(user, body, files, *, now) -> answer`; it calls actions and may raise NotPossible."""

    def register(handler: Handler) -> Handler:
        _operations[kind] = Operation(kind, may, handler)
        return handler

    return register


def operations() -> dict[str, Operation]:
    """Every registered kind."""
    return dict(_operations)


def receive(
    user: User,
    key: UUID,
    kind: str,
    body: Body,
    *,
    files: Files | None = None,
    device_time: datetime | None = None,
) -> FieldOperation:
    """Do the operation once and remember the outcome under its key, in one transaction.

    A repeat with the same content is answered from memory, whatever happened in between; the same key with
    other
    content raises AnotherBody; an unknown kind or a missing capability raises NotPossible and leaves no row.
    """
    known = _operations.get(kind)
    if known is None:
        raise NotPossible(_("This version does not know the operation “%(kind)s”.") % {"kind": kind})
    if not allowed(user, known.may):
        raise NotPossible(refusal_sentence(known.may))
    body = storable(body)
    fingerprint = body_hash(kind, body, files or {})
    with attributed(user=user, source="technician"), transaction.atomic():
        who = current()
        row = FieldOperation(
            key=key,
            user=user,
            kind=kind,
            body=body,
            body_hash=fingerprint,
            device_time=device_time,
            received_at=clock_now(),
            outcome=Outcome.REFUSED,
            source=who.source,
            batch=who.batch,
        )
        if not _claim(row):
            earlier = FieldOperation.objects.select_for_update().get(key=key)
            if earlier.body_hash != fingerprint or earlier.user_id != user.pk:
                raise AnotherBody(_("This key was already used for something else. Nothing was changed."))
            return earlier
        try:
            with transaction.atomic():
                row.answer = storable(known.handler(user, body, files or {}, now=row.received_at) or {})
                row.root = row.answer.pop("root", "")
                row.outcome = Outcome.APPLIED
        except Stale as refusal:
            row.outcome, row.sentence = Outcome.CONFLICT, str(refusal)
            row.answer = storable({"theirs": refusal.theirs})
        except NotPossible as refusal:
            row.outcome, row.sentence = Outcome.REFUSED, str(refusal)
        row.save(update_fields=["answer", "root", "outcome", "sentence"])
        return row


def _claim(row: FieldOperation) -> bool:
    """Insert the row unless its key exists; a second sender of the same key waits here for the first to
    commit.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO fsm_fieldoperation (key, user_id, kind, body, body_hash, device_time, received_at,"
            " outcome, sentence, answer, source, batch, root)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, '', '{}', %s, %s, '')"
            " ON CONFLICT (key) DO NOTHING RETURNING id",
            [
                row.key,
                row.user_id,
                row.kind,
                json.dumps(row.body),
                row.body_hash,
                row.device_time,
                row.received_at,
                row.outcome,
                row.source,
                row.batch,
            ],
        )
        inserted = cursor.fetchone()
    if inserted is None:
        return False
    row.pk = inserted[0]
    row._state.adding = False
    return True


def storable(values: Body) -> Body:
    """The values as JSON keeps them: instants and decimals as text, without the NUL that PostgreSQL
    refuses.
    """
    found: Body = json.loads(json.dumps(values, cls=DjangoJSONEncoder), object_hook=_without_nul)
    return found


def _without_nul(values: Body) -> Body:
    return {key.replace("\x00", ""): _clean(value) for key, value in values.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    return [_clean(part) for part in value] if isinstance(value, list) else value


def body_hash(kind: str, body: Body, files: Files) -> str:
    """The SHA-256 of what was asked, files included: two sendings of the same thing have the same hash."""
    digest = hashlib.sha256(json.dumps([kind, body], sort_keys=True, default=str).encode())
    for name in sorted(files):
        upload = files[name]
        digest.update(name.encode())
        for chunk in upload.chunks():
            digest.update(chunk)
        upload.seek(0)
    return digest.hexdigest()
