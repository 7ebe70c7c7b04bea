"""Writing to a customer from the record: to whom, in which words, and what will become of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fsm.clock import local, today_in
from fsm.clock import now as clock_now
from fsm.company import the_company
from fsm.permissions import May, requires
from fsm.states import NotPossible, Stale
from fsm.web.pages import fragment, refuse_in_form, render_page

from .. import actions
from ..actions.messages import Reach, decision_for, shown_address, ways_of
from ..models import Channel, Customer, Occasion
from ..sending import HoldBack, Wait, parts_of_text, plainer
from ..wording import OF_OCCASION, WRITTEN, filled_in, why_held_back
from .common import seen_contact, seen_customer, take_up
from .contacts import contact_context
from .message_forms import BLANK, MessageForm, WishesForm


def _choices(ways: list[Reach]) -> list[tuple[str, str]]:
    return [
        (
            f"{way.channel}:{way.address}",
            f"{Channel(way.channel).label} · {shown_address(way.channel, way.address)}"
            + (f" · {way.contact.name}" if way.contact else ""),
        )
        for way in ways
    ]


@requires(May.EDIT_CUSTOMERS)
def write_message(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """An e-mail or a text: in a dialog on the record, or on a page of its own."""
    customer = seen_customer(request, customer_uuid)
    ways = ways_of(customer)
    form = MessageForm(request.POST or None, ways=_choices(ways), initial=_initial(request, customer, ways))
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = actions.queue_message(customer_id=customer.pk, now=clock_now(), **form.message())
            messages.success(request, _said(made.not_before, customer))
            url = reverse("customers:customer", args=[customer.uuid])
            if request.htmx:  # type: ignore[attr-defined]
                return HttpResponse(status=204, headers={"HX-Redirect": url})
            return redirect(url)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"form": form, "customer": customer, "ways": ways, "fate": _fate(customer, ways, form)}
    if request.htmx:  # type: ignore[attr-defined]
        return fragment(request, "customers/_write_message.html", context, status=status)
    return render_page(request, "customers/write_message.html", context, status=status)


def _initial(request: HttpRequest, customer: Customer, ways: list[Reach]) -> dict[str, Any]:
    """What the form starts with; a template that was picked is filled in as far as we know."""
    to = request.GET.get("to", "") or (f"{ways[0].channel}:{ways[0].address}" if ways else "")
    occasion, channel = request.GET.get("template", ""), to.partition(":")[0]
    initial: dict[str, Any] = {"to": to, "once": uuid4(), "template": occasion}
    if occasion in OF_OCCASION and channel in WRITTEN:
        company = the_company()
        known = {"name": customer.name, "company": company.name, "company_phone": company.phone}
        stands = actions.standing_templates([occasion])[occasion, channel, customer.language]
        values = dict.fromkeys(OF_OCCASION[occasion], BLANK) | known
        words = filled_in(stands.words, values, language=customer.language, channel=channel)
        initial |= {"subject": words.subject, "body": words.body}
    return initial


@require_POST
@requires(May.EDIT_CUSTOMERS)
def check_message(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """What would become of what is being written."""
    customer = seen_customer(request, customer_uuid)
    ways = ways_of(customer)
    form = MessageForm(request.POST, ways=_choices(ways))
    return fragment(request, "customers/_fate.html", {"fate": _fate(customer, ways, form)})


def _fate(customer: Customer, ways: list[Reach], form: MessageForm) -> dict[str, Any]:
    """Whether it leaves, when, and in how many parts."""
    chosen, now = str(form["to"].value() or ""), clock_now()
    way = next((way for way in ways if f"{way.channel}:{way.address}" == chosen), None)
    if way is None:
        return {"tone": "amber", "sentence": why_held_back_nobody()}
    template = str(form["template"].value() or "")
    occasion = template if template in Occasion.values else ""
    decision = decision_for(way, customer, occasion=occasion, now=now, by_hand=True)
    words = plainer(str(form["body"].value() or "")) if way.channel == Channel.TEXT else ""
    facts = {"letters": len(words), "parts": parts_of_text(words), "is_text": way.channel == Channel.TEXT}
    if isinstance(decision, HoldBack):
        return {"tone": "red", "sentence": why_held_back(decision.why), **facts}
    if isinstance(decision, Wait):
        return {"tone": "amber", "sentence": _said(decision.until, customer), **facts}
    return {"tone": "green", "sentence": _("It leaves at once."), **facts}


def why_held_back_nobody() -> str:
    """There is nobody to write to."""
    return _("Choose to whom. Numbers and addresses are added on the contact.")


def _said(until: datetime | None, customer: Customer) -> str:
    """When a message leaves, in the words of today and tomorrow."""
    if until is None:
        return _("The message is on its way.")
    zone = customer.branch.time_zone
    here = local(until, zone)
    at = f"{here.hour % 12 or 12}:{here.minute:02d} {'am' if here.hour < 12 else 'pm'}"
    if here.date() == today_in(zone, clock_now()):
        return _("Quiet hours: it waits until %(time)s today.") % {"time": at}
    return _("Quiet hours: it waits until %(time)s tomorrow.") % {"time": at}


@require_POST
@requires(May.EDIT_CUSTOMERS)
def set_wishes(request: HttpRequest, contact_uuid: UUID) -> HttpResponse:
    """How a contact likes to be reached, and what they said to each way."""
    contact = seen_contact(request, contact_uuid)
    form = WishesForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            actions.set_wishes(contact.pk, now=clock_now(), **form.wishes())
            messages.success(request, _("Saved."))
            return redirect("customers:customer", contact.customer.uuid)
        except Stale as stale:
            take_up(form, contact.version)
            status = refuse_in_form(form, stale)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = contact_context(contact, wishes_form=form)
    return render_page(request, "customers/edit_contact.html", context, status=status)
