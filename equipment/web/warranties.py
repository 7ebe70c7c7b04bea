"""Warranties and their claims: on the unit's page, as what must be registered, as what is claimed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters as filters
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.company import the_company
from fsm.money import format_money
from fsm.permissions import May, requires
from fsm.states import NotPossible, Stale
from fsm.templatetags.ui import pill, state
from fsm.web.pages import refuse_in_form, render_page
from fsm.web.tables import Column, Table

from .. import actions
from ..models import Warranty, WarrantyClaim, WarrantyKind
from ..states import CLAIM_STATES, ClaimState
from ..warranty_rows import start_for
from .common import day_said, money_said, seen_of_unit, seen_unit, to_unit, today_at, word_said
from .record_forms import ClaimForm, WarrantyForm


def _warranty(request: HttpRequest, warranty_uuid: UUID) -> Warranty:
    return seen_of_unit(request, Warranty, warranty_uuid)


@require_POST
@requires(May.EDIT_EQUIPMENT)
def confirm_warranties(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """Put on record those of the maker's usual terms that were ticked."""
    unit = seen_unit(request, unit_uuid)
    made = actions.confirm_usual_warranties(unit.pk, kinds=request.POST.getlist("kinds"))
    messages.success(request, _("%(n)d warranties are on record.") % {"n": len(made)})
    return to_unit(unit, "warranties")


@requires(May.EDIT_EQUIPMENT)
def add_warranty(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """A promise that is not the maker's usual one; pressing twice adds it once."""
    unit = seen_unit(request, unit_uuid)
    provider = unit.maker.name if unit.maker else ""
    form = WarrantyForm(
        request.POST or None,
        initial={"kind": WarrantyKind.PARTS, "provider": provider, "starts_on": start_for(unit).on},
    )
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            actions.add_warranty(unit.pk, uuid=form.cleaned_data["once"], **form.values())
            messages.success(request, _("The warranty is on record."))
            return to_unit(unit, "warranties")
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"unit": unit, "form": form, "heading": _("Add a warranty"), "once": True}
    return render_page(request, "equipment/unit_form.html", context, status=status)


@requires(May.EDIT_EQUIPMENT)
def edit_warranty(request: HttpRequest, warranty_uuid: UUID) -> HttpResponse:
    """Correct what it says."""
    row = _warranty(request, warranty_uuid)
    names = [name for name in WarrantyForm.base_fields if name != "once"]
    form = WarrantyForm(request.POST or None, initial={name: getattr(row, name) for name in names})
    status = 422 if form.is_bound else 200
    theirs: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        try:
            actions.edit_warranty(row.pk, version=form.cleaned_data["version"] or 0, **form.values())
            messages.success(request, _("Saved."))
            return to_unit(row.unit, "warranties")
        except Stale as stale:
            status, theirs = _stale(form, row, stale)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"unit": row.unit, "form": form, "heading": _("Edit the warranty"), "theirs": theirs}
    return render_page(request, "equipment/unit_form.html", context, status=status)


def _stale(form: Any, row: Any, stale: Stale) -> tuple[int, dict[str, Any]]:
    form.data = form.data.copy()
    form.data["version"] = row.version
    return refuse_in_form(form, stale), stale.theirs


@require_POST
@requires(May.EDIT_EQUIPMENT)
def register_warranty(request: HttpRequest, warranty_uuid: UUID) -> HttpResponse:
    """It is registered with its maker; what follows is said."""
    row = _warranty(request, warranty_uuid)
    on = day_said(request, "on")
    says = actions.registration_says(row, on, state=row.unit.site.state)
    actions.register_warranty(
        row.pk, on=on, confirmation=word_said(request, "confirmation", 60), today=today_at(row.unit)
    )
    messages.success(request, " ".join(part for part in (_("The registration is on record."), says) if part))
    if request.POST.get("next") == "registrations":
        return redirect("equipment:registrations")
    return to_unit(row.unit, "warranties")


