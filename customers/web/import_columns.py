"""What the columns of a customer list mean: suggested, confirmed by a person, changed again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers.actions import imports
from customers.import_shapes import ADDRESSES, MEANINGS, PARTS, PHONES, SYSTEMS
from customers.import_wording import address_words, meaning_words, system_words
from customers.models import ImportBatch
from customers.states import ImportState
from fsm.permissions import May, requires
from fsm.states import NotPossible
from fsm.web.pages import render_page


def _meaning_choices() -> list[tuple[str, Any]]:
    """Every meaning in groups, with leaving out first."""

    def group(names: Iterable[str]) -> list[tuple[str, str]]:
        return [(name, meaning_words(name)) for name in names]

    ways = [*PHONES, "email"]
    places = [f"{address}.{part}" for address in ADDRESSES for part in PARTS]
    who = ["name", "first_name", "middle_name", "last_name", "title", "company", "contact", "kind",
           "external_id", "parent"]  # fmt: skip
    rest = [name for name in MEANINGS if name not in {*ways, *places, *who}]
    return [
        ("", _("Leave out")),
        (_("Customer"), group(who)),
        (_("Ways to reach them"), group(ways)),
        *(
            (address_words(address), group(f"{address}.{part}" for part in PARTS))
            for address in ("service", "billing", *ADDRESSES[2:])
        ),
        (_("Other"), group(rest)),
    ]


class ColumnsForm(forms.Form):
    """What each column of a file means."""

    system = forms.ChoiceField(label=gettext_lazy("Where the list comes from"))

    def __init__(self, *args: Any, batch: ImportBatch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        system = self.fields["system"]
        assert isinstance(system, forms.ChoiceField)  # noqa: S101  (declared above; for the type checker)
        system.choices = [(name, system_words(name)) for name in SYSTEMS]
        system.initial = batch.system.partition(":")[0]
        choices = _meaning_choices()
        self.names = {f"column-{at}": header["name"] for at, header in enumerate(batch.headers)}
        for key, name in self.names.items():
            self.fields[key] = forms.ChoiceField(
                label=name, choices=choices, required=False, initial=batch.columns.get(name, "")
            )

    def columns(self) -> dict[str, str]:
        """The mapping as it was chosen."""
        return {name: self.cleaned_data[key] for key, name in self.names.items()}


def _columns_page(
    request: HttpRequest, batch: ImportBatch, form: ColumnsForm, *, wrong: str = "", status: int = 200
) -> HttpResponse:
    lines = [
        (form[key], header["samples"], bool(form[key].value()))
        for key, header in zip(form.names, batch.headers, strict=True)
    ]
    context = {
        "batch": batch,
        "form": form,
        "lines": lines,
        "wrong": wrong,
        "left_out": sum(not used for _field, _samples, used in lines),
        "system": system_words(batch.system),
    }
    return render_page(request, "customers/import_columns.html", context, status=status)


@requires(May.IMPORT_CUSTOMERS)
@require_safe
def import_columns(request: HttpRequest, batch_id: int) -> HttpResponse:
    """What the columns of a file mean, as we suppose; a person confirms."""
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=batch_id)
    if batch.state != ImportState.MAPPING:
        return redirect("customers:import", batch.pk)
    return _columns_page(request, batch, ColumnsForm(batch=batch))


@requires(May.IMPORT_CUSTOMERS)
@require_POST
def confirm_columns(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Read the rows by the columns as they were confirmed."""
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=batch_id)
    form = ColumnsForm(request.POST, batch=batch)
    if not form.is_valid():
        return _columns_page(request, batch, form, wrong=_("Choose from the lists."), status=422)
    try:
        imports.confirm_columns(batch.pk, columns=form.columns(), system=form.cleaned_data["system"])
    except NotPossible as refused:
        if refused.field != "columns":
            raise
        return _columns_page(request, batch, form, wrong=str(refused), status=422)
    return redirect("customers:import", batch.pk)


@requires(May.IMPORT_CUSTOMERS)
@require_POST
def change_columns(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Back to what the columns mean."""
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=batch_id)
    imports.change_columns(batch.pk)
    return redirect("customers:import-columns", batch.pk)
