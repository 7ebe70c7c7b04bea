"""What belongs to the story of a customer, and which story a message belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import models

from fsm.trace import origins, roots

from .models import Communication, Contact, CustomerNote, Site


@origins("customer")
def of_customer(customer_uuid: UUID) -> Iterable[models.Model]:
    """Whom to call, where they live, what was noted."""
    for kind in (Contact, Site, CustomerNote):
        yield from kind.objects.filter(customer__uuid=customer_uuid).order_by("pk")


@roots("communication")
def root_of_communication(message: Communication) -> str:
    """The chain it was written in, usually a job's."""
    return str(message.history.order_by("history_id").values_list("root", flat=True).first() or "")
