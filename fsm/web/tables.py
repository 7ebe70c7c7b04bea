"""Lists: sort, filter, search and pages, the same on every list page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest


@dataclass(frozen=True)
class Column:
    """One column: `value(row)` gives the cell; `sort` names the fields behind it, none means not sortable."""

    key: str
    label: Any
    value: Callable[[Any], Any]
    sort: tuple[str, ...] = ()
    align: str = ""


@dataclass(frozen=True)
class Heading:
    """A column's head as the page shows it."""

    key: str
    label: Any
    align: str
    sortable: bool
    sort_url: str
    sorted: str


@dataclass(frozen=True)
class Row:
    """One row: where it leads, its cells, and the object for templates that want more."""

    url: str
    cells: list[tuple[Heading, Any]]
    object: Any


class Table:
    """A page of rows, fetched when made; hostile sort keys and page numbers fall back to the first."""

    def __init__(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        columns: list[Column],
        *,
        url: Callable[[Any], str] | None = None,
        filterset: Any = None,
        search: Callable[[QuerySet[Any], str], QuerySet[Any]] | None = None,
        search_label: Any = "",
        default_sort: str = "",
        per_page: int = 50,
        empty_title: Any = "",
        empty_text: Any = "",
    ) -> None:
        self.empty_title, self.empty_text, self.search_label = empty_title, empty_text, search_label
        self.searchable = search is not None
        self.search = request.GET.get("q", "").strip()[:200].replace("\x00", "")
        self.filter_form = None
        if filterset is not None:
            filtered = filterset(request.GET or None, queryset=queryset, request=request)
            self.filter_form = filtered.form
            queryset = filtered.qs
        if search is not None and self.search:
            queryset = search(queryset, self.search)
        self.filtered = bool(self.search) or any(
            value for key, value in request.GET.items() if key not in {"page", "sort", "q"}
        )
        self._params = request.GET.copy()
        self.sort = self._checked_sort(request.GET.get("sort", ""), columns) or default_sort
        by_key = {column.key: column for column in columns}
        descending, key = self.sort.startswith("-"), self.sort.removeprefix("-")
        if key in by_key:
            fields = [("-" if descending else "") + name for name in by_key[key].sort]
            queryset = queryset.order_by(*fields, "-pk" if descending else "pk")
        self.columns = [self._heading(column, key, descending) for column in columns]
        paginator = Paginator(queryset, per_page)
        self.page: Page[Any] = paginator.get_page(request.GET.get("page"))
        self.total = paginator.count
        self.rows = [
            Row(
                url(row) if url else "",
                [(head, column.value(row)) for head, column in zip(self.columns, columns, strict=True)],
                row,
            )
            for row in self.page.object_list
        ]
        self.pages = list(paginator.get_elided_page_range(self.page.number, on_each_side=2, on_ends=1))

    @property
    def query(self) -> str:
        """The query string without the page number, ready for `&page=`."""
        params = self._params.copy()
        params.pop("page", None)
        return params.urlencode()

    def _checked_sort(self, asked: str, columns: list[Column]) -> str:
        known = {column.key for column in columns if column.sort}
        return asked if asked.removeprefix("-") in known else ""

    def _heading(self, column: Column, key: str, descending: bool) -> Heading:
        here = column.key == key
        params = self._params.copy()
        params.pop("page", None)
        params["sort"] = f"-{column.key}" if here and not descending else column.key
        return Heading(
            column.key,
            column.label,
            column.align,
            bool(column.sort),
            f"?{params.urlencode()}",
            ("desc" if descending else "asc") if here else "",
        )
