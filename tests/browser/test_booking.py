"""Booking a call and working on a job in a real browser: by keyboard, without scripts, in both themes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from dispatch import actions
from dispatch.models import Job
from fsm.clock import now
from tests import factories as make


@pytest.fixture
def caller(make_customer, make_unit):
    """Lisa Hall with two addresses and a unit at each."""
    customer = make_customer(name="Lisa Hall", street="4108 Avenue F", phone="5125550142")
    customer.unit = make_unit(site=customer.site, location="Attic")
    customer.second = make.SiteFactory(customer=customer, street="900 Riverside Dr")
    customer.other_unit = make_unit(site=customer.second, location="Roof")
    return customer


@pytest.fixture
def job_types(branch):
    return (
        make.JobTypeFactory(name="No cooling", code="no-cooling", minutes=90, default_priority=2, position=1),
        make.JobTypeFactory(name="Estimate", code="estimate", minutes=60, default_priority=4, position=2),
    )


def test_a_call_is_booked_from_the_keyboard_alone(house, casey, caller, job_types):
    page = house.open(casey, "/book/")
    page.keyboard.type("555-0142")
    expect(page.get_by_role("option", name=re.compile("Lisa Hall"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Lisa Hall", level=1)).to_be_visible()
    page.keyboard.type("Upstairs will not cool")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Urgent")).to_be_checked()
    expect(page.get_by_label("Planned minutes")).to_have_value("90")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/jobs/*/")
    job = Job.objects.get()
    assert (job.summary, job.job_type, job.priority) == ("Upstairs will not cool", job_types[0], 2)
    expect(page.get_by_role("heading", level=1)).to_contain_text(job.number)


def test_another_address_brings_its_equipment_and_keeps_what_was_typed(house, casey, caller, job_types):
    page = house.open(casey, f"/book/?customer={caller.uuid}")
    page.get_by_role("textbox", name="What is wrong").fill("Water on the ceiling")
    page.get_by_label("Notes for the technician").fill("Dog in the yard")
    expect(page.get_by_text(caller.unit.serial)).to_be_visible()
    page.get_by_role("radio", name=re.compile("900 Riverside")).check()
    expect(page.get_by_text(caller.other_unit.serial)).to_be_visible()
    expect(page.get_by_text(caller.unit.serial)).to_have_count(0)
    expect(page.get_by_role("textbox", name="What is wrong")).to_have_value("Water on the ceiling")
    page.get_by_role("radio", name="Estimate").check()
    page.get_by_role("radio", name="Emergency").check()
    page.get_by_role("radio", name="No cooling").check()
    expect(page.get_by_role("radio", name="Emergency")).to_be_checked()  # chosen by hand: it stays
    page.get_by_role("button", name="Book the call").click()
    page.wait_for_url("**/jobs/*/")
    job = Job.objects.get()
    assert (job.site, job.priority) == (caller.second, 1)
    assert [link.unit for link in job.units.all()] == [caller.other_unit]


def test_a_double_press_books_once(house, casey, caller, job_types):
    page = house.open(casey, f"/book/?customer={caller.uuid}&summary=No+air&job_type=no-cooling")
    page.get_by_role("button", name="Book the call").dblclick()
    page.wait_for_url("**/jobs/*/")
    assert Job.objects.count() == 1


def test_without_scripts_the_call_is_booked_in_plain_steps(house, casey, caller, job_types):
    page = house.open(casey, "/book/", java_script_enabled=False)
    page.get_by_role("searchbox", name="Who is calling?").fill("lisa")
    page.get_by_role("searchbox", name="Who is calling?").press("Enter")
    page.get_by_role("link", name="Lisa Hall").first.click()
    page.get_by_role("textbox", name="What is wrong").fill("No cooling")
    page.get_by_role("radio", name="Estimate").check()
    page.get_by_role("radio", name=re.compile("900 Riverside")).check()
    page.get_by_role("button", name="Show the equipment of this address").click()
    expect(page.get_by_text(caller.other_unit.serial)).to_be_visible()
    expect(page.get_by_role("textbox", name="What is wrong")).to_have_value("No cooling")
    page.get_by_role("button", name="Book the call").click()
    page.wait_for_url("**/jobs/*/")
    assert Job.objects.get().site == caller.second


def test_a_new_caller_is_offered_with_what_was_typed(house, casey, branch):
    page = house.open(casey, "/book/")
    page.keyboard.type("(737) 555-0199")
    page.get_by_role("option", name=re.compile("New caller")).click()
    page.wait_for_url("**/customers/add/**")
    assert "phone=" in page.url
    assert "next=" in page.url


def test_a_job_is_held_in_a_dialog_and_an_empty_reason_stays_there(house, dana, make_job, tess):
    job = make_job(technician=tess)
    page = house.open(dana, reverse("dispatch:job", args=[job.uuid]))
    page.get_by_role("link", name="Hold").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Put job {job.number} on hold")
    dialog.get_by_label("Reason").fill("Waiting for the board")
    dialog.get_by_label("Follow up on").fill((now() - timedelta(days=3)).date().isoformat())
    dialog.get_by_role("button", name="Put on hold").click()
    expect(dialog).to_contain_text("Choose today or a later day")
    expect(dialog.get_by_label("Reason")).to_have_value("Waiting for the board")
    dialog.get_by_label("Follow up on").fill((now() + timedelta(days=3)).date().isoformat())
    dialog.get_by_role("button", name="Put on hold").click()
    expect(page.locator("#job-body")).to_contain_text("Waiting for the board")
    expect(page.get_by_role("link", name="Take off hold")).to_be_visible()


def test_the_jobs_page_hears_what_the_technician_does(house, dana, make_job, tess):
    job = make_job(technician=tess)
    page = house.open(dana, reverse("dispatch:job", args=[job.uuid]))
    expect(page.locator("span[data-connection]")).to_have_attribute("data-state", "live")
    actions.arrive(job.visit.pk, technician_id=tess.technician.pk, now=now())
    expect(page.locator("#job-state")).to_contain_text("In progress", timeout=4000)
    expect(page.locator("#job-body")).to_contain_text("On site")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_booking_and_jobs_are_clean_and_fit(
    house, axe, dana, caller, job_types, make_job, tess, theme, width
):
    job = make_job(customer=caller, technician=tess, job_type=job_types[0])
    for path in (
        "/book/",
        "/book/?q=lisa",
        f"/book/?customer={caller.uuid}",
        "/jobs/",
        f"/jobs/{job.uuid}/",
        f"/jobs/{job.uuid}/edit/",
        f"/visits/{job.visit.uuid}/complete/",
    ):
        page = house.open(dana, path, width=width, theme=theme, bypass_csp=True)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        page.context.close()
        house.contexts.remove(page.context)
