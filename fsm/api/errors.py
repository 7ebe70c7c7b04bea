"""Every refusal as JSON: one shape a status, each with a sentence for a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError, IntegrityError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from ..states import NotPossible, Stale

GENERAL = "body"  # where an error belongs to no field


class Sentences(serializers.ListField):
    """What is wrong, in words."""

    child = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """What is wrong with the request itself, in a sentence; `errors` names the parameters at fault."""

    problem = serializers.CharField()
    errors: Any = serializers.DictField(child=Sentences(), required=False)


class Refused(serializers.Serializer[Any]):
    """A rule of the house refused. `theirs` holds what stands now, where somebody was faster."""

    refused = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    theirs = serializers.DictField(required=False)


class FieldErrors(serializers.Serializer[Any]):
    """Sentences by field; a field of a field is named with a dot."""

    errors: Any = serializers.DictField(child=Sentences())


class BadQuery(exceptions.APIException):
    """Parameters that the address does not take."""

    status_code = 400

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__(_("The address has parameters that cannot be used."))
        self.errors = dict(errors)


class AnotherBody(Exception):
    """The key was used before with different content."""


def refusal(problem: NotPossible) -> dict[str, Any]:
    """A rule's refusal as it is answered and remembered."""
    said: dict[str, Any] = {"refused": str(problem), "field": problem.field}
    if isinstance(problem, Stale):
        said["theirs"] = json.loads(json.dumps(problem.theirs, cls=DjangoJSONEncoder))
    return said


def answer(problem: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to anything that was raised; None for what is our own fault."""
    if isinstance(problem, NotPossible):
        return Response(refusal(problem), status=409)
    if isinstance(problem, serializers.ValidationError):
        return Response({"errors": flat(problem.detail)}, status=422)
    if isinstance(problem, AnotherBody):
        words = _("This key was already used for something else. Nothing was changed; make a new key.")
        return Response({"errors": {"Idempotency-Key": [words]}}, status=422)
    if isinstance(problem, IntegrityError):
        words = _("Somebody did the same at this moment. Nothing was changed; look and try again.")
        return Response({"refused": words, "field": None}, status=409)
    if isinstance(problem, DataError):
        words = _("A value is larger than we can keep. Nothing was changed.")
        return Response({"errors": {GENERAL: [words]}}, status=422)
    return _by_status(problem)


def _by_status(problem: Exception) -> Response | None:
    headers: dict[str, str] = {}
    said: dict[str, Any] = {}
    if isinstance(problem, Http404 | exceptions.NotFound):
        status, words = 404, _("There is nothing here that you may see.")
    elif isinstance(problem, PermissionDenied | exceptions.PermissionDenied):
        status, words = 403, str(problem) or _("You may not do this.")
    elif isinstance(problem, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        status, words = 401, _("Send a token that is in force: “Authorization: Bearer sg_…”.")
        headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(problem, exceptions.Throttled):
        seconds = int(getattr(problem, "wait", None) or 0) + 1
        status, words = 429, _("Too many requests. Try again in %(seconds)s s.") % {"seconds": seconds}
        headers["Retry-After"] = str(seconds)
    elif isinstance(problem, exceptions.MethodNotAllowed):
        status, words = 405, _("This address is not asked in this way.")
    elif isinstance(problem, exceptions.UnsupportedMediaType):
        status, words = 415, _("Send the body as application/json.")
    elif isinstance(problem, exceptions.APIException):
        status, words = problem.status_code, str(problem.detail)
        if isinstance(problem, BadQuery):
            said["errors"] = problem.errors
    else:
        return None
    return Response({"problem": words, **said}, status=status, headers=headers)


def flat(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Nested errors by dotted names: `site.city`, `circuits.0.label`."""
    if isinstance(detail, dict):
        branches = [(key, below) for key, below in detail.items() if below]
    elif isinstance(detail, list) and any(isinstance(below, dict | list) for below in detail):
        branches = [(number, below) for number, below in enumerate(detail) if below]
    else:
        sentences = detail if isinstance(detail, list) else [detail]
        return {path or GENERAL: [str(sentence) for sentence in sentences]}
    found: dict[str, list[str]] = {}
    for key, below in branches:
        name = path if key == "non_field_errors" else f"{path}.{key}" if path else str(key)
        for place, sentences in flat(below, name).items():
            found.setdefault(place, []).extend(sentences)
    return found
