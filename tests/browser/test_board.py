"""The dispatcher's board in a real browser: drag, resize, keys, dialog, undo, and a second dispatcher."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from dispatch import actions
from dispatch.models import Assignment, Visit
from dispatch.states import AssignmentState, VisitState
from tests import factories as make
from tests.browser.conftest import settle
from tests.conftest import client_of
from tests.factories import instant

BOARD = "/board/?day=2026-07-14"


@pytest.fixture
def two_rows(tess, tom):
    """Two technicians on shift."""
    for person in (tess, tom):
        make.ShiftFactory(technician=person.technician, weekday=1)
    return tess, tom


def ready(page: Page) -> Page:
    page.wait_for_selector("#board.on")
    return page


def card(page: Page, visit: Visit, part: str = "#board"):
    return page.locator(f'{part} .visit[data-visit="{visit.uuid}"]')


def row(person) -> str:
    return f"#row-{person.technician.uuid}"


def spot(page: Page, person, minute: int) -> tuple[float, float]:
    """The point of the screen at a minute of somebody's row."""
    box = page.locator(f"{row(person)} .track").bounding_box()
    style = "getComputedStyle(document.getElementById('board')).getPropertyValue"
    opens, span = (float(page.evaluate(f"{style}('{name}')")) for name in ("--opens", "--range"))
    return box["x"] + (minute - opens) / span * box["width"], box["y"] + box["height"] / 2


def drag(page: Page, source, person, minute: int, *, grab: float = 4, steps: int = 6) -> None:
    """Takes a card by its left end and lets go where it would start at the minute."""
    box = source.locator(".card").bounding_box()
    page.mouse.move(box["x"] + grab, box["y"] + 12)
    page.mouse.down()
    x, y = spot(page, person, minute)
    page.mouse.move(x + grab, y, steps=steps)
    page.mouse.up()


def stands(visit: Visit, person, hour: int, minute: int = 0, minutes: int = 60) -> bool:
    """Whether the visit is planned there, soon."""
    patience = time.monotonic() + 15
    while time.monotonic() < patience:
        found = Assignment.objects.exclude(state=AssignmentState.RELEASED).filter(
            visit=visit,
            technician=person.technician,
            starts_at=instant(hour, minute),
            ends_at=instant(hour, minute) + timedelta(minutes=minutes),
        )
        if found.exists():
            return True
        time.sleep(0.05)
    return False


def make_tab_reach(page: Page, target) -> None:
    """Presses Tab until the target has the focus, as somebody without a mouse would."""
    page.locator("#pick-day input").focus()
    for _ in range(15):
        page.keyboard.press("Tab")
        if target.evaluate("part => part === document.activeElement"):
            return
    raise AssertionError("Tab does not reach it")


def test_a_drag_from_the_tray_gives_a_visit_its_place(house, dana, two_rows, make_job):
    tess, _tom = two_rows
    visit = make_job(minutes=90).visit
    page = ready(house.open(dana, BOARD))
    drag(page, card(page, visit, "#tray"), tess, 10 * 60)
    expect(card(page, visit, row(tess))).to_have_attribute("data-version", str(visit.version + 1))
    assert stands(visit, tess, 15, minutes=90)
    expect(page.locator("#tray [data-count]")).to_have_text("0")
    expect(page.locator("#tray .tray-empty")).to_be_visible()


def test_a_drag_between_rows_and_along_time_snaps_to_quarters(house, dana, two_rows, make_job):
    tess, tom = two_rows
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    page = ready(house.open(dana, BOARD))
    drag(page, card(page, visit), tom, 13 * 60 + 33)
    expect(card(page, visit, row(tom)).locator(".card")).to_be_visible()
    assert stands(visit, tom, 18, 30)
    expect(card(page, visit, row(tess))).to_have_count(0)


