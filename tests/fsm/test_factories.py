"""Every model of the house has a factory that makes a valid row, and the row's history says who made it."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.conf import settings

from fsm.history import history_model, is_tracked
from fsm.models import Company
from tests import factories

FACTORIES = {
    value._meta.model: value
    for value in vars(factories).values()
    if isinstance(value, type) and issubclass(value, factories.Made) and value is not factories.Made
}
MODELS = [
    model
    for app in settings.APPS
    for model in apps.get_app_config(app).get_models()
    if model is not Company and not model.__name__.startswith("Historical")
]


def test_every_model_has_a_factory():
    assert [model.__name__ for model in MODELS if model not in FACTORIES] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_factory_makes_a_row_whose_history_is_attributed(db, model):
    made = FACTORIES[model]()
    assert model._base_manager.filter(pk=made.pk).exists()
    assert str(made)
    if is_tracked(model):
        row = history_model(model).objects.filter(id=made.pk).latest("history_id")
        facts = FACTORIES[model]._meta.django_get_or_create  # may stand there already, from a migration
        assert (row.source, row.actor_name) in [
            ("test", "Test"),
            *([("migration", "Sightglass")] if facts else []),
        ]
