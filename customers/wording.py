"""The words for customers: ours for every occasion, what may be filled in, and how it is filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from fsm.money import format_money

from .models import Channel, Language, Occasion
from .sending import Why, plainer

WRITTEN = (Channel.EMAIL, Channel.TEXT)  # the channels that templates are for


@dataclass(frozen=True)
class Words:
    """What is said; a text has no subject."""

    subject: str
    body: str


@dataclass(frozen=True)
class Variable:
    """What a template may ask for: a label for the office, and an example for the preview."""

    label: Promise
    sample: Any


VARIABLES: Final[Mapping[str, Variable]] = {
    "name": Variable(_("The customer's name"), "Lisa Hall"),
    "company": Variable(_("Our name"), "Lone Star Comfort Air"),
    "company_phone": Variable(_("Our phone"), "(512) 555-0100"),
    "job": Variable(_("Job number"), "J-1042"),
    "work": Variable(_("Kind of work"), "Cooling tune-up"),
    "address": Variable(_("Where we work"), "4108 Avenue F, Austin, TX 78751"),
    "visit_date": Variable(_("Day of the visit"), date(2026, 7, 14)),
    "visit_time": Variable(_("Promised time of the visit"), "8-10 am"),
    "technician": Variable(_("First name of who comes"), "Tess"),
    "invoice": Variable(_("Invoice number"), "10214"),
    "total": Variable(_("Invoice total"), Decimal("389.70")),
    "due": Variable(_("Invoice due date"), date(2026, 8, 13)),
    "payment": Variable(_("Payment number"), "P-2031"),
    "amount": Variable(_("Amount paid"), Decimal("389.70")),
    "plan": Variable(_("Maintenance plan"), "Comfort plan"),
}
_ALWAYS = ("name", "company", "company_phone")
_VISIT = ("job", "work", "address", "visit_date", "visit_time")
OF_OCCASION: Final[Mapping[str, tuple[str, ...]]] = {
    Occasion.BOOKED: (*_ALWAYS, *_VISIT),
    Occasion.REMINDER: (*_ALWAYS, *_VISIT),
    Occasion.ON_MY_WAY: (*_ALWAYS, *_VISIT, "technician"),
    Occasion.DONE: (*_ALWAYS, "job", "work", "address"),
    Occasion.INVOICE: (*_ALWAYS, "invoice", "total", "due", "job", "address"),
    Occasion.PAYMENT: (*_ALWAYS, "payment", "amount"),
    Occasion.PLAN_DUE: (*_ALWAYS, "plan", "address"),
}
ABOUT_OCCASION: Final[Mapping[str, Promise]] = {
    Occasion.BOOKED: _("When a visit has its promised time"),
    Occasion.REMINDER: _("Some hours before the promised time"),
    Occasion.ON_MY_WAY: _("When the technician sets out, once a visit"),
    Occasion.DONE: _("When the work of a job is complete"),
    Occasion.INVOICE: _("When an invoice is issued; the e-mail carries its page"),
    Occasion.PAYMENT: _("When money came in"),
    Occasion.PLAN_DUE: _("When maintenance is due; only to those who want to hear of it"),
}
LONGEST: Final[Mapping[str, int]] = {Channel.EMAIL: 4000, Channel.TEXT: 480}

_EN, _ES = Language.ENGLISH, Language.SPANISH
_SIGNED_EN = "\n\nQuestions? Answer this e-mail or call {company_phone}.\n\n{company}"
_SIGNED_ES = "\n\n¿Preguntas? Responda a este correo o llame al {company_phone}.\n\n{company}"
OURS: Final[Mapping[tuple[str, str, str], Words]] = {
    (Occasion.BOOKED, Channel.EMAIL, _EN): Words(
        "Your appointment on {visit_date}",
        "{name},\n\nyou are booked: {work} on {visit_date}, arriving {visit_time}, at {address}."
        " Your job number is {job}." + _SIGNED_EN,
    ),
    (Occasion.BOOKED, Channel.EMAIL, _ES): Words(
        "Su cita del {visit_date}",
        "{name}:\n\nsu cita está confirmada: {work}, {visit_date}, llegada {visit_time}, en {address}."
        " Su número de trabajo es {job}." + _SIGNED_ES,
    ),
    (Occasion.BOOKED, Channel.TEXT, _EN): Words(
        "", "{company}: you are booked for {visit_date}, {visit_time}. Reply STOP to end texts."
    ),
    (Occasion.BOOKED, Channel.TEXT, _ES): Words(
        "", "{company}: su cita es el {visit_date}, {visit_time}. Responda ALTO para no recibir textos."
    ),
    (Occasion.REMINDER, Channel.EMAIL, _EN): Words(
        "A reminder of your appointment on {visit_date}",
        "{name},\n\nwe come to {address} on {visit_date}, {visit_time}: {work}."
        " Please see that somebody can let us in." + _SIGNED_EN,
    ),
    (Occasion.REMINDER, Channel.EMAIL, _ES): Words(
        "Recordatorio de su cita del {visit_date}",
        "{name}:\n\nvamos a su casa por {work}, {visit_date}, {visit_time}, en {address}."
        " Por favor asegúrese de que alguien pueda abrirnos." + _SIGNED_ES,
    ),
    (Occasion.REMINDER, Channel.TEXT, _EN): Words(
        "", "{company}: we come {visit_date}, {visit_time}. To change it call {company_phone}."
    ),
    (Occasion.REMINDER, Channel.TEXT, _ES): Words(
        "", "{company}: su cita es el {visit_date}, {visit_time}. Para cambiarla llame al {company_phone}."
    ),
    (Occasion.ON_MY_WAY, Channel.EMAIL, _EN): Words(
        "{technician} is on the way",
        "{name},\n\n{technician} is on the way to {address}: {work}." + _SIGNED_EN,
    ),
    (Occasion.ON_MY_WAY, Channel.EMAIL, _ES): Words(
        "{technician} va en camino",
        "{name}:\n\n{technician} va en camino a {address} para su servicio: {work}." + _SIGNED_ES,
    ),
    (Occasion.ON_MY_WAY, Channel.TEXT, _EN): Words(
        "", "{company}: {technician} is on the way to {address}. Questions: {company_phone}."
    ),
    (Occasion.ON_MY_WAY, Channel.TEXT, _ES): Words(
        "", "{company}: {technician} va en camino a {address}. Preguntas: {company_phone}."
    ),
    (Occasion.DONE, Channel.EMAIL, _EN): Words(
        "The work is done: {work}",
        "{name},\n\nthe work of job {job} at {address} is done. Thank you for having us." + _SIGNED_EN,
    ),
    (Occasion.DONE, Channel.EMAIL, _ES): Words(
        "Su servicio está terminado: {work}",
        "{name}:\n\nel trabajo {job} en {address} está terminado. Gracias por recibirnos." + _SIGNED_ES,
    ),
    (Occasion.DONE, Channel.TEXT, _EN): Words(
        "", "{company}: the work is done. Thank you! Questions: {company_phone}."
    ),
    (Occasion.DONE, Channel.TEXT, _ES): Words(
        "", "{company}: su servicio está terminado. Gracias. Preguntas: {company_phone}."
    ),
    (Occasion.INVOICE, Channel.EMAIL, _EN): Words(
        "Invoice {invoice} from {company}",
        "{name},\n\nthank you for your business. Invoice {invoice} for job {job} is attached:"
        " {total}, due {due}." + _SIGNED_EN,
    ),
    (Occasion.INVOICE, Channel.EMAIL, _ES): Words(
        "Factura {invoice} de {company}",
        "{name}:\n\ngracias por su confianza. Adjuntamos la factura {invoice} del trabajo {job}:"
        " {total}, con vencimiento el {due}." + _SIGNED_ES,
    ),
    (Occasion.INVOICE, Channel.TEXT, _EN): Words(
        "", "{company}: invoice {invoice} over {total} is due {due}. Questions: {company_phone}."
    ),
    (Occasion.INVOICE, Channel.TEXT, _ES): Words(
        "", "{company}: la factura {invoice} por {total} vence el {due}. Preguntas: {company_phone}."
    ),
    (Occasion.PAYMENT, Channel.EMAIL, _EN): Words(
        "We received your payment",
        "{name},\n\nwe received {amount}. Thank you! Your receipt number is {payment}." + _SIGNED_EN,
    ),
    (Occasion.PAYMENT, Channel.EMAIL, _ES): Words(
        "Recibimos su pago",
        "{name}:\n\nrecibimos {amount}. ¡Gracias! Su número de recibo es {payment}." + _SIGNED_ES,
    ),
    (Occasion.PAYMENT, Channel.TEXT, _EN): Words(
        "", "{company}: we received {amount}, receipt {payment}. Thank you!"
    ),
    (Occasion.PAYMENT, Channel.TEXT, _ES): Words(
        "", "{company}: recibimos {amount}, recibo {payment}. ¡Gracias!"
    ),
    (Occasion.PLAN_DUE, Channel.EMAIL, _EN): Words(
        "It is time for your maintenance",
        "{name},\n\nunder your {plan} the equipment at {address} is due for a visit."
        " Answer this e-mail or call {company_phone}, and we find a time.\n\n{company}",
    ),
    (Occasion.PLAN_DUE, Channel.EMAIL, _ES): Words(
        "Es hora de su mantenimiento",
        "{name}:\n\nsegún su plan {plan}, al equipo en {address} le toca mantenimiento."
        " Responda a este correo o llame al {company_phone} y fijamos una cita.\n\n{company}",
    ),
    (Occasion.PLAN_DUE, Channel.TEXT, _EN): Words(
        "", "{company}: your {plan} visit is due. Call {company_phone} for a time. Reply STOP to end texts."
    ),
    (Occasion.PLAN_DUE, Channel.TEXT, _ES): Words(
        "",
        "{company}: le toca la visita de su {plan}. Llame al {company_phone}."
        " Responda ALTO para no recibir textos.",
    ),
}

_PLACE = re.compile(r"\{([^{}]*)\}")


def problems_of(words: Words, occasion: str) -> list[tuple[str, str]]:
    """What is wrong with a template as (where, sentence): placeholders nobody fills in, braces left over."""
    allowed = OF_OCCASION[occasion]
    offered = ", ".join(f"{{{name}}}" for name in allowed)
    found = []
    for where, text in (("subject", words.subject), ("body", words.body)):
        unknown = [name for name in _PLACE.findall(text) if name not in allowed]
        for name in dict.fromkeys(unknown):
            sentence = _("{%(name)s} is not known here. There are: %(offered)s.")
            found.append((where, str(sentence) % {"name": name, "offered": offered}))
        if not unknown and set("{}") & set(_PLACE.sub("", text)):
            found.append((where, str(_("A curly brace stands alone. Write a variable as {name}."))))
    return found


def filled_in(words: Words, variables: Mapping[str, Any], *, language: str, channel: str) -> Words:
    """The words with everything filled in, as this channel wants them; what a value says is never looked
    through again, and a placeholder without a value is left empty.
    """

    def fill(text: str) -> str:
        return _PLACE.sub(lambda place: said(variables.get(place[1], ""), language), text)

    subject, body = " ".join(fill(words.subject).split())[:200], fill(words.body).strip()
    return Words(subject, plainer(body) if channel == Channel.TEXT else body)


def said(value: Any, language: str) -> str:
    """A value in the customer's language: days with their weekday, money with its sign; what depends on the
    language by itself is a function of it.
    """
    with override("es" if language == Language.SPANISH else "en-us"):
        if isinstance(value, date):
            pattern = r"l j \d\e F" if language == Language.SPANISH else "l, F j"
            return date_format(value, pattern)
        if isinstance(value, Decimal):
            return format_money(value)
        return str(value(language) if callable(value) else value)


def samples(occasion: str, names: Iterable[str] = ()) -> dict[str, Any]:
    """Examples for a preview."""
    return {name: VARIABLES[name].sample for name in (names or OF_OCCASION[occasion])}


_HELD_BACK: Final[Mapping[Why, Promise]] = {
    Why.OPTED_OUT: _("This number or address asked us to stop. It holds until they ask otherwise."),
    Why.REFUSED: _("The contact does not want to be reached this way."),
    Why.NEVER_ASKED: _("Offers go by text only to those who said yes to it."),
    Why.OTHER_CHANNEL: _("The contact likes to be reached another way."),
    Why.NOT_SERVED: _("We do not serve this customer at present."),
    Why.TOO_LATE: _("It would have come too late to be of use."),
    Why.NO_ADDRESS: _("The customer has no number or address for it."),
}


def why_held_back(why: Why) -> str:
    """The sentence on the record."""
    return str(_HELD_BACK[why])
