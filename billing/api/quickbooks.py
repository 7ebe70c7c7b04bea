"""What waits for QuickBooks Desktop, and the files that went there."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from fsm.api.fields import BecauseInput, Dollars, Input, Listed, Output, Shown, Unique
from fsm.api.views import Deed, Listing, Look, One, found, seen_again
from fsm.clock import now
from fsm.looks import Sensitive, hands_out, saw
from fsm.permissions import May
from fsm.references import ref_of

from .. import actions
from ..models import CreditMemo, Invoice, Payment, QuickBooksBatch

SHOWN = 500
KINDS: dict[str, Any] = {"invoices": Invoice, "credits": CreditMemo, "payments": Payment}


class WaitingOutput(Shown):
    uuid = serializers.UUIDField()
    number = serializers.CharField()
    amount = Dollars()


class AllWaitingOutput(Shown):
    invoices = WaitingOutput(many=True)
    credits = WaitingOutput(many=True)
    payments = WaitingOutput(many=True)


def _waiting(user: Any, kind: str) -> QuerySet[Any]:
    rows: QuerySet[Any] = KINDS[kind].objects.visible_to(user).not_in_quickbooks()
    return rows


class WaitingForQuickBooks(Look):
    """The documents in no file yet, oldest first, at most 500 of each kind."""

    may = May.RUN_QUICKBOOKS
    OutputSerializer = AllWaitingOutput

    def get(self, request: Any) -> Response:
        """By kind."""
        self.check_query()
        said = {}
        for kind in KINDS:
            amount = "amount" if kind == "payments" else "total"
            rows = _waiting(self.user, kind).order_by("pk").values_list("uuid", "number", amount)[:SHOWN]
            said[kind] = [{"uuid": row[0], "number": row[1], "amount": row[2]} for row in rows]
        return Response(self.shown(said))


class BatchOutput(Output):
    documents = serializers.IntegerField(help_text="How many it holds.")
    manifest = serializers.DictField(help_text="Control totals, and names the file introduces.")

    class Meta:
        model = QuickBooksBatch
        fields = (
            "uuid",
            "number",
            "state",
            "sha256",
            "manifest",
            "made_at",
            "made_by_name",
            "ended_because",
            "documents",
        )


def _batches(user: Any) -> QuerySet[QuickBooksBatch]:
    rows = QuickBooksBatch.objects.visible_to(user).defer("content")
    return rows.annotate(documents=Count("items", filter=Q(items__is_cancelled=False)))


class Batches(Listing):
    """The files so far, latest first."""

    may = May.RUN_QUICKBOOKS
    OutputSerializer = BatchOutput
    order = ("-made_at", "-pk")

    def rows(self) -> QuerySet[Any]:
        """All of them."""
        return _batches(self.user)


class ShowBatch(One):
    """One file with its control totals."""

    may = May.RUN_QUICKBOOKS
    OutputSerializer = BatchOutput

    def rows(self) -> QuerySet[Any]:
        """All of them."""
        return _batches(self.user)


@hands_out(Sensitive.QUICKBOOKS_FILE)
class BatchFile(Look):
    """The file itself, for QuickBooks Desktop to import: the same bytes every time."""

    may = May.RUN_QUICKBOOKS
    OutputSerializer = BatchOutput
    media_type = "application/octet-stream"

    def get(self, request: Any, batch_uuid: Any) -> HttpResponse:
        """Its bytes."""
        self.check_query()
        row = found(QuickBooksBatch.objects.visible_to(self.user), uuid=batch_uuid)
        saw(Sensitive.QUICKBOOKS_FILE, about=ref_of(row), detail=f"{row.number}.iif")
        response = HttpResponse(bytes(row.content), content_type=self.media_type)
        response.headers["Content-Disposition"] = content_disposition_header(True, f"{row.number}.iif") or ""
        response.headers["Cache-Control"] = "private, no-store"
        return response


class MakeBatch(Deed):
    """Write the chosen documents into one file, kept only when it is proved."""

    may = May.RUN_QUICKBOOKS
    status = 201
    OutputSerializer = BatchOutput

    class InputSerializer(Input):
        invoices = Listed(Unique(), most=SHOWN, required=False)
        credits = Listed(Unique(), most=SHOWN, required=False)
        payments = Listed(Unique(), most=SHOWN, required=False)

        def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
            """Each waits, and the person sees it."""
            errors = {}
            for kind, chosen in attrs.items():
                waiting = _waiting(self.context["request"].user, kind)
                known = set(waiting.filter(uuid__in=chosen).values_list("uuid", flat=True))
                gone = [str(unique) for unique in chosen if unique not in known]
                if gone:
                    errors[kind] = [
                        _("These do not wait for QuickBooks: %(which)s.") % {"which": ", ".join(gone[:5])}
                    ]
            if errors:
                raise serializers.ValidationError(errors)
            return attrs

    def do(self, data: dict[str, Any]) -> QuickBooksBatch:
        """Make and show."""
        chosen = {kind: data.get(kind, []) for kind in KINDS}
        batch: QuickBooksBatch = seen_again(
            _batches(self.user), actions.make_quickbooks_batch(**chosen, now=now()).pk
        )
        return batch


class BatchDeed(Deed):
    """What becomes of a file."""

    may = May.RUN_QUICKBOOKS
    OutputSerializer = BatchOutput

    def rows(self) -> QuerySet[Any]:
        """All of them."""
        return _batches(self.user)

    def shown(self, thing: Any, **more: Any) -> Any:
        """As it stands now."""
        return super().shown(_batches(self.user).get(pk=thing.pk), **more)


class MarkImported(BatchDeed):
    """Say that the file was imported into QuickBooks; from now on it cannot be cancelled."""

    def do(self, data: dict[str, Any]) -> QuickBooksBatch:
        """Mark."""
        return actions.mark_batch_imported(self.thing.pk)


class CancelBatch(BatchDeed):
    """Say that the file was not imported: its documents wait again. The newest goes first."""

    InputSerializer = BecauseInput

    def do(self, data: dict[str, Any]) -> QuickBooksBatch:
        """Cancel."""
        return actions.cancel_batch(self.thing.pk, **data)
