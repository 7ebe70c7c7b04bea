"""Finding a customer by whatever the caller says: what was typed, and the one statement that asks.

Every branch of the statement stands on a trigram index. Misspellings are only looked for where the exact
branches found too few, so that a good query stays cheap however many customers there are.
"""
# ruff: noqa: S608 (the statement is put together from constants; what people type travels as parameters)

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from .addresses import short_street_word
from .phones import search_digits

MOST_WORDS: Final = 6
FEWEST_DIGITS: Final = 4  # the last four of a number are enough
PER_BRANCH: Final = 60
MOST_ALIKE: Final = (
    1500  # so many that resemble a word are compared; where there are more, one goes on typing
)

_WORD = re.compile(r"[^\W\d_]{3}")
_PHONE_LIKE = re.compile(r"^[\d\s().+/\-]*(?:x\d+)?$")


@dataclass(frozen=True)
class Wanted:
    """What somebody typed: the whole in lower case, its words, its digits where it may be a phone number."""

    text: str
    words: tuple[str, ...]
    digits: str
    has_at: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is too little to search by."""
        return len(self.text) < 2

    @property
    def is_spoken(self) -> bool:
        """Whether it holds a word that may be misspelt: not a number, not an e-mail address."""
        return not self.has_at and bool(_WORD.search(self.text))


def understand(query: str) -> Wanted:
    """Take apart what was typed; anything may come in."""
    text = " ".join(query.replace("\x00", " ").split())[:100].casefold()
    digits = search_digits(text) if _PHONE_LIKE.match(text) else ""
    words = tuple(word for part in re.split(r"[\s,;]+", text) if (word := part.strip(".#()-")))[:MOST_WORDS]
    return Wanted(text, words, digits if len(digits) >= FEWEST_DIGITS else "", "@" in text)


def statement(wanted: Wanted, *, limit: int, branch_ids: list[int] | None) -> tuple[str, dict[str, Any]]:
    """The SQL and its parameters: ids of the best customers, with their rank and what matched, best first."""
    params: dict[str, Any] = {
        "text": wanted.text,
        "prefix": like(wanted.text) + "%",
        "number": wanted.text.upper(),
        "digits": wanted.digits,
        "digits_end": f"%{wanted.digits}",
        "digits_in": f"%{wanted.digits}%",
        "mail": f"%{like(wanted.text)}%" if len(wanted.text) > 2 else f"{like(wanted.text)}%",
        "limit": limit,
        "branches": branch_ids,
    }
    for at, word in enumerate(wanted.words):
        # Two letters carry no trigram of their own inside a word; at its start they do.
        params[f"w{at}"] = f"%{like(word)}%" if len(word) > 2 else f"{like(word)}%"
        params[f"v{at}"] = f"% {like(word)}%"
        params[f"s{at}"] = f"% {like(short_street_word(word))}%"
        params[f"b{at}"] = rf"\m{re.escape(word)}"
        params[f"e{at}"] = rf"\m{re.escape(word)}\M"
    exact = [
        "SELECT id, 100 AS rank, 'number' AS matched FROM customers_customer WHERE number = %(number)s",
        *(_by_digits() if wanted.digits else []),
        *(_by_mail() if wanted.has_at else []),
        *(_by_words(len(wanted.words)) if wanted.words and not wanted.has_at else []),
    ]
    loose = _by_sound() if wanted.is_spoken else []
    if len(wanted.words) > 1:
        loose.append(_across(wanted.words))
    sql = f"WITH exact AS MATERIALIZED ({_union(exact)})"
    if loose:
        sql += f", loose AS MATERIALIZED ({_union(loose)})"
    hits = "SELECT * FROM exact"
    if loose:  # started only where the exact branches left room
        hits += " UNION ALL SELECT * FROM loose WHERE (SELECT count(DISTINCT id) FROM exact) < %(limit)s"
    sql += (
        # What is only known of a record that was merged into another still finds the other.
        ", best AS (SELECT DISTINCT ON (id) id, rank, matched FROM"
        f" (SELECT COALESCE(t.merged_into_id, hits.id) AS id, rank, matched FROM ({hits}) AS hits"
        " LEFT JOIN (SELECT id, merged_into_id FROM customers_customer WHERE merged_into_id IS NOT NULL) AS t"
        " ON t.id = hits.id) AS living ORDER BY id, rank DESC)"
        ", top AS MATERIALIZED (SELECT id, rank, matched FROM best JOIN customers_customer AS c USING (id)"
        " WHERE (%(branches)s::bigint[] IS NULL OR c.branch_id = ANY(%(branches)s::bigint[]))"
        " ORDER BY c.is_active DESC, rank DESC, c.name, c.id LIMIT %(limit)s) "
    )
    return sql + _shown(wanted), params


@dataclass(frozen=True)
class FoundCustomer:
    """A customer as a list of suggestions shows it; `matched` says what the query was found in."""

    pk: int
    uuid: UUID
    number: str
    name: str
    kind: str
    is_active: bool
    do_not_service: bool
    do_not_service_reason: str
    credit_hold: bool
    matched: str
    contact: str
    phone: str
    extension: str
    email: str
    site_pk: int | None
    site_uuid: UUID | None
    site_name: str
    address: str
    site_count: int

    @property
    def other_sites(self) -> int:
        """How many sites there are beside the one shown."""
        return max(0, self.site_count - 1)


def _shown(wanted: Wanted) -> str:
    """The rest of the statement: what a suggestion shows, for the few customers that are left."""
    digits_first = "p.digits LIKE %(digits_in)s DESC, " if wanted.digits else ""
    asked = " AND ".join(
        f"({ADDRESS} ILIKE %(w{at})s OR {ADDRESS} ILIKE %(s{at})s)" for at in range(len(wanted.words))
    )
    site_first = f"({asked}) DESC, " if asked else ""
    return (
        "SELECT c.id, c.uuid, c.number, c.name, c.kind, c.is_active, c.do_not_service,"
        " c.do_not_service_reason, c.credit_hold, top.matched, COALESCE(k.name, ''), COALESCE(p.e164, ''),"
        " COALESCE(p.extension, ''), COALESCE(e.address, ''), s.id, s.uuid, COALESCE(s.name, ''),"
        " COALESCE(s.address, ''), COALESCE(n.n, 0) FROM top JOIN customers_customer c USING (id)"
        " LEFT JOIN LATERAL (SELECT k.name FROM customers_contact k"
        " WHERE k.customer_id = c.id AND k.is_active ORDER BY k.is_primary DESC, k.id LIMIT 1) k ON TRUE"
        " LEFT JOIN LATERAL (SELECT p.e164, p.extension FROM customers_phonenumber p JOIN customers_contact k"
        " ON k.id = p.contact_id WHERE k.customer_id = c.id AND k.is_active"
        f" ORDER BY {digits_first}k.is_primary DESC, p.is_primary DESC, p.id LIMIT 1) p ON TRUE"
        " LEFT JOIN LATERAL (SELECT e.address FROM customers_emailaddress e JOIN customers_contact k"
        " ON k.id = e.contact_id WHERE k.customer_id = c.id AND k.is_active"
        " ORDER BY k.is_primary DESC, e.is_primary DESC, e.id LIMIT 1) e ON TRUE"
        " LEFT JOIN LATERAL (SELECT id, uuid, name, concat_ws(', ', concat_ws(' ', street, NULLIF(unit, '')),"
        " city) AS address FROM customers_site WHERE customer_id = c.id AND is_active"
        f" ORDER BY {site_first}id LIMIT 1) s ON TRUE"
        " LEFT JOIN LATERAL (SELECT count(*) AS n FROM customers_site WHERE customer_id = c.id AND is_active)"
        " n ON TRUE ORDER BY c.is_active DESC, top.rank DESC, c.name, c.id"
    )


def like(text: str) -> str:
    """The text with LIKE's own signs taken literally."""
    return re.sub(r"([\\%_])", r"\\\1", text)


