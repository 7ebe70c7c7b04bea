"""Statements whose text is made once: what a page asks at every look needs no query builder at every look.

    @prepared
    def _open(user: Any, most: int, *, customer: Any) -> QuerySet[Invoice]:
        return Invoice.objects.visible_to(user).filter(customer=customer).owing()[:most]

    rows = _open(request.user, 6, customer=customer.pk)

The function is called once for every shape of person (role, branches, what a token narrows) and every set of
positional arguments; the named arguments it is given then are places, filled in at each look. It must look at
nothing but its arguments: no clock, no language, no setting. `_open.queryset(...)` is the same question asked
the long way; a test compares both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from functools import update_wrapper
from typing import Any, Final, Generic, TypeVar, overload
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import (
    BigIntegerField,
    CharField,
    DateField,
    DateTimeField,
    Expression,
    Field,
    QuerySet,
    UUIDField,
    prefetch_related_objects,
)
from django.db.models.sql.compiler import SQLCompiler

from .permissions import May, allowed

R = TypeVar("R")
FIELDS: Final[tuple[tuple[type, type[Field[Any, Any]]], ...]] = (
    (int, BigIntegerField),
    (str, CharField),
    (datetime, DateTimeField),  # before the date that it is, too
    (date, DateField),
    (UUID, UUIDField),
)


@dataclass(frozen=True)
class Slot:
    """Where a value goes among the parameters of a statement."""

    name: str


class Given(Expression):
    """A value that is not known yet when the text is made."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        """One place for one parameter."""
        del compiler, connection
        return "%s", (Slot(self.name),)


class Onlooker(Given):
    """Whoever has this role and these branches: what `visible_to` may look at, and whose key is filled in."""

    is_authenticated = True

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(name, output_field)
        self.role = ""
        self.is_active = True
        self.branches: tuple[int, ...] | None = None
        self.narrowed_to: Callable[[May], bool] | None = None

    @property
    def pk(self) -> Onlooker:
        """The key, wherever it is asked for."""
        return self

    @property
    def branch_ids(self) -> list[int]:
        """The branches; a question that said that it does not ask for them may not."""
        if self.branches is None:
            raise AttributeError("prepared(by_branch=False) looked at the branches")
        return list(self.branches)


Standing = tuple[str, bool, tuple[int, ...] | None, frozenset[May] | None]


def standing_of(user: Any, *, by_branch: bool) -> Standing:
    """All of a person that may shape what they are shown."""
    held = None
    if getattr(user, "narrowed_to", None) is not None:
        held = frozenset(may for may in May if allowed(user, may))
    return user.role, user.is_active, tuple(user.branch_ids) if by_branch else None, held


def _field_for(value: Any) -> Field[Any, Any]:
    for kind, field in FIELDS:
        if isinstance(value, kind):
            return field()
    raise TypeError(f"A statement is given whole numbers, texts, dates, times and uuids, not {value!r}.")


def _onlooker(standing: Standing) -> Onlooker:
    someone = Onlooker("user", BigIntegerField())
    someone.role, someone.is_active, someone.branches, held = standing
    if held is not None:
        someone.narrowed_to = held.__contains__
    return someone


class Statement(Generic[R]):
    """The text of one shape, and all that turns its rows into what the queryset would have given."""

    def __init__(self, rows: QuerySet[Any, R]) -> None:
        self.rows: Any = rows
        self.compiler: Any = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql = ""
        self.params: tuple[Any, ...] = ()
        self.converters: Any = {}
        try:
            self.sql, self.params = self.compiler.as_sql()
        except EmptyResultSet:
            return
        columns = [column[0] for column in self.compiler.select[: self.compiler.col_count]]
        self.converters = self.compiler.get_converters(columns)

    def filled(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        """The parameters with the values in their places."""
        return tuple(given[param.name] if isinstance(param, Slot) else param for param in self.params)

    def ask(self, given: Mapping[str, Any]) -> list[R]:
        """The rows now. The compiler is this call's own: several threads may ask at the same time."""
        if not self.sql:
            return []
        text = self.sql, self.filled(given)
        compiler = copy(self.compiler)
        compiler.connection = connections[DEFAULT_DB_ALIAS]
        compiler.as_sql = lambda *_args, **_options: text
        compiler.get_converters = lambda _columns: self.converters
        query = copy(self.rows.query)
        query.get_compiler = lambda *_args, **_options: compiler
        asked: Any = QuerySet(self.rows.model, query=query, using=DEFAULT_DB_ALIAS)
        asked._fields = self.rows._fields
        found: list[R] = list(self.rows._iterable_class(asked))
        if lookups := self.rows._prefetch_related_lookups:
            prefetch_related_objects(found, *lookups)  # type: ignore[type-var]
        return found


class Prepared(Generic[R]):
    """A question whose text is kept; called, it answers a list."""

    def __init__(self, make: Callable[..., QuerySet[Any, R]], *, by_branch: bool = True) -> None:
        self._make, self._by_branch = make, by_branch
        self._statements: dict[Any, Statement[R]] = {}
        update_wrapper(self, make)

    def __call__(self, user: Any, *shape: Any, **given: Any) -> list[R]:
        """The rows for this person and these values."""
        return self.statement(user, *shape, **given).ask({"user": user.pk, **given})

    def queryset(self, user: Any, *shape: Any, **given: Any) -> QuerySet[Any, R]:
        """The same question, built anew."""
        return self._make(user, *shape, **given)

    def statement(self, user: Any, *shape: Any, **given: Any) -> Statement[R]:
        """The text for people who stand as this one does."""
        key = standing_of(user, by_branch=self._by_branch), shape
        found = self._statements.get(key)
        if found is None:
            places = {name: Given(name, _field_for(value)) for name, value in given.items()}
            found = self._statements[key] = Statement(self._make(_onlooker(key[0]), *shape, **places))
        return found


Make = Callable[..., QuerySet[Any, R]]


@overload
def prepared(make: Make[R]) -> Prepared[R]: ...
@overload
def prepared(*, by_branch: bool) -> Callable[[Make[R]], Prepared[R]]: ...
def prepared(
    make: Make[R] | None = None, *, by_branch: bool = True
) -> Prepared[R] | Callable[[Make[R]], Prepared[R]]:
    """Keep the text of a question: see the head of this file. To find out a person's branches may cost a
    query; what does not depend on them says `by_branch=False`.
    """
    if make is None:
        return lambda make: Prepared(make, by_branch=by_branch)
    return Prepared(make, by_branch=by_branch)
