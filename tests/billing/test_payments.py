"""Money that comes in pays invoices; the rest is credit; nothing is taken twice."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing import actions
from billing.models import Allocation, CreditMemo, Invoice, Payment
from billing.states import Standing, standing_of
from fsm.states import NotPossible

from .conftest import NOW

D = Decimal


def owed(invoice):
    return Invoice.objects.with_balance().get(pk=invoice.pk).balance


def credit(payment):
    return Payment.objects.with_unapplied().get(pk=payment.pk).unapplied


def test_a_payment_lowers_what_is_owed(make_issued, pay):
    invoice = make_issued()
    pay(invoice, "58.72")
    assert owed(invoice) == D("200.00")
    pay(invoice, "200", method="check", reference="204")
    assert owed(invoice) == 0


def test_what_is_too_much_becomes_the_customers_credit(make_issued, pay):
    invoice = make_issued()
    payment = pay(invoice, "300")
    assert (owed(invoice), credit(payment)) == (0, D("41.28"))
    assert payment in Payment.objects.credits()


def test_one_key_is_one_payment(make_issued, pay):
    invoice = make_issued()
    key = uuid.uuid4()
    first, second = pay(invoice, "50", key=key), pay(invoice, "50", key=key)
    assert first.pk == second.pk
    assert owed(invoice) == invoice.total - 50


def test_one_key_with_another_amount_is_refused(make_issued, pay):
    invoice = make_issued()
    key = uuid.uuid4()
    pay(invoice, "50", key=key)
    with pytest.raises(NotPossible, match="already sent"):
        pay(invoice, "60", key=key)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": D(0)}, "amount"),
        ({"amount": D("-5")}, "amount"),
        ({"amount": D("5.005")}, "amount"),
        ({"amount": D("NaN")}, "amount"),
        ({"amount": D("1E9")}, "amount"),
        ({"method": "card"}, "method"),
        ({"method": "check", "reference": " "}, "reference"),
        ({"method": "check", "reference": "9" * 31}, "reference"),
        ({"received_on": NOW.date() + timedelta(days=1)}, "received_on"),
    ],
)
def test_what_cannot_be_a_payment_is_refused_by_its_field(make_issued, pay, change, field):
    with pytest.raises(NotPossible) as refusal:
        pay(make_issued(), **{"amount": D(10), **change})
    assert refusal.value.field == field
    assert not Payment.objects.exists()


def test_a_draft_cannot_be_paid(make_done, pay):
    with pytest.raises(NotPossible, match="Issue it first"):
        pay(make_done().draft, "10")


def test_a_payment_of_one_customer_does_not_pay_anothers_invoice(make_issued, pay, make_customer):
    with pytest.raises(NotPossible, match="is billed to"):
        pay(make_issued(), "10", customer_id=make_customer().pk)


def test_a_payment_without_an_invoice_is_credit_and_can_be_applied_later(make_issued, pay):
    invoice = make_issued()
    payment = pay(invoice, "100", invoice_id=None)
    assert owed(invoice) == invoice.total
    actions.allocate_credit(payment.pk, invoice_id=invoice.pk, amount=D(40), now=NOW)
    actions.allocate_credit(payment.pk, invoice_id=invoice.pk, amount=D(10), now=NOW)
    assert (owed(invoice), credit(payment)) == (invoice.total - 50, D(50))
    assert [row.amount for row in payment.allocations.all()] == [D(50)]


def test_more_than_is_left_or_owed_is_not_applied(make_issued, pay):
    invoice = make_issued()
    small = pay(invoice, "20", invoice_id=None)
    with pytest.raises(NotPossible, match=r"Only \$20.00"):
        actions.allocate_credit(small.pk, invoice_id=invoice.pk, amount=D("20.01"), now=NOW)
    large = pay(invoice, "1000", invoice_id=None)
    with pytest.raises(NotPossible, match=r"Only \$258.72 is still owed"):
        actions.allocate_credit(large.pk, invoice_id=invoice.pk, amount=D(259), now=NOW)


def test_a_reversed_payment_is_owed_again(make_issued, pay):
    invoice = make_issued()
    payment = pay(invoice, "100", method="check", reference="204")
    actions.reverse_payment(payment.pk, because="The check bounced", now=NOW)
    assert (owed(invoice), credit(payment)) == (invoice.total, 0)
    with pytest.raises(NotPossible):
        actions.reverse_payment(payment.pk, because="Again", now=NOW)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.decimals(min_value=D("0.01"), max_value=300, places=2), max_size=5))
def test_what_came_in_is_always_either_applied_or_credit(make_issued, pay, amounts):
    invoice = make_issued()
    payments = [pay(invoice, amount) for amount in amounts]
    applied = sum((row.amount for row in Allocation.objects.filter(invoice=invoice)), D(0))
    assert applied + sum(map(credit, payments)) == sum(amounts)
    assert owed(invoice) == invoice.total - applied >= 0


# The end of an invoice ------------------------------------------------------------------------------


def test_an_invoice_with_a_payment_is_not_voided(make_issued, pay):
    invoice = make_issued()
    pay(invoice, "1")
    with pytest.raises(NotPossible, match="Credit it instead"):
        actions.void_invoice(invoice.pk, because="Twice", now=NOW)


def test_a_void_invoice_keeps_its_number_and_says_why(make_issued):
    invoice = actions.void_invoice(make_issued().pk, because="Billed twice", now=NOW)
    assert (invoice.number, invoice.state, invoice.ended_because) == ("10001", "void", "Billed twice")
    assert make_issued().number == "10002"
    with pytest.raises(NotPossible, match="already"):
        actions.void_invoice(invoice.pk, because="Again", now=NOW)


def test_once_its_payment_is_reversed_an_invoice_can_be_voided(make_issued, pay):
    invoice = make_issued()
    actions.reverse_payment(pay(invoice, "1").pk, because="Mistake", now=NOW)
    assert actions.void_invoice(invoice.pk, because="Twice", now=NOW).state == "void"


def test_a_credit_mirrors_the_invoice_and_frees_its_payment(make_issued, pay):
    invoice = make_issued()
    payment = pay(invoice, "100")
    memo = actions.credit_invoice(invoice.pk, because="Wrong address", now=NOW)
    assert (memo.subtotal, memo.tax, memo.total) == (invoice.subtotal, invoice.tax, invoice.total)
    assert (memo.number, memo.reason) == ("CM1001", "Wrong address")
    assert (owed(invoice), credit(payment)) == (0, D(100))
    with pytest.raises(NotPossible):
        actions.credit_invoice(invoice.pk, because="Again", now=NOW)
    assert CreditMemo.objects.count() == 1


def test_a_write_off_gives_up_the_rest_and_keeps_what_was_paid(make_issued, pay):
    invoice = make_issued()
    payment = pay(invoice, "100")
    invoice = actions.write_off_invoice(invoice.pk, because="Bankrupt", now=NOW)
    assert (invoice.state, owed(invoice), credit(payment)) == ("written_off", 0, 0)


def test_what_is_paid_is_not_written_off(make_issued, pay):
    invoice = make_issued()
    pay(invoice, invoice.total)
    with pytest.raises(NotPossible, match="nothing is left"):
        actions.write_off_invoice(invoice.pk, because="Why not", now=NOW)


@pytest.mark.parametrize("end", [actions.void_invoice, actions.credit_invoice, actions.write_off_invoice])
def test_no_invoice_ends_without_a_reason(make_issued, end):
    with pytest.raises(NotPossible, match="Say why"):
        end(make_issued().pk, because="  ", now=NOW)


def test_a_draft_is_discarded_and_the_job_can_be_billed_anew(make_done):
    job = make_done()
    gone = actions.discard_draft(job.draft.pk, because="Goodwill", now=NOW)
    assert (gone.state, gone.number) == ("void", None)
    assert actions.draft_again(job.pk, now=NOW).pk != gone.pk


# How an invoice stands ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "total", "paid", "due_in", "stands"),
    [
        ("draft", "100", "0", None, Standing.DRAFT),
        ("issued", "100", "0", 0, Standing.ISSUED),
        ("issued", "100", "0", -1, Standing.PAST_DUE),
        ("issued", "100", "40", 3, Standing.PARTLY_PAID),
        ("issued", "100", "40", -1, Standing.PAST_DUE),
        ("issued", "100", "100", -1, Standing.PAID),
        ("issued", "0", "0", 3, Standing.PAID),
        ("void", "100", "0", -1, Standing.VOID),
        ("credited", "100", "0", -1, Standing.CREDITED),
        ("written_off", "100", "40", -1, Standing.WRITTEN_OFF),
    ],
)
def test_how_an_invoice_stands(state, total, paid, due_in, stands):
    today = NOW.date()
    due_on = None if due_in is None else today + timedelta(days=due_in)
    balance = D(total) - D(paid) if state == "issued" else D(0)
    assert standing_of(state, balance=balance, paid=D(paid), due_on=due_on, today=today) == stands


def test_the_filter_and_the_rule_say_the_same_of_every_invoice(make_issued, make_done, pay):
    today = NOW.date() + timedelta(days=5)
    make_done()
    make_issued()  # due on receipt: past due in five days
    pay(make_issued(), "10")
    pay(make_issued(now=NOW + timedelta(days=5)), "10")
    make_issued(now=NOW + timedelta(days=5))
    pay(make_issued(), "1000")
    actions.void_invoice(make_issued().pk, because="x", now=NOW)
    actions.credit_invoice(make_issued().pk, because="x", now=NOW)
    actions.write_off_invoice(make_issued().pk, because="x", now=NOW)
    seen = 0
    for standing in Standing:
        for row in Invoice.objects.standing(standing, today):
            ruled = standing_of(row.state, balance=row.balance, paid=row.paid, due_on=row.due_on, today=today)
            assert ruled == standing
            seen += 1
    assert seen == Invoice.objects.count() == 9