def test_alt_drags_in_steps_of_five_minutes(house, dana, two_rows, make_job):
    tess, _tom = two_rows
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    page = ready(house.open(dana, BOARD))
    page.keyboard.down("Alt")
    drag(page, card(page, visit), tess, 12 * 60 + 10)
    page.keyboard.up("Alt")
    assert stands(visit, tess, 17, 10)


def test_the_right_edge_makes_a_visit_longer(house, dana, two_rows, make_job):
    tess, _tom = two_rows
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    page = ready(house.open(dana, BOARD))
    edge = card(page, visit).locator(".edge").bounding_box()
    page.mouse.move(edge["x"] + 4, edge["y"] + 20)
    page.mouse.down()
    page.mouse.move(spot(page, tess, 12 * 60)[0], edge["y"] + 20, steps=5)
    page.mouse.up()
    assert stands(visit, tess, 15, minutes=120)


def test_a_drag_onto_the_tray_unschedules_and_undo_brings_it_back(house, dana, two_rows, make_job):
    tess, _tom = two_rows
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    page = ready(house.open(dana, BOARD))
    box, tray = card(page, visit).locator(".card").bounding_box(), page.locator("#tray").bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(tray["x"] + 60, tray["y"] + 200, steps=6)
    page.mouse.up()
    expect(card(page, visit, "#tray").locator(".card")).to_be_visible()
    expect(page.locator("#undo p")).to_contain_text("waits in the tray")
    page.locator("#undo button").click()
    expect(card(page, visit, row(tess)).locator(".card")).to_be_visible()
    assert stands(visit, tess, 15)


def test_escape_during_a_drag_changes_nothing(house, dana, two_rows, make_job):
    tess, tom = two_rows
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    page = ready(house.open(dana, BOARD))
    box = card(page, visit).locator(".card").bounding_box()
    page.mouse.move(box["x"] + 4, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(*spot(page, tom, 13 * 60), steps=5)
    expect(page.locator(".slot")).to_be_visible()
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".slot, .ghost")).to_have_count(0)
    visit.refresh_from_db()
    assert visit.version == 2


def test_an_overlap_is_refused_with_the_card_back_in_its_place(
    house, dana, two_rows, make_job, make_customer
):
    tess, tom = two_rows
    make_job(customer=make_customer(name="Ada's Bakery"), technician=tom, starts_at=instant(18))
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    page = ready(house.open(dana, BOARD))
    before = card(page, visit).locator(".card").bounding_box()
    with page.expect_response("**/board/rows/**") as drawn_anew:
        drag(page, card(page, visit), tom, 13 * 60 + 30)
        expect(page.locator(".toast.error")).to_contain_text("Tom Okafor is already at Ada's Bakery")
    drawn_anew.value.finished()
    settle(page)
    expect(card(page, visit, row(tess)).locator(".card")).to_be_visible()
    expect(card(page, visit, row(tess))).not_to_have_class(re.compile("saving"))
    expect(card(page, visit).locator(".card")).to_be_visible()
    assert card(page, visit).locator(".card").bounding_box() == before
    assert stands(visit, tess, 15)


def test_a_second_dispatcher_sees_the_move_without_reloading(house, dana, marcus, two_rows, make_job):
    tess, tom = two_rows
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    mine, theirs = (ready(house.open(person, BOARD)) for person in (dana, marcus))
    expect(theirs.locator("span[data-connection]")).to_have_attribute("data-state", "live")
    theirs.evaluate("window.sameDocument = true")
    drag(mine, card(mine, visit), tom, 13 * 60)
    expect(card(mine, visit, row(tom))).to_have_attribute("data-version", "3")
    expect(card(theirs, visit, row(tom)).locator(".card")).to_be_visible(timeout=2000)
    expect(card(theirs, visit, row(tess))).to_have_count(0)
    assert theirs.evaluate("window.sameDocument")


