"""Book a call: one page for somebody on the phone. Find the caller, see the record, take the job."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from customers.models import Customer
from customers.phones import format_us, search_digits
from customers.querysets import find_customers
from customers.search import FoundCustomer
from fsm.clock import local, now
from fsm.permissions import May, requires
from fsm.states import NotPossible
from fsm.web.navigation import url_of
from fsm.web.pages import fragment, render_page

from .. import actions
from ..callers import Caller, caller
from ..job_lines import day_words, lines
from ..models import Job
from ..windows import quick_picks
from .job_forms import OTHER_WINDOW, BookForm

ENOUGH = 8


@require_GET
@requires(May.BOOK_JOBS)
def book(request: HttpRequest) -> HttpResponse:
    """Without a customer the search; with one the record and the form, filled as the address says."""
    who = _caller(request, request.GET)
    if who is None:
        return _search_page(request)
    form = BookForm(who, initial=_typed_so_far(request.GET, who))
    return _page(request, who, form)


@require_GET
@requires(May.BOOK_JOBS)
def find_caller(request: HttpRequest) -> HttpResponse:
    """Callers as one types, each an option that leads to their booking; the last one adds a new customer."""
    query = request.GET.get("q", "").strip()[:100]
    context = {"found": _found(request, query), "query": query, "add_url": _add_customer_url(query)}
    return fragment(request, "dispatch/_book_callers.html", context)


@require_GET
@requires(May.BOOK_JOBS)
def book_site(request: HttpRequest) -> HttpResponse:
    """What depends on the address: its equipment and the windows in its time zone."""
    who = _caller(request, request.GET)
    if who is None:
        raise Http404
    form = BookForm(who, initial=_typed_so_far(request.GET, who))
    return fragment(request, "dispatch/_book_site.html", _offers(who, form))


@require_POST
@requires(May.BOOK_JOBS)
def book_job(request: HttpRequest) -> HttpResponse:
    """Book what was typed; the form's own key makes pressing twice one job."""
    who = _caller(request, request.POST)
    if who is None:
        raise Http404
    form = BookForm(who, request.POST)
    if not form.is_valid():
        return _page(request, who, form, status=422)
    try:
        job = actions.book_job(**form.booking(), now=now())
    except NotPossible as refusal:
        form.refuse(refusal)
        return _page(request, who, form, status=409)
    messages.success(
        request, _("Job %(job)s is booked for %(name)s.") % {"job": job.number, "name": who.customer.name}
    )
    if request.POST.get("then") == "board":
        return redirect(_board_url(form, who))
    return redirect("dispatch:job", job.uuid)


def _caller(request: HttpRequest, params: QueryDict) -> Caller | None:
    """The customer that the address or the form names; a wrong or foreign one is as good as none."""
    customer, site = _uuid(params.get("customer")), _uuid(params.get("site"))
    units = [unit for unit in map(_uuid, params.getlist("unit")) if unit]
    if customer is None:
        return None
    try:
        return caller(request.user, customer, site_uuid=site, unit_uuids=units, now=now())
    except Customer.DoesNotExist:
        raise Http404 from None


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def _typed_so_far(params: QueryDict, who: Caller) -> dict[str, Any]:
    """What the address carries becomes the form's beginning; a new key unless one came along."""
    names = (
        "contact", "job_type", "priority", "summary", "instructions", "window", "window_day", "window_from",
        "window_until", "minutes", "po_number",
    )  # fmt: skip
    primary = next((known for known in who.contacts if known.contact.is_primary), None)
    units = [str(unit.uuid) for unit in who.units]
    return {
        "contact": str(primary.contact.uuid) if primary else "",
        **{name: params[name] for name in names if params.get(name)},
        "once": _uuid(params.get("once")) or uuid.uuid4(),
        "customer": who.customer.uuid,
        "site": str(who.site.uuid) if who.site else "",
        "unit": [unit for unit in units if unit in params.getlist("unit")]
        or (units if len(units) == 1 else []),
    }


def _page(request: HttpRequest, who: Caller, form: BookForm, *, status: int = 200) -> HttpResponse:
    context = _offers(who, form) | {
        "add_url": _add_customer_url(""),
        "primary_phone": next((phone for known in who.contacts for phone in known.phones), None),
    }
    return render_page(request, "dispatch/book.html", context, status=status)


def _offers(who: Caller, form: BookForm) -> dict[str, Any]:
    """What the form offers, with what is chosen marked: templates only print it."""
    chosen = {name: form[name].value() for name in ("site", "unit", "job_type", "priority", "window")}
    return {
        "caller": who,
        "several_sites": len(who.sites) > 1,
        "form": form,
        "days": [(day_words(day.day, who.zone, now()), day.picks) for day in quick_picks(who.zone, now())],
        "other_window": OTHER_WINDOW,
        "chosen_units": {str(unit) for unit in chosen["unit"] or []},
        "chosen_site": str(chosen["site"] or ""),
        "chosen_type": str(chosen["job_type"] or ""),
        "chosen_priority": str(chosen["priority"] or ""),
        "chosen_window": str(chosen["window"] or ""),
        "priorities": [(str(value), label) for value, label in form.fields["priority"].choices if value],  # type: ignore[attr-defined]
        "zone_label": local(now(), who.zone).strftime("%Z"),
    }


def _search_page(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:100]
    recent = Job.objects.visible_to(request.user).for_lines().order_by("-created_at", "-pk")[:ENOUGH]
    context = {
        "query": query,
        "found": _found(request, query),
        "add_url": _add_customer_url(query),
        "recent": lines(recent, now()),
    }
    return render_page(request, "dispatch/book_find.html", context)


@dataclass(frozen=True)
class Hit:
    """One customer among the results, with where the press leads."""

    customer: FoundCustomer
    phone: str
    url: str


def _found(request: HttpRequest, query: str) -> list[Hit]:
    return [
        Hit(
            customer,
            format_us(customer.phone),
            _book_url(
                {"customer": customer.uuid, **({"site": customer.site_uuid} if customer.site_uuid else {})}
            ),
        )
        for customer in find_customers(query, request.user, limit=ENOUGH)
    ]


def _book_url(params: dict[str, Any]) -> str:
    return f"{reverse('dispatch:book')}?{urlencode(params)}"


def _add_customer_url(query: str) -> str:
    """Where a new caller is added, with what was typed as phone or name, and the way back to this call."""
    params = {"next": reverse("dispatch:book")}
    digits = search_digits(query)
    if digits and len(digits) >= 7:
        params["phone"] = query
    elif query and not any(letter.isdigit() for letter in query):
        params["name"] = query
    return f"{url_of('customers:add-customer')}?{urlencode(params)}"


def _board_url(form: BookForm, who: Caller) -> str:
    arrival = form.cleaned_data["arrival"]
    day = local(arrival.start if arrival else now(), who.zone).date()
    return f"{reverse('dispatch:board')}?day={day.isoformat()}"
