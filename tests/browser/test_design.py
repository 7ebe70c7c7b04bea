"""The parts of a page in a real browser: axe, sizes, keyboard, confirmations, live changes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from playwright.sync_api import expect

from fsm.finders import Hit
from fsm.web.style import context

HOME = "http://house.test"
KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def answer_with(**reply):
    return lambda route: route.fulfill(**reply)


class Message(str):
    level_tag = "success"


@pytest.fixture
def visit(chromium, settings):
    """Opens a template as a page, with static files from the finders; notes what is sent."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    opened = []

    def open_page(template="fsm/style.html", *, width=1440, theme="light", script=True, **extra):
        person = SimpleNamespace(is_authenticated=True, name="Dana Whitfield", initials="DW")
        frame = {
            "company": SimpleNamespace(name="Lone Star Comfort"),
            "user": person,
            "theme": theme,
            "may": SimpleNamespace(see_customers=True),
            "search_url": "/search/",
            "csrf_token": "token",
            "nav": [SimpleNamespace(label="Board", url="/", icon="board", current=True, group="Work")],
        }
        html = render_to_string(template, frame | context() | extra)
        sent, asked = [], []

        def answer(route):
            request = route.request
            path = request.url.removeprefix(HOME).partition("?")[0]
            if path.startswith("/static/"):
                file = finders.find(path.removeprefix("/static/"))
                route.fulfill(path=file, content_type=KINDS[path.rpartition(".")[2]])
            elif path == "/search/":
                hits = [
                    Hit("Customer", "Lisa Hall", "4108 Avenue F", "/lisa/"),
                    Hit("Job", "J10041", "No cooling", "/job/"),
                ]
                if "zz" in request.url:
                    hits = []
                route.fulfill(body=render_to_string("fsm/_search_results.html", {"hits": hits}))
            elif path == "/live/":
                asked.append(request.url)
                lines = (
                    [(1, "style"), (2, "style")]
                    if len(asked) == 1
                    else [(2, "style"), (3, "board"), (4, "style")]
                )
                body = "retry: 50\n\n" + "".join(
                    f'id: {n}\ndata: {{"topic": "{topic}", "kind": "visit", "id": {n}}}\n\n'
                    for n, topic in lines
                )
                route.fulfill(body=body, content_type="text/event-stream")
            elif path == "/log-in/":
                route.fulfill(body="<!doctype html><title>Log in</title>", content_type="text/html")
            elif request.method == "POST":
                sent.append(request.post_data)
                route.fulfill(body="kept", content_type="text/html")
            else:
                route.fulfill(body=html, content_type="text/html; charset=utf-8")

        frame_context = chromium.new_context(
            viewport={"width": width, "height": 844 if width < 800 else 900}, java_script_enabled=script
        )
        opened.append(frame_context)
        page = frame_context.new_page()
        page.route("**/*", answer)
        page.goto(f"{HOME}/style/")
        page.sent = sent
        return page

    yield open_page
    for frame_context in opened:
        frame_context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("template", "width"),
    [("fsm/style.html", 1440), ("fsm/style.html", 390), ("fsm/style_phone.html", 390), ("404.html", 390)],
)
def test_pages_pass_axe_and_fit_the_screen(visit, template, width, theme):
    page = visit(template, width=width, theme=theme)
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_everything_to_tap_on_the_phone_is_44_pixels(visit):
    page = visit("fsm/style_phone.html", width=390)
    small = page.evaluate(
        """[...document.querySelectorAll("button, .button, .tap, .quick > *, select, .back,"
           + " input:not([type=hidden]):not([type=checkbox]):not([type=radio])")]
           .filter((e) => e.checkVisibility() && !e.closest("[popover], template, .toasts"))
           .filter((e) => e.getBoundingClientRect().height < 44 || e.getBoundingClientRect().width < 44)
           .map((e) => e.outerHTML.slice(0, 90))"""
    )
    assert small == []


