"""Taking an import back: what it made is deleted, except what somebody has since changed or built on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from django.db import models, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import (
    Contact,
    Customer,
    CustomerNote,
    DuplicatePair,
    EmailAddress,
    ExternalId,
    ImportBatch,
    ImportRow,
    MatchKey,
    MergedRow,
    PhoneNumber,
    RowOutcome,
    Site,
)
from customers.states import IMPORT_STATES, ImportState, PairState
from fsm.history import (
    AttributedRow,
    delete_with_history,
    history_model,
    update_each_with_history,
    update_with_history,
)

from .import_batches import as_import, locked_batch, problem_of
from .keys import refresh_match_keys

# What an import makes, those that hang on others first.
_MADE: Final[tuple[type[models.Model], ...]] = (
    ExternalId,
    CustomerNote,
    EmailAddress,
    PhoneNumber,
    Contact,
    Site,
    Customer,
)


@transaction.atomic
def take_back_import(batch_id: int) -> ImportBatch:
    """Delete what the import made, except where somebody has since changed it or hung something on it.

    What is kept is listed on its row with the reason; everything else is as if the file had never come.
    """
    batch = locked_batch(batch_id)
    IMPORT_STATES.check(batch.state, ImportState.ROLLED_BACK)
    with as_import(batch, _("Import of %(file)s taken back") % {"file": batch.file_name}):
        made = {model: _made_by(batch, model) for model in _MADE}
        # A full lock: nobody can hang anything new on these rows until we are through.
        list(
            Customer.objects.select_for_update()
            .filter(pk__in=made[Customer])
            .order_by("pk")
            .values_list("pk")
        )
        list(Site.objects.select_for_update().filter(pk__in=made[Site]).order_by("pk").values_list("pk"))
        linked = batch.rows.filter(outcome=RowOutcome.IMPORTED, customer__isnull=False)
        touched = set(linked.values_list("customer_id", flat=True))
        kept_customers, kept_sites = _to_keep(batch, made)
        _delete(made, kept_customers, kept_sites)
        rows = list(batch.rows.filter(outcome=RowOutcome.IMPORTED).order_by("line"))
        merged = set(_moved(ImportRow).filter(key__in=[row.pk for row in rows]).values_list("key", flat=True))
        for row in rows:
            reasons = _why_kept(row, kept_customers, kept_sites)
            if problem_of(row, "took_over"):
                row.outcome, row.reason = RowOutcome.KEPT, _("What was taken over from it stays.")
            elif row.pk in merged:
                row.outcome, row.reason = RowOutcome.KEPT, _("It was merged into another customer since.")
            elif reasons:
                row.outcome, row.reason = RowOutcome.KEPT, " ".join(dict.fromkeys(reasons))
            else:
                row.outcome, row.customer, row.site = RowOutcome.TAKEN_BACK, None, None
        update_each_with_history(rows, ["outcome", "reason", "customer", "site"])
        refresh_match_keys(set(Customer.objects.filter(pk__in=touched).values_list("pk", flat=True)))
        batch.state = ImportState.ROLLED_BACK
        batch.save(update_fields=["state"])
    return batch


Reasons = dict[int, list[str]]


def _why_kept(row: ImportRow, customers: Reasons, sites: Reasons) -> list[str]:
    """What keeps a row's customer, or the site where the row is a job or a location of a standing one."""
    if ":" not in row.label and row.customer_id in customers:
        return customers[row.customer_id]
    return sites.get(row.site_id or 0, [])


def _made_by(batch: ImportBatch, model: type[models.Model]) -> set[int]:
    """The rows of a model that this import made and that are still there; what a merge has moved to another
    customer since is that customer's.
    """
    past = history_model(model)._default_manager.filter(batch=batch.uuid, history_type="+")
    keys = past.values_list("id", flat=True)
    rows = model._base_manager.filter(pk__in=list(keys)).exclude(pk__in=_moved(model).values("key"))
    return set(rows.values_list("pk", flat=True))


def _moved(model: type[models.Model]) -> QuerySet[MergedRow]:
    """What merges that stand have changed or moved of this kind."""
    return MergedRow.objects.filter(model=model._meta.label_lower, merge__undone_at__isnull=True)


