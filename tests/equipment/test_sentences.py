from __future__ import annotations

import copy
import json
import pickle
from datetime import date
from decimal import Decimal

from django.utils import translation

from equipment.sentences import Sentence
from equipment.wording import translated

TOLD = Sentence(
    "%(who)s: %(share)s%% since %(day)s for %(sum)s.",
    who=Sentence("Maker"), share=39, day=date(2026, 4, 3), sum=Decimal("1234.5"),
)  # fmt: skip


def test_a_sentence_is_english_text_that_can_be_kept_anywhere():
    assert TOLD == "Maker: 39% since Apr 3, 2026 for 1,234.5."
    assert json.loads(json.dumps({"why": TOLD})) == {"why": str(TOLD)}
    for twin in (copy.deepcopy(TOLD), pickle.loads(pickle.dumps(TOLD))):
        assert (twin, twin.text, twin.values) == (TOLD, TOLD.text, TOLD.values)


def test_a_page_says_it_in_the_language_of_its_reader():
    with translation.override("es"):
        assert translated(TOLD) == "Maker: 39% since 3 de abril de 2026 for 1,234.5."
        assert translated(Sentence("Yes")) == "Sí"
    assert translated("") == ""
