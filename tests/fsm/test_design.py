"""The design system keeps its promises without a browser: contrast, budgets, icons, no inline code."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string

from fsm.templatetags.ui import STATES, state
from fsm.web.style import SampleForm, context

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "fsm" / "static" / "fsm"


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def tokens(theme: int) -> dict[str, str]:
    css = (STATIC / "tokens.css").read_text()
    pairs = re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", css)
    return {name: (light, dark)[theme] for name, light, dark in pairs}


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
def test_every_ink_is_readable_on_every_ground_it_is_used_on(theme):
    color = tokens(theme)
    grounds = ["bg", "paper", "raised", "hover", "rail"]
    pairs = [(ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent", "danger") for ground in grounds]
    pairs += [("on-accent", "accent"), ("on-accent", "accent-strong"), ("on-danger", "danger")]
    pairs += [("accent-strong", "accent-soft"), ("ink-2", "accent-soft"), ("ink", "sunken")]
    pairs += [(tone, f"{tone}-soft") for tone in ("grey", "blue", "violet", "teal", "green", "amber", "red")]
    weak = {pair: round(contrast(color[pair[0]], color[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", [0, 1])
def test_the_edge_of_an_input_and_the_focus_ring_can_be_seen(theme):
    color = tokens(theme)
    for ground in ("bg", "paper", "raised"):
        assert contrast(color["edge"], color[ground]) >= 3
        assert contrast(color["focus"], color[ground]) >= 3


def packed(pattern: str) -> int:
    return len(gzip.compress(b"".join(path.read_bytes() for path in sorted(STATIC.glob(pattern))), 9))


def test_styles_and_scripts_stay_within_their_budgets():
    assert packed("*.css") <= 15 * 1024
    assert packed("*.js") <= 8 * 1024


def test_every_icon_that_is_named_is_drawn():
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (STATIC / "icons.svg").read_text()))
    named = {sign for _, sign in STATES.values()} | set(context()["icons"])
    for template in (ROOT / "templates").rglob("*.html"):
        named |= set(re.findall(r'{% icon "([a-z-]+)"', template.read_text()))
        named |= set(re.findall(r'sign="([a-z-]+)"', template.read_text()))
    assert named - drawn == set()


def test_no_template_carries_inline_style_or_script():
    for template in (ROOT / "templates").rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=[\"']", text), template


def test_every_color_outside_the_tokens_goes_by_name():
    for sheet in ("base.css", "components.css"):
        css = re.sub(r"light-dark\([^)]*\)|/\*.*?\*/", "", (STATIC / sheet).read_text(), flags=re.S)
        css = re.sub(r"@media print \{.*", "", css, flags=re.S)
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b", css) == [], sheet


def test_a_refused_form_says_each_error_beside_its_field_and_links_to_it_from_the_top():
    form = SampleForm({"name": "<b>Lisa</b>", "job_type": "nc", "day": "2026-07-01", "priority": "n"})
    html = render_to_string("fsm/_form.html", {"form": form, "submit": "Book"})
    assert '<a href="#id_phone">' in html
    assert 'aria-describedby="id_phone_helptext id_phone_error"' in html
    assert 'id="id_phone_error"' in html
    assert "&lt;b&gt;Lisa&lt;/b&gt;" in html
    assert 'enctype="multipart/form-data"' in html


def test_an_unknown_state_still_shows_its_word():
    assert ">Half baked<" in re.sub(r"<svg.*?</svg>", "", state("half_baked"))
