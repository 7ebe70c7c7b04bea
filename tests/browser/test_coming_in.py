"""The way in, in a real browser: an empty house, an invitation, a second factor; its pages are shot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Page, expect

from fsm.models import User
from tests.factories import PASSWORD
from tests.queue import run_queued_tasks

FOLDER = Path(settings.BASE_DIR) / "screenshots"  # where `manage.py screenshots` puts the others


def shoot(page: Page, name: str) -> None:
    """Wide and narrow, light and dark, like every other page; nothing is wider than the screen."""
    FOLDER.mkdir(exist_ok=True)
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), f"{name} at {width}"
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            path = FOLDER / f"fsm-{name}--nobody--{width}--{theme}.png"
            page.screenshot(path=path, animations="disabled", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})


def code_of(username: str, ahead: int = 0) -> str:
    return f"{totp(TOTPDevice.objects.get(user__username=username).bin_key, drift=ahead):06d}"


@pytest.mark.django_db(transaction=True)
def test_from_an_empty_house_to_a_second_person_with_a_second_factor(house):
    page = house.open(None, "/people/")
    expect(page).to_have_url(re.compile("/welcome/$"))
    shoot(page, "welcome")
    for label, text in {
        "Company": "Hill Country Air",
        "City": "Waco",
        "State": "TX",
        "Your name": "Olga Brandt",
        "Your e-mail": "olga@hillcountry.example",
        "User name": "olga",
        "Password": PASSWORD,
    }.items():
        page.get_by_label(label, exact=False).first.fill(text)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    shoot(page, "home-first-steps")

    page.get_by_role("link", name="Invite your people").click()
    page.get_by_label("Name").fill("Tess Ramirez")
    page.get_by_label("E-mail").fill("tess@hillcountry.example")
    page.get_by_label("Role").select_option("technician")
    page.get_by_role("button", name="Send the invitation").click()
    shown = page.get_by_label("To hand over").input_value()
    shoot(page, "link-made")
    run_queued_tasks()
    assert shown in mail.outbox[0].body

    phone = house.open(None, shown.removeprefix(house.url), width=390, height=844)
    shoot(phone, "use-link")
    phone.set_viewport_size({"width": 390, "height": 844})
    phone.get_by_label("User name").fill("tess")
    phone.get_by_label("Password").fill(PASSWORD)
    phone.get_by_role("button", name="Come in").click()
    expect(phone).to_have_url(re.compile("/phone/"))

    phone.goto(reverse("fsm:security"))
    phone.get_by_role("link", name="Set it up").click()
    phone.get_by_role("button", name="Begin").click()
    expect(phone.locator(".qr svg")).to_be_visible()
    shoot(phone, "second-factor-picture")
    phone.get_by_label("Code").fill(code_of("tess"))
    phone.get_by_role("button", name="Turn it on").click()
    expect(phone.locator(".codes li")).to_have_count(10)
    shoot(phone, "backup-codes-made")
    phone.get_by_role("link", name="I have kept them").click()
    shoot(phone, "security-on")

    other = house.open(None, "/log-in/?next=/me/security/")
    other.get_by_label("User name").fill("tess")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Log in").click()
    expect(other.get_by_role("heading", name="Your second factor")).to_be_visible()
    shoot(other, "log-in-code")
    other.get_by_label("Code").fill(code_of("tess", ahead=1))
    other.get_by_role("button", name="Log in").click()
    expect(other).to_have_url(re.compile("/me/security/$"))
    expect(other.get_by_text("This device")).to_be_visible()

    page.goto(reverse("fsm:edit-person", args=[User.objects.get(username="tess").uuid]))
    shoot(page, "edit-person-joined")
    page.get_by_role("button", name="Deactivate").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Yes|Deactivate")).click()
    expect(page.get_by_text("cannot come in any more")).to_be_visible()
    other.goto("/me/security/")
    expect(other).to_have_url(re.compile("/log-in/"))
