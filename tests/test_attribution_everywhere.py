"""After the whole main job no row of any model stands there without saying who made it, and where."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.conf import settings

from fsm.attribution import UNATTRIBUTED
from fsm.history import ATTRIBUTION_COLUMNS, history_model
from fsm.trace import tracked_models
from tests.story import tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(company, casey, dana, tess, bea):
    """The main job, from the call to the books."""
    return tell(casey=casey, dana=dana, tess=tess, bea=bea)


def attributed_tables():
    """Every table of ours that says who and where: histories, and append-only rows with the same columns."""
    for model in tracked_models():
        yield history_model(model)
    for app in settings.APPS:
        for model in apps.get_app_config(app).get_models():
            if "source" in {field.name for field in model._meta.concrete_fields}:
                yield model


def test_no_row_is_unattributed(told):
    seen = 0
    for model in attributed_tables():
        rows = model._base_manager.all()
        seen += rows.count()
        assert not rows.filter(source__in=["", UNATTRIBUTED]).exists(), model._meta.label
    assert seen > 60


def test_every_version_has_its_batch_and_its_actor(told):
    for model in tracked_models():
        history = history_model(model)
        assert {field.name for field in history._meta.concrete_fields} >= {
            *ATTRIBUTION_COLUMNS,
            "history_user",
            "history_change_reason",
        }, model
        for row in history.objects.all():
            assert row.batch is not None, model
            assert row.actor_name, model


def test_every_row_that_stands_has_a_version_that_says_the_same(told):
    """Nothing was written past the history: the newest version equals the row."""
    for model in tracked_models():
        versions = {row.id: row for row in history_model(model).objects.order_by("history_id")}
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if any(field.attname == kept.attname for kept in history_model(model)._meta.concrete_fields)
        ]
        for row in model._base_manager.all():
            assert row.pk in versions, f"{model._meta.label} {row.pk} has no history"
            version = versions[row.pk]
            assert {name: str(getattr(row, name)) for name in names} == {
                name: str(getattr(version, name)) for name in names
            }, model._meta.label


def test_what_people_did_carries_the_people(told, casey, dana, tess, bea):
    by = {
        (row.history_user_id, row.source)
        for model in tracked_models()
        for row in history_model(model).objects.exclude(source="test")
    }
    assert {
        (casey.pk, "office"),
        (dana.pk, "board"),
        (tess.pk, "technician"),
        (bea.pk, "office"),
        (casey.pk, "task:outbox.email"),
    } <= by
