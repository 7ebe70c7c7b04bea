"""A technician's visit on a phone of 390 px: en route to complete, a bad line, a photo, a signature."""

from __future__ import annotations

import re
import time
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from dispatch import actions
from dispatch.models import JobNote, JobPhoto, PartUse, Signature
from dispatch.states import JobState, VisitState
from fsm.models import FieldOperation
from inventory.models import StockLevel
from tests import factories as make
from tests.factories import picture

PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}


@pytest.fixture
def job(make_job, make_customer, make_unit, make_part, tess):
    """A visit of tess, now, that asks for everything, and parts on her truck."""
    template = make.ChecklistTemplateFactory()
    for position, (text, kind) in enumerate(
        [("Drain", "check"), ("Filter", "check"), ("Suction", "reading")]
    ):
        make.ChecklistItemFactory(template=template, position=position, text=text, kind=kind, unit="psig")
    kind = make.JobTypeFactory(
        name="No cooling", checklist=template, needs_photo=True, needs_signature=True, default_priority=1
    )
    customer = make_customer(name="Lisa Hall", site={"gate_code": "#4471", "access_notes": "Dog in the yard"})
    unit = make_unit(site=customer.site, name="Upstairs AC")
    starts = timezone.now().replace(minute=0, second=0, microsecond=0)
    made = make_job(customer=customer, technician=tess, job_type=kind, starts_at=starts, unit_ids=[unit.pk])
    made.part = make_part(name="Capacitor 45/5", on={tess.technician.truck: Decimal(3)})
    make_part(name="Control board", number="BRD-1")
    return made


def phone(house, user, path, **more) -> Page:
    return house.open(user, path, **(PHONE | more))


def address(job, page=""):
    return f"/phone/visits/{job.visit.uuid}/{page}"


def soon(truth, patience=6.0):
    """Waits until something in the database holds."""
    until = time.monotonic() + patience
    while not truth():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.05)


def draw(page: Page) -> None:
    """A signature with a finger's pointer."""
    box = page.locator("canvas.signature").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 90)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(box["x"] + 30 + 22 * step, box["y"] + 90 - 40 * (step % 2))
    page.mouse.up()


def finish(job, person) -> None:
    """Completes the visit through the actions, on site already."""
    for check in job.visit.checks.all():
        actions.answer_check(check.uuid, visit_id=job.visit.pk, now=timezone.now(), answer="good")
    actions.complete_visit(
        job.visit.pk,
        technician_id=person.technician.pk,
        now=timezone.now(),
        parts_confirmed=True,
        no_signature_because="Nobody was there",
    )


