"""Jobs go over when their customer is merged into another."""

from __future__ import annotations

from customers.movers import moves, stays

from .models import Job

moves(Job, "customer")
moves(Job, "bill_to")
moves(Job, "site")
stays(Job, "contact", because="contacts move whole, with what hangs on them")
