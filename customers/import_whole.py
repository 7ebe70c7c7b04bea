"""What only a whole customer list can tell about one of its rows: doubles, parents, spellings, lookalikes.

Nothing is merged: rows that look alike are imported and say so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from customers.import_meaning import Problem, Proposed, plain
from customers.import_rules import interpret
from customers.quickbooks_file import SourceRow


def interpret_all(rows: Iterable[SourceRow], *, names_are_unique: bool = True) -> list[Proposed]:
    """Each row's meaning, in the file's order, with what only the whole file can tell.

    In QuickBooks Desktop `names_are_unique`: the same name twice is held there.
    """
    proposals = [interpret(row) for row in rows]
    proposals = _doubles(proposals, names_are_unique=names_are_unique)
    proposals = _parents(proposals)
    proposals = _other_spellings(proposals)
    return _lookalikes(proposals)


def _with(proposed: Proposed, *problems: Problem) -> Proposed:
    return replace(proposed, problems=(*proposed.problems, *problems))


def _doubles(proposals: list[Proposed], *, names_are_unique: bool) -> list[Proposed]:
    """The same number or name twice in one file: QuickBooks cannot have written that; a person decides."""
    ids: dict[str, int] = {}
    names: dict[str, int] = {}
    times: Counter[str] = Counter()
    result = []
    for proposed in proposals:
        if proposed.outcome != "skip" and proposed.source_name:
            first = ids.setdefault(proposed.external_id, proposed.line)
            if first != proposed.line and "|" in proposed.external_id:
                times[proposed.external_id] += 1
                numbered = f"{proposed.external_id[:116]}#{times[proposed.external_id] + 1}"
                proposed = replace(proposed, external_id=numbered)
                proposed = _with(proposed, Problem("hold", "NAME", "same_identity", (("line", str(first)),)))
                result.append(proposed)
                continue
            if first != proposed.line:
                details = (("id", proposed.external_id), ("line", str(first)))
                proposed = _with(proposed, Problem("hold", "REFNUM", "same_refnum", details))
            if proposed.owner_id or "|" in proposed.external_id or not names_are_unique:
                result.append(proposed)
                continue
            first = names.setdefault(proposed.source_name.casefold(), proposed.line)
            if first != proposed.line:
                proposed = _with(proposed, Problem("hold", "NAME", "same_name", (("line", str(first)),)))
        result.append(proposed)
    return result


def _parents(proposals: list[Proposed]) -> list[Proposed]:
    by_name = {p.source_name.casefold(): p for p in proposals if p.source_name and not p.is_job}
    result = []
    for proposed in proposals:
        if proposed.is_job and proposed.outcome != "skip":
            parent = by_name.get(proposed.parent_name.casefold())
            details = (("parent", proposed.parent_name), ("line", str(parent.line if parent else "")))
            if parent is None:
                proposed = _with(proposed, Problem("hold", "NAME", "parent_missing", details))
            elif parent.outcome != "import":
                proposed = _with(proposed, Problem("hold", "NAME", "parent_not_imported", details))
            elif proposed.refuses_service and not parent.refuses_service:
                proposed = _with(proposed, Problem("hold", "NOTEPAD", "job_refuses_service", details))
            elif parent.phones == proposed.phones:
                proposed = replace(proposed, phones=())
        result.append(proposed)
    return result


def _other_spellings(proposals: list[Proposed]) -> list[Proposed]:
    """A town spelled as nobody else with that ZIP spells it, where at least four agree."""
    towns: dict[str, Counter[str]] = defaultdict(Counter)
    shown: dict[str, str] = {}
    for proposed in proposals:
        if proposed.site and proposed.site.address.postal_code and proposed.site.address.city:
            key = plain(proposed.site.address.city)
            towns[proposed.site.address.postal_code][key] += 1
            shown[key] = proposed.site.address.city
    result = []
    for proposed in proposals:
        address = proposed.site.address if proposed.site else None
        if address and address.city and (counts := towns.get(address.postal_code)):
            usual, times = counts.most_common(1)[0]
            if times >= 4 and counts[plain(address.city)] * 4 <= times and plain(address.city) != usual:
                details = (("city", address.city), ("usual", shown[usual]), ("zip", address.postal_code))
                proposed = _with(proposed, Problem("warn", "SADDR", "city_spelled_otherwise", details))
        result.append(proposed)
    return result


def _lookalikes(proposals: list[Proposed]) -> list[Proposed]:
    """Say which earlier row looks like the same customer: same door, or same number and same last name."""
    seen: dict[str, Proposed] = {}
    result = []
    for proposed in proposals:
        if proposed.customer is None or proposed.outcome == "skip":
            result.append(proposed)
            continue
        keys = list(_twin_keys(proposed))
        twin = next((seen[key] for key in keys if key in seen), None)
        for key in keys:
            seen.setdefault(key, proposed)
        if twin is not None and (
            _is_told(proposed) or (twin.owner_id and twin.owner_id == proposed.owner_id)
        ):
            twin = None
        if twin is not None and twin.customer is not None:
            details = (("line", str(twin.line)), ("name", twin.source_name))
            proposed = _with(proposed, Problem("warn", "NAME", "looks_like", details))
            if twin.refuses_service and not proposed.refuses_service:
                proposed = _with(proposed, Problem("warn", "NAME", "twin_do_not_service", details))
        result.append(proposed)
    return result


def _is_told(proposed: Proposed) -> bool:
    return any(problem.code == "same_identity" for problem in proposed.problems)


def _twin_keys(proposed: Proposed) -> Iterable[str]:
    assert proposed.customer is not None  # noqa: S101  (asked by the caller; tells the type checker)
    name = "".join(sorted(plain(proposed.customer.name).replace(",", " ").split()))
    last = plain(proposed.contact.last_name) if proposed.contact else name
    if proposed.site and proposed.site.address.match_key:
        number, _street, _rest = proposed.site.address.match_key.partition(" ")
        yield f"door {proposed.site.address.match_key} {last}"
        if number.isdigit() and proposed.site.address.postal_code:
            yield f"name {name} {number} {proposed.site.address.postal_code}"
    for phone in proposed.phones:
        if phone.usable and phone.e164:
            yield f"phone {phone.e164} {last}"
