"""The empty search box offers what one opened last, by keyboard alone, on another device as well."""

from __future__ import annotations

from playwright.sync_api import expect


def test_slash_offers_what_was_opened_last_and_enter_opens_it_again(house, casey, make_customer):
    first, second = make_customer(name="Lisa Hall"), make_customer(name="Bob Stone")
    page = house.open(casey, f"/customers/{first.uuid}/")
    page.goto(f"{house.url}/customers/{second.uuid}/")
    elsewhere = house.open(casey, "/")
    elsewhere.keyboard.press("/")
    expect(elsewhere.get_by_text("Opened last")).to_be_visible()
    offered = elsewhere.get_by_role("option")
    expect(offered).to_have_text([f"Bob Stone{second.number}Customer", f"Lisa Hall{first.number}Customer"])
    elsewhere.keyboard.press("ArrowDown")
    elsewhere.keyboard.press("ArrowDown")
    elsewhere.keyboard.press("Enter")
    elsewhere.wait_for_url(f"**/customers/{first.uuid}/")
    expect(elsewhere.get_by_role("heading", name="Lisa Hall", exact=True)).to_be_visible()
