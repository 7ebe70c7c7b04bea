"""Every address, every role: who may enter, who is sent away, and what is not theirs is not there."""

from __future__ import annotations

import uuid

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from fsm.permissions import ROLES, May, Role
from tests import factories as make
from tests.conftest import client_of

OPEN = None  # to everybody, signed in or not

# What each address asks. A new address is added here by whoever adds it, on purpose.
EXPECTED: dict[str, May | None] = {
    # house
    "fsm:home": May.SIGN_IN,
    "fsm:search": May.SEE_HOME,
    "fsm:log-in": OPEN,
    "fsm:log-out": OPEN,
    "fsm:change-password": May.SIGN_IN,
    "fsm:set-theme": May.SIGN_IN,
    "fsm:set-language": May.SIGN_IN,
    "fsm:company": May.MANAGE_COMPANY,
    "fsm:logo": May.SIGN_IN,
    "fsm:branches": May.MANAGE_COMPANY,
    "fsm:continue-numbers": May.MANAGE_COMPANY,
    "fsm:add-branch": May.MANAGE_COMPANY,
    "fsm:edit-branch": May.MANAGE_COMPANY,
    "fsm:people": May.MANAGE_PEOPLE,
    "fsm:add-person": May.MANAGE_PEOPLE,
    "fsm:edit-person": May.MANAGE_PEOPLE,
    "fsm:set-password": May.MANAGE_PEOPLE,
    "fsm:log-in-code": OPEN,
    "fsm:welcome": OPEN,
    "fsm:forgot-password": OPEN,
    "fsm:use-link": OPEN,
    "fsm:put-away-first-steps": May.MANAGE_COMPANY,
    "fsm:bring-back-first-steps": May.MANAGE_COMPANY,
    "fsm:security": May.SIGN_IN,
    "fsm:second-factor": May.SIGN_IN,
    "fsm:begin-second-factor": May.SIGN_IN,
    "fsm:second-factor-off": May.SIGN_IN,
    "fsm:backup-codes": May.SIGN_IN,
    "fsm:end-other-sign-ins": May.SIGN_IN,
    "fsm:end-sign-in": May.SIGN_IN,
    "fsm:invite-person": May.MANAGE_PEOPLE,
    "fsm:invite-again": May.MANAGE_PEOPLE,
    "fsm:withdraw-invitation": May.MANAGE_PEOPLE,
    "fsm:hand-over-link": May.MANAGE_PEOPLE,
    "fsm:deactivate-person": May.MANAGE_PEOPLE,
    "fsm:reactivate-person": May.MANAGE_PEOPLE,
    "fsm:unlock-person": May.MANAGE_PEOPLE,
    "fsm:reset-second-factor": May.MANAGE_PEOPLE,
    "fsm:events": May.SEE_HOUSE,
    "fsm:style": May.SEE_HOUSE,
    "fsm:trace": May.SEE_TRACE,
    "fsm:reviews": May.SEE_HOME,
    "fsm:approve-review": May.SEE_HOME,
    "fsm:reject-review": May.SEE_HOME,
    "fsm:withdraw-review": May.SEE_HOME,
    "fsm:timeline": May.SEE_TRACE,
    "fsm:batch": May.SEE_TRACE,
    "fsm:looks": May.SEE_HOUSE,
    "fsm:api-tokens": May.SIGN_IN,
    "fsm:make-api-token": May.SIGN_IN,
    "fsm:api-token": May.SIGN_IN,
    "fsm:revoke-api-token": May.SIGN_IN,
    "api:page": May.SIGN_IN,
    "fsm:healthz": OPEN,
    "fsm:readyz": OPEN,
    "fsm:health": May.SEE_HOUSE,
    "fsm:exchanges": May.SEE_HOUSE,
    "fsm:exchange": May.SEE_HOUSE,
    "fsm:outbox": May.SEE_HOUSE,
    "fsm:outbox-row": May.SEE_HOUSE,
    "fsm:retry-outbox-row": May.RUN_HOUSE,
    "fsm:give-up-outbox-row": May.RUN_HOUSE,
    # customers
    "customers:customers": May.SEE_CUSTOMERS,
    "customers:quality": May.EDIT_CUSTOMERS,
    "customers:quality-of": May.EDIT_CUSTOMERS,
    "customers:find": May.SEE_CUSTOMERS,
    "customers:add-customer": May.EDIT_CUSTOMERS,
    "customers:lookalikes": May.EDIT_CUSTOMERS,
    "customers:customer": May.SEE_CUSTOMERS,
    "customers:edit-customer": May.EDIT_CUSTOMERS,
    "customers:timeline": May.SEE_CUSTOMERS,
    "customers:add-tag": May.EDIT_CUSTOMERS,
    "customers:remove-tag": May.EDIT_CUSTOMERS,
    "customers:add-file": May.EDIT_CUSTOMERS,
    "customers:file": May.SEE_CUSTOMERS,
    "customers:remove-file": May.EDIT_CUSTOMERS,
    "customers:verify-reach": May.EDIT_CUSTOMERS,
    "customers:add-site-role": May.EDIT_CUSTOMERS,
    "customers:end-site-role": May.EDIT_CUSTOMERS,
    "customers:sell-site": May.EDIT_CUSTOMERS,
    "calls:incoming": May.EDIT_CUSTOMERS,
    "customers:refuse-service": May.EDIT_CUSTOMERS,
    "customers:allow-service": May.EDIT_CUSTOMERS,
    "customers:hold-credit": May.EDIT_CUSTOMERS,
    "customers:release-credit": May.EDIT_CUSTOMERS,
    "customers:duplicates": May.MERGE_CUSTOMERS,
    "customers:search-duplicates": May.MERGE_CUSTOMERS,
    "customers:look-again": May.MERGE_CUSTOMERS,
    "customers:choose-other": May.MERGE_CUSTOMERS,
    "customers:compare": May.MERGE_CUSTOMERS,
    "customers:merge-customers": May.MERGE_CUSTOMERS,
    "customers:keep-apart": May.MERGE_CUSTOMERS,
    "customers:merges": May.MERGE_CUSTOMERS,
    "customers:merge": May.MERGE_CUSTOMERS,
    "customers:undo-merge": May.MERGE_CUSTOMERS,
    "customers:add-site": May.EDIT_CUSTOMERS,
    "customers:site": May.SEE_CUSTOMERS,
    "customers:edit-site": May.EDIT_CUSTOMERS,
    "customers:add-contact": May.EDIT_CUSTOMERS,
    "customers:edit-contact": May.EDIT_CUSTOMERS,
    "customers:add-note": May.EDIT_CUSTOMERS,
    "customers:pin-note": May.EDIT_CUSTOMERS,
    "customers:communications": May.SEE_CUSTOMERS,
    "customers:log-call": May.EDIT_CUSTOMERS,
    "customers:communication": May.SEE_CUSTOMERS,
    "customers:send-again": May.EDIT_CUSTOMERS,
    "customers:write-message": May.EDIT_CUSTOMERS,
    "customers:check-message": May.EDIT_CUSTOMERS,
    "customers:set-wishes": May.EDIT_CUSTOMERS,
    "customers:messages": May.SEE_CUSTOMERS,
    "customers:templates": May.EDIT_TEMPLATES,
    "customers:template": May.EDIT_TEMPLATES,
    "customers:preview-template": May.EDIT_TEMPLATES,
    "customers:switch-message": May.EDIT_TEMPLATES,
    "customers:restore-words": May.EDIT_TEMPLATES,
    "customers:messaging-rules": May.EDIT_TEMPLATES,
    "customers:opt-outs": May.EDIT_CUSTOMERS,
    "customers:lift-opt-out": May.EDIT_CUSTOMERS,
    "customers:unknown-texts": May.EDIT_CUSTOMERS,
    "customers:take-up-text": May.EDIT_CUSTOMERS,
    "customers:put-text-away": May.EDIT_CUSTOMERS,
    "hooks:sms": OPEN,
    "hooks:sms-status": OPEN,
    "customers:imports": May.IMPORT_CUSTOMERS,
    "customers:read-import": May.IMPORT_CUSTOMERS,
    "customers:import": May.IMPORT_CUSTOMERS,
    "customers:import-progress": May.IMPORT_CUSTOMERS,
    "customers:start-import": May.IMPORT_CUSTOMERS,
    "customers:take-back-import": May.IMPORT_CUSTOMERS,
    "customers:import-columns": May.IMPORT_CUSTOMERS,
    "customers:confirm-columns": May.IMPORT_CUSTOMERS,
    "customers:change-columns": May.IMPORT_CUSTOMERS,
    "customers:import-problems": May.IMPORT_CUSTOMERS,
    "customers:decide-rows": May.IMPORT_CUSTOMERS,
    "customers:link-row": May.IMPORT_CUSTOMERS,
    "customers:take-over-row": May.IMPORT_CUSTOMERS,
    "customers:keep-row": May.IMPORT_CUSTOMERS,
    "customers:release-row": May.IMPORT_CUSTOMERS,
    "customers:skip-row": May.IMPORT_CUSTOMERS,
    # equipment
    "equipment:units": May.SEE_EQUIPMENT,
    "equipment:unit": May.SEE_EQUIPMENT,
    "equipment:edit-unit": May.EDIT_EQUIPMENT,
    "equipment:retire-unit": May.EDIT_EQUIPMENT,
    "equipment:mothball-unit": May.EDIT_EQUIPMENT,
    "equipment:return-unit": May.EDIT_EQUIPMENT,
    "equipment:add-unit": May.EDIT_EQUIPMENT,
    "reports:reports": May.SEE_EQUIPMENT,
    "reports:report": May.SEE_EQUIPMENT,
    "reports:document": May.SEE_EQUIPMENT,
    "reports:send-document": May.RUN_COMPLIANCE,
    "reports:evidence": May.SEE_EQUIPMENT,
    "reports:retention": May.RUN_COMPLIANCE,
    "reports:hold": May.RUN_COMPLIANCE,
    "reports:release": May.RUN_COMPLIANCE,
    "reports:purge": May.MANAGE_COMPANY,
    "equipment:void-record": May.EDIT_EQUIPMENT,
    "equipment:compliance": May.SEE_EQUIPMENT,
    "equipment:exceedances": May.SEE_EQUIPMENT,
    "equipment:inspections-due": May.SEE_EQUIPMENT,
    "equipment:chronic-leakers": May.SEE_EQUIPMENT,
    "equipment:compliance-calendar": May.SEE_EQUIPMENT,
    "equipment:compliance-settings": May.MANAGE_COMPANY,
    "equipment:circuit": May.SEE_EQUIPMENT,
    "equipment:record-refrigerant": May.RUN_COMPLIANCE,
    "equipment:revise-charge": May.RUN_COMPLIANCE,
    "equipment:retrofit-circuit": May.RUN_COMPLIANCE,
    "equipment:circuit-rule": May.RUN_COMPLIANCE,
    "equipment:report-chronic": May.RUN_COMPLIANCE,
    "equipment:facility-method": May.RUN_COMPLIANCE,
    "equipment:case": May.SEE_EQUIPMENT,
    "equipment:log-case-event": May.RUN_COMPLIANCE,
    "equipment:void-case-event": May.RUN_COMPLIANCE,
    "equipment:read-serial": May.EDIT_EQUIPMENT,
    "equipment:confirm-manufacture": May.EDIT_EQUIPMENT,
    "equipment:set-system": May.EDIT_EQUIPMENT,
    "equipment:replace-unit": May.EDIT_EQUIPMENT,
    "equipment:move-unit": May.EDIT_EQUIPMENT,
    "equipment:undo-move": May.EDIT_EQUIPMENT,
    "equipment:add-unit-file": May.EDIT_EQUIPMENT,
    "equipment:unit-file": May.SEE_EQUIPMENT,
    "equipment:remove-unit-file": May.EDIT_EQUIPMENT,
    "equipment:confirm-warranties": May.EDIT_EQUIPMENT,
    "equipment:add-warranty": May.EDIT_EQUIPMENT,
    "equipment:edit-warranty": May.EDIT_EQUIPMENT,
    "equipment:register-warranty": May.EDIT_EQUIPMENT,
    "equipment:end-warranty": May.EDIT_EQUIPMENT,
    "equipment:registrations": May.SEE_EQUIPMENT,
    "equipment:add-claim": May.EDIT_EQUIPMENT,
    "equipment:claims": May.SEE_EQUIPMENT,
    "equipment:claim": May.SEE_EQUIPMENT,
    "equipment:edit-claim": May.EDIT_EQUIPMENT,
    "equipment:send-claim": May.EDIT_EQUIPMENT,
    "equipment:approve-claim": May.EDIT_EQUIPMENT,
    "equipment:deny-claim": May.EDIT_EQUIPMENT,
    "equipment:credit-claim": May.EDIT_EQUIPMENT,
    "equipment:readings": May.SEE_EQUIPMENT,
    "equipment:add-readings": May.EDIT_EQUIPMENT,
    "equipment:void-reading": May.EDIT_EQUIPMENT,
    "equipment:outlook": May.SEE_EQUIPMENT,
    "equipment:outlook-csv": May.SEE_EQUIPMENT,
    "equipment:open-opportunity": May.EDIT_EQUIPMENT,
    "equipment:opportunities": May.SEE_EQUIPMENT,
    "equipment:opportunity": May.SEE_EQUIPMENT,
    "equipment:triage-opportunity": May.EDIT_EQUIPMENT,
    "equipment:contact-about-opportunity": May.EDIT_EQUIPMENT,
    "equipment:snooze-opportunity": May.EDIT_EQUIPMENT,
    "equipment:dismiss-opportunity": May.EDIT_EQUIPMENT,
    "equipment:unit-label": May.SEE_EQUIPMENT,
    "equipment:labels": May.SEE_EQUIPMENT,
    "scan:unit": May.SIGN_IN,
    # stock
    "inventory:parts": May.SEE_STOCK,
    "inventory:find-parts": May.SEE_STOCK,
    "inventory:add-part": May.EDIT_PARTS,
    "inventory:part": May.SEE_STOCK,
    "inventory:edit-part": May.EDIT_PARTS,
    "inventory:places": May.SEE_STOCK,
    "inventory:add-place": May.EDIT_PARTS,
    "inventory:place": May.SEE_STOCK,
    "inventory:edit-place": May.EDIT_PARTS,
    "inventory:load": May.MOVE_STOCK,
    "inventory:level": May.SEE_STOCK,
    "inventory:count": May.MOVE_STOCK,
    "inventory:set-limits": May.EDIT_PARTS,
    "inventory:movements": May.SEE_STOCK,
    "inventory:receive": May.MOVE_STOCK,
    "inventory:transfer": May.MOVE_STOCK,
    "inventory:there": May.SEE_STOCK,
    "inventory:cylinders": May.SEE_STOCK,
    "inventory:add-cylinder": May.MOVE_STOCK,
    "inventory:cylinder": May.SEE_STOCK,
    "inventory:edit-cylinder": May.MOVE_STOCK,
    "inventory:weigh-cylinder": May.MOVE_STOCK,
    "inventory:move-cylinder": May.MOVE_STOCK,
    "inventory:pour-cylinder": May.MOVE_STOCK,
    "inventory:fill-cylinder": May.MOVE_STOCK,
    "inventory:lose-refrigerant": May.MOVE_STOCK,
    "inventory:return-cylinder": May.MOVE_STOCK,
    "inventory:refrigerant-transfers": May.SEE_STOCK,
    "inventory:send-refrigerant": May.MOVE_STOCK,
    "inventory:refrigerant-transfer": May.SEE_STOCK,
    "inventory:note-receipt": May.MOVE_STOCK,
    "inventory:balance": May.SEE_STOCK,
    "inventory:balance-file": May.SEE_STOCK,
    "inventory:disposal-months": May.SEE_STOCK,
    "inventory:disposal-file": May.SEE_STOCK,
    # work
    "dispatch:board": May.SEE_BOARD,
    "dispatch:board-rows": May.SEE_BOARD,
    "dispatch:board-visit": May.SEE_BOARD,
    "dispatch:place-visit": May.MOVE_VISITS,
    "dispatch:unschedule-visit": May.MOVE_VISITS,
    "dispatch:add-technician": May.MOVE_VISITS,
    "dispatch:release-technician": May.MOVE_VISITS,
    "dispatch:book": May.BOOK_JOBS,
    "dispatch:find-caller": May.BOOK_JOBS,
    "dispatch:book-site": May.BOOK_JOBS,
    "dispatch:book-job": May.BOOK_JOBS,
    "dispatch:jobs": May.SEE_JOBS,
    "dispatch:job": May.SEE_JOBS,
    "dispatch:edit-job": May.BOOK_JOBS,
    "dispatch:add-visit": May.BOOK_JOBS,
    "dispatch:hold-job": May.MOVE_VISITS,
    "dispatch:resume-job": May.MOVE_VISITS,
    "dispatch:cancel-job": May.CANCEL_JOBS,
    "dispatch:close-job": May.COMPLETE_FOR_OTHERS,
    "dispatch:reopen-job": May.COMPLETE_FOR_OTHERS,
    "dispatch:write-note": May.BOOK_JOBS,
    "dispatch:reschedule-visit": May.MOVE_VISITS,
    "dispatch:change-window": May.BOOK_JOBS,
    "dispatch:complete-on-behalf": May.COMPLETE_FOR_OTHERS,
    "dispatch:photo": May.SIGN_IN,
    "dispatch:signature": May.SIGN_IN,
    "dispatch:phone-today": May.WORK_VISITS,
    "dispatch:phone-visit": May.WORK_VISITS,
    "dispatch:phone-operation": May.WORK_VISITS,
    "dispatch:phone-checklist": May.WORK_VISITS,
    "dispatch:phone-notes": May.WORK_VISITS,
    "dispatch:phone-correct": May.WORK_VISITS,
    "fsm:ownership": May.SIGN_IN,
    "dispatch:phone-photos": May.WORK_VISITS,
    "dispatch:phone-parts": May.WORK_VISITS,
    "dispatch:phone-refrigerant": May.WORK_VISITS,
    "dispatch:phone-leaks": May.WORK_VISITS,
    "dispatch:phone-signature": May.WORK_VISITS,
    "dispatch:phone-complete": May.WORK_VISITS,
    "dispatch:phone-no-access": May.WORK_VISITS,
    "dispatch:phone-unit": May.WORK_VISITS,
    "dispatch:phone-unit-file": May.WORK_VISITS,
    # money
    "billing:invoices": May.SEE_MONEY,
    "billing:invoice": May.SEE_MONEY,
    "billing:why-invoice": May.SEE_MONEY,
    "billing:invoice-pdf": May.SIGN_IN,
    "billing:credit-pdf": May.SEE_MONEY,
    "billing:issue-invoice": May.ISSUE_INVOICES,
    "billing:void-invoice": May.ADJUST_INVOICES,
    "billing:credit-invoice": May.ADJUST_INVOICES,
    "billing:write-off-invoice": May.ISSUE_INVOICES,
    "billing:email-invoice": May.ISSUE_INVOICES,
    "billing:pay-invoice": May.TAKE_PAYMENTS,
    "billing:edit-draft": May.EDIT_INVOICES,
    "billing:discard-draft": May.EDIT_INVOICES,
    "billing:add-line": May.EDIT_INVOICES,
    "billing:edit-line": May.EDIT_INVOICES,
    "billing:remove-line": May.EDIT_INVOICES,
    "billing:draft-invoice": May.EDIT_INVOICES,
    "billing:payments": May.SEE_MONEY,
    "billing:record-payment": May.TAKE_PAYMENTS,
    "billing:payment": May.SEE_MONEY,
    "billing:apply-credit": May.TAKE_PAYMENTS,
    "billing:reverse-payment": May.TAKE_PAYMENTS,
    "billing:receivables": May.SEE_MONEY,
    "billing:prices": May.SEE_MONEY,
    "billing:find-price": May.SEE_MONEY,
    "billing:add-price": May.EDIT_PRICES,
    "billing:edit-price": May.EDIT_PRICES,
    "billing:job-type-prices": May.SEE_MONEY,
    "billing:set-job-type-price": May.EDIT_PRICES,
    "billing:remove-job-type-price": May.EDIT_PRICES,
    "billing:taxes": May.SEE_MONEY,
    "billing:add-tax-rate": May.EDIT_PRICES,
    "billing:edit-tax-rate": May.EDIT_PRICES,
    "billing:quickbooks": May.RUN_QUICKBOOKS,
    "billing:make-quickbooks-batch": May.RUN_QUICKBOOKS,
    "billing:quickbooks-batch": May.RUN_QUICKBOOKS,
    "billing:download-quickbooks-batch": May.RUN_QUICKBOOKS,
    "billing:mark-batch-imported": May.RUN_QUICKBOOKS,
    "billing:cancel-batch": May.RUN_QUICKBOOKS,
}


