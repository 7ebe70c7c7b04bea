"""A dispute is settled from one page."""

from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.models import PriceItem
from tests import factories as make


def test_one_page_says_where_a_price_came_from_who_signed_and_what_was_said(make_issued, book, casey_client):
    invoice = make_issued()
    make.CommunicationFactory(
        customer=invoice.customer, about_kind="invoice", about_uuid=invoice.uuid, subject="Your invoice"
    )
    fee = PriceItem.objects.get(pk=book.fee.pk)
    fee.price, fee.version = Decimal(500), 9  # dearer since: the invoice keeps what was in force
    fee.save()
    fee.history.filter(version=9).update(history_date=invoice.issued_at.replace(year=2099))
    fee.history.exclude(version=9).update(history_date=invoice.issued_at.replace(year=2020))
    url = reverse("billing:why-invoice", args=[invoice.uuid])
    page = casey_client.get(url).content.decode()
    assert "DIAG, version 1: $89" in page
    assert "version 9" not in page
    assert "Your invoice" in page
    assert url in casey_client.get(reverse("billing:invoice", args=[invoice.uuid])).content.decode()
    with CaptureQueriesContext(connection) as before:
        casey_client.get(url)
    for _ in range(10):
        make.CommunicationFactory(
            customer=invoice.customer, about_kind="invoice", about_uuid=invoice.uuid, subject="Again"
        )
    with CaptureQueriesContext(connection) as after:
        casey_client.get(url)
    assert len(after) == len(before)
