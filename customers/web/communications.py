"""What was said to a customer, and by them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from fsm.clock import local
from fsm.clock import now as clock_now
from fsm.permissions import May, requires
from fsm.references import Reference, resolve_many
from fsm.templatetags.ui import state
from fsm.web.pages import render_page
from fsm.web.tables import Column, Table

from .. import actions
from ..models import Communication, Occasion
from .common import seen_customer
from .forms import CallForm
from .record import record_of


def when(row: Communication) -> str:
    """The day and the clock where the customer is."""
    at = local(row.created_at, row.customer.branch.time_zone)
    return f"{at:%b} {at.day}, {at.year}, {at.hour % 12 or 12}:{at:%M} {'am' if at.hour < 12 else 'pm'}"


def whole(words: str) -> Any:
    """Words that stay on one line."""
    return format_html('<span class="nowrap">{}</span>', words)


COLUMNS = [
    Column("when", gettext_lazy("When"), lambda row: whole(when(row)), ("created_at",)),
    Column(
        "channel",
        gettext_lazy("How"),
        lambda row: whole(row.get_channel_display()),
        ("channel", "created_at"),
    ),
    Column("direction", gettext_lazy("Direction"), lambda row: whole(row.get_direction_display())),
    Column("what", gettext_lazy("What"), lambda row: str(row)),
    Column("to", gettext_lazy("To"), lambda row: row.to),
    Column("state", gettext_lazy("State"), lambda row: state(row.state, row.get_state_display()), ("state",)),
]


@require_safe
@requires(May.SEE_CUSTOMERS)
def communications(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """Every message and call with a customer."""
    customer = seen_customer(request, customer_uuid)
    table = Table(
        request,
        Communication.objects.visible_to(request.user)
        .filter(customer=customer)
        .select_related("customer__branch"),
        COLUMNS,
        url=lambda row: reverse("customers:communication", args=[row.uuid]),
        search=lambda rows, text: rows.filter(subject__icontains=text) | rows.filter(body__icontains=text),
        search_label=_("Search subjects and texts"),
        default_sort="-when",
        empty_title=_("Nothing was said yet"),
    )
    return render_page(request, "customers/communications.html", {"table": table, "customer": customer})


@require_safe
@requires(May.SEE_CUSTOMERS)
def communication(request: HttpRequest, communication_uuid: UUID) -> HttpResponse:
    """One message as it was written, what it is about and what became of it."""
    row = get_object_or_404(
        Communication.objects.visible_to(request.user).select_related("customer__branch", "contact"),
        uuid=communication_uuid,
    )
    about = Reference(row.about_kind, row.about_uuid) if row.about_kind and row.about_uuid else None
    found = resolve_many([about], request.user) if about else {}
    context = {
        "message": row,
        "customer": row.customer,
        "about": next(iter(found.values()), None),
        "occasion": dict(Occasion.choices).get(row.template, ""),
        "zone": row.customer.branch.time_zone,
    }
    return render_page(request, "customers/communication.html", context)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def send_again(request: HttpRequest, communication_uuid: UUID) -> HttpResponse:
    """Try a failed message once more."""
    row = get_object_or_404(Communication.objects.visible_to(request.user), uuid=communication_uuid)
    actions.send_again(row.pk)
    messages.success(request, _("The message is on its way again."))
    return redirect("customers:communication", row.uuid)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def log_call(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """Remember a call; pressing twice remembers it once."""
    customer = seen_customer(request, customer_uuid)
    form = CallForm(request.POST)
    if not form.is_valid():
        context = record_of(request, customer, call_form=form)
        return render_page(request, "customers/customer.html", context, status=422)
    data = form.cleaned_data
    actions.log_call(
        customer.pk, body=data["body"], direction=data["direction"], uuid=data["once"], now=clock_now()
    )
    messages.success(request, _("The call is on record."))
    return redirect("customers:customer", customer.uuid)