def addresses(resolver=None, prefix="", namespace=""):
    """Name, route and view of every address."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, route, entry.namespace or namespace)
        else:
            yield f"{namespace}:{entry.name}", route, entry.callback


def parts_of(route):
    """The variable parts of a route: `uuid:customer_uuid` ... as (converter, name)."""
    return [tuple(part.split(">")[0].split(":")) for part in route.split("<")[1:]]


NOTHING = {"uuid": uuid.UUID(int=404), "int": 404_404, "slug": "customer", "str": "visit.arrive"}


def address(name, route, things=None):
    """A real address with, for each variable part, the given thing or one that does not exist."""
    return reverse(
        name, kwargs={part: (things or {}).get(part, NOTHING[kind]) for kind, part in parts_of(route)}
    )


# Programs have a sweep of their own in tests/api: they are answered in JSON. The admin's addresses, alike for
# every model, have theirs in tests/admin.
ALL = [one for one in addresses() if one[0] == "api:page" or not one[0].startswith(("api:", "admin:"))]
BUTTONS_FOR_ALL = {"fsm:log-out"}


def signed_in(user):
    """A browser for each address, all of one log-in: what an address does to its browser stays there."""
    key = client_of(user).cookies[settings.SESSION_COOKIE_NAME].value

    def browser():
        client = Client(raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = key
        return client

    return browser


def answers(client, url):
    """The status of a GET and of an empty POST, and where each leads; nothing of it stays."""
    found = []
    for method in (client.get, client.post):
        with transaction.atomic():
            answer = method(url)
            transaction.set_rollback(True)
        found.append((answer.status_code, answer.headers.get("Location", "")))
    return found


def test_every_address_has_a_name_and_stands_in_the_table():
    names = [name for name, _, _ in ALL]
    assert len(names) == len(set(names))
    assert sorted(names) == sorted(EXPECTED)


def test_every_address_asks_what_the_table_says():
    assert {name: callback.requires for name, _, callback in ALL} == EXPECTED


def test_the_whole_admin_asks_one_thing():
    asked = {name: callback.requires for name, _, callback in addresses() if name.startswith("admin:")}
    assert len(asked) > 200
    others = {name: may for name, may in asked.items() if may != May.USE_ADMIN}
    assert others.pop("admin:login") is None
    assert {name[-4:] for name in others} == {"_add"}
    assert set(others.values()) == {May.SET_UP}


def test_the_signed_out_are_sent_to_the_log_in(company):
    log_in = reverse("fsm:log-in")
    wrong = []
    for name, route, _ in ALL:
        url = address(name, route)
        for status, location in answers(Client(), url):
            sent = status == 302 and location.startswith(log_in)
            if (EXPECTED[name] is OPEN and (sent or status >= 500)) or (
                EXPECTED[name] is not OPEN and not sent and status != 405
            ):
                wrong.append((name, status, location))
    assert wrong == []


@pytest.mark.parametrize("role", list(Role))
def test_a_role_enters_what_it_may_and_nothing_else(company, role):
    user = make.UserFactory(role=role)
    if role == Role.TECHNICIAN:
        make.TechnicianFactory(user=user)
    log_in, wrong = reverse("fsm:log-in"), []
    browser = signed_in(user)
    for name, route, _ in ALL:
        may = EXPECTED[name] is OPEN or EXPECTED[name] in ROLES[role]
        found = answers(browser(), address(name, route))
        for status, location in found:
            entered = status not in (403, 405) and status < 500 and not location.startswith(log_in)
            if status != 405 and (entered != may or (not may and status != 403)):
                wrong.append((name, status, location))
        if {status for status, _ in found} == {405}:
            wrong.append((name, 405, "answers neither GET nor POST"))
    assert wrong == []


# What is not theirs is not there ------------------------------------------------------------------

# Things that belong to the whole company, not to a branch.
SHARED = {"part_uuid", "item_uuid", "price_uuid", "rate_uuid", "batch_uuid", "person_uuid", "token_uuid",
          "exchange_uuid", "outbox_uuid", "sign_in_uuid", "text_uuid"}  # fmt: skip


@pytest.mark.parametrize("role", [Role.OWNER, Role.TECHNICIAN])
def test_a_thing_that_does_not_exist_is_not_found(company, role):
    user = make.UserFactory(role=role)
    if role == Role.TECHNICIAN:
        make.TechnicianFactory(user=user)
    browser, wrong = signed_in(user), []
    for name, route, _ in ALL:
        if "<uuid:" in route and EXPECTED[name] in ROLES[role]:
            statuses = {status for status, _ in answers(browser(), address(name, route))} - {405}
            if statuses != {404}:
                wrong.append((name, statuses))
    assert wrong == []


def elsewhere():
    """One of everything that belongs to another branch, by the name it has in addresses."""
    branch = make.BranchFactory(name="Waco")
    customer = make.CustomerFactory(branch=branch)
    site = make.SiteFactory(customer=customer)
    copy = make.CustomerFactory(branch=branch)
    unit = make.UnitFactory(site=site)
    visit = make.VisitFactory(job=make.JobFactory(site=site))
    invoice = make.InvoiceFactory(job=visit.job)
    things = {
        "survivor_uuid": customer,
        "loser_uuid": copy,
        "pair_uuid": make.DuplicatePairFactory(first=customer, second=copy),
        "merge_uuid": make.MergeFactory(survivor=customer, loser=copy),
        "branch_uuid": branch,
        "customer_uuid": customer,
        "site_uuid": site,
        "contact_uuid": make.ContactFactory(customer=customer),
        "note_uuid": make.CustomerNoteFactory(customer=customer),
        "file_uuid": make.CustomerFileFactory(customer=customer),
        "role_uuid": make.SiteRoleFactory(site=site, customer=customer),
        "communication_uuid": make.CommunicationFactory(customer=customer),
        "unit_uuid": unit,
        "record_uuid": (record := make.RefrigerantRecordFactory(circuit__unit=unit)),
        "circuit_uuid": record.circuit,
        "case_uuid": (case := make.LeakCaseFactory(circuit=record.circuit, opened_by=record)),
        "event_uuid": make.CaseEventFactory(case=case),
        "document_uuid": make.ComplianceDocumentFactory(circuit=record.circuit),
        "move_uuid": make.UnitMoveFactory(unit=unit),
        "unit_file_uuid": make.UnitFileFactory(unit=unit),
        "warranty_uuid": make.WarrantyFactory(unit=unit),
        "claim_uuid": make.WarrantyClaimFactory(warranty__unit=unit),
        "reading_uuid": make.ReadingFactory(unit=unit),
        "opportunity_uuid": make.OpportunityFactory(unit=unit, site=site),
        "place_uuid": make.StockPlaceFactory(branch=branch),
        "cylinder_uuid": (cylinder := make.CylinderFactory(place__branch=branch)),
        "transfer_uuid": make.CylinderMovementFactory(
            cylinder=cylinder, kind="sent", change_oz=-8, transfer=make.RefrigerantTransferFactory()
        ).transfer,
        "part_uuid": make.PartFactory(),
        "job_uuid": visit.job,
        "visit_uuid": visit,
        "photo_uuid": make.JobPhotoFactory(job=visit.job, visit=visit),
        "signature_uuid": make.SignatureFactory(visit=visit),
        "invoice_uuid": invoice,
        "payment_uuid": make.PaymentFactory(customer=customer),
        "unique": customer,
        "review_uuid": make.ReviewFactory(branch=branch),
    }
    return {name: thing.uuid for name, thing in things.items()}


def test_what_belongs_to_another_branch_is_not_found(branch, olivia):
    make.UserBranchFactory(user=olivia, branch=branch)
    things, wrong, tried = elsewhere(), [], 0
    browser = signed_in(olivia)
    for name, route, _ in ALL:
        parts = {part for kind, part in parts_of(route) if kind == "uuid"}
        if parts - SHARED and EXPECTED[name] in ROLES[Role.OWNER]:
            assert parts <= things.keys() | SHARED, (
                f"{name}: make one of {parts - things.keys()} in `elsewhere`"
            )
            tried += 1
            statuses = {status for status, _ in answers(browser(), address(name, route, things))} - {405}
            if statuses != {404}:
                wrong.append((name, statuses))
    assert wrong == []
    assert tried > 40


def test_another_technicians_work_is_not_found(branch, tess, tom):
    visit = make.VisitFactory()
    make.AssignmentFactory(visit=visit, technician=tom.technician)
    invoice = make.InvoiceFactory(job=visit.job)
    things = {
        "visit_uuid": visit,
        "job_uuid": visit.job,
        "photo_uuid": make.JobPhotoFactory(job=visit.job, visit=visit),
        "signature_uuid": make.SignatureFactory(visit=visit),
        "invoice_uuid": invoice,
        "unit_uuid": make.UnitFactory(site=visit.job.site),
    }
    things = {name: thing.uuid for name, thing in things.items()}
    browser, wrong, tried = signed_in(tess), [], 0
    for name, route, _ in ALL:
        if {part for _, part in parts_of(route)} & things.keys() and EXPECTED[name] in ROLES[Role.TECHNICIAN]:
            tried += 1
            statuses = {status for status, _ in answers(browser(), address(name, route, things))} - {405}
            if statuses != {404}:
                wrong.append((name, statuses))
    assert wrong == []
    assert tried > 10
