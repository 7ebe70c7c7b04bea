"""Telephone numbers out of what people type: several in a cell, labelled, with extensions, or not numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

Flag = Literal["", "fictitious", "repeated", "too_short", "invalid_area", "invalid_exchange", "rounded"]

LONGEST_TEXT: Final = 2000

LABELS: Final = {
    "c": "cell", "cell": "cell", "cellular": "cell", "mobile": "cell", "mob": "cell", "m": "cell",
    "h": "home", "home": "home", "hm": "home", "house": "home",
    "w": "work", "work": "work", "wk": "work", "o": "office", "office": "office", "ofc": "office",
    "shop": "shop", "store": "store", "fax": "fax", "f": "fax", "pager": "pager",
    "wife": "wife", "husband": "husband", "spouse": "spouse", "son": "son", "daughter": "daughter",
    "mom": "mother", "mother": "mother", "dad": "father", "father": "father", "neighbor": "neighbor",
    "tenant": "tenant", "renter": "tenant", "landlord": "landlord", "owner": "owner",
    "manager": "manager", "mgr": "manager", "super": "manager",
    "main": "main", "direct": "direct", "alt": "other", "alternate": "other", "other": "other",
    "emergency": "emergency", "night": "after hours", "after hours": "after hours",
}  # fmt: skip

_LABEL = "|".join(sorted((re.escape(word) for word in LABELS), key=len, reverse=True))
_LABEL_BEFORE = re.compile(
    rf"(?<![^\W\d_])({_LABEL})\s*(?:phone|ph|no|number|\#)?\s*[:.#=-]?\s*\(?$", re.IGNORECASE
)
_LABEL_AFTER = re.compile(rf"^\s*(?:\(\s*({_LABEL})\s*\)|[-,]?\s*({_LABEL})(?![^\W_]))", re.IGNORECASE)
_ROUNDED = re.compile(r"(?<![\w.])\d(?:\.\d+)?[eE]\+?\d{1,2}(?!\w)")
_WHOLE_FLOAT = re.compile(r"(?<![\w.])(\d{7,11})\.0+(?!\w)")
_LOOSE = re.compile(r"(?<!\w)\+?\(?\d(?:[\d\s().\-]{5,18})\d(?!\w)")
_VANITY = re.compile(r"\(?(?:1[-. ]?)?\(?8\d\d\)?[-. ]?[A-Za-z0-9]{3}[-. ]?[A-Za-z0-9]{4}")
_ONE_USUAL = re.compile(
    r"(?:\+?1[-. ]?)?(?:\(([2-9]\d\d)\) ?|([2-9]\d\d)[-. ]?)(\d{3})[-. ]?(\d{4})", re.ASCII
)
_SEPARATORS = " \t\r\n/,;|&-:."


@dataclass(frozen=True)
class FoundPhone:
    """One number. `e164` is empty where digits are missing; `raw` is always what was typed."""

    e164: str
    extension: str
    raw: str
    flag: Flag
    label: str

    @property
    def usable(self) -> bool:
        """Whether a call to it could possibly go through."""
        return not self.flag


@dataclass(frozen=True)
class PhoneText:
    """What a cell held: its numbers in order, and the words that belong to none of them."""

    phones: tuple[FoundPhone, ...]
    leftover: str


_NOTHING: Final = PhoneText((), "")


def find_phones(text: str, *, region: str = "US") -> PhoneText:
    """Every number in the text, in order, each once; never raises, whatever the text."""
    if not text or text.isspace():
        return _NOTHING
    if region == "US" and (usual := _ONE_USUAL.fullmatch(text.strip())):
        return _usual(usual)
    text = _WHOLE_FLOAT.sub(r"\1", unicodedata.normalize("NFKC", text[:LONGEST_TEXT]))
    spans = sorted(_spans(text, region))
    phones: list[FoundPhone] = []
    leftovers: list[str] = []
    at = 0
    for start, end, phone in spans:
        between = text[at:start]
        if phones and not phones[-1].label and (after := _LABEL_AFTER.match(between)):
            claimed_by_next = after.group(1) is None and _LABEL_BEFORE.search(between)
            if not claimed_by_next:
                word = (after.group(1) or after.group(2)).casefold()
                phones[-1] = _labelled(phones[-1], LABELS[word])
                between = between[after.end() :]
        before = _LABEL_BEFORE.search(between)
        if before:
            phone = _labelled(phone, LABELS[before.group(1).casefold()])
            between = between[: before.start()]
        if between.strip(_SEPARATORS):
            leftovers.append(between.strip(_SEPARATORS))
        phones.append(phone)
        at = end
    tail = text[at:]
    if phones and not phones[-1].label and (after := _LABEL_AFTER.match(tail)):
        phones[-1] = _labelled(phones[-1], LABELS[(after.group(1) or after.group(2)).casefold()])
        tail = tail[after.end() :]
    if tail.strip(_SEPARATORS):
        leftovers.append(tail.strip(_SEPARATORS))
    return PhoneText(tuple(_once(phones)), " / ".join(leftovers))


def _usual(match: re.Match[str]) -> PhoneText:
    """A cell with nothing but one number in a usual way of writing: what the matcher would say, sooner."""
    e164 = f"+1{match.group(1) or match.group(2)}{match.group(3)}{match.group(4)}"
    flag = _flag(e164, _is_valid_line(e164[:8]))
    return PhoneText((FoundPhone(e164, "", match.group(), flag, ""),), "")


@lru_cache(maxsize=200_000)
def _is_valid_line(beginning: str) -> bool:
    """Whether numbers that begin so exist: area code and exchange decide, no last four digits do."""
    import phonenumbers

    return phonenumbers.is_valid_number(phonenumbers.parse(beginning + "2345"))


def format_us(e164: str) -> str:
    """(404) 555-0123 for a number of the North American plan; any other text comes back as it is."""
    if len(e164) == 12 and e164.startswith("+1") and e164[1:].isdigit() and e164.isascii():
        return f"({e164[2:5]}) {e164[5:8]}-{e164[8:]}"
    return e164


def search_digits(text: str) -> str:
    """The digits a person typed to find a number by, without a leading country code 1."""
    folded = unicodedata.normalize("NFKC", text)
    digits = "".join(character for character in folded if character in "0123456789")
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def _spans(text: str, region: str) -> Iterator[tuple[int, int, FoundPhone]]:
    import phonenumbers  # 48 MB of tables: only where numbers are read

    taken: list[tuple[int, int]] = []
    for rounded in _ROUNDED.finditer(text):
        taken.append(rounded.span())
        yield *rounded.span(), FoundPhone("", "", rounded.group(), "rounded", "")
    for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.POSSIBLE):
        if any(start < match.end and match.start < end for start, end in taken):
            continue
        taken.append((match.start, match.end))
        number = match.number
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        flag = _flag(e164, phonenumbers.is_valid_number(number))
        e164 = "" if flag == "too_short" else e164
        yield match.start, match.end, FoundPhone(e164, number.extension or "", match.raw_string, flag, "")
    for loose in _LOOSE.finditer(text):
        if any(start < loose.end() and loose.start() < end for start, end in taken):
            continue
        digits = search_digits(loose.group())
        if 7 <= len(digits) <= 9:
            taken.append(loose.span())
            yield *loose.span(), FoundPhone("", "", loose.group().strip(), "too_short", "")
    if not taken and _VANITY.fullmatch(text.strip()):
        number = phonenumbers.parse(text.strip(), region)
        if phonenumbers.is_valid_number(number):
            e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            yield 0, len(text), FoundPhone(e164, "", text.strip(), "", "")


def _flag(e164: str, valid: bool) -> Flag:
    if not e164.startswith("+1"):
        return "" if valid else "invalid_area"
    national = e164[2:]
    if len(national) < 10:
        return "too_short"
    if len(set(national[3:])) == 1 or national in {"1234567890", "0123456789"}:
        return "repeated"
    if national[3:8] == "55501":
        return "fictitious"
    if valid:
        return ""
    return "invalid_exchange" if national[3] in "01" else "invalid_area"


def _labelled(phone: FoundPhone, label: str) -> FoundPhone:
    return FoundPhone(phone.e164, phone.extension, phone.raw, phone.flag, label)


def _once(phones: list[FoundPhone]) -> Iterator[FoundPhone]:
    seen: set[tuple[str, str]] = set()
    for phone in phones:
        key = (phone.e164 or search_digits(phone.raw), phone.extension)
        if key not in seen:
            seen.add(key)
            yield phone
