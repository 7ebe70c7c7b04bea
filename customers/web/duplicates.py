"""Two records that may be one: the queue, the two side by side, merging them, and taking that apart again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from fsm.clock import now
from fsm.permissions import May, requires, signed_in
from fsm.references import resolve_many
from fsm.states import NotPossible, Stale
from fsm.tasks import enqueue
from fsm.web.cells import moment
from fsm.web.navigation import COUNTS
from fsm.web.pages import render_page
from fsm.web.tables import Column, Table

from .. import actions, match_wording
from ..actions import duplicates
from ..models import Band, Customer, DuplicatePair, Merge
from ..movers import count_what_hangs_on, weigh
from ..phones import format_us
from ..states import PairState
from ..survivorship import GROUPS, LOSER, SURVIVOR, differing, settle, usual_choices
from .common import meant, seen_customer

PER_PAGE = 25
CHOICE = "choice_"
LABELS: dict[str, Any] = {
    "name": gettext_lazy("Name"),
    "billing_address": gettext_lazy("Billing address"),
    "terms": gettext_lazy("Terms"),
    "tax": gettext_lazy("Sales tax"),
    "branch": gettext_lazy("Branch"),
    "parent": gettext_lazy("Part of"),
    "bill_to": gettext_lazy("Bills go to"),
    "language": gettext_lazy("Language"),
    "lead_source": gettext_lazy("Lead source"),
}


def waiting_for(user: Any) -> QuerySet[DuplicatePair]:
    """The pairs that this person may decide."""
    return DuplicatePair.objects.visible_to(user).waiting()


COUNTS["customers:duplicates"] = waiting_for


# The queue -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A pair as the list shows it, with whoever has more history named first."""

    pair: DuplicatePair
    survivor: Customer
    loser: Customer
    percent: str
    because: list[Any]
    vetoes: list[Any]
    url: str


@require_safe
@requires(May.MERGE_CUSTOMERS)
def duplicate_pairs(request: HttpRequest) -> HttpResponse:
    """What waits, the surest first; or what was decided."""
    state = request.GET.get("state", "")
    state = state if state in PairState.values else PairState.WAITING
    band = request.GET.get("band", "")
    rows = DuplicatePair.objects.visible_to(request.user).filter(state=state)
    rows = rows.filter(band=band) if band in Band.values else rows
    surest = Case(When(band=Band.AUTO, then=Value(0)), default=Value(1), output_field=IntegerField())
    order = [surest.asc(), "-score", "pk"] if state == PairState.WAITING else ["-decided_at", "pk"]
    rows = rows.select_related("first", "second", "decided_by").order_by(*order)
    table = Table(request, rows, [], per_page=PER_PAGE)
    context = {
        "table": table,
        "lines": _lines(row.object for row in table.rows),
        "state": state,
        "band": band,
        "states": [(value, label) for value, label in PairState.choices if value != PairState.GONE],
        "bands": Band.choices,
    }
    return render_page(request, "customers/duplicates.html", context)


def _lines(pairs: Iterable[DuplicatePair]) -> list[Line]:
    pairs = list(pairs)
    weights = weigh(sorted({pk for pair in pairs for pk in (pair.first_id, pair.second_id)}))
    lines = []
    for pair in pairs:
        survivor, loser = _elder(pair.first, pair.second, weights)
        points = [(word, number) for word, number in pair.reasons if number is not None]
        lines.append(
            Line(
                pair,
                survivor,
                loser,
                str(int(pair.score * 100)),
                match_wording.in_short(points),
                [match_wording.veto(word) for word, number in pair.reasons if number is None],
                compare_url(survivor, loser),
            )
        )
    return lines


def _elder(one: Customer, other: Customer, weights: dict[int, int]) -> tuple[Customer, Customer]:
    """Who stays, unless a person says otherwise: the one with more history, then the older record."""
    if other.merged_into_id == one.pk:
        return one, other
    if one.merged_into_id == other.pk or (-weights[other.pk], other.pk) < (-weights[one.pk], one.pk):
        return other, one
    return one, other


def compare_url(survivor: Customer, loser: Customer) -> str:
    """Where the two are side by side, the first to stay."""
    return reverse("customers:compare", args=[survivor.uuid, loser.uuid])


@require_POST
@requires(May.MERGE_CUSTOMERS)
def search_duplicates(request: HttpRequest) -> HttpResponse:
    """Look through all customers now, in the background."""
    with transaction.atomic():
        enqueue(duplicates.search_all, tier="analytical")
    messages.success(request, _("The search has begun. What it finds appears here, in a minute or a few."))
    return redirect("customers:duplicates")


# Two side by side ------------------------------------------------------------------------------------


