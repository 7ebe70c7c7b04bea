"""Parts and places."""

import uuid
from decimal import Decimal

import pytest

from fsm.attribution import attributed
from fsm.states import NotPossible, Stale
from inventory import actions
from inventory.models import Part, StockPlace

from ..factories import BranchFactory, PartFactory, StockPlaceFactory

pytestmark = pytest.mark.django_db


def edit(part, **changes):
    facts = {name: getattr(part, name) for name in ("name", "cost", "unit", "barcode", "is_active")}
    return actions.edit_part(part.pk, **(facts | {"version": part.version} | changes))


def test_a_part_number_is_taken_once_however_it_is_written(branch):
    actions.add_part(number="CAP-45", name="Capacitor")
    with pytest.raises(NotPossible, match="already in use") as refusal:
        actions.add_part(number="cap-45", name="Another")
    assert refusal.value.field == "number"


def test_a_barcode_belongs_to_one_part(branch):
    actions.add_part(number="CAP-45", name="Capacitor", barcode="400000203348")
    with pytest.raises(NotPossible, match="already belongs to CAP-45") as refusal:
        actions.add_part(number="CAP-50", name="Another", barcode="400000203348")
    assert refusal.value.field == "barcode"
    other = actions.add_part(number="CAP-55", name="A third")
    with pytest.raises(NotPossible, match="already belongs to CAP-45"):
        edit(other, barcode="400000203348")


def test_the_same_uuid_adds_one_part_and_one_place(branch):
    unique = uuid.uuid4()
    for _ in range(2):
        actions.add_part(number="CAP-45", name="Capacitor", uuid=unique)
        actions.add_place(name="Truck 9", kind="truck", branch_id=branch.pk, uuid=unique)
    assert (Part.objects.count(), StockPlace.objects.count()) == (1, 1)


def test_an_edit_from_an_old_page_is_stale_and_says_what_stands_there(branch, dana):
    seen = PartFactory(name="Capacitor", cost=Decimal("11.2500"))
    with attributed(user=dana):
        edit(Part.objects.get(), name="Dual capacitor")
    with pytest.raises(Stale, match="Dana Whitfield") as stale:
        edit(seen, cost=Decimal("12"))
    assert "Dual capacitor" in stale.value.theirs.values()
    assert Part.objects.get().cost == Decimal("11.2500")


def test_a_part_that_keeps_its_barcode_can_be_edited(branch):
    part = actions.add_part(number="CAP-45", name="Capacitor", barcode="400000203348")
    assert edit(part, name="Dual capacitor").name == "Dual capacitor"
    assert Part.history.count() == 2


def test_a_place_name_is_taken_once(branch):
    StockPlaceFactory(name="Truck 1")
    with pytest.raises(NotPossible, match="already a place called truck 1"):
        actions.add_place(name="truck 1", kind="truck", branch_id=branch.pk)
    other = StockPlaceFactory(name="Truck 2")
    with pytest.raises(NotPossible, match="already a place"):
        actions.edit_place(other.pk, name="Truck 1", branch_id=branch.pk, is_active=True)


def test_a_place_is_closed_only_when_it_is_empty(branch, make_part):
    truck, empty = StockPlaceFactory.create_batch(2)
    make_part(on={truck: Decimal(1)})
    with pytest.raises(NotPossible, match="still holds parts"):
        actions.edit_place(truck.pk, name=truck.name, branch_id=branch.pk, is_active=False)
    closed = actions.edit_place(empty.pk, name="Old truck", branch_id=branch.pk, is_active=False)
    assert (closed.name, closed.is_active) == ("Old truck", False)


def test_a_place_can_move_to_another_branch(branch):
    truck = StockPlaceFactory()
    north = BranchFactory(name="North")
    moved = actions.edit_place(truck.pk, name=truck.name, branch_id=north.pk, is_active=True)
    assert moved.branch == north


@pytest.mark.parametrize("text", ["45/5", "cap 45", "CAP-45-5", "cap455", "400000203348", "  dual  cap "])
def test_a_part_is_found_by_number_name_or_barcode(branch, text):
    wanted = PartFactory(number="CAP-45-5", name="Dual capacitor 45/5", barcode="400000203348")
    PartFactory(number="FLT-16", name="Filter 16x20")
    assert list(Part.objects.matching(text)) == [wanted]


def test_a_scanned_barcode_or_typed_number_means_one_part(branch):
    part = PartFactory(number="CAP-45-5", barcode="400000203348")
    PartFactory(number="CAP-45-50", barcode="400000203347")
    assert Part.objects.meant_by("400000203348").get() == part
    assert Part.objects.meant_by("cap-45-5").get() == part
    assert not Part.objects.meant_by("").exists()
