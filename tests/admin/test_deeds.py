"""Transitions in the admin: asked about, done by our actions, refused in a sentence, kept in the history."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME as CHOSEN
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.urls import reverse

from billing import actions as billing
from billing.models import Invoice
from dispatch.models import Job, JobType, Shift, Technician
from equipment.models import Maker
from fsm.models import ApiToken, OutboxRow, User
from tests import factories as make
from tests.conftest import client_of
from tests.factories import instant


def listing(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page(row, name="change"):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{name}", args=[row.pk])


def do(client, deed, *rows, because=""):
    """Choose the rows, ask for the deed and say yes; the sentences the person then reads."""
    asked = {"action": deed, CHOSEN: [row.pk for row in rows]}
    question = client.post(listing(type(rows[0])), asked | {"index": "0"})
    assert question.status_code == 200
    assert str(rows[0]) in question.content.decode()
    answer = client.post(listing(type(rows[0])), asked | {"sure": "yes", "because": because})
    assert answer.status_code == 302, answer.content.decode()
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_jobs_are_cancelled_with_a_reason_and_one_refusal_stops_nobody_else(make_job, marcus, marcus_client):
    booked, done = make_job(), make_job()
    done = make.JobFactory(state="closed", completed_at=instant())
    told = do(marcus_client, "cancel", booked, done, because="The caller moved away")
    booked.refresh_from_db()
    done.refresh_from_db()
    assert (booked.state, booked.cancelled_because) == ("cancelled", "The caller moved away")
    assert done.state == "closed"
    assert any(str(done) in sentence and "cannot become cancelled" in sentence for sentence in told)
    assert any("1 done" in sentence for sentence in told)
    version = booked.history.first()
    assert (version.source, version.actor_name) == ("admin", "Marcus Webb")
    assert version.history_change_reason == "The caller moved away"
    history = marcus_client.get(page(booked, "history")).content.decode()
    for words in ("Marcus Webb", "admin", "The caller moved away", "Cancelled", str(version.batch)[:8]):
        assert words in history


def test_nothing_happens_without_the_reason_or_before_the_yes(make_job, marcus_client):
    job = make_job()
    asked = {"action": "cancel", CHOSEN: [job.pk]}
    assert marcus_client.post(listing(Job), asked | {"index": "0"}).status_code == 200
    answer = marcus_client.post(listing(Job), asked | {"sure": "yes", "because": " "})
    assert answer.status_code == 422
    assert "Say why" in answer.content.decode()
    job.refresh_from_db()
    assert job.state == "booked"


def test_an_invoice_is_issued_then_voided_and_a_second_time_refused(make_job, bea, bea_client, marcus_client):
    invoice = make.InvoiceFactory(job=make_job())
    make.PriceItemFactory(code="TRIP")
    billing.add_invoice_line(
        invoice.pk,
        version=invoice.version,
        quantity=Decimal(1),
        now=instant(),
        by=bea,
        description="Trip",
        unit_price=Decimal(90),
    )
    invoice.refresh_from_db()
    do(bea_client, "issue", invoice)
    invoice.refresh_from_db()
    assert invoice.state == "issued"
    assert invoice.history.first().source == "admin"
    do(marcus_client, "void", invoice, because="Billed to the wrong house")
    invoice.refresh_from_db()
    assert (invoice.state, invoice.ended_because) == ("void", "Billed to the wrong house")
    told = do(marcus_client, "void", invoice, because="Again")
    assert len(told) == 1
    assert "done" not in told[0]


def test_a_deed_asks_its_own_capability(make_job, bea_client):
    invoice = make.InvoiceFactory(job=make_job())
    asked = {"action": "void", CHOSEN: [invoice.pk], "sure": "yes", "because": "No"}
    answer = bea_client.post(listing(Invoice), asked)
    assert answer.status_code == 403
    assert "void, credit or write off" in answer.content.decode()
    assert "Void these" not in bea_client.get(listing(Invoice)).content.decode()


def test_the_outbox_is_given_up_and_tried_again(company, marcus_client):
    row = make.OutboxRowFactory()
    do(marcus_client, "give_up", row, because="Wrong address")
    row.refresh_from_db()
    assert row.state == "failed"
    assert "Wrong address" in row.last_error
    do(marcus_client, "retry", row)
    assert OutboxRow.objects.get().state == "waiting"


def test_people_are_deactivated_and_tokens_revoked(company, olivia, marcus, casey):
    token = make.ApiTokenFactory(user=casey)
    told = do(client_of(marcus), "deactivate", casey, olivia, because="Left")
    assert not User.objects.get(pk=casey.pk).is_active
    assert User.objects.get(pk=olivia.pk).is_active
    assert any("Only an owner" in sentence for sentence in told)
    do(client_of(marcus), "revoke", token)
    assert ApiToken.objects.get().revoked_at


def test_too_many_at_once_are_refused(company, marcus_client, monkeypatch):
    monkeypatch.setattr("fsm.admin_base.MOST_AT_ONCE", 1)
    rows = [make.OutboxRowFactory(), make.OutboxRowFactory()]
    asked = {"action": "retry", CHOSEN: [row.pk for row in rows], "sure": "yes", "because": ""}
    marcus_client.post(listing(OutboxRow), asked)
    assert "at most 1" in marcus_client.get(listing(OutboxRow)).content.decode()
    assert set(OutboxRow.objects.values_list("attempts", flat=True)) == {0}


# Each deed with what it is asked of, what it changes, and what stands then.
DEEDS = {
    "refuse_service": (lambda: make.CustomerFactory(), "do_not_service", True),
    "allow_service": (
        lambda: make.CustomerFactory(do_not_service=True, do_not_service_reason="x"), "do_not_service", False
    ),
    "hold_credit": (lambda: make.CustomerFactory(), "credit_hold", True),
    "release_credit": (lambda: make.CustomerFactory(credit_hold=True), "credit_hold", False),
    "resume": (
        lambda: make.JobFactory(state="on_hold", hold_reason="Parts", follow_up_on=instant().date()),
        "hold_reason", "",
    ),
    "reopen": (lambda: make.JobFactory(state="closed", completed_at=instant()), "state", "in_progress"),
    "close": (lambda: make.JobFactory(state="work_complete", completed_at=instant()), "state", "closed"),
    "retire": (lambda: make.UnitFactory(), "status", "retired"),
    "mothball": (lambda: make.UnitFactory(), "status", "mothballed"),
    "return": (lambda: make.UnitFactory(status="mothballed"), "status", "active"),
    "reverse": (lambda: make.PaymentFactory(), "state", "reversed"),
    "reactivate": (lambda: make.UserFactory(is_active=False), "is_active", True),
    "cancel": (lambda: make.QuickBooksBatchFactory(), "state", "cancelled"),
    "mark_imported": (lambda: make.QuickBooksBatchFactory(), "state", "imported"),
}  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
def test_each_deed_does_what_it_says_under_the_persons_name(company, branch, olivia, deed):
    arrange, field, expected = DEEDS[deed]
    row = arrange()
    told = do(client_of(olivia), deed, row, because="Asked for")
    row.refresh_from_db()
    assert getattr(row, field) == expected, told
    version = row.history.first()
    assert (version.source, version.actor_name) == ("admin", "Olivia Grant")


def test_a_session_is_ended(company, olivia, casey):
    session = make.SignInFactory(user=casey)
    do(client_of(olivia), "end", session)
    session.refresh_from_db()
    assert session.ended_at is not None


@pytest.mark.parametrize("factory", ["TechnicianSkill", "JobTypeSkill", "ChecklistItem"])
def test_what_was_set_up_is_removed_with_a_reason_that_stays(company, marcus_client, bea_client, factory):
    row = getattr(make, f"{factory}Factory")()
    model = type(row)
    asked = {"action": "remove", CHOSEN: [row.pk], "sure": "yes", "because": "Not done any more"}
    assert bea_client.post(listing(model), asked).status_code == 403
    assert marcus_client.post(listing(model), asked | {"because": ""}).status_code == 422
    assert model.objects.filter(pk=row.pk).exists()
    do(marcus_client, "remove", row, because="Not done any more")
    assert not model.objects.filter(pk=row.pk).exists()
    last = model.history.filter(id=row.pk).first()
    assert (last.history_type, last.history_change_reason, last.source) == ("-", "Not done any more", "admin")
    assert last.actor_name == "Marcus Webb"


# Setting up -----------------------------------------------------------------------------------------


def test_a_job_type_is_set_up_with_a_reason(company, marcus, marcus_client):
    checklist = make.ChecklistTemplateFactory()
    fields = {"name": "Duct cleaning", "code": "ducts", "minutes": 120, "buffer_minutes": 15, "position": 3,
              "default_priority": 3, "checklist": checklist.pk, "is_active": "on"}  # fmt: skip
    url = reverse("admin:dispatch_jobtype_add")
    assert marcus_client.post(url, fields | {"why": "New offer"}).status_code == 302
    kind = JobType.objects.get(code="ducts")
    version = kind.history.get()
    assert (version.source, version.actor_name) == ("admin", "Marcus Webb")
    assert version.history_change_reason == "New offer"
    assert marcus_client.post(page(kind), fields).status_code == 302
    assert kind.history.count() == 1  # nothing changed, nothing written
    wrong = marcus_client.post(page(kind), fields | {"minutes": 1})
    assert wrong.status_code == 200
    assert "errornote" in wrong.content.decode()
    assert "New offer" in marcus_client.get(page(kind, "history")).content.decode()


def test_a_technician_gets_a_branch_and_hours_and_keeps_who_they_are(branch, tess, tom, marcus_client):
    technician, other = tess.technician, make.BranchFactory(name="Waco")
    shift = make.ShiftFactory(technician=technician, weekday=0)
    fields = {
        "branch": other.pk, "truck": technician.truck_id, "position": 4, "user": tom.pk, "why": "Moved",
        "shifts-TOTAL_FORMS": 1, "shifts-INITIAL_FORMS": 1, "shifts-0-id": shift.pk, "shifts-0-DELETE": "on",
        "shifts-0-technician": technician.pk, "shifts-0-weekday": 0, "shifts-0-starts": "07:00",
        "shifts-0-ends": "15:30",
    }  # fmt: skip
    answer = marcus_client.post(page(technician), fields)
    assert answer.status_code == 302, answer.content.decode()
    technician = Technician.objects.get(pk=technician.pk)
    assert (technician.branch, technician.position, technician.user) == (other, 4, tess)
    assert str(Shift.objects.get(pk=shift.pk).starts) == "07:00:00"
    assert shift.history.first().history_change_reason == "Moved"


def test_a_key_is_found_by_typing(company, marcus_client, tess_client):
    make.ChecklistTemplateFactory(name="Spring tune-up")
    asked = {"app_label": "dispatch", "model_name": "jobtype", "field_name": "checklist", "term": "tune"}
    found = marcus_client.get("/admin/autocomplete/", asked)
    assert [one["text"] for one in found.json()["results"]] == ["Spring tune-up"]
    assert tess_client.get("/admin/autocomplete/", asked).status_code == 403


def test_the_admins_own_log_stays_empty(company, marcus_client):
    maker = {"name": "Whirlwind", "start_rule": "install"}
    assert marcus_client.post(reverse("admin:equipment_maker_add"), maker).status_code == 302
    assert Maker.objects.filter(name="Whirlwind").exists()
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("number", ["x", "0", "99999999999999999999", "1%27--"])
def test_a_strange_address_leads_back_to_the_first_page(company, marcus_client, number):
    for name in ("change/", "history/"):
        answer = marcus_client.get(f"/admin/dispatch/job/{number}/{name}")
        assert answer.status_code in (302, 404)
