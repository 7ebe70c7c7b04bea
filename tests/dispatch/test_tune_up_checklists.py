from __future__ import annotations

from dispatch.actions.setting_up import load_tune_up_checklists
from dispatch.models import ChecklistItem, ChecklistTemplate
from equipment.checklists import CHECKLISTS
from equipment.readings import READINGS


def test_the_tune_up_checklists_are_loaded_once_with_the_readings_they_ask_for(db):
    ChecklistTemplate.objects.create(name=CHECKLISTS[0].name)
    assert len(load_tune_up_checklists()) == len(CHECKLISTS) - 1
    assert load_tune_up_checklists() == []
    assert not ChecklistItem.objects.filter(template__name=CHECKLISTS[0].name).exists()
    line = ChecklistItem.objects.filter(reading_key="capacitor").first()
    assert (line.kind, line.unit) == ("reading", READINGS["capacitor"].unit)
    assert ChecklistItem.objects.filter(kind="reading", reading_key="").count() == 0