def test_what_others_do_waits_while_a_card_is_in_the_hand(house, dana, two_rows, make_job):
    tess, tom = two_rows
    held = make_job(technician=tess, starts_at=instant(15)).visit
    other = make_job(technician=tess, starts_at=instant(19)).visit
    page = ready(house.open(dana, BOARD))
    expect(page.locator("span[data-connection]")).to_have_attribute("data-state", "live")
    box = card(page, held).locator(".card").bounding_box()
    page.mouse.move(box["x"] + 4, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(*spot(page, tom, 13 * 60), steps=5)
    with page.expect_response("**/board/rows/**") as answered:
        actions.place_visit(
            other.pk,
            technician_id=tom.technician.pk,
            starts_at=instant(20),
            ends_at=instant(21),
            version=other.version,
            now=instant(14),
        )
    answered.value.finished()
    settle(page)
    expect(card(page, other, row(tess))).to_have_count(1)
    expect(page.locator(".slot")).to_be_visible()
    page.mouse.up()
    expect(card(page, other, row(tom)).locator(".card")).to_be_visible()
    expect(card(page, held, row(tom)).locator(".card")).to_be_visible()


def test_the_keyboard_alone_brings_a_visit_from_the_tray_to_a_row(house, dana, two_rows, make_job):
    _tess, tom = two_rows
    visit = make_job(window=(instant(15), instant(17)), minutes=60).visit
    page = ready(house.open(dana, BOARD))
    make_tab_reach(page, card(page, visit, "#tray").locator(".card"))
    page.keyboard.press("Control+ArrowDown")  # lifts it onto the first row, at the window's start
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#board-says")).to_contain_text("Tom Okafor")
    page.keyboard.press("Enter")
    assert stands(visit, tom, 15, 30)
    expect(card(page, visit, row(tom)).locator(".card")).to_be_focused()


def test_our_own_move_is_not_fetched_a_second_time(house, dana, two_rows, make_job):
    tess, tom = two_rows
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    other = make_job(technician=tess, starts_at=instant(19)).visit
    page = ready(house.open(dana, BOARD))
    expect(page.locator("span[data-connection]")).to_have_attribute("data-state", "live")
    asked: list[str] = []
    page.on("request", lambda request: "/board/rows/" in request.url and asked.append(request.url))
    drag(page, card(page, visit), tom, 13 * 60)
    expect(card(page, visit, row(tom))).to_have_attribute("data-version", "3")
    actions.unschedule_visit(other.pk, version=other.version, now=instant(14))  # heard after our own
    expect(card(page, other, "#tray").locator(".card")).to_be_visible()
    assert len(asked) == 1
    assert str(other.uuid) in asked[0]
    assert str(visit.uuid) not in asked[0]


def test_where_the_stream_is_down_the_board_asks_by_itself(house, dana, two_rows, make_job):
    tess, tom = two_rows
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    page = house.chromium.new_context(base_url=house.url)
    house.contexts.append(page)
    page.route("**/live/**", lambda route: route.abort())
    key = client_of(dana).cookies["sessionid"].value
    page.add_cookies([{"name": "sessionid", "value": key, "url": house.url}])
    page = page.new_page()
    page.clock.install()
    page.goto(BOARD)
    ready(page)
    actions.place_visit(
        visit.pk,
        technician_id=tom.technician.pk,
        starts_at=instant(18),
        ends_at=instant(19),
        version=visit.version,
        now=instant(14),
    )
    page.clock.run_for(21000)
    expect(card(page, visit, row(tom)).locator(".card")).to_be_visible()


def test_escape_puts_a_lifted_visit_back(house, dana, two_rows, make_job):
    tess, tom = two_rows
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    page = ready(house.open(dana, BOARD))
    card(page, visit).locator(".card").focus()
    page.keyboard.press("Control+ArrowDown")
    expect(page.locator(f"{row(tom)} .slot")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".slot")).to_have_count(0)
    expect(card(page, visit).locator(".card")).to_be_focused()
    assert stands(visit, tess, 15)