def _to_keep(batch: ImportBatch, made: dict[type[models.Model], set[int]]) -> tuple[Reasons, Reasons]:
    """Which customers and sites stay, and why."""
    sites: Reasons = defaultdict(list)
    customers: Reasons = defaultdict(list)
    for model, target in ((Site, sites), (Customer, customers)):
        for key, reason in (*_changed(batch, model, made[model]), *_hanging(model, made)):
            target[key].append(reason)
    owner_of: dict[type[models.Model], str] = {
        Contact: "customer_id",
        CustomerNote: "customer_id",
        PhoneNumber: "contact__customer_id",
        EmailAddress: "contact__customer_id",
    }
    for part, path in owner_of.items():
        owners = dict(part._base_manager.filter(pk__in=made[part]).values_list("pk", path))
        for key, reason in (*_changed(batch, part, made[part]), *_hanging(part, made)):
            if owners[key] in made[Customer]:
                customers[owners[key]].append(reason)
    jobs = set(
        ExternalId.objects.filter(
            pk__in=made[ExternalId], site__isnull=False, name__contains=":"
        ).values_list("site_id", flat=True)
    )
    for site_id, customer_id in Site.objects.filter(pk__in=made[Site]).values_list("pk", "customer_id"):
        if site_id in sites and customer_id in made[Customer]:
            customers[customer_id] += sites[site_id]
    for site_id, customer_id in Site.objects.filter(pk__in=made[Site]).values_list("pk", "customer_id"):
        if customer_id in customers and site_id not in jobs:
            sites[site_id] += customers[customer_id]
    return dict(customers), dict(sites)


def _changed(batch: ImportBatch, model: type[models.Model], keys: set[int]) -> Iterable[tuple[int, str]]:
    """Rows that a person has changed since; what we work out by ourselves, as a place on the map, is no
    change.
    """
    past = history_model(model)._default_manager.filter(id__in=keys).exclude(batch=batch.uuid)
    past = past.exclude(actor_name="", history_user__isnull=True)
    for key, who in past.order_by("id", "history_date").values_list("id", "actor_name"):
        yield key, _("Changed since by %(who)s.") % {"who": who or _("the system")}


def _hanging(
    model: type[models.Model], made: dict[type[models.Model], set[int]]
) -> Iterable[tuple[int, str]]:
    """Rows that something which this import did not make refers to, whichever app it belongs to."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        other: Any = relation.related_model
        if issubclass(other, AttributedRow) or other in (ImportRow, MatchKey):
            continue
        column = relation.field.attname  # type: ignore[union-attr]
        theirs = other._base_manager.filter(**{f"{column}__in": made[model]}).exclude(
            pk__in=made.get(other, ())
        )
        if other is DuplicatePair:  # a likeness that waits is only a question
            theirs = theirs.exclude(state=PairState.WAITING)
        for key, count in theirs.order_by().values_list(column).annotate(Count("pk")):
            words = {"count": count, "one": other._meta.verbose_name, "many": other._meta.verbose_name_plural}
            yield (
                key,
                ngettext("%(count)d %(one)s depends on it.", "%(count)d %(many)s depend on it.", count)
                % words,
            )


def _delete(made: dict[type[models.Model], set[int]], customers: Reasons, sites: Reasons) -> None:
    """Delete what nobody keeps, those that hang on others first, and narrow `made` to what was deleted."""
    contact_owner = Q(contact__customer_id__in=customers)
    kept: dict[type[models.Model], Q] = {
        ExternalId: Q(customer_id__in=customers) | Q(site_id__in=sites),
        CustomerNote: Q(customer_id__in=customers),
        EmailAddress: contact_owner,
        PhoneNumber: contact_owner,
        Contact: Q(customer_id__in=customers),
        Site: Q(pk__in=sites),
        Customer: Q(pk__in=customers),
    }
    for model in _MADE:
        leave = set(model._base_manager.filter(kept[model], pk__in=made[model]).values_list("pk", flat=True))
        made[model] -= leave
    # Rows of this and later imports that point at what goes.
    update_with_history(ImportRow.objects.filter(customer__in=made[Customer]), customer=None)
    update_with_history(ImportRow.objects.filter(site__in=made[Site]), site=None)
    gone = made[Customer]
    MatchKey.objects.filter(customer__in=gone).delete()
    delete_with_history(DuplicatePair.objects.filter(Q(first__in=gone) | Q(second__in=gone)))
    for model in _MADE:
        delete_with_history(model._base_manager.filter(pk__in=made[model]))
