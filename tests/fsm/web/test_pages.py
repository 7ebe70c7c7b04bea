"""What every page relies on: no SQL while rendering, lists, refusals, large bodies, errors, health."""

from __future__ import annotations

import uuid
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection
from django.http import Http404
from django.template import engines
from django.test import RequestFactory
from django.urls import path, reverse

from customers.models import Customer
from fsm import panels
from fsm.panels import panel
from fsm.permissions import May, open_to_all
from fsm.states import NotPossible, Stale
from fsm.web import middleware
from fsm.web.pages import QueriesDisabled, queries_disabled, render_page
from fsm.web.tables import Column, Table
from tests.factories import CustomerFactory

# Addresses of our own, for answers that no real page gives on purpose.


@open_to_all
def refuse(request):
    raise NotPossible("The kettle is empty.")


@open_to_all
def stale(request):
    raise Stale("Somebody was faster.", theirs={"Starts": "1:00 pm"})


@open_to_all
def fail(request):
    raise ZeroDivisionError


@open_to_all
def missing(request):
    raise Http404


from fsm.urls import urlpatterns as real  # noqa: E402

urlpatterns = [
    path("t/refuse/", refuse),
    path("t/stale/", stale),
    path("t/fail/", fail),
    path("t/missing/", missing),
    *real,
]
own_addresses = pytest.mark.urls(__name__)


def test_a_template_that_asks_the_database_fails_aloud(db):
    CustomerFactory()
    customers = Customer.objects.all()
    with queries_disabled(), pytest.raises(QueriesDisabled):
        list(customers)
    assert len(customers) == 1


def test_a_page_renders_what_was_fetched_and_refuses_what_was_not(db, casey, monkeypatch):
    request = RequestFactory().get("/")
    request.user, request.session = casey, {}
    shown = engines["django"].from_string("{% for one in customers %}{{ one.name }}{% endfor %}")
    monkeypatch.setattr("django.template.loader.get_template", lambda name, using=None: shown)
    CustomerFactory(name="Hall")
    assert render_page(request, "x.html", {"customers": list(Customer.objects.all())}).content == b"Hall"
    with pytest.raises(QueriesDisabled):
        render_page(request, "x.html", {"customers": Customer.objects.all()})


# tables


COLUMNS = [
    Column("name", "Name", lambda row: row.name, ("name",)),
    Column("number", "Number", lambda row: row.number, ("number",), align="right"),
    Column("kind", "Kind", lambda row: row.kind),
]


def table(query="", **how):
    request = RequestFactory().get("/" + query)
    how.setdefault("search", lambda rows, text: rows.filter(name__icontains=text))
    return Table(request, Customer.objects.all(), COLUMNS, default_sort="name", **how)


@pytest.fixture
def five(db):
    for name in "cebda":
        CustomerFactory(name=name)


def names(found):
    return "".join(row.object.name for row in found.rows)


def test_a_list_is_sorted_searched_and_cut_into_pages(five):
    assert names(table()) == "abcde"
    assert names(table("?sort=-name")) == "edcba"
    assert names(table("?q=c")) == "c"
    second = table("?page=2&sort=-name", per_page=2)
    assert (names(second), second.total, second.pages) == ("cb", 5, [1, 2, 3])
    assert second.query == "sort=-name"
    heading = second.columns[0]
    assert (heading.sorted, heading.sort_url) == ("desc", "?sort=name")


@pytest.mark.parametrize(
    "query",
    [
        "?page=0", "?page=-3", "?page=abc", "?page=99999999999999999999", "?page=1e9", "?page=%00",
        "?sort=password", "?sort=--name", "?sort=name;DROP TABLE", "?sort=kind", "?sort=%00", "?sort=-",
        "?q=%00", "?q=%27%22%3B--", f"?q={'x' * 5000}",
        "?q=%F0%9F%98%80", "?q=%25&sort=name", "?page=2&q=zzz",
    ],
)  # fmt: skip
def test_hostile_parameters_never_break_a_list(five, query):
    found = table(query)
    assert found.total <= 5
    assert found.page.number >= 1
    assert len(found.search) <= 200


@pytest.mark.parametrize("rows", [1, 20])
def test_a_list_costs_the_same_for_one_row_or_twenty(db, rows, django_assert_num_queries):
    for _ in range(rows):
        CustomerFactory()
    with django_assert_num_queries(2):  # how many, and the page
        table()


# home, search, panels


def test_a_technicians_home_is_the_phone(tess_client):
    assert tess_client.get(reverse("fsm:home")).url == reverse("dispatch:phone-today")


def test_the_home_page_shows_the_panels_of_those_who_may(dana_client, monkeypatch):
    monkeypatch.setattr(panels, "_offers", {})
    panel("home", key="x", title="Waiting calls", order=1, template="fsm/_empty.html", may=May.SEE_BOARD)(
        lambda subject, user: {"title": "Three calls", "count": 3, "more_url": "/jobs/"}
    )
    panel(
        "home", key="y", title="For QuickBooks", order=2, template="fsm/_empty.html", may=May.RUN_QUICKBOOKS
    )(lambda subject, user: {})
    page = dana_client.get(reverse("fsm:home")).content.decode()
    assert "Waiting calls" in page
    assert "Three calls" in page
    assert 'href="/jobs/"' in page
    assert "For QuickBooks" not in page


