"""The description of the API as a page, drawn by us from what the programs read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..api.schema import description
from ..permissions import May, requires
from .pages import render_page

DEEPEST = 3


@dataclass(frozen=True)
class Field:
    """One name with what may stand there."""

    name: str
    kind: str
    required: bool
    says: str


@dataclass(frozen=True)
class Described:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    says: str
    capabilities: list[str]
    parameters: list[Field]
    takes: list[Field]
    answers: list[tuple[str, str]]
    gives: list[Field] = field(default_factory=list)


@require_safe
@requires(May.SIGN_IN)
def api_page(request: HttpRequest) -> HttpResponse:
    """Every operation: what it takes, who may, what it answers."""
    whole = description()
    by_tag: dict[str, list[Described]] = {}
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append(described(whole, path, method, operation))
    context = {"groups": list(by_tag.items()), "version": whole["info"]["version"]}
    return render_page(request, "fsm/api_page.html", context)


def described(whole: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> Described:
    """An operation with its fields laid out flat."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers: dict[str, Any] = operation["responses"]
    good: list[Any] = [
        content["schema"]
        for status, found in answers.items()
        if status.startswith("2")
        for content in found["content"].values()
    ]
    return Described(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        says=operation.get("description", ""),
        capabilities=[_(May[name.upper()].value) for name in operation.get("x-capabilities", [])],
        parameters=[
            Field(one["name"], kind_of(one["schema"]), one.get("required", False), one.get("description", ""))
            for one in operation.get("parameters", [])
        ],
        takes=fields_of(whole, body) if body else [],
        answers=[(status, found.get("description", "")) for status, found in answers.items()],
        gives=fields_of(whole, good[0]) if good else [],
    )


def fields_of(
    whole: Mapping[str, Any], schema: Mapping[str, Any], before: str = "", depth: int = 0
) -> list[Field]:
    """The named fields of an object and of the objects in it, by dotted names."""
    target = resolved(whole, schema)
    found: list[Field] = []
    for name, inner in target.get("properties", {}).items():
        below = resolved(whole, inner)
        many = below.get("type") == "array"
        shown = f"{before}{name}{'[]' if many else ''}"
        required = name in target.get("required", [])
        found.append(Field(shown, kind_of(below), required, inner.get("description", "")))
        item = resolved(whole, below["items"]) if many else below
        if depth < DEEPEST and item.get("properties"):
            found.extend(fields_of(whole, item, f"{shown}.", depth + 1))
    return found


def resolved(whole: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind a reference; of several the first that is not null."""
    options = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf")
    if options:
        return resolved(whole, next((one for one in options if one.get("type") != "null"), options[0]))
    if "$ref" in schema:
        found: Mapping[str, Any] = whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def kind_of(schema: Mapping[str, Any]) -> str:
    """What may stand there, in a few words."""
    if "enum" in schema:
        return " | ".join("null" if value is None else str(value) or "“”" for value in schema["enum"])
    kind = schema.get("type", "object")
    words = " | ".join(kind) if isinstance(kind, list) else str(kind)
    details = [str(schema["format"])] if "format" in schema else []
    if "maxLength" in schema:
        details.append(_("at most %(n)s characters") % {"n": schema["maxLength"]})
    if "minimum" in schema or "maximum" in schema:
        details.append(f"{schema.get('minimum', '')}…{schema.get('maximum', '')}")
    return f"{words} ({', '.join(details)})" if details else words
