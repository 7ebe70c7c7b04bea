"""Every page of the house, with things to show on it: for pictures, and for tests that look at every page."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from . import demo
from .models import User
from .permissions import ROLES, May, Role

# The role that a page is shown for, where several may see it: the first of these.
TYPICAL = (Role.DISPATCHER, Role.OFFICE, Role.BOOKKEEPER, Role.MANAGER, Role.OWNER, Role.TECHNICIAN)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = (
    "No Chromium was found. On Debian and Ubuntu: apt-get install chromium; "
    "or name one: CHROMIUM=/path/to/chromium."
)


def find_chromium() -> str | None:
    """The browser named by CHROMIUM, else the first one of this machine."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, BROWSERS)), None)


# The addresses --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Address:
    """One URL name, what its path asks for, and the view behind it."""

    name: str
    asks: tuple[str, ...]
    view: Any

    @property
    def capability(self) -> May | None:
        """What one must be able to do; None where nobody need be signed in."""
        found: May | None = self.view.requires
        return found

    @property
    def roles(self) -> list[Role]:
        """Who may see it, the typical one first; empty for a page before signing in."""
        return [role for role in TYPICAL if self.capability in ROLES[role]] if self.capability else []


def addresses() -> dict[str, Address]:
    """Every named address of the house that people visit; programs are answered in JSON. Of the admin, whose
    pages are alike for every model, those that stand for all.
    """
    shown = {page.name for page in PAGES}
    return {
        address.name: address
        for address in _below(get_resolver(), "")
        if not hasattr(address.view, "cls")
        and (not address.name.startswith("admin:") or address.name in shown)
    }


