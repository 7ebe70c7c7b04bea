"""Statements whose text is made once: they ask what the long way asks, for whoever looks."""

from __future__ import annotations

import pytest
from django.db.models import QuerySet

from customers.models import Customer
from fsm.models import Review
from fsm.permissions import May
from fsm.prepared import prepared
from tests import factories as make
from tests.factories import instant

pytestmark = pytest.mark.django_db
NOW = instant()


def question():
    """A question that counts how often its text is made."""
    made = []

    def named(user, most: int, *, branch, since) -> QuerySet[Customer]:
        made.append(user)
        rows = Customer.objects.visible_to(user).filter(branch=branch, created_at__gte=since)
        return rows.select_related("branch").prefetch_related("sites").order_by("name", "pk")[:most]

    return prepared(named), made


def test_the_text_is_made_once_for_those_who_stand_alike_and_asks_what_the_long_way_asks(
    make_customer, branch, casey, dana, olivia
):
    for name in ("Ann", "Ben", "Cal"):
        make_customer(name=name)
    ask, made = question()
    given = {"branch": branch.pk, "since": NOW.replace(year=2000)}
    for user in (casey, make.UserFactory(role=casey.role), casey):
        assert [row.name for row in ask(user, 2, **given)] == ["Ann", "Ben"]
    assert len(made) == 1
    assert len(ask(casey, 3, **given)) == 3
    assert ask(casey, 3, branch=branch.pk, since=NOW.replace(year=2100)) == []
    assert len(made) == 2
    statement = ask.statement(casey, 2, **given)
    sql, params = ask.queryset(casey, 2, **given).query.get_compiler("default").as_sql()
    assert statement.sql.replace("(%s)", "%s") == sql.replace("(%s)", "%s")
    assert statement.filled({"user": casey.pk, **given}) == params


def test_rows_come_with_what_belongs_to_them(make_customer, branch, casey, django_assert_num_queries):
    customer = make_customer(name="Ann")
    ask, _ = question()
    given = {"branch": branch.pk, "since": NOW.replace(year=2000)}
    ask(casey, 2, **given)
    with django_assert_num_queries(2):
        [row] = ask(casey, 2, **given)
        assert (row, row.branch, list(row.sites.all())) == (customer, branch, [customer.site])


def test_branches_and_what_a_token_leaves_out_have_a_text_of_their_own(make_customer, branch, casey):
    make_customer(name="Ann")
    ask, made = question()
    given = {"branch": branch.pk, "since": NOW.replace(year=2000)}
    assert len(ask(casey, 9, **given)) == 1
    elsewhere = make.UserFactory(role=casey.role)
    elsewhere.branch_limits.create(branch=make.BranchFactory())
    assert ask(elsewhere, 9, **given) == []
    narrowed = make.UserFactory(role=casey.role)
    narrowed.narrowed_to = {May.SEE_JOBS}.__contains__
    assert ask(narrowed, 9, **given) == []
    gone = make.UserFactory(role=casey.role, is_active=False)
    assert ask(gone, 9, **given) == []
    assert len(made) == 4
    assert len(ask(casey, 9, **given)) == 1


def test_who_looks_is_a_value_and_no_part_of_the_text(casey, dana):
    mine = prepared(lambda user: Review.objects.filter(asked_by=user).values_list("asked_by_id", flat=True))
    other = make.UserFactory(role=casey.role)
    for user in (casey, other):
        make.ReviewFactory(asked_by=user)
    assert mine(casey) == [casey.pk]
    assert mine(other) == [other.pk]


def test_a_question_that_leaves_the_branches_alone_costs_no_query_and_may_not_look_at_them(
    casey, django_assert_num_queries
):
    visible = prepared(by_branch=False)(lambda user: Customer.objects.visible_to(user))
    with pytest.raises(AttributeError, match="branches"):
        visible(casey)
    mine = prepared(by_branch=False)(lambda user: Review.objects.filter(asked_by=user))
    with django_assert_num_queries(1):
        assert mine(casey) == []
    with pytest.raises(TypeError, match="None"):
        prepared(lambda user, *, branch: Customer.objects.filter(branch=branch))(casey, branch=None)
