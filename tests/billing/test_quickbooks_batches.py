"""Documents go to QuickBooks once, in a numbered file that was proved and never changes."""

from __future__ import annotations

import hashlib
import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from billing import actions
from billing.models import CreditMemo, Invoice, Payment, QuickBooksBatch, QuickBooksBatchItem
from billing.quickbooks.iif import ControlTotals
from billing.quickbooks.iif_layout import IifBroken
from billing.quickbooks.iif_proof import parse, prove
from customers.actions import merge_customers
from fsm.states import NotPossible
from tests import factories as make

from .conftest import NOW

D = Decimal


def make_batch(*documents, **fields):
    """A batch of these documents; of all that wait where none is named."""
    chosen = {"invoices": Invoice, "credits": CreditMemo, "payments": Payment}
    return actions.make_quickbooks_batch(
        **{
            kind: [
                row.uuid for row in (documents or model.objects.not_in_quickbooks()) if isinstance(row, model)
            ]
            for kind, model in chosen.items()
        },
        now=NOW,
        **fields,
    )


def file_of(batch):
    return parse(bytes(QuickBooksBatch.objects.get(pk=batch.pk).content))


def test_an_invoice_and_its_payment_go_into_one_proved_file(make_issued, pay, make_customer):
    invoice = make_issued(customer=make_customer(name="Hall, Lisa"), po_number="PO-77")
    payment = pay(invoice, "100", method="check", reference="204")
    batch = make_batch()
    parsed = file_of(batch)
    prove(parsed, ControlTotals.from_json(batch.manifest["totals"]))
    sale, money = parsed.blocks
    assert (sale.kind, sale.number, sale.trns.amount) == ("INVOICE", "10001", invoice.total)
    assert sale.trns["NAME"] == "Hall, Lisa"
    assert sale.trns["PONUM"] == "PO-77"
    assert [row.amount for row in sale.taxes] == [-invoice.tax]
    assert (money.kind, money.trns.amount, money.trns["DOCNUM"]) == ("PAYMENT", D("100.00"), "CHK 204")
    assert money.trns["MEMO"] == f"{payment.number} for invoice 10001, reference 204"
    assert [row["NAME"] for row in parsed.lists["CUST"]] == ["Hall, Lisa"]


def test_the_batch_has_number_checksum_and_control_totals(make_issued, bea):
    from fsm.attribution import attributed

    invoice = make_issued()
    with attributed(user=bea):
        batch = make_batch()
    assert (batch.number, batch.state, batch.made_by_name) == ("QB1", "made", bea.name)
    assert hashlib.sha256(bytes(batch.content)).hexdigest() == batch.sha256
    totals = ControlTotals.from_json(batch.manifest["totals"]).kinds["INVOICE"]
    assert (totals.count, totals.subtotal, totals.tax) == (1, invoice.subtotal, invoice.tax)


def test_a_file_without_one_of_its_documents_does_not_pass_the_proof(make_issued):
    make_issued()
    make_issued()
    batch = make_batch()
    text = bytes(batch.content).decode("cp1252")
    start = text.rindex("TRNS\t\tINVOICE")
    broken = parse(text[:start].encode("cp1252"))
    with pytest.raises(IifBroken):
        prove(broken, ControlTotals.from_json(batch.manifest["totals"]))


def test_a_document_goes_out_once(make_issued):
    make_issued()
    make_batch()
    with pytest.raises(NotPossible, match="waits for QuickBooks any more"):
        make_batch(Invoice.objects.get())
    assert not Invoice.objects.not_in_quickbooks().exists()


def test_the_database_itself_refuses_a_second_batch_for_a_document(make_issued):
    invoice = make_issued()
    make_batch()
    other = make.QuickBooksBatchFactory()
    with pytest.raises(IntegrityError, match="quickbooks_invoice_once"), transaction.atomic():
        QuickBooksBatchItem.objects.create(quickbooks_batch=other, invoice=invoice)


def test_drafts_void_invoices_and_reversed_payments_do_not_go(make_done, make_issued, pay):
    make_done()
    actions.void_invoice(make_issued().pk, because="x", now=NOW)
    paid = make_issued()
    actions.reverse_payment(pay(paid, "5").pk, because="Bounced", now=NOW)
    batch = make_batch()
    assert [item.invoice for item in batch.items.all()] == [paid]


