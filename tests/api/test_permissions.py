"""Every address of the API, every role: who is answered, and what is not theirs is not there."""

from __future__ import annotations

import uuid

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver

from fsm.api.views import Deed, Operation
from fsm.permissions import ROLES, May, Role
from tests import factories as make
from tests.test_permissions import addresses, elsewhere, parts_of

from .conftest import Program

LOOK = (May.SEE_JOBS, May.WORK_VISITS)
WORK = (May.WORK_VISITS, May.COMPLETE_FOR_OTHERS)

# What each address asks; of several one is enough, () is whoever is known. A new address is added on purpose.
EXPECTED: dict[str, tuple[May, ...]] = {
    **dict.fromkeys(("schema", "me", "company", "branches", "nowhere"), ()),
    **dict.fromkeys(("people", "person"), (May.MANAGE_PEOPLE,)),
    "trace": (May.SEE_TRACE,),
    **dict.fromkeys(
        (
            "reviews", "review", "approve-review", "reject-review", "withdraw-review",
        ),
        (May.SEE_HOME,),
    ),
    **dict.fromkeys(
        (
            "customers", "customer", "notes", "sites", "site", "contacts", "contact", "communications",
            "communication", "files", "file-content", "site-roles",
        ),
        (May.SEE_CUSTOMERS,),
    ),
    **dict.fromkeys(
        (
            "add-customer", "edit-customer", "refuse-service", "allow-service", "hold-credit",
            "release-credit", "add-site", "edit-site", "add-contact", "edit-contact", "add-note",
            "pin-note", "log-call", "send-again", "send-message", "add-tag", "remove-tag", "add-file",
            "remove-file", "add-site-role", "end-site-role",
        ),
        (May.EDIT_CUSTOMERS,),
    ),
    **dict.fromkeys(("imports", "import", "import-rows"), (May.IMPORT_CUSTOMERS,)),
    **dict.fromkeys(
        ("duplicates", "keep-apart", "merges", "merge-customers", "undo-merge"), (May.MERGE_CUSTOMERS,)
    ),
    **dict.fromkeys((
            "units", "unit", "refrigerant-records", "refrigerants", "circuits", "circuit", "leak-rates",
            "leak-cases", "leak-case", "warranties", "warranty-claims", "readings", "opportunities",
        ), (May.SEE_EQUIPMENT,)),
    **dict.fromkeys(
        (
            "log-case-event", "void-case-event", "revise-charge", "retrofit-circuit", "set-exemption",
            "set-category",
        ),
        (May.RUN_COMPLIANCE,),
    ),
    **dict.fromkeys(
        (
            "edit-unit", "retire-unit", "mothball-unit", "return-unit", "install-unit",
            "record-refrigerant", "void-record", "register-warranty", "open-claim", "record-readings",
            "void-reading", "move-unit", "undo-move", "raise-opportunity", "dismiss-opportunity",
        ),
        (May.EDIT_EQUIPMENT,),
    ),
    **dict.fromkeys(
        (
            "parts", "part", "places", "place", "levels", "movements", "movement",
        ),
        (May.SEE_STOCK,),
    ),
    **dict.fromkeys(("add-part", "edit-part", "add-place", "edit-place", "set-limits"), (May.EDIT_PARTS,)),
    **dict.fromkeys(("receive-stock", "transfer-stock", "count-stock"), (May.MOVE_STOCK,)),
    **dict.fromkeys(
        (
            "cylinders", "cylinder", "cylinder-movements", "refrigerant-balance", "refrigerant-transfers",
            "refrigerant-transfer",
        ),
        (May.SEE_STOCK,),
    ),
    **dict.fromkeys(
        (
            "add-cylinder", "edit-cylinder", "move-cylinder", "fill-cylinder", "pour-cylinder",
            "lose-refrigerant", "return-cylinder", "weigh-cylinder", "charge-from-cylinder",
            "recover-into-cylinder", "send-refrigerant", "note-receipt",
        ),
        (May.MOVE_STOCK,),
    ),
    **dict.fromkeys(
        (
            "jobs", "job", "job-notes", "job-types", "technicians", "technician", "visits", "visit",
        ),
        LOOK,
    ),
    **dict.fromkeys(("book-job", "edit-job", "add-visit", "change-window"), (May.BOOK_JOBS,)),
    "write-note": (May.BOOK_JOBS, May.WORK_VISITS),
    **dict.fromkeys(
        (
            "hold-job", "resume-job", "place-visit", "unschedule-visit", "add-technician",
            "release-technician",
        ),
        (May.MOVE_VISITS,),
    ),
    "cancel-job": (May.CANCEL_JOBS,),
    **dict.fromkeys(("close-job", "reopen-job", "complete-on-behalf"), (May.COMPLETE_FOR_OTHERS,)),
    **dict.fromkeys(
        (
            "go-en-route", "arrive", "pause", "resume", "answer-check", "add-photo", "use-part",
            "take-back-part", "log-refrigerant", "sign", "complete-visit", "report-no-access",
        ),
        WORK,
    ),
    **dict.fromkeys(
        (
            "invoices", "invoice", "receivables", "payments", "payment", "prices", "price",
            "job-type-prices", "tax-rates",
        ),
        (May.SEE_MONEY,),
    ),
    **dict.fromkeys(
        (
            "edit-draft", "add-line", "edit-line", "remove-line", "discard-draft", "draft-again",
        ),
        (May.EDIT_INVOICES,),
    ),
    **dict.fromkeys(("issue-invoice", "email-invoice", "write-off-invoice"), (May.ISSUE_INVOICES,)),
    "issue-for-job": (May.ISSUE_INVOICES, May.WORK_VISITS),
    **dict.fromkeys(("void-invoice", "credit-invoice"), (May.ADJUST_INVOICES,)),
    **dict.fromkeys(("record-payment", "apply-credit", "reverse-payment"), (May.TAKE_PAYMENTS,)),
    "take-payment": (May.TAKE_PAYMENTS, May.WORK_VISITS),
    **dict.fromkeys(
        (
            "add-price", "edit-price", "set-job-type-price", "remove-job-type-price", "add-tax-rate",
            "edit-tax-rate",
        ),
        (May.EDIT_PRICES,),
    ),
    **dict.fromkeys(
        (
            "quickbooks-waiting", "quickbooks-batches", "quickbooks-batch", "quickbooks-file",
            "make-quickbooks-batch", "mark-batch-imported", "cancel-batch",
        ),
        (May.RUN_QUICKBOOKS,),
    ),
}  # fmt: skip