ADDRESS: Final = "(street || ' ' || unit || ' ' || city || ' ' || postal_code)"


def _by_digits() -> list[str]:
    phones = (
        "SELECT c.customer_id AS id, {rank} AS rank, 'phone' AS matched"
        " FROM customers_phonenumber p JOIN customers_contact c ON c.id = p.contact_id WHERE {where}"
    )
    return [
        phones.format(rank=96, where="p.digits = %(digits)s"),
        phones.format(rank=92, where="p.digits LIKE %(digits_end)s"),
        phones.format(rank=88, where="p.digits LIKE %(digits_in)s"),
        "SELECT id, 84 AS rank, 'number' AS matched FROM customers_customer"
        " WHERE number IN (%(digits)s, 'C' || %(digits)s)",
    ]


def _by_mail() -> list[str]:
    return [
        "SELECT c.customer_id AS id, CASE WHEN e.address = %(text)s THEN 95 ELSE 80 END AS rank,"
        " 'email' AS matched FROM customers_emailaddress e JOIN customers_contact c ON c.id = e.contact_id"
        " WHERE e.address ILIKE %(mail)s"
    ]


def _by_words(count: int) -> list[str]:
    every = range(count)
    in_name = " AND ".join(f"(name ILIKE %(w{at})s OR name ILIKE %(v{at})s)" for at in every)
    whole = " AND ".join(f"name ~* %(e{at})s" for at in every)
    at_starts = " AND ".join(f"name ~* %(b{at})s" for at in every)
    in_address = " AND ".join(f"({ADDRESS} ILIKE %(w{at})s OR {ADDRESS} ILIKE %(s{at})s)" for at in every)
    return [
        f"SELECT id, CASE WHEN lower(name) = %(text)s THEN 90 WHEN {whole} THEN 84"
        f" WHEN name ILIKE %(prefix)s THEN 80 WHEN {at_starts} THEN 78 ELSE 60 END AS rank, 'name' AS matched"
        f" FROM customers_customer WHERE {in_name}",
        f"SELECT customer_id AS id, CASE WHEN {at_starts} THEN 76 ELSE 58 END AS rank, 'contact' AS matched"
        f" FROM customers_contact WHERE {in_name}",
        f"SELECT customer_id AS id, CASE WHEN street ILIKE %(prefix)s THEN 74 ELSE 66 END AS rank,"
        f" 'address' AS matched FROM customers_site WHERE {in_address}",
        *(
            [
                "SELECT c.customer_id AS id, 55 AS rank, 'email' AS matched FROM customers_emailaddress e"
                " JOIN customers_contact c ON c.id = e.contact_id WHERE e.address ILIKE %(mail)s"
            ]
            if count == 1
            else []
        ),
    ]


