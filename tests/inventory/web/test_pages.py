"""The stock pages: what they show, and what a press does."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fsm.models import Review
from fsm.references import Reference
from inventory import actions
from inventory.models import MovementKind, Part, StockMovement, StockPlace

from ...factories import BranchFactory, PartFactory, StockPlaceFactory, UserBranchFactory, instant

pytestmark = pytest.mark.django_db
NOW = instant()


@pytest.fixture
def warehouse(branch):
    return StockPlaceFactory(name="Main warehouse", kind="warehouse")


@pytest.fixture
def truck(branch):
    return StockPlaceFactory(name="Truck 7")


def use(part, place, quantity, cause=None):
    cause = cause or Reference("visit", uuid.uuid4())
    actions.reserve(
        uuid=uuid.uuid4(), place_id=place.pk, part_id=part.pk, quantity=Decimal(quantity), cause=cause
    )
    return actions.use_reserved(cause, now=NOW)


def limits(part, place, minimum, maximum):
    actions.set_limits(place_id=place.pk, part_id=part.pk, minimum=Decimal(minimum), maximum=Decimal(maximum))


def page(client, name, *args, status=200, **query):
    answer = client.get(reverse(f"inventory:{name}", args=args), query)
    assert answer.status_code == status
    return answer.content.decode()


# Lists ----------------------------------------------------------------------------------------------


def test_the_list_of_parts_adds_up_all_places(casey_client, make_part, warehouse, truck):
    make_part(name="Capacitor", on={warehouse: Decimal(40), truck: Decimal("2.5")})
    html = page(casey_client, "parts")
    assert "Capacitor" in html
    assert "42.5" in html


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, {"Fine", "Low", "Negative"}),
        ({"look": "low"}, {"Low"}),
        ({"look": "negative"}, {"Negative"}),
        ({"standing": "inactive"}, {"Gone"}),
        ({"standing": "all"}, {"Fine", "Low", "Negative", "Gone"}),
        ({"q": "LW-1"}, {"Low"}),
        ({"q": "nothing like it"}, set()),
        ({"sort": "-total"}, {"Fine", "Low", "Negative"}),
        ({"sort": "password", "page": "99"}, {"Fine", "Low", "Negative"}),
    ],
)
def test_the_list_of_parts_is_narrowed_down(casey_client, make_part, truck, query, shown):
    make_part(name="Fine", on={truck: Decimal(5)})
    limits(make_part(name="Low", number="LW-1", on={truck: Decimal(1)}), truck, 2, 4)
    use(make_part(name="Negative"), truck, 1)
    make_part(name="Gone", is_active=False)
    html = page(casey_client, "parts", **query)
    assert {name for name in ("Fine", "Low", "Negative", "Gone") if f">{name}</a>" in html} == shown


def test_a_part_no_longer_stocked_is_not_called_low(casey_client, make_part, truck):
    part = make_part(on={truck: Decimal(1)}, is_active=False)
    limits(part, truck, 2, 4)
    assert "Low in" not in page(casey_client, "parts", standing="all")


def test_places_say_what_is_missing_there(casey_client, make_part, truck):
    use(make_part(), truck, 1)
    limits(make_part(), truck, 2, 4)
    html = page(casey_client, "places")
    assert "Truck 7" in html
    assert "1 below zero" in html
    assert "1 below minimum" in html


def test_a_place_shows_what_is_missing_first(casey_client, make_part, truck):
    make_part(name="A fine part", on={truck: Decimal(5)})
    limits(make_part(name="B low part", on={truck: Decimal(1)}), truck, 2, 4)
    use(make_part(name="C negative part"), truck, 1)
    html = page(casey_client, "place", truck.uuid)
    assert html.index("C negative part") < html.index("B low part") < html.index("A fine part")
    assert "Used but not on the truck: count it" in html


def test_the_part_page_shows_places_what_is_held_and_the_ledger(
    casey_client, make_part, make_job, truck, tess
):
    part = make_part(name="Capacitor", on={truck: Decimal(5)})
    job = make_job(technician=tess)
    use(part, truck, 2, Reference("visit", job.visit.uuid))
    actions.reserve(
        uuid=uuid.uuid4(),
        place_id=truck.pk,
        part_id=part.pk,
        quantity=Decimal(1),
        cause=Reference("visit", job.visit.uuid),
    )
    html = page(casey_client, "part", part.uuid)
    assert "Held for work under way" in html
    assert html.count(f"Job {job.number}, visit 1") == 2
    assert "Used on a job" in html
    assert "\N{MINUS SIGN}2" in html


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ({}, {"received", "transferred", "used"}),
        ({"kind": "used"}, {"used"}),
        ({"q": "CAP-45"}, {"received", "transferred", "used"}),
        ({"q": "FLT"}, set()),
        ({"q": "Test"}, {"received", "transferred", "used"}),
        ({"since": "2026-07-15"}, set()),
        ({"until": "2026-07-14"}, {"received", "transferred", "used"}),
        ({"until": "2026-07-13"}, set()),
        ({"since": "0001-01-01", "until": "9999-12-31"}, {"received", "transferred", "used"}),
        ({"since": "yesterday"}, {"received", "transferred", "used"}),
    ],
)
def test_the_ledger_is_narrowed_down(casey_client, make_part, warehouse, truck, query, kinds):
    part = make_part(number="CAP-45", on={warehouse: Decimal(5)})
    actions.transfer_stock(
        from_place_id=warehouse.pk,
        to_place_id=truck.pk,
        part_id=part.pk,
        quantity=Decimal(2),
        key="a",
        now=NOW,
    )
    use(part, truck, 1)
    html = page(casey_client, "movements", **query)
    signs = {
        "received": "into Main warehouse",
        "transferred": "Main warehouse → Truck 7",
        "used": "out of Truck 7",
    }
    assert {kind for kind, sign in signs.items() if sign in html} == kinds


def test_the_ledger_of_a_place_shows_what_went_in_and_out(casey_client, make_part, warehouse, truck):
    part = make_part(on={warehouse: Decimal(5)})
    use(part, truck, 1)
    html = page(casey_client, "movements", place=str(truck.uuid))
    assert "out of Truck 7" in html
    assert "into Main warehouse" not in html


def test_a_movement_just_before_midnight_belongs_to_its_local_day(casey_client, make_part, warehouse):
    part = make_part()
    late = instant(4, 59) + timedelta(days=1)  # 23:59 on July 14 in Texas
    actions.receive_stock(place_id=warehouse.pk, part_id=part.pk, quantity=Decimal(1), key="late", now=late)
    assert "into Main warehouse" in page(casey_client, "movements", since="2026-07-14", until="2026-07-14")
    assert "into Main warehouse" not in page(casey_client, "movements", since="2026-07-15")


# Deeds ----------------------------------------------------------------------------------------------


def transfer_form(part, source, target, quantity, **more):
    return {
        "once": str(uuid.uuid4()),
        "from_place": str(source.uuid),
        "to_place": str(target.uuid),
        "part": str(part.uuid),
        "part_text": part.number,
        "quantity": quantity,
        **more,
    }


def test_pressing_transfer_twice_moves_once(dana_client, make_part, warehouse, truck):
    part = make_part(on={warehouse: Decimal(10)})
    form = transfer_form(part, warehouse, truck, "4")
    for _ in range(2):
        assert dana_client.post(reverse("inventory:transfer"), form).status_code == 302
    assert actions.on_hand(truck.pk, part.pk) == 4
    assert StockMovement.objects.get(kind=MovementKind.TRANSFERRED).actor_name == "Dana Whitfield"


def test_more_than_is_there_is_refused_in_the_form_and_nothing_typed_is_lost(
    dana_client, make_part, warehouse, truck
):
    part = make_part(number="CAP-45", on={warehouse: Decimal(3)})
    answer = dana_client.post(
        reverse("inventory:transfer"), transfer_form(part, warehouse, truck, "4", note="for Monday")
    )
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Only 3 of CAP-45 are in Main warehouse" in html
    assert 'value="for Monday"' in html
    assert actions.on_hand(warehouse.pk, part.pk) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": "-1"},
        {"quantity": "0"},
        {"quantity": "1e9"},
        {"quantity": "NaN"},
        {"quantity": "a few"},
        {"quantity": "0.0001"},
        {"to_place": str(uuid.UUID(int=4))},
        {"to_place": ""},
        {"part": "", "part_text": "no such part"},
        {"part": "", "part_text": ""},
        {"part": "x"},
        {"once": "x"},
    ],
)
def test_a_form_that_makes_no_sense_moves_nothing(dana_client, make_part, warehouse, truck, wrong):
    part = make_part(on={warehouse: Decimal(10)})
    answer = dana_client.post(
        reverse("inventory:transfer"), transfer_form(part, warehouse, truck, "4") | wrong
    )
    assert answer.status_code == 422
    assert actions.on_hand(warehouse.pk, part.pk) == 10


def test_a_scanned_barcode_names_the_part(dana_client, make_part, warehouse, truck):
    part = make_part(on={warehouse: Decimal(10)}, barcode="400000203348")
    form = transfer_form(part, warehouse, truck, "1") | {"part": "", "part_text": part.barcode}
    assert dana_client.post(reverse("inventory:transfer"), form).status_code == 302
    assert actions.on_hand(truck.pk, part.pk) == 1


def test_the_form_shows_how_much_is_there(dana_client, make_part, warehouse, truck):
    part = make_part(on={warehouse: Decimal(10)})
    limits(part, truck, 2, 6)
    html = page(
        dana_client, "there", part=str(part.uuid), from_place=str(warehouse.uuid), to_place=str(truck.uuid)
    )
    assert html.index("Main warehouse") < html.index(">10<") < html.index("Truck 7")
    assert "should hold 2 to 6" in html
    assert "Choose a part" in page(dana_client, "there", part="x", from_place="y")


def test_a_part_from_the_address_is_already_chosen(dana_client, make_part, warehouse, truck):
    part = make_part(number="CAP-45", on={warehouse: Decimal(10)})
    html = page(dana_client, "transfer", part=str(part.uuid), to=str(truck.uuid))
    assert f'value="{part.uuid}"' in html
    assert f'<option value="{truck.uuid}" selected>' in html
    assert f'<option value="{warehouse.uuid}" selected>' in html


def test_pressing_receive_twice_receives_once(dana_client, make_part, warehouse):
    part = make_part(cost=Decimal("11.2500"))
    form = {
        "once": str(uuid.uuid4()),
        "place": str(warehouse.uuid),
        "part": str(part.uuid),
        "part_text": part.number,
        "quantity": "12.5",
        "unit_cost": "10.0425",
        "note": "Packing slip 7",
    }
    for _ in range(2):
        assert dana_client.post(reverse("inventory:receive"), form).status_code == 302
    moved = StockMovement.objects.get(part=part)
    assert (moved.quantity, moved.unit_cost, moved.note) == (
        Decimal("12.5"),
        Decimal("10.0425"),
        "Packing slip 7",
    )


def test_suggestions_leave_out_parts_that_are_no_longer_stocked(dana_client, make_part, warehouse):
    make_part(name="Capacitor new", on={warehouse: Decimal(7)})
    make_part(name="Capacitor old", is_active=False)
    html = page(dana_client, "find-parts", q="capac")
    assert "Capacitor new" in html
    assert "7 on hand" in html
    assert "Capacitor old" not in html


def test_a_count_puts_a_negative_place_right_and_twice_counts_once(
    dana_client, marcus_client, make_part, truck
):
    part = make_part()
    use(part, truck, 1)
    form = {"once": str(uuid.uuid4()), "expected": "-1", "counted": "2", "note": "found in a box"}
    for _ in range(2):
        answer = dana_client.post(reverse("inventory:count", args=[truck.uuid, part.uuid]), form)
        assert answer.status_code == 302
    review = Review.objects.get()
    assert actions.on_hand(truck.pk, part.pk) == -1
    assert (
        marcus_client.post(reverse("fsm:approve-review", args=[review.uuid]), {"version": 1}).status_code
        == 302
    )
    assert actions.on_hand(truck.pk, part.pk) == 2
    assert StockMovement.objects.get(kind=MovementKind.COUNTED).quantity == 3


def test_a_count_of_stock_that_moved_meanwhile_says_what_is_there_now(
    dana_client, make_part, warehouse, truck
):
    part = make_part(on={truck: Decimal(5)})
    form = {"once": str(uuid.uuid4()), "expected": "6", "counted": "4"}
    answer = dana_client.post(reverse("inventory:count", args=[truck.uuid, part.uuid]), form)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Stock moved while you were counting" in html
    assert 'name="expected" value="5.000"' in html
    assert 'value="4"' in html
    assert actions.on_hand(truck.pk, part.pk) == 5


def test_limits_are_set_on_the_page_of_a_level(marcus_client, make_part, truck):
    part = make_part()
    where = reverse("inventory:set-limits", args=[truck.uuid, part.uuid])
    assert marcus_client.post(where, {"minimum": "2", "maximum": "1"}).status_code == 409
    assert marcus_client.post(where, {"minimum": "x", "maximum": "1"}).status_code == 422
    assert marcus_client.post(where, {"minimum": "2", "maximum": "6"}).status_code == 302
    assert part.levels.get().maximum == 6


def test_a_part_is_added_once_and_a_taken_number_is_refused_beside_its_field(marcus_client, branch):
    form = {
        "once": str(uuid.uuid4()),
        "number": "CAP-45",
        "name": "Capacitor",
        "unit": "each",
        "cost": "11.25",
    }
    for _ in range(2):
        assert marcus_client.post(reverse("inventory:add-part"), form).status_code == 302
    part = Part.objects.get()
    answer = marcus_client.post(reverse("inventory:add-part"), form | {"once": str(uuid.uuid4())})
    assert answer.status_code == 409
    assert "CAP-45 is already in use" in answer.context["form"].errors["number"][0]
    assert part.cost == Decimal("11.25")


def test_an_edit_from_an_old_page_shows_what_stands_there_and_can_be_saved_again(marcus_client, make_part):
    part = make_part(name="Capacitor")
    form = {"name": "Mine", "unit": "each", "cost": "5", "barcode": "", "is_active": "on", "version": "1"}
    where = reverse("inventory:edit-part", args=[part.uuid])
    assert marcus_client.post(where, form | {"name": "Theirs"}).status_code == 302
    answer = marcus_client.post(where, form)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs" in html
    assert 'name="version" value="2"' in html
    assert marcus_client.post(where, form | {"version": "2"}).status_code == 302
    part.refresh_from_db()
    assert (part.name, part.version) == ("Mine", 3)


def test_a_place_is_added_edited_and_closed(marcus_client, branch, make_part):
    answer = marcus_client.post(
        reverse("inventory:add-place"), {"once": str(uuid.uuid4()), "name": "Truck 9", "kind": "truck"}
    )
    assert answer.status_code == 302
    place = StockPlace.objects.get()
    make_part(on={place: Decimal(1)})
    where = reverse("inventory:edit-place", args=[place.uuid])
    assert marcus_client.post(where, {"name": "Truck 10"}).status_code == 409
    assert marcus_client.post(where, {"name": "Truck 10", "is_active": "on"}).status_code == 302
    place.refresh_from_db()
    assert (place.name, place.is_active) == ("Truck 10", True)


# Who may --------------------------------------------------------------------------------------------

SEE = ["parts", "places", "movements", "find-parts", "there"]
MOVE = ["receive", "transfer"]
EDIT = ["add-part", "add-place"]


@pytest.mark.parametrize("name", SEE + MOVE + EDIT)
def test_a_technician_sees_no_stock_pages(tess_client, name):
    assert tess_client.get(reverse(f"inventory:{name}")).status_code == 403


@pytest.mark.parametrize(("name", "status"), [*((n, 200) for n in SEE + MOVE), *((n, 403) for n in EDIT)])
def test_a_dispatcher_moves_stock_and_edits_no_parts(dana_client, name, status):
    assert dana_client.get(reverse(f"inventory:{name}")).status_code == status


@pytest.mark.parametrize(("name", "status"), [*((n, 200) for n in SEE), *((n, 403) for n in MOVE + EDIT)])
def test_a_bookkeeper_looks_at_stock_only(bea_client, name, status):
    assert bea_client.get(reverse(f"inventory:{name}")).status_code == status


def test_deeds_on_a_level_need_their_right_and_a_press(bea_client, dana_client, make_part, truck):
    part = make_part()
    count, limit = (reverse(f"inventory:{n}", args=[truck.uuid, part.uuid]) for n in ("count", "set-limits"))
    assert bea_client.post(count, {}).status_code == 403
    assert dana_client.post(limit, {}).status_code == 403
    assert dana_client.get(count).status_code == 405


def test_a_person_of_one_branch_sees_its_places_only(marcus, marcus_client, make_part, truck):
    north = StockPlaceFactory(name="North truck", branch=BranchFactory(name="North"))
    UserBranchFactory(user=marcus, branch=truck.branch)
    html = page(marcus_client, "places")
    assert "Truck 7" in html
    assert "North truck" not in html
    page(marcus_client, "place", north.uuid, status=404)
    part = make_part(on={north: Decimal(3)})
    assert "North truck" not in page(marcus_client, "transfer", part=str(part.uuid))


# Budgets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["parts", "places", "place", "part", "level", "movements"])
def test_twenty_rows_cost_as_many_queries_as_one(
    marcus_client, make_part, make_job, tess, warehouse, django_assert_max_num_queries, name
):
    part = make_part()
    first = StockPlaceFactory(name="Truck 0")
    cause = Reference("visit", make_job(technician=tess).visit.uuid)
    where = {"place": [first.uuid], "part": [part.uuid], "level": [first.uuid, part.uuid]}.get(name, [])

    def fill(n):
        for _ in range(n):
            actions.receive_stock(
                place_id=StockPlaceFactory().pk,
                part_id=part.pk,
                quantity=Decimal(2),
                key=str(uuid.uuid4()),
                now=NOW,
            )
            use(PartFactory(), first, 1, cause)
            use(part, first, 1, cause)

    fill(1)
    page(marcus_client, name, *where)
    with CaptureQueriesContext(connection) as one:
        page(marcus_client, name, *where)
    fill(19)
    with django_assert_max_num_queries(len(one.captured_queries)):
        page(marcus_client, name, *where)
    assert len(one.captured_queries) <= 20
