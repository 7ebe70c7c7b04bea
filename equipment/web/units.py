"""Units: the list, the page, adding, editing, retiring, and striking out a refrigerant record."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers.models import Site
from fsm.clock import now as clock_now
from fsm.panels import panels_for
from fsm.permissions import May, requires
from fsm.states import NotPossible, Stale
from fsm.templatetags.ui import state
from fsm.web.pages import refuse_in_form, render_page
from fsm.web.recent import remember_opened
from fsm.web.tables import Column, Table

from .. import actions
from ..models import Category, DateKnownBy, Maker, Refrigerant, RefrigerantRecord, Unit
from ..states import UNIT_STATES, UnitStatus
from ..unit_page import page_of, with_everything
from .common import day_said, seen_unit
from .filters import UnitFilter
from .forms import UnitForm
from .record_forms import UnitFileForm


def _refrigerants(unit: Unit) -> str:
    return ", ".join(dict.fromkeys(circuit.refrigerant.designation for circuit in unit.circuits.all()))


def _status(unit: Unit) -> Any:
    return "" if unit.status == UnitStatus.ACTIVE else state(unit.status, unit.get_status_display())


COLUMNS = [
    Column("unit", gettext_lazy("Unit"), str, ("category", "name")),
    Column("maker", gettext_lazy("Maker"), lambda unit: unit.maker and unit.maker.name, ("maker__name",)),
    Column("model", gettext_lazy("Model"), lambda unit: unit.model_number, ("model_number",)),
    Column("serial", gettext_lazy("Serial"), lambda unit: unit.serial, ("serial",)),
    Column(
        "customer", gettext_lazy("Customer"), lambda unit: unit.site.customer.name, ("site__customer__name",)
    ),
    Column(
        "where", gettext_lazy("Site"), lambda unit: f"{unit.site.street}, {unit.site.city}", ("site__street",)
    ),
    Column("holds", gettext_lazy("Refrigerant"), _refrigerants),
    Column(
        "installed",
        gettext_lazy("Installed"),
        lambda unit: unit.installed_on.year if unit.installed_on else "",
        ("installed_on",),
        "right",
    ),
    Column("status", gettext_lazy("Status"), _status),
]


@require_safe
@requires(May.SEE_EQUIPMENT)
def units(request: HttpRequest) -> HttpResponse:
    """Everything installed anywhere."""
    table = Table(
        request,
        Unit.objects.visible_to(request.user).for_list(),
        COLUMNS,
        url=lambda unit: reverse("equipment:unit", args=[unit.uuid]),
        filterset=UnitFilter,
        search=lambda rows, text: rows.matching(text),  # type: ignore[attr-defined]
        search_label=_("Serial, model, maker, customer or street"),
        default_sort="customer",
        empty_title=_("No equipment yet"),
        empty_text=_("Units are added on the page of the site where they stand."),
    )
    return render_page(request, "equipment/units.html", {"table": table})


@require_safe
@requires(May.SEE_EQUIPMENT)
def unit(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """Everything about a unit in one place."""
    seen = with_everything(Unit.objects.visible_to(request.user))
    unit = get_object_or_404(seen, uuid=unit_uuid)
    context = page_of(unit, request.user, clock_now())
    context |= {
        "can": {target.value: UNIT_STATES.allows(unit.status, target) for target in UnitStatus},
        "file_form": UnitFileForm(),
        "panels": panels_for("unit", unit, request.user),
    }
    remember_opened(request, unit, detail=unit.site.one_line)
    return render_page(request, "equipment/unit.html", context)


def _form(request: HttpRequest, initial: dict[str, Any]) -> UnitForm:
    names = Refrigerant.objects.values_list("designation", flat=True)
    return UnitForm(request.POST or None, refrigerants=list(names), initial=initial)


def _makers() -> list[str]:
    return list(Maker.objects.values_list("name", flat=True))


@requires(May.EDIT_EQUIPMENT)
def add_unit(request: HttpRequest, site_uuid: UUID) -> HttpResponse:
    """A unit at a site; pressing twice adds it once."""
    site = get_object_or_404(Site.objects.visible_to(request.user).select_related("customer"), uuid=site_uuid)
    form = _form(request, {"category": Category.AIR_CONDITIONER, "date_known_by": DateKnownBy.UNKNOWN})
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = actions.install_unit(site_id=site.pk, uuid=form.cleaned_data["once"], **form.values())
            messages.success(request, _("%(unit)s was added.") % {"unit": made})
            return redirect("equipment:unit", made.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"form": form, "site": site, "makers": _makers()}
    return render_page(request, "equipment/edit_unit.html", context, status=status)


@requires(May.EDIT_EQUIPMENT)
def edit_unit(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """Change what the plate says; an edit made from an old page shows what stands there now."""
    unit = seen_unit(request, unit_uuid)
    form = _form(request, UnitForm.initial_of(unit))
    status, theirs = (422 if form.is_bound else 200), {}
    if form.is_bound and form.is_valid():
        try:
            actions.edit_unit(unit.pk, version=form.cleaned_data["version"] or 0, **form.values())
            messages.success(request, _("Saved."))
            return redirect("equipment:unit", unit.uuid)
        except Stale as stale:
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["version"] = unit.version  # type: ignore[index]
            status, theirs = refuse_in_form(form, stale), stale.theirs
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"form": form, "site": unit.site, "edited": unit, "theirs": theirs, "makers": _makers()}
    return render_page(request, "equipment/edit_unit.html", context, status=status)


def _day(request: HttpRequest) -> date | None:
    """The day in the dialog; today where nobody said."""
    return day_said(request, "on") if request.POST.get("on") else None


@require_POST
@requires(May.EDIT_EQUIPMENT)
def retire_unit(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """Take the unit out of service for good, for a reason."""
    unit = seen_unit(request, unit_uuid)
    actions.retire_unit(unit.pk, because=request.POST.get("because", "")[:200], on=_day(request))
    messages.success(request, _("%(unit)s is retired. Its records stay.") % {"unit": unit})
    return redirect("equipment:unit", unit.uuid)


@require_POST
@requires(May.EDIT_EQUIPMENT)
def mothball_unit(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """Put the unit to rest for a time, for a reason."""
    unit = seen_unit(request, unit_uuid)
    actions.mothball_unit(unit.pk, because=request.POST.get("because", "")[:200], on=_day(request))
    messages.success(request, _("%(unit)s is mothballed.") % {"unit": unit})
    return redirect("equipment:unit", unit.uuid)


@require_POST
@requires(May.EDIT_EQUIPMENT)
def return_unit_to_service(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """Undo a retirement or a rest, for a reason."""
    unit = seen_unit(request, unit_uuid)
    actions.return_unit_to_service(unit.pk, because=request.POST.get("because", "")[:200], on=_day(request))
    messages.success(request, _("%(unit)s is in service again.") % {"unit": unit})
    return redirect("equipment:unit", unit.uuid)


@require_POST
@requires(May.EDIT_EQUIPMENT)
def void_record(request: HttpRequest, record_uuid: UUID) -> HttpResponse:
    """Strike out a refrigerant record that was wrong, for a reason."""
    record = get_object_or_404(
        RefrigerantRecord.objects.visible_to(request.user).select_related("circuit__unit"), uuid=record_uuid
    )
    because = request.POST.get("because", "")[:200]
    struck = actions.void_refrigerant_record(record.pk, because=because, now=clock_now())
    said = _("The record is struck out. It stays readable and counts no more.")
    messages.success(request, " ".join([said, *struck.changes]))
    return redirect("equipment:unit", record.circuit.unit.uuid)