def _by_sound() -> list[str]:
    """Misspelt: the words of the query resemble words of the name or the street, in any order."""
    return [
        f"SELECT id, {least} + 20 * word_similarity(%(text)s, words) AS rank, '{matched}' AS matched"
        f" FROM (SELECT {key} AS id, {words} AS words FROM {table} WHERE {words} %%> %(text)s"
        f" LIMIT {MOST_ALIKE}) AS alike"
        for least, matched, key, words, table in (
            (20, "name", "id", "name", "customers_customer"),
            (18, "contact", "customer_id", "name", "customers_contact"),
            (16, "address", "customer_id", ADDRESS, "customers_site"),
        )
    ]


def _across(words: tuple[str, ...]) -> str:
    """Words of several kinds, such as a name and a street: each finds candidates, all must fit the record.
    A single letter fits too many to find anybody; a number finds houses, too.
    """
    count = len(words)
    finding = [at for at, word in enumerate(words) if len(word) > 1] or range(count)
    everything = (
        "c.name || ' ' || c.number || ' ' || COALESCE((SELECT string_agg(k.name || ' ' || COALESCE((SELECT"
        " string_agg(p.digits, ' ') FROM customers_phonenumber p WHERE p.contact_id = k.id), ''), ' ')"
        " FROM customers_contact k WHERE k.customer_id = c.id), '') || ' ' || COALESCE((SELECT"
        f" string_agg({ADDRESS}, ' ') FROM customers_site s WHERE s.customer_id = c.id), '')"
    )
    named = " UNION ".join(
        f"(SELECT id FROM customers_customer WHERE name ILIKE %(w{at})s LIMIT 1000) UNION"
        f" (SELECT customer_id FROM customers_contact WHERE name ILIKE %(w{at})s LIMIT 1000)"
        for at in finding
    )
    named += "".join(
        f" UNION (SELECT customer_id FROM customers_site WHERE {ADDRESS} ILIKE %(s{at})s"
        f" OR {ADDRESS} ILIKE %(w{at})s LIMIT 1000)"
        for at in finding
        if words[at][0].isdigit()
    )
    return (
        f"SELECT id, 50 AS rank, 'record' AS matched FROM (SELECT c.id, {everything} AS words"
        f" FROM customers_customer c WHERE c.id IN ({named})) AS records WHERE "
        + " AND ".join(f"(words ILIKE %(w{at})s OR words ILIKE %(s{at})s)" for at in range(count))
    )


def _union(branches: list[str]) -> str:
    # Each branch is cut: nobody reads further, and a word such as a city's name fits thousands.
    return " UNION ALL ".join(
        f"(SELECT * FROM ({branch}) AS b ORDER BY rank DESC LIMIT {PER_BRANCH})" for branch in branches
    )
