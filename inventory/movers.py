"""A customer's own recovered refrigerant goes over with them."""

from __future__ import annotations

from customers.movers import moves

from .models import Cylinder

moves(Cylinder, "owner")