def test_arrows_go_from_visit_to_visit_with_one_tab_stop(house, dana, two_rows, make_job):
    tess, tom = two_rows
    first = make_job(technician=tess, starts_at=instant(14)).visit
    second = make_job(technician=tess, starts_at=instant(18)).visit
    below = make_job(technician=tom, starts_at=instant(19)).visit
    page = ready(house.open(dana, BOARD))
    assert page.locator('#rows a.card[tabindex="0"]').count() == 1
    make_tab_reach(page, card(page, first).locator(".card"))
    for key, visit in (("ArrowRight", second), ("ArrowDown", below), ("ArrowUp", second), ("Home", first)):
        page.keyboard.press(key)
        expect(card(page, visit).locator(".card")).to_be_focused()
    waiting = make_job().visit
    expect(card(page, waiting, "#tray").locator(".card")).to_be_visible()
    for key, visit in (("t", waiting), ("b", first)):
        page.keyboard.press(key)
        expect(card(page, visit).locator(".card")).to_be_focused()


def test_the_move_dialog_is_another_way_than_dragging(house, dana, two_rows, make_job, make_customer):
    tess, tom = two_rows
    make_job(customer=make_customer(name="Ada's Bakery"), technician=tom, starts_at=instant(18))
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    page = ready(house.open(dana, BOARD))
    card(page, visit).locator(".card").click()
    page.locator("#visit-panel [data-move]").click()
    dialog = page.locator("#move")
    expect(dialog.get_by_label("Technician")).to_be_focused()
    dialog.get_by_label("Technician").select_option(label="Tom Okafor")
    dialog.get_by_label("Starts").fill("13:30")
    dialog.locator("[data-go]").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Tom Okafor is already at Ada's Bakery")
    dialog.get_by_label("Starts").fill("14:15")
    dialog.get_by_label("Minutes").fill("45")
    dialog.locator("[data-go]").click()
    expect(dialog).to_be_hidden()
    assert stands(visit, tom, 19, 15, minutes=45)
    page.locator("#undo button").click()
    assert stands(visit, tess, 15)


def test_the_dialog_moves_a_visit_to_another_day_and_says_so(house, dana, two_rows, make_job):
    tess, _tom = two_rows
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    page = ready(house.open(dana, BOARD))
    card(page, visit).locator(".card").press("m")
    page.locator("#move").get_by_label("Day").fill("2026-07-15")
    page.locator("#move [data-go]").click()
    expect(page.locator(".toast.success")).to_contain_text("has its place on another day")
    expect(card(page, visit)).to_have_count(0)
    visit.refresh_from_db()
    assert visit.starts_at == instant(15) + timedelta(days=1)


