"""The lock after failures, the second factor, and where people are signed in."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from fsm import clock, lockouts, second_factor
from fsm.devices import device_of
from fsm.history import history_model
from fsm.models import Exchange, SignIn, User
from fsm.permissions import Role
from fsm.states import NotPossible
from fsm.web.security import _picture
from tests import factories as make
from tests.conftest import client_of
from tests.factories import PASSWORD

LOCKED = "Too many log-ins"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1"


def log_in(client, username="dana", password=PASSWORD, **more):
    return client.post(reverse("fsm:log-in"), {"username": username, "password": password, **more})


def reasons(user):
    rows = history_model(User).objects.filter(id=user.pk).order_by("history_id")
    return [(row.history_change_reason, row.actor_name) for row in rows if row.history_change_reason]


# Locked out ---------------------------------------------------------------------------------------


@pytest.fixture
def counted(settings):
    """Failures are counted, as they are outside tests."""
    settings.AXES_ENABLED = True


@pytest.mark.parametrize("username", ["dana", "nobody"])
def test_five_failures_lock_a_name_from_an_address_whether_anybody_has_it(counted, dana, username):
    client = Client()
    statuses = [log_in(client, username, "wrong").status_code for _time in range(5)]
    assert statuses == [422, 422, 422, 422, 429]
    answer = log_in(client, username, next="/people/")  # the right one, too late
    assert answer.status_code == 429
    page = answer.content.decode()
    assert LOCKED in page
    assert f'value="{username}"' in page
    assert 'value="/people/"' in page
    assert log_in(Client(REMOTE_ADDR="192.0.2.9")).status_code == 302  # from elsewhere she comes in


def test_the_lock_opens_after_a_quarter_of_an_hour(counted, dana):
    for _time in range(5):
        log_in(Client(), password="wrong")
    AccessAttempt.objects.update(attempt_time=clock.now() - timedelta(minutes=14, seconds=50))
    assert log_in(Client()).status_code == 429  # and asking meanwhile does not make it longer
    AccessAttempt.objects.update(attempt_time=clock.now() - timedelta(minutes=15, seconds=1))
    assert log_in(Client()).status_code == 302


def test_success_forgets_the_failures(counted, dana):
    for _time in range(4):
        log_in(Client(), password="wrong")
    assert log_in(Client()).status_code == 302
    assert log_in(Client(), password="wrong").status_code == 422


def test_a_manager_sees_who_is_locked_and_unlocks_them(counted, marcus_client, dana, db):
    for name in ("dana", "nobody"):
        for _time in range(5):
            log_in(Client(), name, "wrong")
    page = marcus_client.get(reverse("fsm:people")).content.decode()
    assert "Dana Whitfield is locked out" in page
    assert "127.0.0.1" in page
    assert "nobody" not in page
    marcus_client.post(reverse("fsm:unlock-person", args=[dana.uuid]))
    assert log_in(Client()).status_code == 302
    assert ("unlocked after failed log-ins", "Marcus Webb") in reasons(dana)


def test_what_is_kept_of_a_failure_holds_no_password(counted, dana):
    log_in(Client(), password="nearly-right-1")
    assert "nearly-right-1" not in str(list(AccessAttempt.objects.values()))


@pytest.mark.parametrize(
    ("proxies", "passed", "address"),
    [
        (0, "203.0.113.5", "10.0.0.1"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "1.2.3.4, 203.0.113.5", "203.0.113.5"),  # what a sender claims stands further left
        (2, "1.2.3.4, 203.0.113.5, 10.0.0.9", "203.0.113.5"),
        (1, "", "10.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "<script>", None),
    ],
)
def test_an_address_is_believed_from_our_own_proxies_only(settings, proxies, passed, address):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": passed})
    assert lockouts.client_address(request) == address


# The second factor --------------------------------------------------------------------------------


def code_of(user, ahead=0):
    return f"{totp(TOTPDevice.objects.get(user=user).bin_key, drift=ahead):06d}"


def turn_on(client, user):
    """Set it up through the pages; returns the backup codes."""
    client.post(reverse("fsm:begin-second-factor"))
    answer = client.post(reverse("fsm:second-factor"), {"code": code_of(user)})
    assert answer.status_code == 200
    return re.findall(r"\d{4} \d{4} \d{4}", answer.content.decode())


@pytest.fixture
def protected(dana, dana_client):
    """Dana with a second factor; her backup codes are on `.codes`."""
    codes = turn_on(dana_client, dana)
    dana.refresh_from_db()
    dana.codes = codes
    return dana


def test_a_second_factor_is_set_up_with_a_picture_and_a_code(dana, dana_client):
    assert "Begin" in dana_client.get(reverse("fsm:second-factor")).content.decode()
    dana_client.post(reverse("fsm:begin-second-factor"))
    page = dana_client.get(reverse("fsm:second-factor"))
    drawing = re.search(r"<svg.*?</svg>", page.content.decode(), re.DOTALL | re.IGNORECASE)
    assert drawing
    key = second_factor.words_of_key(TOTPDevice.objects.get())
    assert key in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    wrong = dana_client.post(reverse("fsm:second-factor"), {"code": "000000"})
    assert wrong.status_code == 409
    assert User.objects.get(pk=dana.pk).second_factor_at is None
    TOTPDevice.objects.update(throttling_failure_count=0)
    codes = re.findall(
        r"\d{4} \d{4} \d{4}",
        dana_client.post(reverse("fsm:second-factor"), {"code": code_of(dana)}).content.decode(),
    )
    assert len(set(codes)) == 10
    assert User.objects.get(pk=dana.pk).second_factor_at is not None
    assert ("second factor turned on", "Dana Whitfield") in reasons(dana)


def test_the_picture_needs_no_style_and_no_script():
    drawing = str(_picture("otpauth://totp/A:b?secret=ABC&issuer=A"))
    assert drawing.startswith("<svg")
    assert not re.search(r"style|script|\bon\w+=|href", drawing)


def test_the_log_in_asks_for_the_code_and_then_opens_the_page_that_was_wanted(protected):
    client = Client()
    assert log_in(client, next="/search/?q=hall").url == reverse("fsm:log-in-code")
    assert client.get("/search/").status_code == 302  # not in yet
    wrong = client.post(reverse("fsm:log-in-code"), {"code": "000000"})
    assert wrong.status_code == 422
    assert "not right" in wrong.content.decode()
    TOTPDevice.objects.update(throttling_failure_count=0)
    assert client.post(reverse("fsm:log-in-code"), {"code": code_of(protected, 1)}).url == "/search/?q=hall"
    assert client.get("/search/").status_code == 200


def test_a_code_serves_once(protected):
    used = code_of(protected, 1)
    answers = []
    for _time in range(2):
        client = Client()
        log_in(client)
        answers.append(client.post(reverse("fsm:log-in-code"), {"code": used}).status_code)
    assert answers == [302, 422]


def test_a_backup_code_lets_in_once_and_is_kept_unreadable(protected):
    answers = []
    for _time in range(2):
        client = Client()
        log_in(client)
        answers.append(client.post(reverse("fsm:log-in-code"), {"code": protected.codes[0]}).status_code)
    assert answers == [302, 422]
    assert second_factor.backup_codes_left(protected.pk) == 9
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert not kept & {code.replace(" ", "") for code in protected.codes}


def test_the_second_step_needs_the_first_and_ends_after_ten_minutes(protected, monkeypatch):
    assert "Begin again" in Client().get(reverse("fsm:log-in-code")).content.decode()
    assert Client().post(reverse("fsm:log-in-code"), {"code": code_of(protected, 1)}).status_code == 200
    client = Client()
    log_in(client)
    later = clock.now() + timedelta(minutes=10, seconds=1)
    monkeypatch.setattr("fsm.web.session.clock_now", lambda: later)
    client.post(reverse("fsm:log-in-code"), {"code": code_of(protected, 1)})
    assert "_auth_user_id" not in client.session


def test_the_second_step_ends_when_the_password_changes_or_the_person_leaves(protected):
    for change in ({"password": "argon2$x"}, {"is_active": False}):
        client = Client()
        log_in(client)
        before = User.objects.get(pk=protected.pk)
        for name, value in change.items():
            setattr(before, name, value)
        before.save()
        client.post(reverse("fsm:log-in-code"), {"code": protected.codes[1]})
        assert "_auth_user_id" not in client.session
        protected.save()


def test_wrong_codes_lock_like_wrong_passwords(counted, protected):
    client = Client()
    log_in(client)
    statuses = []
    for _time in range(5):
        TOTPDevice.objects.update(throttling_failure_count=0)
        statuses.append(client.post(reverse("fsm:log-in-code"), {"code": "000000"}).status_code)
    assert statuses == [422, 422, 422, 422, 429]
    TOTPDevice.objects.update(throttling_failure_count=0)
    answer = client.post(reverse("fsm:log-in-code"), {"code": code_of(protected, 1)})
    assert "_auth_user_id" not in client.session
    assert answer.status_code == 200  # begin again
    assert log_in(client).status_code == 429


def test_wrong_codes_from_many_addresses_slow_the_person_down(protected):
    for number in range(3):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        log_in(client)
        client.post(reverse("fsm:log-in-code"), {"code": "000000"})
    assert second_factor.seconds_to_wait(protected.pk) >= 1


def test_the_secrets_are_in_no_history_and_no_exchange(protected, dana_client):
    key = TOTPDevice.objects.get().key
    secrets = {key, second_factor.words_of_key(TOTPDevice.objects.get()).replace(" ", ""), *protected.codes}
    tables = [model for model in apps.get_app_config("fsm").get_models() if "Historical" in model.__name__]
    text = " ".join(str(list(model.objects.values())) for model in [*tables, Exchange])
    assert not [secret for secret in secrets if secret in text]


def test_turning_it_off_asks_for_the_password(protected, dana_client):
    url = reverse("fsm:second-factor-off")
    assert dana_client.post(url, {"password": "wrong"}).status_code == 422
    assert User.objects.get(pk=protected.pk).second_factor_at is not None
    assert dana_client.post(url, {"password": PASSWORD}).status_code == 302
    assert log_in(Client()).url == reverse("fsm:home")
    assert not TOTPDevice.objects.exists()
    assert not StaticToken.objects.exists()
    assert ("second factor turned off", "Dana Whitfield") in reasons(protected)


def test_new_backup_codes_end_the_old_ones(protected, dana_client):
    url = reverse("fsm:backup-codes")
    assert dana_client.post(url, {"password": "wrong"}).status_code == 422
    answer = dana_client.post(url, {"password": PASSWORD})
    fresh = re.findall(r"\d{4} \d{4} \d{4}", answer.content.decode())
    assert len(set(fresh) - set(protected.codes)) == 10
    assert not second_factor.verify_second_factor(protected.pk, code=protected.codes[0])


def test_without_a_second_factor_there_are_no_backup_codes(casey_client, casey):
    answer = casey_client.post(reverse("fsm:backup-codes"), {"password": PASSWORD})
    assert answer.status_code == 409
    assert not StaticToken.objects.exists()


def test_a_manager_resets_somebodys_but_not_an_owners(marcus_client, protected, olivia):
    marcus_client.post(reverse("fsm:reset-second-factor", args=[protected.uuid]))
    assert log_in(Client()).url == reverse("fsm:home")
    assert ("second factor reset for them", "Marcus Webb") in reasons(protected)
    assert marcus_client.post(reverse("fsm:reset-second-factor", args=[olivia.uuid])).status_code == 409


def test_the_command_line_is_the_last_way_back_in(protected):
    call_command("reset_second_factor", "Dana", stdout=StringIO())
    assert log_in(Client()).url == reverse("fsm:home")
    assert reasons(protected)[-1] == ("second factor turned off", "Command line")
    with pytest.raises(CommandError, match="not asked for"):
        call_command("reset_second_factor", "dana")
    with pytest.raises(CommandError, match="Nobody signs in"):
        call_command("reset_second_factor", "nobody")


def test_a_second_one_is_not_begun_over_the_first(protected, dana_client):
    assert dana_client.post(reverse("fsm:begin-second-factor")).status_code == 409
    with pytest.raises(NotPossible, match="nothing to confirm"):
        second_factor.confirm_second_factor(protected.pk, code="123456", now=clock.now())


# Where people are signed in -----------------------------------------------------------------------


def browser(user, agent="", **more):
    client = Client(headers={"User-Agent": agent}, **more)
    assert log_in(client, user.username).status_code == 302
    return client


def test_a_log_in_is_listed_with_device_and_address_for_every_role(dana, tess):
    for user, frame in ((dana, 'class="office"'), (tess, 'class="phone"')):
        client = browser(user, PHONE, REMOTE_ADDR="192.0.2.44")
        page = client.get(reverse("fsm:security")).content.decode()
        assert "Safari, iPhone" in page
        assert "192.0.2.44" in page
        assert "This device" in page
        assert frame in page


def test_a_session_is_seen_hourly_and_costs_other_requests_nothing(
    dana, monkeypatch, django_assert_num_queries
):
    client, start = browser(dana), clock.now()
    client.get(reverse("fsm:search"))
    with django_assert_num_queries(4):  # session, person, frame, opened last
        client.get(reverse("fsm:search"))
    monkeypatch.setattr("fsm.web.middleware.clock_now", lambda: start + timedelta(minutes=61))
    client.get(reverse("fsm:search"))
    assert SignIn.objects.get().seen_at == start + timedelta(minutes=61)


def test_one_session_or_all_others_end_at_once(dana):
    here, there, elsewhere = browser(dana), browser(dana, PHONE), browser(dana)
    one = SignIn.objects.get(device="Safari, iPhone")
    here.post(reverse("fsm:end-sign-in", args=[one.uuid]))
    assert [client.get("/search/").status_code for client in (here, there, elsewhere)] == [200, 302, 200]
    here.post(reverse("fsm:end-other-sign-ins"))
    assert [client.get("/search/").status_code for client in (here, elsewhere)] == [200, 302]
    assert Session.objects.filter(session_key=here.session.session_key).exists()
    assert [why for why, _who in reasons(dana)] == ["signed out: Safari, iPhone", "signed out on one device"]


def test_ending_the_session_one_is_in_is_logging_out(dana):
    client = browser(dana)
    answer = client.post(reverse("fsm:end-sign-in", args=[SignIn.objects.get().uuid]))
    assert answer.url == reverse("fsm:log-in")
    assert client.get("/search/").status_code == 302


def test_a_manager_ends_a_session_of_others_but_not_an_owners_and_nobody_elses_is_there(
    dana, olivia, marcus_client, tess_client
):
    theirs, owners = browser(dana), browser(olivia)
    mine, above = (SignIn.objects.get(user=user).uuid for user in (dana, olivia))
    assert tess_client.post(reverse("fsm:end-sign-in", args=[mine])).status_code == 404
    marcus_client.post(reverse("fsm:end-sign-in", args=[mine]))
    assert theirs.get("/search/").status_code == 302
    assert reasons(dana)[-1][1] == "Marcus Webb"
    assert marcus_client.post(reverse("fsm:end-sign-in", args=[above])).status_code == 409
    assert owners.get("/search/").status_code == 200


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one_listed(dana):
    here, there = browser(dana), browser(dana)
    values = {"old_password": PASSWORD, "new_password1": "blue-teapot-42", "new_password2": "blue-teapot-42"}
    assert here.post(reverse("fsm:change-password"), values).url == reverse("fsm:security")
    assert there.get("/search/").status_code == 302
    standing = SignIn.objects.get(ended_at__isnull=True)
    assert standing.session_key == here.session.session_key
    assert Session.objects.filter(expire_date__gt=clock.now()).count() == 1


def test_logging_out_ends_the_entry(dana):
    browser(dana).post(reverse("fsm:log-out"))
    assert SignIn.objects.get().ended_at is not None


@pytest.mark.parametrize("sessions", [1, 20])
def test_the_page_costs_the_same_for_one_session_or_twenty(
    dana_client, dana, sessions, django_assert_num_queries
):
    for _one in range(sessions):
        make.SignInFactory(user=dana, seen_at=clock.now())
    dana_client.get(reverse("fsm:security"))
    with django_assert_num_queries(4):  # session, person, sessions, frame
        assert dana_client.get(reverse("fsm:security")).status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (PHONE, "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/126.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge, Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Firefox/127.0", "Firefox, Mac"),
        ("curl/8.5", ""),
    ],
)
def test_a_device_is_known_by_what_it_says(agent, words):
    assert device_of(agent) == words


def test_a_manager_sees_how_somebody_comes_in(marcus_client, protected):
    browser_of_tess = client_of(make.UserFactory(role=Role.TECHNICIAN))
    page = marcus_client.get(reverse("fsm:edit-person", args=[protected.uuid])).content.decode()
    assert "Reset the second factor" in page
    assert "Deactivate Dana Whitfield?" in page
    assert browser_of_tess.get(reverse("fsm:edit-person", args=[protected.uuid])).status_code == 403
