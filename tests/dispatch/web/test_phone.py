"""The technician's pages: what they show, to whom, what is done once, and what is kept when it is refused."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from dispatch import actions
from dispatch.models import JobNote, JobPhoto, PartUse, Signature, Visit, VisitCheck
from dispatch.phone import may_see_access, offered_parts, read_day
from dispatch.states import JobState, VisitState
from equipment import actions as equipment
from equipment.models import RefrigerantRecord
from fsm.models import FieldOperation, Outcome
from fsm.permissions import Role
from inventory.models import StockLevel, StockMovement
from tests import factories as make
from tests.conftest import client_of
from tests.factories import instant, picture

pytestmark = pytest.mark.django_db
ZONE = "America/Chicago"
PAGES = [
    "visit",
    "checklist",
    "notes",
    "photos",
    "parts",
    "refrigerant",
    "signature",
    "complete",
    "no-access",
]


@pytest.fixture(autouse=True)
def it_is_nine_in_the_morning(monkeypatch):
    monkeypatch.setattr("dispatch.web.phone.now", lambda: instant(14))


@pytest.fixture
def kind(branch):
    """A job type with two checks and a reading, a photo and a signature."""
    template = make.ChecklistTemplateFactory()
    for position, (text, what) in enumerate(
        [("Drain", "check"), ("Filter", "check"), ("Suction", "reading")]
    ):
        make.ChecklistItemFactory(template=template, position=position, text=text, kind=what, unit="psig")
    return make.JobTypeFactory(name="No cooling", checklist=template, needs_photo=True, needs_signature=True)


@pytest.fixture
def job(make_job, make_customer, make_unit, tess, kind):
    """A visit of tess at ten, with a unit, a gate code and a note about a dog."""
    customer = make_customer(
        name="Lisa Hall", street="4108 Avenue F", phone="5125550142",
        site={"gate_code": "#4471", "access_notes": "Dog in the yard"},
    )  # fmt: skip
    unit = make_unit(site=customer.site, name="Upstairs AC")
    made = make_job(
        customer=customer,
        technician=tess,
        job_type=kind,
        window=(instant(15), instant(17)),
        unit_ids=[unit.pk],
    )
    made.unit = unit
    return made


def url(visit, page="visit", **query):
    address = reverse(f"dispatch:phone-{page}", args=[visit.uuid])
    return address + ("?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else "")


def do(client, visit, deed, once=None, query="", **body):
    address = reverse("dispatch:phone-operation", args=[visit.uuid, deed]) + query
    return client.post(address, {"once": str(once or uuid4())} | body)


def text_of(answer):
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split()))


def arrive(job, person):
    return actions.arrive(job.visit.pk, technician_id=person.technician.pk, now=instant(15, 5))


def png(name="s.png", size=(40, 20)):
    return SimpleUploadedFile(name, picture(*size), "image/png")


def finish(job, person, **more):
    """Completes the visit through the actions."""
    visit, technician = arrive(job, person), person.technician
    for check in visit.checks.all():
        actions.answer_check(
            check.uuid, visit_id=visit.pk, now=instant(15), answer="good", reading=Decimal(3)
        )
    if job.job_type.needs_photo:
        actions.add_photo(visit.pk, uuid=uuid4(), data=picture(), now=instant(15))
    return actions.complete_visit(
        visit.pk,
        technician_id=technician.pk,
        now=instant(16),
        **{"parts_confirmed": True, "no_signature_because": "Nobody was there"} | more,
    )


# The day --------------------------------------------------------------------------------------------


def test_the_day_lists_todays_visits_in_the_planned_order_with_what_is_left(
    tess_client, tess, tom, make_job, make_customer
):
    def book(name, person=tess, **more):
        return make_job(customer=make_customer(name=name), technician=person, **more)

    book("Noon", starts_at=instant(17))
    book("Morning", starts_at=instant(13), priority=1)
    book("Somebody else's", person=tom)
    book("Left behind", starts_at=instant(15) - timedelta(days=1))
    book("Tomorrow's", starts_at=instant(15) + timedelta(days=1))
    book("On Friday", starts_at=instant(15) + timedelta(days=3))
    book("Next month", starts_at=instant(15) + timedelta(days=30))
    words = text_of(tess_client.get(reverse("dispatch:phone-today")))
    order = [words.index(name) for name in ("Left behind", "Morning", "Noon", "Tomorrow's", "On Friday")]
    assert order == sorted(order)
    assert "Somebody else's" not in words
    assert "Next month" not in words
    assert "2 visits left" in words
    assert "Emergency" in words


def test_the_next_visit_is_the_one_under_way_else_the_first_of_today(tess, make_job):
    make_job(technician=tess, starts_at=instant(15) - timedelta(days=1))
    first = make_job(technician=tess, starts_at=instant(15))
    second = make_job(technician=tess, starts_at=instant(17))

    def coming():
        plan = read_day(tess.technician, instant(14))
        return [stop.visit.pk for stop in plan.earlier + plan.today if stop.is_next]

    assert coming() == [first.visit.pk]
    actions.go_en_route(second.visit.pk, technician_id=tess.technician.pk, now=instant(14))
    assert coming() == [second.visit.pk]


def test_a_visit_done_today_stays_on_the_list_one_of_yesterday_does_not(tess, make_job, branch):
    for starts in (instant(13), instant(15) - timedelta(days=1)):
        done = make_job(technician=tess, starts_at=starts)
        finish(done, tess)
    plan = read_day(tess.technician, instant(20))
    assert [(stop.label, stop.is_over) for stop in plan.earlier + plan.today] == [("Done", True)]


def test_a_day_without_visits_says_so(tess_client):
    assert "No visits today" in text_of(tess_client.get(reverse("dispatch:phone-today")))


def test_a_technician_whom_the_office_has_not_set_up_reads_what_to_do(branch):
    answer = client_of(make.UserFactory(role=Role.TECHNICIAN)).get(reverse("dispatch:phone-today"))
    assert (answer.status_code, "Call them" in text_of(answer)) == (200, True)


@pytest.mark.parametrize("visits", [1, 20])
def test_the_day_costs_the_same_for_one_visit_or_twenty(
    tess_client, tess, make_job, django_assert_num_queries, visits
):
    for n in range(visits):
        make_job(technician=tess, starts_at=instant(13) + timedelta(minutes=30 * n), minutes=30)
    tess_client.get(reverse("dispatch:phone-today"))
    # session, user, company with the live position, technician, assignments
    with django_assert_num_queries(5):
        answer = tess_client.get(reverse("dispatch:phone-today"))
    assert answer.content.count(b'class="tap stop') == visits


# One visit ------------------------------------------------------------------------------------------


def test_a_visit_shows_who_where_what_and_the_equipment_with_its_history(tess_client, tess, job, make_job):
    before = make_job(
        customer=job.customer, site=job.site, technician=tess, starts_at=instant(15) - timedelta(days=90),
        job_type=make.JobTypeFactory(name="Tune-up"), unit_ids=[job.unit.pk], summary="Spring visit",
    )  # fmt: skip
    finish(before, tess, note="Capacitor is weak")
    make.RefrigerantRecordFactory(circuit=job.unit.circuit, technician=tess)
    answer = tess_client.get(url(job.visit))
    words = text_of(answer)
    for expected in (
        "Lisa Hall", "4108 Avenue F", "(512) 555-0142", "10–11 am", "promised 10 am–12 pm",  # noqa: RUF001
        "No cooling upstairs", "Upstairs AC", "R-410A", "Spring visit", "Capacitor is weak", "En route",
    ):  # fmt: skip
        assert expected in words
    assert b'href="tel:+15125550142"' in answer.content
    assert job.site.map_url.replace("&", "&amp;").encode() in answer.content
    unit = text_of(tess_client.get(reverse("dispatch:phone-unit", args=[job.visit.uuid, job.unit.uuid])))
    assert "Added 1 lb 4 oz" in unit
    assert "Spring visit" in unit


def test_a_unit_of_another_site_is_not_found(tess_client, job, make_unit):
    address = reverse("dispatch:phone-unit", args=[job.visit.uuid, make_unit().uuid])
    assert tess_client.get(address).status_code == 404


@pytest.mark.parametrize(("days", "shown"), [(-1, False), (0, True), (1, True), (2, False)])
def test_codes_and_access_notes_are_on_the_phone_for_today_and_tomorrow_only(
    tess_client, tess, make_job, make_customer, days, shown
):
    customer = make_customer(site={"gate_code": "#4471", "access_notes": "Dog in the yard"})
    visit = make_job(customer=customer, technician=tess, starts_at=instant(15) + timedelta(days=days)).visit
    words = text_of(tess_client.get(url(visit)))
    assert ("#4471" in words, "Dog in the yard" in words) == (shown, shown)


def test_codes_go_when_the_visit_is_done(tess_client, tess, job):
    finish(job, tess)
    for page in PAGES:
        assert b"#4471" not in tess_client.get(url(job.visit, page)).content


def test_the_day_of_a_code_is_the_sites_own():
    late = instant(4)  # eleven in the evening before, in Texas
    assert may_see_access(late + timedelta(days=1), ZONE, late)
    assert not may_see_access(late + timedelta(days=1, hours=2), ZONE, late)
    assert not may_see_access(None, ZONE, late)


def test_no_page_is_kept_by_the_browser(tess_client, job):
    for page in PAGES:
        assert "no-store" in tess_client.get(url(job.visit, page)).headers["Cache-Control"]


@pytest.mark.parametrize("where", PAGES)
def test_another_technicians_visit_is_not_found(tom_client, job, where):
    assert tom_client.get(url(job.visit, where)).status_code == 404


def test_a_deed_on_another_technicians_visit_is_not_found_and_nothing_is_kept(tom_client, job):
    assert do(tom_client, job.visit, "visit.arrive").status_code == 404
    assert not FieldOperation.objects.exists()


@pytest.mark.parametrize("where", PAGES)
@pytest.mark.parametrize("rows", [1, 20])
def test_each_page_costs_the_same_for_one_row_or_twenty(
    tess_client, tess, job, make_unit, make_part, make_job, django_assert_max_num_queries, where, rows
):
    truck = tess.technician.truck
    for n in range(rows):
        make.VisitCheckFactory(visit=job.visit, position=n)
        make.JobNoteFactory(job=job, visit=job.visit)
        make.JobPhotoFactory(job=job, visit=job.visit)
        unit = make_unit(site=job.site)
        make.JobUnitFactory(job=job, unit=unit)
        make.RefrigerantRecordFactory(
            circuit=unit.circuit, technician=tess, work_kind="visit", work_uuid=job.visit.uuid
        )
        part = make_part(on={truck: Decimal(3)})
        make.PartUseFactory(visit=job.visit, part=part, place=truck)
        make.PhoneNumberFactory(contact=make.ContactFactory(customer=job.customer), is_primary=False)
        before = make.VisitFactory(
            job=make.JobFactory(site=job.site), state="done", outcome="complete", sequence=1,
            starts_at=instant(15) - timedelta(days=n + 2), ends_at=instant(16) - timedelta(days=n + 2),
        )  # fmt: skip
        make.JobUnitFactory(job=before.job, unit=job.unit)
    tess_client.get(url(job.visit, where))
    # session, user, company, visit, technician, assignments; the visit: phones, tasks, units, circuits and
    # their refrigerants, units of the job, last visits; completion: the facts of the rule and the tasks;
    # refrigerant: records, circuits, the truck's cylinders
    most = {"visit": 14, "complete": 21, "refrigerant": 9}.get(where, 8)
    with django_assert_max_num_queries(most):
        tess_client.get(url(job.visit, where))
    address = reverse("dispatch:phone-unit", args=[job.visit.uuid, job.unit.uuid])
    with django_assert_max_num_queries(10):
        tess_client.get(address)


# The deeds ------------------------------------------------------------------------------------------


def test_the_way_from_en_route_to_complete_through_the_pages(tess_client, tess, job, make_part):
    part = make_part(on={tess.technician.truck: Decimal(3)})
    visit = job.visit
    for deed in ("visit.en_route", "visit.arrive", "visit.pause", "visit.resume"):
        assert do(tess_client, visit, deed).headers["Location"] == url(visit)
    reading = visit.checks.get(kind="reading")
    do(tess_client, visit, "check.all_good")
    do(tess_client, visit, "check.answer", check=str(reading.uuid), reading="118.5")
    do(tess_client, visit, "note.write", body="Capacitor bulged, replaced it.")
    do(tess_client, visit, "photo.add", photo=png(), caption="Nameplate", taken_at="2026-07-14T15:20:00Z")
    do(tess_client, visit, "part.use", part=str(part.uuid), quantity="2")
    circuit = str(job.unit.circuit.uuid)
    do(
        tess_client,
        visit,
        "refrigerant.log",
        circuit=circuit,
        kind="added",
        pounds="1",
        ounces="4",
        leak_found="no",
    )
    do(tess_client, visit, "signature.add", signature=png(), signer="Lisa Hall")
    words = text_of(tess_client.get(url(visit, "complete")))
    assert "Everything is there." in words
    assert do(tess_client, visit, "visit.complete", outcome="complete").headers["Location"] == url(visit)
    job.refresh_from_db()
    visit.refresh_from_db()
    assert (visit.state, job.state) == (VisitState.DONE, JobState.WORK_COMPLETE)
    assert StockLevel.objects.get(part=part).on_hand == 1
    assert FieldOperation.objects.exclude(outcome=Outcome.APPLIED).count() == 0
    assert set(FieldOperation.objects.values_list("root", flat=True)) == {f"job:{job.uuid}"}
    after = text_of(tess_client.get(url(visit)))
    for expected in ("The work is complete.", "2 ×", "1 lb 4 oz", "Lisa Hall", "Capacitor bulged"):  # noqa: RUF001
        assert expected in after


def cases(job, part):
    """Each deed that makes something: what is sent, another body, and how to count what it made."""
    circuit = str(job.unit.circuit.uuid)
    return {
        "note.write": ({"body": "One"}, {"body": "Two"}, JobNote.objects.count),
        "photo.add": ({"photo": png}, {"caption": "Other", "photo": png}, JobPhoto.objects.count),
        "part.use": (
            {"part": str(part.uuid), "quantity": "1"},
            {"part": str(part.uuid), "quantity": "2"},
            PartUse.objects.count,
        ),
        "refrigerant.log": (
            {"circuit": circuit, "pounds": "1", "kind": "added"},
            {"circuit": circuit, "pounds": "2", "kind": "added"},
            RefrigerantRecord.objects.count,
        ),
        "signature.add": (
            {"signer": "Lisa", "signature": png},
            {"signer": "Dan", "signature": png},
            Signature.objects.count,
        ),
        "visit.en_route": ({}, {"more": "1"}, Visit.history.filter(state="en_route").count),
        "visit.arrive": ({}, {"more": "1"}, Visit.history.filter(state="on_site").count),
        "visit.no_access": (
            {"because": "Gate"},
            {"because": "Dog"},
            Visit.history.filter(state="no_show").count,
        ),
        "check.answer": (
            {"check": str(job.visit.checks.first().uuid), "answer": "good"},
            {"check": str(job.visit.checks.first().uuid), "answer": "na"},
            VisitCheck.history.exclude(answer="").count,
        ),
    }


DEEDS = [
    "note.write", "photo.add", "part.use", "refrigerant.log", "signature.add", "check.answer",
    "visit.en_route", "visit.arrive", "visit.no_access",
]  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
def test_pressed_twice_it_is_done_once_and_another_body_is_told_apart(
    tess_client, tess, job, make_part, deed
):
    part = make_part(on={tess.technician.truck: Decimal(3)})
    body, other, count = cases(job, part)[deed]
    once = uuid4()

    def sent(fields):
        return {name: value() if callable(value) else value for name, value in fields.items()}

    first = do(tess_client, job.visit, deed, once, **sent(body))
    made = count()
    again = do(tess_client, job.visit, deed, once, device_time="2026-07-14T15:00:00Z", **sent(body))
    assert (first.status_code, again.status_code) == (302, 302)
    assert first.headers["Location"] == again.headers["Location"]
    assert (made, count()) == (made, made)
    assert made >= 1
    refused = do(tess_client, job.visit, deed, once, **sent(other))
    assert refused.status_code == 422
    assert "sent before with other contents" in text_of(refused)
    assert count() == made
    assert FieldOperation.objects.count() == 1


def test_a_lost_answer_to_a_completion_is_asked_for_again_with_no_second_effect(
    tess_client, tess, job, make_part
):
    part = make_part(on={tess.technician.truck: Decimal(3)})
    arrive(job, tess)
    do(tess_client, job.visit, "part.use", part=str(part.uuid), quantity="1")
    once, body = uuid4(), {"outcome": "return_needed", "note": "TXV is on order"}
    do(tess_client, job.visit, "visit.complete", once, **body)  # committed; the answer never came
    again = do(tess_client, job.visit, "visit.complete", once, **body)
    assert (again.status_code, again.headers["Location"]) == (302, url(job.visit))
    assert StockMovement.objects.filter(kind="used").count() == 1
    assert job.visits.count() == 2
    assert JobNote.objects.count() == 1
    pressed_anew = do(tess_client, job.visit, "visit.complete", **body)
    assert pressed_anew.status_code == 409
    assert "already complete" in text_of(pressed_anew)


@pytest.mark.parametrize(
    ("deed", "body", "kept", "sentence"),
    [
        ("note.write", {"body": "  "}, None, "Write something first."),
        ("part.use", {"quantity": "-2"}, 'value="-2"', "more than zero"),
        (
            "refrigerant.log",
            {"pounds": "-1", "ounces": "7", "note": "Slow"},
            'value="Slow"',
            "cannot be negative",
        ),
        (
            "visit.complete",
            {"outcome": "complete", "note": "All but the drain"},
            "All but the drain",
            "On site",
        ),
        ("visit.complete", {"outcome": "return_needed", "note": ""}, None, "what is left"),
        ("visit.no_access", {"because": " "}, None, "Say what happened at the door."),
        ("signature.add", {"signer": "Lisa H."}, 'value="Lisa H."', "No signature came along"),
        ("photo.add", {"caption": "Coil"}, 'value="Coil"', "No photo came along"),
        ("check.answer", {"reading": "warm"}, 'value="warm"', "is not a number"),
        ("visit.resume", {}, None, "not paused"),
        ("visit.fly", {}, None, "does not know the operation"),
    ],
)
def test_what_is_refused_keeps_what_was_typed_on_its_page(
    tess_client, tess, job, make_part, deed, body, kept, sentence
):
    body = dict(body)
    if deed == "part.use":
        body["part"] = str(make_part(on={tess.technician.truck: Decimal(3)}).uuid)
    if deed == "refrigerant.log":
        body["circuit"] = str(job.unit.circuit.uuid)
    if deed == "check.answer":
        body["check"] = str(job.visit.checks.get(kind="reading").uuid)
    answer = do(tess_client, job.visit, deed, **body)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert sentence in page
    assert 'id="refusal"' in page
    assert kept is None or kept in page
    assert not JobNote.objects.exists()
    assert not PartUse.objects.exists()


@pytest.mark.parametrize("once", ["", "not-a-key"])
def test_a_form_without_its_key_is_refused(tess_client, job, once):
    address = reverse("dispatch:phone-operation", args=[job.visit.uuid, "note.write"])
    answer = tess_client.post(address, {"once": once, "body": "Fan seized"})
    assert (answer.status_code, "without its key" in text_of(answer)) == (409, True)
    assert "Fan seized" in text_of(answer)
    assert not JobNote.objects.exists()


def test_every_form_has_a_key_of_its_own_and_the_page_shows_new_ones_each_time(tess_client, job):
    def keys(page):
        return re.findall(
            r'name="once" value="([0-9a-f-]{36})"', tess_client.get(url(job.visit, page)).content.decode()
        )

    first, second = keys("checklist"), keys("checklist")
    assert len(first) == 4  # three lines, and all good
    assert len(set(first + second)) == 8


def test_our_script_is_told_where_to_go_next(tess_client, job):
    address = reverse("dispatch:phone-operation", args=[job.visit.uuid, "visit.en_route"])
    answer = tess_client.post(address, {"once": str(uuid4())}, headers={"X-Phone": "1"})
    assert (answer.status_code, answer.headers["X-Next"]) == (200, url(job.visit))


def test_from_the_completion_one_comes_back_to_it(tess_client, job):
    done = do(tess_client, job.visit, "signature.add", query="?from=complete", signature=png(), signer="Lisa")
    assert done.headers["Location"] == url(job.visit, "complete")
    done = do(tess_client, job.visit, "check.all_good", query="?from=complete")
    assert done.headers["Location"] == url(job.visit, "checklist") + "?from=complete"
    assert url(job.visit, "complete") in tess_client.get(done.headers["Location"]).content.decode()


def test_completion_names_what_is_missing_each_a_tap_away(tess_client, tess, job):
    page = tess_client.get(url(job.visit, "complete")).content.decode()
    for name in ("checklist", "photos", "parts", "signature"):
        assert f'href="{url(job.visit, name)}?from=complete"' in page
    assert "3 lines of the checklist are open." in page
    assert "Tap “On site” first." in page
    done = do(tess_client, job.visit, "visit.complete", outcome="complete")
    assert done.status_code == 409


def test_a_reason_given_instead_of_a_signature_goes_along_to_the_completion(tess_client, job):
    page = tess_client.get(
        url(job.visit, "complete", no_signature_because="Nobody+was+there")
    ).content.decode()
    assert 'name="no_signature_because" maxlength="200" autocomplete="off" value="Nobody was there"' in page


def test_a_return_waits_for_the_office_and_the_page_says_so(tess_client, tess, job):
    arrive(job, tess)
    do(tess_client, job.visit, "visit.complete", outcome="return_needed", note="TXV is on order")
    words = text_of(tess_client.get(url(job.visit)))
    assert "A return visit is needed." in words
    assert "TXV is on order" in words
    assert job.visits.get(sequence=2).state == VisitState.UNSCHEDULED


def test_no_access_ends_the_visit_and_leads_to_the_day(tess_client, tess, job):
    arrive(job, tess)
    done = do(tess_client, job.visit, "visit.no_access", because="Gate locked")
    assert done.headers["Location"] == reverse("dispatch:phone-today")
    assert "No access" in text_of(tess_client.get(done.headers["Location"]))
    assert "Nobody let you in." in text_of(tess_client.get(url(job.visit)))


def test_after_completion_the_next_visit_is_one_tap_away(tess_client, tess, job, make_job, make_customer):
    after = make_job(customer=make_customer(name="Greta Vance"), technician=tess, starts_at=instant(18))
    finish(job, tess)
    page = tess_client.get(url(job.visit)).content.decode()
    assert url(after.visit) in page
    assert "Next: 1:00 Greta Vance" in page


def test_other_apps_show_their_part_after_completion(tess_client, tess, job, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "dispatch.web.phone.panels_for", lambda place, visit, user: asked.append((place, visit.pk)) or []
    )
    tess_client.get(url(job.visit))
    assert asked == []
    finish(job, tess)
    tess_client.get(url(job.visit))
    assert asked == [("phone-visit", job.visit.pk)]


# Of several people each has their own state ---------------------------------------------------------


def test_a_helper_has_buttons_of_their_own_and_is_told_who_still_works(
    tess_client, tom_client, tess, tom, job
):
    actions.add_technician(
        job.visit.pk, technician_id=tom.technician.pk, version=job.visit.version, now=instant(14)
    )
    arrive(job, tess)
    assert "with Tess Ramirez" in text_of(tom_client.get(url(job.visit)))
    do(tom_client, job.visit, "visit.arrive")
    assert do(tom_client, job.visit, "visit.complete", outcome="complete").status_code == 302
    words = text_of(tom_client.get(url(job.visit)))
    assert "Your part is done. Tess Ramirez is still at work." in words
    job.visit.refresh_from_db()
    assert job.visit.state == VisitState.ON_SITE


# What others changed --------------------------------------------------------------------------------


def test_a_visit_given_to_somebody_else_says_so_and_keeps_what_was_written(
    tess_client, tom_client, tess, tom, job
):
    actions.place_visit(
        job.visit.pk, technician_id=tom.technician.pk, starts_at=instant(17), ends_at=instant(18),
        version=job.visit.version, now=instant(14),
    )  # fmt: skip
    answer = do(tess_client, job.visit, "note.write", body="Capacitor bulged")
    words = text_of(answer)
    assert answer.status_code == 409
    assert "not yours (any more)" in words
    assert "Capacitor bulged" in words
    assert FieldOperation.objects.get().body["body"] == "Capacitor bulged"
    gone = tess_client.get(url(job.visit))
    assert (gone.status_code, "given to somebody else" in text_of(gone)) == (410, True)
    assert "4471" not in text_of(gone)
    assert tom_client.get(url(job.visit)).status_code == 200


def test_a_visit_taken_off_the_day_offers_nothing_to_press_and_hides_the_code(tess_client, tess, job):
    actions.unschedule_visit(job.visit.pk, version=job.visit.version, now=instant(14))
    page = tess_client.get(url(job.visit)).content.decode()
    assert "The office took this visit off your day." in page
    assert "#4471" not in page
    assert "data-phone" not in page
    assert do(tess_client, job.visit, "visit.arrive").status_code == 409


def test_a_cancelled_visit_says_why(tess_client, tess, job):
    actions.cancel_job(job.pk, because="Runs again", now=instant(14))
    assert "This visit was cancelled. Runs again" in text_of(tess_client.get(url(job.visit)))


def test_the_open_page_listens_and_knows_its_version(tess_client, job):
    page = tess_client.get(url(job.visit)).content.decode()
    assert 'data-live-topics="board"' in page
    assert f'data-visit="{job.visit.uuid}" data-version="{job.visit.version}"' in page


# Photos and parts -----------------------------------------------------------------------------------


def noise(side):
    """A JPEG of random grain: large, because nothing in it repeats."""
    file = BytesIO()
    Image.effect_noise((side, side), 90).save(file, "JPEG", quality=95)
    return file.getvalue()


def test_a_photo_of_twelve_megabytes_is_taken_and_kept_smaller(tess_client, job):
    data = noise(4200)
    assert len(data) > 12 * 2**20
    photo = SimpleUploadedFile("IMG_0001.jpg", data, "image/jpeg")
    assert do(tess_client, job.visit, "photo.add", photo=photo).status_code == 302
    kept = JobPhoto.objects.get()
    assert max(kept.width, kept.height) <= 2000
    assert tess_client.get(reverse("dispatch:photo", args=[kept.uuid])).status_code == 200


def test_an_upload_over_the_limit_is_refused_with_a_sentence(tess_client, job, settings):
    settings.UPLOAD_LIMIT = 2**20
    photo = SimpleUploadedFile("huge.jpg", b"0" * (2**20 + 1), "image/jpeg")
    answer = do(tess_client, job.visit, "photo.add", photo=photo)
    assert (answer.status_code, "At most 1 MB" in text_of(answer)) == (413, True)
    assert not FieldOperation.objects.exists()


def test_a_file_that_is_no_photo_is_refused_with_a_sentence(tess_client, job):
    text = SimpleUploadedFile("photo.jpg", b"MZ this is not a picture", "image/jpeg")
    answer = do(tess_client, job.visit, "photo.add", photo=text, caption="Coil")
    assert answer.status_code == 409
    assert "not a photo we can read" in text_of(answer)
    assert 'value="Coil"' in answer.content.decode()
    assert not JobPhoto.objects.exists()


def test_parts_are_searched_on_the_truck_first_then_everywhere(tess_client, tess, job, make_part):
    truck = tess.technician.truck
    make_part(name="Capacitor 35", number="Z-1", on={truck: Decimal(2)})
    make_part(name="Capacitor 30", number="A-1", on={})
    make_part(name="Fan motor", number="M-1", on={truck: Decimal(1)})
    make_part(name="Capacitor old", number="O-1", is_active=False)

    def found(query=""):
        return [offer.part.number for offer in offered_parts(tess.technician, query=query)]

    assert found() == ["Z-1", "M-1"]
    assert found("capacitor") == ["Z-1", "A-1"]
    assert found("m-1") == ["M-1"]
    assert found("nothing like it") == []
    page = text_of(tess_client.get(url(job.visit, "parts", q="capacitor")))
    assert "2 on truck" in page
    assert "not on truck" in page


def test_what_is_set_aside_for_a_visit_is_not_counted_on_the_truck_any_more(
    tess_client, tess, job, make_part
):
    part = make_part(on={tess.technician.truck: Decimal(3)})
    do(tess_client, job.visit, "part.use", part=str(part.uuid), quantity="2")
    (offer,) = offered_parts(tess.technician)
    assert offer.free == 1


def test_a_part_that_is_not_on_the_truck_is_flagged_where_one_adds_it_and_after(
    tess_client, tess, job, make_part
):
    part = make_part(on={})
    page = text_of(tess_client.get(url(job.visit, "parts", part=part.uuid)))
    assert "not on your truck" in page
    done = do(tess_client, job.visit, "part.use", part=str(part.uuid), quantity="1")
    assert PartUse.objects.get().was_short
    words = text_of(tess_client.get(done.headers["Location"]))
    assert "Was not on the truck" in words
    assert "flagged" in words


def test_a_technician_without_truck_and_warehouse_is_told(tess_client, tess, job, make_part):
    tess.technician.truck = None
    tess.technician.save()
    part = make_part()
    answer = do(tess_client, job.visit, "part.use", part=str(part.uuid), quantity="1")
    assert (answer.status_code, "no warehouse to take parts from" in text_of(answer)) == (409, True)
    assert tess_client.get(url(job.visit, "parts")).status_code == 200


@pytest.mark.parametrize("query", ["%", "'; drop", "\x00", "x" * 500])
def test_whatever_is_typed_into_the_search_finds_or_finds_nothing(tess_client, job, query):
    assert tess_client.get(url(job.visit, "parts"), {"q": query, "part": "no-uuid"}).status_code == 200


# Refrigerant, leaks and units -----------------------------------------------------------------------


def test_a_refused_record_shows_every_field_as_it_was_typed(tess_client, job):
    typed = {
        "kind": "recovered", "purpose_recovered": "repair", "pounds": "90", "ounces": "7.5",
        "parts_worked_on": "Flare nut", "work_done": "Remade it", "nothing_because": "Why not",
        "returned_pounds": "1.25", "refrigerant": "R-32", "note": "Slow", "leak_found": "yes",
    }  # fmt: skip
    refused = do(tess_client, job.visit, "refrigerant.log", circuit=str(job.unit.circuit.uuid), **typed)
    page = refused.content.decode()
    assert (refused.status_code, RefrigerantRecord.objects.count()) == (409, 0)
    assert "more than three times the full charge" in page
    for name, value in typed.items():
        assert f'value="{value}"' in page, name
    assert '<option value="repair" selected>' in page
    assert re.search(r'value="recovered" checked', page)


def test_the_code_on_a_unit_opens_it_on_the_phone_with_what_covers_it_and_how_it_ran(
    tess_client, tess, tom_client, job, make_unit
):
    new = make_unit(site=job.site, name="New one")
    equipment.add_warranty(
        job.unit.pk, kind="parts", provider="Carrier", starts_on=instant(15).date(), base_months=120
    )
    for day, value in ((1, "25"), (2, "18")):
        when = instant(15) - timedelta(days=day)
        equipment.record_reading(job.unit.pk, key="delta_t", value=value, measured_at=when, now=when)
    plate = equipment.add_unit_file(
        job.unit.pk, uuid=uuid4(), kind="nameplate", name="plate.png", data=picture(), now=instant(15)
    )
    equipment.replace_unit(job.unit.pk, by_unit_id=new.pk, because="Worn", on=instant(15).date())
    scanned = tess_client.get(reverse("scan:unit", args=[job.unit.uuid]))
    page = tess_client.get(scanned.headers["Location"])
    words = text_of(page)
    for expected in (
        "Covered today?",
        "Covered",
        "Return to supply difference",
        "Out of range",
        "Replaced by New one",
    ):
        assert expected in words
    assert b"<polyline" in page.content
    image = reverse("dispatch:phone-unit-file", args=[job.visit.uuid, job.unit.uuid, plate.uuid])
    assert image.encode() in page.content
    assert tess_client.get(image).headers["Content-Type"].startswith("image/")
    assert tom_client.get(image).status_code == 404
