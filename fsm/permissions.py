"""What each role may do. One table; every view and every field operation names one capability."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from .states import NotPossible

if TYPE_CHECKING:
    from .models import User


class Role(TextChoices):
    """The six kinds of people."""

    OWNER = "owner", gettext_lazy("Owner")
    MANAGER = "manager", gettext_lazy("Manager")
    OFFICE = "office", gettext_lazy("Office")
    DISPATCHER = "dispatcher", gettext_lazy("Dispatcher")
    TECHNICIAN = "technician", gettext_lazy("Technician")
    BOOKKEEPER = "bookkeeper", gettext_lazy("Bookkeeper")


class May(StrEnum):
    """Capabilities, each the end of a sentence: "your role may ..."."""

    SIGN_IN = gettext_noop("sign in")
    SEE_HOME = gettext_noop("see the office's home page")
    SEE_CUSTOMERS = gettext_noop("see customers")
    EDIT_CUSTOMERS = gettext_noop("change customers")
    IMPORT_CUSTOMERS = gettext_noop("import customers")
    MERGE_CUSTOMERS = gettext_noop("merge customers")
    DECIDE_RECORDS = gettext_noop("decide about doubtful customer data")
    EDIT_TEMPLATES = gettext_noop("change what customers are told")
    BOOK_JOBS = gettext_noop("book jobs")
    SEE_JOBS = gettext_noop("see jobs")
    SEE_BOARD = gettext_noop("see the board")
    MOVE_VISITS = gettext_noop("move visits")
    CANCEL_JOBS = gettext_noop("cancel jobs")
    COMPLETE_FOR_OTHERS = gettext_noop("complete work on behalf of a technician")
    WORK_VISITS = gettext_noop("work their own visits")
    SEE_EQUIPMENT = gettext_noop("see equipment")
    EDIT_EQUIPMENT = gettext_noop("change equipment")
    RUN_COMPLIANCE = gettext_noop("run refrigerant compliance")
    SEE_STOCK = gettext_noop("see stock")
    MOVE_STOCK = gettext_noop("move stock")
    EDIT_PARTS = gettext_noop("change parts and places")
    SEE_MONEY = gettext_noop("see invoices and payments")
    EDIT_PRICES = gettext_noop("change the price book")
    EDIT_INVOICES = gettext_noop("change draft invoices")
    ISSUE_INVOICES = gettext_noop("issue invoices")
    ADJUST_INVOICES = gettext_noop("void, credit or write off invoices")
    TAKE_PAYMENTS = gettext_noop("record payments")
    RUN_QUICKBOOKS = gettext_noop("exchange with QuickBooks")
    SEE_TRACE = gettext_noop("see the trace of a change")
    SEE_HOUSE = gettext_noop("see how the house works")
    RUN_HOUSE = gettext_noop("retry or give up what leaves the house")
    MANAGE_COMPANY = gettext_noop("change the company's settings")
    MANAGE_PEOPLE = gettext_noop("see and change people")
    USE_ADMIN = gettext_noop("look at everything that is kept")
    SET_UP = gettext_noop("change how the house is set up")

    @property
    def key(self) -> str:
        """The name templates use: `may.move_visits`."""
        return self.name.lower()


_EVERYBODY = {May.SIGN_IN}
_DESK = _EVERYBODY | {May.SEE_HOME, May.SEE_CUSTOMERS, May.SEE_JOBS, May.SEE_EQUIPMENT, May.SEE_TRACE}
_BOOKING = _DESK | {
    May.EDIT_CUSTOMERS,
    May.BOOK_JOBS,
    May.SEE_BOARD,
    May.MOVE_VISITS,
    May.CANCEL_JOBS,
    May.EDIT_EQUIPMENT,
    May.SEE_STOCK,
    May.SEE_MONEY,
}
_BILLING = {May.SEE_MONEY, May.EDIT_INVOICES, May.ISSUE_INVOICES, May.TAKE_PAYMENTS}

ROLES: dict[str, frozenset[May]] = {
    Role.OWNER: frozenset(May) - {May.WORK_VISITS},
    Role.MANAGER: frozenset(May) - {May.WORK_VISITS},
    Role.OFFICE: frozenset(
        _BOOKING
        | _BILLING
        | {
            May.IMPORT_CUSTOMERS,
            May.MERGE_CUSTOMERS,
            May.EDIT_TEMPLATES,
            May.MOVE_STOCK,
            May.RUN_COMPLIANCE,
        }
    ),
    Role.DISPATCHER: frozenset(_BOOKING | {May.COMPLETE_FOR_OTHERS, May.MOVE_STOCK}),
    Role.TECHNICIAN: frozenset(_EVERYBODY | {May.WORK_VISITS}),
    Role.BOOKKEEPER: frozenset(
        _DESK
        | _BILLING
        | {May.EDIT_CUSTOMERS, May.EDIT_PRICES, May.RUN_QUICKBOOKS, May.SEE_STOCK, May.USE_ADMIN}
    ),
}


def refuse_above(by: User | None, role: str) -> None:
    """Refuse whoever has a say over people, but not over owners: only an owner has that."""
    if by is not None and role == Role.OWNER and by.role != Role.OWNER:
        raise NotPossible(_("Only an owner makes or changes an owner."), field="role")


View = Callable[..., HttpResponseBase]


def allowed(user: Any, capability: May) -> bool:
    """Whether the person's role carries the capability; nobody who is signed out or deactivated may
    anything. Somebody for whom a narrow token speaks (`narrowed_to`) may no more than the token.
    """
    if not (user and user.is_authenticated and user.is_active):
        return False
    narrowed_to = getattr(user, "narrowed_to", None)
    held = capability in ROLES.get(user.role, frozenset())
    return held and (narrowed_to is None or narrowed_to(capability))


def roles_with(capability: May) -> list[str]:
    """The roles that carry the capability."""
    return [role for role, held in ROLES.items() if capability in held]


def refusal_sentence(capability: May) -> str:
    """What a person without the capability is told."""
    return _("Your role may not %(what)s.") % {"what": _(capability.value)}


def requires(capability: May) -> Callable[[View], View]:
    """Guard a view: the signed-out go to the log-in page, others without the capability get a 403 that says
    so.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_log_in(request)
            if not allowed(request.user, capability):
                raise PermissionDenied(refusal_sentence(capability))
            return view(request, *args, **kwargs)

        guarded.requires = capability  # type: ignore[attr-defined]
        return guarded

    return decorate


def _to_log_in(request: HttpRequest) -> HttpResponse:
    """To the log-in page and back; htmx is told to leave the whole page."""
    url = f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': request.get_full_path()})}"
    if getattr(request, "htmx", False):
        return HttpResponse(status=401, headers={"HX-Redirect": reverse(settings.LOGIN_URL)})
    return redirect(url)


def signed_in(request: HttpRequest) -> User:
    """The person behind a request that passed `requires`."""
    user: Any = request.user
    if not user.is_authenticated:
        raise PermissionDenied
    found: User = user
    return found


def open_to_all(view: View) -> View:
    """Mark a view that needs nobody to be signed in (log-in, health); the permission test asks for the
    mark.
    """
    view.requires = None  # type: ignore[attr-defined]
    return view
