"""A completed job becomes a draft, at the book's prices, and the draft follows the job."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing import actions
from billing.models import Invoice, InvoiceLine, JobTypePrice, TaxRate
from dispatch import actions as work
from fsm.attribution import attributed
from fsm.history import history_model
from fsm.models import Review
from fsm.reviews import approve_review, reject_review
from fsm.states import NotPossible, Stale
from tests import factories as make

from .conftest import NOW

D = Decimal


def lines(invoice):
    return [(line.description, line.quantity, line.amount) for line in invoice.lines.all()]


def test_a_completion_leaves_a_draft_with_labor_parts_and_tax(make_done, make_part):
    part = make_part()
    make.PriceItemFactory(code="CAP", name="Capacitor", kind="part", price=D("45.50"), part=part)
    job = make_done(parts=[(part, 2)])
    assert lines(job.draft) == [
        ("Diagnostic", 1, D("89.00")),
        ("Labor", D("1.25"), D("150.00")),
        ("Capacitor", 2, D("91.00")),
    ]
    assert (job.draft.subtotal, job.draft.tax, job.draft.total) == (D("330.00"), D("27.23"), D("357.23"))
    assert job.draft.number is None
    assert job.draft.customer == job.bill_to


def test_the_draft_belongs_to_the_jobs_chain(make_done):
    job = make_done()
    for model, where in ((Invoice, {"id": job.draft.pk}), (InvoiceLine, {"invoice_id": job.draft.pk})):
        roots = set(history_model(model).objects.filter(**where).values_list("root", flat=True))
        assert roots == {f"job:{job.uuid}"}


def test_a_draft_that_cannot_be_made_undoes_the_completion(make_job, tess, book, monkeypatch):
    job = make_job(technician=tess, job_type=book.job_type)
    me = {"technician_id": tess.technician.pk, "now": NOW}
    work.arrive(job.visit.pk, **me)
    monkeypatch.setattr(
        "billing.subscribers.draft_invoice", lambda *args, **kwargs: (_ for _ in ()).throw(RuntimeError)
    )
    with pytest.raises(RuntimeError):
        work.complete_visit(job.visit.pk, parts_confirmed=True, **me)
    job.refresh_from_db()
    assert job.state == "in_progress"


@pytest.mark.parametrize(
    ("minutes", "hours"), [(10, "1"), (60, "1"), (61, "1.25"), (75, "1.25"), (76, "1.5")]
)
def test_hours_on_site_are_billed_by_the_quarter_up_and_at_least_the_least(make_done, minutes, hours):
    assert make_done(minutes=minutes).draft.lines.get(item__code="LABOR").quantity == D(hours)


def test_refrigerant_is_billed_by_the_pound(make_done, make_unit, make_customer, tess):
    customer = make_customer()
    unit = make_unit(site=customer.site)
    make.PriceItemFactory(
        code="R410A",
        name="R-410A",
        kind="refrigerant",
        price=D(95),
        unit="lb",
        refrigerant=unit.circuit.refrigerant,
    )

    def log(job):
        work.log_refrigerant(
            job.visit.pk,
            uuid=uuid.uuid4(),
            circuit_id=unit.circuit.pk,
            kind="added",
            ounces=D(20),
            technician_id=tess.technician.pk,
            now=NOW,
        )

    job = make_done(customer=customer, before=log)
    line = job.draft.lines.get(kind="refrigerant")
    assert (line.quantity, line.amount) == (D("1.25"), D("118.75"))


def test_a_part_without_a_price_stands_at_cost_and_waits_for_the_office(make_done, make_part, marcus):
    job = make_done(parts=[(make_part(name="Relay", cost=D("11.25")), 1)])
    line = job.draft.lines.get(kind="part")
    assert (line.description, line.unit_price, line.needs_price) == (
        "Relay (no price in the book)",
        D("11.25"),
        True,
    )
    with pytest.raises(NotPossible, match="still needs a price"):
        actions.issue_invoice(job.draft.pk, now=NOW)
    actions.edit_invoice_line(
        line.pk,
        version=job.draft.version,
        quantity=D(1),
        unit_price=D(30),
        description="Relay",
        now=NOW,
        by=marcus,
    )
    assert actions.issue_invoice(job.draft.pk, now=NOW).number


def test_a_part_that_was_taken_back_is_not_billed(make_done, make_part):
    def take_back(job):
        work.take_back_part(job.visit.part_uses.get().uuid, visit_id=job.visit.pk, now=NOW)

    job = make_done(parts=[(make_part(), 1)], before=take_back)
    assert not job.draft.lines.filter(kind="part").exists()


def test_drafting_twice_changes_nothing(make_done, make_part):
    job = make_done(parts=[(make_part(), 3)])
    before = lines(job.draft)
    again = actions.draft_invoice(job.pk, now=NOW)
    assert again.pk == job.draft.pk
    assert lines(again) == before


def test_a_line_that_waited_takes_the_books_price_once_there_is_one(make_done, make_part):
    part = make_part(name="Relay")
    job = make_done(parts=[(part, 2)])
    make.PriceItemFactory(code="REL", name="Relay", kind="part", price=D(30), part=part)
    draft = actions.draft_invoice(job.pk, now=NOW)
    line = draft.lines.get(kind="part")
    assert (line.description, line.unit_price, line.amount, line.needs_price) == ("Relay", 30, 60, False)


def test_work_that_is_free_by_the_book_needs_no_draft(make_done):
    free = make.JobTypeFactory()
    make.JobTypePriceFactory(job_type=free, item=make.PriceItemFactory(code="FREE", price=D(0)))
    assert make_done(job_type=free).draft is None


def test_work_that_nobody_priced_leaves_an_empty_draft_to_look_at(make_done):
    assert make_done(job_type=make.JobTypeFactory()).draft.total == 0


def come_again(job, tess, *, now, hours=1):
    """The job is reopened and completed by a second visit."""
    work.reopen_job(job.pk, because="Still warm upstairs", now=now)
    visit = work.add_visit(job.pk, now=now)
    work.place_visit(
        visit.pk,
        technician_id=tess.technician.pk,
        starts_at=now,
        ends_at=now + timedelta(hours=hours),
        version=visit.version,
        now=now,
    )
    me = {"technician_id": tess.technician.pk}
    work.arrive(visit.pk, now=now, **me)
    work.complete_visit(visit.pk, now=now + timedelta(hours=hours), parts_confirmed=True, **me)


def test_a_second_completion_brings_the_same_draft_up_to_date(make_done, tess, marcus):
    job = make_done(minutes=75)
    draft = actions.add_invoice_line(
        job.draft.pk,
        version=job.draft.version,
        quantity=D(1),
        description="Ladder",
        unit_price=D(20),
        now=NOW,
        by=marcus,
    )
    come_again(job, tess, now=NOW + timedelta(days=400), hours=2)
    assert list(Invoice.objects.filter(job=job)) == [draft]
    assert [(name, quantity) for name, quantity, _ in lines(draft)] == [
        ("Diagnostic", 1),
        ("Labor", D("3.25")),
        ("Ladder", 1),
    ]


def test_after_an_issue_a_second_completion_drafts_only_the_rest(make_done, tess):
    job = make_done(minutes=75)
    issued = actions.issue_invoice(job.draft.pk, now=NOW)
    total = issued.total
    come_again(job, tess, now=NOW + timedelta(days=400), hours=2)
    issued.refresh_from_db()
    assert issued.total == total
    rest = Invoice.objects.get(job=job, state="draft")
    assert [(name, quantity) for name, quantity, _ in lines(rest)] == [("Labor", D(2))]


def test_with_nothing_left_to_bill_no_second_draft_is_made(make_done):
    job = make_done()
    actions.issue_invoice(job.draft.pk, now=NOW)
    assert actions.draft_invoice(job.pk, now=NOW) is None
    with pytest.raises(NotPossible, match="left to bill"):
        actions.draft_again(job.pk, now=NOW)


def test_a_credited_invoice_can_be_billed_anew(make_done):
    job = make_done()
    issued = actions.issue_invoice(job.draft.pk, now=NOW)
    actions.credit_invoice(issued.pk, because="Wrong name", now=NOW)
    assert actions.draft_again(job.pk, now=NOW).total == issued.total


# Tax ------------------------------------------------------------------------------------------------


def test_the_citys_rate_goes_before_the_states(make_done, make_customer):
    make.TaxRateFactory(name="Texas", city="", percent=D("6.25"), quickbooks_item="Texas tax")
    austin = make_done().draft
    waco = make_done(customer=make_customer(site={"city": "Waco"})).draft
    assert [tax.percent for tax in austin.taxes.all()] == [D("8.25")]
    assert [tax.percent for tax in waco.taxes.all()] == [D("6.25")]


def test_tax_follows_the_address_of_the_work_and_not_of_the_payer(make_done, make_customer):
    payer = make_customer(site={"city": "Tulsa", "state": "OK"})
    job = make_done(bill_to_id=payer.pk)
    assert job.draft.customer == payer
    assert job.draft.tax > 0


def test_where_no_rate_is_set_the_draft_says_so(make_done, make_customer):
    draft = make_done(customer=make_customer(site={"city": "Tulsa", "state": "OK"})).draft
    assert (draft.tax, draft.tax_exempt_reason) == (0, "No sales tax rate is set for OK")


@pytest.mark.parametrize(
    ("expires", "is_exempt"), [(None, True), (date(2026, 7, 14), True), (date(2026, 7, 13), False)]
)
def test_a_certificate_exempts_until_its_last_day(make_done, make_customer, expires, is_exempt):
    customer = make_customer(is_taxable=False, tax_certificate="TX-77", tax_certificate_expires=expires)
    draft = actions.draft_invoice(make_done(customer=customer).pk, now=NOW)
    assert (draft.tax == 0) == is_exempt
    assert draft.tax_exempt_reason == ("Exempt, certificate TX-77" if is_exempt else "")
    assert draft.total == draft.subtotal + draft.tax


def test_one_sales_tax_item_has_one_percent(book):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError, match="tax_item_has_one_percent"), transaction.atomic():
        make.TaxRateFactory(name="Texas", city="", percent=D("6.25"))
    assert TaxRate.objects.count() == 1


# Changing a draft -----------------------------------------------------------------------------------


def edit(line, price, by, **fields):
    return actions.edit_invoice_line(
        line.pk,
        **{
            "version": Invoice.objects.get(pk=line.invoice_id).version,
            "quantity": line.quantity,
            "unit_price": D(price),
            "description": line.description,
            "now": NOW,
            "by": by,
            **fields,
        },
    )


@pytest.mark.parametrize(
    ("price", "passes"), [("144", True), ("96", True), ("144.01", False), ("95.99", False)]
)
def test_the_office_may_move_a_price_by_twenty_percent_and_no_cent_more(make_done, casey, price, passes):
    line = make_done().draft.lines.get(item__code="LABOR")  # 120 in the book
    if passes:
        assert edit(line, price, casey).lines.get(pk=line.pk).unit_price == D(price)
    else:
        assert edit(line, price, casey).lines.get(pk=line.pk).unit_price == line.unit_price
        assert Review.objects.get().payload["price"] == price


def test_a_manager_may_move_it_farther(make_done, marcus):
    assert edit(make_done().draft.lines.get(item__code="LABOR"), "60", marcus).total > 0


def test_the_limit_is_the_companys(make_done, casey, company):
    company.price_approval_percent = D("12.5")
    company.save()
    line = make_done().draft.lines.get(item__code="LABOR")
    edit(line, "135", casey)
    assert not Review.objects.exists()
    edit(line, "135.01", casey)
    assert Review.objects.get().payload["was"] == "135.0000"


def proposed(line, price, casey):
    """The office asks for a price that it may not set."""
    with attributed(user=casey):
        edit(line, price, casey)
    return Review.objects.waiting().get()


def test_a_price_far_from_the_book_waits_and_is_set_when_a_manager_approves(make_done, casey, marcus):
    line = make_done().draft.lines.get(item__code="LABOR")
    review = proposed(line, "60", casey)
    draft = Invoice.objects.get(pk=line.invoice_id)
    assert (review.asked_by, review.after["Price"]) == (casey, "$60.00")
    with pytest.raises(NotPossible, match="waits for approval"):
        actions.issue_invoice(draft.pk, now=NOW)
    approve_review(review.pk, by=marcus, version=1, now=NOW, because="An old friend")
    line.refresh_from_db()
    assert (line.unit_price, line.amount) == (D(60), D(60) * line.quantity)
    version = history_model(InvoiceLine).objects.filter(id=line.pk).latest("history_id")
    assert (version.actor_name, version.history_change_reason) == ("Marcus Webb", "An old friend")
    assert version.root == f"job:{draft.job.uuid}"
    assert Invoice.objects.get(pk=draft.pk).total < draft.total
    assert actions.issue_invoice(draft.pk, now=NOW).number


def test_a_rejected_price_stays_and_the_draft_can_be_issued(make_done, casey, marcus):
    line = make_done().draft.lines.get(item__code="LABOR")
    review = proposed(line, "60", casey)
    reject_review(review.pk, by=marcus, version=1, because="No", now=NOW)
    line.refresh_from_db()
    assert line.unit_price == D(120)
    assert actions.issue_invoice(line.invoice_id, now=NOW).number


def test_while_a_price_waits_no_second_one_is_proposed(make_done, casey):
    line = make_done().draft.lines.get(item__code="LABOR")
    proposed(line, "60", casey)
    with pytest.raises(NotPossible, match="waits for a decision already"):
        edit(line, "61", casey)


def test_what_else_is_changed_with_the_price_is_changed_at_once(make_done, casey):
    line = make_done().draft.lines.get(item__code="LABOR")
    edit(line, "60", casey, quantity=D(3))
    line.refresh_from_db()
    assert (line.quantity, line.unit_price, line.amount) == (D(3), D(120), D(360))


def test_a_price_that_changed_meanwhile_is_not_overwritten(make_done, casey, marcus):
    line = make_done().draft.lines.get(item__code="LABOR")
    review = proposed(line, "60", casey)
    line.unit_price = D(110)
    line.save(update_fields=["unit_price"])
    with pytest.raises(Stale, match="has changed") as refusal:
        approve_review(review.pk, by=marcus, version=1, now=NOW)
    assert refusal.value.theirs == {"Price then": "$120.00", "Price now": "$110.00"}
    review.refresh_from_db()
    assert review.state == "waiting"


def take_off(line, marcus):
    draft = Invoice.objects.get(pk=line.invoice_id)
    actions.remove_invoice_line(line.pk, version=draft.version, now=NOW)


def discard(line, marcus):
    actions.discard_draft(line.invoice_id, because="Goodwill", now=NOW)


def set_another_price(line, marcus):
    edit(line, "110", marcus)


def stop_charging(line, marcus):
    work = JobTypePrice.objects.get(pk=line.origin.removeprefix("type:"))
    work.delete()
    actions.draft_invoice(line.invoice.job_id, now=NOW)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (take_off, "The line was taken off the draft."),
        (discard, "is void."),
        (set_another_price, "The line has another price now: $110.00."),
        (stop_charging, "The job does not ask for this line any more."),
    ],
)
def test_a_proposal_whose_line_is_no_longer_so_is_withdrawn_and_says_why(
    make_done, casey, marcus, change, words
):
    job = make_done()
    line, other = job.draft.lines.get(item__code="LABOR"), job.draft.lines.get(item__code="DIAG")
    review = proposed(line, "60", casey)
    with attributed(user=casey):
        edit(other, "1", casey)
    change(line, marcus)
    review.refresh_from_db()
    assert (review.state, review.decided_by) == ("withdrawn", None)
    assert words in review.decided_because
    assert Review.objects.waiting().count() == (0 if change is discard else 1)  # the other line's
    with pytest.raises(NotPossible, match="decided already: withdrawn"):
        approve_review(review.pk, by=marcus, version=review.version, now=NOW)


def test_a_line_of_the_book_cannot_be_added_below_the_limit(make_done, casey, book):
    draft = make_done().draft
    with pytest.raises(NotPossible, match="away from the book"):
        actions.add_invoice_line(
            draft.pk,
            version=draft.version,
            quantity=D(1),
            item_id=book.fee.pk,
            unit_price=D(10),
            now=NOW,
            by=casey,
        )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": D(0)}, "quantity"),
        ({"quantity": D(-1)}, "quantity"),
        ({"unit_price": D(-5)}, "unit_price"),
    ],
)
def test_a_quantity_of_nothing_and_a_negative_price_are_refused(make_done, marcus, change, field):
    draft = make_done().draft
    line = draft.lines.first()
    with pytest.raises(NotPossible) as refusal:
        edit(line, line.unit_price, marcus, **change)
    assert refusal.value.field == field
    assert lines(Invoice.objects.get(pk=draft.pk)) == lines(draft)


def test_a_line_taken_off_lowers_the_total(make_done):
    draft = make_done().draft
    after = actions.remove_invoice_line(draft.lines.first().pk, version=draft.version, now=NOW)
    assert after.subtotal == D("150.00")


def test_a_change_from_an_old_page_is_refused_and_shows_what_stands(make_done, casey):
    draft = make_done().draft
    line = draft.lines.first()
    edit(line, "90", casey)
    with pytest.raises(Stale) as refusal:
        edit(line, "91", casey, version=draft.version)
    assert refusal.value.theirs["total"] == Invoice.objects.get(pk=draft.pk).total


def test_terms_po_number_and_note_can_be_changed_and_a_long_po_number_not(make_done):
    draft = make_done().draft
    draft = actions.edit_draft(
        draft.pk, version=draft.version, terms="Net 30", po_number="PO 7", note="Thanks", now=NOW
    )
    assert (draft.terms, draft.po_number, draft.note) == ("Net 30", "PO 7", "Thanks")
    with pytest.raises(NotPossible, match="25 characters"):
        actions.edit_draft(
            draft.pk, version=draft.version, terms="Net 30", po_number="P" * 26, note="", now=NOW
        )


def test_nobody_edits_an_issued_invoice(make_issued, marcus):
    invoice = make_issued()
    with pytest.raises(NotPossible, match="stays as it is"):
        edit(invoice.lines.first(), "1", marcus)
    with pytest.raises(NotPossible, match="stays as it is"):
        actions.remove_invoice_line(invoice.lines.first().pk, version=invoice.version, now=NOW)
