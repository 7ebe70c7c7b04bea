"""Invoices and payments go over when their customer is merged into another; the balance is their sum."""

from __future__ import annotations

from customers.movers import moves

from .models import Invoice, Payment

moves(Invoice, "customer")
moves(Payment, "customer")
