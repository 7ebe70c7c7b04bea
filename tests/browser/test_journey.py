"""The main job in real browsers, side by side: from the call to the books, each person at their own page."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core import mail
from django.urls import reverse
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from billing.models import Invoice, QuickBooksBatch
from billing.quickbooks.iif_proof import parse, prove
from customers.models import Communication
from dispatch.models import Job, Signature
from dispatch.states import JobState, VisitState
from fsm.models import FieldOperation
from inventory.models import StockLevel, StockMovement
from tests import factories as make
from tests import story
from tests.queue import run_queued_tasks

PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
TAX = Decimal("1.0825")


def zone_where_the_day_begins() -> str:
    """A zone in which it is past nine in the morning now: the whole working day lies ahead."""
    ahead = (9 - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}"


@pytest.fixture
def zone(branch):
    """The company's clock."""
    name = zone_where_the_day_begins()
    make.CompanyFactory(time_zone=name)
    branch.time_zone = name
    branch.save()
    return name


@pytest.fixture
def lisa(zone, tess):
    """A customer with a unit, a truck with parts, a price book; tess has a shift every day."""
    now = datetime.now(UTC)
    story.company_with_prices()
    customer, unit, circuit = story.known_customer(now, zone=zone)
    customer.unit, customer.circuit = unit, circuit
    customer.part = story.stocked_part(tess.technician.truck, now)
    for weekday in range(7):
        make.ShiftFactory(technician=tess.technician, weekday=weekday)
    return customer


# Each step as the page tells it: [what, verb, who and door, "before > after" of each value].
READ_TRACE = """trace => [...trace.querySelectorAll(".step")].map(step => [
  step.dataset.what,
  step.dataset.verb,
  step.closest("li").querySelector(".meta").textContent,
  [...step.querySelectorAll(".diff tbody tr")].map(
    ({cells}) => cells[1].textContent + " > " + cells[2].textContent),
])"""
CASEY, DANA, TESS, BEA = "Casey Nolan", "Dana Whitfield", "Tess Ramirez", "Bea Lindqvist"
PATH = [
    ("Job", "made", CASEY, "office", " > No cooling upstairs"),
    ("Visit", "made", CASEY, "office", " > To be scheduled"),
    ("Assignment", "made", DANA, "board", f" > {TESS}"),
    ("Visit", "changed", DANA, "board", "To be scheduled > Scheduled"),
    ("Visit", "changed", TESS, "phone", "Scheduled > En route"),
    ("Visit", "changed", TESS, "phone", "En route > On site"),
    ("Visit check", "changed", TESS, "phone", " > 54.000"),
    ("Visit check", "changed", TESS, "phone", " > Good"),
    ("Job note", "made", TESS, "phone", " > The capacitor was swollen."),
    ("Job photo", "made", TESS, "phone", " > Old part"),
    ("Part use", "made", TESS, "phone", " > CAP-45-5 Capacitor 45/5 µF"),
    ("Refrigerant record", "made", TESS, "phone", " > 20.000"),
    ("Signature", "made", TESS, "phone", " > Lisa Hall"),
    ("Stock movement", "used on a job", TESS, "phone", " > CAP-45-5 Capacitor 45/5 µF"),
    ("Visit", "changed", TESS, "phone", "On site > Done"),
    ("Job", "changed", TESS, "phone", "In progress > Work complete"),
    ("Invoice", "made", TESS, "phone", " > Draft"),
    ("Invoice", "changed", CASEY, "office", "Draft > Issued"),
    ("Communication", "made", CASEY, "by itself", " > Invoice 10001 from Lone Star Comfort"),
    ("Communication", "changed", CASEY, "by itself", "Queued > Sent"),
    ("Payment", "made", CASEY, "office", " > Check"),
    ("QuickBooks file", "made", BEA, "office", " > QB1"),
]


def untold(steps: list) -> tuple | None:
    """The first step of the path that the page does not tell after the one before it."""
    rest = iter(steps)

    def tells(wanted: tuple) -> bool:
        what, verb, who, door, change = wanted
        return any(
            (step[0], step[1]) == (what, verb) and who in step[2] and door in step[2] and change in step[3]
            for step in rest
        )

    return next((wanted for wanted in PATH if not tells(wanted)), None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What happens in the block is over in time."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < seconds, f"it took {took:.1f} s"


def card(page: Page, visit, part: str):
    return page.locator(f'{part} .visit[data-visit="{visit.uuid}"] .card')


def drag_to(page: Page, source, person, minute: int) -> None:
    """Takes a card by its left end and lets go where it would start at the minute of the person's row."""
    box = source.bounding_box()
    track = page.locator(f"#row-{person.technician.uuid} .track").bounding_box()
    opens, span = (
        float(
            page.evaluate(
                "name => getComputedStyle(document.getElementById('board')).getPropertyValue(name)", name
            )
        )
        for name in ("--opens", "--range")
    )
    page.mouse.move(box["x"] + 4, box["y"] + 12)
    page.mouse.down()
    x = track["x"] + (minute - opens) / span * track["width"] + 4
    page.mouse.move(x, track["y"] + track["height"] / 2, steps=6)
    page.mouse.up()


def sign(page: Page) -> None:
    """Draws on the glass."""
    box = page.locator("canvas.signature").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 90)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(box["x"] + 30 + 22 * step, box["y"] + 90 - 40 * (step % 2))
    page.mouse.up()


