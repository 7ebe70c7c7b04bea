"""Who stands on the board."""

from decimal import Decimal
from uuid import uuid4

import pytest

from dispatch import actions as work
from dispatch.models import Technician
from fsm import actions
from inventory.models import PlaceKind

from ..factories import StockPlaceFactory, instant

pytestmark = pytest.mark.django_db


def add(olivia, role="technician", username="nina"):
    return actions.add_person(
        by=olivia, username=username, name="Nina Park", role=role, password="a long enough secret"
    )


def test_a_new_technician_has_a_row_on_the_board_with_the_usual_shifts(olivia):
    technician = Technician.objects.get(user=add(olivia))
    assert technician.is_active
    assert technician.shifts.count() == 5


def test_an_office_person_has_no_row(olivia):
    add(olivia, role="office")
    assert not Technician.objects.exists()


def test_who_leaves_the_role_leaves_the_board_and_may_come_back(olivia):
    person = add(olivia)
    actions.change_person(person.pk, by=olivia, role="dispatcher")
    assert not Technician.objects.get(user=person).is_active
    actions.change_person(person.pk, by=olivia, role="technician")
    assert Technician.objects.get(user=person).is_active


def test_without_a_truck_parts_come_from_the_warehouse(make_job, make_part, tess, branch):
    technician = tess.technician
    technician.truck = None
    technician.save()
    warehouse = StockPlaceFactory(kind=PlaceKind.WAREHOUSE, branch=branch)
    part = make_part(on={warehouse: Decimal(3)})
    job = make_job(technician=tess)
    use = work.use_part(
        job.visit.pk,
        uuid=uuid4(),
        part_id=part.pk,
        quantity=Decimal(1),
        technician_id=technician.pk,
        now=instant(15),
    )
    assert (use.place, use.was_short) == (warehouse, False)
