"""The list of all pages: complete, true, and each one shown."""

from __future__ import annotations

import uuid
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from fsm import screenshots
from fsm.permissions import Role
from fsm.screenshots import DEED, NOT_PAGES, PAGES, addresses, shots
from tests import factories as make
from tests.conftest import client_of
from tests.story import go_on, tell

KNOWN = addresses()


@pytest.fixture
def told(company, marcus, casey, dana, tess, bea, olivia):
    """A house in which the main job was done, and more is ahead and under way."""
    told = tell(casey=casey, dana=dana, tess=tess, bea=bea)
    go_on(told, casey=casey, tess=tess)
    make.ApiTokenFactory(user=olivia)
    make.OptOutFactory()
    return told


def test_every_address_is_a_page_or_is_named_as_something_else():
    pages = {page.name for page in PAGES}
    assert pages | set(NOT_PAGES) == set(KNOWN)
    assert not pages & set(NOT_PAGES)


def test_every_page_has_a_title_of_its_own():
    titles = [page.title for page in PAGES]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", sorted(name for name, why in NOT_PAGES.items() if why == DEED))
def test_what_only_changes_something_shows_nothing(db, olivia_client, name):
    kinds = {"position": 1, "kind": "customer", "row_id": 1, "batch_id": 1}
    path = reverse(name, kwargs={asked: kinds.get(asked, uuid.uuid4()) for asked in KNOWN[name].asks})
    assert olivia_client.get(path).status_code == 405


def test_every_page_answers_to_its_role(told):
    for shot in shots():
        assert shot.path, f"{shot.page.title} has nothing to show"
        client = client_of(shot.user) if shot.user else Client()
        answer = client.get(shot.path)
        assert answer.status_code == 200, f"{shot.page.title} at {shot.path}: {answer.status_code}"
        assert answer.headers["Content-Type"].startswith("text/html"), shot.page.title


def test_all_roles_means_everybody_who_may_see_the_page(told):
    roles = {shot.role for shot in shots(only="customers-customer", all_roles=True)}
    assert roles == set(Role) - {Role.TECHNICIAN}
    assert {shot.role for shot in shots(only="phone-today", all_roles=True)} == {Role.TECHNICIAN}
    assert [shot.who for shot in shots(only="fsm:log-in")] == ["nobody"]


def test_without_a_browser_the_command_says_how_to_get_one(db, monkeypatch):
    monkeypatch.setattr("fsm.management.commands.screenshots.find_chromium", lambda: None)
    with pytest.raises(CommandError, match="apt-get install chromium"):
        call_command("screenshots", stdout=StringIO())


def test_the_browser_is_the_named_one_or_the_machines(monkeypatch, tmp_path):
    named = tmp_path / "my-browser"
    named.write_text("")
    named.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(named))
    assert screenshots.find_chromium() == str(named)
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "gone"))
    assert screenshots.find_chromium() is None


def test_a_name_that_no_page_has_is_refused(db, monkeypatch):
    monkeypatch.setattr("fsm.management.commands.screenshots.find_chromium", lambda: "/bin/true")
    with pytest.raises(CommandError, match="No page has"):
        call_command("screenshots", only="no-such-page", stdout=StringIO())
