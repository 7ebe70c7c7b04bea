"""Every change once: the key and its effect commit together, a repeat is answered and not done."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.utils.encoders import JSONEncoder

from ..clock import now as clock_now
from ..models import ApiRequest, User
from ..states import NotPossible
from .errors import AnotherBody, refusal

HEADER = "Idempotency-Key"
LONGEST_KEY = 80
KEY_PATTERN = "[!-~]{1,80}"


@dataclass(frozen=True)
class Answered:
    """A status and its JSON; `again` where it was remembered from an earlier sending."""

    status: int
    body: Any
    again: bool = False


def key_in(request: Any) -> str:
    """The request's idempotency key; without a usable one nothing is done."""
    key: str = request.headers.get(HEADER, "")
    if not re.fullmatch(KEY_PATTERN, key):
        raise ParseError(
            _(
                "Send an “Idempotency-Key” header of 1 to 80 characters, a new one for each thing to do:"
                " then sending it again does it only once. Nothing was changed."
            )
        )
    return key


def once(user: User, key: str, path: str, body: Any, do: Callable[[], tuple[int, Any]]) -> Answered:
    """Do it once for this person and key, in one transaction with the memory of it.

    A refusal (NotPossible) is remembered with its effect rolled back. Any other exception leaves nothing
    behind, so that the corrected request may use the same key. Another body under the key: AnotherBody.
    """
    fingerprint = hashlib.sha256(json.dumps([path, body], sort_keys=True).encode()).hexdigest()
    with transaction.atomic():
        claimed = _claim(user, key, path, fingerprint)
        if claimed is None:
            earlier = ApiRequest.objects.get(user=user, key=key)
            if earlier.fingerprint != fingerprint:
                raise AnotherBody
            return Answered(earlier.status, earlier.answer, again=True)
        try:
            with transaction.atomic():
                status, done = do()
        except NotPossible as problem:
            status, done = 409, refusal(problem)
        answer = json.loads(json.dumps(done, cls=JSONEncoder))
        ApiRequest.objects.filter(pk=claimed).update(status=status, answer=answer)
        return Answered(status, answer)


def _claim(user: User, key: str, path: str, fingerprint: str) -> int | None:
    """Insert the row unless its key exists; a second sender waits here until the first has committed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO fsm_apirequest (user_id, key, fingerprint, path, status, answer, received_at)"
            " VALUES (%s, %s, %s, %s, 0, '{}', %s) ON CONFLICT (user_id, key) DO NOTHING RETURNING id",
            [user.pk, key, fingerprint, path[:300], clock_now()],
        )
        row = cursor.fetchone()
    return row[0] if row else None
