"""Two records that are one customer: joined by a person, and taken apart again exactly as they were."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from fsm.attribution import because as giving_reason
from fsm.history import (
    delete_with_history,
    history_model,
    insert_with_history,
    is_tracked,
    update_with_history,
)
from fsm.models import User
from fsm.references import Reference, kind_of
from fsm.states import NotPossible, Stale

from .. import matching
from ..models import (
    ChannelConsent,
    Contact,
    Customer,
    DuplicatePair,
    EmailAddress,
    Merge,
    MergedRow,
    PhoneNumber,
    Site,
    Wish,
)
from ..movers import movers_to
from ..states import PAIR_STATES, PairState
from ..survivorship import settle
from .keys import not_the_same, refresh_match_keys
from .records import name_of

UNDO_FOR = timedelta(days=90)
OWNERS = ("customer_id", "site_id")

Model = type[models.Model]
Values = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """Something an undo leaves on the survivor, and why; `reference` where a page can link it."""

    model: Model
    key: int
    label: str
    why: str
    reference: Reference | None = None


@dataclass(frozen=True)
class Undone:
    """What an undo did: how many rows went back, and what stays where it is."""

    merge: Merge
    restored: int
    kept: list[Kept] = field(default_factory=list)


@transaction.atomic
def merge_customers(
    survivor_id: int,
    loser_id: int,
    *,
    now: datetime,
    by: User | None = None,
    because: str = "",
    chosen: Mapping[str, Any] | None = None,
    same_sites: Mapping[int, int] | None = None,
    seen: Mapping[int, int] | None = None,
    pair_version: int | None = None,
) -> Merge:
    """Take one customer into another: everything that hangs on the loser goes over, the loser stays as a
    tombstone that its old links lead through.

    `chosen` says for a group of fields whose record stands; `same_sites` names sites of the loser that are
    the same place as one of the survivor's; `seen` and `pair_version` are what the asker looked at.
    """
    if survivor_id == loser_id:
        raise NotPossible(_("A customer cannot be merged into itself."))
    survivor, loser = _lock_both(survivor_id, loser_id)
    pair = _check_mergeable(survivor, loser, seen or {}, pair_version)
    before = {survivor.pk: _fields_of(survivor), loser.pk: _fields_of(loser)}
    with giving_reason(because.strip() or _("The same customer")):
        changes = _Changes()
        _demote_primaries(changes, survivor, loser)
        _settle_other_pairs(changes, survivor, loser, by, now)
        for mover in movers_to(Customer):
            changes.point(mover, loser.pk, survivor.pk)
        for old, new in (same_sites or {}).items():
            _join_sites(changes, survivor, loser, old, new)
        chosen = dict(chosen or {})
        _write_fields(survivor, chosen, settle(_values(survivor), _values(loser), chosen))
        loser.merged_into, loser.is_active = survivor, False
        loser.version += 1
        loser.save()
        _keep_refusals(changes, survivor, loser)
        rows = changes.write()
        merge = Merge.objects.create(
            survivor=survivor,
            loser=loser,
            score=pair.score if pair else None,
            reasons=pair.reasons if pair else [],
            chosen=_plain_choices(chosen),
            survivor_before=before[survivor.pk],
            survivor_after=_fields_of(survivor),
            loser_before=before[loser.pk],
            because=because.strip()[:300],
            merged_at=now,
            merged_by=by,
        )
        for row in rows:
            row.merge = merge
        MergedRow.objects.bulk_create(rows, batch_size=1000)
        if pair is not None:
            decide_pair(pair, PairState.MERGED, by=by, because=because, now=now)
        refresh_match_keys([survivor.pk, loser.pk])
    return merge


@transaction.atomic
def undo_merge(merge_id: int, *, now: datetime, by: User | None = None, because: str = "") -> Undone:
    """Take a merge apart within 90 days: each row that it moved and that is still on the survivor goes back,
    each field that it changed and nobody changed since says again what it said. What came or changed since
    stays and is listed. The two are remembered as not the same.
    """
    seen = Merge.objects.get(pk=merge_id)
    survivor, loser = _lock_both(seen.survivor_id, seen.loser_id)
    merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge_id)
    check_undoable(merge, survivor, now)
    reason = because.strip() or _("They are not the same customer")
    with giving_reason(reason):
        loser.merged_into_id = merge.loser_before["merged_into_id"]
        loser.is_active = merge.loser_before["is_active"]
        loser.version += 1
        loser.save()
        kept = _restore_fields(merge, survivor)
        restored, stayed = _restore_rows(merge)
        kept += stayed + _made_since(merge)
        merge.undone_at, merge.undone_by = now, by
        merge.save(update_fields=["undone_at", "undone_by"])
        _say_not_the_same(survivor, loser, merge, by=by, because=reason, now=now)
        refresh_match_keys([survivor.pk, loser.pk])
    return Undone(merge, restored, kept)


def what_moved(merge: Merge) -> list[tuple[str, int]]:
    """How many rows of each kind a merge touched, by the kind's name."""
    counted = merge.rows.order_by().values("model").annotate(n=models.Count("pk"))
    named = [(str(apps.get_model(row["model"])._meta.verbose_name_plural), row["n"]) for row in counted]
    return sorted(named)