@require_POST
@requires(May.EDIT_EQUIPMENT)
def end_warranty(request: HttpRequest, warranty_uuid: UUID) -> HttpResponse:
    """It ended early, for a reason."""
    row = _warranty(request, warranty_uuid)
    actions.end_warranty(row.pk, on=day_said(request, "on"), because=word_said(request, "because"))
    messages.success(request, _("The warranty has ended."))
    return to_unit(row.unit, "warranties")


# Registrations due -----------------------------------------------------------------------------------


def _days_left(row: Warranty) -> Any:
    today = today_in(row.unit.site.time_zone, clock_now())
    days = (row.registration_deadline - today).days if row.registration_deadline else 0
    if days < 0:
        return pill(_("Too late"), "red", "warning")
    words = _("today") if days == 0 else _("%(n)d days") % {"n": days}
    return pill(words, "red" if days <= 7 else "amber" if days <= 14 else "grey", "clock")


REGISTRATIONS = [
    Column(
        "unit",
        gettext_lazy("Unit"),
        lambda row: " ".join(part for part in (str(row.unit), row.unit.serial) if part),
        ("unit__category", "unit__serial"),
    ),
    Column("kind", gettext_lazy("Covers"), lambda row: row.get_kind_display(), ("kind",)),
    Column("provider", gettext_lazy("From"), lambda row: row.provider, ("provider",)),
    Column(
        "customer",
        gettext_lazy("Customer"),
        lambda row: row.unit.site.customer.name,
        ("unit__site__customer__name",),
    ),
    Column(
        "months",
        gettext_lazy("Months"),
        lambda row: f"{row.base_months} → {row.registered_months}",
        (),
        "right",
    ),
    Column(
        "deadline",
        gettext_lazy("Register by"),
        lambda row: date_format(row.registration_deadline),
        ("registration_deadline",),
    ),
    Column("left", gettext_lazy("Left"), _days_left),
]


class RegistrationFilter(filters.FilterSet):  # type: ignore[misc]
    """By what it covers and whether it is late."""

    kind = filters.ChoiceFilter(label=_("Covers"), choices=WarrantyKind.choices, empty_label=_("Any"))
    late = filters.ChoiceFilter(
        label=_("Deadline"),
        choices=[("no", gettext_lazy("Still ahead")), ("yes", gettext_lazy("Missed"))],
        empty_label=_("Any"),
        method="by_late",
    )

    class Meta:
        model = Warranty
        fields = ("kind",)

    def by_late(self, rows: QuerySet[Warranty], name: str, value: str) -> QuerySet[Warranty]:
        """Before or after the deadline."""
        today = today_in(the_company().time_zone, clock_now())
        if value == "yes":
            return rows.filter(registration_deadline__lt=today)
        return rows.filter(registration_deadline__gte=today)


def _search(rows: Any, text: str) -> Any:
    return rows.filter(
        Q(unit__serial__icontains=text)
        | Q(unit__site__customer__name__icontains=text)
        | Q(unit__site__street__icontains=text)
    )


@require_safe
@requires(May.SEE_EQUIPMENT)
def registrations(request: HttpRequest) -> HttpResponse:
    """What must be registered with its maker, the nearest deadline first."""
    rows = Warranty.objects.visible_to(request.user).to_register()
    table = Table(
        request,
        rows.select_related("unit__site__customer"),
        REGISTRATIONS,
        url=lambda row: reverse("equipment:unit", args=[row.unit.uuid]) + "#warranties",
        filterset=RegistrationFilter,
        search=_search,
        search_label=_("Serial, customer or street"),
        default_sort="deadline",
        empty_title=_("Nothing waits to be registered"),
        empty_text=_("A warranty that lasts longer once registered stands here until it is."),
    )
    context = {
        "table": table,
        "heading": _("Warranties to register"),
        "subtitle": _("Registered by the deadline, the maker's warranty lasts longer."),
        "icon": "clock",
    }
    return render_page(request, "equipment/list.html", context)


