"""Roles of sites, tags and files by this door, and lists of a customer that was merged."""

from __future__ import annotations

import base64
import uuid

import pytest

from customers.actions import merge_customers
from customers.models import CustomerFile
from tests import factories as make
from tests.factories import instant

from .conftest import Program

PDF = b"%PDF-1.7 a contract"


def in_base64(data):
    return base64.b64encode(data).decode()


def test_a_site_has_one_owner_until_that_ends_by_this_door_too(casey_program, make_customer):
    customer, landlord = make_customer(), make_customer(name="Ana Ruiz")
    path = f"sites/{customer.site.uuid}/roles/"
    owner = {"kind": "owner", "customer": str(landlord.uuid), "contact": str(landlord.contact.uuid)}
    made = casey_program.post(f"{path}add/", owner | {"from_on": "2026-07-01"})
    assert made.status_code == 201, made.content
    again = casey_program.post(f"{path}add/", {"kind": "owner", "customer": str(customer.uuid)})
    assert again.status_code == 409
    assert "End it first" in again.json()["refused"]
    ended = casey_program.post(f"site-roles/{made.json()['uuid']}/end/", {"on": "2026-07-14"})
    assert ended.json()["until_on"] == "2026-07-14"
    limit = {"kind": "approver", "customer": str(landlord.uuid), "not_to_exceed": "500.00"}
    assert casey_program.post(f"{path}add/", limit).json()["not_to_exceed"] == "500.00"
    assert casey_program.post(f"{path}add/", limit | {"kind": "occupant"}).status_code == 409
    rows = casey_program.get(path).json()["results"]
    assert [(row["kind"], row["until_on"]) for row in rows] == [("owner", "2026-07-14"), ("approver", None)]


def test_tags_are_put_on_and_taken_off(casey_program, make_customer):
    customer = make_customer()
    path = f"customers/{customer.uuid}/tags/"
    assert casey_program.post(f"{path}add/", {"tag": " VIP "}).json()["tags"] == ["VIP"]
    assert casey_program.post(f"{path}add/", {"tag": "vip"}).json()["tags"] == ["VIP"]
    assert [row["name"] for row in casey_program.get("customers/", tag="VIP").json()["results"]] == [
        customer.name
    ]
    assert casey_program.post(f"{path}remove/", {"tag": "VIP"}).json()["tags"] == []


def test_a_file_is_kept_once_read_back_and_removed_for_a_reason(casey_program, make_customer):
    customer, other = make_customer(), make_customer()
    path, unique = f"customers/{customer.uuid}/files/", str(uuid.uuid4())
    body = {"uuid": unique, "name": "contract.pdf", "data": in_base64(PDF), "site": str(customer.site.uuid)}
    made = casey_program.post(f"{path}add/", body)
    assert made.status_code == 201, made.content
    assert casey_program.post(f"{path}add/", body).json() == made.json()
    assert casey_program.post(f"customers/{other.uuid}/files/add/", body).status_code == 409
    foreign = {"name": "x.pdf", "data": in_base64(PDF), "site": str(customer.site.uuid)}
    assert casey_program.post(f"customers/{other.uuid}/files/add/", foreign).status_code == 409
    kept = casey_program.get(f"files/{unique}/content/")
    assert b"".join(kept.streaming_content) == PDF
    assert "attachment" in kept.headers["Content-Disposition"]
    assert casey_program.post(f"files/{unique}/remove/", {}).status_code == 422
    assert casey_program.post(f"files/{unique}/remove/", {"because": "Outdated"}).status_code == 200
    assert casey_program.get(path).json()["results"] == []
    assert casey_program.get(f"files/{unique}/content/").status_code == 404
    assert CustomerFile.history.filter(uuid=unique).latest().history_change_reason == "Outdated"


@pytest.mark.parametrize(
    "data", ["not base64!", in_base64(b"MZ this is a program"), ""], ids=["text", "program", "empty"]
)
def test_what_is_neither_pdf_nor_picture_is_not_kept(casey_program, make_customer, data):
    path = f"customers/{make_customer().uuid}/files/add/"
    refused = casey_program.post(path, {"name": "x", "data": data})
    assert refused.status_code in (409, 422), refused.content
    assert not CustomerFile.objects.exists()


def test_every_list_of_a_merged_customer_is_the_survivors(olivia, make_customer, make_job, make_unit):
    kept, gone = make_customer(name="Lisa Hall"), make_customer(name="L. Hall")
    unit = make_unit(site=gone.site)
    make.RefrigerantRecordFactory(circuit=unit.circuit)
    make.CommunicationFactory(customer=gone)
    make.InvoiceFactory(job=make_job(customer=gone, site=gone.site))
    make.PaymentFactory(customer=gone)
    merge_customers(kept.pk, gone.pk, now=instant(), by=olivia)
    program = Program(olivia)
    for path in (
        "sites/",
        "contacts/",
        "communications/",
        "units/",
        "refrigerant-records/",
        "invoices/",
        "payments/",
    ):
        by_old = program.get(path, customer=str(gone.uuid)).json()["results"]
        assert by_old, path
        assert by_old == program.get(path, customer=str(kept.uuid)).json()["results"], path
        assert program.get(path, customer=str(uuid.uuid4())).json()["results"] == [], path
