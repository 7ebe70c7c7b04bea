"""The house stands as it was drawn: floors, history everywhere, no raw writes, guarded doors, plain rules."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from fsm.attribution import UNATTRIBUTED
from fsm.history import AttributedRow, History, history_model, is_tracked
from fsm.web.navigation import ENTRIES
from tests import factories as make
from tests.test_permissions import addresses

FLOORS = ["fsm", "customers", "equipment", "inventory", "sensors", "dispatch", "billing"]
SIBLINGS = {"inventory", "sensors"}
ROOT = Path(settings.BASE_DIR)

# Without history: append-only or derived, as the house's decisions name them.
APPEND_ONLY = {
    "fsm.Exchange",
    "fsm.SensitiveLook",
    "fsm.SafekeepingRun",
    "inventory.StockMovement",
    "inventory.CylinderMovement",
}
WITHOUT_HISTORY = APPEND_ONLY | {
    "fsm.FieldOperation",  # the inbox
    "fsm.OutboxRow",  # the outbox
    "fsm.LiveEvent",
    "fsm.ApiRequest",  # the inbox of the API
    "fsm.ApiQuota",  # counts of a minute
    "fsm.SignIn",  # sessions
    "fsm.OpenedItem",  # what a person opened last
    "customers.ZipPlace",  # facts of the post office
    "customers.GeocodedAddress",  # a cache
    "customers.MatchKey",  # made anew with the record
    "customers.MergedRow",  # part of a merge, written once
    "customers.QualityCount",  # counts of a day
    "equipment.LeakRate",  # derived; what was superseded stays
    "equipment.Reminder",  # sent once
}
# Values of a history row, not of the thing: a model's own field of that name would be lost.
TAKEN = {field.name for field in AttributedRow._meta.get_fields()} | {"history"}


def our_models():
    return [
        model
        for app in FLOORS
        for model in apps.get_app_config(app).get_models()
        if not model.__name__.startswith("Historical")
    ]


def sources(*patterns):
    found = [path for app in FLOORS for pattern in patterns for path in sorted((ROOT / app).glob(pattern))]
    return [path for path in found if "migrations" not in path.parts]


def named(path):
    return str(path.relative_to(ROOT))


# Floors ---------------------------------------------------------------------------------------------


def test_the_floors_are_the_installed_apps():
    assert settings.APPS == FLOORS


def keys():
    for model in our_models():
        for field in model._meta.get_fields():
            if field.is_relation and field.concrete and field.related_model is not None:
                target = field.related_model._meta.app_label
                if target in FLOORS:
                    yield model._meta.app_label, target, field


def test_keys_point_down():
    wrong = [
        str(field)
        for app, target, field in keys()
        if FLOORS.index(target) > FLOORS.index(app) or (app != target and {app, target} == SIBLINGS)
    ]
    assert wrong == []


def test_a_key_that_crosses_apps_leaves_no_way_back_up():
    wrong = [str(field) for app, target, field in keys() if app != target and not field.remote_field.hidden]
    assert wrong == []


# History --------------------------------------------------------------------------------------------


def test_every_model_has_history_except_the_named_ones():
    assert {model._meta.label for model in our_models() if not is_tracked(model)} == WITHOUT_HISTORY


def test_all_history_is_ours_and_attributed():
    for model in our_models():
        if is_tracked(model):
            assert issubclass(history_model(model), AttributedRow), model
            manager = model._meta.simple_history_manager_attribute
            assert manager == "history", model
    assert History.__module__ == "fsm.history"


def test_no_field_has_the_name_of_a_history_column():
    clashes = [
        f"{model._meta.label}.{field.name}"
        for model in our_models()
        if is_tracked(model)
        for field in model._meta.concrete_fields
        if {field.name, field.column} & TAKEN
    ]
    assert clashes == []


def test_append_only_tables_refuse_to_be_changed(db):
    for label in sorted(APPEND_ONLY):
        model = apps.get_model(label)
        factory = getattr(make, f"{model.__name__}Factory")
        row = factory()
        for change in (
            lambda model=model, row=row: model._base_manager.filter(pk=row.pk).update(id=row.pk),
            lambda model=model, row=row: model._base_manager.filter(pk=row.pk).delete(),
        ):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                change()


def test_the_tests_notice_a_row_that_says_nothing_of_its_source(db):
    """The net below every test: see `_attributed` in conftest."""
    from fsm.attribution import attributed

    with attributed(source=UNATTRIBUTED), pytest.raises(AssertionError, match="unattributed"):
        make.BranchFactory()
    with attributed(source=UNATTRIBUTED), pytest.raises(AssertionError, match="unattributed"):
        from fsm.history import insert_with_history
        from fsm.models import Branch

        insert_with_history([Branch(name="Waco")])


# Raw writes -----------------------------------------------------------------------------------------

RAW = {"update", "bulk_create", "bulk_update", "_raw_delete", "bulk_create_with_history", "update_or_create"}
FROM_A_TABLE = {
    "objects", "_base_manager", "_default_manager", "filter", "exclude", "all", "visible_to", "order_by",
    "select_related", "select_for_update", "get_queryset",
}  # fmt: skip


def chain_of(node):
    """The names along `a.b(...).c`, outermost last."""
    names = []
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        else:
            node = node.func if isinstance(node, ast.Call) else node.value
    return [*([node.id] if isinstance(node, ast.Name) else []), *reversed(names)]


def raw_writes(text):
    """Model name (or "?") and line of every set-based write that history does not see."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RAW:
            names = chain_of(node.func.value)
            looks_like_rows = set(names) & FROM_A_TABLE or (
                node.keywords and len(names) == 1 and names[0].endswith(("set", "rows", "qs"))
            )
            if node.func.attr == "update" and not looks_like_rows:
                continue  # a dict, a set or a digest
            yield next((name for name in names if name[:1].isupper()), "?"), node.lineno


