"""Files that were brought in, row by row."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Count, Q, QuerySet
from rest_framework import serializers

from fsm.api.fields import Output
from fsm.api.views import Listing, One, found
from fsm.permissions import May

from ..models import ImportBatch, ImportRow, RowOutcome


class ImportOutput(Output):
    rows = serializers.SerializerMethodField(help_text="How many rows came out how.")

    class Meta:
        model = ImportBatch
        fields = (
            "uuid", "system", "file_name", "sha256", "size", "state", "problem", "row_count", "created_at",
            "author_name", "rows",
        )  # fmt: skip

    def get_rows(self, batch: Any) -> dict[str, int]:
        """By outcome, those that occur."""
        counted = {outcome.value: getattr(batch, f"{outcome.value}_count") for outcome in RowOutcome}
        return {outcome: count for outcome, count in counted.items() if count}


def _imports(user: Any) -> QuerySet[ImportBatch]:
    counts = {
        f"{outcome.value}_count": Count("rows", filter=Q(rows__outcome=outcome)) for outcome in RowOutcome
    }
    return ImportBatch.objects.visible_to(user).annotate(**counts)


class Imports(Listing):
    """Files that were brought in, latest first."""

    may = May.IMPORT_CUSTOMERS
    OutputSerializer = ImportOutput
    order = ("-created_at", "-pk")

    def rows(self) -> QuerySet[Any]:
        """All of them."""
        return _imports(self.user)


class ShowImport(One):
    """One file that was brought in."""

    may = May.IMPORT_CUSTOMERS
    OutputSerializer = ImportOutput

    def rows(self) -> QuerySet[Any]:
        """All of them."""
        return _imports(self.user)


class ImportRowOutput(Output):
    class Meta:
        model = ImportRow
        fields = ("line", "external_id", "label", "outcome", "reason", "customer", "site")


class ImportRowFilter(filters.FilterSet):  # type: ignore[misc]
    """By what became of them."""

    outcome = filters.ChoiceFilter(choices=RowOutcome.choices)

    class Meta:
        model = ImportRow
        fields: tuple[str, ...] = ()


class ImportRows(Listing):
    """The rows of a file, each with what became of it."""

    may = May.IMPORT_CUSTOMERS
    OutputSerializer = ImportRowOutput
    order = ("line", "pk")
    filterset = ImportRowFilter

    def rows(self) -> QuerySet[Any]:
        """The file's."""
        batch = found(ImportBatch.objects.visible_to(self.user), uuid=self.kwargs["import_uuid"])
        return ImportRow.objects.filter(import_batch=batch).select_related("customer", "site")