def left_behind(merge: Merge) -> list[Kept]:
    """After an undo: what is still on the survivor though it came with the merge or after it."""
    kept = []
    for label in sorted(set(merge.rows.values_list("model", flat=True))):
        model = apps.get_model(label)
        owner = next((name for name in OWNERS if _has(model, name)), None)
        rows = merge.rows.filter(model=label).exclude(before={})
        if owner:
            keys = [row.key for row in rows if row.before.get(owner) == merge.loser_id]
            here = model._base_manager.filter(pk__in=keys).exclude(**{owner: merge.loser_id})
            kept += [_kept(thing, _("belongs to somebody else since")) for thing in here.order_by("pk")]
    return kept + _made_since(merge)


@transaction.atomic
def bring_stragglers() -> int:
    """Take over what still came to hang on a tombstone, written by somebody who had the old record before
    them when it was merged. It belongs to the merge from then on: an undo gives it back.
    """
    standing = {merge.loser_id: merge for merge in Merge.objects.filter(undone_at__isnull=True)}
    brought = 0
    for mover in movers_to(Customer):
        if mover.field == "merged_into":
            continue
        late = mover.model._base_manager.filter(**{f"{mover.column}__in": list(standing)})
        late = late.exclude(pk__in=standing) if mover.model is Customer else late
        for key, loser in list(late.order_by("pk").values_list("pk", mover.column)):
            merge = standing[loser]
            home = Customer.objects.values_list("merged_into_id", flat=True).get(pk=loser)
            before = {mover.column: loser}
            row, made = MergedRow.objects.get_or_create(
                merge=merge, model=mover.model._meta.label_lower, key=key,
                defaults={"before": before, "after": {mover.column: home}},
            )  # fmt: skip
            if not made:
                row.before, row.after = row.before | before, row.after | {mover.column: home}
                row.save(update_fields=["before", "after"])
            update_with_history(mover.model._base_manager.filter(pk=key), **{mover.column: home})
            brought += 1
    return brought


def check_undoable(merge: Merge, survivor: Customer, now: datetime) -> None:
    """Refuse what was undone, is too long ago, or whose survivor was merged away itself since."""
    if merge.undone_at is not None:
        raise NotPossible(_("This merge was undone already."))
    if now - merge.merged_at > UNDO_FOR:
        raise NotPossible(_("A merge can be undone for 90 days; this one is older. Correct it by hand."))
    if survivor.merged_into_id is not None:
        raise NotPossible(
            _("%(name)s was merged into another customer since. Undo that merge first.")
            % {"name": survivor.name}
        )


# Before it happens -----------------------------------------------------------------------------------


def _lock_both(survivor_id: int, loser_id: int) -> tuple[Customer, Customer]:
    """Both rows and those that name the loser, in the order of their keys.

    Locked whole, so that rows just being added to either are waited for, and seen.
    """
    ids = [survivor_id, loser_id]
    family = Q(pk__in=ids) | Q(parent=loser_id) | Q(bill_to=loser_id) | Q(merged_into=loser_id)
    rows = Customer.objects.filter(family).select_for_update(of=("self",)).order_by("pk")
    found = {row.pk: row for row in rows}
    return found[survivor_id], found[loser_id]


