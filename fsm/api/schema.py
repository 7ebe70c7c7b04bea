"""The description of the API, drawn from the operations: what each takes, and all it may answer."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import django_filters as filters
from django.utils import translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

from .errors import FieldErrors, Problem, Refused
from .once import HEADER, KEY_PATTERN, LONGEST_KEY
from .pages import LONGEST_SEARCH, MOST, USUAL
from .views import Deed, Listing, Operation

NOT_EMPTY: dict[str, Any] = {"type": "string", "minLength": 1, "pattern": r"\S"}
TAGS = {
    "fsm": "House",
    "customers": "Customers",
    "equipment": "Equipment",
    "inventory": "Stock",
    "dispatch": "Work",
    "billing": "Money",
}
WORDS = {
    400: "The request cannot be read: a parameter, the key or the JSON.",
    401: "No token, or one that is not in force.",
    403: "The role or the token may not do this.",
    404: "There is nothing here that you may see.",
    409: "A rule of the house refused; nothing was changed. Sent again with the same key, the same refusal.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "The body has fields that cannot be taken, or the key was used for another body.",
    429: "Too many requests.",
}


def operation_id(view: type) -> str:
    """AddCustomer -> add_customer."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", view.__name__).lower()


class HouseSchema(AutoSchema):
    """An operation as its class says it."""

    view: Any

    def get_operation_id(self) -> str:
        """The class's name in small letters."""
        return operation_id(type(self.view))

    def get_tags(self) -> list[str]:
        """The app's."""
        return [TAGS[type(self.view).__module__.partition(".")[0]]]

    def get_summary(self) -> str:
        """The first line of what the class says about itself."""
        return self._said()[0]

    def get_description(self) -> str:  # type: ignore[override]
        """The rest of it."""
        return self._said()[1]

    def _said(self) -> tuple[str, str]:
        first, _blank, rest = (type(self.view).__doc__ or "").strip().partition("\n\n")
        return " ".join(first.split()), " ".join(rest.split())

    def get_extensions(self) -> dict[str, Any]:
        """Which capabilities open it: one of them is enough."""
        return {"x-capabilities": [capability.key for capability in self.view.capabilities()]}

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False

    def get_override_parameters(self) -> list[Any]:
        """The key of a change; filters, words and pages of a list."""
        if isinstance(self.view, Deed):
            return [
                OpenApiParameter(
                    HEADER,
                    {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": LONGEST_KEY,
                        "pattern": f"^{KEY_PATTERN}$",
                    },
                    OpenApiParameter.HEADER,
                    required=True,
                    description="New for each thing to do; the same again does it only once.",
                )
            ]
        if not isinstance(self.view, Listing):
            return []
        found = [
            OpenApiParameter(name, schema_of(narrowing), description=str(narrowing.label or ""))
            for name, narrowing in (self.view.filterset.base_filters.items() if self.view.filterset else ())
        ]
        if self.view.searches:
            text = NOT_EMPTY
            words = f"Words to search for, as on the page; {LONGEST_SEARCH} characters count."
            found.append(OpenApiParameter("q", text, description=words))
        size = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
        return [
            *found,
            OpenApiParameter("limit", size, description="Rows a page."),
            OpenApiParameter("cursor", NOT_EMPTY, description="`next` of the page before."),
        ]

    def get_request_serializer(self) -> Any:
        """What a change takes."""
        return self.view.InputSerializer if isinstance(self.view, Deed) else None

    def get_response_serializers(self) -> Any:
        """What is answered when all is well, and every way in which it may not be."""
        is_deed, is_list = isinstance(self.view, Deed), isinstance(self.view, Listing)
        answer: Any = self.view.OutputSerializer
        if is_list:
            fields = {
                "results": answer(many=True),
                "next": serializers.CharField(
                    allow_null=True, help_text="`cursor` of the next page; null at the end."
                ),
            }
            answer = inline_serializer(f"{answer.__name__}Page", fields)
        media = getattr(self.view, "media_type", None)
        good: dict[Any, Any] = {
            self.view.status if is_deed else 200: OpenApiResponse(
                answer, description="Done." if is_deed else "Found."
            )
        }
        if media:
            good = {
                (200, media): OpenApiResponse({"type": "string", "format": "binary"}, description="The file.")
            }
        problems: dict[int, type[Any]] = {400: Problem, 401: Problem}
        if self.view.capabilities() or is_deed:
            problems[403] = Problem
        if "{" in self.path:
            problems[404] = Problem
        if is_deed:
            problems |= {409: Refused, 413: Problem, 415: Problem, 422: FieldErrors}
        problems[429] = Problem
        return good | {
            status: OpenApiResponse(shape, description=WORDS[status]) for status, shape in problems.items()
        }

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """An input that stands inside its operation is called after it."""
        name: str = type(serializer).__name__
        if name in ("InputSerializer", "OutputSerializer"):
            owner = type(serializer).__qualname__.rpartition(".")[0].rpartition(".")[2]
            return owner + name.removesuffix("Serializer")
        return name


