"""The office's pages of money: what they show and cost, what they take and refuse."""

from __future__ import annotations

import hashlib
import re
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing import actions
from billing.models import Invoice, JobTypePrice, Payment, PriceItem, QuickBooksBatch, TaxRate
from fsm.finders import search
from fsm.references import ref_of, resolve_many
from tests import factories as make
from tests.billing.conftest import NOW

D = Decimal
SCRIPT = {"HTTP_HX_REQUEST": "true"}


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def url(name, *things):
    return reverse(f"billing:{name}", args=[thing.uuid for thing in things])


@pytest.fixture
def pages(make_done, make_issued, pay, branch):
    """Each list and record with `rows` rows: (name, address)."""

    def build(rows):
        for _ in range(rows):
            invoice = make_issued()
            pay(invoice, "300", method="check", reference="204")
            owing = make_issued()
            pay(owing, "10")
            draft = make_done().draft
        batch = actions.make_quickbooks_batch(
            invoices=list(Invoice.objects.not_in_quickbooks().values_list("uuid", flat=True)[:rows]),
            credits=[],
            payments=list(Payment.objects.not_in_quickbooks().values_list("uuid", flat=True)[:rows]),
            now=NOW,
        )
        for n in range(rows):
            make.PriceItemFactory(part=make.PartFactory(), kind="part")
            make.JobTypePriceFactory(job_type=make.JobTypeFactory())
            make.InvoiceLineFactory(invoice=draft, position=n + 10)
            actions.email_invoice_again(owing.pk, to="a@example.com", now=NOW)
        return {
            "invoices": url("invoices"),
            "owing": f"{url('invoices')}?state=owing&q=Hall",
            "invoice": url("invoice", owing),
            "draft": url("invoice", draft),
            "payments": url("payments"),
            "payment": url("payment", Payment.objects.latest("pk")),
            "receivables": url("receivables"),
            "prices": url("prices"),
            "job types": url("job-type-prices"),
            "taxes": url("taxes"),
            "quickbooks": url("quickbooks"),
            "batch": url("quickbooks-batch", batch),
            "customer": reverse("customers:customer", args=[owing.customer.uuid]),
            "job": reverse("dispatch:job", args=[owing.job.uuid]),
            "home": reverse("fsm:home"),
        }

    return build


def test_every_page_costs_the_same_for_one_row_or_twenty(pages, olivia_client):
    def costs(addresses):
        found = {}
        for name, address in addresses.items():
            olivia_client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert olivia_client.get(address).status_code == 200, name
            found[name] = len(queries)
        return found

    one = costs(pages(1))
    twenty = costs(pages(19))
    assert twenty == one
    assert max(one.values()) <= 30


# Who may ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "name", "status"),
    [
        ("casey", "issue-invoice", 200),
        ("bea", "issue-invoice", 200),
        ("dana", "issue-invoice", 403),
        ("tess", "issue-invoice", 403),
        ("casey", "void-invoice", 403),
        ("bea", "credit-invoice", 403),
        ("marcus", "write-off-invoice", 200),
        ("dana", "pay-invoice", 403),
        ("bea", "pay-invoice", 200),
        ("dana", "invoice", 200),
        ("tess", "invoice", 403),
        ("casey", "quickbooks", 403),
        ("bea", "quickbooks", 200),
        ("casey", "add-price", 403),
        ("bea", "add-price", 200),
    ],
)
def test_who_may_do_what_with_money(request, make_issued, person, name, status):
    client = request.getfixturevalue(f"{person}_client")
    invoice = make_issued()
    address = url(name) if name in ("quickbooks", "add-price") else url(name, invoice)
    assert client.get(address).status_code == status


def test_a_person_limited_to_a_branch_sees_its_money_only(make_issued, casey, casey_client, pay):
    invoice = make_issued()
    payment = pay(invoice, "5")
    make.UserBranchFactory(user=casey, branch=make.BranchFactory(name="Waco"))
    assert casey_client.get(url("invoice", invoice)).status_code == 404
    assert casey_client.get(url("payment", payment)).status_code == 404
    assert "Hall" not in text_of(casey_client.get(url("receivables")))


# A draft ----------------------------------------------------------------------------------------------


def test_the_draft_is_shown_with_its_lines_and_what_may_be_done(make_done, casey_client):
    job = make_done()
    shown = text_of(casey_client.get(url("invoice", job.draft)))
    for words in ("Diagnostic", "Labor", "$239.00", "8.25 %", "$258.72", "Add a line", "Issue", "Discard"):
        assert words in shown
    assert "Record a payment" not in shown


def test_issuing_from_the_page_numbers_the_invoice(make_done, casey_client):
    draft = make_done().draft
    asked = casey_client.get(url("issue-invoice", draft))
    assert "$258.72 to" in text_of(asked)
    answer = casey_client.post(url("issue-invoice", draft), {"version": draft.version}, follow=True)
    assert "Invoice 10001 is issued." in text_of(answer)