def test_a_card_opens_its_details_and_a_helper_is_sent_along(house, dana, two_rows, make_job, make_customer):
    tess, tom = two_rows
    visit = make_job(customer=make_customer(phone="5125550142"), technician=tess).visit
    page = ready(house.open(dana, BOARD))
    card(page, visit).locator(".card").click()
    panel = page.locator("#visit-panel")
    expect(panel.get_by_role("link", name="(512) 555-0142")).to_be_visible()
    panel.get_by_role("button", name="Send along").click()
    expect(card(page, visit, row(tom)).locator(".card")).to_be_visible()
    expect(panel.locator(".crew-list li")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(card(page, visit).locator(".card").first).to_be_focused()


def test_the_trays_filter_keeps_what_fits_the_words(house, dana, two_rows, make_job, make_customer):
    make_job(customer=make_customer(name="Ada's Bakery"))
    make_job(customer=make_customer(name="Pecan Street Grill"))
    page = ready(house.open(dana, BOARD))
    page.locator("#tray-search").fill("grill")
    expect(page.locator("#tray .visit:visible")).to_have_count(1)
    page.locator("#tray-search").fill("nobody")
    expect(page.locator("#tray .tray-none")).to_be_visible()


def test_a_finger_drags_after_a_long_press_and_a_swipe_scrolls(house, dana, two_rows, make_job):
    tess, tom = two_rows
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    page = ready(house.open(dana, BOARD, width=390, height=844, has_touch=True, is_mobile=True))
    touch = page.context.new_cdp_session(page)

    def finger(kind: str, *points: tuple[float, float]) -> None:
        touch.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        )

    def scrolled() -> float:
        return page.evaluate("document.getElementById('board-scroll').scrollLeft")

    card(page, visit).locator(".card").scroll_into_view_if_needed()
    settle(page)
    box = card(page, visit).locator(".card").bounding_box()
    start = (box["x"] + 8, box["y"] + 12)
    before = scrolled()
    at_rest = """() => { globalThis.atRest = new Promise((done) =>
      document.getElementById("board-scroll").addEventListener("scrollend", done, {once: true})); }"""
    page.evaluate(at_rest)
    finger("touchStart", start)
    for step in range(1, 8):
        finger("touchMove", (start[0] - 18 * step, start[1]))
    finger("touchEnd")
    page.evaluate("() => atRest")
    assert scrolled() > before
    assert stands(visit, tess, 15)

    page.evaluate(at_rest)
    page.evaluate(
        """(card) => {
          const board = document.getElementById("board-scroll"), names = board.querySelector(".corner");
          board.scrollLeft += card.getBoundingClientRect().left - names.getBoundingClientRect().right - 10;
        }""",
        card(page, visit).locator(".card").element_handle(),
    )
    page.evaluate("() => atRest")
    held_at = scrolled()
    box = card(page, visit).locator(".card").bounding_box()
    start = (box["x"] + 8, box["y"] + 12)
    finger("touchStart", start)
    page.wait_for_selector("#board.dragging")
    settle(page)
    x, y = spot(page, tom, 10 * 60)
    for step in range(1, 6):
        finger("touchMove", (start[0] + (x + 8 - start[0]) * step / 5, start[1] + (y - start[1]) * step / 5))
    settle(page)
    assert scrolled() == held_at  # lifted near the edge and moved along it: the board does not run away
    expect(page.locator(f"{row(tom)} .slot span")).to_contain_text("10")
    shown = page.locator(".slot").bounding_box()["x"]
    finger("touchEnd")
    expect(card(page, visit, row(tom))).to_have_attribute("data-version", "3")
    assert stands(visit, tom, 15)
    assert abs(card(page, visit).locator(".card").bounding_box()["x"] - shown) < 4  # where it was shown


def test_without_script_the_board_reads_as_lists_and_a_form_moves_a_visit(house, dana, two_rows, make_job):
    tess, tom = two_rows
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    page = house.open(dana, BOARD, java_script_enabled=False)
    expect(page.locator(f"{row(tess)} .times")).to_be_visible()
    card(page, visit).locator("a.card").click()
    page.locator("#id_technician").select_option(label="Tom Okafor")
    page.get_by_role("button", name="Save the place").click()
    expect(page.locator(f"{row(tom)} .visit")).to_be_visible()
    assert stands(visit, tom, 15)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_in_either_theme(house, axe, dana, two_rows, make_job, theme):
    tess, tom = two_rows
    visit = make_job(
        technician=tess, starts_at=instant(15), window=(instant(14), instant(16)), priority=1
    ).visit
    actions.arrive(make_job(technician=tom).visit.pk, technician_id=tom.technician.pk, now=instant(15, 5))
    make_job(technician=tom, starts_at=instant(19), priority=2)
    make_job(window=(instant(15), instant(17)))
    make.TimeOffFactory(technician=tess.technician, starts_at=instant(19), ends_at=instant(21))
    page = ready(house.open(dana, BOARD, theme=theme, bypass_csp=True))
    settle(page)
    assert axe(page) == []
    card(page, visit).locator(".card").click()
    expect(page.locator("#visit-panel")).to_be_visible()
    assert axe(page) == []
    page.locator("#visit-panel [data-move]").click()
    expect(page.locator("#move")).to_be_visible()
    settle(page)
    assert axe(page) == []
    assert Visit.objects.filter(state=VisitState.UNSCHEDULED).count() == 1