def test_a_credit_goes_out_with_reversed_signs_and_sums_to_nothing_with_its_invoice(make_issued):
    invoice = make_issued()
    actions.credit_invoice(invoice.pk, because="Wrong address", now=NOW)
    sale, credit = file_of(make_batch()).blocks
    assert (credit.kind, credit.number) == ("CREDIT MEMO", "CM1001")
    assert sale.trns.amount + credit.trns.amount == 0
    assert [row.amount for row in sale.splits] == [-row.amount for row in credit.splits]


def test_an_exempt_invoice_still_names_a_tax_at_nothing(make_issued, make_customer):
    customer = make_customer(is_taxable=False, tax_certificate="TX-77")
    make_issued(customer=customer)
    (sale,) = file_of(make_batch()).blocks
    assert [(row["INVITEM"], row.amount) for row in sale.taxes] == [("Sales Tax", 0)]
    assert {row["TAXABLE"] for row in sale.lines} == {"N"}


def test_a_company_without_any_rate_sends_no_tax_lines(make_issued, book):
    book.rate.delete()
    make_issued()
    (sale,) = file_of(make_batch()).blocks
    assert sale.taxes == []


def test_a_long_po_number_is_cut_and_kept_whole_in_the_memo(make_issued):
    make_issued(po_number="4500012345-0010/BUILDING-7-ROOF")
    (sale,) = file_of(make_batch()).blocks
    assert sale.trns["PONUM"] == "4500012345-0010/BUILDING-"
    assert "4500012345-0010/BUILDING-7-ROOF" in sale.trns["MEMO"]


def test_a_line_that_is_not_from_the_book_goes_out_under_its_kinds_item(make_done, marcus):
    draft = make_done().draft
    actions.add_invoice_line(
        draft.pk,
        version=draft.version,
        quantity=D(1),
        description="Ladder",
        unit_price=D(20),
        now=NOW,
        by=marcus,
    )
    actions.issue_invoice(draft.pk, now=NOW)
    (sale,) = file_of(make_batch()).blocks
    assert [row["INVITEM"] for row in sale.lines] == ["DIAG", "LABOR", "Other charge"]


# Customers ------------------------------------------------------------------------------------------


def listed(batch):
    return [row["NAME"] for row in file_of(batch).lists["CUST"]]


def posted_to(batch):
    return [block.trns["NAME"] for block in file_of(batch).blocks]


def test_a_customer_that_came_from_quickbooks_keeps_the_name_there_and_is_not_listed(
    make_issued, make_customer
):
    customer = make_customer(name="Lisa Hall")
    make.ExternalIdFactory(
        system="quickbooks_desktop", external_id="hall-1", name="Hall, Lisa & Bob", customer=customer
    )
    make_issued(customer=customer)
    batch = make_batch()
    assert (listed(batch), posted_to(batch)) == ([], ["Hall, Lisa & Bob"])


def test_a_customer_is_introduced_once(make_issued, make_customer):
    customer = make_customer(name="Lisa Hall")
    make_issued(customer=customer)
    first = make_batch()
    customer.name = "Lisa Hall-Jones"
    customer.save()
    make_issued(customer=customer)
    second = make_batch()
    assert (listed(first), listed(second)) == (["Lisa Hall"], [])
    assert posted_to(second) == ["Lisa Hall"]


def test_a_merged_customer_keeps_the_name_that_quickbooks_knows(make_issued, make_customer):
    """The survivor's own, though the other is older; else the other's, from a list or an earlier file."""
    older, lisa, known, fresh, heir = (make_customer(name=f"Lisa Hall {n}") for n in "abcde")
    for customer in (older, lisa, known):
        make.ExternalIdFactory(
            system="quickbooks_desktop",
            external_id=customer.name,
            name=f"QB {customer.name}",
            customer=customer,
        )
    make_issued(customer=fresh)
    make_batch()
    for survivor, loser in ((lisa, older), (heir, fresh)):
        merge_customers(survivor.pk, loser.pk, now=NOW)
    for customer in (lisa, heir):
        make_issued(customer=customer)
    batch = make_batch()
    assert (listed(batch), posted_to(batch)) == ([], ["QB Lisa Hall b", "Lisa Hall d"])
    orphan = make_customer()
    merge_customers(orphan.pk, known.pk, now=NOW)
    make_issued(customer=orphan)
    assert posted_to(make_batch()) == ["QB Lisa Hall c"]


