"""The matcher's reasons in the office's words."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

WORDS: Final[dict[str, Any]] = {
    "first name same": _("the same first name"),
    "first name close": _("first names a slip apart"),
    "first name nickname": _("a short form of the first name"),
    "first name initial": _("the first name's initial"),
    "first name near": _("similar first names"),
    "first name part": _("part of the first name"),
    "first name other": _("another first name"),
    "last name same": _("the same last name"),
    "last name close": _("last names a slip apart"),
    "last name part": _("part of the last name"),
    "last name near": _("similar last names"),
    "last name other": _("another last name"),
    "names turned round": _("first and last name the other way round"),
    "another generation (Jr, Sr)": _("another generation (Jr., Sr.)"),
    "company same": _("the same company"),
    "company near": _("similar company names"),
    "company other": _("another company"),
    "last name in the company's": _("the last name in the company's name"),
    "phone same": _("the same phone number"),
    "phone one digit apart": _("phone numbers one digit apart"),
    "phone differs": _("other phone numbers"),
    "phone shared by many": _("a phone number that many share"),
    "e-mail same": _("the same e-mail address"),
    "e-mail close": _("e-mail addresses a slip apart"),
    "e-mail differs": _("other e-mail addresses"),
    "e-mail of an office same": _("the same office's e-mail address"),
    "number same": _("the same house number"),
    "number close": _("house numbers a slip apart"),
    "number other": _("another house number"),
    "street same": _("the same street"),
    "street close": _("street names a slip apart"),
    "street near": _("similar street names"),
    "street other": _("another street"),
    "street word other": _("Street in one, Avenue or the like in the other"),
    "zip same": _("the same ZIP"),
    "zip close": _("ZIPs a slip apart"),
    "zip other": _("another ZIP"),
    "city same": _("the same city"),
    "city close": _("city names a slip apart"),
    "city near": _("similar city names"),
    "city other": _("another city"),
    "state other": _("another state"),
    "unit same": _("the same unit"),
    "unit other": _("another unit of the building"),
    "unit on one side": _("a unit in one record only"),
    "place same": _("the same place name"),
    "place close": _("place names a slip apart"),
    "place near": _("similar place names"),
    "place other": _("another place name"),
    "same house, other name": _("the same house under another name"),
    "same number, other name": _("the same number under another name"),
    "birth date same": _("the same birth date"),
    "birth date close": _("birth dates a slip apart"),
    "birth date other": _("another birth date"),
    "tax id same": _("the same tax number"),
    "tax id close": _("tax numbers a slip apart"),
    "tax id other": _("another tax number"),
}
VETOES: Final[dict[str, Any]] = {
    "another name": _("The names differ."),
    "another generation (Jr, Sr)": _("One is a Jr. or Sr."),
    "another unit of the building and another phone": _(
        "They have different units of one building, and different phones."
    ),
    "only an initial, and no number in common": _("Only an initial fits, and they share no number."),
    "both have open contracts": _("Both have open contracts."),
    "marked as not a duplicate": _("Somebody said that they are not the same."),
    "other company name": _("The company names differ."),
    "other birth date": _("The birth dates differ."),
    "other tax id": _("The tax numbers differ."),
}
SAID_FIRST: Final = 12  # points from which a reason is worth a word in a short list


def worded(reason: str) -> Any:
    """One reason as a page says it; a reason of another version as it was written."""
    return WORDS.get(reason, reason)


def veto(reason: str) -> Any:
    """One veto as a sentence."""
    return VETOES.get(reason, reason)


def in_short(reasons: list[tuple[str, int]]) -> list[Any]:
    """What speaks for it, the strongest first: an address in one piece, not in four."""
    said = {word: points for word, points in reasons if points >= SAID_FIRST}
    if {"number same", "street same"} <= said.keys():
        for word in ("number same", "street same", "zip same", "city same"):
            said.pop(word, None)
        said["address same"] = 50
    order = sorted(said, key=lambda word: -said[word])
    return [_("the same address") if word == "address same" else worded(word) for word in order]