def test_the_slash_key_searches_and_the_arrow_keys_choose(visit):
    page = visit()
    page.locator("h1").click()
    page.keyboard.press("/")
    page.keyboard.type("hall")
    box = page.get_by_role("combobox", name="Search everything")
    page.get_by_role("option", name="Lisa Hall").wait_for()
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")  # whatever is still asked is dropped: nothing draws the list from here on
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/job/")


def test_an_answer_that_comes_too_late_is_dropped(visit):
    page = visit()
    page.clock.install()
    page.evaluate(
        """() => {
           globalThis.asked = [];
           globalThis.fetch = (url) => new Promise((answer) => asked.push({url: String(url), answer}));
           globalThis.say = async (letters) => {
             const {answer} = asked.findLast((one) => one.url.endsWith("=" + letters));
             const said = new Response(`<li role="option">Of ${letters}</li>`);
             const read = said.text.bind(said);
             const text = new Promise((done) => { said.text = () => read().finally(done); });
             answer(said);
             await text;
             await new Promise((done) => requestAnimationFrame(done));
           }}"""
    )
    box = page.get_by_role("combobox", name="Search everything")
    shown = page.get_by_role("listbox", name="Search everything").get_by_role("option")

    def typed(letters):
        box.press_sequentially(letters)
        page.clock.run_for(200)

    def answered(letters):
        page.evaluate("(letters) => { globalThis.over = say(letters); }", letters)
        page.clock.run_for(50)
        page.evaluate("over")

    typed("ha")
    box.press_sequentially("l")
    answered("ha")  # while the next letter waits to be asked
    expect(shown).to_have_count(0)
    page.clock.run_for(200)
    typed("l")
    answered("hall")
    expect(shown).to_have_text(["Of hall"])
    answered("hal")  # after the answer to all letters
    expect(shown).to_have_text(["Of hall"])
    typed("s")
    box.press("Escape")
    answered("halls")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press("ArrowDown")  # what lies in the list answers something else: it asks anew
    answered("halls")
    expect(shown).to_have_text(["Of halls"])


def test_a_search_without_results_says_so(visit):
    page = visit()
    page.get_by_role("combobox", name="Search everything").fill("zzz")
    page.get_by_text("Nothing found").first.wait_for()


def test_choosing_a_customer_fills_the_hidden_field_and_typing_on_empties_it(visit):
    page = visit()
    page.get_by_role("combobox", name="Customer", exact=True).fill("hall")
    page.get_by_role("option", name="Lisa Hall").evaluate("option => option.dataset.value = '17'")
    page.get_by_role("option", name="Lisa Hall").click()
    assert page.locator("input[name=customer]").input_value() == "17"
    page.get_by_role("combobox", name="Customer", exact=True).press("x")
    assert page.locator("input[name=customer]").input_value() == ""


def test_what_cannot_be_undone_asks_first(visit):
    page = visit()
    button = page.locator("form[data-confirm] button")
    button.click()
    dialog = page.get_by_role("dialog", name="Are you sure?")
    dialog.get_by_role("button", name="Keep it as it is").click()
    assert page.sent == []
    assert button.evaluate("button => button === document.activeElement")
    button.click()
    with page.expect_navigation():
        dialog.get_by_role("button", name="Cancel the job").click()
    assert len(page.sent) == 1


def test_without_script_the_confirmed_form_is_a_plain_post(visit):
    page = visit(script=False)
    with page.expect_navigation():
        page.locator("form[data-confirm] button").click()
    assert len(page.sent) == 1


def test_two_presses_send_one_key_once(visit):
    page = visit("fsm/style_phone.html", width=390)
    page.evaluate(
        """document.querySelector("form:has([name=once])").addEventListener("submit",
           (event) => setTimeout(() => event.target.requestSubmit(), 20), {once: true})"""
    )

    # A slow answer: the second press comes while the first is under way.
    held = []
    page.route("**/slow", lambda route: held.append(route))
    page.locator("form:has([name=once])").evaluate("form => form.action = '/slow'")
    key = page.locator("input[name=once]").input_value()
    assert len(key) == 36
    with page.expect_request("**/slow"):
        page.get_by_role("button", name="Add the part").click(no_wait_after=True)
    page.wait_for_timeout(300)  # nothing of a page that is being left can be waited for
    assert len(held) == 1
    assert key in held[0].request.post_data
    with page.expect_navigation():
        held[0].fulfill(body="kept", content_type="text/html")
    assert len(held) == 1