def _below(resolver: URLResolver, namespace: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _below(entry, inner)
        elif isinstance(entry, URLPattern) and entry.name:
            yield Address(f"{namespace}{entry.name}", tuple(entry.pattern.converters), entry.callback)


# Things to show -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wish:
    """Rows that would show a page well, and what of them goes into the address."""

    model: str
    where: dict[str, Any] = field(default_factory=dict)
    path: str = "uuid"
    order: tuple[str, ...] = ("-pk",)

    def found(self, user: User | None) -> Any:
        """The value of the first row that the person may see, or None."""
        model: Any = apps.get_model(self.model)
        rows: QuerySet[Any] = model._default_manager.all()
        if hasattr(rows, "visible_to"):
            rows = rows.visible_to(user)
        return rows.filter(**self.where).order_by(*self.order).values_list(self.path, flat=True).first()


_BILLED = {"state": "issued", "allocations__is_undone": False, "lines__kind": "part"}
_APPROVED = {"job__site__roles__kind": "approver", "job__customer__files__isnull": False}
_WITH_UNIT = {"job__units__isnull": False}
_FIRST = ("starts_at", "pk", "job__units__pk")
_WORKED = {"state": "done", "part_uses__isnull": False, "photos__isnull": False}
_ON_TRUCK = {"on_hand__gt": 0, "place__kind": "truck"}
_AHEAD = ("scheduled", "dispatched", "en_route", "on_site")
_SOON = ("en_route", "scheduled", "dispatched")
# Named like what the addresses ask for, without `_uuid` or `_id`; the first wish that is met decides.
EXAMPLES: dict[str, tuple[Wish, ...]] = {
    "token": (Wish("fsm.ApiToken"),),
    "exchange": (Wish("fsm.Exchange"),),
    "outbox": (Wish("fsm.OutboxRow", {"state": "waiting"}), Wish("fsm.OutboxRow")),
    "happening": (Wish("billing.HistoricalInvoice", {"history_type": "+"}, "batch", ("-history_id",)),),
    "branch": (Wish("fsm.Branch", order=("pk",)),),
    "person": (Wish("fsm.User", {"role": Role.TECHNICIAN}, order=("pk",)),),
    "customer": (
        Wish("billing.Invoice", _BILLED | _APPROVED, "job__customer__uuid"),
        Wish("billing.Invoice", _BILLED, "job__customer__uuid"),
        Wish("dispatch.Job", {}, "customer__uuid"),
        Wish("customers.Customer"),
    ),
    "site": (
        Wish("billing.Invoice", _BILLED | _APPROVED, "job__site__uuid"),
        Wish("billing.Invoice", _BILLED, "job__site__uuid"),
        Wish("dispatch.Job", {}, "site__uuid"),
        Wish("customers.Site"),
    ),
    "contact": (Wish("customers.Contact"),),
    "survivor": (Wish("customers.DuplicatePair", {"state": "waiting"}, "first__uuid", ("-score", "pk")),),
    "loser": (Wish("customers.DuplicatePair", {"state": "waiting"}, "second__uuid", ("-score", "pk")),),
    "merge": (Wish("customers.Merge"),),
    "opt_out": (Wish("customers.OptOut", {}, "pk"),),
    "communication": (Wish("customers.Communication", {"channel": "email"}), Wish("customers.Communication")),
    "batch": (Wish("customers.ImportBatch", {"rows__isnull": False}, "pk"),),
    "list_to_map": (Wish("customers.ImportBatch", {"state": "mapping"}, "pk"),),
    "unit": (
        Wish("equipment.Unit", {"circuits__records__voided_at": None, "circuits__records__isnull": False}),
        Wish("equipment.Unit", {"circuits__isnull": False}),
        Wish("equipment.Unit"),
    ),
    "record": (Wish("equipment.RefrigerantRecord", {"voided_at": None}),),
    "circuit": (
        Wish("equipment.LeakCase", {"closed_on": None}, "circuit__uuid"),
        Wish("equipment.Circuit"),
    ),
    "case": (Wish("equipment.LeakCase", {"closed_on": None}), Wish("equipment.LeakCase")),
    "warranty": (
        Wish("equipment.Warranty", {"ended_on": None, "claims__isnull": False}),
        Wish("equipment.Warranty"),
    ),
    "claim": (Wish("equipment.WarrantyClaim", {"state": "sent"}), Wish("equipment.WarrantyClaim")),
    "opportunity": (Wish("equipment.Opportunity", {"state": "new"}), Wish("equipment.Opportunity")),
    "part": (Wish("inventory.StockLevel", _ON_TRUCK, "part__uuid", ("pk",)),),
    "place": (Wish("inventory.StockLevel", _ON_TRUCK, "place__uuid", ("pk",)),),
    "cylinder": (
        Wish("inventory.Cylinder", {"movements__kind": "charged", "state": "in_use", "tare_oz__gt": 0}),
        Wish("inventory.Cylinder", {"state": "in_use", "origin": "virgin", "tare_oz__gt": 0}),
        Wish("inventory.Cylinder"),
    ),
    "refillable": (Wish("inventory.Cylinder", {"kind": "refillable"}), Wish("inventory.Cylinder")),
    "transfer": (Wish("inventory.RefrigerantTransfer"),),
    "job": (
        Wish("billing.Invoice", _BILLED | _APPROVED, "job__uuid"),
        Wish("billing.Invoice", _BILLED, "job__uuid"),
        Wish("dispatch.Visit", _WORKED, "job__uuid"),
        Wish("dispatch.Job"),
    ),
    "open_job": (
        Wish("dispatch.Job", {"state": "scheduled", "units__isnull": False}),
        Wish("dispatch.Job", {"state__in": ("scheduled", "booked", "in_progress")}),
    ),
    "visit": (
        Wish(
            "dispatch.Visit",
            {"state__in": _AHEAD},
            order=("starts_at",),
        ),
    ),
    "visit_on_site": (
        Wish("dispatch.Visit", {"state": "on_site"}, order=("starts_at",)),
        Wish("dispatch.Visit", {"state__in": _SOON}, order=("starts_at",)),
    ),
    "visit_done": (Wish("dispatch.Visit", _WORKED), Wish("dispatch.Visit", {"state": "done"})),
    "visit_with_unit": (Wish("dispatch.Visit", _WITH_UNIT, order=_FIRST),),
    "unit_of_visit": (Wish("dispatch.Visit", _WITH_UNIT, "job__units__unit__uuid", _FIRST),),
    "invoice": (Wish("billing.Invoice", _BILLED), Wish("billing.Invoice", {"state": "issued"})),
    "draft": (Wish("billing.Invoice", {"state": "draft", "lines__isnull": False}),),
    "unpaid": (Wish("billing.Invoice", {"state": "issued", "allocations__isnull": True}),),
    "payment": (Wish("billing.Payment", {"allocations__is_undone": False}), Wish("billing.Payment")),
    "credit": (Wish("billing.Payment", {"allocations__isnull": True}), Wish("billing.Payment")),
    "quickbooks_batch": (Wish("billing.QuickBooksBatch"),),
    "item": (Wish("billing.PriceItem", {"kind": "labor"}), Wish("billing.PriceItem")),
    "price": (Wish("billing.JobTypePrice"),),
    "rate": (Wish("billing.TaxRate"),),
    "object": (Wish("dispatch.Job", {"state": "work_complete"}, "pk"), Wish("dispatch.Job", {}, "pk")),
}


@dataclass(frozen=True)
class Page:
    """One page: its URL name, which examples fill its address, and what follows the question mark."""

    name: str
    label: str = ""
    show: dict[str, str] = field(default_factory=dict)
    query: str = ""

    @property
    def title(self) -> str:
        """A name for files and lists."""
        return "-".join(filter(None, [*self.name.split(":"), self.label]))


_OPEN, _ON_SITE, _DONE = {"visit": "visit"}, {"visit": "visit_on_site"}, {"visit": "visit_done"}
_OPEN_JOB, _DRAFT = {"job": "open_job"}, {"invoice": "draft"}
_A_TEXT = {"occasion": "=booked", "channel": "=text", "language": "=en"}
PAGES: tuple[Page, ...] = (
    # the house
    Page("fsm:log-in"),
    Page("fsm:forgot-password"),
    Page("fsm:forgot-password", "sent", query="?sent=1"),
    Page("fsm:home"),
    Page("fsm:security"),
    Page("fsm:second-factor"),
    Page("fsm:second-factor-off"),
    Page("fsm:backup-codes"),
    Page("fsm:search", query="?q=hall"),
    Page("fsm:change-password"),
    Page("fsm:company"),
    Page("fsm:branches"),
    Page("fsm:add-branch"),
    Page("fsm:edit-branch"),
    Page("fsm:people"),
    Page("fsm:add-person"),
    Page("fsm:edit-person"),
    Page("fsm:invite-person"),
    Page("fsm:set-password"),
    Page("fsm:events"),
    Page("fsm:ownership"),
    Page("fsm:health"),
    Page("fsm:reviews"),
    Page("fsm:timeline", show={"kind": "=invoice", "unique": "invoice"}),
    Page("fsm:batch", show={"unique": "happening"}),
    Page("fsm:looks"),
    Page("fsm:api-tokens"),
    Page("fsm:make-api-token"),
    Page("fsm:api-token"),
    Page("api:page"),
    Page("fsm:exchanges"),
    Page("fsm:exchange"),
    Page("fsm:outbox"),
    Page("fsm:outbox-row"),
    Page("fsm:style"),
    Page("fsm:style", "phone", query="?phone=1"),
    Page("fsm:trace", show={"kind": "=invoice", "unique": "invoice"}),
    Page("admin:index"),
    Page("admin:dispatch_job_changelist"),
    Page("admin:dispatch_job_change"),
    Page("admin:dispatch_job_history"),
    Page("admin:dispatch_jobtype_add"),
    # customers and equipment
    Page("customers:customers"),
    Page("customers:quality"),
    Page("customers:quality-of", show={"measure": "=unverified_phones"}),
    Page("customers:customer"),
    Page("customers:timeline"),
    Page("calls:incoming"),
    Page("customers:add-customer"),
    Page("customers:edit-customer"),
    Page("customers:site"),
    Page("customers:add-site"),
    Page("customers:edit-site"),
    Page("customers:add-contact"),
    Page("customers:edit-contact"),
    Page("customers:communications"),
    Page("customers:communication"),
    Page("customers:duplicates"),
    Page("customers:compare"),
    Page("customers:choose-other"),
    Page("customers:merges"),
    Page("customers:merge"),
    Page("customers:write-message"),
    Page("customers:messages"),
    Page("customers:unknown-texts"),
    Page("customers:templates"),
    Page("customers:template", show=_A_TEXT),
    Page("customers:template", "email", show=_A_TEXT | {"channel": "=email"}),
    Page("customers:messaging-rules"),
    Page("customers:opt-outs"),
    Page("customers:lift-opt-out"),
    Page("customers:imports"),
    Page("customers:import"),
    Page("customers:import-columns", show={"batch": "list_to_map"}),
    Page("equipment:compliance"),
    Page("equipment:exceedances"),
    Page("equipment:inspections-due"),
    Page("equipment:chronic-leakers"),
    Page("equipment:compliance-calendar"),
    Page("equipment:compliance-settings"),
    Page("equipment:circuit"),
    Page("equipment:record-refrigerant"),
    Page("equipment:revise-charge"),
    Page("equipment:retrofit-circuit"),
    Page("equipment:circuit-rule"),
    Page("equipment:facility-method"),
    Page("equipment:case"),
    Page("equipment:log-case-event"),
    Page("equipment:units"),
    Page("reports:reports"),
    Page("reports:report", show={"key": "=circuit-history"}),
    Page("reports:report", "reconciliation", show={"key": "=reconciliation"}),
    Page("reports:retention"),
    Page("equipment:unit"),
    Page("equipment:add-unit"),
    Page("equipment:edit-unit"),
    Page("equipment:move-unit", query="?q=a"),
    Page("equipment:add-warranty"),
    Page("equipment:edit-warranty"),
    Page("equipment:registrations"),
    Page("equipment:add-claim"),
    Page("equipment:claims"),
    Page("equipment:claim"),
    Page("equipment:edit-claim"),
    Page("equipment:readings"),
    Page("equipment:add-readings"),
    Page("equipment:outlook"),
    Page("equipment:opportunities"),
    Page("equipment:opportunity"),
    Page("equipment:unit-label"),
    Page("equipment:labels"),
    # stock
    Page("inventory:parts"),
    Page("inventory:part"),
    Page("inventory:add-part"),
    Page("inventory:edit-part"),
    Page("inventory:places"),
    Page("inventory:place"),
    Page("inventory:add-place"),
    Page("inventory:edit-place"),
    Page("inventory:level"),
    Page("inventory:movements"),
    Page("inventory:receive"),
    Page("inventory:transfer"),
    Page("inventory:load"),
    Page("inventory:cylinders"),
    Page("inventory:add-cylinder"),
    Page("inventory:cylinder"),
    Page("inventory:edit-cylinder"),
    Page("inventory:weigh-cylinder"),
    Page("inventory:move-cylinder"),
    Page("inventory:pour-cylinder"),
    Page("inventory:fill-cylinder", show={"cylinder": "refillable"}),
    Page("inventory:lose-refrigerant"),
    Page("inventory:return-cylinder"),
    Page("inventory:refrigerant-transfers"),
    Page("inventory:send-refrigerant"),
    Page("inventory:refrigerant-transfer"),
    Page("inventory:balance"),
    Page("inventory:balance", "cylinder", query="?by=cylinder"),
    Page("inventory:balance", "month", query="?by=month"),
    Page("inventory:disposal-months"),
    # work
    Page("dispatch:board"),
    Page("dispatch:book"),
    Page("dispatch:book", "caller", query="?customer={customer}&site={site}"),
    Page("dispatch:jobs"),
    Page("dispatch:job"),
    Page("dispatch:job", "open", _OPEN_JOB),
    Page("dispatch:edit-job", show=_OPEN_JOB),
    Page("dispatch:add-visit", show=_OPEN_JOB),
    Page("dispatch:hold-job", show=_OPEN_JOB),
    Page("dispatch:resume-job", show=_OPEN_JOB),
    Page("dispatch:cancel-job", show=_OPEN_JOB),
    Page("dispatch:close-job"),
    Page("dispatch:reopen-job"),
    Page("dispatch:write-note", show=_OPEN_JOB),
    Page("dispatch:change-window", show=_OPEN),
    Page("dispatch:reschedule-visit", show=_OPEN),
    Page("dispatch:complete-on-behalf", show=_ON_SITE),
    Page("dispatch:board-visit"),
    Page("dispatch:phone-today"),
    Page("dispatch:phone-visit"),
    Page("dispatch:phone-visit", "on-site", _ON_SITE),
    Page("dispatch:phone-visit", "done", _DONE),
    Page("dispatch:phone-checklist", show=_ON_SITE),
    Page("dispatch:phone-notes", show=_ON_SITE),
    Page("dispatch:phone-correct", show=_ON_SITE),
    Page("dispatch:phone-photos", show=_ON_SITE),
    Page("dispatch:phone-parts", show=_ON_SITE),
    Page("dispatch:phone-refrigerant", show=_ON_SITE),
    Page("dispatch:phone-leaks", show=_ON_SITE),
    Page("dispatch:phone-signature", show=_ON_SITE),
    Page("dispatch:phone-complete", show=_ON_SITE),
    Page("dispatch:phone-no-access", show=_ON_SITE),
    Page("dispatch:phone-unit", show={"visit": "visit_with_unit", "unit": "unit_of_visit"}),
    # money
    Page("billing:invoices"),
    Page("billing:invoice"),
    Page("billing:why-invoice"),
    Page("billing:invoice", "draft", _DRAFT),
    Page("billing:issue-invoice", show=_DRAFT),
    Page("billing:void-invoice", show={"invoice": "unpaid"}),
    Page("billing:credit-invoice"),
    Page("billing:write-off-invoice", show={"invoice": "unpaid"}),
    Page("billing:email-invoice"),
    Page("billing:pay-invoice", show={"invoice": "unpaid"}),
    Page("billing:edit-draft", show=_DRAFT),
    Page("billing:discard-draft", show=_DRAFT),
    Page("billing:add-line", show=_DRAFT),
    Page("billing:edit-line", show=_DRAFT | {"position": "=1"}),
    Page("billing:remove-line", show=_DRAFT | {"position": "=1"}),
    Page("billing:payments"),
    Page("billing:record-payment", query="?customer={customer}"),
    Page("billing:payment"),
    Page("billing:apply-credit", show={"payment": "credit"}),
    Page("billing:reverse-payment"),
    Page("billing:receivables"),
    Page("billing:prices"),
    Page("billing:add-price"),
    Page("billing:edit-price"),
    Page("billing:job-type-prices"),
    Page("billing:set-job-type-price"),
    Page("billing:remove-job-type-price"),
    Page("billing:taxes"),
    Page("billing:add-tax-rate"),
    Page("billing:edit-tax-rate"),
    Page("billing:quickbooks"),
    Page("billing:quickbooks-batch", show={"batch": "quickbooks_batch"}),
    Page("billing:mark-batch-imported", show={"batch": "quickbooks_batch"}),
    Page("billing:cancel-batch", show={"batch": "quickbooks_batch"}),
)

DEED, PART, FILE, MACHINE = "changes something", "a part of a page", "a file", "for machines"
# These need an empty house, a link or a password: tests/browser/test_coming_in.py takes their pictures.
PASSING = "seen once, on the way in"
NOT_PAGES: dict[str, str] = {
    "fsm:welcome": PASSING,
    "fsm:use-link": PASSING,
    "fsm:log-in-code": PASSING,
    "fsm:put-away-first-steps": DEED,
    "fsm:bring-back-first-steps": DEED,
    "fsm:begin-second-factor": DEED,
    "fsm:end-other-sign-ins": DEED,
    "fsm:end-sign-in": DEED,
    "fsm:invite-again": DEED,
    "fsm:withdraw-invitation": DEED,
    "fsm:hand-over-link": DEED,
    "fsm:deactivate-person": DEED,
    "fsm:reactivate-person": DEED,
    "fsm:unlock-person": DEED,
    "fsm:reset-second-factor": DEED,
    "fsm:log-out": DEED,
    "fsm:approve-review": DEED,
    "fsm:reject-review": DEED,
    "fsm:withdraw-review": DEED,
    "fsm:retry-outbox-row": DEED,
    "fsm:give-up-outbox-row": DEED,
    "fsm:set-theme": DEED,
    "fsm:set-language": DEED,
    "fsm:revoke-api-token": DEED,
    "fsm:logo": FILE,
    "fsm:continue-numbers": DEED,
    "fsm:healthz": MACHINE,
    "fsm:readyz": MACHINE,
    "customers:find": PART,
    "customers:lookalikes": PART,
    "customers:add-tag": DEED,
    "customers:remove-tag": DEED,
    "customers:add-file": DEED,
    "customers:file": MACHINE,
    "customers:remove-file": DEED,
    "customers:verify-reach": DEED,
    "customers:add-site-role": DEED,
    "customers:end-site-role": DEED,
    "customers:sell-site": DEED,
    "customers:refuse-service": DEED,
    "customers:allow-service": DEED,
    "customers:hold-credit": DEED,
    "customers:release-credit": DEED,
    "customers:search-duplicates": DEED,
    "customers:look-again": DEED,
    "customers:merge-customers": DEED,
    "customers:keep-apart": DEED,
    "customers:undo-merge": DEED,
    "customers:add-note": DEED,
    "customers:pin-note": DEED,
    "customers:log-call": DEED,
    "customers:send-again": DEED,
    "customers:check-message": PART,
    "customers:set-wishes": DEED,
    "customers:preview-template": PART,
    "customers:switch-message": DEED,
    "customers:restore-words": DEED,
    "customers:take-up-text": DEED,
    "customers:put-text-away": DEED,
    "hooks:sms": MACHINE,
    "hooks:sms-status": MACHINE,
    "customers:read-import": DEED,
    "customers:confirm-columns": DEED,
    "customers:change-columns": DEED,
    "customers:import-problems": MACHINE,
    "customers:decide-rows": DEED,
    "customers:link-row": DEED,
    "customers:take-over-row": DEED,
    "customers:keep-row": DEED,
    "customers:import-progress": PART,
    "customers:start-import": DEED,
    "customers:take-back-import": DEED,
    "customers:release-row": DEED,
    "customers:skip-row": DEED,
    "equipment:retire-unit": DEED,
    "equipment:mothball-unit": DEED,
    "equipment:return-unit": DEED,
    "equipment:void-record": DEED,
    "reports:document": FILE,
    "reports:evidence": FILE,
    "reports:send-document": DEED,
    "reports:hold": DEED,
    "reports:release": DEED,
    "reports:purge": DEED,
    "equipment:void-case-event": DEED,
    "equipment:report-chronic": "asks for a chronic leaker, which the demo company has not",
    "equipment:read-serial": PART,
    "equipment:unit-file": FILE,
    "dispatch:phone-unit-file": FILE,
    "equipment:outlook-csv": FILE,
    "scan:unit": MACHINE,
    "equipment:confirm-manufacture": DEED,
    "equipment:set-system": DEED,
    "equipment:replace-unit": DEED,
    "equipment:undo-move": DEED,
    "equipment:add-unit-file": DEED,
    "equipment:remove-unit-file": DEED,
    "equipment:confirm-warranties": DEED,
    "equipment:register-warranty": DEED,
    "equipment:end-warranty": DEED,
    "equipment:send-claim": DEED,
    "equipment:approve-claim": DEED,
    "equipment:deny-claim": DEED,
    "equipment:credit-claim": DEED,
    "equipment:void-reading": DEED,
    "equipment:open-opportunity": DEED,
    "equipment:triage-opportunity": DEED,
    "equipment:contact-about-opportunity": DEED,
    "equipment:snooze-opportunity": DEED,
    "equipment:dismiss-opportunity": DEED,
    "inventory:find-parts": PART,
    "inventory:there": PART,
    "inventory:count": DEED,
    "inventory:note-receipt": DEED,
    "inventory:balance-file": FILE,
    "inventory:disposal-file": FILE,
    "inventory:set-limits": DEED,
    "dispatch:board-rows": PART,
    "dispatch:place-visit": DEED,
    "dispatch:unschedule-visit": DEED,
    "dispatch:add-technician": DEED,
    "dispatch:release-technician": DEED,
    "dispatch:find-caller": PART,
    "dispatch:book-site": PART,
    "dispatch:book-job": DEED,
    "dispatch:photo": FILE,
    "dispatch:signature": FILE,
    "dispatch:phone-operation": DEED,
    "billing:invoice-pdf": FILE,
    "billing:credit-pdf": FILE,
    "billing:draft-invoice": DEED,
    "billing:find-price": PART,
    "billing:make-quickbooks-batch": DEED,
    "billing:download-quickbooks-batch": FILE,
}


# A page for a person --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shot:
    """A page as somebody sees it: where it is, or in `path` None where there is nothing to show."""

    page: Page
    role: Role | None
    user: User | None
    path: str | None

    @property
    def who(self) -> str:
        """The role, in a file's name."""
        return str(self.role.value) if self.role else "nobody"


def shots(*, only: str = "", all_roles: bool = False) -> list[Shot]:
    """Every page, or those with `only` in their name, for its typical role or for each that may see it."""
    known, people = addresses(), {role: _typical_person(role) for role in Role}
    found: list[Shot] = []
    for page in PAGES:
        if only not in page.title and only not in page.name:
            continue
        address = known[page.name]
        roles: list[Role | None] = [*address.roles] or [None]
        for role in roles if all_roles else roles[:1]:
            user = people[role] if role else None
            found.append(Shot(page, role, user, _path(page, address, user) if user or not role else None))
    return found


def _typical_person(role: Role) -> User | None:
    """Somebody of the role: of the demo company, who has work today, else the first one."""
    named = [username for username, _name, held in demo.LOGINS if held == role]
    people = User.objects.active().filter(role=role).order_by("pk")
    found: User | None = people.filter(username__in=named).first() or people.first()
    return found


def _path(page: Page, address: Address, user: User | None) -> str | None:
    """The page's address with its examples; None where the person has nothing of the kind."""
    values: dict[str, Any] = {}
    for asked in address.asks:
        plain = asked.removesuffix("_uuid").removesuffix("_id")
        values[asked] = _example(page.show.get(plain, plain), user)
    query = page.query
    for name in re.findall(r"{(\w+)}", query):
        values[f"?{name}"] = _example(name, user)
        query = query.replace(f"{{{name}}}", str(values[f"?{name}"]))
    if None in values.values():
        return None
    return reverse(page.name, kwargs={key: value for key, value in values.items() if key[0] != "?"}) + query


def _example(name: str, user: User | None) -> Any:
    if name.startswith("="):
        return name[1:]
    return next((value for wish in EXAMPLES[name] if (value := wish.found(user)) is not None), None)
