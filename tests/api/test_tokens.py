"""Who may ask: tokens in force, their scopes, the role behind them, and browsers with their CSRF token."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from fsm.clock import now
from fsm.models import ApiToken
from fsm.permissions import ROLES, May, Role
from fsm.states import NotPossible
from fsm.tokens import (
    BEGINS,
    LENGTH,
    MOST_TOKENS,
    digest_of,
    make_token,
    revoke_token,
    revoke_tokens_of,
    scopes_hold,
)
from tests import factories as make
from tests.conftest import client_of


def ask(secret: str, path: str = "/api/me/") -> int:
    return Client().get(path, headers={"Authorization": f"Bearer {secret}"}).status_code


def test_only_a_digest_is_kept_and_the_beginning_is_shown(casey):
    made = make_token(user_id=casey.pk, name=" Website ", scopes=["read"], now=now())
    assert made.secret.startswith(BEGINS)
    assert len(made.secret) == len(BEGINS) + LENGTH
    row = ApiToken.objects.values().get(pk=made.token.pk)
    assert made.secret not in json.dumps(row, default=str)
    assert (row["name"], row["prefix"], row["digest"]) == ("Website", made.secret[:8], digest_of(made.secret))
    assert "digest" not in {field.name for field in ApiToken.history.model._meta.get_fields()}


def test_two_tokens_are_never_the_same(casey):
    secrets = {make_token(user_id=casey.pk, name="T", scopes=["read"], now=now()).secret for _ in range(5)}
    assert len(secrets) == 5


@pytest.mark.parametrize(
    ("scopes", "words"),
    [([], "at least one"), (["issue_invoices"], "does not hold"), (["read", "everything"], "does not hold")],
)
def test_a_token_is_never_wider_than_the_role(dana, scopes, words):
    with pytest.raises(NotPossible, match=words):
        make_token(user_id=dana.pk, name="T", scopes=scopes, now=now())


def test_a_token_needs_a_name_and_an_end_ahead(casey):
    with pytest.raises(NotPossible, match="name"):
        make_token(user_id=casey.pk, name="  ", scopes=["read"], now=now())
    instant = now()
    with pytest.raises(NotPossible, match="still to come"):
        make_token(user_id=casey.pk, name="T", scopes=["read"], now=instant, expires_at=instant)


def test_a_person_has_at_most_so_many_tokens(casey):
    for _ in range(MOST_TOKENS):
        make.ApiTokenFactory(user=casey)
    with pytest.raises(NotPossible, match="Revoke one first"):
        make_token(user_id=casey.pk, name="T", scopes=["read"], now=now())


@pytest.mark.parametrize(
    "wrong", ["", "sg_", "sg_" + "a" * LENGTH, "sg_" + "ä" * LENGTH, "x" * 5000, "sg_a b", "'; drop table"]
)
def test_what_is_no_token_opens_nothing(company, wrong):
    answer = Client().get("/api/me/", headers={"Authorization": f"Bearer {wrong}"})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "problem" in answer.json()


def test_no_header_and_another_kind_of_header_open_nothing(company):
    assert Client().get("/api/me/").status_code == 401
    assert Client().get("/api/me/", headers={"Authorization": "Basic b2xpdmlhOng="}).status_code == 401


def test_a_revoked_an_expired_and_a_leavers_token_open_nothing_any_more(casey, program):
    one, two = program(casey), program(casey, expires_at=now() + timedelta(hours=1))
    assert one.get("me/").status_code == two.get("me/").status_code == 200
    revoke_token(one.token.pk, now=now())
    two.token.expires_at = now() - timedelta(seconds=1)
    two.token.save()
    assert one.get("me/").status_code == two.get("me/").status_code == 401
    three = program(casey)
    casey.is_active = False
    casey.save()
    assert three.get("me/").status_code == 401


def test_revoking_all_of_a_person_leaves_others_alone(casey, dana, program):
    mine, other = [program(casey), program(casey)], program(dana)
    assert revoke_tokens_of(casey.pk, now=now()) == 2
    assert revoke_tokens_of(casey.pk, now=now()) == 0
    assert [one.get("me/").status_code for one in (*mine, other)] == [401, 401, 200]


def test_use_is_noted_at_most_once_a_minute_and_leaves_no_version(casey, program):
    asker = program(casey)
    asker.get("me/")
    asker.token.refresh_from_db()
    first = asker.token.last_used_at
    assert first is not None
    asker.get("me/")
    asker.token.refresh_from_db()
    assert asker.token.last_used_at == first
    asker.token.last_used_at = first - timedelta(minutes=2)
    asker.token.save_without_historical_record()
    asker.get("me/")
    asker.token.refresh_from_db()
    assert asker.token.last_used_at > first - timedelta(seconds=1)
    assert asker.token.history.count() == 1


# Scopes ---------------------------------------------------------------------------------------------


def test_read_looks_everywhere_the_role_does_and_changes_nothing(casey, program, make_customer):
    asker, customer = program(casey, ["read"]), make_customer()
    assert asker.get("customers/").status_code == asker.get("jobs/").status_code == 200
    refused = asker.post(f"customers/{customer.uuid}/hold-credit/")
    assert refused.status_code == 403
    assert "change customers" in refused.json()["problem"]
    customer.refresh_from_db()
    assert not customer.credit_hold


def test_a_scope_opens_its_own_operations_only(casey, program, make_customer):
    asker, customer = program(casey, ["edit_customers"]), make_customer()
    assert asker.post(f"customers/{customer.uuid}/hold-credit/").status_code == 200
    assert asker.get("customers/").status_code == 403
    assert asker.get("invoices/").status_code == 403


def test_what_a_role_loses_its_tokens_lose(casey, program):
    asker = program(casey)
    assert asker.get("invoices/").status_code == 200
    casey.role = Role.TECHNICIAN
    casey.save()
    assert asker.get("invoices/").status_code == 403


def test_reading_is_no_licence_to_decide():
    assert scopes_hold(["read"], May.SEE_HOME)
    assert not scopes_hold(["read"], May.SEE_HOME, to_change=True)
    assert not scopes_hold(["read"], May.EDIT_CUSTOMERS)
    assert scopes_hold(["see_home"], May.SEE_HOME, to_change=True)


def test_an_action_that_asks_who_acts_sees_no_more_than_the_token(olivia, program, make_job):
    """The owner may set any price; a token of hers that may only edit drafts may not."""
    draft = make.InvoiceFactory(job=make_job())
    item = make.PriceItemFactory(price=100)
    body = {"version": draft.version, "item": str(item.uuid), "quantity": "1", "unit_price": "5.00"}
    narrow = program(olivia, ["read", "edit_invoices"])
    assert narrow.post(f"invoices/{draft.uuid}/lines/add/", body).status_code == 409
    assert program(olivia).post(f"invoices/{draft.uuid}/lines/add/", body).status_code == 201


def test_me_says_what_is_left_of_the_role_under_the_token(casey, program):
    said = program(casey, ["read", "book_jobs"]).get("me/").json()
    assert said["person"]["username"] == "casey"
    assert said["scopes"] == ["read", "book_jobs"]
    assert "book_jobs" in said["capabilities"]
    assert "see_money" in said["capabilities"]
    assert "edit_customers" not in said["capabilities"]


# Browsers -------------------------------------------------------------------------------------------


def test_a_signed_in_browser_may_look(casey_client):
    assert casey_client.get("/api/customers/").status_code == 200


def test_a_browser_changes_nothing_without_its_csrf_token(casey, make_customer):
    customer = make_customer()
    client = Client(enforce_csrf_checks=True)
    client.force_login(casey)
    path = f"/api/customers/{customer.uuid}/hold-credit/"
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    assert client.post(path, "{}", content_type="application/json", headers=headers).status_code == 403
    client.get(reverse("fsm:make-api-token"))
    headers["X-CSRFToken"] = client.cookies["csrftoken"].value
    assert client.post(path, "{}", content_type="application/json", headers=headers).status_code == 200


def test_what_a_program_changes_says_who_and_by_which_door(casey, program, make_customer):
    customer = make_customer()
    assert program(casey).post(f"customers/{customer.uuid}/hold-credit/").status_code == 200
    row = customer.history.first()
    assert (row.source, row.actor_name, row.history_user_id) == ("api", "Casey Nolan", casey.pk)


# The page -------------------------------------------------------------------------------------------


def test_a_token_is_made_shown_once_and_revoked(casey, casey_client):
    page = casey_client.get(reverse("fsm:make-api-token"))
    assert b"Book jobs" in page.content
    assert b"Issue invoices" in page.content
    made = casey_client.post(
        reverse("fsm:make-api-token"), {"name": "Website", "scopes": ["read", "book_jobs"], "expires_on": ""}
    )
    token = ApiToken.objects.get(user=casey)
    secret = made.content.decode().split('value="sg_')[1].split('"')[0]
    assert ask(f"sg_{secret}") == 200
    assert "no-store" in made.headers["Cache-Control"]
    for url in (reverse("fsm:api-tokens"), reverse("fsm:api-token", args=[token.uuid])):
        page = casey_client.get(url)
        assert b"Website" in page.content
        assert secret.encode() not in page.content
        assert token.digest.encode() not in page.content
    casey_client.post(reverse("fsm:revoke-api-token", args=[token.uuid]))
    assert ask(f"sg_{secret}") == 401


def test_a_form_without_a_scope_is_shown_again(casey_client):
    answer = casey_client.post(reverse("fsm:make-api-token"), {"name": "Website"})
    assert answer.status_code == 422
    assert b"Website" in answer.content


def test_a_last_day_counts_whole(casey, casey_client, company):
    form = {"name": "T", "scopes": ["read"], "expires_on": "2026-12-01"}
    assert casey_client.post(reverse("fsm:make-api-token"), form).status_code == 200
    assert ApiToken.objects.get(user=casey).expires_at.isoformat() == "2026-12-02T06:00:00+00:00"


def test_ones_own_tokens_are_ones_own_and_a_manager_sees_all(casey, dana, marcus):
    token = make.ApiTokenFactory(user=casey, name="Of Casey")
    url = reverse("fsm:api-token", args=[token.uuid])
    assert client_of(dana).get(url).status_code == 404
    assert client_of(dana).post(reverse("fsm:revoke-api-token", args=[token.uuid])).status_code == 404
    assert b"Of Casey" not in client_of(dana).get(reverse("fsm:api-tokens")).content
    assert b"Of Casey" in client_of(marcus).get(reverse("fsm:api-tokens")).content
    client_of(marcus).post(reverse("fsm:revoke-api-token", args=[token.uuid]))
    token.refresh_from_db()
    assert token.revoked_at is not None


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_make_a_token_of_its_own(company, role):
    user = make.UserFactory(role=role)
    page = client_of(user).get(reverse("fsm:make-api-token"))
    assert page.status_code == 200
    for capability in set(May) - ROLES[role]:
        assert f'value="{capability.key}"' not in page.content.decode()
