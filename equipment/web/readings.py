"""What was measured on a unit: all of it, taken in by the office, struck out."""

from __future__ import annotations

from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

import django_filters as filters
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from fsm.clock import local
from fsm.clock import now as clock_now
from fsm.permissions import May, allowed, requires
from fsm.states import NotPossible
from fsm.templatetags.ui import pill
from fsm.web.pages import refuse_in_form, render_page
from fsm.web.tables import Column, Table

from .. import actions
from ..models import Reading
from ..readings import READINGS, plain
from ..wording import translated
from .common import seen_of_unit, seen_unit, to_unit, today_at, word_said
from .record_forms import ReadingsForm


def _label(row: Reading) -> str:
    kind = READINGS.get(row.key)
    return translated(kind.label) if kind else row.key


def _value(row: Reading) -> str:
    kind = READINGS.get(row.key)
    return f"{plain(row.value)} {kind.unit if kind else ''}".strip()


def _verdict(row: Reading) -> object:
    if row.voided_at:
        return pill(_("Struck out: %(why)s") % {"why": row.voided_because}, "grey", "ban")
    return pill(_("Out of range"), "amber", "warning") if row.is_flagged else ""


COLUMNS = [
    Column("what", gettext_lazy("What"), _label, ("key",)),
    Column("value", gettext_lazy("Value"), _value, ("value",), "right"),
    Column("verdict", gettext_lazy("Verdict"), _verdict, ("is_flagged",)),
    Column(
        "when",
        gettext_lazy("When"),
        lambda row: date_format(local(row.measured_at, row.unit.site.time_zone), "M j, Y, g:i A"),
        ("measured_at",),
    ),
    Column("who", gettext_lazy("By"), lambda row: row.technician_name, ("technician_name",)),
]


def _strike_out(row: Reading) -> object:
    if row.voided_at:
        return ""
    words = _("Strike out…")
    return format_html(
        '<button class="button quiet small" type="button" data-dialog="void-{}">{}</button>',
        row.uuid.hex,
        words,
    )


STRIKE_OUT = Column("strike", gettext_lazy("Wrong?"), _strike_out, (), "right")


class ReadingFilter(filters.FilterSet):  # type: ignore[misc]
    """By what was measured and what came of it."""

    key = filters.ChoiceFilter(label=_("What"), empty_label=_("Any"))
    is_flagged = filters.ChoiceFilter(
        label=_("Verdict"), choices=[("True", gettext_lazy("Out of range"))], empty_label=_("Any")
    )

    class Meta:
        model = Reading
        fields = ("key", "is_flagged")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        kinds = sorted((translated(kind.label), key) for key, kind in READINGS.items())
        self.filters["key"].extra["choices"] = [(key, label) for label, key in kinds]


@require_safe
@requires(May.SEE_EQUIPMENT)
def readings(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """All readings of a unit, latest first; those struck out say so."""
    unit = seen_unit(request, unit_uuid)
    columns = [*COLUMNS, STRIKE_OUT] if allowed(request.user, May.EDIT_EQUIPMENT) else COLUMNS
    table = Table(
        request,
        Reading.objects.filter(unit=unit).select_related("unit__site"),
        columns,
        filterset=ReadingFilter,
        default_sort="-when",
        empty_title=_("Nothing was measured yet"),
        empty_text=_("Technicians measure during a tune-up; the office can enter readings too."),
    )
    return render_page(request, "equipment/readings.html", {"unit": unit, "table": table})


@requires(May.EDIT_EQUIPMENT)
def add_readings(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """What was measured at one time; a value that cannot be is refused beside its field."""
    unit = seen_unit(request, unit_uuid)
    circuits = {str(row.uuid): row for row in unit.circuits.all()}
    choices = [(key, str(row)) for key, row in circuits.items()]
    form = ReadingsForm(request.POST or None, circuits=choices, initial={"measured_on": today_at(unit)})
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        circuit = circuits.get(form.cleaned_data.get("circuit", ""))
        try:
            rows = actions.record_readings(
                unit.pk,
                values=form.values(),
                measured_at=_noon(form.cleaned_data["measured_on"], unit.site.time_zone),
                circuit_id=circuit.pk if circuit else None,
                uuid=form.cleaned_data["once"],
                now=clock_now(),
            )
            flagged = [row.verdict for row in rows if row.is_flagged]
            messages.success(request, _("%(n)d readings are kept.") % {"n": len(rows)})
            if flagged:
                messages.warning(request, " ".join(flagged))
            return to_unit(unit, "readings")
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"unit": unit, "form": form, "heading": _("Enter readings"), "once": True, "columns": "two"}
    return render_page(request, "equipment/unit_form.html", context, status=status)


def _noon(day: object, zone: str) -> datetime:
    """The middle of a day that has passed; of today, now."""
    now = clock_now()
    if day == local(now, zone).date():
        return now
    return datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type]


@require_POST
@requires(May.EDIT_EQUIPMENT)
def void_reading(request: HttpRequest, reading_uuid: UUID) -> HttpResponse:
    """Strike out a reading that was wrong, for a reason."""
    row = seen_of_unit(request, Reading, reading_uuid)
    actions.void_reading(row.pk, because=word_said(request, "because"), now=clock_now())
    messages.success(request, _("The reading is struck out. It stays readable."))
    return redirect("equipment:readings", row.unit.uuid)
