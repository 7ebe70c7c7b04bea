"""Booking a call: from what the caller says to a job, without typing what the record knows."""

import uuid
from datetime import date, time, timedelta

import pytest
from django.urls import reverse
from django.utils.http import urlencode

from dispatch.job_lines import day_words
from dispatch.models import Job, Visit
from fsm.clock import at, now, today_in
from tests import factories as make

ZONE = "America/Chicago"


@pytest.fixture
def caller(make_customer, make_unit):
    """A customer with a site, a phone and one unit."""
    customer = make_customer(name="Lisa Hall", street="4108 Avenue F", phone="5125550142")
    customer.unit = make_unit(site=customer.site)
    return customer


@pytest.fixture
def no_cooling(branch):
    return make.JobTypeFactory(name="No cooling", code="no-cooling", minutes=90, default_priority=2)


def the_call(caller, kind, **changes):
    tomorrow = today_in(ZONE, now()) + timedelta(days=1)
    return {
        "once": str(uuid.uuid4()),
        "customer": str(caller.uuid),
        "site": str(caller.site.uuid),
        "unit": [str(caller.unit.uuid)],
        "contact": str(caller.contact.uuid),
        "job_type": kind.code,
        "priority": "",
        "summary": "Upstairs will not cool",
        "instructions": "Dog in the yard",
        "window": f"{tomorrow.isoformat()} 10-12",
        **changes,
    }


def book_url(**params):
    return f"{reverse('dispatch:book')}?{urlencode(params)}"


@pytest.mark.parametrize("said", ["512-555-0142", "0142", "lisa hall", "4108 avenue"])
def test_the_caller_is_found_by_phone_name_or_address(casey_client, caller, said):
    answer = casey_client.get(reverse("dispatch:find-caller"), {"q": said})
    assert f"customer={caller.uuid}" in answer.content.decode()
    assert "(512) 555-0142" in answer.content.decode()


def test_without_scripts_the_search_is_a_page_with_links(casey_client, caller):
    page = casey_client.get(reverse("dispatch:book"), {"q": "Lisa"}).content.decode()
    assert f'href="/book/?customer={caller.uuid}' in page


def test_a_new_caller_takes_along_the_number_that_was_typed_and_the_way_back(casey_client, branch):
    answer = casey_client.get(reverse("dispatch:find-caller"), {"q": "(737) 555-0199"}).content.decode()
    assert "phone=%28737%29+555-0199" in answer
    assert "next=%2Fbook%2F" in answer
    assert "name=Ada" in casey_client.get(reverse("dispatch:find-caller"), {"q": "Ada"}).content.decode()


def test_the_page_shows_who_calls_and_chooses_what_there_is_only_one_of(casey_client, caller, no_cooling):
    page = casey_client.get(book_url(customer=caller.uuid)).content.decode()
    for known in ("Lisa Hall", "(512) 555-0142", "4108 Avenue F", "Austin", caller.unit.serial, "No cooling"):
        assert known in page
    assert f'name="unit" value="{caller.unit.uuid}" checked' in page
    assert f'name="site" value="{caller.site.uuid}" checked' in page


def test_a_link_from_a_unit_preselects_its_site_and_the_unit(casey_client, caller, make_unit, no_cooling):
    second = make.SiteFactory(customer=caller, street="900 Riverside Dr")
    unit, other = make_unit(site=second), make_unit(site=second)
    page = casey_client.get(book_url(customer=caller.uuid, unit=unit.uuid)).content.decode()
    assert f'name="site" value="{second.uuid}" checked' in page
    assert f'name="unit" value="{unit.uuid}" checked' in page
    assert f'name="unit" value="{other.uuid}" checked' not in page


def test_a_call_becomes_a_job_in_the_tray_with_everything_that_was_said(casey_client, caller, no_cooling):
    answer = casey_client.post(reverse("dispatch:book-job"), the_call(caller, no_cooling))
    job = Job.objects.get()
    assert answer.status_code == 302
    assert answer.url == reverse("dispatch:job", args=[job.uuid])
    assert (job.customer, job.site, job.contact) == (caller, caller.site, caller.contact)
    assert (job.summary, job.instructions, job.priority) == ("Upstairs will not cool", "Dog in the yard", 2)
    assert [link.unit for link in job.units.all()] == [caller.unit]
    visit = job.visits.get()
    tomorrow = today_in(ZONE, now()) + timedelta(days=1)
    assert visit.window_start == at(ZONE, tomorrow, time(10))
    assert visit.window_end == at(ZONE, tomorrow, time(12))
    assert visit.minutes == 90
    assert job.history.get().history_user.username == "casey"


def test_the_window_is_promised_on_the_clock_of_the_site(casey_client, caller, no_cooling):
    caller.site.time_zone = "America/Denver"
    caller.site.save()
    casey_client.post(reverse("dispatch:book-job"), the_call(caller, no_cooling))
    tomorrow = today_in(ZONE, now()) + timedelta(days=1)
    assert Visit.objects.get().window_start == at("America/Denver", tomorrow, time(10))


def test_pressing_twice_books_once(casey_client, caller, no_cooling):
    said = the_call(caller, no_cooling)
    first = casey_client.post(reverse("dispatch:book-job"), said)
    second = casey_client.post(reverse("dispatch:book-job"), said)
    assert first.url == second.url
    assert Job.objects.count() == 1


def test_booking_may_go_on_to_the_board_of_that_day(casey_client, caller, no_cooling):
    answer = casey_client.post(reverse("dispatch:book-job"), the_call(caller, no_cooling, then="board"))
    tomorrow = today_in(ZONE, now()) + timedelta(days=1)
    assert answer.url == f"{reverse('dispatch:board')}?day={tomorrow.isoformat()}"


