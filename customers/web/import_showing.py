"""What the page of an import shows: kinds of rows, what each becomes, and what a person can decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.actions import imports
from customers.actions.import_batches import meaning_of, problem_of
from customers.actions.import_standing import choice_words
from customers.import_wording import sentence
from customers.models import ImportBatch, ImportRow, RowOutcome
from customers.models.records import address_lines


def held_for(code: str) -> list[dict[str, str]]:
    return [{"code": code, "severity": "hold"}]


# How the rows can be narrowed down: key, words, condition.
VIEWS: list[tuple[str, Any, Q]] = [
    ("", gettext_lazy("All"), Q()),
    ("ready", gettext_lazy("Ready"), Q(outcome=RowOutcome.READY)),
    ("imported", gettext_lazy("Imported"), Q(outcome=RowOutcome.IMPORTED)),
    ("unchanged", gettext_lazy("Already there"), Q(outcome=RowOutcome.UNCHANGED)),
    ("held", gettext_lazy("Held"), Q(outcome=RowOutcome.HELD)),
    (
        "changed",
        gettext_lazy("Changed since"),
        Q(outcome=RowOutcome.HELD, problems__contains=held_for("changed_since")),
    ),
    (
        "alike",
        gettext_lazy("Look alike"),
        Q(outcome=RowOutcome.HELD, problems__contains=held_for("like_standing")),
    ),
    (
        "twice",
        gettext_lazy("Twice in the file"),
        Q(outcome=RowOutcome.HELD, problems__contains=held_for("same_identity")),
    ),
    ("skipped", gettext_lazy("Skipped"), Q(outcome=RowOutcome.SKIPPED)),
    ("kept", gettext_lazy("Kept at roll-back"), Q(outcome=RowOutcome.KEPT)),
    ("taken_back", gettext_lazy("Taken back"), Q(outcome=RowOutcome.TAKEN_BACK)),
    ("remarks", gettext_lazy("With remarks"), Q(problems__0__isnull=False)),
]
HELD_FOR = {"changed": "changed_since", "alike": "like_standing", "twice": "same_identity"}


def offer_choices(row: Any) -> None:
    """What a person can say about a held row: hung on the row for the template."""
    row.may_release = imports.why_not_release(row) is None
    row.alike, row.changes = [], []
    if row.outcome != RowOutcome.HELD:
        return
    row.alike = (problem_of(row, "like_standing") or {}).get("alike", [])
    words = choice_words()
    for change in (problem_of(row, "changed_since") or {}).get("changes", []):
        shown = {**change, "words": words.get(change["field"], change["field"])}
        if change["field"] == "gate_code":  # that it differs is told; it is read where looks are remembered
            shown |= {side: "•••" for side in ("theirs", "ours") if change[side]}
        row.changes.append(shown)
    row.may_link = bool(row.alike) or problem_of(row, "renumbered") is not None


@dataclass(frozen=True)
class Bulk:
    """A group of held rows that can be decided at once, and the decisions with what each asks first."""

    key: str
    code: str
    count: int
    says: str
    decisions: list[tuple[str, str, str]]


def bulk(batch: ImportBatch) -> list[Bulk]:
    leave = ("leave_out", _("Leave all out"), _("These rows are left out. Nothing on record is changed."))
    counts = {key: getattr(batch, f"{key}_count", 0) for key in HELD_FOR}
    changed, alike, twice = counts["changed"], counts["alike"], counts["twice"]
    groups = [
        Bulk(
            "changed",
            "changed_since",
            changed,
            ngettext(
                "%(count)d row differs from what stands here.",
                "%(count)d rows differ from what stands here.",
                changed,
            )
            % {"count": changed},
            [
                (
                    "take_over",
                    _("Take all over"),
                    _("What the list says replaces ours in every field that differs."),
                ),
                ("keep", _("Keep all of ours"), _("Ours stays, and the same rows are no news next time.")),
            ],
        ),
        Bulk(
            "alike",
            "like_standing",
            alike,
            ngettext(
                "%(count)d row looks like a customer on record.",
                "%(count)d rows look like customers on record.",
                alike,
            )
            % {"count": alike},
            [
                (
                    "link",
                    _("Link all"),
                    _(
                        "Each row is joined to the customer it looks most like. "
                        "New numbers and addresses are added; nothing is replaced."
                    ),
                ),
                (
                    "new",
                    _("All are new customers"),
                    _("Each row becomes a customer of their own beside the one it looks like."),
                ),
                leave,
            ],
        ),
        Bulk(
            "twice",
            "same_identity",
            twice,
            ngettext(
                "%(count)d row says what an earlier row of the file says.",
                "%(count)d rows say what earlier rows of the file say.",
                twice,
            )
            % {"count": twice},
            [
                leave,
                (
                    "new",
                    _("All are new customers"),
                    _("Each row becomes a customer of their own, although it looks the same."),
                ),
            ],
        ),
    ]
    return [group for group in groups if group.count]


def remarks(row: ImportRow) -> list[tuple[str, str]]:
    """Severity and sentence, the gravest first."""
    order = {"hold": 0, "skip": 0, "warn": 1}
    said = sorted(row.problems, key=lambda problem: order[problem["severity"]])
    remarks = [(problem["severity"], sentence(problem["code"], problem["details"])) for problem in said]
    if row.reason and not any(severity in {"hold", "skip"} for severity, _text in remarks):
        remarks.insert(0, ("hold" if row.outcome == RowOutcome.KEPT else "skip", row.reason))
    return remarks


@dataclass(frozen=True)
class Becomes:
    """What a row becomes or became: a customer, or a further site of one."""

    customer: str
    label: str
    where: str
    url: str


def becomes(row: ImportRow, batch: ImportBatch) -> Becomes:
    if row.customer is not None:
        site = row.site
        url = reverse("customers:customer", args=[row.customer.uuid])
        return Becomes(row.customer.name, site.name if site else "", site.one_line if site else "", url)
    meant = meaning_of(row, batch)
    address = meant.site.address if meant.site else None
    where = ", ".join(
        address_lines(address.street, address.unit, address.city, address.state, address.postal_code)
        if address
        else []
    )
    label = meant.site.label if meant.site else ""
    return Becomes(meant.customer.name if meant.customer else meant.parent_name, label, where, "")