def test_raw_writes_are_recognised():
    assert list(raw_writes("Customer.objects.filter(pk=1).update(name='x')")) == [("Customer", 1)]
    assert list(raw_writes("model._base_manager.bulk_create(rows)")) == [("?", 1)]
    assert list(raw_writes("rows.update(name='x')")) == [("?", 1)]
    assert list(raw_writes("values.update({'a': 1}); digest.update(b''); self.initial.update(count=1)")) == []


def test_sets_are_written_with_their_history():
    untracked = {model.__name__ for model in our_models() if not is_tracked(model)} | {"Schedule", "OrmQ"}
    wrong = [
        f"{named(path)}:{line} {model}"
        for path in sources("**/*.py")
        if named(path) != "fsm/history.py"
        for model, line in raw_writes(path.read_text())
        if model not in untracked
    ]
    assert wrong == []


def test_only_counters_levels_and_last_uses_are_saved_without_a_version():
    users = {
        named(path) for path in sources("**/*.py") if "save_without_historical_record" in path.read_text()
    }
    allowed = {"fsm/counters.py", "fsm/apps.py", "fsm/tokens.py"}
    assert {user for user in users - allowed if not user.startswith("inventory/actions")} == set()


def test_models_hide_no_rules_in_save_and_nobody_listens_to_signals():
    wrong = []
    for path in sources("models.py", "models/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name in {"save", "clean", "delete", "full_clean"}:
                wrong.append(f"{named(path)}:{node.lineno} {node.name}")
    for path in sources("**/*.py"):
        text = path.read_text().replace("field.pre_save(", "")  # a field's own is no signal
        wrong += [
            named(path)
            for signal in ("post_save", "pre_save", "post_delete", "m2m_changed")
            if signal in text
        ]
    assert wrong == []


# Doors ----------------------------------------------------------------------------------------------


def test_every_view_names_what_it_requires():
    missing = [name for name, _route, callback in addresses() if not hasattr(callback, "requires")]
    assert missing == []


def test_every_entry_of_the_navigation_leads_somewhere_its_reader_may_go():
    requires = {name: callback.requires for name, _route, callback in addresses()}
    for entry in ENTRIES:
        assert reverse(entry.url_name)
        assert requires[entry.url_name] in (entry.may, "sign in"), entry.url_name


def test_addresses_name_things_by_their_uuid():
    wrong = [name for name, route, _ in addresses() if "<int:" in route and name not in BY_NUMBER]
    assert wrong == []


# A line's place on its own invoice; imports and opt-outs, which no phone and no outside system makes.
BY_NUMBER = {
    "billing:edit-line", "billing:remove-line", "customers:import", "customers:import-progress",
    "customers:start-import", "customers:take-back-import", "customers:release-row", "customers:skip-row",
    "customers:import-columns", "customers:confirm-columns", "customers:change-columns",
    "customers:import-problems", "customers:decide-rows", "customers:link-row", "customers:take-over-row",
    "customers:keep-row",
    "customers:lift-opt-out",
    "equipment:report-chronic",  # by its year
}  # fmt: skip


# Rules ----------------------------------------------------------------------------------------------


def test_rules_are_plain_python():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [rules] = [contract for contract in contracts if contract["name"] == "Rules are plain Python"]
    assert rules["source_modules"]
    for module in rules["source_modules"]:
        place = ROOT / module.replace(".", "/")
        for path in sorted(place.glob("**/*.py")) or [place.with_suffix(".py")]:
            refuse_django(path)


def refuse_django(path):
    for node in ast.walk(ast.parse(path.read_text())):
        imported = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        for name in imported:
            if name.startswith("django"):
                assert name == "django.utils.translation", f"{named(path)} imports {name}"


def test_money_is_never_a_float():
    for model in our_models():
        floats = [field.name for field in model._meta.concrete_fields if "Float" in type(field).__name__]
        assert floats == [], model


def test_every_constraint_has_a_name_that_says_what_it_holds():
    for model in our_models():
        for constraint in model._meta.constraints:
            assert constraint.name
            assert not constraint.name.endswith(("_check", "_uniq")), constraint.name


def test_files_leave_no_word_of_the_workshop():
    """No unfinished work, nothing printed, nobody's machine."""
    words = ("# TODO", "TODO:", "FIXME", "XXX", "breakpoint(")
    wrong = [
        f"{named(path)}: {word}" for path in sources("**/*.py") for word in words if word in path.read_text()
    ]
    assert wrong == []


# The database and production ------------------------------------------------------------------------


def test_the_migrations_say_what_the_models_say(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_known_state_is_held_by_a_constraint(db):
    """A column with choices that actions move through has a constraint that the value is known."""
    for model in our_models():
        names = {constraint.name for constraint in model._meta.constraints}
        for field in model._meta.concrete_fields:
            if field.name == "state" and field.choices:
                assert any(name.endswith("_state_is_known") for name in names), model


def test_the_server_is_new_enough(db):
    assert connection.pg_version >= 150000
