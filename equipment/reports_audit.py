"""Who changed which compliance record, what was there before, and why: from the history."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, JSONField, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, JSONObject
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.clock import local
from fsm.history import history_model
from fsm.permissions import May

from .models import (
    CaseEvent,
    ChargeRevision,
    ChronicLeaker,
    Circuit,
    ComplianceDocument,
    ComplianceSettings,
    Facility,
    LeakCase,
    RefrigerantRecord,
    TechnicianCertificate,
)
from .reporting import Asked, Cells, Head, Report, moments, offers_report, units_of

# Each model with the way to its unit, and to what tells a person which one it is.
OF_UNITS: dict[type[models.Model], str] = {
    RefrigerantRecord: "circuit__unit",
    ChargeRevision: "circuit__unit",
    Circuit: "unit",
    LeakCase: "circuit__unit",
    CaseEvent: "case__circuit__unit",
    ChronicLeaker: "circuit__unit",
    ComplianceDocument: "circuit__unit",
}
OF_THE_HOUSE: dict[type[models.Model], str] = {
    Facility: "site__street",
    TechnicianCertificate: "technician__name",
    ComplianceSettings: "",
}
QUIET = {"id", "uuid", "version", "created_at", "file", "sha256"}
MODELS = {model._meta.label: model for model in (*OF_UNITS, *OF_THE_HOUSE)}


def _said(model: type[models.Model]) -> JSONObject:
    """A version's own fields as words; what points at other rows is told by a name where it has one."""
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.name in QUIET:
            continue
        if field.is_relation:
            if field.name == "refrigerant":
                values["refrigerant"] = F("refrigerant__designation")
            continue
        values[field.name] = Cast(field.name, TextField())
    return JSONObject(**values)


def _versions(model: type[models.Model], about: Any, asked: Asked, which: dict[str, Any]) -> QuerySet[Any]:
    table: Any = history_model(model)
    before = table.objects.filter(id=OuterRef("id"), history_id__lt=OuterRef("history_id"))
    rows = table.objects.filter(**which, **moments(asked, "history_date"))
    versions: QuerySet[Any] = rows.annotate(
        of=Value(model._meta.label),
        about=about,
        said=_said(model),
        before=Subquery(
            before.order_by("-history_id").annotate(said=_said(model)).values("said")[:1],
            output_field=JSONField(),
        ),
        why=Coalesce("history_change_reason", Value(""), output_field=TextField()),
    ).values_list(
        "history_date", "actor_name", "of", "about", "history_type", "said", "before", "why", "source",
        "history_id",
    )  # fmt: skip
    return versions


def _changes(asked: Asked) -> Any:
    units = units_of(asked)
    parts = []
    for model, path in OF_UNITS.items():
        about = Concat(
            f"{path}__site__customer__name", Value(" · "), f"{path}__serial", output_field=TextField()
        )
        parts.append(_versions(model, about, asked, {f"{path}__in": units}))
    for model, path in OF_THE_HOUSE.items():
        name: Any = Cast(F(path), TextField()) if path else Value("", output_field=TextField())
        which: dict[str, Any] = {}
        if model is Facility:
            which = {"site__in": units.values("site")}
        parts.append(_versions(model, name, asked, which))
    return parts[0].union(*parts[1:], all=True).order_by("-history_date", "-history_id")


VERBS = {"+": gettext_lazy("Made"), "~": gettext_lazy("Changed"), "-": gettext_lazy("Removed")}


def _cells(row: Any, asked: Asked) -> Cells:
    when, who, of, about, kind, said, before, why, source, _key = row
    model = MODELS[of]
    old = before or {}
    if kind == "+":
        old = {}
    changes = [
        f"{_label(model, name)}: {old.get(name) or '–'} → {value or '–'}"  # noqa: RUF001
        for name, value in said.items()
        if (value or None) != (old.get(name) or None) and kind != "-"
    ]
    return (
        date_format(local(when, asked.zone), "N j, Y, P"),
        who or _("The house"),
        capfirst(str(model._meta.verbose_name)),
        about or "",
        str(VERBS.get(kind, kind)),
        "; ".join(changes),
        why,
        source,
    )


def _label(model: type[models.Model], name: str) -> str:
    return capfirst(str(getattr(model._meta.get_field(name), "verbose_name", name)))


offers_report(
    Report(
        key="audit",
        title=gettext_lazy("Audit export"),
        says=gettext_lazy("Who made, changed or struck out a record, what it was before, and why."),
        citation="40 CFR 82.157(l), 84.106(l)",
        heads=(
            Head(gettext_lazy("When")), Head(gettext_lazy("Who")), Head(gettext_lazy("Record")),
            Head(gettext_lazy("Of")), Head(gettext_lazy("What")), Head(gettext_lazy("Before → after")),
            Head(gettext_lazy("Why")), Head(gettext_lazy("Through")),
        ),
        rows=_changes,
        cells=_cells,
        empty=gettext_lazy("No compliance record was made or changed in this time."),
        may=May.SEE_TRACE,
        order=90,
    )
)  # fmt: skip