class MergeForm(forms.Form):
    """What a person chose, and what they were looking at."""

    survivor_version = forms.IntegerField(widget=forms.HiddenInput)
    loser_version = forms.IntegerField(widget=forms.HiddenInput)
    pair_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    because = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for group in GROUPS:
            self.fields[f"{CHOICE}{group}"] = forms.ChoiceField(
                label=LABELS[group], choices=[(SURVIVOR, ""), (LOSER, "")], required=False
            )

    @property
    def chosen(self) -> dict[str, str]:
        """Whose record stands, by group."""
        data = self.cleaned_data
        return {group: data[f"{CHOICE}{group}"] for group in GROUPS if data[f"{CHOICE}{group}"]}


@require_safe
@requires(May.MERGE_CUSTOMERS)
def compare(request: HttpRequest, survivor_uuid: UUID, loser_uuid: UUID) -> HttpResponse:
    """Two customers side by side, with what speaks for and against their being one."""
    survivor, loser = _both(request, survivor_uuid, loser_uuid)
    return _compared(request, survivor, loser)


@require_safe
@requires(May.MERGE_CUSTOMERS)
def choose_other(request: HttpRequest, customer_uuid: UUID) -> HttpResponse:
    """Say with whom a customer is to be compared."""
    customer = seen_customer(request, customer_uuid)
    text, refusal = request.GET.get("other", "")[:160], ""
    if text:
        try:
            other = Customer.objects.filter(pk=meant(request, text, field="other") or 0).first()
            if other is not None and other.pk != customer.pk:
                return redirect(compare_url(customer, other))
            refusal = _("That is the same record.")
        except NotPossible as problem:
            refusal = str(problem)
    context = {"customer": customer, "text": text, "refusal": refusal}
    return render_page(request, "customers/choose_other.html", context, status=422 if refusal else 200)


@require_POST
@requires(May.MERGE_CUSTOMERS)
def merge_customers(request: HttpRequest, survivor_uuid: UUID, loser_uuid: UUID) -> HttpResponse:
    """Take the second into the first, as chosen."""
    survivor, loser = _both(request, survivor_uuid, loser_uuid)
    form = MergeForm(request.POST)
    if not form.is_valid():
        return _compared(request, survivor, loser, form=form, status=422)
    try:
        merge = actions.merge_customers(
            survivor.pk,
            loser.pk,
            now=now(),
            by=signed_in(request),
            because=form.cleaned_data["because"],
            chosen=form.chosen,
            same_sites=_same_sites(request, survivor, loser),
            seen={
                survivor.pk: form.cleaned_data["survivor_version"],
                loser.pk: form.cleaned_data["loser_version"],
            },
            pair_version=form.cleaned_data["pair_version"],
        )
    except NotPossible as refusal:
        survivor.refresh_from_db()
        loser.refresh_from_db()
        return _compared(request, survivor, loser, form=form, refusal=refusal, status=409)
    words = _("%(loser)s was merged into %(survivor)s. For 90 days it can be undone.")
    messages.success(request, words % {"loser": loser.number, "survivor": survivor.number})
    return redirect("customers:merge", merge.uuid)


@require_POST
@requires(May.MERGE_CUSTOMERS)
def keep_apart(request: HttpRequest, survivor_uuid: UUID, loser_uuid: UUID) -> HttpResponse:
    """Say that they are not the same; nobody asks again."""
    one, other = _both(request, survivor_uuid, loser_uuid)
    duplicates.say_not_the_same(
        one.pk, other.pk, now=now(), by=signed_in(request), because=request.POST.get("because", "")[:300]
    )
    words = _("%(one)s and %(other)s stay two. Nobody is asked again.")
    messages.success(request, words % {"one": one.number, "other": other.number})
    return redirect("customers:duplicates")


@require_POST
@requires(May.MERGE_CUSTOMERS)
def look_again(request: HttpRequest, pair_uuid: UUID) -> HttpResponse:
    """Take back that two are not the same."""
    pair = get_object_or_404(DuplicatePair.objects.visible_to(request.user), uuid=pair_uuid)
    try:
        version = int(request.POST.get("version", ""))
    except ValueError:
        raise Http404 from None
    duplicates.look_again(pair.pk, version=version, now=now(), by=signed_in(request))
    messages.success(request, _("The question is open again."))
    return redirect(compare_url(pair.first, pair.second))


def _both(request: HttpRequest, survivor_uuid: UUID, loser_uuid: UUID) -> tuple[Customer, Customer]:
    if survivor_uuid == loser_uuid:
        raise Http404
    rows = Customer.objects.visible_to(request.user).for_record().with_likeness()
    found = {row.uuid: row for row in rows.filter(uuid__in=[survivor_uuid, loser_uuid])}
    if len(found) < 2:
        raise Http404
    return found[survivor_uuid], found[loser_uuid]


