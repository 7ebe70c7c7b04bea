"""Every version says who, through which door, why and in which chain; sets of rows as much as single ones."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Contact, Customer
from fsm.attribution import UNATTRIBUTED, attributed, because, current, rooted
from fsm.history import (
    delete_with_history,
    history_model,
    insert_with_history,
    update_each_with_history,
    update_with_history,
)
from fsm.models import Branch
from tests.factories import ContactFactory, CustomerFactory, UserFactory


@pytest.fixture
def told(db):
    """Everything attribution can say, in force."""
    user = UserFactory(name="Nora Vance")
    root = uuid.uuid4()
    with attributed(user=user, source="board"), because("storm"), rooted("job", root) as who:
        yield who


def facts(row):
    return (
        row.history_user_id, row.actor_name, row.source, row.history_change_reason, row.batch, row.root
    )  # fmt: skip


def all_of(who):
    return (who.user_id, who.actor_name, who.source, who.reason, who.batch, who.root)


def versions(model, **which):
    return list(history_model(model).objects.filter(**which).order_by("history_id"))


def unsaved(number=3):
    template = CustomerFactory.build()
    return [
        Customer(number=f"X{n}", name=f"{template.name} {n}", branch=Branch.objects.first())
        for n in range(number)
    ]


def test_a_single_save_and_a_delete_are_attributed(told):
    contact = ContactFactory()
    contact.name = "Lisa Hall-Ruiz"
    contact.save()
    key = contact.pk
    contact.delete()
    rows = versions(Contact, id=key)
    assert [row.history_type for row in rows] == ["+", "~", "-"]
    assert {facts(row) for row in rows} == {all_of(told)}
    assert told.actor_name == "Nora Vance"
    assert told.root.startswith("job:")


def test_a_reason_set_on_the_object_wins_over_the_ambient_one(told):
    contact = ContactFactory()
    contact._change_reason = "misspelt"
    contact.save()
    assert versions(Contact, id=contact.pk)[-1].history_change_reason == "misspelt"


def test_inserted_sets_are_attributed_and_know_their_keys(told, branch):
    made = insert_with_history(unsaved())
    rows = versions(Customer, id__in=[customer.pk for customer in made])
    assert [row.id for row in rows] == [customer.pk for customer in made]
    assert [row.name for row in rows] == [customer.name for customer in made]
    assert {row.history_type for row in rows} == {"+"}
    assert {facts(row) for row in rows} == {all_of(told)}


def test_updated_sets_are_attributed_and_tell_the_new_values(told):
    made = [CustomerFactory() for _ in range(3)]
    CustomerFactory(name="Somebody else")
    count = update_with_history(
        Customer.objects.filter(pk__in=[customer.pk for customer in made]), credit_hold=True
    )
    assert count == 3
    assert Customer.objects.filter(credit_hold=True).count() == 3
    rows = versions(Customer, history_type="~")
    assert [(row.id, row.credit_hold) for row in rows] == [(customer.pk, True) for customer in made]
    assert {facts(row) for row in rows} == {all_of(told)}


def test_rows_that_change_each_in_its_own_way_and_rows_that_go_are_attributed(told):
    made = [ContactFactory() for _ in range(3)]
    for number, contact in enumerate(made):
        contact.name = f"Renamed {number}"
    assert update_each_with_history(made, ["name"]) == 3
    assert [row.name for row in versions(Contact, history_type="~")] == [
        "Renamed 0",
        "Renamed 1",
        "Renamed 2",
    ]
    assert delete_with_history(Contact.objects.filter(pk__in=[contact.pk for contact in made])) == 3
    gone = versions(Contact, history_type="-")
    assert [row.name for row in gone] == ["Renamed 0", "Renamed 1", "Renamed 2"]
    assert {facts(row) for row in gone} == {all_of(told)}


def test_lists_in_rows_of_a_set_come_back_as_they_were_given(told, branch):
    given = [[], ["plan", "a, b"], ['say "x"', "back\\slash", "NULL", "{}", " "]]
    rows = unsaved(3)
    for row, tags in zip(rows, given, strict=True):
        row.tags = tags
    made = insert_with_history(rows)
    assert [Customer.objects.get(pk=row.pk).tags for row in made] == given
    for row in made:
        row.tags = row.tags[::-1]
    update_each_with_history(made, ["tags", "name"])
    assert [row.tags for row in versions(Customer, history_type="~")] == [tags[::-1] for tags in given]


def test_rows_of_one_set_may_belong_to_different_chains(told, branch):
    roots = [f"job:{uuid.uuid4()}" for _ in range(3)]
    made = insert_with_history(unsaved(), roots=roots)
    rows = versions(Customer, id__in=[customer.pk for customer in made])
    assert [row.root for row in rows] == roots
    with pytest.raises(ValueError, match="One root a row"):
        insert_with_history([Customer(number="X9", name="Nine", branch=branch)], roots=roots)


def test_an_empty_set_writes_nothing(db):
    before = history_model(Customer).objects.count()
    assert insert_with_history([]) == []
    assert update_with_history(Customer.objects.none(), credit_hold=True) == 0
    assert update_each_with_history([], ["name"]) == 0
    assert delete_with_history(Customer.objects.none()) == 0
    assert history_model(Customer).objects.count() == before


@pytest.mark.parametrize("rows", [1, 40])
def test_the_history_of_a_set_is_one_statement(told, branch, rows):
    with CaptureQueriesContext(
        connection,
    ) as written:
        insert_with_history(unsaved(rows))
    statements = [query["sql"] for query in written if "historicalcustomer" in query["sql"]]
    assert len(statements) == 1
    assert "SELECT" in statements[0]


def test_a_history_row_of_a_set_equals_one_of_a_single_save(told, branch):
    """Column for column, so that nobody can tell how a row was written."""
    [in_a_set] = insert_with_history(unsaved(1))
    alone = Customer(**{field.attname: getattr(in_a_set, field.attname) for field in Customer._meta.fields})
    alone.pk, alone.number, alone.uuid = None, "X9", uuid.uuid4()
    alone.save()
    one, other = (
        history_model(Customer).objects.filter(id=row.pk).values().get() for row in (in_a_set, alone)
    )
    own = {"id", "uuid", "number", "history_id", "history_date", "created_at"}
    assert {k: v for k, v in one.items() if k not in own} == {k: v for k, v in other.items() if k not in own}


def test_without_attribution_a_row_says_so_aloud(db):
    seen = []

    def elsewhere():  # a new thread starts without the test's attribution
        seen.append(current())

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen[0].source == UNATTRIBUTED


def test_attribution_nests_and_comes_back():
    with attributed(source="board") as outer:
        with because("storm"), attributed(source="import") as inner:
            assert (inner.source, inner.reason, inner.batch) == ("import", "storm", outer.batch)
            with because(""):
                assert current().reason == "storm"
        assert current() == outer
    assert current().source == "test"


def test_requests_are_attributed_to_their_person_door_and_one_batch(marcus_client, marcus, company):
    from django.urls import reverse

    marcus_client.post(reverse("fsm:set-theme"), {"theme": "dark"})
    row = versions(type(marcus), id=marcus.pk)[-1]
    assert (row.history_user_id, row.actor_name, row.source) == (marcus.pk, "Marcus Webb", "office")
    marcus_client.post(reverse("fsm:set-theme"), {"theme": "light"})
    assert versions(type(marcus), id=marcus.pk)[-1].batch != row.batch