def test_issuing_what_was_changed_meanwhile_shows_the_new_total_and_asks_again(
    make_done, casey_client, marcus
):
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
    refused = casey_client.post(url("issue-invoice", draft), {"version": draft.version}, **SCRIPT)
    assert refused.status_code == 409
    assert "$280.37" in text_of(refused)
    version = re.search(r'name="version" value="(\d+)"', refused.content.decode())[1]
    again = casey_client.post(url("issue-invoice", draft), {"version": version}, **SCRIPT)
    assert (again.status_code, again.headers["HX-Redirect"]) == (204, url("invoice", draft))
    draft.refresh_from_db()
    assert draft.state == "issued"


def test_a_line_is_added_from_the_book_by_its_code(make_done, casey_client):
    draft = make_done().draft
    make.PriceItemFactory(code="TRIP", name="Trip charge", kind="fee", price=D(49))
    data = {"version": draft.version, "item": "trip", "quantity": "2", "unit_price": "", "description": ""}
    assert casey_client.post(url("add-line", draft), data).status_code == 302
    line = draft.lines.get(item__code="TRIP")
    assert (line.description, line.amount) == ("Trip charge", D("98.00"))


def test_a_line_that_cannot_be_is_shown_again_with_what_was_typed(make_done, casey_client):
    draft = make_done().draft
    data = {
        "version": draft.version,
        "item": "NOPE",
        "quantity": "x",
        "unit_price": "5",
        "description": "Ladder",
    }
    refused = casey_client.post(url("add-line", draft), data)
    assert refused.status_code == 422
    assert "The book has no item with the code “NOPE”." in text_of(refused)
    assert 'value="Ladder"' in refused.content.decode()


def test_a_price_too_far_from_the_book_waits_for_a_manager_and_the_page_says_so(make_done, casey_client):
    draft = make_done().draft
    line = draft.lines.get(item__code="LABOR")
    address = reverse("billing:edit-line", args=[draft.uuid, line.position])
    data = {"version": draft.version, "description": "Labor", "quantity": "1", "unit_price": "$95.00"}
    assert casey_client.post(address, data).status_code == 302
    page = text_of(casey_client.get(url("invoice", draft)))
    assert "its new price waits for a manager" in page
    assert "Waits for approval" in page
    line.refresh_from_db()
    assert line.unit_price == 120


def test_a_line_is_taken_off_and_a_draft_discarded(make_done, casey_client):
    job = make_done()
    line = job.draft.lines.first()
    address = reverse("billing:remove-line", args=[job.draft.uuid, line.position])
    casey_client.post(address, {"version": job.draft.version})
    assert job.draft.lines.count() == 1
    assert casey_client.post(url("discard-draft", job.draft), {"because": ""}).status_code == 422
    casey_client.post(url("discard-draft", job.draft), {"because": "Goodwill"})
    shown = text_of(casey_client.get(url("invoice", job.draft)))
    assert "Goodwill" in shown
    answer = casey_client.post(reverse("billing:draft-invoice", args=[job.uuid]), follow=True)
    assert "is ready" in text_of(answer)


def test_the_pdf_of_a_draft_is_drawn_and_of_an_issued_one_is_the_stored(make_done, casey_client):
    job = make_done()
    drawn = casey_client.get(url("invoice-pdf", job.draft))
    assert (drawn.headers["Content-Type"], drawn.content[:5]) == ("application/pdf", b"%PDF-")
    actions.issue_invoice(job.draft.pk, now=NOW)
    actions.render_and_send_invoice(invoice_id=job.draft.pk)
    stored = casey_client.get(url("invoice-pdf", job.draft))
    job.draft.refresh_from_db()
    with job.draft.pdf.open("rb") as file:
        assert b"".join(stored.streaming_content) == file.read()
    assert "private" in stored.headers["Cache-Control"]


# Payments ---------------------------------------------------------------------------------------------


def payment_form(**fields):
    return {
        "once": str(uuid.uuid4()),
        "method": "check",
        "reference": "204",
        "amount": "1,258.72",
        "received_on": "2026-07-14",
        **fields,
    }


def test_a_check_is_recorded_on_the_page_and_what_is_too_much_is_credit(make_issued, bea_client):
    invoice = make_issued()
    answer = bea_client.post(url("pay-invoice", invoice), payment_form(), follow=True)
    assert "$1,000.00 of it is credit" in text_of(answer)
    assert "Paid" in text_of(bea_client.get(url("invoice", invoice)))


def test_sending_the_form_twice_records_one_payment(make_issued, bea_client):
    invoice, data = make_issued(), payment_form(amount="10")
    for _ in range(2):
        assert bea_client.post(url("pay-invoice", invoice), data).status_code == 302
    assert Payment.objects.count() == 1


