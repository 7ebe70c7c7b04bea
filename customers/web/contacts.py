"""People at a customer, and what is remembered about the customer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fsm.permissions import May, requires
from fsm.states import NotPossible, Stale
from fsm.web.pages import refuse_in_form, render_page

from .. import actions
from ..models import Contact, CustomerNote
from .common import seen_contact, seen_customer, take_up
from .forms import ContactForm, NoteForm
from .message_forms import WishesForm
from .record import record_of


@requires(May.EDIT_CUSTOMERS)
def add_contact(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """Another person at the customer."""
    customer = seen_customer(request, customer_uuid)
    form = ContactForm(request.POST or None, initial={"is_active": True})
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        fields = {
            key: value for key, value in form.cleaned_data.items() if key not in {"version", "is_active"}
        }
        try:
            made = actions.add_contact(customer.pk, **fields)
            messages.success(request, _("%(name)s was added.") % {"name": made.name})
            return redirect("customers:customer", customer.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"form": form, "customer": customer}
    return render_page(request, "customers/edit_contact.html", context, status=status)


@requires(May.EDIT_CUSTOMERS)
def edit_contact(request: HttpRequest, contact_uuid: UUID) -> HttpResponse:
    """Change a person, their numbers and addresses; an edit from an old page shows what stands there now."""
    contact = seen_contact(request, contact_uuid)
    form = ContactForm(request.POST or None, initial=ContactForm.initial_of(contact))
    status, theirs = (422 if form.is_bound else 200), {}
    if form.is_bound and form.is_valid():
        fields = dict(form.cleaned_data)
        try:
            actions.edit_contact(contact.pk, version=fields.pop("version") or 0, **fields)
            messages.success(request, _("Saved."))
            return redirect("customers:customer", contact.customer.uuid)
        except Stale as stale:
            take_up(form, contact.version)
            status, theirs = refuse_in_form(form, stale), stale.theirs
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = contact_context(contact, form=form, theirs=theirs)
    return render_page(request, "customers/edit_contact.html", context, status=status)


def contact_context(contact: Contact, **changed: Any) -> dict[str, Any]:
    """What the page of a contact shows; `changed` replaces parts, such as a form with its errors."""
    return {
        "form": ContactForm(initial=ContactForm.initial_of(contact)),
        "wishes_form": WishesForm.of(contact),
        "customer": contact.customer,
        "contact": contact,
        "theirs": {},
        **changed,
    }


@require_POST
@requires(May.EDIT_CUSTOMERS)
def add_note(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """Remember something; pressing twice remembers it once."""
    customer = seen_customer(request, customer_uuid)
    form = NoteForm(request.POST)
    if not form.is_valid():
        context = record_of(request, customer, note_form=form)
        return render_page(request, "customers/customer.html", context, status=422)
    data = form.cleaned_data
    actions.add_note(customer.pk, body=data["body"], pinned=data["pinned"], uuid=data["once"])
    return redirect("customers:customer", customer.uuid)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def pin_note(request: HttpRequest, note_uuid: UUID) -> HttpResponse:
    """Keep a note on top, or let it go."""
    notes = CustomerNote.objects.visible_to(request.user).select_related("customer")
    note = get_object_or_404(notes, uuid=note_uuid)
    actions.pin_note(note.pk, pinned=not note.is_pinned)
    return redirect("customers:customer", note.customer.uuid)
