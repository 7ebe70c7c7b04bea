"""The style page: every part of the design system in one place, with made-up data."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..permissions import May, requires
from .pages import render_page
from .tables import Heading, Row

SPRITE = Path(__file__).resolve().parents[1] / "static" / "fsm" / "icons.svg"


class SampleForm(forms.Form):
    """One field of every kind."""

    name = forms.CharField(label=gettext_lazy("Customer"), max_length=60)
    phone = forms.CharField(label=gettext_lazy("Phone"), help_text=gettext_lazy("With area code."))
    job_type = forms.ChoiceField(
        label=gettext_lazy("Job type"),
        choices=[("nc", gettext_lazy("No cooling")), ("m", gettext_lazy("Maintenance"))],
    )
    day = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"),
        widget=forms.RadioSelect,
        choices=[("n", gettext_lazy("Normal")), ("e", gettext_lazy("Emergency"))],
    )
    notes = forms.CharField(label=gettext_lazy("Notes"), widget=forms.Textarea, required=False)
    photo = forms.FileField(label=gettext_lazy("Photo"), required=False)
    dog = forms.BooleanField(label=gettext_lazy("There is a dog"), required=False)


def sample_table() -> Any:
    """A list as fsm.web.tables makes it, without a database."""
    columns = [
        Heading("number", _("Job"), "", True, "?sort=number", "asc"),
        Heading("customer", _("Customer"), "", True, "?sort=customer", ""),
        Heading("where", _("Where"), "", False, "", ""),
        Heading("total", _("Total"), "right", True, "?sort=total", ""),
    ]
    data = [
        ("J10041", "Lisa Hall", "4108 Avenue F, Austin", "$412.50"),
        ("J10042", "Riverside Dental Group", "900 E Riverside Dr, Austin", "$1,890.00"),
        ("J10043", "Tom Okafor", "17 Cypress Bend, Round Rock", "$89.00"),
    ]
    rows = [Row("#", list(zip(columns, line, strict=True)), None) for line in data]
    page = SimpleNamespace(
        start_index=1, end_index=3, number=2, has_other_pages=True, has_previous=True, has_next=True,
        previous_page_number=1, next_page_number=3, paginator=SimpleNamespace(ELLIPSIS="…"),
    )  # fmt: skip
    return SimpleNamespace(
        columns=columns, rows=rows, page=page, pages=[1, 2, 3], total=138, query="sort=number", search="",
        searchable=True, search_label=_("Search jobs"), filter_form=None, filtered=False,
    )  # fmt: skip


def context() -> dict[str, Any]:
    """Everything the style page shows."""
    typed = {"phone": "(512) 555-0142", "job_type": "m", "day": "", "notes": _("Dog in the yard.")}
    bad = SampleForm({f"bad-{name}": value for name, value in typed.items()}, prefix="bad")
    bad.is_valid()
    return {
        "form": SampleForm(),
        "bad_form": bad,
        "table": sample_table(),
        "tones": ["grey", "blue", "violet", "teal", "green", "amber", "red"],
        "states": [
            "booked", "scheduled", "dispatched", "en_route", "on_site", "on_hold", "work_complete", "closed",
            "cancelled", "no_access", "draft", "issued", "part_paid", "paid", "past_due", "void",
        ],
        "icons": re.findall(r'<symbol id="([a-z-]+)" viewBox="0 0 24', SPRITE.read_text()),
    }  # fmt: skip


@requires(May.SEE_HOUSE)
def style(request: HttpRequest) -> HttpResponse:
    """The parts for the office, or with ?phone=1 those for the phone."""
    template = "fsm/style_phone.html" if request.GET.get("phone") else "fsm/style.html"
    return render_page(request, template, context())
