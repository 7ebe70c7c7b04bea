"""What was said, noted, kept and changed, in the customer's timeline."""
# ruff: noqa: S608 (the statement is put together from constants; values travel as parameters)

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.db import connection, models
from django.db.models import CharField, F, Value
from django.db.models.functions import Left
from django.urls import reverse
from django.utils.translation import gettext as _

from fsm.history import ATTRIBUTION_COLUMNS, history_model
from fsm.permissions import May
from fsm.timelines import Asked, Entry, Kind, Place, timeline

from .models import (
    Channel,
    Communication,
    Contact,
    Customer,
    CustomerFile,
    CustomerNote,
    Direction,
    EmailAddress,
    PhoneNumber,
    Site,
)
from .phones import format_us
from .states import DeliveryState

LONGEST: Final = 240
# States that an office does something about; the others are as they should be.
NEWS = {DeliveryState.QUEUED, DeliveryState.FAILED, DeliveryState.HELD_BACK}


def _text(words: str) -> Value:
    return Value(words, CharField())


def _said(customer: Any, asked: Asked) -> Any:
    rows = Communication.objects.filter(customer=customer)
    if asked.kind == Kind.CALL:
        rows = rows.filter(channel=Channel.CALL)
    elif asked.kind == Kind.MESSAGE:
        rows = rows.exclude(channel=Channel.CALL)
    return asked.cut(rows, "said", "created_at").values_list(
        _text("said"), "pk", "created_at", "uuid", "subject", Left("body", LONGEST), "to", "channel",
        "direction", "state",
    )  # fmt: skip


def _noted(customer: Any, asked: Asked) -> Any:
    return asked.cut(CustomerNote.objects.filter(customer=customer), "noted", "created_at").values_list(
        _text("noted"), "pk", "created_at", "uuid", _text(""), Left("body", LONGEST), "author_name",
        _text(""), _text(""), _text(""),
    )  # fmt: skip


def _filed(customer: Any, asked: Asked) -> Any:
    rows = CustomerFile.objects.filter(customer=customer)
    return asked.cut(rows, "filed", "created_at").values_list(
        _text("filed"), "pk", "created_at", "uuid", "name", _text(""), "author_name", _text(""),
        F("content_type"), models.Case(models.When(removed_at=None, then=_text("")), default=_text("gone")),
    )  # fmt: skip


def _said_and_kept(customer: Any, asked: Asked) -> Any:
    legs = []
    if asked.wants(Kind.CALL, Kind.MESSAGE):
        legs.append(_said(customer, asked))
    if asked.wants(Kind.NOTE):
        legs.append(_noted(customer, asked))
    if asked.wants(Kind.FILE):
        legs.append(_filed(customer, asked))
    return legs[0].union(*legs[1:], all=True) if len(legs) > 1 else legs[0]


@timeline("said", kinds=[Kind.CALL, Kind.MESSAGE, Kind.NOTE, Kind.FILE], may=May.SEE_CUSTOMERS)
def said_and_kept(customer: Customer, asked: Asked) -> Iterator[Entry]:
    """Messages, calls, notes and files, in one statement."""
    if asked.is_about_work:
        return
    rows = asked.fetch(_said_and_kept, customer)
    for source, pk, at, unique, title, body, who, channel, direction, state in rows:
        place = Place(at, source, pk)
        if source == "noted":
            yield Entry(place, Kind.NOTE, _("Note"), body, who=who)
        elif source == "filed":
            is_gone = state == "gone"
            url = "" if is_gone else reverse("customers:file", args=[unique])
            words = _("%(name)s was removed since") if is_gone else "%(name)s"
            yield Entry(place, Kind.FILE, words % {"name": title}, url=url, who=who)
        else:
            yield _message(place, unique, title, body, who, channel, direction, state)


def _message(
    place: Place, unique: Any, title: str, body: str, to: str, channel: str, direction: str, state: str
) -> Entry:
    kind = Kind.CALL if channel == Channel.CALL else Kind.MESSAGE
    how = Channel(channel).label
    words = _("%(how)s from them") if direction == Direction.IN else _("%(how)s to them")
    news = state in NEWS
    return Entry(
        place,
        kind,
        title or words % {"how": how},
        body if not title or kind == Kind.CALL else "",
        reverse("customers:communication", args=[unique]),
        " · ".join(part for part in (words % {"how": how} if title else "", to) if part),
        state if news else "",
        str(DeliveryState(state).label) if news else "",
    )