def test_from_the_call_to_the_books(house, lisa, casey, dana, tess, bea, olivia):
    board = house.open(dana, "/board/")
    board.wait_for_selector("#board.on")
    expect(board.locator("span[data-connection]")).to_have_attribute("data-state", "live")
    board.evaluate("window.sameDocument = true")

    # 2: casey finds the caller by the last digits and takes the call; nothing known is typed again.
    desk = house.open(casey, "/book/")
    desk.keyboard.type("555-0142")
    desk.get_by_role("option", name=re.compile("Lisa Hall")).click()
    expect(desk.get_by_role("heading", name="Lisa Hall", level=1)).to_be_visible()
    expect(desk.locator("#book-where")).to_contain_text("4108 Avenue F")
    expect(desk.get_by_role("checkbox", name=re.compile("3416E12345"))).to_be_checked()
    desk.get_by_role("textbox", name="What is wrong").fill("No cooling upstairs")
    desk.get_by_role("radio", name="No cooling").check()
    desk.get_by_role("radio", name=re.compile("^Today 10")).check()
    desk.get_by_label("Notes for the technician").fill("Dog in the yard")
    desk.get_by_role("button", name="Book the call").click()
    desk.wait_for_url("**/jobs/*/")
    job = Job.objects.get()
    visit = job.visits.get()
    assert (job.customer_id, job.units.get().unit) == (lisa.pk, lisa.unit)
    assert visit.window_end - visit.window_start == timedelta(hours=2)

    # 3: it is in dana's tray without reloading; she drags it onto tess' row.
    expect(card(board, visit, "#tray")).to_be_visible(timeout=2000)
    drag_to(board, card(board, visit, "#tray"), tess, 10 * 60)
    expect(card(board, visit, f"#row-{tess.technician.uuid}")).to_be_visible()
    expect(board.locator("#tray [data-count]")).to_have_text("0")

    # 4: tess works it on her phone; dana's board follows within two seconds.
    phone = house.open(tess, "/", **PHONE)
    phone.locator(".stop.now").click()
    bottom = phone.locator("section.bottom")
    expect(phone.locator("#page")).to_contain_text("No cooling upstairs")
    expect(phone.locator("#page")).to_contain_text("Dog in the yard")

    def board_shows(state: str) -> None:
        expect(card(board, visit, "#board").locator(f'.first svg[aria-label="{state}"]')).to_be_visible(
            timeout=2000
        )

    for button, state in (("En route", "En route"), ("On site", "On site")):
        bottom.get_by_role("button", name=button).click()
        with within(2):
            board_shows(state)
    expect(bottom.get_by_role("link", name="Complete")).to_be_visible()

    phone.get_by_role("link", name="Checklist").click()
    phone.get_by_label("Supply air").fill("54")
    phone.get_by_label("Supply air").press("Enter")
    expect(phone.get_by_text("1 of 2 answered")).to_be_visible()
    bottom.get_by_role("button", name="All the rest is good").click()
    expect(phone.get_by_text("2 of 2 answered")).to_be_visible()
    bottom.get_by_role("link", name="Done").click()

    phone.get_by_role("link", name=re.compile("^Notes")).click()
    phone.get_by_label("New note").fill("The capacitor was swollen.")
    bottom.get_by_role("button", name="Save the note").click()
    expect(phone.locator(".past li")).to_have_count(1)
    phone.get_by_role("link", name="Back").click()

    phone.get_by_role("link", name=re.compile("^Photos")).click()
    phone.get_by_label("What does it show?").fill("Old part")
    phone.locator("input[type=file]").first.set_input_files(
        {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": story.photo(2400, 1800)}
    )
    expect(phone.locator(".photos img")).to_have_attribute("alt", "Old part")
    bottom.get_by_role("link", name="Done").click()

    phone.get_by_role("link", name=re.compile("^Parts")).click()
    phone.get_by_role("link", name="Capacitor 45/5").click()
    bottom.get_by_role("button", name="Add to the visit").click()
    expect(phone.get_by_text(re.compile("^1 ×"))).to_be_visible()  # noqa: RUF001
    bottom.get_by_role("link", name="Done").click()

    phone.get_by_role("link", name=re.compile("^Refrigerant")).click()
    phone.get_by_role("button", name="One pound more").click()
    phone.get_by_label("Ounces").fill("4")
    phone.get_by_label("No", exact=True).check()
    bottom.get_by_role("button", name="Record it").click()
    expect(phone.get_by_text("Added 1 lb 4 oz")).to_be_visible()
    phone.get_by_role("link", name="Back").click()

    bottom.get_by_role("link", name="Complete").click()
    phone.get_by_role("link", name="Let them sign").click()
    expect(phone.get_by_label("Name of who signs")).to_have_value("Lisa Hall")
    sign(phone)
    bottom.get_by_role("button", name="Save the signature").click()
    expect(phone.get_by_text("Everything is there.")).to_be_visible()
    phone.get_by_label("What was done").fill("Cools again.")
    phone.evaluate(
        "() => { const b = document.querySelector('section.bottom button'); b.click(); b.click(); }"
    )
    expect(phone.get_by_text("The work is complete.")).to_be_visible()
    with within(2):
        board_shows("Done")
    assert board.evaluate("window.sameDocument")
    job.refresh_from_db()
    visit.refresh_from_db()
    assert (job.state, visit.state) == (JobState.WORK_COMPLETE, VisitState.DONE)
    assert Signature.objects.get().file.size > 500
    assert FieldOperation.objects.filter(kind="visit.complete").count() == 1

    # 5: the part left the truck, once.
    used = StockMovement.objects.get(kind="used")
    assert (used.part, used.quantity, used.from_place) == (lisa.part, 1, tess.technician.truck)
    assert StockLevel.objects.get(part=lisa.part, place=tess.technician.truck).on_hand == 4

    # 6: the draft stands; casey issues it; it is a PDF, an e-mail, and on the customer's record.
    draft = Invoice.objects.get(job=job)
    assert (draft.state, draft.subtotal) == (
        "draft",
        Decimal("89") + 120 + Decimal("48.50") + Decimal("106.25"),
    )
    desk.goto(reverse("billing:invoice", args=[draft.uuid]))
    desk.get_by_role("link", name="Issue").click()
    desk.locator("dialog").get_by_role("button", name="Issue").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("10001")
    assert "billing.actions.issuing.render_and_send_invoice" in run_queued_tasks()
    invoice = Invoice.objects.get(job=job)
    assert (invoice.number, invoice.total) == ("10001", (draft.subtotal * TAX).quantize(Decimal("0.01")))
    answer = desk.request.get(reverse("billing:invoice-pdf", args=[invoice.uuid]))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")
    printed = "\n".join(page.extract_text() for page in PdfReader(BytesIO(answer.body())).pages)
    assert "10001" in printed
    assert "Lisa Hall" in printed
    paper, sent = mail.outbox  # the refrigerant's when the work was done, then the invoice
    assert paper.to == sent.to == [story.EMAIL]
    assert [kind for _name, _content, kind in paper.attachments] == ["application/pdf"]
    assert [(name, kind) for name, _content, kind in sent.attachments] == [
        ("Invoice 10001.pdf", "application/pdf")
    ]
    assert set(Communication.objects.values_list("state", flat=True)) == {"sent"}
    desk.goto(reverse("customers:customer", args=[lisa.uuid]))
    expect(desk.get_by_role("link", name=re.compile("Invoice 10001 from"))).to_be_visible()

    # 7: a check; nothing is owed any more.
    desk.goto(reverse("billing:receivables"))
    expect(desk.locator("main")).to_contain_text("Lisa Hall")
    desk.goto(reverse("billing:invoice", args=[invoice.uuid]))
    desk.get_by_role("link", name="Record a payment").click()
    ask = desk.locator("dialog")
    expect(ask.get_by_label("Amount")).to_have_value(str(invoice.total))
    ask.get_by_label("Check", exact=True).check()
    ask.get_by_label("Check number").fill("1042")
    ask.get_by_role("button", name="Record").click()
    expect(desk.get_by_text("Paid").first).to_be_visible()
    assert Invoice.objects.with_balance().get().balance == 0
    desk.goto(reverse("billing:receivables"))
    expect(desk.locator("main")).not_to_contain_text("Lisa Hall")

    # 8: bea makes the file for QuickBooks; it proves itself.
    books = house.open(bea, "/money/quickbooks/")
    books.get_by_role("button", name="Make the file").click()
    expect(books.get_by_text("is made and proved").first).to_be_visible()
    batch = QuickBooksBatch.objects.get()
    file = books.request.get(reverse("billing:download-quickbooks-batch", args=[batch.uuid])).body()
    assert file == bytes(batch.content)
    prove(parse(file))
    assert b"10001" in file

    # 9: olivia asks why; the page tells all of it.
    why = house.open(olivia, reverse("fsm:trace", args=["invoice", invoice.uuid]))
    assert untold(why.locator(".trace").evaluate(READ_TRACE)) is None
    assert why.locator(".trace time").count() == why.locator(".trace > li").count()
