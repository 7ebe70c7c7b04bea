"""Places we work at."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fsm.clock import now, today_in
from fsm.looks import Sensitive, hands_out, saw
from fsm.panels import panels_for
from fsm.permissions import May, requires
from fsm.references import ref_of
from fsm.reviews import waiting_about
from fsm.states import NotPossible, Stale
from fsm.web.pages import refuse_in_form, render_page
from fsm.web.recent import remember_opened

from .. import actions
from ..addresses import parse_address, standardised
from ..models import AddressStanding, Site, SiteRole
from .common import branches_of, meant, seen_customer, seen_site, take_up, way_back, with_query
from .customers import alerts
from .forms import SellForm, SiteForm, SiteRoleForm


def remember_look(site: Site) -> None:
    """The page shows how one gets in: whoever sees that is remembered."""
    if site.gate_code or site.access_notes:
        saw(Sensitive.GATE_CODE, about=ref_of(site))


@require_safe
@requires(May.SEE_CUSTOMERS)
@hands_out(Sensitive.GATE_CODE)
def site(request: HttpRequest, site_uuid: UUID) -> HttpResponse:
    """A place: its address, how one gets in, and what every app knows of it."""
    site = seen_site(request, site_uuid)
    remember_look(site)
    context = site_page(request, site)
    remember_opened(request, site, detail=site.customer.name)
    return render_page(request, "customers/site.html", context)


def say_what_was_saved(request: HttpRequest, done: actions.EditedSite) -> None:
    """That all of it holds, or that the address waits and which one holds meanwhile."""
    if done.waits is None:
        messages.success(request, _("Saved."))
        return
    messages.warning(
        request,
        _("The new address waits for a decision: %(why)s Until then %(address)s stays in force.")
        % {"why": done.waits.asked_because, "address": done.site.one_line},
    )


@requires(May.EDIT_CUSTOMERS)
def add_site(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """Another place of the customer's."""
    customer = seen_customer(request, customer_uuid)
    initial = {"state": "TX", "branch_id": customer.branch_id, "is_active": True}
    form = SiteForm(request.POST or None, branches=branches_of(request), initial=initial)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        fields = {key: value for key, value in form.cleaned_data.items() if key != "version"}
        try:
            made = actions.add_site(customer.pk, **fields)
            messages.success(request, _("%(address)s was added.") % {"address": made.one_line})
            if back := way_back(request):
                return redirect(with_query(back, customer=customer.uuid, site=made.uuid))
            return redirect("customers:site", made.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"form": form, "customer": customer}
    return render_page(request, "customers/edit_site.html", context, status=status)


@requires(May.EDIT_CUSTOMERS)
@hands_out(Sensitive.GATE_CODE)
def edit_site(request: HttpRequest, site_uuid: UUID) -> HttpResponse:
    """Change a place; an edit made from an old page shows what stands there now."""
    site = seen_site(request, site_uuid)
    form = SiteForm(request.POST or None, branches=branches_of(request), initial=SiteForm.initial_of(site))
    status, theirs = (422 if form.is_bound else 200), {}
    if not form.is_bound:
        remember_look(site)
    if form.is_bound and form.is_valid():
        fields = dict(form.cleaned_data)
        try:
            done = actions.edit_site(site.pk, version=fields.pop("version") or 0, now=now(), **fields)
            say_what_was_saved(request, done)
            return redirect("customers:site", site.uuid)
        except Stale as stale:
            take_up(form, site.version)
            status, theirs = refuse_in_form(form, stale), stale.theirs
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"form": form, "customer": site.customer, "site": site, "theirs": theirs}
    return render_page(request, "customers/edit_site.html", context, status=status)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def add_site_role(request: HttpRequest, site_uuid: UUID) -> HttpResponse:
    """Say who is what to a site."""
    site = seen_site(request, site_uuid)
    form = SiteRoleForm(request.POST)
    if not form.is_valid():
        return _again(request, site, role_form=form)
    data = dict(form.cleaned_data)
    try:
        customer_id = meant(request, data.pop("customer"), field="customer")
        actions.add_site_role(site.pk, customer_id=customer_id or 0, **data)
    except NotPossible as refusal:
        return _again(request, site, status=refuse_in_form(form, refusal), role_form=form)
    messages.success(request, _("The role is on record."))
    return redirect("customers:site", site.uuid)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def end_site_role(request: HttpRequest, role_uuid: UUID) -> HttpResponse:
    """From today on somebody is no longer that."""
    visible = Site.objects.visible_to(request.user)
    role = get_object_or_404(SiteRole.objects.filter(site__in=visible).select_related("site"), uuid=role_uuid)
    actions.end_site_role(role.pk, on=today_in(role.site.time_zone, now()))
    messages.success(request, _("The role ends today."))
    return redirect("customers:site", role.site.uuid)


@require_POST
@requires(May.EDIT_CUSTOMERS)
def sell_site(request: HttpRequest, site_uuid: UUID) -> HttpResponse:
    """Hand a site over to another customer; open work asks once more."""
    site = seen_site(request, site_uuid)
    form = SellForm(request.POST)
    if not form.is_valid():
        return _again(request, site, sell_form=form)
    data = form.cleaned_data
    try:
        sold = actions.sell_site(
            site.pk,
            to_customer_id=meant(request, data["customer"], field="customer") or 0,
            on=data["on"],
            leave_open_work=data["leave_open_work"],
            now=now(),
        )
    except NotPossible as refusal:
        return _again(request, site, status=refuse_in_form(form, refusal), sell_form=form)
    messages.success(
        request,
        _("%(address)s belongs to %(name)s now.") % {"address": sold.one_line, "name": sold.customer.name},
    )
    return redirect("customers:site", site.uuid)


def _again(request: HttpRequest, site: Site, *, status: int = 422, **changed: Any) -> HttpResponse:
    """The site's page with what was typed and why it was not done; how one gets in stays unsaid here."""
    context = site_page(request, site, unsaid=True, **changed)
    return render_page(request, "customers/site.html", context, status=status)


def _postal_form(site: Site) -> str:
    """How an envelope is addressed, where the address could be read that far."""
    if site.address_standing == AddressStanding.AS_GIVEN:
        return ""
    return standardised(parse_address(site.lines))


def site_page(request: HttpRequest, site: Site, **changed: Any) -> dict[str, Any]:
    """What a site's page shows, fetched."""
    return {
        "site": site,
        "postal": _postal_form(site),
        "waits": waiting_about(ref_of(site), actions.ADDRESS_REVIEW).first(),
        "alerts": alerts(site.customer),
        "roles": list(site.roles.select_related("customer", "contact").order_by("-until_on", "kind", "pk")),
        "panels": panels_for("site", site, request.user),
        "role_form": SiteRoleForm(auto_id="role_%s"),
        "sell_form": SellForm(auto_id="sell_%s", initial={"on": today_in(site.time_zone, now())}),
        **changed,
    }
