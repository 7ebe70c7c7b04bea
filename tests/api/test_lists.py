"""Lists: the pages' filters and words, pages by cursor that neither skip nor repeat, and what each costs."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fsm.api.pages import SALT
from tests import factories as make
from tests.factories import instant

from .conftest import Program
from .test_permissions import ALL, path_of

LISTS = sorted(
    name
    for name, (route, view) in ALL.items()
    if getattr(view, "order", None) is not None and "<" not in route
)


def walk(program, path, **query):
    """Every row of a list, page by page."""
    rows, cursor = [], None
    while True:
        answer = program.get(path, **query, **({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.content
        rows += answer.json()["results"]
        cursor = answer.json()["next"]
        if cursor is None:
            return rows


def test_pages_neither_skip_nor_repeat_and_keep_their_order(casey_program, make_customer):
    made = [make_customer(name=f"Hall {number % 3}") for number in range(11)]
    rows = walk(casey_program, "customers/", limit=3)
    assert [row["uuid"] for row in rows] == [
        str(one.uuid) for one in sorted(made, key=lambda one: (one.name, one.pk))
    ]


def test_rows_that_come_and_go_between_pages_shift_nothing(casey_program, make_customer):
    for letter in "BDFHJ":
        make_customer(name=letter)
    first = casey_program.get("customers/", limit=2).json()
    make_customer(name="A")  # before what was read
    make_customer(name="E")  # ahead
    second = casey_program.get("customers/", limit=9, cursor=first["next"]).json()
    assert [row["name"] for row in first["results"] + second["results"]] == ["B", "D", "E", "F", "H", "J"]
    assert second["next"] is None


def test_jobs_come_latest_first_also_where_many_have_one_instant(casey_program, make_job, make_customer):
    customer = make_customer()
    made = [make_job(customer=customer, now=instant(13)) for _ in range(7)]
    rows = walk(casey_program, "jobs/", limit=2)
    assert [row["number"] for row in rows] == [job.number for job in reversed(made)]


def test_an_empty_list_and_an_exact_page_have_no_next(casey_program, make_customer):
    assert casey_program.get("customers/").json() == {"results": [], "next": None}
    make_customer()
    make_customer()
    assert casey_program.get("customers/", limit=2).json()["next"] is None


def cursors(good: str):
    """Texts that pretend to be a cursor."""
    yield from [
        "x",
        "null",
        "0",
        "-1",
        "a:b:c",
        good + "x",
        good[:-1],
        good[1:],
        good.swapcase(),
        "%00",
        "é" * 300,
    ]
    yield base64.b64encode(b'{"p": "2026"}').decode()
    yield base64.b64encode(json.dumps(["x", [1]]).encode()).decode()
    yield signing.dumps(["x", ["A", 1]], salt="another")
    yield signing.dumps(["made for another list", ["A", 1]], salt=SALT)


def test_what_is_no_cursor_of_ours_is_said_so(casey_program, make_customer):
    for name in "ABC":
        make_customer(name=name)
    good = casey_program.get("customers/", limit=1).json()["next"]
    for hostile in cursors(good):
        answer = casey_program.get("customers/", cursor=hostile)
        assert answer.status_code == 400, hostile
        assert "cursor" in answer.json()["errors"]


def test_a_cursor_belongs_to_its_list_its_filters_and_its_words(casey_program, make_customer, make_job):
    for name in "ABC":
        make_job(customer=make_customer(name=name))
    good = casey_program.get("customers/", limit=1).json()["next"]
    assert casey_program.get("jobs/", cursor=good).status_code == 400
    assert casey_program.get("customers/", cursor=good, kind="household").status_code == 400
    assert casey_program.get("customers/", cursor=good, q="Hall").status_code == 400
    assert casey_program.get("customers/", cursor=good, limit=2).status_code == 200


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"), ("limit=201", "limit"), ("limit=-1", "limit"), ("limit=1.5", "limit"),
        ("limit=x", "limit"), ("limit=%D9%A5", "limit"), ("limit=1&limit=2", "limit"), ("limit=", "limit"),
        ("limit=99999999999999999999", "limit"), ("cursor=%00", "cursor"), ("page=2", "page"), ("q=", "q"),
        ("x%00=1", "x\x00"), ("ordering=-pk", "ordering"), ("customer__name=A", "customer__name"),
    ],
)  # fmt: skip
def test_every_list_says_what_is_wrong_with_a_parameter(olivia, name, query, field):
    route, _view = ALL[name]
    answer = Program(olivia).client.get(f"/api/{path_of(route)}?{query}")
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


HOSTILE = [
    "\x00",
    "'; drop table x",
    "9" * 400,
    "NaN",
    "2026-13-45",
    "null",
    "[]",
    "-1",
    "%",
    "\ud800",
    " ",
    "10000-01-01",
]


@pytest.mark.parametrize("name", LISTS)
def test_every_filter_of_every_list_stands_anything(olivia, name):
    route, view = ALL[name]
    program = Program(olivia)
    for asked in [
        *(view.filterset.base_filters if view.filterset else ()),
        *(["q"] if view.searches else []),
    ]:
        for hostile in [*HOSTILE, str(uuid.uuid4()), "0001-01-01", "9999-12-31", "10000-01-01"]:
            sent = hostile.encode("utf-8", "surrogatepass")
            answer = program.client.get(f"/api/{path_of(route)}", {asked: sent})
            assert answer.status_code in (200, 400), (asked, hostile)
            assert answer.json().keys() <= {"results", "next", "problem", "errors"}


def test_the_words_find_what_the_page_finds(casey_program, casey_client, make_customer, make_job):
    hall = make_customer(name="Hall, Lisa", phone="5125550142")
    make_customer(name="Okafor, Ben")
    make_job(customer=hall, summary="Ice on the coil")
    for words in ("Lisa", "512-555-0142", "okfor", "nobody at all"):
        page = casey_client.get(reverse("customers:customers"), {"q": words}).content.decode()
        found = {row["name"] for row in casey_program.get("customers/", q=words).json()["results"]}
        for name in ("Hall, Lisa", "Okafor, Ben"):
            assert (name in found) == (name in page), words
    assert len(casey_program.get("jobs/", q="coil").json()["results"]) == 1
    assert casey_program.get("jobs/", q="furnace").json()["results"] == []


def test_the_filters_narrow_as_on_the_page(casey_program, dana, make_customer, make_job, tess):
    customer = make_customer(do_not_service=True, do_not_service_reason="Bites")
    make_customer()
    rows = casey_program.get("customers/", standing="do_not_service").json()["results"]
    assert [row["uuid"] for row in rows] == [str(customer.uuid)]
    placed, _tray = make_job(technician=tess), make_job()
    rows = casey_program.get("jobs/", technician=str(tess.technician.uuid)).json()["results"]
    assert [row["number"] for row in rows] == [placed.number]
    assert len(casey_program.get("jobs/", state="open").json()["results"]) == 2
    assert len(casey_program.get("visits/", first="2026-07-14", last="2026-07-14").json()["results"]) == 1
    assert casey_program.get("jobs/", state="nonsense").status_code == 400


def test_parts_no_longer_stocked_are_listed_only_when_asked_for(olivia_program):
    make.PartFactory(number="OLD-1", is_active=False)
    make.PartFactory(number="NEW-1")
    assert [row["number"] for row in walk(olivia_program, "parts/")] == ["NEW-1"]
    assert [row["number"] for row in walk(olivia_program, "parts/", standing="inactive")] == ["OLD-1"]


def test_a_technician_sees_their_own_work_only(tess, tom, make_job, make_customer):
    mine = make_job(technician=tess)
    make_job(technician=tom, customer=make_customer(name="Quokka Bakery"))
    program = Program(tess)
    assert [row["number"] for row in walk(program, "jobs/")] == [mine.number]
    assert [row["job"]["number"] for row in walk(program, "visits/")] == [mine.number]
    assert [row["name"] for row in walk(program, "technicians/")] == ["Tess Ramirez"]


# What it costs --------------------------------------------------------------------------------------

# Queries of each list, whatever the number of rows: the token with its person, the quota and the rows; the
# person's branches where the list knows branches; and one for each kind of thing that hangs on a row.
COSTS = {
    "branches": 4,
    "circuits": 4,
    "communications": 4,
    "contacts": 6,  # phones, e-mails
    "customers": 4,
    "cylinder-movements": 4,
    "cylinders": 6,  # where it lies, whose it is
    "duplicates": 3,
    "imports": 3,
    "invoices": 5,  # the company's today
    "job-type-prices": 3,
    "job-types": 3,
    "jobs": 4,
    "levels": 4,
    "merges": 4,
    "movements": 3,
    "leak-cases": 5,  # their events
    "leak-rates": 4,
    "warranties": 4,
    "warranty-claims": 4,
    "readings": 4,
    "opportunities": 4,
    "parts": 3,
    "payments": 6,  # allocations, their invoices
    "people": 3,
    "places": 4,
    "prices": 3,
    "quickbooks-batches": 3,
    "refrigerant-records": 4,
    "refrigerant-transfers": 4,
    "refrigerants": 3,
    "reviews": 4,
    "sites": 4,
    "tax-rates": 3,
    "technicians": 6,  # skills, their names
    "units": 6,  # circuits, their refrigerants
    "visits": 5,  # who comes
}


def fill(rows: int) -> None:
    """So many of everything, each with what hangs on it."""
    for number in range(rows):
        branch = make.BranchFactory()
        site = make.SiteFactory()
        contact = make.ContactFactory(customer=site.customer)
        make.PhoneNumberFactory(contact=contact)
        make.EmailAddressFactory(contact=contact)
        make.CommunicationFactory(customer=site.customer, contact=contact)
        make.ImportRowFactory()
        make.DuplicatePairFactory()
        make.MergeFactory()
        unit = make.UnitFactory(site=site)
        circuit = make.CircuitFactory(unit=unit)
        record = make.RefrigerantRecordFactory(circuit=circuit)
        make.CaseEventFactory(case=make.LeakCaseFactory(circuit=circuit, opened_by=record))
        make.LeakRateFactory(circuit=circuit, record=record)
        make.WarrantyClaimFactory(warranty__unit=unit)
        make.ReadingFactory(unit=unit)
        make.OpportunityFactory(unit=unit, site=site)
        part = make.PartFactory()
        place = make.StockPlaceFactory()
        make.StockLevelFactory(place=place, part=part, on_hand=Decimal(2))
        make.StockMovementFactory(part=part, to_place=place)
        make.CylinderMovementFactory(
            cylinder__place=place,
            kind="sent",
            change_oz=Decimal(-8),
            transfer=make.RefrigerantTransferFactory(),
        )
        job = make.JobFactory(site=site, contact=contact)
        visit = make.VisitFactory(job=job)
        technician = make.TechnicianFactory()
        make.TechnicianSkillFactory(technician=technician)
        make.AssignmentFactory(
            visit=visit, technician=technician, starts_at=instant() + timedelta(days=number)
        )
        invoice = make.InvoiceFactory(job=job)
        make.InvoiceLineFactory(invoice=invoice)
        payment = make.PaymentFactory(customer=job.customer, job=job)
        make.AllocationFactory(payment=payment, invoice=invoice)
        item = make.PriceItemFactory(kind="part", part=part)
        make.JobTypePriceFactory(job_type=job.job_type, item=item)
        make.TaxRateFactory(name=f"Rate {number}", city=f"City {number}")
        make.QuickBooksBatchItemFactory(payment=payment)
        make.ReviewFactory(branch=branch, may="see jobs", decided_by=None)


def test_the_table_of_costs_names_every_list():
    assert sorted(COSTS) == LISTS


@pytest.mark.parametrize("rows", [1, 20])
def test_a_list_costs_the_same_for_one_row_or_twenty(company, olivia, rows):
    fill(rows)
    program, found = Program(olivia), {}
    program.get("me/")  # the token's first use is noted
    for name in LISTS:
        with CaptureQueriesContext(connection) as asked:
            answer = program.get(path_of(ALL[name][0]))
        assert len(answer.json()["results"]) >= rows, name
        found[name] = len(asked)
    assert found == COSTS
