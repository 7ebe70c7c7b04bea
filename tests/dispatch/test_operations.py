"""What the phone may ask for, through the inbox: once, by whom, and what a bad body is answered."""

from __future__ import annotations

import contextlib
import threading
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dispatch import actions
from dispatch.models import JobNote, JobPhoto, PartUse, Signature, Visit
from dispatch.states import AssignmentState, JobState, VisitState
from equipment.models import RefrigerantRecord, TechnicianCertificate
from fsm.attribution import attributed
from fsm.inbox import AnotherBody, operations, receive
from fsm.models import FieldOperation, Outcome
from inventory.models import StockLevel, StockMovement
from tests import factories as make
from tests.factories import instant, picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def plain(branch):
    """A job type that asks for arrival and parts only."""
    return make.JobTypeFactory()


@pytest.fixture
def visit(make_job, tess, plain):
    return make_job(technician=tess, job_type=plain).visit


@pytest.fixture
def on_site(visit, tess):
    return actions.arrive(visit.pk, technician_id=tess.technician.pk, now=instant(15, 5))


def send(user, visit, kind, key=None, files=None, /, **body):
    key = key or uuid4()
    return receive(user, key, kind, {"uuid": str(key), "visit": str(visit.uuid)} | body, files=files or {})


def upload(name, data, kind="image/png"):
    return SimpleUploadedFile(name, data, kind)


def test_every_field_deed_of_a_visit_is_known_to_the_inbox():
    assert {
        "visit.en_route",
        "visit.arrive",
        "visit.pause",
        "visit.resume",
        "visit.no_access",
        "visit.complete",
        "check.answer",
        "check.all_good",
        "note.write",
        "photo.add",
        "part.use",
        "part.take_back",
        "refrigerant.log",
        "signature.add",
    } <= operations().keys()


def test_a_deed_is_the_technicians_and_belongs_to_the_jobs_chain(tess, visit):
    done = send(tess, visit, "visit.en_route")
    assert (done.outcome, done.root) == (Outcome.APPLIED, f"job:{visit.job.uuid}")
    assert (done.answer["state"], done.answer["version"]) == (VisitState.EN_ROUTE, visit.version + 1)
    told = Visit.history.filter(uuid=visit.uuid).order_by("-history_id").first()
    assert (told.source, told.history_user_id, told.root) == ("technician", tess.pk, done.root)


def test_the_same_key_again_is_answered_from_memory_whatever_happened_since(tess, visit):
    key = uuid4()
    first = send(tess, visit, "visit.en_route", key)
    send(tess, visit, "visit.arrive")
    again = send(tess, visit, "visit.en_route", key)
    assert (again.pk, again.answer) == (first.pk, first.answer)
    visit.refresh_from_db()
    assert visit.state == VisitState.ON_SITE


def test_the_same_key_with_another_body_is_not_taken(tess, visit):
    key = uuid4()
    send(tess, visit, "note.write", key, body="Fan seized.")
    with pytest.raises(AnotherBody):
        send(tess, visit, "note.write", key, body="Something else")
    assert JobNote.objects.get().body == "Fan seized."


def test_a_lost_answer_is_asked_for_again_and_gives_the_same_without_a_second_effect(
    tess, on_site, make_part
):
    part = make_part(on={tess.technician.truck: Decimal(3)})
    key = uuid4()
    body = {"part": str(part.uuid), "quantity": "2"}
    lost = send(tess, on_site, "part.use", key, **body)  # committed; the answer never came
    got = send(tess, on_site, "part.use", key, **body)
    assert (got.outcome, got.answer, got.pk) == (Outcome.APPLIED, lost.answer, lost.pk)
    assert PartUse.objects.get().quantity == 2
    assert FieldOperation.objects.filter(kind="part.use").count() == 1


def test_a_refusal_is_remembered_too(tess, visit):
    key = uuid4()
    first = send(tess, visit, "visit.resume", key)
    assert (first.outcome, first.sentence) == (Outcome.REFUSED, "Your work on this visit is not paused.")
    send(tess, visit, "visit.arrive")
    send(tess, visit, "visit.pause")
    assert send(tess, visit, "visit.resume", key).outcome == Outcome.REFUSED
    assert send(tess, visit, "visit.resume").outcome == Outcome.APPLIED


@pytest.mark.parametrize("quantity", ["-1", "0", "", "many", "NaN", "1.0001", "9999999999"])
def test_a_quantity_that_cannot_be_is_refused_with_a_sentence(tess, on_site, make_part, quantity):
    part = make_part(on={tess.technician.truck: Decimal(3)})
    done = send(tess, on_site, "part.use", part=str(part.uuid), quantity=quantity)
    assert done.outcome == Outcome.REFUSED
    assert done.sentence.endswith(".")
    assert not PartUse.objects.exists()
    assert StockLevel.objects.get(part=part).on_hand == 3