def _compared(
    request: HttpRequest,
    survivor: Customer,
    loser: Customer,
    *,
    form: MergeForm | None = None,
    refusal: NotPossible | None = None,
    status: int = 200,
) -> HttpResponse:
    first, second = sorted((survivor.pk, loser.pk))
    pair = DuplicatePair.objects.filter(first=first, second=second).select_related("decided_by").first()
    reasons = pair.reasons if pair else duplicates.judged(survivor.pk, loser.pk)
    mine, theirs = _values(survivor), _values(loser)
    chosen = usual_choices(mine, theirs) | ({} if form is None else _typed(form))
    differ = set(differing(mine, theirs))
    counts = count_what_hangs_on([survivor.pk, loser.pk])
    settled = settle(mine, theirs, {})
    context = {
        "survivor": survivor,
        "loser": loser,
        "pair": pair,
        "percent": str(int(pair.score * 100)) if pair else "",
        "for_it": _sorted(reasons, lambda points: points > 0),
        "against": _sorted(reasons, lambda points: points < 0),
        "vetoes": [match_wording.veto(word) for word, points in reasons if points is None],
        "groups": [
            (
                group,
                LABELS[group],
                _words(survivor, group),
                _words(loser, group),
                group in differ,
                chosen[group],
            )
            for group in GROUPS
            if group in differ or group == "name"
        ],
        "always": _always(settled),
        "reach": [(LABELS_OF_REACH[name], _reach(survivor, name), _reach(loser, name)) for name in REACH],
        "sites": _sites(survivor, loser),
        "moving": [(str(model._meta.verbose_name_plural), n) for model, n in counts[loser.pk].items() if n],
        "staying": sum(counts[survivor.pk].values()),
        "refusal": refusal,
        "theirs": refusal.theirs if isinstance(refusal, Stale) else {},
        "because": request.POST.get("because", ""),
        "decided": pair is not None and pair.state == PairState.NOT_DUPLICATE,
    }
    return render_page(request, "customers/compare.html", context, status=status)


REACH = ("people", "numbers", "addresses", "tags")
LABELS_OF_REACH = {
    "people": gettext_lazy("Contacts"),
    "numbers": gettext_lazy("Phones"),
    "addresses": gettext_lazy("E-mails"),
    "tags": gettext_lazy("Tags"),
}


def _reach(customer: Any, name: str) -> list[str]:
    values = getattr(customer, name)
    return [format_us(value) for value in values] if name == "numbers" else list(values)


def _values(customer: Customer) -> dict[str, Any]:
    return {field.attname: getattr(customer, field.attname) for field in customer._meta.concrete_fields}


def _typed(form: MergeForm) -> dict[str, str]:
    """What was chosen before the refusal."""
    data = form.data
    named = {group: str(data.get(f"{CHOICE}{group}", "")) for group in GROUPS}
    return {group: choice for group, choice in named.items() if choice in (SURVIVOR, LOSER)}


def _sorted(reasons: Iterable[Any], wanted: Any) -> list[tuple[Any, int]]:
    found = [(match_wording.worded(word), points) for word, points in reasons if points and wanted(points)]
    return sorted(found, key=lambda reason: -abs(reason[1]))


def _words(customer: Customer, group: str) -> str:
    """What a record says in a group, in one line."""
    words = {
        "name": lambda: f"{customer.name} ({customer.get_kind_display()})",
        "billing_address": lambda: ", ".join(customer.billing_lines),
        "terms": lambda: str(customer.get_terms_display()),
        "tax": lambda: _tax(customer),
        "branch": lambda: customer.branch.name,
        "parent": lambda: customer.parent.name if customer.parent else "",
        "bill_to": lambda: customer.bill_to.name if customer.bill_to else "",
        "language": lambda: str(customer.get_language_display()),
        "lead_source": lambda: customer.lead_source,
    }
    return words[group]() or _("(empty)")


def _tax(customer: Customer) -> str:
    if customer.is_taxable:
        return _("pays sales tax")
    return " ".join(part for part in (_("exempt"), customer.tax_certificate) if part)


def _always(settled: dict[str, Any]) -> list[Any]:
    """What is no matter of choice."""
    found = []
    if settled["do_not_service"]:
        found.append(_("Do not service: %(why)s") % {"why": settled["do_not_service_reason"]})
    if settled["credit_hold"]:
        found.append(_("On credit hold"))
    return found