def test_a_home_page_on_which_nothing_waits_says_so(dana_client, monkeypatch):
    monkeypatch.setattr(panels, "_offers", {})
    assert "Nothing is waiting" in dana_client.get(reverse("fsm:home")).content.decode()


def test_the_search_answers_a_page_or_options_for_the_box(dana_client):
    CustomerFactory(name="Zebulon Hall")
    url = reverse("fsm:search") + "?q=zebulon"
    assert "<html" in dana_client.get(url).content.decode()
    options = dana_client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in options
    assert "Zebulon Hall" in options
    assert 'role="option"' in options


@pytest.mark.parametrize("query", ["", "x", "%00", "%27%3B--", "%25%25", "x" * 5000, "<b>", "%5C"])
def test_a_strange_search_finds_nothing_and_breaks_nothing(dana_client, query):
    answer = dana_client.get(reverse("fsm:search") + f"?q={query}")
    assert answer.status_code == 200
    assert "<b>" not in answer.content.decode()


# refusals and errors


@own_addresses
def test_a_refusal_is_a_409_with_its_sentence(dana_client):
    answer = dana_client.get("/t/refuse/")
    assert answer.status_code == 409
    assert "The kettle is empty." in answer.content.decode()
    assert "<html" in answer.content.decode()
    part = dana_client.get("/t/refuse/", headers={"HX-Request": "true"})
    assert part.status_code == 409
    assert "<html" not in part.content.decode()


@own_addresses
def test_an_outdated_page_shows_what_stands_there_now(dana_client):
    page = dana_client.get("/t/stale/").content.decode()
    assert "Somebody was faster." in page
    assert "1:00 pm" in page


@own_addresses
def test_pages_for_what_is_missing_broken_or_not_allowed_are_our_own(dana_client, casey_client):
    dana_client.raise_request_exception = False
    missing_page = dana_client.get("/t/missing/")
    assert (missing_page.status_code, "nothing at this address" in missing_page.content.decode()) == (
        404,
        True,
    )
    broken = dana_client.get("/t/fail/")
    assert (broken.status_code, "<html" in broken.content.decode()) == (500, True)
    assert "ZeroDivisionError" not in broken.content.decode()
    refused = casey_client.get(reverse("fsm:people"))
    assert refused.status_code == 403
    assert "Your role may not see and change people." in refused.content.decode()


def test_the_address_of_a_button_is_no_page(dana_client):
    answer = dana_client.get(reverse("fsm:set-theme"))
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "button" in answer.content.decode()


# large bodies


def test_a_body_over_the_limit_is_refused_with_a_sentence_before_it_is_kept(dana_client, settings):
    settings.UPLOAD_LIMIT = 2**20
    answer = dana_client.post(
        reverse("fsm:set-theme"), b"x" * (2**20 + 1), content_type="application/octet-stream"
    )
    assert answer.status_code == 413
    assert "1 MB" in answer.content.decode().replace("\xa0", " ")


def test_two_hundred_megabytes_are_read_away_without_being_kept(settings):
    """So that the browser, which only looks at an answer when it has finished sending, shows the page."""
    read = []

    class Body:
        def read(self, size):
            read.append(size)
            return b"x" * size

    request = SimpleNamespace(META={"CONTENT_LENGTH": str(200 * 2**20)}, read=Body().read)
    middleware._throw_away(request)
    assert sum(read) == 200 * 2**20
    assert max(read) == 2**16


def test_a_body_that_ends_early_or_has_no_length_stops_the_reading():
    middleware._throw_away(SimpleNamespace(META={"CONTENT_LENGTH": "999"}, read=lambda size: b""))
    for nonsense in ("", "abc", "-5", None):
        assert middleware._length(SimpleNamespace(META={"CONTENT_LENGTH": nonsense})) == 0


# house


def test_health_is_open_to_all_and_says_when_the_database_does_not_answer(client, db, monkeypatch):
    assert client.get(reverse("fsm:healthz")).json() == {"ok": True, "database": "answers"}

    def no_answer(*args):
        raise DatabaseError

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", no_answer)
        answer = client.get(reverse("fsm:healthz"))
    assert (answer.status_code, answer.json()["ok"]) == (503, False)


def test_the_map_shows_events_listeners_schedules_operations_and_deliverers(marcus_client):
    page = marcus_client.get(reverse("fsm:events")).content.decode()
    for word in ("JobCompleted", "billing", "Forget live events", "visit.arrive", "email"):
        assert word in page, word


def test_pages_carry_a_strict_policy(dana_client):
    policy = dana_client.get(reverse("fsm:home")).headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_navigation_shows_what_the_role_may_enter_and_where_one_is(bea_client, marcus_client):
    page = bea_client.get(reverse("fsm:search")).content.decode()
    assert reverse("billing:quickbooks") in page
    assert f'href="{reverse("fsm:people")}"' not in page
    assert 'aria-current="page"' not in page.split("</nav>")[0]
    here = marcus_client.get(reverse("fsm:people")).content.decode()
    assert f'href="{reverse("fsm:people")}" aria-current="page"' in here


def test_a_trace_of_something_unknown_or_not_ones_own_is_not_found(casey_client):
    assert casey_client.get(reverse("fsm:trace", args=["unicorn", uuid.uuid4()])).status_code == 404
    assert casey_client.get(reverse("fsm:trace", args=["customer", uuid.uuid4()])).status_code == 404
