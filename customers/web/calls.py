"""Somebody calls: whose number it is, or a new customer with the number filled in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fsm.clock import now as clock_now
from fsm.permissions import May, requires
from fsm.web.pages import render_page

from .. import actions
from ..models import Customer, Direction, PhoneNumber
from ..phones import find_phones, format_us, search_digits
from .common import with_query
from .forms import IncomingForm

CALLS = UUID("5f1d3a7e-3c0e-4b57-9d0e-6a1f9d1f2b44")
MOST = 12


@require_safe
@requires(May.EDIT_CUSTOMERS)
def incoming_call(request: HttpRequest) -> HttpResponse:
    """The telephone system opens this with `number` (and `call`, its name for the call); so does a person who
    types the number. One customer pops at once and the call is on record once; several are offered; nobody:
    a new customer is begun.
    """
    given = request.GET.get("number", "").replace("\x00", "")[:60].strip()
    form = IncomingForm(request.GET if given else None)
    if not given:
        return render_page(request, "customers/incoming_call.html", {"form": form})
    numbers = [phone.e164 for phone in find_phones(given).phones if phone.e164]
    if not numbers:
        form.add_error("number", _("This is not a phone number with its area code, such as (512) 555-0142."))
        return render_page(request, "customers/incoming_call.html", {"form": form}, status=422)
    number = numbers[0]
    found = _customers_with(request, number)
    chosen = request.GET.get("customer", "")
    named = [customer for customer in found if str(customer.uuid) == chosen] or found
    if len(named) == 1:
        _log(named[0], number, request.GET.get("call", ""), clock_now())
        messages.info(request, _("Call from %(number)s.") % {"number": format_us(number)})
        return redirect("customers:customer", named[0].uuid)
    if not named:
        caller = {"phone": format_us(number), "name": request.GET.get("name", "")[:120]}
        messages.info(request, _("Nobody on record has %(number)s.") % {"number": format_us(number)})
        return redirect(with_query(reverse("customers:add-customer"), **caller))
    context = {
        "form": form,
        "number": format_us(number),
        "given": given,
        "found": named,
        "call": request.GET.get("call", ""),
    }
    return render_page(request, "customers/incoming_call.html", context)


def _customers_with(request: HttpRequest, number: str) -> list[Customer]:
    phones = PhoneNumber.objects.filter(digits=search_digits(number), contact__is_active=True)
    rows = Customer.objects.visible_to(request.user).filter(pk__in=phones.values("contact__customer"))
    return list(rows.select_related("branch").order_by("-is_active", "name", "pk")[:MOST])


def _log(customer: Customer, number: str, call: str, now: datetime) -> None:
    """Once for each call of the telephone system; without its name, once a minute."""
    name = call[:100] or f"{number} {now:%Y-%m-%d %H:%M}"
    actions.log_call(
        customer.pk,
        body=_("Call from %(number)s.") % {"number": format_us(number)},
        direction=Direction.IN,
        uuid=uuid5(CALLS, f"{customer.uuid} {name}"),
        now=now,
    )


app_name = "calls"
urlpatterns = [path("incoming/", incoming_call, name="incoming")]