def _sites(survivor: Any, loser: Any) -> list[dict[str, Any]]:
    """Each site of the record that goes, with the sites it may be the same place as."""
    mine = list(survivor.sites.filter(is_active=True).order_by("street", "pk"))
    found = []
    for site in loser.sites.filter(is_active=True).order_by("street", "pk"):
        same = next((one for one in mine if one.match_key and one.match_key == site.match_key), None)
        found.append({"site": site, "same": same, "others": mine})
    return found


def _same_sites(request: HttpRequest, survivor: Customer, loser: Customer) -> dict[int, int]:
    mine = {str(uuid): pk for uuid, pk in survivor.sites.values_list("uuid", "pk")}
    found = {}
    for pk, uuid in loser.sites.values_list("pk", "uuid"):
        chosen = request.POST.get(f"site_{uuid}", "")
        if chosen in mine:
            found[pk] = mine[chosen]
    return found


# What was merged -------------------------------------------------------------------------------------


MERGE_COLUMNS = [
    Column(
        "when",
        gettext_lazy("Merged"),
        lambda merge: moment(merge.merged_at, merge.survivor.branch.time_zone),
        ("merged_at",),
    ),
    Column("loser", gettext_lazy("Record"), lambda merge: f"{merge.loser.name} {merge.loser.number}"),
    Column("into", gettext_lazy("Into"), lambda merge: f"{merge.survivor.name} {merge.survivor.number}"),
    Column("by", gettext_lazy("By"), lambda merge: str(merge.merged_by or _("The house"))),
    Column("undo", gettext_lazy("Undo"), lambda merge: undo_words(merge)),
]


def undo_words(merge: Merge) -> str:
    """Whether a merge can still be undone."""
    if merge.undone_at is not None:
        return _("undone")
    left = (merge.merged_at + actions.UNDO_FOR - now()).days
    return _("%(days)s days left") % {"days": left} if left >= 0 else _("too long ago")


@require_safe
@requires(May.MERGE_CUSTOMERS)
def merges(request: HttpRequest) -> HttpResponse:
    """What was merged, the latest first."""
    rows = Merge.objects.visible_to(request.user).select_related("survivor__branch", "loser", "merged_by")
    table = Table(
        request,
        rows,
        MERGE_COLUMNS,
        url=lambda merge: reverse("customers:merge", args=[merge.uuid]),
        default_sort="-when",
        empty_title=_("Nothing was merged yet"),
        empty_text=_("What is merged can be undone here for 90 days."),
    )
    return render_page(request, "customers/merges.html", {"table": table})


@require_safe
@requires(May.MERGE_CUSTOMERS)
def merge(request: HttpRequest, merge_uuid: UUID) -> HttpResponse:
    """One merge: who chose what, what moved, and the way back."""
    return _shown(request, _seen_merge(request, merge_uuid))


@require_POST
@requires(May.MERGE_CUSTOMERS)
def undo_merge(request: HttpRequest, merge_uuid: UUID) -> HttpResponse:
    """Take a merge apart; what cannot go back is listed."""
    seen = _seen_merge(request, merge_uuid)
    try:
        undone = actions.undo_merge(
            seen.pk, now=now(), by=signed_in(request), because=request.POST.get("because", "")[:300]
        )
    except NotPossible as refusal:
        return _shown(request, seen, refusal=refusal, status=409)
    words = _("Undone: %(n)s rows went back. The two are remembered as not the same.")
    messages.success(request, words % {"n": undone.restored})
    return redirect("customers:merge", seen.uuid)


def _seen_merge(request: HttpRequest, merge_uuid: UUID) -> Merge:
    rows = Merge.objects.visible_to(request.user).select_related(
        "survivor__branch", "loser", "merged_by", "undone_by"
    )
    return get_object_or_404(rows, uuid=merge_uuid)


def _shown(
    request: HttpRequest, seen: Merge, *, refusal: NotPossible | None = None, status: int = 200
) -> HttpResponse:
    kept = actions.left_behind(seen) if seen.undone_at else []
    links = resolve_many([one.reference for one in kept if one.reference], request.user)
    context = {
        "merge": seen,
        "moved": actions.what_moved(seen),
        "kept": [(one, links.get(one.reference) if one.reference else None) for one in kept],
        "can_undo": seen.undone_at is None and now() - seen.merged_at <= actions.UNDO_FOR,
        "undo_until": seen.merged_at + actions.UNDO_FOR,
        "chosen": [
            (LABELS[group], choice == LOSER) for group, choice in seen.chosen.items() if group in LABELS
        ],
        "refusal": refusal,
        "zone": seen.survivor.branch.time_zone,
    }
    return render_page(request, "customers/merge.html", context, status=status)
