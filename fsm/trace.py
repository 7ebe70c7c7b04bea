"""Show me why: every step of a chain across the apps, in order, with person, source, time, before and
after.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .attribution import UNATTRIBUTED
from .company import the_company
from .history import ATTRIBUTION_COLUMNS, history_model, is_tracked
from .references import Reference, kind_of, ref_of

QUIET_FIELDS = {"id", "uuid", "created_at", "version", "updated_at"}
# That they changed is part of the story; what they say is for the technician of the day only.
SECRET_FIELDS = {"gate_code", "access_notes"}
# A version may change nothing that is kept of the thing (a password, a session) and still say what was done.
TOLD_BY_REASON = {"fsm.User"}
LONGEST_WORDS = 240


@dataclass(frozen=True)
class Change:
    """One field before and after, as words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Step:
    """One thing that happened; `what` is the thing's name, `verb` what became of it."""

    when: datetime
    what: str
    verb: str
    who: str
    source: str
    reason: str
    batch: uuid.UUID | None
    changes: list[Change] = field(default_factory=list)
    reference: Reference | None = None
    app: str = ""
    order: int = 0
    table: str = ""

    @property
    def replaces(self) -> bool:
        """Whether something stood there before."""
        return any(change.before for change in self.changes)


RowsFor = Callable[[str], Iterable[Step]]
OriginsOf = Callable[[uuid.UUID], Iterable[models.Model]]
_tracers: list[RowsFor] = []
RootOf = Callable[[Any], str]
_origins: dict[str, OriginsOf] = {}
_roots: dict[str, RootOf] = {}


def traces(rows_for: RowsFor) -> RowsFor:
    """Offer the steps of an append-only table that belong to a root."""
    _tracers.append(rows_for)
    return rows_for


def origins(kind: str) -> Callable[[OriginsOf], OriginsOf]:
    """Say which rows a chain of this kind stands on (the customer and site of a job): their making is shown
    first.
    """

    def register(origins_of: OriginsOf) -> OriginsOf:
        _origins[kind] = origins_of
        return origins_of

    return register


def roots(kind: str) -> Callable[[RootOf], RootOf]:
    """Say which chain a thing of this kind belongs to: `@roots("invoice") def root_of(invoice) ->
    "job:uuid"`.
    """

    def register(find: RootOf) -> RootOf:
        _roots[kind] = find
        return find

    return register


def root_of(thing: models.Model) -> Reference:
    """The chain that a thing belongs to; itself where nobody said otherwise."""
    own = ref_of(thing)
    found = _roots[own.kind](thing) if own.kind in _roots else ""
    return Reference.parse(found) if found else own


def story(thing: models.Model) -> list[Step]:
    """The chain that a thing belongs to and the thing's own versions, each step once, oldest first.

    Times among the changes are written in the company's zone.
    """
    steps: dict[tuple[Any, ...], Step] = {}
    with timezone.override(ZoneInfo(the_company().time_zone)):
        for step in [*timeline(thing), *chain(str(root_of(thing)))]:
            steps.setdefault((step.table, step.order, step.when, step.what, step.verb, step.batch), step)
    return sorted(steps.values(), key=lambda step: (step.when, step.order))


def tracked_models() -> list[type[models.Model]]:
    """Every model of ours that keeps history, bottom floor first."""
    return [
        model for app in settings.APPS for model in apps.get_app_config(app).get_models() if is_tracked(model)
    ]


def chain(root: str) -> list[Step]:
    """Every step under a root such as `job:uuid`, oldest first, preceded by the making of what it stands
    on.
    """
    steps = [step for model in _models_with(root) for step in _steps(model, {"root": root})]
    for rows_for in _tracers:
        steps.extend(rows_for(root))
    reference = Reference.parse(root)
    seen = {(step.reference, step.verb) for step in steps}
    if reference.kind in _origins:
        for thing in _origins[reference.kind](reference.uuid):
            made = _steps(type(thing), {"id": thing.pk, "history_type": "+"})
            steps.extend(
                step for step in made if step.reference is None or (step.reference, step.verb) not in seen
            )
    return sorted(steps, key=lambda step: (step.when, step.order))


def timeline(thing: models.Model) -> list[Step]:
    """Every version of one row, oldest first."""
    return _steps(type(thing), {"id": thing.pk})


def of_batch(batch: uuid.UUID) -> list[Step]:
    """Everything one request or task changed, oldest first."""
    steps = [step for model in tracked_models() for step in _steps(model, {"batch": batch})]
    return sorted(steps, key=lambda step: (step.when, step.order))


