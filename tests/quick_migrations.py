"""The tests' own tables, made by the real migrations in a fifth of the time.

After every single change Django draws all models anew that are related to the changed one; here everything
is related to everything, and that is nine tenths of the time. Most changes (a new table, a column, a
constraint) ask for nothing but the changed model itself. What needs the others after all (renaming, altering,
Python code) is left to Django, which draws them first. `up` migrates the ordinary way, and its test compares
the two databases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.migrations.state import ProjectState

SIMPLE = ("add_model", "add_field", "_append_option", "_remove_option", "alter_model_options")

TABLES = """
    SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    ORDER BY 1
"""


@contextmanager
def quick_migrations() -> Iterator[None]:
    """For the length of the block, a simple change draws nothing but its own model anew."""
    find = ProjectState._find_reload_model
    ordinary = {name: getattr(ProjectState, name) for name in SIMPLE}

    def alone(change: Callable[..., None]) -> Callable[..., None]:
        def changed(state: ProjectState, *arguments: Any, **named: Any) -> None:
            state.only_itself = True
            try:
                change(state, *arguments, **named)
            finally:
                state.only_itself = False

        return changed

    def found(state: ProjectState, app: str, model: str, delay: bool = False) -> set[tuple[str, str]]:
        if not getattr(state, "only_itself", False):
            return find(state, app, model, delay)
        state.is_delayed = True  # Python code in a migration has everything drawn first
        return {(app, model)}

    ProjectState._find_reload_model = found
    for name, change in ordinary.items():
        setattr(ProjectState, name, alone(change))
    try:
        yield
    finally:
        ProjectState._find_reload_model = find
        for name, change in ordinary.items():
            setattr(ProjectState, name, change)


def tables() -> list[str]:
    """Every column, constraint, index and trigger of the tests' database."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return [line for (line,) in cursor.fetchall()]
