"""An empty house: who comes first makes the company, and a list says what comes next."""

from __future__ import annotations

import pytest
from django.urls import reverse

from fsm import actions, first_steps
from fsm.clock import now
from fsm.history import history_model
from fsm.models import Branch, Company, SafekeepingRun, User
from fsm.permissions import Role
from fsm.states import NotPossible
from tests import factories as make

WELCOME = "/welcome/"
LIST = "First steps"


def answers(**changes):
    return {
        "company_name": "Hill Country Air",
        "city": "Waco",
        "state": "tx",
        "time_zone": "America/Chicago",
        "name": "Olga Brandt",
        "email": "olga@hillcountry.example",
        "username": "Olga",
        "password": "blue-teapot-42",
    } | changes


def test_an_empty_house_leads_every_page_to_the_welcome_and_then_the_owner_is_in(client, db):
    page = client.get(reverse("fsm:people"))
    assert client.get(page.url).url == WELCOME
    assert client.get(WELCOME).status_code == 200
    assert client.post(WELCOME, answers()).url == reverse("fsm:home")
    home = client.get(reverse("fsm:home"))
    assert "Hill Country Air is ready" in home.content.decode()
    assert LIST in home.content.decode()
    owner, company = User.objects.get(), Company.objects.get()
    assert (owner.username, owner.role, owner.name) == ("olga", Role.OWNER, "Olga Brandt")
    assert (company.name, company.state, Branch.objects.get().name) == ("Hill Country Air", "TX", "Waco")
    versions = [history_model(model).objects.latest("history_id") for model in (Company, Branch, User)]
    assert {(row.actor_name, row.source) for row in versions} == {("Olga Brandt", "office")}


def test_the_welcome_is_gone_once_there_is_anybody(client, olivia):
    assert client.get(WELCOME).status_code == client.post(WELCOME, answers()).status_code == 404
    assert client.get(reverse("fsm:log-in")).status_code == 200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "olgabrandt1"}, "too similar"),
        ({"username": "two words"}, "without spaces"),
        ({"company_name": ""}, "required"),
        ({"time_zone": "Mars/North"}, "not one of the available choices"),
    ],
)
def test_a_welcome_that_is_not_right_keeps_what_was_typed_and_makes_nothing(client, db, changes, words):
    answer = client.post(WELCOME, answers(**changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "olga@hillcountry.example" in answer.content.decode()
    assert not User.objects.exists()


def start(number):
    return actions.start_company(**answers(username=f"owner{number}", company_name=f"Company {number}"))


@pytest.mark.django_db(transaction=True)
def test_two_who_begin_at_once_make_one_company_with_one_owner(at_once):
    outcomes = at_once(2, start)
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    [lost] = [outcome.error for outcome in outcomes if not outcome.won]
    assert isinstance(lost, NotPossible)
    assert Company.objects.get().name == f"Company {User.objects.get().username[-1]}"


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_there_would_be_two_owners(at_once, no_locks, company, monkeypatch):
    import threading

    both_looked = threading.Barrier(2)
    monkeypatch.setattr(actions, "default_branch", lambda: both_looked.wait(10))
    monkeypatch.setattr(Company, "save", lambda *args, **kwargs: None)  # whose row would be the lock
    assert all(outcome.won for outcome in at_once(2, start))
    assert User.objects.count() == 2


def test_the_list_looks_at_what_exists_in_one_query(olivia, django_assert_num_queries):
    make.CompanyFactory(phone="")
    with django_assert_num_queries(1):
        before = {stand.step.key for stand in first_steps.stands() if stand.is_done}
    assert before == set()
    make.UserFactory(role=Role.DISPATCHER)
    make.JobFactory()
    make.TechnicianFactory()
    make.PartFactory()
    make.PriceItemFactory()
    make.TaxRateFactory()
    make.CompanyFactory(phone="(512) 555-0100")
    branch = Branch.objects.earliest("pk")
    branch.street = "1 Oak St"
    branch.save()
    done = {stand.step.key for stand in first_steps.stands() if stand.is_done}
    assert {step.key for step in first_steps.STEPS} - done == {"backup"}
    SafekeepingRun.objects.create(kind="backup", started_at=now(), ended_at=now(), is_good=True)
    assert all(stand.is_done for stand in first_steps.stands())


def test_the_list_is_for_those_who_set_up_and_can_be_put_away_and_brought_back(
    olivia_client, marcus_client, dana_client, company
):
    home = reverse("fsm:home")
    assert LIST in olivia_client.get(home).content.decode()
    assert LIST not in dana_client.get(home).content.decode()
    assert dana_client.post(reverse("fsm:put-away-first-steps")).status_code == 403
    marcus_client.post(reverse("fsm:put-away-first-steps"))
    assert LIST not in olivia_client.get(home).content.decode()  # for everybody
    assert history_model(Company).objects.latest("history_id").history_change_reason == "first steps put away"
    assert "Bring it back" in olivia_client.get(reverse("fsm:company")).content.decode()
    olivia_client.post(reverse("fsm:bring-back-first-steps"))
    assert LIST in marcus_client.get(home).content.decode()


def test_every_step_leads_to_a_page_of_the_owner(olivia_client, company):
    for step in first_steps.STEPS:
        assert olivia_client.get(reverse(step.url_name)).status_code == 200, step.key
