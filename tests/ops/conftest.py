"""Databases of the tests' own, on the server that the tests use."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from fsm.databases import Address, configured, create, drop


@pytest.fixture
def empty_database(db: None) -> Iterator[Address]:
    """A database with nothing in it, gone afterwards."""
    address = configured().beside(f"{configured().name}_{secrets.token_hex(3)}")
    create(address)
    yield address
    drop(address)