ALL = {
    name.removeprefix("api:"): (route, callback.cls)
    for name, route, callback in addresses(get_resolver())
    if name.startswith("api:") and name != "api:page"
}
NOTHING = {"uuid": str(uuid.UUID(int=404)), "slug": "customer"}


def path_of(route: str, things: dict | None = None) -> str:
    """The path under /api/, with things that do not exist unless they are given."""
    path = route.removeprefix("api/").replace("^", "").replace("$", "")
    for kind, name in parts_of(route):
        path = path.replace(f"<{kind}:{name}>", str((things or {}).get(name, NOTHING[kind])))
    return path or "nowhere/"


def status(program: Program, path: str, view: type[Operation]) -> int:
    with transaction.atomic():
        answer = program.post(path) if issubclass(view, Deed) else program.get(path)
        transaction.set_rollback(True)
    return answer.status_code


@pytest.fixture(autouse=True)
def _no_waiting(settings):
    settings.API_RATES = {"read": 10**9, "write": 10**9}


def test_every_address_stands_in_the_table_with_what_it_asks():
    assert {name: view.capabilities() for name, (_, view) in ALL.items()} == EXPECTED


def test_whoever_is_not_known_is_told_so_in_json(company):
    wrong = []
    for name, (route, _) in ALL.items():
        for method in (Client().get, Client().post):
            answer = method("/api/" + path_of(route))
            if answer.status_code != 401 or "problem" not in answer.json():
                wrong.append((name, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_answered_where_it_may_and_nowhere_else(company, role):
    user = make.UserFactory(role=role)
    program, wrong = Program(user), []
    for name, (route, view) in ALL.items():
        may = not EXPECTED[name] or bool(set(EXPECTED[name]) & ROLES[role])
        found = status(program, path_of(route), view)
        if (found == 403) == may or found >= 500 or found in (302, 405):
            wrong.append((name, found))
    assert wrong == []


@pytest.mark.parametrize("scope", sorted(May, key=str))
def test_a_scope_of_an_owners_token_opens_what_asks_for_it_and_nothing_else(company, olivia, scope):
    if scope not in ROLES[Role.OWNER]:
        return
    program, wrong = Program(olivia, [scope.key]), []
    for name, (route, view) in ALL.items():
        may = not EXPECTED[name] or scope in EXPECTED[name]
        if (status(program, path_of(route), view) == 403) == may:
            wrong.append(name)
    assert wrong == []


def test_what_does_not_exist_is_not_found(company, olivia):
    program, wrong = Program(olivia), []
    for name, (route, view) in ALL.items():
        if "<uuid:" in route and set(EXPECTED[name]) & ROLES[Role.OWNER]:
            found = status(program, path_of(route), view)
            if found != 404:
                wrong.append((name, found))
    assert wrong == []


# Things that belong to the whole company, not to a branch.
SHARED = {
    "part_uuid",
    "item_uuid",
    "price_uuid",
    "rate_uuid",
    "batch_uuid",
    "person_uuid",
    "import_uuid",
    "movement_uuid",
}


def test_what_belongs_to_another_branch_is_not_found(branch, olivia):
    make.UserBranchFactory(user=olivia, branch=branch)
    things = elsewhere()
    things["circuit_uuid"] = make.CircuitFactory(unit__site__branch=make.BranchFactory()).uuid
    things["technician_uuid"] = make.TechnicianFactory(branch=make.BranchFactory()).uuid
    things["review_uuid"] = make.ReviewFactory(branch=make.BranchFactory()).uuid
    program, wrong, tried = Program(olivia), [], 0
    for name, (route, view) in ALL.items():
        parts = {part for kind, part in parts_of(route) if kind == "uuid"}
        if parts - SHARED and set(EXPECTED[name]) & ROLES[Role.OWNER]:
            assert parts <= things.keys() | SHARED, f"{name}: make one of {parts - things.keys()}"
            tried += 1
            found = status(program, path_of(route, things), view)
            if found != 404:
                wrong.append((name, found))
    assert wrong == []
    assert tried > 60


def test_another_technicians_work_is_not_found(branch, tess, tom):
    visit = make.VisitFactory()
    make.AssignmentFactory(visit=visit, technician=tom.technician)
    things = {"visit_uuid": visit.uuid, "job_uuid": visit.job.uuid, "technician_uuid": tom.technician.uuid}
    program, wrong, tried = Program(tess), [], 0
    for name, (route, view) in ALL.items():
        if {part for _, part in parts_of(route)} & things.keys() and May.WORK_VISITS in EXPECTED[name]:
            tried += 1
            found = status(program, path_of(route, things), view)
            if found != 404:
                wrong.append((name, found))
    assert wrong == []
    assert tried > 15
