"""Which of two records' words stand when they become one: what was chosen, else the stricter or fuller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Fields = Mapping[str, Any]
SURVIVOR: Final = "survivor"
LOSER: Final = "loser"

# What is chosen together: half an address of each would be an address of nobody.
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "name": ("kind", "first_name", "last_name", "company_name", "name"),
    "billing_address": (
        "billing_street",
        "billing_unit",
        "billing_city",
        "billing_state",
        "billing_postal_code",
    ),
    "terms": ("terms",),
    "tax": ("is_taxable", "tax_certificate", "tax_certificate_expires"),
    "branch": ("branch_id",),
    "parent": ("parent_id",),
    "bill_to": ("bill_to_id",),
    "language": ("language",),
    "lead_source": ("lead_source",),
}
# Blank here, filled there: the survivor takes these without being asked.
FILLED: Final = ("billing_address", "parent", "bill_to", "lead_source")
MOST_REASON: Final = 200


def usual_choices(survivor: Fields, loser: Fields) -> dict[str, str]:
    """For each group whose record stands unless a person says otherwise: the survivor's, or the fuller one's
    where the survivor says nothing at all.
    """
    chosen = dict.fromkeys(GROUPS, SURVIVOR)
    for group in FILLED:
        names = GROUPS[group]
        if not any(survivor[name] for name in names) and any(loser[name] for name in names):
            chosen[group] = LOSER
    return chosen


def differing(survivor: Fields, loser: Fields) -> list[str]:
    """The groups in which the two records say different things."""
    return [group for group, names in GROUPS.items() if any(survivor[n] != loser[n] for n in names)]


def settle(survivor: Fields, loser: Fields, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """What the survivor's fields become. A choice is "survivor", "loser", or the values themselves.

    Never a matter of choice: credit hold and do-not-service hold where either record has them, tags join, and
    who is active in one record is active.
    """
    if unknown := chosen.keys() - GROUPS.keys():
        raise TypeError(f"unknown choices: {', '.join(sorted(unknown))}")
    settled: dict[str, Any] = {}
    for group, choice in {**usual_choices(survivor, loser), **chosen}.items():
        names = GROUPS[group]
        if isinstance(choice, Mapping):
            if unknown := choice.keys() - set(names):
                raise TypeError(f"unknown values for {group}: {', '.join(sorted(unknown))}")
            settled |= {name: survivor[name] for name in names} | dict(choice)
        elif choice in (SURVIVOR, LOSER):
            settled |= {name: (loser if choice == LOSER else survivor)[name] for name in names}
        else:
            raise TypeError(f"{group} is chosen from the survivor or the loser, not {choice!r}")
    for name in ("parent_id", "bill_to_id"):
        if settled[name] in (survivor["id"], loser["id"]):  # nobody is part of itself
            settled[name] = None
    settled["credit_hold"] = survivor["credit_hold"] or loser["credit_hold"]
    settled["do_not_service"] = survivor["do_not_service"] or loser["do_not_service"]
    settled["do_not_service_reason"] = _reasons(survivor, loser)
    settled["tags"] = list(dict.fromkeys([*survivor["tags"], *loser["tags"]]))
    settled["is_active"] = survivor["is_active"] or loser["is_active"]
    return settled


def _reasons(survivor: Fields, loser: Fields) -> str:
    said = [row["do_not_service_reason"] for row in (survivor, loser) if row["do_not_service"]]
    return " / ".join(dict.fromkeys(said))[:MOST_REASON]