def schema_of(narrowing: Any) -> dict[str, Any]:
    """What a filter takes."""
    if isinstance(narrowing, filters.DateFilter):
        return {"type": "string", "format": "date"}
    if isinstance(narrowing, filters.UUIDFilter):
        return {"type": "string", "format": "uuid"}
    if isinstance(narrowing, filters.BooleanFilter):
        return {"type": "string", "enum": ["true", "false"]}
    offered = narrowing.extra.get("choices")
    if offered and not callable(offered):
        return {"type": "string", "enum": [str(value) for value, _label in offered]}
    return NOT_EMPTY


class AmountField(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A decimal number as text, with just the digits that are taken."""

    target_class = "fsm.api.fields.Amount"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Its own pattern."""
        field: Any = self.target
        found = {"type": "string", "pattern": f"^{field.pattern}$"}
        return (
            found
            | ({"description": str(field.help_text)} if field.help_text else {})
            | ({"nullable": True} if field.allow_null else {})
        )


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a program says who it is."""

    target_class = "fsm.api.auth.ByToken"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "description": "A token made on the page “API tokens”."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a signed-in browser says who it is."""

    target_class = "fsm.api.auth.BySession"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """The session's cookie."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "A signed-in browser; changes need the X-CSRFToken header as well.",
        }


def described(endpoints: list[Any]) -> list[Any]:
    """The operations: not the description itself, nor the answer to addresses that do not exist."""
    return [
        endpoint
        for endpoint in endpoints
        if isinstance(getattr(endpoint[3], "cls", None), type)
        and issubclass(endpoint[3].cls, Operation)
        and endpoint[3].cls.is_described
        and (endpoint[2] == "POST") == issubclass(endpoint[3].cls, Deed)
    ]


def exact(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Nothing beside what is described: objects with named fields have no others."""
    for name, component in result.get("components", {}).get("schemas", {}).items():
        if component.get("properties") and "additionalProperties" not in component:
            component["additionalProperties"] = False
        if name not in {"Problem", "Refused", "FieldErrors"}:
            component.pop("description", None)  # what the class says is for those who read the code
    _strip(result.get("components", {}))
    return result


def _strip(part: Any) -> None:
    """Without what says nothing here: an answer is never sent, so that read-only goes without saying."""
    if isinstance(part, list):
        for inner in part:
            _strip(inner)
    if isinstance(part, dict):
        if part.pop("readOnly", False) is True:
            part.pop("default", None)
        part.pop("x-spec-enum-id", None)
        if part.get("format") == "time":  # a wall clock's, without the offset that the format asks for
            del part["format"]
            part["pattern"] = r"^\d{2}:\d{2}:\d{2}$"
        for inner in part.values():
            _strip(inner)


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """The whole description, drawn once a process."""
    with translation.override("en-us"):
        generator: Any = SchemaGenerator
        found: dict[str, Any] = generator().get_schema(request=None, public=True)
    return found
