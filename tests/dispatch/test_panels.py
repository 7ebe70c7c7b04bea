"""What work shows on other pages, in the search and in a chain."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from dispatch import actions, panels
from dispatch.finders import find_jobs
from dispatch.states import VisitState
from fsm.clock import day_in, now, today_in
from fsm.finders import search
from fsm.panels import panels_for
from fsm.references import Reference, resolve_many
from fsm.trace import chain, root_of
from tests import factories as make
from tests.factories import instant

ZONE = "America/Chicago"


def panel_of(place, subject, user, key="jobs"):
    return next(panel for panel in panels_for(place, subject, user) if panel.key == key).context


def resolve(reference, user):
    return resolve_many([reference], user).get(reference)


def numbers(context, name="lines"):
    return [line.job.number for line in context[name]]


def test_a_sites_open_jobs_come_first_and_then_the_last_ten(casey, make_customer, make_job):
    customer = make_customer()
    done = [make_job(customer=customer, now=instant(1) + timedelta(minutes=n)) for n in range(12)]
    for job in done:
        actions.cancel_job(job.pk, because="Moved", now=instant(2))
    still_open = make_job(customer=customer, now=instant(0))
    make_job()
    shown = panel_of("site", customer.site, casey)
    assert shown["total"] == 13
    assert numbers(shown) == [still_open.number, *(job.number for job in reversed(done[2:]))]
    assert numbers(panel_of("customer", customer, casey)) == [still_open.number]


def test_the_record_shows_what_comes_next_first_and_what_may_be_moved(
    casey, bea, make_customer, make_job, tess
):
    customer = make_customer()
    waiting = make_job(customer=customer, now=instant(0))
    later = make_job(customer=customer, technician=tess, starts_at=instant(15))
    sooner = make_job(customer=customer, technician=tess, starts_at=instant(11))
    shown = panel_of("customer", customer, casey)
    assert numbers(shown) == [sooner.number, later.number, waiting.number]
    assert shown["movable"] == {sooner.pk, later.pk, waiting.pk}
    assert panel_of("customer", customer, bea)["movable"] == set()


def test_a_sites_and_a_units_jobs_are_their_own(casey, make_customer, make_unit, make_job):
    customer = make_customer()
    unit = make_unit(site=customer.site)
    other_site = make.SiteFactory(customer=customer)
    here = make_job(customer=customer, unit_ids=[unit.pk])
    without_unit = make_job(customer=customer, now=instant(14))
    there = make_job(customer=customer, site=other_site)
    assert numbers(panel_of("site", customer.site, casey)) == [without_unit.number, here.number]
    assert numbers(panel_of("site", other_site, casey)) == [there.number]
    assert numbers(panel_of("unit", unit, casey)) == [here.number]


def test_the_record_leads_to_a_call_with_everything_chosen(casey, bea, make_customer, make_unit):
    unit = make_unit(site=make_customer().site)
    url = panel_of("unit", unit, casey)["book_url"]
    assert f"customer={unit.site.customer.uuid}&site={unit.site.uuid}&unit={unit.uuid}" in url
    assert "book_url" not in panel_of("unit", unit, bea)


def at_noon_today():
    start, _end = day_in(ZONE, today_in(ZONE, now()))
    return start + timedelta(hours=12)


def test_today_counts_visits_by_how_far_they_are(casey, make_job, tess):
    noon = at_noon_today()
    done, on_site, en_route, planned = (
        make_job(technician=tess, starts_at=noon + timedelta(hours=n), minutes=45) for n in range(4)
    )
    who = tess.technician.pk
    actions.complete_on_behalf(done.visit.pk, parts_confirmed=True, now=noon)
    actions.arrive(on_site.visit.pk, technician_id=who, now=noon)
    actions.go_en_route(en_route.visit.pk, technician_id=who, now=noon)
    make_job()
    make_job(technician=tess, starts_at=noon + timedelta(days=1))
    counts = panel_of("home", None, casey, "today")["counts"]
    assert {key: counts[key] for key in ("in_all", "done", "on_site", "en_route", "to_come", "waiting")} == {
        "in_all": 4,
        "done": 1,
        "on_site": 1,
        "en_route": 1,
        "to_come": 1,
        "waiting": 1,
    }
    assert planned.visit.state == "scheduled"


def test_a_window_that_has_passed_without_arrival_is_overdue(casey, make_job, tess, tom):
    hour = timedelta(hours=1)
    passed, coming = (now() - 3 * hour, now() - hour), (now() - hour, now() + hour)
    late = make_job(technician=tess, starts_at=now() - 3 * hour, window=passed)
    in_tray = make_job(window=passed)
    arrived = make_job(technician=tom, starts_at=now() - 3 * hour, window=passed)
    actions.arrive(arrived.visit.pk, technician_id=tom.technician.pk, now=now())
    make_job(window=coming)
    shown = panel_of("home", None, casey, "today")
    assert set(numbers(shown, "overdue")) == {late.number, in_tray.number}
    assert shown["counts"]["late"] == 2


def test_what_waits_for_scheduling_is_sorted_by_urgency_then_age(casey, make_job, tess):
    planned, old, new, urgent = (
        make_job(priority=4, now=instant(1)),
        make_job(priority=3, now=instant(2)),
        make_job(priority=3, now=instant(3)),
        make_job(priority=1, now=instant(4)),
    )
    make_job(technician=tess)
    held = make_job(now=instant(5))
    actions.hold_job(held.pk, because="Parts", follow_up_on=date(2026, 7, 20), now=instant(6))
    later = make_job(now=instant(5))
    far = today_in(ZONE, now()) + timedelta(days=30)
    actions.hold_job(later.pk, because="Parts", follow_up_on=far, now=instant(6))
    shown = panel_of("home", None, casey, "waiting")
    assert numbers(shown, "waiting") == [urgent.number, old.number, new.number, planned.number]
    assert numbers(shown, "due") == [held.number]


def done_at(job, start):
    job.visit.starts_at, job.visit.ends_at = start, start + timedelta(hours=1)
    job.visit.state, job.visit.outcome = VisitState.DONE, "complete"
    job.visit.save()
    return job


@pytest.mark.parametrize("rows", [1, 20])
def test_the_record_says_when_each_unit_was_last_serviced(
    casey, casey_client, bea, make_customer, make_unit, make_job, django_assert_max_num_queries, rows
):
    customer = make_customer()
    site = customer.site
    serviced, never = make_unit(site=site), make_unit(site=site)
    for day in range(rows):
        done_at(make_job(customer=customer, unit_ids=[serviced.pk]), instant(9) - timedelta(days=day + 2))
    newest = done_at(make_job(customer=customer), instant(9) - timedelta(days=1))  # named no unit
    make_job(customer=customer, unit_ids=[never.pk])  # only planned
    with django_assert_max_num_queries(2):  # branch limits, visits
        found = panels.last_services([site], casey)
    assert found[site.pk, serviced.pk].at == instant(9) - timedelta(days=2)
    assert found[site.pk, None].url == reverse("dispatch:job", args=[newest.uuid])
    assert (site.pk, never.pk) not in found
    page = casey_client.get(reverse("customers:customer", args=[customer.uuid])).content.decode()
    assert page.count("not serviced yet") == 1
    assert "Plan: none yet." in page


@pytest.mark.parametrize("rows", [1, 20])
def test_the_panels_cost_the_same_for_one_job_or_twenty(
    casey, make_customer, make_job, tess, django_assert_max_num_queries, rows
):
    customer = make_customer()
    for number in range(rows):
        make_job(customer=customer, technician=tess, starts_at=instant(9) + timedelta(hours=number))
        make_job(customer=customer, window=(instant(9), instant(10)))
    with django_assert_max_num_queries(4):  # branch limits, jobs, visits, assignments
        panels.open_work_of_customer(customer, casey)
    with django_assert_max_num_queries(6):  # company, branches, counts, late jobs, visits, assignments
        panels.today(None, casey)
    with django_assert_max_num_queries(
        8
    ):  # company, waiting and held jobs with visits and assignments, count
        panels.waiting_for_scheduling(None, casey)


def test_a_whole_number_is_found_however_many_begin_so(casey, make_job, monkeypatch):
    monkeypatch.setattr("fsm.querysets.MOST_NUMBERS", 0)
    job = make_job()
    assert [hit.label.split()[0] for hit in find_jobs(job.number.lower(), casey, 8)] == [job.number]
    assert find_jobs(job.number[:-1], casey, 8) == []


@pytest.mark.parametrize("typed", ["{number}", "{digits}", "PO-4711"])
def test_the_search_finds_a_job_by_number_and_po(casey, make_job, typed):
    job = make_job(po_number="PO-4711")
    make_job()
    query = typed.format(number=job.number.lower(), digits=job.number[1:])
    hits = [hit for hit in search(query, casey) if hit.kind == "Job"]
    assert [hit.url for hit in hits] == [reverse("dispatch:job", args=[job.uuid])]


def test_references_lead_to_the_job_and_only_for_who_may_see_it(casey, tess, tom, make_job):
    job = make_job(technician=tess)
    visit = Reference("visit", job.visit.uuid)
    assert resolve(Reference("job", job.uuid), casey).label == f"Job {job.number}"
    assert resolve(visit, casey).url == f"{reverse('dispatch:job', args=[job.uuid])}#visit-{job.visit.uuid}"
    assert resolve(visit, tess) is not None
    assert resolve(visit, tom) is None


def test_a_jobs_chain_begins_with_customer_site_contact_and_unit(make_customer, make_unit, make_job, tess):
    customer = make_customer(name="Lisa Hall")
    unit = make_unit(site=customer.site)
    job = make_job(
        customer=customer, unit_ids=[unit.pk], contact_id=customer.contact.pk, technician=tess, now=now()
    )
    what = [step.what for step in chain(f"job:{job.uuid}")]
    for thing in ("Customer", "Site", "Contact", "Unit", "Job", "Visit", "Assignment"):
        assert thing in what, thing
    assert what.index("Customer") < what.index("Job") < what.index("Assignment")
    assert str(root_of(job.visit)) == f"job:{job.uuid}"
