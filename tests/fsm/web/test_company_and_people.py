"""The company's settings, its branches, and the people who sign in."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import model_to_dict
from django.urls import reverse

from fsm import actions
from fsm.events import PersonChanged
from fsm.history import history_model
from fsm.models import Branch, Company, User
from fsm.permissions import Role
from fsm.states import NotPossible
from fsm.web.forms import CompanyForm
from tests.conftest import client_of
from tests.factories import PASSWORD, BranchFactory, CustomerFactory, UserFactory, picture


def company_values(company, **changes):
    values = {
        name: value
        for name, value in model_to_dict(company, CompanyForm.Meta.fields).items()
        if value is not None
    }
    return values | changes


def test_the_company_is_changed_by_whoever_may(marcus_client, company):
    answer = marcus_client.post(
        reverse("fsm:company"), company_values(company, name="Lone Star Air", state="tx")
    )
    assert answer.status_code == 302
    company.refresh_from_db()
    assert (company.name, company.state) == ("Lone Star Air", "TX")
    row = history_model(Company).objects.latest("history_id")
    assert (row.actor_name, row.source) == ("Marcus Webb", "office")


def test_a_day_that_ends_before_it_begins_is_refused_beside_its_field(marcus_client, company):
    answer = marcus_client.post(
        reverse("fsm:company"),
        company_values(company, opens_at="18:00", closes_at="07:00", name="Kept as typed"),
    )
    assert answer.status_code == 409
    assert "must end after it begins" in answer.content.decode()
    assert "Kept as typed" in answer.content.decode()


def test_a_logo_is_kept_re_encoded_and_shown_to_those_who_are_signed_in(
    marcus_client, tess_client, client, company
):
    logo = SimpleUploadedFile("logo.png", picture(40, 20), "image/png")
    assert (
        marcus_client.post(reverse("fsm:company"), company_values(company, new_logo=logo)).status_code == 302
    )
    answer = tess_client.get(reverse("fsm:logo"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(reverse("fsm:logo")).status_code == 302
    marcus_client.post(reverse("fsm:company"), company_values(company, remove_logo="on"))
    assert tess_client.get(reverse("fsm:logo")).status_code == 404


def test_a_logo_that_is_no_picture_is_refused_and_nothing_is_saved(marcus_client, company):
    logo = SimpleUploadedFile("logo.png", b"<svg onload=alert(1)>", "image/png")
    answer = marcus_client.post(
        reverse("fsm:company"), company_values(company, name="Changed", new_logo=logo)
    )
    assert answer.status_code == 409
    assert "not a photo we can read" in answer.content.decode()
    assert Company.objects.get().name == "Lone Star Comfort"


def test_a_branch_is_added_and_its_name_is_unique(marcus_client, branch):
    values = {"name": "Waco", "time_zone": "America/Chicago", "is_active": "on"}
    assert marcus_client.post(reverse("fsm:add-branch"), values).status_code == 302
    assert marcus_client.post(reverse("fsm:add-branch"), values).status_code == 409
    waco = Branch.objects.get(name="Waco")
    answer = marcus_client.post(reverse("fsm:edit-branch", args=[waco.uuid]), {**values, "name": branch.name})
    assert answer.status_code == 409


def test_the_last_active_branch_stays_active(branch):
    with pytest.raises(NotPossible, match="at least one branch"):
        actions.change_branch(branch.pk, is_active=False)
    BranchFactory()
    assert actions.change_branch(branch.pk, is_active=False).is_active is False


def person_values(**changes):
    values = {
        "name": "Nora Vance",
        "username": "nora",
        "role": Role.DISPATCHER,
        "language": "en-us",
    }
    return values | changes


def test_a_new_person_signs_in_with_the_password_that_was_set(marcus_client, client, branch):
    values = person_values(username="Nora", password="blue-teapot-42")
    assert marcus_client.post(reverse("fsm:add-person"), values).status_code == 302
    assert client.login(username="nora", password="blue-teapot-42")


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"password": "short"}, 422, "too short"),
        ({"password": "noravance1"}, 422, "too similar"),
        ({"username": "two words"}, 422, "without spaces"),
        ({"username": "marcus"}, 409, "already signs in as marcus"),
        ({"role": "emperor"}, 422, "not one of the available choices"),
        ({"role": Role.OWNER}, 409, "Only an owner makes"),
    ],
)
def test_a_person_that_cannot_be_is_refused_and_nothing_typed_is_lost(
    marcus_client, branch, changes, status, words
):
    answer = marcus_client.post(
        reverse("fsm:add-person"), person_values(**{"password": "blue-teapot-42"} | changes)
    )
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert "Nora Vance" in answer.content.decode()
    assert not User.objects.filter(name="Nora Vance").exists()


def test_a_person_is_changed_and_whoever_listens_hears_of_it(marcus_client, casey, monkeypatch):
    heard = []
    monkeypatch.setattr(actions, "announce", heard.append)
    answer = marcus_client.post(
        reverse("fsm:edit-person", args=[casey.uuid]),
        person_values(username="casey", name="Casey N.", role=Role.OFFICE),
    )
    assert answer.status_code == 302
    casey.refresh_from_db()
    assert casey.name == "Casey N."
    assert heard == [PersonChanged(user_id=casey.pk)]


def test_nobody_deactivates_themselves_or_raises_their_own_role(marcus, olivia):
    with pytest.raises(NotPossible, match="Nobody changes their own role"):
        actions.change_person(marcus.pk, by=marcus, is_active=False)
    with pytest.raises(NotPossible, match="Only an owner"):
        actions.change_person(marcus.pk, by=marcus, role=Role.OWNER)
    with pytest.raises(NotPossible, match="Only an owner"):
        actions.change_person(olivia.pk, by=marcus, is_active=False)
    with pytest.raises(NotPossible, match="Only an owner"):
        actions.set_password(olivia.pk, password="blue-teapot-42", by=marcus)


def test_the_last_owner_remains(olivia):
    second = UserFactory(role=Role.OWNER)
    assert actions.change_person(olivia.pk, by=second, role=Role.MANAGER).role == Role.MANAGER
    with pytest.raises(NotPossible):
        actions.change_person(second.pk, by=second, is_active=False)


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_depose_each_other_leave_one(at_once):
    pair = [UserFactory(role=Role.OWNER), UserFactory(role=Role.OWNER)]

    def depose(number):
        actions.change_person(pair[1 - number].pk, by=pair[number], role=Role.OFFICE)

    outcomes = at_once(2, depose)
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    assert User.objects.filter(role=Role.OWNER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_owners_would_be_gone(at_once, no_locks, monkeypatch):
    pair = [UserFactory(role=Role.OWNER), UserFactory(role=Role.OWNER)]
    import threading

    both_looked = threading.Barrier(2)
    assign = actions._assign

    def wait_and_assign(row, fields):
        both_looked.wait(10)
        assign(row, fields)

    monkeypatch.setattr(actions, "_assign", wait_and_assign)

    def depose(number):
        actions.change_person(pair[1 - number].pk, by=pair[number], role=Role.OFFICE)

    assert all(outcome.won for outcome in at_once(2, depose))
    assert User.objects.filter(role=Role.OWNER).count() == 0


def test_a_manager_sets_a_password_and_the_person_is_signed_out(marcus_client, casey):
    theirs = client_of(casey)
    assert theirs.get(reverse("fsm:search")).status_code == 200
    url = reverse("fsm:set-password", args=[casey.uuid])
    assert marcus_client.post(url, {"password": "1234567890"}).status_code == 422
    assert marcus_client.post(url, {"password": "blue-teapot-42"}).status_code == 302
    assert theirs.get(reverse("fsm:search")).status_code == 302


def test_somebody_limited_to_a_branch_sees_only_its_rows(olivia, casey, branch):
    waco = BranchFactory(name="Waco")
    mine, theirs = CustomerFactory(branch=waco), CustomerFactory(branch=branch)
    from customers.models import Customer

    assert set(Customer.objects.visible_to(casey)) == {mine, theirs}
    limited = actions.change_person(casey.pk, by=olivia, branch_ids=[waco.pk])
    assert set(Customer.objects.visible_to(limited)) == {mine}
    again = actions.change_person(casey.pk, by=olivia, branch_ids=[])
    assert set(Customer.objects.visible_to(again)) == {mine, theirs}


def test_the_form_speaks_of_branches_only_where_there_are_several(olivia_client, casey, branch):
    url = reverse("fsm:edit-person", args=[casey.uuid])
    assert "Limited to" not in olivia_client.get(url).content.decode()
    waco = BranchFactory(name="Waco")
    assert "Limited to" in olivia_client.get(url).content.decode()
    olivia_client.post(
        url, person_values(username="casey", name="Casey Nolan", role=Role.OFFICE, branches=[waco.pk])
    )
    assert User.objects.get(pk=casey.pk).branch_ids == [waco.pk]


@pytest.mark.parametrize("people", [1, 20])
def test_the_list_of_people_costs_the_same_for_one_or_twenty(
    olivia_client, people, django_assert_num_queries
):
    for _ in range(people):
        UserFactory()
    olivia_client.get(reverse("fsm:people"))
    with django_assert_num_queries(6):  # session, person, count, page, locked, frame
        assert olivia_client.get(reverse("fsm:people")).status_code == 200


def test_the_password_is_never_in_the_history(olivia):
    assert PASSWORD not in str(history_model(User).objects.values())
    assert "password" not in {field.name for field in history_model(User)._meta.get_fields()}