def unattributed() -> dict[str, int]:
    """How many history rows do not say where they came from, by model; each of them is a bug of ours."""
    counts = {
        model._meta.label: history_model(model)._default_manager.filter(source=UNATTRIBUTED).count()
        for model in tracked_models()
    }
    return {label: count for label, count in counts.items() if count}


def _models_with(root: str) -> list[type[models.Model]]:
    """One query over all history tables: which hold rows of this root."""
    tracked, quote = tracked_models(), connection.ops.quote_name
    union = " UNION ALL ".join(
        f"SELECT {number} WHERE EXISTS (SELECT 1 FROM {quote(history_model(model)._meta.db_table)}"  # noqa: S608
        " WHERE root = %s)"
        for number, model in enumerate(tracked)
    )
    with connection.cursor() as cursor:
        cursor.execute(union, [root] * len(tracked))
        return [tracked[number] for (number,) in cursor.fetchall()]


def _steps(model: type[models.Model], which: dict[str, Any]) -> list[Step]:
    if not is_tracked(model):  # an append-only row has one version; its app tells of it
        return []
    history = history_model(model)
    rows: list[Any] = list(history._default_manager.filter(**which).order_by("history_id"))
    if not rows:
        return []
    earlier = history._default_manager.filter(
        id__in={row.id for row in rows}, history_id__lt=max(row.history_id for row in rows)
    )
    versions: dict[Any, list[Any]] = {}
    for row in [*earlier.order_by("history_id"), *rows]:
        known = versions.setdefault(row.id, [])
        if not any(other.history_id == row.history_id for other in known):
            known.append(row)
    for known in versions.values():
        known.sort(key=lambda row: row.history_id)
    kind = kind_of(model)
    names = _names(model, rows)
    steps = []
    for row in rows:
        before = [other for other in versions[row.id] if other.history_id < row.history_id]
        changes = _changes(model, before[-1] if before else None, row, names)
        reason = row.history_change_reason or ""
        if row.history_type == "~" and not changes and not (reason and model._meta.label in TOLD_BY_REASON):
            continue
        steps.append(
            Step(
                when=row.history_date,
                what=capfirst(str(model._meta.verbose_name)),
                verb={"+": _("made"), "~": _("changed"), "-": _("removed")}[row.history_type],
                who=row.actor_name,
                source=row.source,
                reason=reason,
                batch=row.batch,
                changes=changes,
                reference=Reference(kind, row.uuid) if kind else None,
                app=model._meta.app_label,
                order=row.history_id,
                table=history._meta.db_table,
            )
        )
    return steps


def _names(model: type[models.Model], rows: list[Any]) -> dict[tuple[str, Any], str]:
    """What foreign keys in the rows point at, as words: one query a related model."""
    names: dict[tuple[str, Any], str] = {}
    for column in model._meta.concrete_fields:
        if column.is_relation and column.related_model:
            keys = {getattr(row, column.attname, None) for row in rows} - {None}
            related: Any = column.related_model
            # One step further is as far as words go; all the way would join a dozen tables.
            near = [field.name for field in related._meta.concrete_fields if field.is_relation]
            for thing in related._base_manager.filter(pk__in=keys).select_related(*near):
                names[column.attname, thing.pk] = str(thing)
    return names


def _changes(
    model: type[models.Model], before: Any, after: Any, names: dict[tuple[str, Any], str]
) -> list[Change]:
    changes = []
    for column in model._meta.concrete_fields:
        if (
            column.name in QUIET_FIELDS
            or column.name in ATTRIBUTION_COLUMNS
            or not hasattr(after, column.attname)
        ):
            continue
        if not column.editable:
            continue
        old = getattr(before, column.attname) if before else None
        new = getattr(after, column.attname)
        if old == new or (before is None and new in (None, "", False)):
            continue
        changes.append(
            Change(
                label=str(getattr(column, "verbose_name", column.name)),
                before=_words(column, old, names),
                after=_words(column, new, names),
            )
        )
    return changes


def _words(column: Any, value: Any, names: dict[tuple[str, Any], str]) -> str:
    if value is None or value == "":
        return ""
    if column.name in SECRET_FIELDS:
        return "•••"
    if column.choices:
        return str(dict(column.flatchoices).get(value, value))
    if column.is_relation:
        return names.get((column.attname, value), f"#{value}")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "N j, Y, P")
    if isinstance(value, date):
        return date_format(value, "N j, Y")
    text = str(value)
    return text if len(text) <= LONGEST_WORDS else f"{text[:LONGEST_WORDS]}…"