def _check_mergeable(
    survivor: Customer, loser: Customer, seen: Mapping[int, int], pair_version: int | None
) -> DuplicatePair | None:
    for customer in (survivor, loser):
        if customer.merged_into_id is not None:
            raise NotPossible(
                _("%(name)s %(number)s was merged into another customer already.")
                % {"name": customer.name, "number": customer.number}
            )
        if seen.get(customer.pk, customer.version) != customer.version:
            raise Stale(
                _("%(name)s was changed while you were looking. Nothing was merged: compare again.")
                % {"name": customer.name},
                theirs={"version": customer.version},
            )
    if loser.pk in not_the_same([survivor.pk]).get(survivor.pk, ()):
        raise NotPossible(
            _("Somebody said that these are not the same customer. Take that back first, then merge them.")
        )
    first, second = sorted((survivor.pk, loser.pk))
    pair = DuplicatePair.objects.select_for_update(of=("self",)).filter(first=first, second=second).first()
    if pair is not None and pair_version is not None and pair.version != pair_version:
        raise Stale(
            _("Somebody decided about this pair while you were looking. Look at it again."),
            theirs={"state": str(pair.get_state_display())},
        )
    return pair


# What changes ----------------------------------------------------------------------------------------


class _Changes:
    """What a merge is about to write, gathered row by row: each row gets one version and one record."""

    def __init__(self) -> None:
        self.wanted: dict[Model, dict[int, Values]] = {}
        self.fresh: list[models.Model] = []

    def set(self, model: Model, key: int, **values: Any) -> None:
        self.wanted.setdefault(model, {}).setdefault(key, {}).update(values)

    def point(self, mover: Any, old: int, new: int) -> None:
        keys = mover.rows(old, new).select_for_update(no_key=True, of=("self",)).order_by("pk")
        for key in keys.values_list("pk", flat=True):
            self.set(mover.model, key, **{mover.column: new})

    def write(self) -> list[MergedRow]:
        rows = []
        for model, wanted in self.wanted.items():
            names = sorted({name for values in wanted.values() for name in values})
            standing = model._base_manager.filter(pk__in=wanted).values("pk", *names)
            for row in standing.order_by("pk"):
                key, values = row["pk"], wanted[row["pk"]]
                before = {name: plain(row[name]) for name in values}
                after = {name: plain(value) for name, value in values.items()}
                rows.append(MergedRow(model=model._meta.label_lower, key=key, before=before, after=after))
            _write_rows(model, wanted)
        for made in self.fresh:
            insert_with_history([made])
            rows.append(
                MergedRow(model=made._meta.label_lower, key=made.pk, before={}, after=_fields_of(made))
            )
        return rows


def _write_rows(model: Model, wanted: Mapping[int, Values]) -> None:
    """Write rows that may differ, those that become alike in one statement; one version each."""
    alike: dict[tuple[tuple[str, Any], ...], list[int]] = defaultdict(list)
    for key, values in wanted.items():
        alike[tuple(sorted(values.items()))].append(key)
    pointing = {field.attname for field in model._meta.concrete_fields if field.is_relation}
    for pairs, keys in alike.items():
        said = dict(pairs)
        if said.keys() - pointing and _has(model, "version"):
            said["version"] = F("version") + 1
        update_with_history(model._base_manager.filter(pk__in=keys), **said)


def _demote_primaries(changes: _Changes, survivor: Customer, loser: Customer) -> None:
    """The survivor's first to call stays the first."""
    first = Contact.objects.filter(is_primary=True, is_active=True)
    if first.filter(customer=survivor).exists():
        for key in first.filter(customer=loser).values_list("pk", flat=True):
            changes.set(Contact, key, is_primary=False)


def _settle_other_pairs(
    changes: _Changes, survivor: Customer, loser: Customer, by: User | None, now: datetime
) -> None:
    """Other questions about the loser are asked about the survivor from now on."""
    waiting = DuplicatePair.objects.filter(Q(first=loser) | Q(second=loser), state=PairState.WAITING)
    others = waiting.exclude(Q(first=survivor) | Q(second=survivor))
    for key in others.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True):
        changes.set(
            DuplicatePair,
            key,
            state=PairState.GONE.value,
            decided_at=now,
            decided_by_id=by.pk if by else None,
            decided_because=_("Merged into %(number)s.") % {"number": survivor.number},
        )


def _join_sites(changes: _Changes, survivor: Customer, loser: Customer, old: int, new: int) -> None:
    """One place instead of two: what stands or happened at the loser's site is at the survivor's."""
    sites = {
        site.pk: site
        for site in Site.objects.select_for_update(of=("self",)).filter(pk__in=[old, new]).order_by("pk")
    }
    if old not in sites or sites[old].customer_id != loser.pk:
        raise NotPossible(_("That site does not belong to the record that goes."))
    if new not in sites or sites[new].customer_id != survivor.pk:
        raise NotPossible(_("That site does not belong to the record that stays."))
    for mover in movers_to(Site):
        changes.point(mover, old, new)
    changes.set(Site, old, is_active=False)