def test_a_whole_visit_from_en_route_to_complete_with_one_thumb(house, tess, job):
    page = phone(house, tess, "/")
    page.locator(".stop.now").click()
    expect(page.locator("#access")).to_contain_text("#4471")
    bottom = page.locator("section.bottom")
    bottom.get_by_role("button", name="En route").click()
    bottom.get_by_role("button", name="On site").click()
    expect(bottom.get_by_role("link", name="Complete")).to_be_visible()

    page.get_by_role("link", name="Checklist").click()
    drain = page.locator(".check-line", has_text="Drain")
    drain.get_by_role("button", name="Attention").click()
    expect(page.get_by_text("1 of 3 answered")).to_be_visible()
    drain.get_by_label("What is it?").fill("Slime in the pan")
    page.get_by_label("Suction").fill("118.5")  # leaving the field sends the words beside the drain
    page.get_by_label("Suction").press("Enter")
    expect(page.get_by_text("2 of 3 answered")).to_be_visible()
    bottom.get_by_role("button", name="All the rest is good").click()
    expect(page.get_by_text("3 of 3 answered")).to_be_visible()
    bottom.get_by_role("link", name="Done").click()

    page.get_by_role("link", name=re.compile("^Photos")).click()
    page.get_by_label("What does it show?").fill("Nameplate")
    page.locator("input[type=file]").first.set_input_files(
        {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": picture(3000, 2200, "JPEG")}
    )
    expect(page.locator(".photos img")).to_have_attribute("alt", "Nameplate")
    bottom.get_by_role("link", name="Done").click()

    page.get_by_role("link", name=re.compile("^Parts")).click()
    page.get_by_role("link", name="Capacitor 45/5").click()
    page.get_by_role("button", name="One more").click()
    bottom.get_by_role("button", name="Add to the visit").click()
    expect(page.get_by_text(re.compile("^2 ×"))).to_be_visible()  # noqa: RUF001
    bottom.get_by_role("link", name="Done").click()

    page.get_by_role("link", name=re.compile("^Refrigerant")).click()
    page.get_by_role("button", name="One pound more").click()
    page.get_by_label("Ounces").fill("4")
    page.get_by_label("No", exact=True).check()
    bottom.get_by_role("button", name="Record it").click()
    expect(page.get_by_text("Added 1 lb 4 oz")).to_be_visible()
    page.get_by_role("link", name="Back").click()

    bottom.get_by_role("link", name="Complete").click()
    page.get_by_role("link", name="Let them sign").click()
    page.get_by_label("Name of who signs").fill("Lisa Hall")
    bottom.get_by_role("button", name="Save the signature").click()
    expect(page.locator("#refusal")).to_contain_text("Let the customer sign")
    draw(page)
    bottom.get_by_role("button", name="Save the signature").click()
    expect(page.get_by_text("Everything is there.")).to_be_visible()
    page.get_by_label("What was done").fill("Replaced the capacitor.")
    bottom.get_by_role("button", name="Finish the visit").click()
    expect(page.get_by_text("The work is complete.")).to_be_visible()
    expect(page.get_by_text("#4471")).to_have_count(0)

    job.refresh_from_db()
    job.visit.refresh_from_db()
    assert (job.state, job.visit.state) == (JobState.WORK_COMPLETE, VisitState.DONE)
    assert StockLevel.objects.get(part=job.part).on_hand == 1
    assert job.visit.checks.get(text="Drain").note == "Slime in the pan"
    assert job.visit.checks.get(text="Suction").reading == Decimal("118.5")
    photo, signature = JobPhoto.objects.get(), Signature.objects.get()
    assert (photo.width, photo.caption, photo.taken_at is not None) == (2000, "Nameplate", True)
    assert signature.file.size > 500
    assert set(FieldOperation.objects.values_list("outcome", "source")) == {("applied", "technician")}


def test_an_impatient_thumb_sends_one_note(house, tess, job):
    page = phone(house, tess, address(job, "notes/"))
    page.get_by_label("New note").fill("Fan motor is seized.")
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.evaluate(
        "() => { const b = document.querySelector('section.bottom button'); b.click(); b.click(); }"
    )
    expect(page.locator(".past li")).to_have_count(1)
    assert len(sent) == 1
    assert JobNote.objects.count() == 1
    expect(page.get_by_label("New note")).to_have_value("")


def test_a_line_that_breaks_between_commit_and_answer_does_it_once_and_loses_nothing(house, tess, job):
    page = phone(house, tess, address(job, f"parts/?part={job.part.uuid}"))
    lost = []

    def lose_the_first_answer(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)  # the server has done it
        route.abort()

    page.route("**/do/part.use/", lose_the_first_answer)
    page.locator("section.bottom button").click()
    expect(page.get_by_text(re.compile("^1 ×"))).to_be_visible()  # noqa: RUF001
    assert lost == [200]
    assert PartUse.objects.count() == 1
    house.complaints.clear()  # the browser says that a request failed, as it did


def test_what_is_refused_is_said_above_the_form_which_keeps_everything(house, tess, job):
    page = phone(house, tess, address(job, "signature/"))
    page.get_by_label("Name of who signs").fill("Lisa Hall")
    draw(page)
    actions.sign(
        job.visit.pk, uuid=job.uuid, signer="Dan Hall", png=picture(), now=timezone.now()
    )  # on another phone
    page.locator("section.bottom button").click()
    expect(page.locator("#refusal")).to_contain_text("Dan Hall has already signed")
    expect(page.get_by_label("Name of who signs")).to_have_value("Lisa Hall")
    drawn = page.evaluate(
        "() => { const c = document.querySelector('canvas');"
        "return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0); }"
    )
    assert drawn


def test_a_photo_that_is_none_is_refused_and_the_caption_stays(house, tess, job):
    page = phone(house, tess, address(job, "photos/"))
    page.get_by_label("What does it show?").fill("Coil")
    fake = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture at all"}
    page.locator("input[type=file]").first.set_input_files(fake)
    expect(page.locator("#refusal")).to_contain_text("not a photo we can read")
    expect(page.get_by_label("What does it show?")).to_have_value("Coil")


def test_the_open_visit_says_when_the_office_changed_it(house, tess, tom, job):
    page = phone(house, tess, address(job, "notes/"))
    expect(page.locator("span[data-connection]")).to_have_attribute("data-state", "live")
    page.get_by_label("New note").fill("Half a sentence")
    expect(page.locator("[data-changed]")).to_be_hidden()
    visit = job.visit
    actions.unschedule_visit(visit.pk, version=visit.version, now=timezone.now())
    expect(page.locator("[data-changed]")).to_contain_text("This visit changed.")
    expect(page.get_by_label("New note")).to_have_value("Half a sentence")


def test_ones_own_deeds_raise_no_alarm(house, tess, job):
    page = phone(house, tess, address(job))
    expect(page.locator("span[data-connection]")).to_have_attribute("data-state", "live")
    page.evaluate(
        """() => { globalThis.heard = new Promise((done) =>
             document.addEventListener("live", () => setTimeout(done, 400), {once: true})); }"""
    )  # the page compares 300 ms after it has heard
    page.locator("section.bottom button").click()
    expect(page.locator("section.bottom button", has_text="On site")).to_be_visible()
    page.evaluate("heard")
    expect(page.locator("[data-changed]")).to_be_hidden()


def test_a_line_that_breaks_and_comes_back_leaves_the_page_standing(house, tess, job):
    page = phone(house, tess, address(job, "notes/"))
    line = page.locator("span[data-connection]")
    expect(line).to_have_attribute("data-state", "live")
    page.get_by_label("New note").fill("Half a sentence")
    page.context.set_offline(True)
    expect(line).to_have_attribute("data-state", "offline")
    page.context.set_offline(False)
    expect(line).to_have_attribute("data-state", "live")
    expect(page.get_by_label("New note")).to_have_value("Half a sentence")


def test_the_day_shows_a_new_visit_by_itself(house, tess, job, make_job, make_customer):
    page = phone(house, tess, "/phone/")
    expect(page.locator("span[data-connection]")).to_have_attribute("data-state", "live")
    expect(page.locator(".stop")).to_have_count(1)
    starts = job.visit.ends_at
    make_job(customer=make_customer(name="Greta Vance"), technician=tess, starts_at=starts)
    expect(page.locator(".stop", has_text="Greta Vance")).to_be_attached()


def test_a_part_is_found_while_one_types(house, tess, job):
    page = phone(house, tess, address(job, "parts/"))
    page.get_by_label("Find a part").press_sequentially("brd")
    expect(page.locator("#offered .tap")).to_have_count(1)
    expect(page.locator("#offered .tap")).to_contain_text("not on truck")


def test_without_script_the_same_forms_do_the_same(house, tess, job):
    page = phone(house, tess, address(job), java_script_enabled=False)
    page.get_by_role("button", name="En route").click()
    page.get_by_role("button", name="On site").click()
    page.goto(address(job, "notes/"))
    page.get_by_label("New note").fill("Fan seized")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator(".past li")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_and_every_target_is_a_thumb_wide(house, axe, tess, job, theme):
    actions.write_note(job.pk, body="Ring twice.", now=timezone.now())
    actions.add_photo(job.visit.pk, uuid=job.uuid, data=picture(), now=timezone.now())
    page = phone(house, tess, "/phone/", theme=theme, bypass_csp=True, width=360)
    unit = job.units.get().unit
    actions.arrive(job.visit.pk, technician_id=tess.technician.pk, now=timezone.now())
    names = [
        "checklist",
        "notes",
        "photos",
        "parts",
        "refrigerant",
        "leaks",
        "signature",
        "complete",
        "no-access",
    ]
    paths = [
        "/phone/",
        address(job),
        address(job, f"units/{unit.uuid}/"),
        address(job, f"parts/?part={job.part.uuid}"),
    ]
    for path in paths + [address(job, f"{name}/") for name in names]:
        page.goto(path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        small = page.evaluate(
            """() => [...document.querySelectorAll("main *, .bottom *, .back")]
              .filter((e) => e.matches("a, button, input, select, textarea, summary") && e.type !== "hidden")
              .map((e) => e.closest("label") ?? e).filter((e) => e.checkVisibility())
              .map((e) => [e.getBoundingClientRect(), e.outerHTML.slice(0, 80)])
              .filter(([box]) => box.width && (box.width < 44 || box.height < 44)).map(([, html]) => html)"""
        )
        assert small == [], path
    finish(job, tess)
    page.goto(address(job))
    expect(page.get_by_text("The work is complete.")).to_be_visible()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
