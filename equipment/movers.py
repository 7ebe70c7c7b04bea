"""Units go over where two sites turn out to be one."""

from __future__ import annotations

from customers.movers import moves

from .models import Unit

moves(Unit, "site")
