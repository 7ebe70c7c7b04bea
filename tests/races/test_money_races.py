"""Two people press at the same instant: one wins, and the lock is the reason."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from billing import actions
from billing.models import Allocation, Invoice, Payment, QuickBooksBatch
from fsm.states import NotPossible
from tests.billing.conftest import NOW, book, make_done, make_issued, pay  # noqa: F401 (fixtures)

pytestmark = pytest.mark.django_db(transaction=True)


def refusals(outcomes):
    return [type(outcome.error) for outcome in outcomes if not outcome.won]


def test_two_issues_of_one_draft_take_one_number(make_done, at_once):  # noqa: F811
    draft = make_done().draft
    outcomes = at_once(2, lambda: actions.issue_invoice(draft.pk, now=NOW))
    assert refusals(outcomes) == [NotPossible]
    assert Invoice.objects.get(pk=draft.pk).number == "10001"
    assert actions.issue_invoice(make_done().draft.pk, now=NOW).number == "10002"


def test_without_the_lock_both_issues_get_through(make_done, at_once, no_locks, monkeypatch):  # noqa: F811
    """The twin: each reads a draft before the other has written."""
    import threading

    draft = make_done().draft
    both_have_read = threading.Barrier(2)
    recompute = actions.issuing.recompute

    def slow(invoice, now):
        both_have_read.wait(10)
        return recompute(invoice, now)

    monkeypatch.setattr(actions.issuing, "recompute", slow)
    outcomes = at_once(2, lambda: actions.issue_invoice(draft.pk, now=NOW))
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert {outcome.result.number for outcome in outcomes} == {"10001", "10002"}


def test_many_issues_at_once_leave_no_gap_when_one_of_them_fails(make_done, at_once, monkeypatch):  # noqa: F811
    drafts = [make_done().draft for _ in range(5)]
    doomed = drafts[2].pk
    original = actions.issuing.enqueue

    def failing(function, **kwargs):
        if kwargs.get("invoice_id") == doomed:
            raise RuntimeError("after the number was taken")
        original(function, **kwargs)

    monkeypatch.setattr(actions.issuing, "enqueue", failing)
    outcomes = at_once(5, lambda n: actions.issue_invoice(drafts[n].pk, now=NOW))
    assert refusals(outcomes) == [RuntimeError]
    numbers = Invoice.objects.filter(state="issued").values_list("number", flat=True)
    assert sorted(numbers) == ["10001", "10002", "10003", "10004"]


def test_one_payment_key_sent_twice_at_once_is_one_payment(make_issued, pay, at_once):  # noqa: F811
    invoice, key = make_issued(), uuid.uuid4()
    outcomes = at_once(2, lambda: pay(invoice, "50", key=key))
    assert [outcome.won for outcome in outcomes] == [True, True]
    assert Payment.objects.count() == 1
    assert [row.amount for row in Allocation.objects.all()] == [50]


def test_two_payments_at_once_never_pay_more_than_is_owed(make_issued, pay, at_once):  # noqa: F811
    invoice = make_issued()
    at_once(2, lambda: pay(invoice, "200"))
    assert sum(row.amount for row in Allocation.objects.all()) == invoice.total
    assert sum(row.unapplied for row in Payment.objects.credits()) == 400 - invoice.total


def test_one_credit_applied_to_two_invoices_at_once_is_spent_once(make_issued, pay, at_once):  # noqa: F811
    first = make_issued()
    second = make_issued(customer=first.customer, site=first.job.site)
    payment = pay(first, "100", invoice_id=None)
    outcomes = at_once(
        2,
        lambda n: actions.allocate_credit(
            payment.pk, invoice_id=(first, second)[n].pk, amount=Decimal(100), now=NOW
        ),
    )
    assert refusals(outcomes) == [NotPossible]
    assert sum(row.amount for row in Allocation.objects.all()) == 100


def test_a_payment_and_a_void_at_once_do_not_both_happen(make_issued, pay, at_once):  # noqa: F811
    invoice = make_issued()

    def one(n):
        return pay(invoice, "50") if n else actions.void_invoice(invoice.pk, because="Wrong", now=NOW)

    outcomes = at_once(2, one)
    assert refusals(outcomes) == [NotPossible]
    invoice.refresh_from_db()
    assert (invoice.state == "void") != Allocation.objects.exists()


def test_two_files_made_at_once_share_no_document(make_issued, at_once):  # noqa: F811
    invoice = make_issued()
    outcomes = at_once(
        2,
        lambda: actions.make_quickbooks_batch(invoices=[invoice.uuid], credits=[], payments=[], now=NOW),
    )
    assert refusals(outcomes) == [NotPossible]
    assert QuickBooksBatch.objects.count() == 1
