"""Reading bodies and choosing the answer's form: JSON in, JSON out, and no body that can hurt."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser

NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
LARGEST_BODY = 15 * 2**20  # a photo in base64


class TooLarge(APIException):
    """More than we read."""

    status_code = 413


class JsonBody(BaseParser):
    """A JSON document that every part of the house can keep: no NaN, no bottomless nesting, no NUL."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The document; ParseError with a sentence for anything else."""
        body = stream.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            raise TooLarge(_("The body is larger than 15 MB. Nothing was changed."))
        try:
            found = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
            written = json.dumps(found, ensure_ascii=False)
            written.encode("utf-8")  # a lone surrogate cannot be kept
        except RecursionError:
            raise ParseError(_("The body is nested too deeply. Nothing was changed.")) from None
        except ValueError:
            raise ParseError(_("The body is not valid JSON. Nothing was changed.")) from None
        if NUL.search(written):
            raise ParseError(_("The body holds a NUL character. Nothing was changed."))
        return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


class AlwaysJson(BaseContentNegotiation):
    """JSON whatever is asked for: a wrong Accept header is no reason to answer nothing."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """The one that reads the body's media type, if any does."""
        sent = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """The first."""
        return renderers[0], renderers[0].media_type
