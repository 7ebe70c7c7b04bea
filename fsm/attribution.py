"""Who is acting, through which door, why, and in which chain: ambient, recorded on every history row."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

UNATTRIBUTED = "unattributed"


@dataclass(frozen=True)
class Attribution:
    """One answer to who, through which door, why; `batch` joins what one request or task did, `root` a
    job's chain.
    """

    user_id: int | None = None
    actor_name: str = ""
    source: str = UNATTRIBUTED
    reason: str = ""
    batch: uuid.UUID = field(default_factory=uuid.uuid4)
    root: str = ""


_current: ContextVar[Attribution | None] = ContextVar("attribution", default=None)


def current() -> Attribution:
    """The attribution in force; an unattributed one where nobody said."""
    return _current.get() or Attribution()


@contextmanager
def attributed(**changes: Any) -> Iterator[Attribution]:
    """Change parts of the attribution for the block: user (a User), user_id, actor_name, source, reason,
    batch, root.
    """
    user = changes.pop("user", None)
    if user is not None:
        changes |= {"user_id": user.pk, "actor_name": str(user)}
    attribution = replace(current(), **changes)
    token = _current.set(attribution)
    try:
        yield attribution
    finally:
        _current.reset(token)


@contextmanager
def because(reason: str) -> Iterator[Attribution]:
    """Give the reason for what happens in the block; an empty one keeps the reason in force."""
    with attributed(reason=reason or current().reason) as attribution:
        yield attribution


@contextmanager
def rooted(kind: str, unique: uuid.UUID) -> Iterator[Attribution]:
    """What happens in the block belongs to the chain of `kind:unique`, usually a job."""
    with attributed(root=f"{kind}:{unique}") as attribution:
        yield attribution


def current_source() -> str:
    """For column defaults."""
    return current().source


def current_batch() -> uuid.UUID:
    """For column defaults."""
    return current().batch


def current_root() -> str:
    """For column defaults."""
    return current().root


def current_actor_name() -> str:
    """For column defaults."""
    return current().actor_name


def current_user_id() -> int | None:
    """For column defaults."""
    return current().user_id