def test_a_dialog_gives_the_focus_back(visit):
    page = visit()
    opener = page.get_by_role("button", name="Open a dialog")
    opener.click()
    dialog = page.get_by_role("dialog", name="Move the visit")
    assert dialog.locator("input").evaluate("input => input === document.activeElement")
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert opener.evaluate("button => button === document.activeElement")


def test_the_chosen_theme_wins_over_the_device(visit):
    page = visit()
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "light"
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_a_toast_can_be_closed_and_an_error_stays(visit):
    page = visit(messages=[Message("Visit moved.")])
    page.get_by_text("Visit moved.").wait_for()
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('toast', {detail: {text: 'No answer.', level: 'error'}}))"
    )
    page.get_by_text("No answer.").wait_for()
    page.locator(".toast", has_text="Visit moved.").get_by_role("button", name="Close").click()
    assert page.locator(".toast").all_inner_texts() == ["No answer."]


def test_the_menu_folds_on_a_phone_and_opens_by_its_button(visit):
    page = visit(width=390)
    menu = page.get_by_role("navigation", name="Main")
    assert not menu.is_visible()
    page.get_by_role("button", name="Menu", exact=True).click()
    assert menu.get_by_role("link", name="Board").is_visible()
    page.keyboard.press("Escape")
    assert not menu.is_visible()


def test_changes_of_others_arrive_once_and_only_for_the_topics_of_the_page(visit):
    page = visit(live_url="/live/")
    page.evaluate(
        """globalThis.heard = [];
           document.addEventListener("live", (event) => heard.push(event.detail.id))"""
    )
    page.wait_for_function("heard.includes(4)")
    assert page.evaluate("heard.filter((id, n) => heard.indexOf(id) !== n || id === 3)") == []
    page.wait_for_function("document.documentElement.dataset.connection !== undefined")


def test_a_part_that_asks_for_a_log_in_keeps_the_page_and_says_so(visit):
    page = visit()
    page.evaluate("document.getElementById('words').dataset.logIn = '/log-in/'")
    page.locator("#s-form").evaluate("part => { htmx.ajax('GET', '/log-in/', {target: part}); }")
    page.get_by_text("You are signed out").wait_for()
    assert page.locator("#s-form").inner_text() == "Form"


def test_a_server_that_does_not_answer_is_named(visit):
    page = visit()
    page.route("**/gone/", lambda route: route.abort())
    page.locator("#s-form").evaluate(
        "part => { htmx.ajax('POST', '/gone/', {target: part}).catch(() => 0); }"
    )
    page.get_by_text("No answer from the server. What you typed is still here").wait_for()


def test_a_refusal_and_an_invalid_form_are_shown_where_they_belong(visit):
    page = visit()
    for status in (409, 422):
        body = f"<p>Refused {status}.</p>"
        page.route(f"**/{status}/", answer_with(status=status, body=body))
        page.locator("#s-form").evaluate(f"part => {{ htmx.ajax('POST', '/{status}/', {{target: part}}); }}")
        page.locator("#s-form", has_text=f"Refused {status}.").wait_for()


def test_an_answer_into_the_shared_dialog_opens_it_and_an_empty_one_closes_it(visit):
    page = visit()
    page.route("**/part/", answer_with(body="<h2>Move</h2><input name='at'>"))
    page.route("**/done/", answer_with(body=""))
    page.evaluate("void htmx.ajax('GET', '/part/', {target: '#dialog-body'})")
    dialog = page.get_by_role("dialog", name="Move")
    dialog.wait_for()
    page.evaluate("void htmx.ajax('GET', '/done/', {target: '#dialog-body'})")
    dialog.wait_for(state="hidden")
