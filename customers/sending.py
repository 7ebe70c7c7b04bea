"""Whether something may be said to a customer, and when. The one place that knows wishes, opt-outs and
quiet hours; plain rules.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from fsm.clock import at, local

EMAIL, TEXT = "email", "text"
YES, NO = "yes", "no"

# About work they ordered and money they owe: said unless they refused. The rest needs to be wanted.
MONEY = frozenset({"invoice", "payment"})
OFFERS = frozenset({"plan_due"})
# Somebody waits at the door for it: at night as well, and worth nothing later.
AT_ONCE = frozenset({"on_my_way"})


class Why(StrEnum):
    """Why something was not said."""

    OPTED_OUT = "opted_out"
    REFUSED = "refused"
    NEVER_ASKED = "never_asked"
    OTHER_CHANNEL = "other_channel"
    NOT_SERVED = "not_served"
    TOO_LATE = "too_late"
    NO_ADDRESS = "no_address"


@dataclass(frozen=True)
class Send:
    """It may leave now."""


@dataclass(frozen=True)
class Wait:
    """It may leave from this instant on."""

    until: datetime


@dataclass(frozen=True)
class HoldBack:
    """It does not leave."""

    why: Why


Decision = Send | Wait | HoldBack


@dataclass(frozen=True)
class QuietHours:
    """When no texts are sent, on the customer's wall clock; the same time twice means never quiet."""

    begin: time
    end: time
    zone: str

    def end_of(self, moment: datetime) -> datetime | None:
        """When the quiet hours end that the instant lies in; None where it lies in none.

        What the wall clock says is what counts: where clocks go back, quiet hours are an hour longer.
        """
        if self.begin == self.end:
            return None
        here = local(moment, self.zone)
        wall = here.time()
        if self.begin < self.end:
            quiet, days = self.begin <= wall < self.end, 0
        else:
            quiet, days = wall >= self.begin or wall < self.end, 1 if wall >= self.begin else 0
        if not quiet:
            return None
        end = self.end.replace(fold=0)
        ends = at(self.zone, here.date() + timedelta(days=days), end)
        # An end that the clocks show twice lies behind us once and ahead of us once.
        return ends if ends > moment else _second_of(self.zone, here, end)


def _second_of(zone: str, here: datetime, wall: time) -> datetime:
    """The later of the two instants that show this wall time on the day."""
    first = at(zone, here.date(), wall)
    return first + timedelta(hours=1) if local(first + timedelta(hours=1), zone).time() == wall else first


def decide(
    channel: str,
    *,
    occasion: str,
    consent: str,
    opted_out: bool,
    now: datetime,
    preferred: str = "",
    quiet: QuietHours | None = None,
    served: bool = True,
    by_hand: bool = False,
    useful_until: datetime | None = None,
) -> Decision:
    """Whether a message may leave: now, later, or not at all.

    `consent` is what the contact said about the channel ("yes", "no" or ""), `opted_out` whether the number
    or address asked us to stop, which nothing overrules. A bill that a person sends by hand goes out although
    the contact would rather have none; nothing else does.
    """
    if opted_out:
        return HoldBack(Why.OPTED_OUT)
    asked_for_bill = by_hand and channel == EMAIL and occasion in MONEY
    if consent == NO and not asked_for_bill:
        return HoldBack(Why.REFUSED)
    if not by_hand:
        if not served and occasion not in MONEY:
            return HoldBack(Why.NOT_SERVED)
        if occasion in OFFERS:
            if preferred and preferred != channel:
                return HoldBack(Why.OTHER_CHANNEL)
            if channel == TEXT and consent != YES:
                return HoldBack(Why.NEVER_ASKED)
    until = quiet.end_of(now) if quiet and channel == TEXT and occasion not in AT_ONCE else None
    if useful_until is not None and (until or now) >= useful_until:
        return HoldBack(Why.TOO_LATE)
    return Wait(until) if until else Send()


# What they answer ------------------------------------------------------------------------------------


class Answer(StrEnum):
    """What a text of theirs asks of us by a single word."""

    STOP = "stop"
    START = "start"
    HELP = "help"


_WORDS = {
    Answer.STOP: {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "alto", "parar"},
    Answer.START: {"start", "unstop", "iniciar", "empezar"},
    Answer.HELP: {"help", "info", "ayuda"},
}
_WORD = {word: answer for answer, words in _WORDS.items() for word in words}


def answer_of(body: str) -> Answer | None:
    """The word the whole text consists of, in any case, accents and punctuation aside; None for anything
    else, which is for a person to read.
    """
    letters = unicodedata.normalize("NFKD", body).casefold()
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _WORD.get(" ".join(re.findall(r"[^\W_]+", letters)))


# What a text costs -----------------------------------------------------------------------------------

_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = set("^{}\\[~]|€")
_PLAINER = str.maketrans(
    {
        "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "\u00a0": " ", "\u202f": " ",  # noqa: RUF001
    }
)  # fmt: skip


def plainer(body: str) -> str:
    """The text without the typographic signs that make telephones charge for more parts."""
    return body.translate(_PLAINER)


def parts_of_text(body: str) -> int:
    """In how many parts a text travels, each of which costs: 160 letters, fewer with signs beyond GSM's."""
    if not body:
        return 0
    if set(body) <= _GSM | _GSM_TWICE:
        length = sum(2 if letter in _GSM_TWICE else 1 for letter in body)
        whole, piece = 160, 153
    else:
        length, whole, piece = len(body.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= whole else -(-length // piece)
