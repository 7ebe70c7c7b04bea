"""Lists narrowed to one customer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters as filters
from django.db.models import QuerySet

from .models import Customer


class OfCustomer(filters.UUIDFilter):  # type: ignore[misc]
    """What belongs to the customer of this uuid, along a path of foreign keys; the uuid of one that was
    merged means the customer it went into.
    """

    def __init__(self, path: str, **kwargs: Any) -> None:
        super().__init__(field_name=path, **kwargs)

    def filter(self, qs: QuerySet[Any], value: UUID | None) -> QuerySet[Any]:
        """Narrowed where a customer is named."""
        if value is None:
            return qs
        return qs.filter(**{f"{self.field_name}__in": Customer.objects.at(value).values("pk")})
