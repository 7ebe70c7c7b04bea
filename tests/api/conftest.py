"""Programs: each with a token of somebody's, speaking JSON."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from fsm.clock import now
from fsm.permissions import ROLES
from fsm.tokens import make_token

EVERYTHING = object()


class Program:
    """A client that sends a token, JSON and a new key with every change."""

    def __init__(self, user: Any, scopes: Any = EVERYTHING, **token: Any) -> None:
        if scopes is EVERYTHING:
            scopes = ["read", *(capability.key for capability in ROLES[user.role])]
        made = make_token(user_id=user.pk, name="Test", scopes=scopes, now=now(), **token)
        self.user, self.token, self.secret = user, made.token, made.secret
        self.client = Client(headers={"Authorization": f"Bearer {made.secret}"}, raise_request_exception=True)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/{path}", query)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **kwargs: Any) -> Any:
        text = body if isinstance(body, str | bytes) else json.dumps({} if body is None else body)
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return self.client.post(
            f"/api/{path}", text, content_type="application/json", headers=headers, **kwargs
        )


@pytest.fixture
def program() -> Callable[..., Program]:
    """`program(user, scopes=[...])`"""
    return Program


@pytest.fixture
def casey_program(casey):
    return Program(casey)


@pytest.fixture
def dana_program(dana):
    return Program(dana)


@pytest.fixture
def tess_program(tess):
    return Program(tess)


@pytest.fixture
def olivia_program(olivia):
    return Program(olivia)


@pytest.fixture
def bea_program(bea):
    return Program(bea)
