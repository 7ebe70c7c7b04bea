"""Whoever sees what is sensitive is remembered, and what happened can be read and taken out safely."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from customers.actions import edit_site
from fsm.attribution import attributed
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
        edit_site(made.pk, version=made.version, now=instant(), name="=Shed")
    return made


def test_a_timeline_tells_versions_exchanges_and_looks_of_one_thing(site, casey_client):
    with exchange("maps", "geocode", about=ref_of(site)):
        pass
    saw(Sensitive.GATE_CODE, about=ref_of(site))
    page = casey_client.get(reverse("fsm:timeline", args=["site", site.uuid])).content.decode()
    for word in ("They told us", "maps geocode", "How to get in seen"):
        assert word in page
    assert "#1" not in page


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
