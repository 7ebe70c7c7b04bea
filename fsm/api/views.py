"""The three kinds of operation: look at one, look at many, do something."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from django_filters import BooleanFilter
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from ..attribution import attributed
from ..models import ApiToken, User
from ..permissions import May
from ..querysets import leading_to
from ..states import NotPossible
from ..tokens import narrowed
from .errors import BadQuery
from .fields import Input, Nothing
from .once import key_in, once
from .pages import LONGEST_SEARCH, OWN, page

AGAIN = "Idempotency-Replayed"
Search = Callable[[QuerySet[Any], str], QuerySet[Any]]


class Operation(APIView):
    """One thing a program may ask: the capability, and what is answered.

    `may` is the capability, or several of which one is enough; none means whoever is known.
    """

    may: ClassVar[May | tuple[May, ...]] = ()
    rate: ClassVar[str] = "read"
    is_described: ClassVar[bool] = True
    http_method_names = ["get", "head", "post"]
    OutputSerializer: ClassVar[type[serializers.BaseSerializer[Any]]]

    @classmethod
    def capabilities(cls) -> tuple[May, ...]:
        """Of which one is enough."""
        return cls.may if isinstance(cls.may, tuple) else (cls.may,)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The view, marked with what it asks like every view of the house."""
        view: Any = super().as_view(**initkwargs)
        view.requires = next(iter(cls.capabilities()), May.SIGN_IN)
        return view

    @property
    def user(self) -> User:
        """Who asks."""
        person: Any = self.request.user
        found: User = person
        return found

    @property
    def by(self) -> User:
        """Who asks, for actions that ask what the person may: under a token no more than the token."""
        return narrowed(self.request.auth) if isinstance(self.request.auth, ApiToken) else self.user

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Under the person's name and in their language, from the moment they are known."""
        with ExitStack() as self.acting:
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
            return response

    def perform_authentication(self, request: Any) -> None:
        """Whoever it is acts from here on, by this door."""
        if request.user.is_authenticated:
            self.acting.enter_context(translation.override(request.user.language))
            self.acting.enter_context(attributed(user=request.user, source="api"))

    def shown(self, thing: Any, **more: Any) -> Any:
        """The thing as programs read it."""
        return self.OutputSerializer(thing, context={"request": self.request}, **more).data


class Look(Operation):
    """Looking changes nothing; parameters that nothing reads are refused."""

    parameters: ClassVar[tuple[str, ...]] = ()

    def known_parameters(self) -> set[str]:
        """What the address takes after its question mark."""
        return set(self.parameters)

    def check_query(self) -> None:
        """Refuse unknown, repeated and empty parameters."""
        known, errors = self.known_parameters(), {}
        for name, values in self.request.query_params.lists():
            if name not in known:
                errors[name[:60]] = [_("This list knows no such parameter.")]
            elif len(values) > 1:
                errors[name] = [_("Send it once.")]
            elif not values[0].strip() or "\x00" in values[0]:
                errors[name] = [_("It is empty: leave it out.")]
        if errors:
            raise BadQuery(errors)


class One(Look):
    """One thing by its uuid; what the person may not see is not there."""

    def rows(self) -> QuerySet[Any]:
        """Those the person may see, with what the output shows."""
        raise NotImplementedError

    def get(self, request: Any, **kwargs: Any) -> Response:
        """The thing."""
        self.check_query()
        return Response(self.shown(found(self.rows(), **kwargs)))


class Listing(Look):
    """Many things in a fixed order, narrowed by the same filters as the page, in pages by cursor."""

    order: ClassVar[tuple[str, ...]] = ("pk",)
    filterset: ClassVar[Any] = None
    narrows_always: ClassVar[bool] = False  # the filter set says something even where nothing is asked
    searches: ClassVar[bool] = False

    def rows(self) -> QuerySet[Any]:
        """Those the person may see, with what the output shows."""
        raise NotImplementedError

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Those that the words mean."""
        raise NotImplementedError

    def known_parameters(self) -> set[str]:
        """The filters' names and our own."""
        own = set(OWN) - (set() if self.searches else {"q"})
        return own | set(self.filterset.base_filters if self.filterset else ())

    def get(self, request: Any, **kwargs: Any) -> Response:
        """A page."""
        self.check_query()
        rows = self.rows()
        if self.filterset is not None and (
            self.narrows_always or set(request.query_params) & set(self.filterset.base_filters)
        ):
            rows = self._narrowed(rows)
        if "q" in request.query_params:
            rows = self.search(rows, request.query_params["q"].strip()[:LONGEST_SEARCH])
        found, following = page(rows, self.order, request.query_params, path=request.path)
        return Response({"results": self.shown(found, many=True), "next": following})

    def _narrowed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """By the page's own filter set; a value it does not take is a BadQuery."""
        chosen = self.filterset(self.request.query_params, queryset=rows, request=self.request)
        unoffered = set(self.request.query_params) - set(OWN) - set(chosen.filters)
        errors = {name: [_("There is nothing to choose from here.")] for name in unoffered}
        for name in chosen.filters.keys() & self.request.query_params.keys():
            if isinstance(chosen.filters[name], BooleanFilter) and (
                self.request.query_params[name] not in ("true", "false")
            ):
                errors[name] = [_("Send true or false.")]
        for name, sentences in chosen.form.errors.items():
            errors[name] = [str(sentence) for sentence in sentences]
        if errors:
            raise BadQuery(errors)
        try:
            found: QuerySet[Any] = chosen.qs
        except OverflowError:
            raise BadQuery({"": [_("A day is beyond any calendar.")]}) from None
        return found


class Deed(Operation):
    """Something is done, once a key: validate, act, answer with what stands then."""

    rate = "write"
    status: ClassVar[int] = 200
    InputSerializer: ClassVar[type[Input]] = Nothing
    thing: Any = None  # what the address names

    def rows(self) -> QuerySet[Any]:
        """Where the thing that the address names is looked for."""
        raise NotImplementedError

    def do(self, data: dict[str, Any]) -> Any:
        """Call the action; returns what is shown."""
        raise NotImplementedError

    def post(self, request: Any, **kwargs: Any) -> Response:
        """Do it, or answer as the first time."""
        key, body = key_in(request), request.data

        def act() -> tuple[int, Any]:
            if kwargs:
                self.thing = found(self.rows(), unique=next(iter(kwargs.values())))
            given = self.InputSerializer(data=body, context={"request": request, "view": self})
            given.is_valid(raise_exception=True)
            return self.status, self.shown(self.do(dict(given.validated_data)))

        answered = once(self.user, key, request.path, body, act)
        headers = {AGAIN: "true"} if answered.again else None
        return Response(answered.body, status=answered.status, headers=headers)


class NotThere(Operation):
    """Any other address under /api/."""

    is_described = False

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Whoever is known is told that there is nothing."""
        super().initial(request, *args, **kwargs)
        raise Http404


def found(rows: QuerySet[Any], **unique: Any) -> Any:
    """The row that the one uuid in an address leads to, else a 404."""
    (value,) = unique.values()
    row = leading_to(rows, value).first()
    if row is None:
        raise Http404
    return row


def seen_again(rows: QuerySet[Any], pk: int) -> Any:
    """What an action returned, as the person may see it.

    A uuid may already name something else, of another branch or another customer: that is not shown.
    """
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotPossible(_("Something else already has this uuid. Nothing was changed."), field="uuid")
    return row
