"""How an IIF file is laid out: its columns, their widths, and how a value is written into one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from fsm.money import to_cents

ZERO = Decimal("0.00")
EXACT = 60  # digits: no product of a quantity and a price is ever rounded on its way
ENCODING = "cp1252"
NEWLINE = "\r\n"

INVOICE, CREDIT_MEMO, PAYMENT = "INVOICE", "CREDIT MEMO", "PAYMENT"
KINDS = {INVOICE: "Invoice", CREDIT_MEMO: "Credit memo", PAYMENT: "Payment"}


def _columns(*names: str) -> tuple[str, ...]:
    return tuple(" ".join(names).split())


HEADERS: dict[str, tuple[str, ...]] = {
    "ACCNT": _columns("NAME ACCNTTYPE DESC EXTRA"),
    "INVITEM": _columns("NAME INVITEMTYPE DESC ACCNT PRICE TAXABLE TAXVEND"),
    "CUST": _columns(
        "NAME BADDR1 BADDR2 BADDR3 BADDR4 BADDR5 SADDR1 SADDR2 SADDR3 SADDR4 SADDR5",
        "PHONE1 PHONE2 FAXNUM EMAIL NOTE CONT1 CONT2 CTYPE TERMS TAXABLE LIMIT RESALENUM REP TAXITEM",
        "NOTEPAD SALUTATION COMPANYNAME FIRSTNAME MIDINIT LASTNAME",
    ),
    "TRNS": _columns(
        "TRNSID TRNSTYPE DATE ACCNT NAME CLASS AMOUNT DOCNUM MEMO CLEAR TOPRINT NAMEISTAXABLE",
        "ADDR1 ADDR2 ADDR3 ADDR4 ADDR5 DUEDATE TERMS PAYMETH PONUM",
    ),
    "SPL": _columns(
        "SPLID TRNSTYPE DATE ACCNT NAME CLASS AMOUNT DOCNUM MEMO CLEAR QNTY PRICE INVITEM TAXABLE EXTRA"
    ),
    "ENDTRNS": (),
}
ORDER = ("ACCNT", "INVITEM", "CUST", "TRNS", "SPL", "ENDTRNS")
LISTS = ORDER[:3]

# A name with its parents is a FULL name; each of its parts, between colons, has a width of its own.
NAME, ITEM, ACCOUNT = 41, 31, 31
FULL_NAME, FULL_ACCOUNT = 209, 159
DOCNUM, PAYMENT_DOCNUM = 11, 20
TEXT, ADDRESS, PHONE, EMAIL, TERMS, PO_NUMBER = 4095, 41, 21, 1023, 31, 25
_POSTED = {
    "ACCNT": FULL_ACCOUNT,
    "NAME": FULL_NAME,
    "CLASS": FULL_ACCOUNT,
    "DOCNUM": PAYMENT_DOCNUM,
    "MEMO": TEXT,
}
WIDTHS: dict[str, dict[str, int]] = {
    "ACCNT": {"NAME": FULL_ACCOUNT, "DESC": 200},
    "INVITEM": {"NAME": FULL_ACCOUNT, "DESC": TEXT, "ACCNT": FULL_ACCOUNT, "TAXVEND": NAME},
    "CUST": {
        "NAME": FULL_NAME,
        **{f"{side}ADDR{number}": ADDRESS for side in "BS" for number in range(1, 6)},
        **dict.fromkeys(("PHONE1", "PHONE2", "FAXNUM"), PHONE),
        **dict.fromkeys(("NOTE", "CONT1", "CONT2", "COMPANYNAME"), NAME),
        **dict.fromkeys(("FIRSTNAME", "LASTNAME"), 25),
        **dict.fromkeys(("SALUTATION", "RESALENUM"), 15),
        **dict.fromkeys(("MIDINIT", "REP"), 5),
        **{"EMAIL": EMAIL, "CTYPE": FULL_ACCOUNT, "TERMS": TERMS, "TAXITEM": ITEM, "NOTEPAD": TEXT},
    },
    "TRNS": {
        **_POSTED,
        **{f"ADDR{number}": ADDRESS for number in range(1, 6)},
        **{"TERMS": TERMS, "PAYMETH": TERMS, "PONUM": PO_NUMBER},
    },
    "SPL": {**_POSTED, "INVITEM": FULL_ACCOUNT},
}


class IifRefused(ValueError):
    """A document cannot go into a file as it is; the message names it and says what is wrong."""


class IifBroken(ValueError):
    """A file must not be imported; the message says where and why."""


NEAREST = {
    "\u2032": "\u2019",  # prime
    "\u2033": "\u201d",  # double prime
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "\u2013",
    "\u2015": "\u2014",
    "\u2212": "-",
    "\u2190": "<-",
    "\u2192": "->",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2260": "<>",
    "\u2044": "/",
    "\u0141": "L",
    "\u0142": "l",
    "\u0110": "D",
    "\u0111": "d",
}


def plain(text: str) -> str:
    """The text as one line of Windows-1252: what that lacks is brought near or left out."""
    written = "".join(map(_nearest, unicodedata.normalize("NFC", text)))
    return " ".join(written.split())


def free_text(text: str, width: int) -> str:
    """A memo, note or address line: plain, without straight double quotes, cut to its width."""
    return plain(text.replace('"', "\u201d"))[:width].rstrip()


def _nearest(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace() or category == "Cc":
        return " "
    if category == "Cf":  # invisible: joiners, marks of direction, soft hyphens
        return ""
    if _fits(character):
        return character
    if character in NEAREST:
        return NEAREST[character]
    parts = unicodedata.normalize("NFKD", character)
    return "".join(part if _fits(part) else NEAREST.get(part, "") for part in parts)


def _fits(character: str) -> bool:
    try:
        character.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return True


def _name(what: str, text: str, *, part: int, whole: int) -> str:
    """A list name with its parents, or a refusal: nobody's name is ever shortened."""
    written = ":".join(piece.strip() for piece in plain(text).split(":"))
    if not written:
        raise IifRefused(f"{what} is empty in the letters QuickBooks Desktop knows (“{text}”).")
    if written.startswith('"'):
        raise IifRefused(f"{what} begins with a quotation mark, which an import would swallow (“{written}”).")
    for piece in written.split(":"):
        if not piece:
            raise IifRefused(f"{what} has an empty part around a colon (“{written}”).")
        if len(piece) > part:
            raise IifRefused(
                f"{what} has {len(piece)} characters and QuickBooks Desktop takes {part} (“{piece}”)."
            )
    if len(written) > whole:
        raise IifRefused(
            f"{what} has {len(written)} characters and QuickBooks Desktop takes {whole} (“{written}”)."
        )
    return written


