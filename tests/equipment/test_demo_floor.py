from __future__ import annotations

import random

import pytest
from django.db import connection

import customers.demo
import equipment.demo
from customers.demo_copies import COPIES
from customers.models import Communication, Contact, Customer, EmailAddress, PhoneNumber, Site
from customers.querysets import find_customers
from equipment.models import Circuit, TechnicianCertificate, Unit
from fsm.attribution import attributed
from fsm.clock import today_in
from fsm.demo import DemoWorld
from fsm.permissions import Role
from tests import factories as make
from tests.conftest import for_the_module
from tests.factories import instant

pytestmark = pytest.mark.django_db
NOW = instant()


def world(seed=20261, **made):
    zone = "America/Chicago"
    return DemoWorld(random.Random(seed), NOW, today_in(zone, NOW), zone, made=made)


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """Made once for all that look at it."""
    with for_the_module(django_db_blocker):
        yield built()


def built():
    make.CompanyFactory()
    casey = make.UserFactory(name="Casey Nolan", role=Role.OFFICE)
    tess, tom = (make.UserFactory(role=Role.TECHNICIAN) for _ in range(2))
    for person in (tess, tom):
        make.TechnicianCertificateFactory(technician=person)
    for name in ("R-22", "R-32", "R-290", "R-404A", "R-410A", "R-448A", "R-454B"):
        make.RefrigerantFactory(designation=name)
    made = world(technicians=[tess, tom], people={"casey": casey})
    with attributed(source="command:load_demo", actor_name="Demo company"):
        customers.demo.build(made)
        equipment.demo.build(made)
    connection.check_constraints()
    return made


def test_the_demo_company_has_its_customers_and_units_and_upper_floors_find_them(demo):
    assert len(demo.made["customers"]) == Customer.objects.count() - COPIES == 900
    assert 1000 <= len(demo.made["sites"]) <= Site.objects.count() <= 1150 + COPIES
    assert 1300 <= len(demo.made["units"]) <= Unit.objects.count() <= 1500
    assert TechnicianCertificate.objects.filter(revoked_on=None).count() >= 4
    assert all(row.pk for row in demo.made["units"])
    assert find_customers("property management", demo.made["people"]["casey"])


def test_the_demo_has_something_of_every_standing(demo):
    kinds = {
        kind: Customer.objects.filter(kind=kind).count()
        for kind in ("household", "company", "property_manager")
    }
    assert kinds == {"household": 820 + COPIES, "company": 66, "property_manager": 14}
    for field in ("do_not_service", "credit_hold"):
        assert 2 <= Customer.objects.filter(**{field: True}).count() <= 40
    assert Customer.objects.filter(is_taxable=False).exclude(tax_certificate="").exists()
    assert Communication.objects.count() > 20


def test_nobody_real_can_be_called_or_written_to(demo):
    assert not PhoneNumber.objects.exclude(digits__regex=r"^\d{3}55501\d\d$").exists()
    assert not EmailAddress.objects.exclude(address__regex=r"@([a-z0-9]+\.example|example\.com)$").exists()


def test_every_row_of_the_demo_says_where_it_came_from(demo):
    for model in (Customer, Contact, Site, PhoneNumber, Unit, Circuit):
        assert model.history.filter(history_type="+").count() == model.objects.count()
        said = set(model.history.values_list("source", "actor_name"))
        assert ("command:load_demo", "Demo company") in said
        assert said <= {("command:load_demo", who) for who in ("Demo company", "Casey Nolan")}


def test_the_same_seed_makes_the_same_company(demo):
    def names(seed):
        maker = customers.demo.Maker(world(seed))
        for _ in range(30):
            maker.household()
        return [(row.name, row.uuid) for row in maker.customers]

    assert names(1) == names(1) != names(2)


def test_a_serial_is_written_as_its_maker_writes_it(branch):
    installer = equipment.demo.Installer(world(), {}, {}, [], [])
    day = NOW.date().replace(year=2018)
    assert installer.serial("Carrier", day).startswith("2818E")
    assert installer.serial("Lennox", day).startswith("5818G")