def test_another_day_and_time_can_be_typed(casey_client, caller, no_cooling):
    day = today_in(ZONE, now()) + timedelta(days=20)
    typed = {
        "window": "other",
        "window_day": day.isoformat(),
        "window_from": "13:30",
        "window_until": "15:00",
    }
    casey_client.post(reverse("dispatch:book-job"), the_call(caller, no_cooling, **typed))
    assert Visit.objects.get().window_start == at(ZONE, day, time(13, 30))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"summary": ""}, "This field is required"),
        ({"job_type": ""}, "This field is required"),
        ({"window": "other", "window_day": "2030-01-01"}, "A window needs a day, a beginning and an end."),
        ({"window": "2020-01-06 08-10"}, "That window has passed."),
        ({"window": "whenever"}, "Choose one of the windows"),
        ({"minutes": "-5"}, "greater than or equal to 5"),
    ],
)
def test_what_is_missing_is_named_and_nothing_typed_is_lost(
    casey_client, caller, no_cooling, typed, sentence
):
    said = the_call(caller, no_cooling, **typed)
    answer = casey_client.post(reverse("dispatch:book-job"), said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "Dog in the yard" in page
    assert said["once"] in page
    assert Job.objects.count() == 0


def test_a_customer_we_do_not_serve_is_refused_with_the_reason(casey_client, caller, no_cooling):
    caller.do_not_service, caller.do_not_service_reason = True, "Threatened a technician"
    caller.save()
    page = casey_client.get(book_url(customer=caller.uuid)).content.decode()
    assert "Threatened a technician" in page
    assert reverse("dispatch:book-job") not in page
    answer = casey_client.post(reverse("dispatch:book-job"), the_call(caller, no_cooling))
    assert answer.status_code == 409
    assert "Threatened a technician" in answer.content.decode()
    assert Job.objects.count() == 0


def test_a_unit_of_another_site_cannot_slip_in(casey_client, caller, make_unit, no_cooling):
    stranger = make_unit()
    answer = casey_client.post(
        reverse("dispatch:book-job"), the_call(caller, no_cooling, unit=[str(stranger.uuid)])
    )
    assert answer.status_code == 422
    assert Job.objects.count() == 0


def test_a_customer_of_another_branch_is_as_good_as_not_there(casey, casey_client, caller, no_cooling):
    make.UserBranchFactory(user=casey, branch=make.BranchFactory(name="Dallas"))
    assert casey_client.get(book_url(customer=caller.uuid)).status_code == 404
    assert casey_client.post(reverse("dispatch:book-job"), the_call(caller, no_cooling)).status_code == 404


def test_an_open_job_is_pointed_out_before_a_second_one_is_booked(casey_client, caller, no_cooling, make_job):
    job = make_job(customer=caller, summary="Thermostat is blank")
    page = casey_client.get(book_url(customer=caller.uuid)).content.decode()
    assert "There is an open job at this address already" in page
    assert f"{job.number}, Thermostat is blank" in page


def test_choosing_another_address_brings_its_equipment_and_its_windows(
    casey_client, caller, make_unit, no_cooling
):
    second = make.SiteFactory(customer=caller, street="900 Riverside Dr", time_zone="America/Denver")
    unit = make_unit(site=second)
    answer = casey_client.get(
        reverse("dispatch:book-site"), {"customer": str(caller.uuid), "site": str(second.uuid)}
    )
    part = answer.content.decode()
    assert unit.serial in part
    assert caller.unit.serial not in part
    assert "M" in part.split("address (")[1][:4]  # MST or MDT


def test_going_on_by_get_keeps_what_was_typed(casey_client, caller, no_cooling):
    page = casey_client.get(
        book_url(customer=caller.uuid, summary="Ice on the line", job_type="no-cooling", priority="1")
    ).content.decode()
    assert 'value="Ice on the line"' in page
    assert 'name="priority" value="1" checked' in page


@pytest.mark.parametrize("rows", [1, 20])
def test_the_booking_page_costs_the_same_for_one_or_twenty(
    casey_client, make_customer, make_unit, make_job, no_cooling, django_assert_max_num_queries, rows
):
    caller = make_customer()
    for number in range(rows):
        site = make.SiteFactory(customer=caller)
        make_unit(site=caller.site)
        make.PhoneNumberFactory(contact=make.ContactFactory(customer=caller, name=f"Person {number}"))
        make_job(customer=caller, site=site, job_type=no_cooling)
    casey_client.get(book_url(customer=caller.uuid))  # renews the session, once a day
    # session, person, frame, branch limits, customer, sites, jobs, visits, assignments, contacts, phones,
    # e-mails, units, circuits, refrigerants, job types, pinned notes, who approves, the balance (four)
    with django_assert_max_num_queries(22):
        casey_client.get(book_url(customer=caller.uuid))


def test_the_day_words_follow_the_sites_day():
    instant = at(ZONE, date(2026, 7, 14), time(23))
    assert day_words(date(2026, 7, 14), ZONE, instant) == "Today"
    assert day_words(date(2026, 7, 15), ZONE, instant) == "Tomorrow"
    assert day_words(date(2026, 7, 17), ZONE, instant) == "Fri, Jul 17"


def test_a_technician_books_nothing(tess_client, caller, no_cooling):
    assert tess_client.get(reverse("dispatch:book")).status_code == 403
    assert tess_client.post(reverse("dispatch:book-job"), the_call(caller, no_cooling)).status_code == 403
    assert Job.objects.count() == 0
