"""References, panels, finders: how apps show up below without being imported."""

from __future__ import annotations

import uuid

import pytest

from customers.models import Customer
from fsm import finders, panels
from fsm.finders import Hit, finder, search
from fsm.models import Branch
from fsm.panels import panel, panels_for
from fsm.permissions import ROLES, May, Role, allowed
from fsm.references import Reference, fetch, kind_of, model_of, ref_of, resolve_many
from tests.factories import BranchFactory, CustomerFactory, UserBranchFactory, UserFactory


def test_a_reference_is_written_and_read_back():
    reference = Reference("job", uuid.uuid4())
    assert Reference.parse(str(reference)) == reference
    for nonsense in ("job", "job:", "job:7", ""):
        with pytest.raises(ValueError, match="badly formed"):
            Reference.parse(nonsense)


def test_a_thing_knows_its_reference_and_a_reference_its_thing(casey):
    customer = CustomerFactory()
    assert ref_of(customer) == Reference("customer", customer.uuid)
    assert fetch(ref_of(customer), casey) == customer
    assert (model_of("customer"), kind_of(Customer)) == (Customer, "customer")
    assert fetch(Reference("unicorn", customer.uuid), casey) is None
    with pytest.raises(LookupError):
        ref_of(Branch())


def test_a_reference_to_what_one_may_not_see_leads_nowhere(casey, tess):
    customer = CustomerFactory(branch=BranchFactory())
    assert fetch(ref_of(customer), tess) is None
    UserBranchFactory(user=casey)
    assert fetch(ref_of(customer), casey) is None
    assert resolve_many([ref_of(customer)], casey) == {}


@pytest.mark.parametrize("number", [1, 20])
def test_references_are_resolved_with_one_query_a_kind(casey, number, django_assert_num_queries):
    references = [ref_of(CustomerFactory()) for _ in range(number)]
    missing = Reference("customer", uuid.uuid4())
    assert casey.branch_ids == []
    with django_assert_num_queries(2):  # the second asks whether what is missing was merged into another
        found = resolve_many([*references, missing, Reference("unicorn", uuid.uuid4())], casey)
    assert set(found) == set(references)
    assert all(resolved.label and resolved.url for resolved in found.values())


@pytest.fixture
def own_panels(monkeypatch):
    monkeypatch.setattr(panels, "_offers", {})


def test_panels_come_in_order_for_those_who_may_and_only_when_they_have_something(own_panels, db):
    def offer(key, order, may=May.SEE_CUSTOMERS, answer=None):
        panel("home", key=key, title=key, order=order, template="x.html", may=may)(
            lambda subject, user: {"subject": subject} if answer is None else answer() or None
        )

    offer("second", 20)
    offer("first", 10)
    offer("money", 5, may=May.SEE_MONEY)
    offer("empty", 1, answer=dict)
    offer("first", 10)  # registering again replaces
    clerk = UserFactory(role=Role.BOOKKEEPER)
    assert [found.key for found in panels_for("home", 7, clerk)] == ["money", "first", "second"]
    assert panels_for("home", 7, clerk)[0].context == {"subject": 7}
    assert panels_for("home", 7, UserFactory(role=Role.TECHNICIAN)) == []
    assert panels_for("elsewhere", 7, clerk) == []


@pytest.fixture
def own_finders(monkeypatch):
    monkeypatch.setattr(finders, "_finders", [])


def test_the_search_asks_every_finder_that_the_person_may_use(own_finders, db):
    asked = []

    @finder(order=20, may=May.SEE_MONEY)
    def invoices(query, user, limit):
        asked.append((query, limit))
        return [Hit("Invoice", "10001", "", "/")]

    @finder(order=10, may=May.SEE_CUSTOMERS)
    def customers(query, user, limit):
        return [Hit("Customer", "Hall", "", "/")]

    @finder(order=1, may=May.RUN_QUICKBOOKS)
    def batches(query, user, limit):
        return [Hit("Batch", "QB1", "", "/")]

    casey = UserFactory(role=Role.OFFICE)
    assert [hit.label for hit in search("  ha   ll ", casey, limit=3)] == ["Hall", "10001"]
    assert asked == [("ha ll", 3)]
    assert search("h", casey) == []
    assert search("  ", casey) == []
    assert search("hall", UserFactory(role=Role.TECHNICIAN)) == []


def test_every_role_may_sign_in_and_only_technicians_work_visits():
    assert set(ROLES) == set(Role)
    for role, held in ROLES.items():
        assert May.SIGN_IN in held
        assert (May.WORK_VISITS in held) == (role == Role.TECHNICIAN)


def test_nobody_deactivated_or_unknown_may_anything(db):
    user = UserFactory(role=Role.OWNER)
    assert allowed(user, May.MANAGE_PEOPLE)
    user.is_active = False
    assert not allowed(user, May.MANAGE_PEOPLE)
    assert not allowed(None, May.SIGN_IN)
    user.is_active, user.role = True, "emperor"
    assert not allowed(user, May.SIGN_IN)