def test_a_part_that_is_not_on_the_truck_is_taken_and_flagged_and_never_lost(tess, on_site, make_part):
    part = make_part(on={})
    done = send(tess, on_site, "part.use", part=str(part.uuid), quantity="2")
    assert (done.outcome, done.answer["short"]) == (Outcome.APPLIED, True)
    send(tess, on_site, "visit.complete", outcome="complete")
    assert StockLevel.objects.get(part=part).on_hand == -2
    assert StockMovement.objects.get(kind="used").short_by == 2


def test_a_part_taken_back_does_not_leave_the_truck(tess, on_site, make_part):
    part = make_part(on={tess.technician.truck: Decimal(3)})
    send(tess, on_site, "part.use", part=str(part.uuid), quantity="1")
    use = PartUse.objects.get()
    assert send(tess, on_site, "part.take_back", use=str(use.uuid)).outcome == Outcome.APPLIED
    send(tess, on_site, "visit.complete", parts_confirmed="1")
    assert StockLevel.objects.get(part=part).on_hand == 3
    assert not StockMovement.objects.filter(kind="used").exists()


def test_an_unknown_part_check_or_circuit_is_refused(tess, on_site):
    for kind, body, sentence in (
        ("part.use", {"part": str(uuid4()), "quantity": "1"}, "There is no such part."),
        ("part.use", {"part": "x", "quantity": "1"}, "“part” is missing or broken."),
        ("part.take_back", {"use": str(uuid4())}, "This part is not on the visit."),
        (
            "check.answer",
            {"check": str(uuid4()), "answer": "good"},
            "This line is not on the visit's checklist.",
        ),
        ("refrigerant.log", {"circuit": str(uuid4())}, "Choose the unit and circuit."),
        ("photo.add", {}, "No photo came along. Choose or take one."),
        ("signature.add", {"signer": "Lisa"}, "No signature came along. Ask the customer to sign again."),
        ("visit.complete", {"outcome": "perhaps"}, "Say whether the work is complete or a return is needed."),
    ):
        done = send(tess, on_site, kind, **body)
        assert (done.outcome, done.sentence) == (Outcome.REFUSED, sentence)


def test_refrigerant_is_kept_in_ounces_with_what_was_said_of_the_leak(
    tess, make_job, make_unit, make_customer, plain
):
    customer = make_customer()
    unit = make_unit(site=customer.site)
    visit = make_job(customer=customer, technician=tess, job_type=plain).visit
    said = {"circuit": str(unit.circuit.uuid), "pounds": "1", "ounces": "4.5", "leak_found": "no"}
    assert send(tess, visit, "refrigerant.log", kind="recovered", **said).outcome == Outcome.APPLIED
    record = RefrigerantRecord.objects.get()
    assert (record.ounces, record.kind, record.leak_found) == (Decimal("20.50"), "recovered", False)
    assert (record.work_kind, record.work_uuid) == ("visit", visit.uuid)


@pytest.mark.parametrize(
    "said", [{"pounds": "-1"}, {"pounds": "2", "ounces": "-3"}, {"pounds": "0"}, {"pounds": "99"}]
)
def test_an_amount_of_refrigerant_that_cannot_be_is_refused(tess, make_job, make_unit, make_customer, said):
    customer = make_customer()
    unit = make_unit(site=customer.site)
    visit = make_job(customer=customer, technician=tess).visit
    done = send(tess, visit, "refrigerant.log", circuit=str(unit.circuit.uuid), **said)
    assert done.outcome == Outcome.REFUSED
    assert not RefrigerantRecord.objects.exists()


def test_a_technician_without_the_certificate_may_not_log_refrigerant(
    tess, make_job, make_unit, make_customer
):
    TechnicianCertificate.objects.filter(technician=tess).delete()
    customer = make_customer()
    unit = make_unit(site=customer.site)
    visit = make_job(customer=customer, technician=tess).visit
    done = send(tess, visit, "refrigerant.log", circuit=str(unit.circuit.uuid), pounds="1")
    assert done.outcome == Outcome.REFUSED
    assert "holds no EPA 608 certificate" in done.sentence
    assert not RefrigerantRecord.objects.exists()


def test_all_good_answers_the_checks_and_leaves_the_readings(tess, make_job, branch):
    template = make.ChecklistTemplateFactory()
    for kind in ("check", "check", "reading"):
        make.ChecklistItemFactory(template=template, kind=kind)
    visit = make_job(technician=tess, job_type=make.JobTypeFactory(checklist=template)).visit
    bad = visit.checks.first()
    send(tess, visit, "check.answer", check=str(bad.uuid), answer="attention", note="Slime")
    send(tess, visit, "check.all_good")
    answers = [(check.kind, check.answer) for check in visit.checks.all()]
    assert answers == [("check", "attention"), ("check", "good"), ("reading", "")]


