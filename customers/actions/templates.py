"""The company's words for each occasion, and the rules of when they are said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.states import NotPossible

from ..models import Channel, Language, MessageTemplate, MessagingRules, Occasion
from ..phones import find_phones
from ..versions import check_version
from ..wording import LONGEST, OURS, WRITTEN, Words, problems_of

# What the house did before anybody chose: the bill goes out by e-mail.
ON_FROM_THE_START = {(Occasion.INVOICE, Channel.EMAIL)}


@dataclass(frozen=True)
class Standing:
    """The words that hold for an occasion, channel and language, and whether they are sent at all."""

    occasion: str
    channel: str
    language: str
    words: Words
    is_on: bool
    is_ours: bool
    version: int


def standing_templates(
    occasions: Iterable[str] = Occasion.values,
) -> dict[tuple[str, str, str], Standing]:
    """What holds for the occasions, in one query: the company's words, else ours."""
    wanted = list(occasions)
    rows = {
        (row.occasion, row.channel, row.language): row
        for row in MessageTemplate.objects.filter(occasion__in=wanted)
    }
    switched = {(row.occasion, row.channel): row.is_on for row in rows.values()}
    found = {}
    for occasion in wanted:
        for channel in WRITTEN:
            is_on = switched.get((occasion, channel), (occasion, channel) in ON_FROM_THE_START)
            for language in Language.values:
                key = (occasion, channel.value, language)
                row, ours = rows.get(key), OURS[key]
                words = Words(row.subject, row.body) if row else ours
                version = row.version if row else 0
                found[key] = Standing(*key, words, is_on, words == ours, version)
    return found


def is_said(occasion: str) -> bool:
    """Whether the house says anything by itself on the occasion, in one cheap query."""
    on = dict(MessageTemplate.objects.filter(occasion=occasion).values_list("channel", "is_on"))
    return any(on.get(channel, (occasion, channel) in ON_FROM_THE_START) for channel in WRITTEN)


@transaction.atomic
def save_template(
    occasion: str, channel: str, language: str, *, subject: str, body: str, version: int
) -> MessageTemplate:
    """The company's own words; refuses variables that the occasion does not have, and Stale edits."""
    subject = "" if channel == Channel.TEXT else " ".join(subject.split())
    words = Words(subject, "\n".join(line.rstrip() for line in body.strip().splitlines()))
    if not words.body:
        raise NotPossible(_("A message needs a text."), field="body")
    if channel == Channel.EMAIL and not words.subject:
        raise NotPossible(_("An e-mail needs a subject."), field="subject")
    if len(words.body) > LONGEST[channel]:
        raise NotPossible(_("At most %(most)s letters, please.") % {"most": LONGEST[channel]}, field="body")
    for where, sentence in problems_of(words, occasion):
        raise NotPossible(sentence, field=where)
    row = _row(occasion, channel, language)
    if row.pk:
        check_version(row, version, {"subject": words.subject, "body": words.body}, noun=_("template"))
        row.version += 1
    row.subject, row.body = words.subject, words.body
    row.save()
    return row


@transaction.atomic
def restore_our_words(occasion: str, channel: str, language: str) -> MessageTemplate:
    """Say it again in the words the house came with; whether it is said at all stays."""
    row, ours = _row(occasion, channel, language), OURS[occasion, channel, language]
    row.subject, row.body = ours.subject, ours.body
    row.version += 1 if row.pk else 0
    row.save()
    return row


@transaction.atomic
def switch_message(occasion: str, channel: str, *, on: bool) -> None:
    """Say something by itself on the occasion, or stop saying it, in every language."""
    for language in Language.values:
        row = _row(occasion, channel, language)
        if row.pk and row.is_on == on:
            continue
        row.is_on = on
        row.version += 1 if row.pk else 0
        row.save()


def _row(occasion: str, channel: str, language: str) -> MessageTemplate:
    """The row, locked, or a new one with the words that hold."""
    key = {"occasion": occasion, "channel": channel, "language": language}
    row = MessageTemplate.objects.select_for_update(no_key=True).filter(**key).first()
    if row is None:
        stands = standing_templates([occasion])[occasion, channel, language]
        row = MessageTemplate(**key, subject=stands.words.subject, body=stands.words.body, is_on=stands.is_on)
    return row


def messaging_rules() -> MessagingRules:
    """The one row, or what holds while there is none."""
    return MessagingRules.objects.first() or MessagingRules(version=0)


@transaction.atomic
def change_messaging_rules(
    *, version: int, quiet_from: time, quiet_until: time, text_from: str, reminder_hours: int
) -> MessagingRules:
    """When and from where the house writes by itself; Stale when somebody changed it since `version`."""
    number = ""
    if text_from.strip():
        found = find_phones(text_from)
        if len(found.phones) != 1 or not found.phones[0].e164 or found.phones[0].extension:
            raise NotPossible(
                _("“%(text)s” is not a phone number with its area code.") % {"text": text_from.strip()},
                field="text_from",
            )
        number = found.phones[0].e164
    if not 1 <= reminder_hours <= 168:
        raise NotPossible(_("Remind between one hour and seven days before."), field="reminder_hours")
    wanted: dict[str, Any] = {
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "text_from": number,
        "reminder_hours": reminder_hours,
    }
    rules = MessagingRules.objects.select_for_update(no_key=True).first()
    if rules is None:
        return MessagingRules.objects.create(**wanted)
    check_version(rules, version, wanted, noun=_("rules"))
    for name, value in wanted.items():
        setattr(rules, name, value)
    rules.version += 1
    rules.save()
    return rules
