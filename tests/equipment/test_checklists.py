from __future__ import annotations

from equipment.categories import load_categories
from equipment.checklists import CHECKLISTS, checklist_for, where_asked
from equipment.models import Category
from equipment.readings import READINGS


def readings(category, season):
    return {item.reading for item in checklist_for(category, season).items} - {""}


def test_every_list_has_its_own_name_and_asks_for_known_readings_once():
    assert len({checklist.name for checklist in CHECKLISTS}) == len(CHECKLISTS)
    for checklist in CHECKLISTS:
        texts = [item.text for item in checklist.items]
        asked = [item.reading for item in checklist.items if item.reading]
        assert len(set(texts)) == len(texts), checklist.name
        assert len(set(asked)) == len(asked), checklist.name
        assert set(asked) <= set(READINGS)
        assert checklist.categories <= set(load_categories())
        assert any(item.required for item in checklist.items)
        # The columns of a template.
        assert len(checklist.name) <= 60
        assert all(len(text) <= 120 for text in texts)
    assert all(len(reading.unit) <= 12 for reading in READINGS.values())


def test_no_category_has_two_lists_in_a_season():
    for season in ("cooling", "heating"):
        categories = [
            category for each in CHECKLISTS if each.season == season for category in each.categories
        ]
        assert len(categories) == len(set(categories))


def test_heat_and_cold_ask_for_what_matters():
    assert {"capacitor", "superheat", "subcooling", "delta_t", "total_static"} <= readings(
        "air_conditioner", "cooling"
    )
    assert {"flame_sensor", "gas_manifold", "co_flue", "co_ambient", "temperature_rise"} <= readings(
        "furnace", "heating"
    )
    assert "co_flue" not in readings("heat_pump", "heating")
    assert checklist_for("furnace", "cooling") is None
    assert checklist_for("thermostat", "heating") is None
    assert [each.season for each in where_asked("co_ambient")] == ["heating"] * 3


def test_co_is_always_required_and_gauges_never_are():
    required = {item.reading for each in CHECKLISTS for item in each.items if item.required and item.reading}
    optional = {item.reading for each in CHECKLISTS for item in each.items if not item.required}
    assert {"co_flue", "co_ambient"} <= required - optional
    assert {"suction_pressure", "liquid_pressure", "superheat", "subcooling"} <= optional - required


def test_every_category_of_the_model_has_its_facts():
    facts = load_categories()
    assert set(facts) == set(Category.values)
    assert facts["walk_in"].compliance == "commercial"
    assert facts["vrf"].exemption == "unsure"
    assert facts["chiller"].exemption == "no"
    assert (facts["boiler"].life_low, facts["boiler"].life_high) == (24, 35)
    assert all(bool(each.exemption) == each.has_refrigerant for each in facts.values())
    assert all(not each.life_low or each.life_low <= each.life_high for each in facts.values())
