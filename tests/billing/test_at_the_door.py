"""What a technician does with money on the phone, through the inbox."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from billing import actions
from billing.models import Invoice, Payment
from fsm.history import history_model
from fsm.inbox import AnotherBody, receive
from fsm.models import Outcome
from fsm.panels import panels_for
from fsm.states import NotPossible

D = Decimal


@pytest.fixture
def send(tess):
    """`send(kind, job, key=..., user=..., **body)` as Tess's phone does."""

    def operation(kind, job, *, key=None, user=None, **body):
        return receive(user or tess, key or uuid.uuid4(), kind, {"visit": str(job.visit.uuid), **body})

    return operation


def test_a_technician_issues_the_invoice_of_their_job(make_done, send):
    job = make_done()
    done = send("invoice.issue", job)
    assert (done.outcome, done.answer["number"]) == (Outcome.APPLIED, "10001")
    assert done.root == f"job:{job.uuid}"
    row = history_model(Invoice).objects.filter(id=job.draft.pk).latest("history_id")
    assert (row.source, row.actor_name) == ("technician", "Tess Ramirez")


def test_cash_on_a_draft_issues_it_first_and_then_pays_it(make_done, send):
    job = make_done()
    done = send("payment.record", job, method="cash", amount="258.72")
    invoice = Invoice.objects.with_balance().get(job=job)
    assert done.outcome == Outcome.APPLIED
    assert (invoice.state, invoice.number, invoice.balance) == ("issued", "10001", 0)
    assert done.answer["sentence"] == "$258.72 is recorded on invoice 10001."
    assert Payment.objects.get().received_by_name == "Tess Ramirez"


def test_pressing_twice_takes_the_money_once(make_done, send):
    job, key = make_done(), uuid.uuid4()
    body = {"method": "cash", "amount": "100"}
    first, second = send("payment.record", job, key=key, **body), send("payment.record", job, key=key, **body)
    assert first.answer == second.answer
    assert Payment.objects.count() == 1
    with pytest.raises(AnotherBody):
        send("payment.record", job, key=key, method="cash", amount="101")
    assert Payment.objects.count() == 1


def test_a_payment_that_is_refused_leaves_the_draft_a_draft(make_done, send):
    job = make_done()
    done = send("payment.record", job, method="check", amount="100")
    assert (done.outcome, done.sentence) == (Outcome.REFUSED, "Enter the check's number.")
    job.draft.refresh_from_db()
    assert (job.draft.state, job.draft.number) == ("draft", None)


@pytest.mark.parametrize("amount", ["", "-5", "0", "abc", "1.005", "1e400", "NaN"])
def test_what_is_no_amount_is_refused_with_a_sentence(make_done, send, amount):
    done = send("payment.record", make_done(), method="cash", amount=amount)
    assert done.outcome == Outcome.REFUSED
    assert done.sentence
    assert not Payment.objects.exists()


def test_money_for_a_draft_that_waits_for_a_price_is_kept_as_credit_on_the_job(make_done, make_part, send):
    job = make_done(parts=[(make_part(), 1)])
    done = send("payment.record", job, method="cash", amount="100")
    assert done.outcome == Outcome.APPLIED
    assert "credit on the job" in done.answer["sentence"]
    job.draft.refresh_from_db()
    assert job.draft.state == "draft"
    assert actions.unapplied_of(Payment.objects.get(job=job)) == 100


def test_a_second_payment_goes_to_the_invoice_that_is_still_owed(make_done, send):
    job = make_done()
    send("payment.record", job, method="cash", amount="100")
    send("payment.record", job, method="check", amount="158.72", reference="204")
    assert Invoice.objects.with_balance().get(job=job).balance == 0


def test_somebody_elses_visit_is_not_charged(make_done, send, tom):
    done = send("payment.record", make_done(), user=tom, method="cash", amount="5")
    assert done.outcome == Outcome.REFUSED
    assert "not yours" in done.sentence


def test_the_office_has_no_phone(make_done, send, casey):
    with pytest.raises(NotPossible, match="work their own visits"):
        send("payment.record", make_done(), user=casey, method="cash", amount="5")


def test_the_panel_at_the_door_shows_what_is_owed_once_the_visit_is_over(make_done, make_job, tess):
    job = make_done()
    (shown,) = panels_for("phone-visit", job.visit, tess)
    assert shown.context["owed"] == job.draft.total
    assert shown.context["issue_url"].endswith("/do/invoice.issue/")
    assert panels_for("phone-visit", make_job(technician=tess).visit, tess) == []


def test_a_technician_sees_the_page_of_their_own_jobs_invoice_only(make_done, tess_client, tom_client):
    url = reverse("billing:invoice-pdf", args=[make_done().draft.uuid])
    assert tess_client.get(url).content[:5] == b"%PDF-"
    assert tom_client.get(url).status_code == 404


def test_the_phones_page_takes_the_money(make_done, tess_client):
    job = make_done()
    url = reverse("dispatch:phone-operation", args=[job.visit.uuid, "payment.record"])
    answer = tess_client.post(
        url, {"once": str(uuid.uuid4()), "method": "cash", "amount": "258.72"}, follow=True
    )
    assert "recorded on invoice 10001" in answer.content.decode()
    assert Invoice.objects.with_balance().get(job=job).balance == 0
