"""The list of customers, finding one, adding and changing one."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from fsm.clock import now as clock_now
from fsm.permissions import May, requires
from fsm.states import NotPossible, Stale
from fsm.templatetags.ui import pill
from fsm.web.pages import fragment, refuse_in_form, render_page
from fsm.web.tables import Column, Table

from .. import actions
from ..lookalikes import find_lookalikes
from ..models import Customer, PhoneNumber, Site, Terms
from ..phones import format_us
from ..querysets import find_customers
from .common import branches_of, meant, seen_customer, take_up, way_back, with_query
from .filters import CustomerFilter
from .forms import LEAD_SOURCES, CustomerForm, NewCustomerForm

FOUND_IN_LIST = 500


def alerts(customer: Customer) -> Any:
    """The pills that everybody must see before doing anything for the customer."""
    signs = []
    if customer.do_not_service:
        signs.append(pill(_("Do not service"), "red", "ban"))
    if customer.credit_hold:
        signs.append(pill(_("Credit hold"), "amber", "pause"))
    if not customer.is_taxable:
        signs.append(pill(_("Tax exempt"), "blue", "check"))
    if not customer.is_active:
        signs.append(pill(_("Left"), "grey", "minus"))
    return format_html_join(" ", "{}", ((sign,) for sign in signs))


def _name(customer: Customer) -> Any:
    return format_html("{} <span class='faint small'>{}</span>", customer.name, customer.number)


def _address(customer: Any) -> str:
    return ", ".join(part for part in (customer.first_street, customer.first_city) if part)


COLUMNS = [
    Column("name", gettext_lazy("Customer"), _name, ("name",)),
    Column("standing", gettext_lazy("Standing"), alerts),
    Column("phone", gettext_lazy("Phone"), lambda customer: format_us(customer.first_phone or "")),
    Column("where", gettext_lazy("First site"), lambda customer: _address(customer)),
    Column("kind", gettext_lazy("Kind"), lambda customer: customer.get_kind_display(), ("kind", "name")),
    Column("terms", gettext_lazy("Terms"), lambda customer: customer.get_terms_display(), ("terms", "name")),
    Column(
        "sites", gettext_lazy("Sites"), lambda customer: customer.site_count, ("site_count", "name"), "right"
    ),
]
BRANCH = Column("branch", gettext_lazy("Branch"), lambda customer: customer.branch.name, ("branch__name",))


def _counted(sites: QuerySet[Site]) -> QuerySet[Site, Any]:
    return sites.order_by().values("customer").annotate(n=Count("pk")).values("n")


def for_list(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """With the phone and the site that a line shows."""
    phones = PhoneNumber.objects.filter(contact__customer=OuterRef("pk"), contact__is_active=True)
    sites = Site.objects.filter(customer=OuterRef("pk"), is_active=True).order_by("pk")
    return customers.select_related("branch").annotate(
        first_phone=Subquery(phones.order_by("-contact__is_primary", "-is_primary", "pk").values("e164")[:1]),
        site_count=Coalesce(Subquery(_counted(sites), output_field=IntegerField()), 0),
        first_street=Subquery(sites.values("street")[:1]),
        first_city=Subquery(sites.values("city")[:1]),
    )


@require_safe
@requires(May.SEE_CUSTOMERS)
def customers(request: HttpRequest) -> HttpResponse:
    """Everybody we work for."""

    def search(rows: QuerySet[Customer], text: str) -> QuerySet[Customer]:
        return rows.filter(pk__in=[found.pk for found in find_customers(text, request.user, FOUND_IN_LIST)])

    branches = branches_of(request)
    table = Table(
        request,
        for_list(Customer.objects.visible_to(request.user)),
        [*COLUMNS, BRANCH] if len(branches) > 1 else COLUMNS,
        url=lambda customer: reverse("customers:customer", args=[customer.uuid]),
        filterset=CustomerFilter,
        search=search,
        search_label=_("Name, phone, address, e-mail or number"),
        default_sort="name",
        empty_title=_("No customers yet"),
        empty_text=_("Add the first one, or import the customer list from QuickBooks."),
    )
    return render_page(request, "customers/customers.html", {"table": table})


@require_safe
@requires(May.SEE_CUSTOMERS)
def find(request: HttpRequest) -> HttpResponse:
    """Suggestions as one types, for any field that asks for a customer."""
    found = find_customers(request.GET.get("q", ""), request.user, 10)
    return fragment(request, "customers/_found.html", {"found": found})


@requires(May.EDIT_CUSTOMERS)
def add_customer(request: HttpRequest) -> HttpResponse:
    """A new caller. Somebody on record with the same number or address is shown before anything is saved."""
    initial = {
        "kind": "household",
        "state": "TX",
        "terms": Terms.ON_RECEIPT,
        "is_taxable": True,
        "uuid": uuid4(),
    }
    initial |= _split_name(request.GET.get("name", "")[:120]) | {"phones": request.GET.get("phone", "")[:60]}
    form = NewCustomerForm(request.POST or None, branches=branches_of(request), initial=initial)
    lookalikes: list[Any] = []
    status = 422 if form.is_bound else 200
    if not form.is_bound and (initial["phones"] or initial.get("last_name")):
        named = {name: str(initial.get(name, "")) for name in ("first_name", "last_name")}
        lookalikes = find_lookalikes(request.user, phones=[str(initial["phones"])], **named)
    if form.is_bound and form.is_valid():
        data = form.values()
        lookalikes = [] if form.cleaned_data["anyway"] else _lookalikes(request, data)
        if not lookalikes:
            try:
                made = actions.add_customer(**data, now=clock_now())
                messages.success(request, _("%(name)s is on record.") % {"name": made.name})
                return redirect(_onward(request, made))
            except NotPossible as refusal:
                status = refuse_in_form(form, refusal)
    context = {
        "form": form,
        "lookalikes": _with_links(request, lookalikes),
        "must_confirm": form.is_bound and bool(lookalikes),
        "next": way_back(request),
        "lead_sources": LEAD_SOURCES,
    }
    return render_page(request, "customers/add_customer.html", context, status=status)


@require_safe
@requires(May.EDIT_CUSTOMERS)
def lookalikes(request: HttpRequest) -> HttpResponse:
    """Who on record has the number or the address that is being typed."""
    typed = {
        name: request.GET.get(name, "")[:120] for name in ("street", "unit", "city", "state", "postal_code")
    }
    named = {name: request.GET.get(name, "")[:120] for name in ("first_name", "last_name", "company_name")}
    phones, emails = ([request.GET.get(name, "")[:400]] for name in ("phones", "emails"))
    found = find_lookalikes(request.user, phones=phones, emails=emails, **named, **typed)
    return fragment(request, "customers/_lookalikes.html", {"lookalikes": _with_links(request, found)})


@requires(May.EDIT_CUSTOMERS)
def edit_customer(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """Change what the record says; an edit made from an old page shows what stands there now."""
    customer = seen_customer(request, customer_uuid)
    form = CustomerForm(
        request.POST or None, branches=branches_of(request), initial=CustomerForm.initial_of(customer)
    )
    status, theirs = (422 if form.is_bound else 200), {}
    if form.is_bound and form.is_valid():
        data = dict(form.cleaned_data)
        try:
            data["bill_to_id"] = meant(request, data.pop("bill_to"), field="bill_to")
            data["parent_id"] = meant(request, data.pop("parent"), field="parent")
            actions.edit_customer(customer.pk, **data)
            messages.success(request, _("Saved."))
            return redirect("customers:customer", customer.uuid)
        except Stale as stale:
            take_up(form, customer.version)
            status, theirs = refuse_in_form(form, stale), stale.theirs
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"form": form, "customer": customer, "theirs": theirs, "lead_sources": LEAD_SOURCES}
    return render_page(request, "customers/edit_customer.html", context, status=status)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def refuse_service(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """Book nothing for this customer any more, for a reason."""
    customer = seen_customer(request, customer_uuid)
    actions.set_do_not_service(customer.pk, on=True, reason=request.POST.get("reason", "")[:200])
    messages.success(request, _("No jobs can be booked for %(name)s now.") % {"name": customer.name})
    return redirect("customers:customer", customer.uuid)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def allow_service(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """Book jobs for this customer again."""
    customer = seen_customer(request, customer_uuid)
    actions.set_do_not_service(customer.pk, on=False)
    messages.success(request, _("Jobs can be booked for %(name)s again.") % {"name": customer.name})
    return redirect("customers:customer", customer.uuid)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def hold_credit(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """Put the customer on credit hold."""
    customer = seen_customer(request, customer_uuid)
    actions.set_credit_hold(customer.pk, on=True)
    messages.success(request, _("%(name)s is on credit hold.") % {"name": customer.name})
    return redirect("customers:customer", customer.uuid)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def release_credit(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """Take the customer off credit hold."""
    customer = seen_customer(request, customer_uuid)
    actions.set_credit_hold(customer.pk, on=False)
    messages.success(request, _("%(name)s is off credit hold.") % {"name": customer.name})
    return redirect("customers:customer", customer.uuid)


def _lookalikes(request: HttpRequest, data: dict[str, Any]) -> list[Any]:
    site = {name: data["site"][name] for name in ("street", "unit", "city", "state", "postal_code")}
    named = {name: data[name] for name in ("first_name", "last_name", "company_name")}
    return find_lookalikes(request.user, **named, phones=data["phones"], emails=data["emails"], **site)


def _with_links(request: HttpRequest, found: list[Any]) -> list[dict[str, Any]]:
    """Each lookalike with where "it is this one" leads: to the record, or back to where one came from."""
    back = way_back(request)
    return [
        {
            "row": row,
            "url": with_query(back, customer=row.customer.uuid)
            if back
            else reverse("customers:customer", args=[row.customer.uuid]),
        }
        for row in found
    ]


def _onward(request: HttpRequest, made: Customer) -> str:
    back = way_back(request)
    site = made.sites.first()
    if back:
        return with_query(back, customer=made.uuid, site=site.uuid if site else "")
    return reverse("customers:customer", args=[made.uuid])


def _split_name(name: str) -> dict[str, str]:
    """A typed name as first and last; digits are no name."""
    words = name.split()
    if not words or any(character.isdigit() for character in name):
        return {}
    return {"first_name": " ".join(words[:-1]), "last_name": words[-1]}
