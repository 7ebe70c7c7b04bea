"""What a technician does: field facts, each once."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from uuid import uuid4

import pytest
from PIL import Image

from dispatch import actions
from dispatch.events import JobCompleted, VisitCompleted
from dispatch.models import CheckAnswer, VisitCheck
from dispatch.states import AssignmentState, JobState, VisitState
from fsm import events
from fsm.states import NotPossible
from inventory.models import StockLevel, StockMovement

from ..factories import JobTypeFactory, instant

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch):
    told = []
    real = events.announce
    monkeypatch.setattr("dispatch.actions.field.announce", lambda event: (told.append(event), real(event)))
    return told


@pytest.fixture
def simple():
    """A job type that asks for nothing but arrival and parts."""
    return JobTypeFactory(needs_photo=False, needs_signature=False, checklist=None)


def picture(size=(40, 30)):
    file = BytesIO()
    Image.new("RGB", size, "teal").save(file, "JPEG")
    return file.getvalue()


def go(job, person, now=None):
    actions.go_en_route(job.visit.pk, technician_id=person.technician.pk, now=now or instant(15))
    return actions.arrive(
        job.visit.pk, technician_id=person.technician.pk, now=(now or instant(15)) + timedelta(minutes=10)
    )


def complete(job, person, **more):
    return actions.complete_visit(
        job.visit.pk,
        technician_id=person.technician.pk,
        now=instant(16),
        **{"parts_confirmed": True, **more},
    )


def use(job, person, part, quantity="1", key=None):
    return actions.use_part(
        job.visit.pk,
        uuid=key or uuid4(),
        part_id=part.pk,
        quantity=Decimal(quantity),
        technician_id=person.technician.pk,
        now=instant(15, 30),
    )


def test_the_way_to_the_customer_moves_visit_and_job(make_job, tess):
    job = make_job(technician=tess)
    visit = actions.go_en_route(job.visit.pk, technician_id=tess.technician.pk, now=instant(15))
    job.refresh_from_db()
    assert (visit.state, job.state) == (VisitState.EN_ROUTE, JobState.IN_PROGRESS)
    visit = actions.arrive(job.visit.pk, technician_id=tess.technician.pk, now=instant(15, 20))
    assignment = visit.assignments.get()
    assert (assignment.en_route_at, assignment.arrived_at) == (instant(15), instant(15, 20))


def test_who_is_not_on_the_visit_cannot_move_it(make_job, tess, tom):
    job = make_job(technician=tess)
    with pytest.raises(NotPossible, match="somebody else"):
        actions.arrive(job.visit.pk, technician_id=tom.technician.pk, now=instant(15))


def test_completing_takes_the_parts_once_and_completes_the_job_once(make_job, make_part, simple, tess, heard):
    truck = tess.technician.truck
    part = make_part(on={truck: Decimal(3)})
    job = make_job(technician=tess, job_type=simple)
    go(job, tess)
    use(job, tess, part, "2")
    assert StockLevel.objects.get(place=truck, part=part).on_hand == 3, "reserved, not yet gone"
    visit = complete(job, tess)
    job.refresh_from_db()
    assert (visit.state, job.state, job.completed_at) == (
        VisitState.DONE,
        JobState.WORK_COMPLETE,
        instant(16),
    )
    assert StockLevel.objects.get(place=truck, part=part).on_hand == 1
    used = StockMovement.objects.get(kind="used")
    assert (used.quantity, used.cause_uuid, used.root) == (2, visit.uuid, f"job:{job.uuid}")
    assert [type(event) for event in heard if isinstance(event, VisitCompleted | JobCompleted)] == [
        VisitCompleted,
        JobCompleted,
    ]
    with pytest.raises(NotPossible, match="already complete"):
        complete(job, tess)
    assert StockMovement.objects.filter(kind="used").count() == 1


def test_a_failing_listener_undoes_completion_and_stock(make_job, make_part, simple, tess, monkeypatch):
    part = make_part(on={tess.technician.truck: Decimal(3)})
    job = make_job(technician=tess, job_type=simple)
    go(job, tess)
    use(job, tess, part)
    monkeypatch.setitem(events._subscribers, JobCompleted, [lambda event: 1 / 0])
    with pytest.raises(ZeroDivisionError):
        complete(job, tess)
    job.visit.refresh_from_db()
    assert job.visit.state == VisitState.ON_SITE
    assert not StockMovement.objects.filter(kind="used").exists()


def test_a_part_that_is_not_on_the_truck_is_used_and_flagged(make_job, make_part, simple, tess):
    part = make_part(on={})
    job = make_job(technician=tess, job_type=simple)
    go(job, tess)
    assert use(job, tess, part, "1").was_short
    complete(job, tess)
    level = StockLevel.objects.get(place=tess.technician.truck, part=part)
    assert level.on_hand == -1
    assert StockMovement.objects.get(kind="used").short_by == 1


@pytest.mark.parametrize("quantity", ["0", "-1"])
def test_a_quantity_that_is_not_positive_is_refused(make_job, make_part, tess, quantity):
    job = make_job(technician=tess)
    with pytest.raises(NotPossible, match="more than zero"):
        use(job, tess, make_part(), quantity)


def test_the_same_use_sent_twice_is_one(make_job, make_part, simple, tess):
    part = make_part(on={tess.technician.truck: Decimal(5)})
    job, key = make_job(technician=tess, job_type=simple), uuid4()
    go(job, tess)
    assert use(job, tess, part, key=key) == use(job, tess, part, key=key)
    complete(job, tess)
    assert StockLevel.objects.get(part=part).on_hand == 4


def test_a_part_taken_back_stays_on_the_truck(make_job, make_part, simple, tess):
    part = make_part(on={tess.technician.truck: Decimal(5)})
    job = make_job(technician=tess, job_type=simple)
    go(job, tess)
    actions.take_back_part(use(job, tess, part).uuid, visit_id=job.visit.pk, now=instant(15, 40))
    complete(job, tess)
    assert StockLevel.objects.get(part=part).on_hand == 5


def test_what_is_missing_is_said_and_nothing_changes(make_job, tess):
    kind = JobTypeFactory(needs_photo=True, needs_signature=True)
    job = make_job(technician=tess, job_type=kind)
    VisitCheck.objects.create(visit=job.visit, text="Filter", is_required=True)
    go(job, tess)
    with pytest.raises(NotPossible, match="Filter") as refusal:
        complete(job, tess, parts_confirmed=False)
    assert "photo" in str(refusal.value)
    job.visit.refresh_from_db()
    assert job.visit.state == VisitState.ON_SITE


def test_a_visit_is_not_complete_before_anybody_arrived(make_job, simple, tess):
    job = make_job(technician=tess, job_type=simple)
    with pytest.raises(NotPossible, match="On site"):
        complete(job, tess)


def test_a_return_puts_the_next_visit_of_the_same_job_into_the_tray(make_job, tess):
    job = make_job(technician=tess)
    go(job, tess)
    visit = complete(job, tess, outcome="return_needed", note="Needs a 45/5 capacitor")
    job.refresh_from_db()
    following = job.visits.exclude(pk=visit.pk).get()
    assert (visit.state, visit.outcome) == (VisitState.DONE, "return_needed")
    assert (following.state, following.sequence, job.state) == (VisitState.UNSCHEDULED, 2, JobState.BOOKED)
    assert job.notes.get().body == "Needs a 45/5 capacitor"


def test_the_last_one_out_ends_a_crew_visit(make_job, simple, tess, tom):
    job = make_job(technician=tess, job_type=simple)
    actions.add_technician(
        job.visit.pk, technician_id=tom.technician.pk, version=job.visit.version, now=instant(14)
    )
    go(job, tess)
    go(job, tom)
    assert complete(job, tess).state == VisitState.ON_SITE
    assert complete(job, tom).state == VisitState.DONE


def test_a_helper_who_never_set_out_is_released_at_the_end(make_job, simple, tess, tom):
    job = make_job(technician=tess, job_type=simple)
    actions.add_technician(
        job.visit.pk, technician_id=tom.technician.pk, version=job.visit.version, now=instant(14)
    )
    go(job, tess)
    visit = complete(job, tess)
    states = {row.technician_id: row.state for row in visit.assignments.all()}
    assert states[tom.technician.pk] == AssignmentState.RELEASED


def test_a_planned_visit_is_unused_when_the_job_ends_early(make_job, simple, tess):
    job = make_job(technician=tess, job_type=simple)
    spare = actions.add_visit(job.pk, now=instant(14))
    go(job, tess)
    complete(job, tess)
    spare.refresh_from_db()
    assert spare.state == VisitState.UNUSED


def test_no_access_ends_the_visit_and_asks_for_another(make_job, tess):
    job = make_job(technician=tess)
    go(job, tess)
    with pytest.raises(NotPossible, match="at the door"):
        actions.report_no_access(job.visit.pk, technician_id=tess.technician.pk, because="", now=instant(16))
    visit = actions.report_no_access(
        job.visit.pk, technician_id=tess.technician.pk, because="Nobody home", now=instant(16)
    )
    job.refresh_from_db()
    assert (visit.state, job.state) == (VisitState.NO_SHOW, JobState.BOOKED)
    assert job.visits.filter(state=VisitState.UNSCHEDULED).count() == 1


def test_a_pause_and_a_resume(make_job, tess):
    job = make_job(technician=tess)
    go(job, tess)
    assert (
        actions.pause(job.visit.pk, technician_id=tess.technician.pk, now=instant(16)).state
        == VisitState.PAUSED
    )
    assert (
        actions.resume(job.visit.pk, technician_id=tess.technician.pk, now=instant(16)).state
        == VisitState.ON_SITE
    )
    with pytest.raises(NotPossible, match="not paused"):
        actions.resume(job.visit.pk, technician_id=tess.technician.pk, now=instant(16))


def test_a_checklist_line_is_answered_and_a_reading_needs_its_number(make_job, tess):
    job = make_job(technician=tess)
    line = VisitCheck.objects.create(visit=job.visit, text="Delta-T", kind="reading", unit="F")
    with pytest.raises(NotPossible, match="Delta-T"):
        actions.answer_check(line.uuid, visit_id=job.visit.pk, now=instant(15))
    line = actions.answer_check(line.uuid, visit_id=job.visit.pk, now=instant(15), reading=Decimal("18.5"))
    assert line.is_answered
    with pytest.raises(NotPossible, match="not an answer"):
        actions.answer_check(line.uuid, visit_id=job.visit.pk, now=instant(15), answer="maybe")
    assert CheckAnswer.OPEN == ""


def test_a_photo_is_kept_once_and_what_is_none_is_refused(make_job, tess):
    job, key = make_job(technician=tess), uuid4()
    first = actions.add_photo(job.visit.pk, uuid=key, data=picture(), now=instant(15), caption="Plate")
    assert actions.add_photo(job.visit.pk, uuid=key, data=picture(), now=instant(15)) == first
    assert (first.width, first.height, len(first.received_sha256)) == (40, 30, 64)
    with pytest.raises(NotPossible, match="not a photo"):
        actions.add_photo(job.visit.pk, uuid=uuid4(), data=b"GIF89a but not really", now=instant(15))
    assert job.photos.count() == 1


def test_a_signature_is_given_once(make_job, tess):
    job, key = make_job(technician=tess), uuid4()
    signed = actions.sign(job.visit.pk, uuid=key, signer="Lisa Hall", png=picture(), now=instant(15))
    again = actions.sign(job.visit.pk, uuid=key, signer="Lisa Hall", png=picture(), now=instant(15))
    assert signed == again
    with pytest.raises(NotPossible, match="Lisa Hall has already signed"):
        actions.sign(job.visit.pk, uuid=uuid4(), signer="Somebody", png=picture(), now=instant(15))


def test_refrigerant_goes_on_the_record_with_the_visit_as_its_work(make_job, make_customer, make_unit, tess):
    customer = make_customer()
    unit = make_unit(site=customer.site)
    job = make_job(customer=customer, technician=tess)
    go(job, tess)
    record = actions.log_refrigerant(
        job.visit.pk,
        uuid=uuid4(),
        circuit_id=unit.circuit.pk,
        kind="added",
        ounces=Decimal(36),
        technician_id=tess.technician.pk,
        now=instant(15, 30),
    )
    assert (record.work_uuid, record.technician_id, record.ounces) == (job.visit.uuid, tess.pk, 36)


def test_refrigerant_into_a_unit_of_another_address_is_refused(make_job, make_unit, tess):
    job = make_job(technician=tess)
    with pytest.raises(NotPossible, match="not at the visit"):
        actions.log_refrigerant(
            job.visit.pk,
            uuid=uuid4(),
            circuit_id=make_unit().circuit.pk,
            kind="added",
            ounces=Decimal(10),
            technician_id=tess.technician.pk,
            now=instant(15),
        )


def test_a_reopened_job_takes_more_work(make_job, simple, tess):
    job = make_job(technician=tess, job_type=simple)
    go(job, tess)
    complete(job, tess)
    job = actions.reopen_job(job.pk, because="still warm upstairs", now=instant(20))
    assert (job.state, job.completed_at) == (JobState.IN_PROGRESS, None)
    assert actions.add_visit(job.pk, now=instant(20)).state == VisitState.UNSCHEDULED