# What changed ----------------------------------------------------------------------------------------

NOT_TOLD = {"id", "uuid", "version", "created_at", "match_key", "digits", "as_given", *ATTRIBUTION_COLUMNS}
_HERE = "contact_id IN (SELECT id FROM customers_contact WHERE customer_id = %(customer)s)"
# Each model that has versions here, which of its rows are the customer's, and what such a row is called.
CHANGED: tuple[tuple[type[models.Model], str, str], ...] = (
    (Customer, "id = %(customer)s", "name"),
    (Contact, "customer_id = %(customer)s", "name"),
    (Site, "customer_id = %(customer)s", "street"),
    (PhoneNumber, _HERE, "e164"),
    (EmailAddress, _HERE, "address"),
)

BEGUN = "SELECT batch FROM customers_historicalcustomer WHERE id = %(customer)s AND history_type = '+'"


def _changes_statement(asked: Asked) -> str:
    """Versions of the record and of what belongs to it, each with the names of the columns it changed."""
    legs = []
    for model, whose, named in CHANGED:
        table, source = history_model(model)._meta.db_table, f"changed.{model._meta.model_name}"
        cut, with_the_record = "", ""
        if model is not Customer:  # what a new record began with is told by its beginning
            with_the_record = f" AND NOT (history_type = '+' AND batch IN ({BEGUN}))"
        if asked.before is not None:
            cut = " AND (history_date < %(at)s"
            if source < asked.before.source:
                cut += " OR history_date = %(at)s"
            elif source == asked.before.source:
                cut += " OR history_date = %(at)s AND history_id < %(pk)s"
            cut += ")"
        legs.append(
            f"(SELECT '{source}' AS source, h.history_id, h.history_date, h.history_type, h.{named},"
            " h.actor_name, COALESCE(h.history_change_reason, ''), ARRAY(SELECT now.key"
            " FROM jsonb_each(to_jsonb(h)) AS now JOIN jsonb_each(to_jsonb(p)) AS was ON was.key = now.key"
            " WHERE now.value IS DISTINCT FROM was.value AND now.key NOT LIKE 'history%%')"
            f" FROM (SELECT * FROM {table} WHERE {whose} AND history_date <= %(now)s{cut}{with_the_record}"
            " ORDER BY history_date DESC, history_id DESC LIMIT %(limit)s) AS h LEFT JOIN LATERAL"
            f" (SELECT * FROM {table} AS p WHERE p.id = h.id AND p.history_id < h.history_id"
            " ORDER BY p.history_id DESC LIMIT 1) AS p ON TRUE)"
        )
    return " UNION ALL ".join(legs)


@timeline("changed", kinds=[Kind.CHANGE], may=May.SEE_CUSTOMERS)
def changed(customer: Customer, asked: Asked) -> Iterator[Entry]:
    """Versions of the record, its contacts, numbers and sites; what an access note says stays unsaid."""
    if asked.is_about_work:
        return
    params: dict[str, Any] = {"customer": customer.pk, "now": asked.now, "limit": asked.limit + 1}
    if asked.before is not None:
        params |= {"at": asked.before.at, "pk": asked.before.pk}
    with connection.cursor() as cursor:
        cursor.execute(_changes_statement(asked), params)
        rows = cursor.fetchall()
    models_by_name = {str(model._meta.model_name): model for model, *_rest in CHANGED}
    for source, pk, at, verb, named, who, reason, columns in rows:
        model = models_by_name[source.partition(".")[2]]
        told = [column for column in columns or () if column not in NOT_TOLD]
        yield Entry(
            Place(at, source, pk),
            Kind.CHANGE,
            _sentence(model, verb, format_us(named) if model is PhoneNumber else named),
            " · ".join(part for part in (", ".join(_labels(model, told)), reason) if part),
            reverse("fsm:timeline", args=["customer", customer.uuid]) if model is Customer else "",
            who,
            hidden=verb == "~" and not told,
        )


def _sentence(model: type[models.Model], verb: str, named: str) -> str:
    if model is Customer:
        return _("The record was begun") if verb == "+" else _("The record was changed")
    words = {
        "+": _("%(thing)s was added"),
        "~": _("%(thing)s was changed"),
        "-": _("%(thing)s was taken off"),
    }
    return words[verb] % {"thing": named}


def _labels(model: type[models.Model], columns: list[str]) -> list[str]:
    labels = {field.attname: str(field.verbose_name) for field in model._meta.concrete_fields}
    return [labels.get(column, column) for column in columns]
