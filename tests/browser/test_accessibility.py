"""Every page with axe, as its person sees it: on a desk and on a phone, light and dark."""

from __future__ import annotations

from itertools import groupby

import pytest

from fsm.screenshots import shots
from tests.browser.conftest import settle
from tests.story import go_on, tell

# What axe asks of colours: the themes differ in nothing else.
COLOURS = ["color-contrast", "link-in-text-block"]


@pytest.fixture
def told(company, marcus, casey, dana, tess, bea, olivia):
    """A small whole world: a job from the call to the books, more ahead and under way, drafts and debts."""
    told = tell(casey=casey, dana=dana, tess=tess, bea=bea)
    go_on(told, casey=casey, tess=tess)
    return told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "height", "themes"),
    [
        (1440, 900, [("light", None), ("dark", COLOURS)]),
        (390, 844, [("dark", None)]),  # its colours by day are those of the desk
    ],
    ids=["desk", "phone"],
)
def test_every_page_is_clean_in_both_themes(house, told, axe, width, height, themes):
    wrong = []
    by_person = sorted(shots(), key=lambda shot: shot.user.pk if shot.user else 0)
    for user, theirs in groupby(by_person, key=lambda shot: shot.user):
        page = house.open(
            user,
            "/password/" if user else "/log-in/",
            width=width,
            height=height,
            bypass_csp=True,
            reduced_motion="reduce",
            has_touch=width < 600,
        )
        for shot in theirs:
            assert shot.path, f"{shot.page.title} has nothing to show"
            answer = page.goto(shot.path)
            assert answer.status == 200, shot.page.title
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if wide > 0:
                wrong.append(f"{shot.page.title}: {wide} px wider than the screen")
            for theme, only in themes:
                page.emulate_media(color_scheme=theme)
                settle(page)
                wrong += [f"{shot.page.title} ({theme}): {line}" for line in axe(page, only)]
        page.context.close()
    assert not wrong, "\n".join(wrong)
