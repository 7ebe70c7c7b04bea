"""Numbers go on from where an old system ended, and never back."""

import pytest
from django.db import transaction
from django.urls import reverse

from fsm import counters
from fsm.models import Counter
from fsm.states import NotPossible

pytestmark = pytest.mark.django_db


def test_the_next_invoice_continues_where_the_old_system_ended():
    counters.continue_from("invoice", next_number=48210)
    with transaction.atomic():
        assert counters.take_one("invoice") == "48210"
    assert "48210" in Counter.history.filter(name="invoice").latest().history_change_reason


def test_a_number_that_may_be_taken_is_never_given_again():
    with transaction.atomic():
        counters.take("job", count=5)
    with pytest.raises(NotPossible, match="1006 or more"):
        counters.continue_from("job", next_number=1002)


def test_a_number_too_long_for_the_books_is_refused():
    with pytest.raises(NotPossible, match="11 characters"):
        counters.continue_from("invoice", next_number=10**11)


def test_the_page_sets_the_number_and_says_what_is_wrong(marcus_client):
    url = reverse("fsm:continue-numbers", args=["invoice"])
    assert marcus_client.post(url, {"next_number": "20000"}).status_code == 302
    page = marcus_client.get(reverse("fsm:company"))
    assert b"20000" in page.content
    marcus_client.post(url, {"next_number": "-3"})
    marcus_client.post(url, {"next_number": "5"})
    page = marcus_client.get(reverse("fsm:company"))
    assert b"whole number" in page.content
    assert b"20000 or more" in page.content
    assert marcus_client.post(reverse("fsm:continue-numbers", args=["moon"])).status_code == 404