# Claims ----------------------------------------------------------------------------------------------

CLAIMS = [
    Column("part", gettext_lazy("Failed part"), lambda row: row.failed_part, ("failed_part",)),
    Column("state", gettext_lazy("State"), lambda row: state(row.state, row.get_state_display()), ("state",)),
    Column(
        "unit",
        gettext_lazy("Unit"),
        lambda row: " ".join(part for part in (str(row.warranty.unit), row.warranty.unit.serial) if part),
        ("warranty__unit__serial",),
    ),
    Column(
        "customer",
        gettext_lazy("Customer"),
        lambda row: row.warranty.unit.site.customer.name,
        ("warranty__unit__site__customer__name",),
    ),
    Column("provider", gettext_lazy("From"), lambda row: row.warranty.provider, ("warranty__provider",)),
    Column("failed", gettext_lazy("Failed"), lambda row: date_format(row.failed_on), ("failed_on",)),
    Column("rma", gettext_lazy("RMA"), lambda row: row.rma, ("rma",)),
    Column(
        "expected",
        gettext_lazy("Expected"),
        lambda row: format_money(row.credit_expected) if row.credit_expected is not None else "",
        ("credit_expected",),
        "right",
    ),
    Column(
        "received",
        gettext_lazy("Received"),
        lambda row: format_money(row.credit_received) if row.credit_received is not None else "",
        ("credit_received",),
        "right",
    ),
]


class ClaimFilter(filters.FilterSet):  # type: ignore[misc]
    """Open ones, unless another state is asked for."""

    state = filters.ChoiceFilter(
        label=_("State"),
        choices=[("all", gettext_lazy("All")), *ClaimState.choices],
        empty_label=_("Open"),
        method="by_state",
    )

    class Meta:
        model = WarrantyClaim
        fields: tuple[str, ...] = ()

    def by_state(self, rows: QuerySet[WarrantyClaim], name: str, value: str) -> QuerySet[WarrantyClaim]:
        """Those of the state; `all` for every one."""
        return rows if value == "all" else rows.filter(state=value)


def claims_of(user: Any) -> QuerySet[WarrantyClaim]:
    """Claims of warranties that the person sees, with what a list shows."""
    seen = Warranty.objects.visible_to(user)
    return WarrantyClaim.objects.filter(warranty__in=seen).select_related("warranty__unit__site__customer")


@require_safe
@requires(May.SEE_EQUIPMENT)
def claims(request: HttpRequest) -> HttpResponse:
    """What was claimed from makers and distributors."""
    rows = claims_of(request.user)
    if not request.GET.get("state"):
        rows = rows.exclude(state__in=[ClaimState.CREDITED, ClaimState.DENIED])
    table = Table(
        request,
        rows,
        CLAIMS,
        url=lambda row: reverse("equipment:claim", args=[row.uuid]),
        filterset=ClaimFilter,
        search=lambda rows, text: rows.filter(
            Q(failed_part__icontains=text)
            | Q(rma__icontains=text)
            | Q(warranty__unit__serial__icontains=text)
            | Q(warranty__unit__site__customer__name__icontains=text)
        ),
        search_label=_("Part, RMA, serial or customer"),
        default_sort="failed",
        empty_title=_("No open claims"),
        empty_text=_("A claim is opened on the page of the unit whose part failed."),
    )
    context = {"table": table, "heading": _("Warranty claims"), "icon": "money"}
    return render_page(request, "equipment/list.html", context)


