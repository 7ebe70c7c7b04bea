"""Every message and call with customers; what is written, sent again, or logged."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet

from fsm.api.fields import Input, OneOf, Text, Unique
from fsm.api.views import Deed, Listing, One, seen_again
from fsm.clock import now
from fsm.permissions import May

from .. import actions
from ..models import Channel, Communication, Direction
from ..narrowing import OfCustomer
from ..states import DeliveryState
from ..wording import WRITTEN
from .shapes import CommunicationOutput, seen_communications, seen_customers


class CommunicationFilter(filters.FilterSet):  # type: ignore[misc]
    """By customer, way and state."""

    customer = OfCustomer("customer")
    channel = filters.ChoiceFilter(choices=Channel.choices)
    state = filters.ChoiceFilter(choices=DeliveryState.choices)

    class Meta:
        model = Communication
        fields: tuple[str, ...] = ()


class Communications(Listing):
    """Every message and call with customers, latest first."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = CommunicationOutput
    order = ("-created_at", "-pk")
    filterset = CommunicationFilter
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_communications(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By subject or text, as on the page."""
        return rows.filter(Q(subject__icontains=text) | Q(body__icontains=text))


class ShowCommunication(One):
    """One message or call."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = CommunicationOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_communications(self.user)


class LogCall(Deed):
    """Remember a telephone call with the customer."""

    may = May.EDIT_CUSTOMERS
    status = 201
    OutputSerializer = CommunicationOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same call.")
        direction = OneOf(choices=Direction.values)
        body = Text(most=4000)
        number = Text(most=40, required=False)

    def rows(self) -> QuerySet[Any]:
        """The customers the person sees."""
        return seen_customers(self.user)

    def do(self, data: dict[str, Any]) -> Communication:
        """Write and show."""
        made = actions.log_call(self.thing.pk, **data, now=now())
        row: Communication = seen_again(seen_communications(self.user).filter(customer=self.thing), made.pk)
        return row


class SendMessage(Deed):
    """Write an e-mail or a text to the customer. What they do not want is refused with the reason; a text in
    quiet hours waits, as `not_before` says.
    """

    may = May.EDIT_CUSTOMERS
    status = 201
    OutputSerializer = CommunicationOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same message.")
        channel = OneOf(choices=[channel.value for channel in WRITTEN])
        to = Text(most=254, help_text="An e-mail address, or a number with its area code.")
        subject = Text(most=200, required=False, help_text="Of an e-mail.")
        body = Text(most=4000)

    def rows(self) -> QuerySet[Any]:
        """The customers the person sees."""
        return seen_customers(self.user)

    def do(self, data: dict[str, Any]) -> Communication:
        """Queue and show."""
        made = actions.queue_message(customer_id=self.thing.pk, **data, now=now())
        row: Communication = seen_again(seen_communications(self.user).filter(customer=self.thing), made.pk)
        return row


class SendAgain(Deed):
    """Try a failed message once more."""

    may = May.EDIT_CUSTOMERS
    OutputSerializer = CommunicationOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_communications(self.user)

    def do(self, data: dict[str, Any]) -> Communication:
        """Queue and show."""
        actions.send_again(self.thing.pk)
        row: Communication = seen_again(seen_communications(self.user), self.thing.pk)
        return row