def test_a_check_without_a_number_is_refused_beside_its_field(make_issued, bea_client):
    refused = bea_client.post(url("pay-invoice", make_issued()), payment_form(reference=""))
    assert refused.status_code == 409
    assert "Enter the check&#x27;s number." in refused.content.decode()
    assert "1,258.72" in refused.content.decode()


def test_a_credit_is_applied_from_its_page(make_issued, bea_client, pay):
    invoice = make_issued()
    payment = pay(invoice, "100", invoice_id=None)
    asked = bea_client.get(url("apply-credit", payment))
    assert "10001" in text_of(asked)
    bea_client.post(url("apply-credit", payment), {"invoice": str(invoice.uuid), "amount": "100"})
    assert Invoice.objects.with_balance().get().paid == 100


def test_a_bounced_check_is_reversed_and_says_why(make_issued, bea_client, pay):
    payment = pay(make_issued(), "100", method="check", reference="204")
    bea_client.post(url("reverse-payment", payment), {"because": "Insufficient funds"})
    assert "Insufficient funds" in text_of(bea_client.get(url("payment", payment)))


def test_money_of_a_customer_is_recorded_without_an_invoice(make_customer, bea_client):
    customer = make_customer()
    address = f"{url('record-payment')}?customer={customer.uuid}"
    assert bea_client.post(address, payment_form(amount="50"), follow=True).status_code == 200
    assert Payment.objects.credits().get().unapplied == 50
    assert bea_client.get(url("record-payment")).status_code == 404


# Receivables and panels -------------------------------------------------------------------------------


def test_receivables_age_what_is_owed_by_customer(make_issued, make_customer, bea_client, pay, monkeypatch):
    late = make_issued(customer=make_customer(name="Late, Lou"))
    make_issued(customer=make_customer(name="Patient, Pat", terms="Net 60"))
    pay(late, "58.72")
    monkeypatch.setattr("billing.ledger.company_today", lambda: NOW.date().replace(month=8, day=20))
    monkeypatch.setattr(
        "billing.web.receivables.ledger.company_today", lambda: NOW.date().replace(month=8, day=20)
    )
    shown = text_of(bea_client.get(url("receivables")))
    assert re.search(r"Late, Lou 1 invoice, due Jul 14 \S+ \S+ \$200\.00", shown)
    assert re.search(r"Patient, Pat 1 invoice, due Sep 12 \$258\.72", shown)
    assert "All $258.72 $0.00 $200.00 $0.00 $0.00 $458.72 $0.00" in shown


def test_the_customers_page_shows_balance_and_open_invoices(make_issued, casey_client, pay):
    invoice = make_issued()
    pay(invoice, "58.72")
    shown = text_of(casey_client.get(reverse("customers:customer", args=[invoice.customer.uuid])))
    assert "Balance $200.00" in shown
    assert "10001 due" in shown


def test_the_jobs_page_leads_to_its_draft(make_done, casey_client):
    job = make_done()
    shown = casey_client.get(reverse("dispatch:job", args=[job.uuid])).content.decode()
    assert url("invoice", job.draft) in shown


def test_home_shows_drafts_to_the_office(make_done, casey_client):
    job = make_done()
    assert job.number in text_of(casey_client.get(reverse("fsm:home")))


def test_money_is_found_by_its_numbers(make_issued, pay, casey):
    invoice = make_issued(po_number="PO-778")
    pay(invoice, "100", method="check", reference="20457")
    actions.credit_invoice(invoice.pk, because="Wrong", now=NOW)
    for query, kind in (
        ("10001", "Invoice"),
        ("po-778", "Invoice"),
        ("20457", "Payment"),
        ("cm1001", "Credit memo"),
    ):
        assert kind in [hit.kind for hit in search(query, casey)], query


def test_references_name_and_link_money(make_issued, pay, bea):
    invoice = make_issued()
    things = [invoice, pay(invoice, "1"), actions.credit_invoice(invoice.pk, because="x", now=NOW)]
    batch = actions.make_quickbooks_batch(invoices=[invoice.uuid], credits=[], payments=[], now=NOW)
    labels = [row.label for row in resolve_many(map(ref_of, [*things, batch]), bea).values()]
    assert sorted(labels) == ["Credit memo CM1001", "Invoice 10001", "Payment P1001", "QuickBooks file QB1"]


# Prices -----------------------------------------------------------------------------------------------


def price_form(**fields):
    return {
        "once": str(uuid.uuid4()),
        "kind": "fee",
        "code": "TRIP",
        "name": "Trip charge",
        "price": "49",
        "unit": "each",
        "income_account": "Service Income",
        "is_taxable": "on",
        "is_active": "on",
        **fields,
    }


