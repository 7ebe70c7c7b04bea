"""Places we work at."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fsm.clock import now
from fsm.looks import Sensitive, hands_out, saw
from fsm.panels import panels_for
from fsm.permissions import May, requires
from fsm.references import ref_of
from fsm.reviews import waiting_about
from fsm.states import NotPossible, Stale
from fsm.web.pages import refuse_in_form, render_page

from .. import actions
from ..models import Site
from .common import branches_of, seen_customer, seen_site, take_up, way_back, with_query
from .customers import alerts
from .forms import SiteForm


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
    context = {
        "site": site,
        "waits": waiting_about(ref_of(site), actions.ADDRESS_REVIEW).first(),
        "alerts": alerts(site.customer),
        "panels": panels_for("site", site, request.user),
    }
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