def test_a_photo_that_is_not_one_is_refused_with_a_sentence(tess, on_site):
    fake = upload("photo.jpg", b"<html>not a photo</html>", "image/jpeg")
    done = send(tess, on_site, "photo.add", None, {"photo": fake})
    assert done.outcome == Outcome.REFUSED
    assert "not a photo we can read" in done.sentence
    assert not JobPhoto.objects.exists()


def test_a_truncated_photo_is_refused(tess, on_site):
    whole = picture(600, 400, "JPEG")
    done = send(tess, on_site, "photo.add", None, {"photo": upload("p.jpg", whole[: len(whole) // 2])})
    assert done.outcome == Outcome.REFUSED


def test_the_same_key_with_another_photo_is_another_body(tess, on_site):
    key = uuid4()
    send(tess, on_site, "photo.add", key, {"photo": upload("p.png", picture())})
    with pytest.raises(AnotherBody):
        send(tess, on_site, "photo.add", key, {"photo": upload("p.png", picture(9, 9))})
    assert JobPhoto.objects.count() == 1


def test_a_visit_moved_to_somebody_else_is_refused_and_what_was_sent_is_kept(tess, tom, visit):
    actions.place_visit(
        visit.pk,
        technician_id=tom.technician.pk,
        starts_at=instant(17),
        ends_at=instant(18),
        version=visit.version,
        now=instant(14),
    )
    done = send(tess, visit, "visit.arrive")
    assert done.outcome == Outcome.REFUSED
    assert "This visit is not yours (any more)." in done.sentence
    assert FieldOperation.objects.get(pk=done.pk).body["visit"] == str(visit.uuid)


def test_somebody_elses_visit_is_as_good_as_unknown(tess, tom, visit):
    done = send(tom, visit, "visit.arrive")
    assert (done.outcome, "not yours" in done.sentence) == (Outcome.REFUSED, True)


def test_a_return_needs_to_say_what_is_left_to_do(tess, on_site):
    done = send(tess, on_site, "visit.complete", outcome="return_needed", note=" ")
    assert (done.outcome, "what is left" in done.sentence) == (Outcome.REFUSED, True)
    assert (
        send(tess, on_site, "visit.complete", outcome="return_needed", note="TXV").outcome == Outcome.APPLIED
    )
    assert on_site.job.visits.get(sequence=2).state == VisitState.UNSCHEDULED


def test_a_second_signature_is_refused(tess, on_site):
    for signer, outcome in (("Lisa", Outcome.APPLIED), ("Dan", Outcome.REFUSED)):
        files = {"signature": upload("s.png", picture())}
        assert send(tess, on_site, "signature.add", None, files, signer=signer).outcome == outcome
    assert Signature.objects.get().signer == "Lisa"


# Races ----------------------------------------------------------------------------------------------


@pytest.fixture
def both_check_first(monkeypatch):
    """Where nothing holds them apart, both senders pass the rule before either writes."""
    from dispatch.actions import field

    meeting = threading.Barrier(2)
    rule = field.what_is_missing

    def meet(facts):
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(1.5)
        return rule(facts)

    monkeypatch.setattr(field, "what_is_missing", meet)


def two_completions(tess, visit, at_once, keys):
    def complete(number):
        with attributed(source="test"):
            return send(tess, visit, "visit.complete", keys[number], parts_confirmed="1", uuid="same")

    return [outcome.result for outcome in at_once(2, complete)]


@pytest.mark.django_db(transaction=True)
def test_a_completion_sent_twice_at_once_happens_once(tess, on_site, make_part, at_once, both_check_first):
    part = make_part(on={tess.technician.truck: Decimal(3)})
    send(tess, on_site, "part.use", part=str(part.uuid), quantity="1")
    key = uuid4()
    first, second = two_completions(tess, on_site, at_once, [key, key])
    assert (first.pk, first.outcome) == (second.pk, Outcome.APPLIED)
    assert StockLevel.objects.get(part=part).on_hand == 2
    assert StockMovement.objects.filter(kind="used").count() == 1
    on_site.job.refresh_from_db()
    assert on_site.job.state == JobState.WORK_COMPLETE


@pytest.mark.django_db(transaction=True)
def test_of_two_completions_with_two_keys_one_is_refused(tess, on_site, at_once, both_check_first):
    done = two_completions(tess, on_site, at_once, [uuid4(), uuid4()])
    assert sorted(row.outcome for row in done) == [Outcome.APPLIED, Outcome.REFUSED]
    assert [row.state for row in on_site.assignments.all()] == [AssignmentState.DONE]


@pytest.mark.django_db(transaction=True)
def test_without_the_locks_both_completions_get_in(tess, on_site, at_once, both_check_first, no_locks):
    done = two_completions(tess, on_site, at_once, [uuid4(), uuid4()])
    assert [row.outcome for row in done] == [Outcome.APPLIED, Outcome.APPLIED]
