"""Whoever sees what is sensitive is remembered, and what happened can be read and taken out safely."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from factory.django import DjangoModelFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.actions import edit_site
from fsm import references
from fsm.attribution import attributed, rooted
from fsm.clock import now
from fsm.exchanges import exchange
from fsm.looks import Sensitive, saw
from fsm.models import SensitiveLook
from fsm.references import ref_of
from fsm.spreadsheets import csv_file, safe_cell
from tests import factories as make


def rows_of(answer):
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


# Spreadsheets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1"])
def test_no_cell_is_a_formula(text):
    assert safe_cell(text) == f"'{text}"


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the first draw reads all of Unicode
@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2)))
def test_every_cell_comes_back_and_none_begins_like_a_formula(rows):
    read = list(csv.reader(io.StringIO(csv_file(["a", "b"], rows).decode("utf-8-sig"), newline="")))[1:]
    assert len(read) == len(rows)
    assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@")) for row in read for cell in row)


# Looks -----------------------------------------------------------------------------------------------


def test_who_opens_a_site_with_a_gate_code_is_remembered(make_customer, casey_client):
    site = make_customer(site={"gate_code": "#4411"}).site
    casey_client.get(reverse("customers:site", args=[site.uuid]))
    look = SensitiveLook.objects.get()
    assert (look.what, look.actor_name, look.subject_uuid) == ("gate_code", "Casey Nolan", site.uuid)
    assert "4411" not in look.detail
    casey_client.get(reverse("customers:edit-site", args=[site.uuid]))
    assert SensitiveLook.objects.count() == 2


def test_a_site_without_secrets_is_no_sensitive_look(make_customer, casey_client):
    site = make_customer(site={"gate_code": "", "access_notes": ""}).site
    casey_client.get(reverse("customers:site", args=[site.uuid]))
    assert not SensitiveLook.objects.exists()


def test_a_technician_who_is_shown_the_gate_code_is_remembered(make_customer, make_job, tess, tess_client):
    customer = make_customer(site={"gate_code": "#4411"})
    soon = now() + timedelta(minutes=5)
    job = make_job(customer=customer, technician=tess, starts_at=soon, now=now())
    page = tess_client.get(reverse("dispatch:phone-visit", args=[job.visit.uuid]))
    assert b"#4411" in page.content
    assert SensitiveLook.objects.get().actor_name == "Tess Ramirez"


def test_taking_out_a_quickbooks_file_is_remembered(bea_client):
    batch = make.QuickBooksBatchFactory()
    assert bea_client.get(reverse("billing:download-quickbooks-batch", args=[batch.uuid])).status_code == 200
    assert SensitiveLook.objects.get().what == "quickbooks_file"


@pytest.mark.parametrize(
    "statement", ["UPDATE fsm_sensitivelook SET detail = ''", "DELETE FROM fsm_sensitivelook"]
)
def test_a_look_cannot_be_changed(db, statement):
    saw(Sensitive.EXPORT)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("n", [1, 20])
def test_the_list_of_looks_costs_the_same_for_one_or_twenty(
    marcus_client, make_customer, django_assert_num_queries, n
):
    for _ in range(n):
        saw(Sensitive.GATE_CODE, about=ref_of(make_customer().site))
    marcus_client.get(reverse("fsm:looks"))  # renews the session
    # session, user, frame, count, rows, the person's branches, sites
    with django_assert_num_queries(7):
        assert marcus_client.get(reverse("fsm:looks")).status_code == 200


def test_looks_are_narrowed_and_taken_out_and_that_is_a_look_itself(marcus_client):
    with attributed(actor_name="=cmd|' /C calc'!A0"):
        saw(Sensitive.GATE_CODE)
    saw(Sensitive.EXPORT, detail="customers.csv")
    url = reverse("fsm:looks")
    assert b"customers.csv" not in marcus_client.get(url, {"what": "gate_code"}).content
    rows = rows_of(marcus_client.get(url, {"what": "gate_code", "as": "csv"}))
    assert [row[1] for row in rows[1:]] == ["'=cmd|' /C calc'!A0"]
    newest = SensitiveLook.objects.first()
    assert (newest.what, newest.actor_name, newest.detail) == ("export", "Marcus Webb", "who-saw-what.csv")


@pytest.mark.parametrize(
    "query", ["?what=x&page=z", "?first=x&last=9999-99-99", "?q=%00&sort=-x", "?what=x&as=csv"]
)
def test_hostile_filters_of_looks_are_harmless(marcus_client, query):
    assert marcus_client.get(reverse("fsm:looks") + query).status_code == 200


# What happened ---------------------------------------------------------------------------------------


@pytest.fixture
def site(make_customer):
    made = make_customer(site={"gate_code": "#1"}).site
    with attributed(batch=uuid.uuid4(), actor_name="Ann", reason="They told us"):
        edit_site(made.pk, version=made.version, now=now(), name="=Shed")
    return made


def test_a_timeline_tells_versions_exchanges_and_looks_of_one_thing(site, casey_client):
    with exchange("maps", "geocode", about=ref_of(site)):
        pass
    saw(Sensitive.GATE_CODE, about=ref_of(site))
    page = casey_client.get(reverse("fsm:timeline", args=["site", site.uuid])).content.decode()
    for word in ("They told us", "maps geocode", "How to get in seen"):
        assert word in page
    assert "#1" not in page


def things():
    """One of every kind that can be referred to."""
    factories = {
        found._meta.model: found
        for found in vars(make).values()
        if isinstance(found, type) and issubclass(found, DjangoModelFactory) and found._meta.model
    }
    for kind in sorted(references._resolvers):
        yield kind, factories[references.model_of(kind)]()


def test_whatever_can_be_referred_to_has_a_timeline_and_a_trace(olivia_client, branch):
    wrong = []
    for kind, thing in things():
        for name in ("timeline", "trace"):
            for query in ({}, {"as": "csv"}):
                answer = olivia_client.get(reverse(f"fsm:{name}", args=[kind, thing.uuid]), query)
                if answer.status_code != 200:
                    wrong.append((name, kind, query, answer.status_code))
    assert wrong == []


def test_what_was_said_without_an_outbox_row_stands_in_the_trace_of_its_job_once(make_job, casey_client):
    job = make_job()
    with rooted("job", job.uuid), exchange("maps", "geocode", request={"key": "k"}):
        pass
    with pytest.raises(OSError, match="away"), rooted("job", job.uuid), exchange("card", "refund"):
        raise OSError("away")
    with rooted("job", job.uuid), exchange("email", "deliver", outbox_uuid=uuid.uuid4()):
        pass  # its outbox row tells of it
    with exchange("maps", "elsewhere"):
        pass
    page = casey_client.get(reverse("fsm:trace", args=["job", job.uuid])).content.decode()
    assert page.count('data-what="Message to the outside"') == 2
    for word in ("geocode", "refund", "OSError: away"):
        assert word in page
    assert "elsewhere" not in page


HOSTILE = [
    "page=99999999999999999999", "page=-1", "page=0x10", "page=%00", "sort=-pk", "sort=password", "sort=%27",
    "first=2026-02-30", "last=9999-99-99", "first=0001-01-01&last=0001-01-01", "state=%27%20OR%201=1--",
    "kind=%00", "what=1%3B%20DROP%20TABLE%20fsm_review", "system=%22&outcome=x", "mine=maybe&overdue=maybe",
    "q=%27%29%3B--", "q=" + "x" * 3000, "q=%00%FF", "as=xml", "as=csv&page=x&q=%25",
    "state=&state=x&kind=&kind=y",
]  # fmt: skip


@pytest.mark.parametrize("path", ["reviews/", "exchanges/", "outbox/", "looks/"])
def test_no_filter_breaks_a_list(olivia_client, path):
    with exchange("maps", "geocode"):
        pass
    make.OutboxRowFactory()
    make.ReviewFactory()
    saw(Sensitive.EXPORT)
    wrong = {query: olivia_client.get(f"/{path}?{query}").status_code for query in HOSTILE}
    assert {query: status for query, status in wrong.items() if status not in (200, 404, 422)} == {}


@pytest.mark.parametrize(
    "path",
    [
        "reviews/{}/", "exchanges/{}/", "outbox/{}/", "at-once/{}/", "trace/job/{}/", "timeline/customer/{}/",
        "trace/{}/00000000-0000-0000-0000-000000000404/", "timeline/{}/00000000-0000-0000-0000-000000000404/",
    ],
)  # fmt: skip
def test_no_address_breaks_an_audit_page(olivia_client, path):
    bad = ["x", "0", "-1", "%00", "%27%20OR%201=1--", "9" * 400, "00000000-0000-0000-0000-00000000000g"]
    nobody = "00000000-0000-0000-0000-000000000404"
    answers = {text: olivia_client.get("/" + path.format(text)).status_code for text in [*bad, nobody]}
    assert set(answers.values()) <= {404}, answers


def test_a_trace_is_taken_out_without_formulas(site, casey_client):
    url = reverse("fsm:trace", args=["customer", site.customer.uuid])
    assert casey_client.get(url).status_code == 200
    rows = rows_of(casey_client.get(reverse("fsm:timeline", args=["site", site.uuid]), {"as": "csv"}))
    changed = next(row for row in rows if row[1] == "Ann")
    assert (changed[7], changed[8]) == ("'=Shed", "They told us")
    assert SensitiveLook.objects.filter(what="export").exists()


def test_what_was_done_at_once_is_shown_together(site, casey_client):
    done = site.history.latest("history_id").batch
    page = casey_client.get(reverse("fsm:batch", args=[done]))
    assert page.status_code == 200
    assert "They told us" in page.content.decode()
    assert len(rows_of(casey_client.get(reverse("fsm:batch", args=[done]), {"as": "csv"}))) == 2
    assert casey_client.get(reverse("fsm:batch", args=[uuid.uuid4()])).status_code == 404


def test_what_was_done_in_another_branch_is_not_found(site, casey, casey_client):
    make.UserBranchFactory(user=casey, branch=make.BranchFactory(name="Waco"))
    done = site.history.latest("history_id").batch
    assert casey_client.get(reverse("fsm:batch", args=[done])).status_code == 404
    assert casey_client.get(reverse("fsm:timeline", args=["site", site.uuid])).status_code == 404