@requires(May.EDIT_EQUIPMENT)
def add_claim(request: HttpRequest, warranty_uuid: UUID) -> HttpResponse:
    """A part failed that this warranty may pay for; pressing twice opens one claim."""
    row = _warranty(request, warranty_uuid)
    form = ClaimForm(request.POST or None, initial={"failed_on": today_at(row.unit)})
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = actions.open_claim(
                row.pk, uuid=form.cleaned_data["once"], today=today_at(row.unit), **form.values()
            )
            messages.success(request, _("The claim is open."))
            return redirect("equipment:claim", made.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"unit": row.unit, "form": form, "heading": _("Open a claim"), "once": True}
    return render_page(request, "equipment/unit_form.html", context, status=status)


def _claim(request: HttpRequest, claim_uuid: UUID) -> WarrantyClaim:
    return seen_of_unit(request, WarrantyClaim, claim_uuid, "warranty__unit")


@requires(May.SEE_EQUIPMENT)
@require_safe
def claim(request: HttpRequest, claim_uuid: UUID) -> HttpResponse:
    """A claim: the part, the way it went, the money."""
    row = _claim(request, claim_uuid)
    can = {target.value: CLAIM_STATES.allows(row.state, target) for target in ClaimState}
    context = {"claim": row, "unit": row.warranty.unit, "can": can, "today": today_at(row.warranty.unit)}
    return render_page(request, "equipment/claim.html", context)


@requires(May.EDIT_EQUIPMENT)
def edit_claim(request: HttpRequest, claim_uuid: UUID) -> HttpResponse:
    """Correct or complete it."""
    row = _claim(request, claim_uuid)
    names = [name for name in ClaimForm.base_fields if name != "once"]
    form = ClaimForm(request.POST or None, initial={name: getattr(row, name) for name in names})
    status = 422 if form.is_bound else 200
    theirs: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        try:
            actions.edit_claim(row.pk, version=form.cleaned_data["version"] or 0, **form.values())
            messages.success(request, _("Saved."))
            return redirect("equipment:claim", row.uuid)
        except Stale as stale:
            status, theirs = _stale(form, row, stale)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"unit": row.warranty.unit, "form": form, "heading": _("Edit the claim"), "theirs": theirs}
    return render_page(request, "equipment/unit_form.html", context, status=status)


@require_POST
@requires(May.EDIT_EQUIPMENT)
def send_claim(request: HttpRequest, claim_uuid: UUID) -> HttpResponse:
    """It went to the maker."""
    row = _claim(request, claim_uuid)
    actions.send_claim(row.pk, rma=word_said(request, "rma", 40), because=word_said(request, "because"))
    messages.success(request, _("The claim is sent."))
    return redirect("equipment:claim", row.uuid)


@require_POST
@requires(May.EDIT_EQUIPMENT)
def approve_claim(request: HttpRequest, claim_uuid: UUID) -> HttpResponse:
    """They will pay."""
    row = _claim(request, claim_uuid)
    actions.approve_claim(row.pk, credit_expected=money_said(request, "credit_expected", needed=False))
    messages.success(request, _("The claim is approved."))
    return redirect("equipment:claim", row.uuid)


@require_POST
@requires(May.EDIT_EQUIPMENT)
def deny_claim(request: HttpRequest, claim_uuid: UUID) -> HttpResponse:
    """They will not."""
    row = _claim(request, claim_uuid)
    actions.deny_claim(row.pk, because=word_said(request, "because"))
    messages.success(request, _("The claim was denied. It can be sent again with a reason."))
    return redirect("equipment:claim", row.uuid)


@require_POST
@requires(May.EDIT_EQUIPMENT)
def credit_claim(request: HttpRequest, claim_uuid: UUID) -> HttpResponse:
    """The credit arrived."""
    row = _claim(request, claim_uuid)
    received = money_said(request, "received")
    if received is None:
        raise NotPossible(_("Enter an amount of money."), field="received")
    actions.credit_claim(
        row.pk, received=received, on=day_said(request, "on"), today=today_at(row.warranty.unit)
    )
    messages.success(request, _("The credit is on record."))
    return redirect("equipment:claim", row.uuid)