def _keep_refusals(changes: _Changes, survivor: Customer, loser: Customer) -> None:
    """Where one record of a person says no to a channel, the other says so too: no beats yes."""
    contacts = list(Contact.objects.filter(customer__in=[survivor.pk, loser.pk]).order_by("pk"))
    ids = [contact.pk for contact in contacts]
    marks: dict[int, set[str]] = {c.pk: {f"name:{c.name.casefold()}"} - {"name:"} for c in contacts}
    for pk, number in PhoneNumber.objects.filter(contact__in=ids).values_list("contact_id", "e164"):
        marks[pk].add(number)
    for pk, address in EmailAddress.objects.filter(contact__in=ids).values_list("contact_id", "address"):
        marks[pk].add(address)
    said = {
        (consent.contact_id, consent.channel): consent
        for consent in ChannelConsent.objects.filter(contact__in=ids).order_by("pk")
    }
    refusals = [consent for consent in said.values() if consent.wish == Wish.NO]
    whose = {contact.pk: contact.customer_id for contact in contacts}
    told: set[tuple[int, str]] = set()
    for refusal in refusals:
        for contact in contacts:
            at = (contact.pk, refusal.channel)
            twins = whose[contact.pk] != whose[refusal.contact_id]
            if not twins or at in told or not marks[contact.pk] & marks[refusal.contact_id]:
                continue
            standing = said.get(at)
            if standing is not None and standing.wish == Wish.NO:
                continue
            told.add(at)
            how = _("said so under %(number)s") % {
                "number": (loser if whose[refusal.contact_id] == loser.pk else survivor).number
            }
            if standing is None:
                changes.fresh.append(
                    ChannelConsent(
                        contact=contact, channel=refusal.channel, wish=Wish.NO, how=how, since=refusal.since
                    )
                )
            else:
                changes.set(ChannelConsent, standing.pk, wish=Wish.NO.value, how=how, since=refusal.since)


def _write_fields(survivor: Customer, chosen: Mapping[str, Any], settled: Values) -> None:
    for name, value in settled.items():
        setattr(survivor, name, value)
    if isinstance(chosen.get("name"), Mapping):
        survivor.name = name_of(
            survivor.kind, survivor.first_name, survivor.last_name, survivor.company_name, survivor.name
        )
    survivor.version += 1
    survivor.save()


# And back --------------------------------------------------------------------------------------------


def _restore_fields(merge: Merge, survivor: Customer) -> list[Kept]:
    """What the merge changed in the survivor's own fields says again what it said, unless somebody changed it
    since, or another record that was merged in later says the same.
    """
    kept = []
    later = Merge.objects.filter(survivor=survivor, undone_at__isnull=True, pk__gt=merge.pk)
    also_said = list(later.values_list("loser_before", flat=True))
    standing = _fields_of(survivor)
    for name, after in merge.survivor_after.items():
        before = merge.survivor_before.get(name)
        if name == "version" or before == after or standing[name] == before:
            continue
        field = survivor._meta.get_field(name.removesuffix("_id"))
        if standing[name] != after:
            why = _("changed since")
        elif any(other.get(name) == after for other in also_said):
            why = _("said by a record that was merged in later")
        else:
            setattr(survivor, name, field.to_python(before))  # type: ignore[union-attr]
            continue
        label = str(field.verbose_name)  # type: ignore[union-attr]
        kept.append(Kept(Customer, survivor.pk, f"{survivor}: {label}", why, _reference(survivor)))
    survivor.version += 1
    survivor.save()
    return kept


def _restore_rows(merge: Merge) -> tuple[int, list[Kept]]:
    """Each row that still stands where the merge put it goes back; the others are named."""
    by_model: dict[str, list[MergedRow]] = defaultdict(list)
    for row in merge.rows.order_by("pk"):
        by_model[row.model].append(row)
    restored, kept = 0, []
    for label, rows in by_model.items():
        model = apps.get_model(label)
        keys = [row.key for row in rows]
        locked = model._base_manager.filter(pk__in=keys).select_for_update(no_key=True, of=("self",))
        standing = {thing.pk: thing for thing in locked.order_by("pk")}
        back: dict[int, Values] = {}
        made = []
        for row in rows:
            thing = standing.get(row.key)
            if thing is None:  # deleted since: its history has it
                continue
            now_says = {name: plain(getattr(thing, name)) for name in row.after}
            if not row.before:
                if now_says == row.after:
                    made.append(row.key)
                else:
                    kept.append(_kept(thing, _("changed since")))
                continue
            values, stays = _what_goes_back(model, row, now_says)
            if values:
                back[row.key] = values
            if stays:
                kept.append(_kept(thing, stays))
        _write_rows(model, back)
        delete_with_history(model._base_manager.filter(pk__in=made))
        restored += len(back) + len(made)
    return restored, kept


