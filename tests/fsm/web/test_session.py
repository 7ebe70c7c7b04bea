"""Signing in, staying signed in, signing out, and what people choose for themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from fsm import clock
from fsm.history import history_model
from fsm.models import User
from tests.factories import PASSWORD

LOG_IN = "fsm:log-in"


def sign_in(client, username="dana", password=PASSWORD, **more):
    return client.post(reverse(LOG_IN), {"username": username, "password": password, **more})


def test_the_right_password_opens_the_home_page(client, dana):
    assert sign_in(client).url == reverse("fsm:home")
    assert client.get(reverse("fsm:home")).status_code == 200


def test_a_user_name_is_taken_in_any_case(client, dana):
    assert sign_in(client, "  Dana ").status_code == 302


def test_a_wrong_password_says_so_and_keeps_the_name(client, dana):
    answer = sign_in(client, password="wrong")
    assert answer.status_code == 422
    assert "do not belong together" in answer.content.decode()
    assert 'value="dana"' in answer.content.decode()


def test_somebody_who_left_does_not_come_in(client, dana):
    dana.is_active = False
    dana.save()
    assert sign_in(client).status_code == 422


def test_somebody_who_is_deactivated_is_out_at_the_next_click(dana_client, dana):
    dana.is_active = False
    dana.save()
    assert dana_client.get(reverse("fsm:home")).url.startswith(reverse(LOG_IN))


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_never_leads_to_another_site(client, dana, wanted):
    assert sign_in(client, next=wanted).url == reverse("fsm:home")


def test_signing_in_leads_back_to_the_page_that_was_wanted(client, dana):
    page = client.get(reverse("fsm:search") + "?q=hall")
    assert page.url == f"{reverse(LOG_IN)}?next=%2Fsearch%2F%3Fq%3Dhall"
    assert sign_in(client, next="/search/?q=hall").url == "/search/?q=hall"


def test_a_signed_out_fragment_sends_the_whole_page_to_the_log_in(client, db):
    answer = client.get(reverse("fsm:search"), headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, reverse(LOG_IN))


def test_a_session_is_renewed_once_an_hour_of_use(dana_client, monkeypatch):
    start = clock.now()
    at = [start]
    monkeypatch.setattr("fsm.web.middleware.clock_now", lambda: at[0])
    cookies = []
    for minutes in (0, 20, 59, 61, 120):
        at[0] = start + timedelta(minutes=minutes)
        cookies.append("sessionid" in dana_client.get(reverse("fsm:search")).cookies)
    assert cookies == [True, False, False, True, False]


def test_a_session_lasts_fourteen_days(dana_client):
    dana_client.get(reverse("fsm:search"))
    assert dana_client.cookies["sessionid"]["max-age"] == 14 * 24 * 3600


def test_signing_in_leaves_no_version_of_the_person(client, dana):
    before = history_model(User).objects.count()
    sign_in(client)
    dana.refresh_from_db()
    assert dana.last_login is not None
    assert history_model(User).objects.count() == before


def test_signing_out_needs_a_button_and_ends_the_session(dana_client):
    assert dana_client.get(reverse("fsm:log-out")).status_code == 405
    assert dana_client.post(reverse("fsm:log-out")).status_code == 200
    assert dana_client.get(reverse("fsm:home")).status_code == 302


def test_a_new_password_keeps_this_device_and_ends_the_others(dana_client, dana):
    other = Client()
    other.force_login(dana)
    values = {"old_password": PASSWORD, "new_password1": "blue-teapot-42", "new_password2": "blue-teapot-42"}
    assert dana_client.post(reverse("fsm:change-password"), values).status_code == 302
    assert dana_client.get(reverse("fsm:search")).status_code == 200
    assert other.get(reverse("fsm:search")).status_code == 302
    assert history_model(User).objects.latest("history_id").actor_name == "Dana Whitfield"


@pytest.mark.parametrize("new", ["short", "1234567890", "danawhitfield"])
def test_a_weak_password_is_refused(dana_client, new):
    values = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert dana_client.post(reverse("fsm:change-password"), values).status_code == 422


def test_the_theme_is_remembered_and_on_every_page(dana_client):
    dana_client.post(reverse("fsm:set-theme"), {"theme": "dark", "next": "/search/"})
    assert 'data-theme="dark"' in dana_client.get(reverse("fsm:search")).content.decode()
    assert dana_client.post(reverse("fsm:set-theme"), {"theme": "pink"}).status_code == 409


def test_the_language_is_remembered_and_used(dana_client, dana):
    dana_client.post(reverse("fsm:set-language"), {"language": "es"})
    dana.refresh_from_db()
    assert dana.language == "es"
    assert '<html lang="es"' in dana_client.get(reverse("fsm:search")).content.decode()
    assert dana_client.post(reverse("fsm:set-language"), {"language": "xx"}).status_code == 409


def test_the_log_in_page_names_demo_people_only_in_a_local_demo_company(client, dana, company, settings):
    settings.LOCAL = True
    assert "sightglass-demo" not in client.get(reverse(LOG_IN)).content.decode()
    company.name = "Lone Star Comfort Air"
    company.save()
    assert "sightglass-demo" in client.get(reverse(LOG_IN)).content.decode()
    settings.LOCAL = False
    assert "sightglass-demo" not in client.get(reverse(LOG_IN)).content.decode()


def test_a_post_without_its_token_is_refused_with_a_sentence(dana):
    strict = Client(enforce_csrf_checks=True)
    answer = sign_in(strict)
    assert answer.status_code == 403
    assert "open for too long" in answer.content.decode()
