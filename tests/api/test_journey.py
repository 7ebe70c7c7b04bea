"""The main job told by programs alone: from the call to the books, each step with the token of its person."""

from __future__ import annotations

import base64
from datetime import timedelta
from decimal import Decimal

import pytest

from billing import actions as billing
from dispatch.models import Visit
from fsm.clock import now
from inventory.models import StockMovement
from tests import factories as make
from tests.queue import run_queued_tasks
from tests.story import company_with_prices, photo, stocked_part

from .conftest import Program


def done(answer, status=200):
    assert answer.status_code == status, answer.content
    return answer.json()


def picture(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture
def programs(company, branch, casey, dana, tess, bea, marcus):
    people = {"casey": casey, "dana": dana, "tess": tess, "bea": bea, "marcus": marcus}
    return {name: Program(person) for name, person in people.items()}


def booked(programs, tess):
    """A customer with a unit, and a job of theirs, placed on Tess' day."""
    casey, dana = programs["casey"], programs["dana"]
    customer = done(
        casey.post(
            "customers/add/",
            {
                "kind": "household",
                "first_name": "Lisa",
                "last_name": "Hall",
                "phones": ["(512) 555-0142 cell"],
                "emails": ["lisa@example.com"],
                "site": {
                    "street": "4108 Avenue F",
                    "city": "Austin",
                    "state": "TX",
                    "postal_code": "78751",
                    "gate_code": "4711",
                },
            },
        ),
        201,
    )
    site = customer["sites"][0]
    assert site["has_gate_code"]
    unit = done(
        casey.post(
            f"sites/{site['uuid']}/units/install/",
            {
                "category": "air_conditioner",
                "maker": "Carrier",
                "serial": "3416e12345",
                "circuits": [{"label": "1", "refrigerant": "R-410A", "full_charge_oz": "112.00"}],
            },
        ),
        201,
    )
    assert (unit["serial"], unit["customer"]) == ("3416E12345", customer["uuid"])
    start = now() + timedelta(minutes=5)
    job = done(
        casey.post(
            "jobs/book/",
            {
                "customer": customer["uuid"],
                "site": site["uuid"],
                "job_type": "no-cooling",
                "summary": "No cooling upstairs",
                "units": [unit["uuid"]],
                "contact": customer["contacts"][0]["uuid"],
                "window": {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()},
            },
        ),
        201,
    )
    visit = job["visits"][0]
    assert (job["state"], job["units"], visit["state"]) == ("booked", [unit["uuid"]], "unscheduled")
    placed = done(
        dana.post(
            f"visits/{visit['uuid']}/place/",
            {
                "version": visit["version"],
                "technician": str(tess.technician.uuid),
                "starts_at": start.isoformat(),
                "ends_at": (start + timedelta(minutes=90)).isoformat(),
            },
        )
    )
    assert placed["visit"]["crew"][0]["name"] == "Tess Ramirez"
    assert done(casey.get(f"jobs/{job['uuid']}/"))["state"] == "scheduled"
    return customer, unit, job, visit


def test_the_main_job_from_the_call_to_the_books(programs, tess):
    company_with_prices()
    part = stocked_part(tess.technician.truck, now())
    customer, unit, job, visit = booked(programs, tess)
    casey, tess_program, bea, marcus = (programs[name] for name in ("casey", "tess", "bea", "marcus"))

    at = f"visits/{visit['uuid']}"
    done(tess_program.post(f"{at}/en-route/"))
    done(tess_program.post(f"{at}/arrive/"))
    early = tess_program.post(f"{at}/complete/", {"outcome": "complete"})
    assert early.status_code == 409
    checks = done(tess_program.get(f"{at}/"))["checks"]
    done(tess_program.post(f"{at}/checks/answer/", {"check": checks[0]["uuid"], "answer": "good"}))
    done(tess_program.post(f"{at}/checks/answer/", {"check": checks[1]["uuid"], "reading": "54"}))
    done(tess_program.post(f"jobs/{job['uuid']}/notes/write/", {"body": "Swollen capacitor."}), 201)
    done(tess_program.post(f"{at}/photos/add/", {"data": picture(photo()), "caption": "Old part"}), 201)
    used = done(tess_program.post(f"{at}/parts/use/", {"part": str(part.uuid), "quantity": "1"}), 201)
    twice = done(tess_program.post(f"{at}/parts/use/", {"part": str(part.uuid), "quantity": "2"}), 201)
    assert [use["quantity"] for use in twice["parts"]] == ["1.000", "2.000"]
    back = done(tess_program.post(f"{at}/parts/take-back/", {"use": twice["parts"][1]["uuid"]}))
    assert [use["is_removed"] for use in back["parts"]] == [False, True]
    logged = {"circuit": unit["circuits"][0]["uuid"], "kind": "added", "ounces": "20.00", "leak_found": False}
    done(tess_program.post(f"{at}/refrigerant/log/", logged), 201)
    signed = {"signer": "Lisa Hall", "data": picture(make.picture(300, 120))}
    assert done(tess_program.post(f"{at}/sign/", signed), 201)["missing"] == []
    over = done(tess_program.post(f"{at}/complete/", {"outcome": "complete", "note": "Cools again."}))
    assert (over["state"], over["outcome"], over["missing"]) == ("done", "complete", [])
    assert used["parts"][0]["part"]["number"] == "CAP-45-5"
    assert StockMovement.objects.filter(kind="used").count() == 1

    draft = done(casey.get("invoices/", job=job["uuid"]))["results"][0]
    assert (draft["state"], draft["standing"]) == ("draft", "draft")
    whole = done(casey.get(f"invoices/{draft['uuid']}/"))
    assert {line["item"] for line in whole["lines"]} >= {"DIAG", "CAP-45-5", "R410A"}
    issued = done(casey.post(f"invoices/{draft['uuid']}/issue/", {"version": whole["version"]}))
    assert (issued["state"], issued["number"]) == ("issued", "10001")
    run_queued_tasks()
    mails = done(casey.get("communications/", customer=customer["uuid"]))["results"]
    assert f"invoice:{draft['uuid']}" in [mail["about"] for mail in mails]
    assert len(mails) == 2  # and what the owner is handed about the refrigerant
    paid = done(
        casey.post(
            "payments/record/",
            {
                "customer": customer["uuid"],
                "invoice": draft["uuid"],
                "method": "check",
                "reference": "1042",
                "amount": issued["total"],
            },
        ),
        201,
    )
    assert (paid["applied"], paid["unapplied"]) == (issued["total"], "0.00")
    assert done(casey.get(f"invoices/{draft['uuid']}/"))["standing"] == "paid"

    waiting = done(bea.get("quickbooks/waiting/"))
    chosen = {kind: [row["uuid"] for row in rows] for kind, rows in waiting.items()}
    batch = done(bea.post("quickbooks/batches/make/", chosen), 201)
    assert batch["documents"] == 2
    file = bea.get(f"quickbooks/batches/{batch['uuid']}/file/")
    assert file.content.startswith(b"!")
    assert done(bea.post(f"quickbooks/batches/{batch['uuid']}/imported/"))["state"] == "imported"
    assert done(marcus.post(f"jobs/{job['uuid']}/close/"))["state"] == "closed"

    steps = done(casey.get(f"trace/job/{job['uuid']}/"))["steps"]
    assert {"Casey Nolan", "Dana Whitfield", "Tess Ramirez"} <= {step["who"] for step in steps}
    by_programs = {step["source"] for step in steps if not step["source"].startswith(("task:", "test"))}
    assert by_programs == {"api"}
    assert "4711" not in str(steps)


def test_the_office_completes_for_a_technician_without_a_phone(programs, tess):
    company_with_prices()
    _customer, _unit, job, visit = booked(programs, tess)
    marcus = programs["marcus"]
    checks = done(marcus.get(f"visits/{visit['uuid']}/"))["checks"]
    over = done(
        marcus.post(
            f"visits/{visit['uuid']}/complete-on-behalf/",
            {
                "answers": [
                    {"check": checks[0]["uuid"], "answer": "good"},
                    {"check": checks[1]["uuid"], "reading": "-4.5"},
                ],
                "photo": picture(photo()),
                "no_signature_because": "Nobody home",
                "parts_confirmed": True,
            },
        )
    )
    assert over["state"] == "done"
    assert done(marcus.get(f"jobs/{job['uuid']}/"))["state"] == "work_complete"


def test_who_reads_an_old_version_is_told_what_stands_now(programs, tess):
    company_with_prices()
    _customer, _unit, _job, visit = booked(programs, tess)
    dana = programs["dana"]
    stale = dana.post(f"visits/{visit['uuid']}/unschedule/", {"version": visit["version"]})
    assert stale.status_code == 409
    said = stale.json()
    assert said["theirs"]["technicians"] == "Tess Ramirez"
    assert said["theirs"]["version"] == Visit.objects.get(uuid=visit["uuid"]).version


def test_nobody_is_in_two_places_at_once_by_this_door_either(programs, tess):
    company_with_prices()
    booked(programs, tess)
    customer = make.SiteFactory().customer
    other = make.VisitFactory(job=make.JobFactory(site=customer.sites.get()))
    taken = Visit.objects.exclude(pk=other.pk).get()
    refused = programs["dana"].post(
        f"visits/{other.uuid}/place/",
        {
            "version": 1,
            "technician": str(tess.technician.uuid),
            "starts_at": taken.starts_at.isoformat(),
            "ends_at": taken.ends_at.isoformat(),
        },
    )
    assert refused.status_code == 409
    assert "Tess Ramirez is already at" in refused.json()["refused"]


def test_what_is_not_sent_stays(programs, make_customer):
    casey = programs["casey"]
    customer = make_customer(name="Hall, Lisa", first_name="Lisa", last_name="Hall", lead_source="Referral")
    changed = done(casey.post(f"customers/{customer.uuid}/edit/", {"version": 1, "terms": "Net 30"}))
    assert (changed["terms"], changed["last_name"], changed["lead_source"]) == ("Net 30", "Hall", "Referral")
    contact = customer.contact
    changed = done(casey.post(f"contacts/{contact.uuid}/edit/", {"version": 1, "role": "Tenant"}))
    assert (changed["role"], len(changed["phones"]), changed["name"]) == ("Tenant", 1, contact.name)
    site = done(casey.post(f"sites/{customer.site.uuid}/edit/", {"version": 1, "gate_code": "4711"}))
    assert site["has_gate_code"]
    assert site["street"] == customer.site.street


def test_money_taken_at_the_door_pays_the_jobs_own_invoice(programs, tess):
    company_with_prices()
    _customer, _unit, job, visit = booked(programs, tess)
    marcus, tess_program = programs["marcus"], programs["tess"]
    paid = done(
        tess_program.post(f"jobs/{job['uuid']}/payment/take/", {"method": "cash", "amount": "20.00"}), 201
    )
    assert paid["unapplied"] == "20.00"
    checks = done(marcus.get(f"visits/{visit['uuid']}/"))["checks"]
    body = {
        "answers": [
            {"check": checks[0]["uuid"], "answer": "good"},
            {"check": checks[1]["uuid"], "reading": "54"},
        ],
        "photo": picture(photo()),
        "no_signature_because": "Nobody home",
        "parts_confirmed": True,
    }
    done(marcus.post(f"visits/{visit['uuid']}/complete-on-behalf/", body))
    issued = done(tess_program.post(f"jobs/{job['uuid']}/invoice/issue/"))
    assert (issued["state"], issued["paid"]) == ("issued", "20.00")
    assert tess_program.get("invoices/").status_code == 403


def test_a_proposal_is_decided_by_a_second_person(programs, make_job):
    draft = make.InvoiceFactory(job=make_job())
    item = make.PriceItemFactory(price=100)
    casey, marcus = programs["casey"], programs["marcus"]
    body = {"version": draft.version, "item": str(item.uuid), "quantity": "1"}
    made = done(casey.post(f"invoices/{draft.uuid}/lines/add/", body), 201)
    position = made["lines"][0]["position"]
    asked = {"version": made["version"], "position": position, "unit_price": "10.00"}
    assert (
        done(casey.post(f"invoices/{draft.uuid}/lines/edit/", asked))["lines"][0]["unit_price"] == "100.0000"
    )
    review = done(casey.get("reviews/", mine="true"))["results"][0]
    assert review["subject"] == f"invoice:{draft.uuid}"
    decide = f"reviews/{review['uuid']}/approve/"
    assert casey.post(decide, {"version": review["version"]}).status_code == 409
    assert done(marcus.post(decide, {"version": review["version"]}))["state"] == "approved"
    assert done(casey.get(f"invoices/{draft.uuid}/"))["lines"][0]["unit_price"] == "10.0000"


def test_a_count_changes_the_stock_when_a_manager_approves_it(programs):
    place = make.StockPlaceFactory(name="Truck")
    part = stocked_part(place, now())
    dana, marcus = programs["dana"], programs["marcus"]
    body = {"place": str(place.uuid), "part": str(part.uuid), "counted": "4", "expected": "5"}
    asked = done(dana.post("stock/count/", body))
    assert (asked["difference"], asked["state"]) == ("-1.000", "waiting")
    review = done(marcus.get(f"reviews/{asked['review']}/"))
    assert part.levels.get(place=place).on_hand == 5
    decide = {"version": review["version"]}
    assert dana.post(f"reviews/{asked['review']}/approve/", decide).status_code in (403, 409)
    assert done(marcus.post(f"reviews/{asked['review']}/approve/", decide))["state"] == "approved"
    assert part.levels.get(place=place).on_hand == 4


def test_a_write_off_of_the_bookkeepers_waits_and_may_be_rejected_then_approved(programs, make_job, marcus):
    invoice = make.InvoiceFactory(job=make_job())
    make.PriceItemFactory(code="TRIP")
    line = {"quantity": Decimal(1), "description": "Trip", "unit_price": Decimal(90)}
    billing.add_invoice_line(invoice.pk, version=invoice.version, now=now(), by=marcus, **line)
    billing.issue_invoice(invoice.pk, now=now())
    bea, manager = programs["bea"], programs["marcus"]
    path = f"invoices/{invoice.uuid}/write-off/"
    for decision, state in (("reject", "issued"), ("approve", "written_off")):
        assert done(bea.post(path, {"because": "Moved away"}))["state"] == "issued"
        review = done(manager.get("reviews/"))["results"][0]
        body = {"version": review["version"], "because": "As asked"}
        assert bea.post(f"reviews/{review['uuid']}/approve/", {"version": 1}).status_code in (403, 409)
        done(manager.post(f"reviews/{review['uuid']}/{decision}/", body))
        assert done(bea.get(f"invoices/{invoice.uuid}/"))["state"] == state