def _what_goes_back(model: Model, row: MergedRow, now_says: Values) -> tuple[Values, str]:
    """The values that are put back, and why others are not."""
    pointing = {field.attname for field in model._meta.concrete_fields if field.is_relation}
    owner = next((name for name in OWNERS if name in row.after), None)
    if owner and now_says[owner] not in (row.after[owner], row.before[owner]):
        return {}, _("belongs to somebody else since")
    values, changed = {}, []
    for name, after in row.after.items():
        if now_says[name] == row.before[name]:
            continue
        field = model._meta.get_field(name.removesuffix("_id") if name in pointing else name)
        if now_says[name] == after:
            values[name] = field.to_python(row.before[name])  # type: ignore[union-attr]
        else:
            changed.append(str(field.verbose_name))  # type: ignore[union-attr]
    words = _("changed since: %(what)s") % {"what": ", ".join(changed)} if changed else ""
    return values, words


def _made_since(merge: Merge) -> list[Kept]:
    """What was added to the survivor between merge and undo: nobody knows whose it is, so it stays."""
    versions = history_model(Merge)._default_manager.filter(id=merge.pk).order_by("history_id")
    moments = list(versions.values_list("history_date", "undone_at"))
    since = moments[0][0] if moments else None
    until = next((moment for moment, undone in moments if undone is not None), None)
    kept: list[Kept] = []
    seen: set[tuple[Model, int]] = set()
    for mover in movers_to(Customer):
        if not is_tracked(mover.model) or since is None:
            continue
        mine = mover.model._base_manager.filter(**{mover.column: merge.survivor_id})
        fresh = history_model(mover.model)._default_manager.filter(
            id__in=mine.values("pk"), history_type="+", history_date__gt=since
        )
        if until is not None:
            fresh = fresh.filter(history_date__lte=until)
        for thing in mine.filter(pk__in=fresh.values("id")).order_by("pk"):
            if (mover.model, thing.pk) not in seen:
                seen.add((mover.model, thing.pk))
                kept.append(_kept(thing, _("added after the merge")))
    return kept


def _kept(thing: models.Model, why: str) -> Kept:
    return Kept(type(thing), thing.pk, f"{type(thing)._meta.verbose_name} {thing}", why, _reference(thing))


def _reference(thing: models.Model) -> Reference | None:
    kind = kind_of(type(thing))
    return Reference(kind, thing.uuid) if kind else None  # type: ignore[attr-defined]


def _say_not_the_same(
    survivor: Customer, loser: Customer, merge: Merge, *, by: User | None, because: str, now: datetime
) -> None:
    first, second = sorted((survivor.pk, loser.pk))
    pair = DuplicatePair.objects.select_for_update(of=("self",)).filter(first=first, second=second).first()
    if pair is None:
        pair = DuplicatePair(
            first_id=first,
            second_id=second,
            score=merge.score or Decimal(0),
            band="review",
            reasons=merge.reasons,
            scoring=str(matching.VERSION),
            found_at=now,
            state=PairState.MERGED,
            version=0,
        )
    decide_pair(pair, PairState.NOT_DUPLICATE, by=by, because=because, now=now)


def decide_pair(
    pair: DuplicatePair, state: PairState, *, by: User | None, because: str, now: datetime
) -> None:
    """What became of a question, by whom and why; the caller holds the pair."""
    if pair.state != state:
        PAIR_STATES.check(pair.state, state)
    pair.state, pair.decided_by, pair.decided_at = state, by, now
    pair.decided_because = because.strip()[:300]
    pair.version += 1
    pair.save()


# Rows as JSON ----------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value as JSON keeps it; equal values stay equal."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, uuid.UUID | Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _values(row: models.Model) -> Values:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def _fields_of(row: models.Model) -> Values:
    return {name: plain(value) for name, value in _values(row).items()}


def _plain_choices(chosen: Mapping[str, Any]) -> Values:
    return {
        group: {name: plain(value) for name, value in choice.items()}
        if isinstance(choice, Mapping)
        else choice
        for group, choice in chosen.items()
    }


def _has(model: Model, name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True