def test_an_item_is_added_changed_and_retired(bea_client, book):
    bea_client.post(url("add-price"), price_form())
    item = PriceItem.objects.get(code="TRIP")
    data = price_form(version=item.version, price="59.5", is_active="")
    assert bea_client.post(url("edit-price", item), data).status_code == 302
    item.refresh_from_db()
    assert (item.price, item.is_active) == (D("59.5"), False)
    stale = bea_client.post(url("edit-price", item), data)
    assert stale.status_code == 409


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"code": "DIAG"}, "The book already has it"),
        ({"price": "-1"}, "cannot be negative"),
        ({"kind": "part"}, "Choose which part"),
        ({"kind": "refrigerant"}, "Choose which refrigerant"),
        ({"part": "NOPE"}, "The stock has no part"),
    ],
)
def test_an_item_that_cannot_be_is_refused_with_a_sentence(bea_client, book, fields, sentence):
    refused = bea_client.post(url("add-price"), price_form(**fields))
    assert refused.status_code in (409, 422)
    assert sentence in text_of(refused)


def test_the_book_is_searched_as_one_types(casey_client, book):
    found = casey_client.get(f"{url('find-price')}?q=diag", **SCRIPT).content.decode()
    assert 'data-value="DIAG"' in found


def test_a_job_type_is_charged_and_charged_no_more(bea_client, book):
    data = {"job_type": book.job_type.code, "item": "LABOR", "basis": "once", "least": "2"}
    bea_client.post(url("set-job-type-price"), data)
    price = JobTypePrice.objects.get(item__code="LABOR")
    assert (price.basis, price.least) == ("once", 2)
    bea_client.post(url("remove-job-type-price", price))
    assert not JobTypePrice.objects.filter(item__code="LABOR").exists()


def rate_form(**fields):
    return {
        "name": "Waco",
        "percent": "8.25",
        "state": "tx",
        "city": "Waco",
        "agency": "Texas Comptroller",
        "quickbooks_item": "Sales Tax",
        "is_active": "on",
        **fields,
    }


def test_rates_are_added_and_a_percent_that_was_used_stays(bea_client, make_issued, book):
    assert bea_client.post(url("add-tax-rate"), rate_form()).status_code == 302
    same_item = bea_client.post(url("add-tax-rate"), rate_form(name="Dallas", city="Dallas", percent="7"))
    assert "Give this one its own" in text_of(same_item)
    twice = bea_client.post(url("add-tax-rate"), rate_form(name="Waco 2"))
    assert "is in use for this place" in text_of(twice)
    make_issued()
    used = rate_form(name=book.rate.name, city="Austin", percent="9", quickbooks_item="Austin tax")
    refused = bea_client.post(url("edit-tax-rate", book.rate), used)
    assert "Retire this rate" in text_of(refused)
    assert TaxRate.objects.get(pk=book.rate.pk).percent == D("8.25")


# QuickBooks -------------------------------------------------------------------------------------------


def test_a_file_is_made_downloaded_twice_alike_and_marked(make_issued, pay, bea_client):
    invoice = make_issued()
    payment = pay(invoice, "10")
    assert "10001" in text_of(bea_client.get(url("quickbooks")))
    data = {"invoices": [str(invoice.uuid)], "payments": [str(payment.uuid)]}
    bea_client.post(url("make-quickbooks-batch"), data)
    batch = QuickBooksBatch.objects.get()
    first, second = (bea_client.get(url("download-quickbooks-batch", batch)) for _ in range(2))
    assert first.content == second.content
    assert hashlib.sha256(first.content).hexdigest() == batch.sha256
    assert "QB1.iif" in first.headers["Content-Disposition"]
    bea_client.post(url("mark-batch-imported", batch))
    assert "Imported" in text_of(bea_client.get(url("quickbooks-batch", batch)))
    assert bea_client.post(url("cancel-batch", batch), {"because": "x"}).status_code == 409


def test_what_was_not_ticked_waits(make_issued, bea_client):
    first, second = make_issued(), make_issued()
    bea_client.post(url("make-quickbooks-batch"), {"invoices": [str(first.uuid)]})
    assert list(Invoice.objects.not_in_quickbooks()) == [second]


def test_a_refused_file_keeps_the_ticks_and_names_the_document(make_issued, make_customer, bea_client):
    bad, good = make_issued(customer=make_customer(name="汉语")), make_issued()
    refused = bea_client.post(url("make-quickbooks-batch"), {"invoices": [str(bad.uuid)]})
    assert refused.status_code == 409
    assert bad.number in text_of(refused)
    html = refused.content.decode()
    assert f'value="{bad.uuid}" id="d-{bad.uuid}" checked' in html
    assert f'value="{good.uuid}" id="d-{good.uuid}" checked' not in html
