"""Files and pictures that are kept with a customer."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils.translation import gettext_lazy

from fsm.api.fields import BecauseInput, Input, Output, Picture, Seen, Text, Unique
from fsm.api.views import Deed, Listing, Look, found, seen_again
from fsm.clock import now
from fsm.permissions import May

from .. import actions
from ..models import Customer, CustomerFile, Site
from .shapes import seen_customers


class FileBytes(Picture):
    """A file's bytes in base64."""

    default_error_messages = {"bytes": gettext_lazy("Send the file's bytes in base64.")}


class FileOutput(Output):
    class Meta:
        model = CustomerFile
        fields = (
            "uuid", "customer", "site", "name", "content_type", "size", "sha256", "author_name", "created_at",
        )  # fmt: skip


def _files(user: Any) -> QuerySet[CustomerFile]:
    rows = CustomerFile.objects.filter(customer__in=Customer.objects.visible_to(user), removed_at=None)
    return rows.select_related("customer", "site")


class Files(Listing):
    """What is kept with a customer, latest first."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = FileOutput
    order = ("-created_at", "-pk")

    def rows(self) -> QuerySet[Any]:
        """The customer's, where the person sees it."""
        customer = found(Customer.objects.visible_to(self.user), uuid=self.kwargs["customer_uuid"])
        return _files(self.user).filter(customer=customer)


class FileContent(Look):
    """The file itself."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = FileOutput
    media_type = "application/octet-stream"

    def get(self, request: Any, file_uuid: Any) -> FileResponse:
        """Its bytes, to be kept and not to be opened in a browser."""
        self.check_query()
        row = found(_files(self.user), uuid=file_uuid)
        content = row.file.open()
        response = FileResponse(content, as_attachment=True, filename=row.name, content_type=self.media_type)
        response.headers["Cache-Control"] = "private, no-store"
        return response


class AddFile(Deed):
    """Keep a PDF or a picture of at most 10 MB; the same bytes again are one file."""

    may = May.EDIT_CUSTOMERS
    status = 201
    OutputSerializer = FileOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same file.")
        name = Text(most=190)
        data: Any = FileBytes()
        site = Seen(lambda user: Site.objects.visible_to(user), required=False, allow_null=True)

    def rows(self) -> QuerySet[Any]:
        """The customers the person sees."""
        return seen_customers(self.user)

    def do(self, data: dict[str, Any]) -> CustomerFile:
        """Keep and show."""
        site = data.pop("site", None)
        made = actions.add_file(self.thing.pk, **data, site_id=site.pk if site else None, now=now())
        row: CustomerFile = seen_again(_files(self.user).filter(customer=self.thing), made.pk)
        return row


class RemoveFile(Deed):
    """Take a file off the record for a reason; nobody opens it any more, the history says it was there."""

    may = May.EDIT_CUSTOMERS
    OutputSerializer = FileOutput
    InputSerializer = BecauseInput

    def rows(self) -> QuerySet[Any]:
        """Those of customers the person sees."""
        return _files(self.user)

    def do(self, data: dict[str, Any]) -> CustomerFile:
        """Remove; it is shown once more."""
        actions.remove_file(self.thing.pk, **data, now=now())
        row: CustomerFile = self.thing
        return row