def customer_name(what: str, text: str) -> str:
    """A customer, a job of one (`Customer:Job`) or a vendor, whole; IifRefused when a part is too long."""
    return _name(what, text, part=NAME, whole=FULL_NAME)


def account_name(what: str, text: str) -> str:
    """An account with its parents, whole; IifRefused when a part is too long."""
    return _name(what, text, part=ACCOUNT, whole=FULL_ACCOUNT)


def item_name(what: str, text: str) -> str:
    """An item with its parents, whole; IifRefused when a part is too long."""
    return _name(what, text, part=ITEM, whole=FULL_ACCOUNT)


def exact(what: str, text: str, width: int) -> str:
    """A number or code that must arrive whole; IifRefused when it is too long."""
    written = plain(text)
    if len(written) > width:
        raise IifRefused(
            f"{what} has {len(written)} characters and QuickBooks Desktop takes {width} (“{written}”)."
        )
    return written


def money_text(amount: Decimal) -> str:
    """Dollars and two places, no separators, never -0.00."""
    return f"{amount + ZERO:.2f}"


def number_text(value: Decimal) -> str:
    """Up to five places, without trailing zeros and never in powers of ten."""
    text = f"{value + ZERO:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def price_text(value: Decimal) -> str:
    """At least two places, more where the price has them."""
    text = f"{value + ZERO:f}"
    whole, _, places = text.partition(".")
    return f"{whole}.{places.rstrip('0'):0<2}"


def day_text(day: date) -> str:
    """MM/DD/YYYY."""
    return f"{day.month:02}/{day.day:02}/{day.year:04}"


def class_name(what: str, name: str) -> str:
    """A class with its parents, whole, or nothing."""
    return _name(f"{what}: the class", name, part=ACCOUNT, whole=FULL_ACCOUNT) if name else ""


def address(prefix: str, lines: Sequence[str]) -> dict[str, str]:
    """Up to five lines; what is left goes behind the fifth, as far as it has room."""
    written = [line for line in map(plain, lines) if line]
    kept = [*written[:4], ", ".join(written[4:])]
    return {f"{prefix}{number}": free_text(line, ADDRESS) for number, line in enumerate(kept, start=1)}


def flag(value: bool) -> str:
    """Y or N."""
    return "Y" if value else "N"


def tax_on(amounts: Iterable[Decimal], percent: Decimal) -> Decimal:
    """The tax on these amounts together, rounded once."""
    return to_cents(sum(amounts, ZERO) * percent / 100) + ZERO
