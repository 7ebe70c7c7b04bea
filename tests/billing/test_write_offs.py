"""Who may not write an invoice off proposes it; a second person decides, unless it was paid meanwhile."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from billing import actions
from billing.models import Invoice
from fsm.attribution import attributed
from fsm.models import Review
from fsm.reviews import approve_review, reject_review
from fsm.states import NotPossible, Stale

from .conftest import NOW


@pytest.fixture
def proposed(casey):
    """`proposed(invoice)`: Casey asks for it to be written off."""

    def ask(invoice):
        with attributed(user=casey):
            return actions.ask_to_write_off(invoice.pk, because="Bankrupt", now=NOW, by=casey)

    return ask


def state_of(thing):
    thing.refresh_from_db()
    return thing.state


def test_who_may_adjust_invoices_writes_off_at_once(make_issued, marcus):
    invoice = make_issued()
    assert actions.ask_to_write_off(invoice.pk, because="Bankrupt", now=NOW, by=marcus) is None
    assert (state_of(invoice), Review.objects.exists()) == ("written_off", False)


def test_the_office_proposes_and_a_manager_writes_off_for_the_reason_that_was_given(
    make_issued, proposed, marcus
):
    invoice = make_issued()
    review = proposed(invoice)
    assert (state_of(invoice), review.before["Owed"]) == ("issued", "$258.72")
    with pytest.raises(NotPossible, match="waits for a decision already"):
        proposed(invoice)
    decided = approve_review(review.pk, by=marcus, version=1, now=NOW)
    assert (state_of(invoice), invoice.ended_because) == ("written_off", "Bankrupt")
    assert (state_of(review), decided.decided_by) == ("approved", marcus)
    assert [row.state for row in review.history.order_by("history_id")] == ["waiting", "approved"]


def test_a_rejected_write_off_leaves_it_owed(make_issued, proposed, marcus):
    invoice = make_issued()
    reject_review(proposed(invoice).pk, by=marcus, version=1, because="They pay in May", now=NOW)
    assert (state_of(invoice), actions.balance_of(invoice)) == ("issued", Decimal("258.72"))


def test_partly_paid_meanwhile_shows_both_numbers_and_writes_nothing_off(make_issued, proposed, pay, marcus):
    invoice = make_issued()
    review = proposed(invoice)
    pay(invoice, "100")
    with pytest.raises(Stale) as refusal:
        approve_review(review.pk, by=marcus, version=1, now=NOW)
    assert refusal.value.theirs == {"Owed then": "$258.72", "Owed now": "$158.72"}
    assert (state_of(invoice), state_of(review)) == ("issued", "waiting")


def test_paid_meanwhile_withdraws_the_proposal(make_issued, proposed, pay):
    invoice = make_issued()
    review = proposed(invoice)
    pay(invoice, invoice.total)
    assert (state_of(review), review.decided_because) == ("withdrawn", "The invoice was paid.")


@pytest.mark.parametrize("end", [actions.void_invoice, actions.credit_invoice, actions.write_off_invoice])
def test_an_invoice_that_ends_otherwise_withdraws_it(make_issued, proposed, end):
    review = proposed(make_issued())
    end(Invoice.objects.get().pk, because="Wrong", now=NOW)
    assert state_of(review) == "withdrawn"


def test_the_page_proposes_and_says_that_it_waits(make_issued, casey_client, marcus_client):
    invoice = make_issued()
    url, page = (reverse(f"billing:{name}", args=[invoice.uuid]) for name in ("write-off-invoice", "invoice"))
    assert "Propose a write-off" in casey_client.get(page).content.decode()
    assert "Propose it" in casey_client.get(url).content.decode()
    assert casey_client.post(url, {"because": ""}).status_code == 422
    assert casey_client.post(url, {"because": "Bankrupt"}).status_code == 302
    shown = casey_client.get(page).content.decode()
    assert "Write off $258.72 of invoice 10001: waits for a decision." in shown
    assert "Propose a write-off" not in shown
    assert casey_client.post(url, {"because": "Bankrupt"}).status_code == 409
    review = Review.objects.get()
    approve = reverse("fsm:approve-review", args=[review.uuid])
    assert marcus_client.post(approve, {"version": 1}).status_code == 302
    assert state_of(invoice) == "written_off"
