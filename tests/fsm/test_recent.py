"""What a person opened last: on every device, at most twenty, and only while they may see it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from customers.actions import merge_customers
from fsm import recent
from fsm.models import OpenedItem
from fsm.references import Reference
from tests import factories as make
from tests.conftest import client_of
from tests.factories import instant

pytestmark = pytest.mark.django_db


def open_page(client, name, thing):
    assert client.get(reverse(name, args=[thing.uuid])).status_code == 200


def labels(person):
    return [hit.label for hit in recent.recent(person, limit=20)]


def test_every_kind_of_page_is_remembered_for_the_person_on_any_device(
    make_customer, make_unit, make_job, casey, dana
):
    customer = make_customer(name="Lisa Hall")
    unit = make_unit(site=customer.site)
    job = make_job(customer=customer)
    invoice = make.InvoiceFactory(job=job)
    first, second = client_of(casey), client_of(casey)
    open_page(first, "customers:customer", customer)
    open_page(second, "customers:site", customer.site)
    open_page(first, "equipment:unit", unit)
    open_page(second, "dispatch:job", job)
    open_page(first, "billing:invoice", invoice)
    open_page(second, "customers:customer", customer)
    kinds = [(hit.kind, hit.url) for hit in recent.recent(casey, limit=20)]
    assert [kind for kind, _ in kinds] == ["Customer", "Invoice", "Job", "Unit", "Site"]
    assert kinds[2][1] == reverse("dispatch:job", args=[job.uuid])
    assert recent.recent(dana, limit=20) == []


def test_the_twenty_first_thing_pushes_the_oldest_out(casey, django_assert_num_queries):
    for number in range(25):
        then = instant() + timedelta(minutes=number)
        with django_assert_num_queries(1):
            recent.remember(casey.pk, Reference("customer", uuid4()), detail=str(number), now=then)
    again = OpenedItem.objects.get(detail="5")
    recent.remember(casey.pk, Reference("customer", again.uuid), detail="5", now=instant(22))
    kept = list(OpenedItem.objects.filter(user=casey).values_list("detail", flat=True))
    assert kept == ["5", *(str(number) for number in range(24, 5, -1))]


def test_what_is_no_longer_theirs_to_see_leaves_the_list_for_good(make_customer, branch, casey, olivia):
    here, elsewhere = make_customer(name="Here"), make_customer(name="Elsewhere", branch=make.BranchFactory())
    gone = make_customer(name="Copy")
    for number, customer in enumerate((here, elsewhere, gone)):
        reference = Reference("customer", customer.uuid)
        recent.remember(casey.pk, reference, detail="", now=instant() + timedelta(minutes=number))
    merge_customers(here.pk, gone.pk, now=instant(), by=olivia)
    assert labels(casey) == ["Here", "Elsewhere"]  # the copy is the one it went into, once
    make.UserBranchFactory(user=casey, branch=branch)
    del casey.branch_ids
    assert labels(casey) == ["Here"]
    assert not OpenedItem.objects.filter(uuid=elsewhere.uuid).exists()
