"""The record: one screen with everything about a customer, and what is done from it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.files import check_signed, serve_private, signed_url
from fsm.panels import Panel, panels_for
from fsm.permissions import May, requires
from fsm.timelines import Kind, Place, filters_of, timeline_of
from fsm.web.pages import fragment, render_page
from fsm.web.recent import remember_opened

from .. import actions
from ..models import Customer, CustomerFile
from ..record import alerts_of, contacts_of, extras_of, sites_of
from .common import seen_contact, seen_customer
from .forms import CallForm, FileForm, NoteForm, RefusalForm, RemovalForm

PER_PAGE = 15


@require_safe
@requires(May.SEE_CUSTOMERS)
def customer(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """The record: who they are, whom to call, where they live, what was said, what the apps know of them."""
    shown = seen_customer(request, customer_uuid)
    if shown.uuid != customer_uuid:
        messages.info(request, _("The record you asked for was merged into this one."))
        return redirect("customers:customer", shown.uuid)
    context = record_of(request, shown)
    remember_opened(request, shown, detail=shown.number)
    return render_page(request, "customers/customer.html", context)


def record_of(request: HttpRequest, customer: Customer, **changed: Any) -> dict[str, Any]:
    """Everything the record shows, fetched; `changed` replaces parts, such as a form with its errors."""
    user, zone = request.user, customer.branch.time_zone
    contacts, extras = contacts_of(customer, user), extras_of(customer, user)
    today = today_in(zone, clock_now())
    sites = sites_of(customer, user, today)
    parts = panels_for("sites", sites, user)
    for site in sites:
        site.parts = [
            Panel(part.key, part.title, part.template, context=part.context["of"][site.pk])
            for part in parts
            if site.pk in part.context["of"]
        ]
    panels = panels_for("customer", customer, user)
    alerts = alerts_of(customer, contacts, extras, user, today)
    return {
        "customer": customer,
        "alerts": [*alerts, *(alert for panel in panels for alert in panel.context.get("alerts", ()))],
        "contacts": [contact for contact in contacts if contact.is_active],
        "former_contacts": [contact for contact in contacts if not contact.is_active],
        "how_verified": actions.HOW_VERIFIED.items(),
        "sites": sites,
        "notes": extras.notes,
        "children": extras.children,
        "files": extras.files,
        "merges": extras.merges,
        "panels": panels,
        "timeline": timeline_of(customer, user, limit=PER_PAGE),
        "kinds": Kind.choices,
        "asked": {"kind": ""},
        "note_form": NoteForm(),
        "call_form": CallForm(),
        "refusal_form": RefusalForm(),
        "file_form": FileForm(),
        "removal_form": RemovalForm(auto_id="removal_%s"),
        "zone": zone,
        **changed,
    }


@require_safe
@requires(May.SEE_CUSTOMERS)
def timeline(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """What happened, newest first: a page of its own, the record's part narrowed, or older entries."""
    customer = seen_customer(request, customer_uuid)
    asked: dict[str, Any] = {"kind": request.GET.get("kind", "")}
    for name in ("unit", "technician"):
        with suppress(ValueError):
            asked[name] = UUID(request.GET.get(name, ""))
    before = Place.parse(request.GET.get("before", ""))
    context = {
        "customer": customer,
        "timeline": timeline_of(customer, request.user, limit=PER_PAGE, before=before, **asked),
        "kinds": Kind.choices,
        "asked": asked,
        "zone": customer.branch.time_zone,
    }
    if getattr(request, "htmx", False) and before:
        return fragment(request, "customers/_timeline_entries.html", context)
    context["filters"] = filters_of(customer, request.user)
    if getattr(request, "htmx", False):
        return fragment(request, "customers/_timeline.html", context)
    return render_page(request, "customers/timeline.html", context)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def add_tag(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """Put a word on the customer."""
    customer = seen_customer(request, customer_uuid)
    return _tags(request, actions.add_tag(customer.pk, tag=request.POST.get("tag", "")))


@require_POST
@requires(May.EDIT_CUSTOMERS)
def remove_tag(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """Take a word off the customer."""
    customer = seen_customer(request, customer_uuid)
    return _tags(request, actions.remove_tag(customer.pk, tag=request.POST.get("tag", "")))


def _tags(request: HttpRequest, customer: Customer) -> HttpResponse:
    if getattr(request, "htmx", False):
        return fragment(request, "customers/_tags.html", {"customer": customer})
    return redirect("customers:customer", customer.uuid)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def verify_reach(request: HttpRequest, contact_uuid: UUID) -> HttpResponse:
    """Say that a number or an address of a contact reaches them."""
    contact = seen_contact(request, contact_uuid)
    named, how = request.POST.get("reach", ""), request.POST.get("how", "")
    for phone in contact.phones.all():
        if phone.e164 == named:
            actions.verify_phone(phone.pk, how=how, now=clock_now())
            messages.success(request, _("The number is marked as verified."))
    for email in contact.emails.all():
        if email.address == named:
            actions.verify_email(email.pk, how=how, now=clock_now())
            messages.success(request, _("The address is marked as verified."))
    return redirect("customers:customer", contact.customer.uuid)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def add_file(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """Keep a picture or a PDF with the customer."""
    customer = seen_customer(request, customer_uuid)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        context = record_of(request, customer, file_form=form)
        return render_page(request, "customers/customer.html", context, status=422)
    given = form.cleaned_data["file"]
    data = given.read(actions.LARGEST_FILE + 1)
    once = form.cleaned_data["once"]
    row = actions.add_file(customer.pk, data=data, name=given.name, uuid=once, now=clock_now())
    messages.success(request, _("%(name)s is kept.") % {"name": row.name})
    return redirect(reverse("customers:customer", args=[customer.uuid]) + "#files")


def _file(request: HttpRequest, file_uuid: UUID) -> CustomerFile:
    visible = Customer.objects.visible_to(request.user)
    rows = CustomerFile.objects.filter(customer__in=visible, removed_at=None).select_related("customer")
    return get_object_or_404(rows, uuid=file_uuid)


@require_safe
@requires(May.SEE_CUSTOMERS)
def file(request: HttpRequest, file_uuid: UUID) -> HttpResponseBase:
    """A file of the customer's, by an address that is signed for one person and an hour."""
    row = _file(request, file_uuid)
    if "key" not in request.GET:
        return redirect(signed_url(request.path, user_id=request.user.pk or 0))
    check_signed(request)
    return serve_private(request, row.file, download_as=row.name)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def remove_file(request: HttpRequest, file_uuid: UUID) -> HttpResponse:
    """Take a file off the record, for a reason."""
    row = _file(request, file_uuid)
    actions.remove_file(row.pk, because=request.POST.get("because", ""), now=clock_now())
    messages.success(request, _("%(name)s was removed.") % {"name": row.name})
    return redirect(reverse("customers:customer", args=[row.customer.uuid]) + "#files")