def test_two_customers_of_one_name_never_share_an_account(make_issued, make_customer):
    one, two = make_customer(name="Lisa Hall"), make_customer(name="Lisa Hall")
    make_issued(customer=one)
    make_issued(customer=two)
    assert listed(make_batch()) == ["Lisa Hall", f"Lisa Hall {two.number}"]


def test_a_name_that_is_too_long_is_cut_with_its_number(make_issued, make_customer):
    customer = make_customer(name="The Very Long Property Management Company of Austin")
    make_issued(customer=customer)
    (name,) = listed(make_batch())
    assert name == f"The Very Long Property Management C {customer.number}"
    assert len(name) <= 41


def test_a_document_that_quickbooks_cannot_take_is_named_and_nothing_is_made(make_issued, make_customer):
    customer = make_customer(name="汉语")
    make_issued(customer=customer)
    with pytest.raises(NotPossible, match="No file was made"):
        make_batch()
    assert not QuickBooksBatch.objects.exists()
    assert Invoice.objects.not_in_quickbooks().count() == 1
    make_issued()
    assert make_batch(Invoice.objects.exclude(customer=customer).get()).number == "QB1"


# Imported or cancelled ------------------------------------------------------------------------------


def test_a_cancelled_batch_frees_its_documents_and_its_customers(make_issued):
    make_issued()
    first = make_batch()
    actions.cancel_batch(first.pk, because="Wrong company file open")
    second = make_batch()
    assert second.number == "QB2"
    assert listed(first) == listed(second)
    assert [item.is_cancelled for item in QuickBooksBatchItem.objects.order_by("pk")] == [True, False]


def test_an_imported_batch_is_not_cancelled(make_issued):
    make_issued()
    batch = actions.mark_batch_imported(make_batch().pk)
    assert batch.state == "imported"
    with pytest.raises(NotPossible):
        actions.cancel_batch(batch.pk, because="Too late")


def test_the_newest_batch_is_cancelled_first(make_issued):
    make_issued()
    first = make_batch()
    make_issued()
    second = make_batch()
    with pytest.raises(NotPossible, match="QB2 was made after it"):
        actions.cancel_batch(first.pk, because="Wrong")
    actions.cancel_batch(second.pk, because="Wrong")
    assert actions.cancel_batch(first.pk, because="Wrong").state == "cancelled"


def test_what_went_to_quickbooks_is_credited_and_not_voided(make_issued):
    invoice = make_issued()
    batch = make_batch()
    with pytest.raises(NotPossible, match="went to QuickBooks"):
        actions.void_invoice(invoice.pk, because="Wrong", now=NOW)
    actions.cancel_batch(batch.pk, because="Not imported")
    assert actions.void_invoice(invoice.pk, because="Wrong", now=NOW).state == "void"


def test_an_entry_belongs_to_the_chain_of_its_job(make_issued):
    from fsm.trace import chain

    invoice = make_issued()
    batch = make_batch()
    actions.mark_batch_imported(batch.pk)
    told = [(step.what, step.verb) for step in chain(f"job:{invoice.job.uuid}") if "QuickBooks" in step.what]
    assert told == [
        ("QuickBooks file", "made"),
        ("QuickBooks entry", "made"),
        ("QuickBooks file", "imported"),
    ]


@pytest.mark.parametrize("documents", [1, 12])
def test_reading_the_documents_of_a_file_costs_the_same_for_one_or_many(
    make_issued, pay, documents, django_assert_num_queries
):
    from billing.quickbooks.mapping import fetch_documents, to_iif

    for _ in range(documents):
        pay(make_issued(), "10")
    keys = [list(model.objects.values_list("pk", flat=True)) for model in (Invoice, CreditMemo, Payment)]
    # invoices, their lines, taxes, items and rates, credits, payments, allocations and their invoices,
    # rates, known names, introduced names, those of merged records, contacts, phones, e-mails
    with django_assert_num_queries(15):
        to_iif(fetch_documents(*keys))


def test_unknown_documents_are_passed_over(db):
    with pytest.raises(NotPossible):
        actions.make_quickbooks_batch(invoices=[uuid.uuid4()], credits=[], payments=[], now=NOW)
