"""The queue of proposals without a mouse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from playwright.sync_api import expect

from fsm import reviews
from fsm.attribution import attributed
from fsm.clock import now
from fsm.models import Review
from fsm.permissions import May
from fsm.references import ref_of


@pytest.fixture
def three(monkeypatch, make_customer, casey):
    """Three proposals of Casey's, the most urgent first."""
    monkeypatch.setattr(reviews, "_kinds", {})
    reviews.reviewable("thing", label="Thing", decide=May.ADJUST_INVOICES)(lambda review: None)
    about, asked = ref_of(make_customer()), []
    for n in range(3):
        with transaction.atomic(), attributed(user=casey):
            asked.append(
                reviews.ask_for_review(
                    kind="thing",
                    subject=about,
                    subject_label="Ann",
                    title=f"Cheaper {n}",
                    before={"Price": "2"},
                    after={"Price": "1"},
                    payload={},
                    now=now(),
                    limit=timedelta(days=n + 1),
                )
            )
    return asked


def test_the_queue_is_worked_by_keys_and_no_single_key_decides(house, three, marcus):
    page = house.open(marcus, "/reviews/")
    first, second, third = (page.locator(f"#review-{review.uuid}") for review in three)
    keys = page.keyboard
    for key, focused in (("j", first), ("j", second), ("j", third), ("j", third), ("k", second)):
        keys.press(key)
        expect(focused).to_be_focused()
    keys.press("r")
    reason = second.locator("[name=because]")
    expect(reason).to_be_focused()
    keys.type("jakr")  # letters, not keys
    keys.press("Escape")
    expect(second).to_be_focused()
    expect(reason).to_have_value("jakr")
    reason.click()
    keys.press("Enter")  # led there by hand: to the approval, which another Enter gives
    expect(second.locator("[data-approve]")).to_be_focused()
    keys.press("Escape")
    assert Review.objects.waiting().count() == 3
    keys.press("r")
    keys.press("Enter")
    expect(page.get_by_text("Rejected: Cheaper 1")).to_be_visible()
    keys.press("j")
    keys.press("a")
    expect(first.locator("[data-approve]")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_text("Approved: Cheaper 0")).to_be_visible()
    decided = dict(Review.objects.values_list("title", "state"))
    assert decided == {"Cheaper 0": "approved", "Cheaper 1": "rejected", "Cheaper 2": "waiting"}
    assert Review.objects.get(title="Cheaper 1").decided_because == "jakr"
