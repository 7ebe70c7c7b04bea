"""The people who sign in: who they are, what they may, where they work."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from .. import actions, lockouts
from .. import second_factor as factor
from ..clock import now as clock_now
from ..invitations import standing_link
from ..lockouts import locked_people
from ..models import ApiToken, User
from ..permissions import May, Role, requires, signed_in
from ..states import NotPossible
from ..templatetags.ui import state
from .cells import moment, zone_of
from .forms import NewPersonForm, PasswordForm, PersonForm
from .pages import refuse_in_form, render_page
from .security import sessions_of
from .tables import Column, Table


def standing(person: User) -> Any:
    """Whether somebody comes in, as a pill."""
    if not person.is_active:
        return state("inactive", _("Not active"))
    return state("active", _("Active")) if person.has_joined else state("waiting", _("Invited"))


COLUMNS = [
    Column("name", gettext_lazy("Name"), lambda person: person.name, ("name",)),
    Column("username", gettext_lazy("User name"), lambda person: person.username, ("username",)),
    Column("role", gettext_lazy("Role"), lambda person: person.get_role_display(), ("role", "name")),
    Column("phone", gettext_lazy("Phone"), lambda person: person.phone),
    Column("email", gettext_lazy("E-mail"), lambda person: person.email, ("email",)),
    Column("active", gettext_lazy("Log-in"), standing, ("is_active", "name")),
    Column(
        "factor",
        gettext_lazy("Second factor"),
        lambda person: _("Yes") if person.second_factor_at else _("No"),
        ("second_factor_at", "name"),
    ),
]


def _search(people: QuerySet[Any], query: str) -> QuerySet[Any]:
    return people.filter(Q(name__icontains=query) | Q(username__icontains=query) | Q(email__icontains=query))


@require_safe
@requires(May.MANAGE_PEOPLE)
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, those who left as well, and who is locked out just now."""
    table = Table(
        request,
        User.objects.visible_to(request.user),
        COLUMNS,
        url=lambda person: reverse("fsm:edit-person", args=[person.uuid]),
        search=_search,
        search_label=_("Name, user name or e-mail"),
        default_sort="name",
    )
    context = {"table": table, "locked": _locked(request)}
    return render_page(request, "fsm/people.html", context)


def _locked(request: HttpRequest, person: User | None = None) -> list[dict[str, Any]]:
    zone = zone_of(request)
    return [
        {"person": lock.person, "address": lock.address or "", "until": moment(lock.until, zone)}
        for lock in locked_people(clock_now())
        if person is None or lock.person == person
    ]


@sensitive_post_parameters("password")
@requires(May.MANAGE_PEOPLE)
def add_person(request: HttpRequest) -> HttpResponse:
    """A new person with a first password."""
    form = NewPersonForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            person = actions.add_person(by=signed_in(request), **form.values())
            messages.success(request, _("%(name)s can sign in now.") % {"name": person})
            return redirect("fsm:people")
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return render_page(request, "fsm/person.html", {"form": form}, status=status)


@requires(May.MANAGE_PEOPLE)
def edit_person(request: HttpRequest, person_uuid: UUID) -> HttpResponse:
    """Change a person's name, role or branches; and beside it, how they come in."""
    person = _person(request, person_uuid)
    form = PersonForm.of(person, request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            actions.change_person(person.pk, by=signed_in(request), **form.values())
            messages.success(request, _("%(name)s is saved.") % {"name": form.cleaned_data["name"]})
            return redirect("fsm:people")
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"form": form, "person": person} | _way_in(request, person)
    return render_page(request, "fsm/person.html", context, status=status)


def _way_in(request: HttpRequest, person: User) -> dict[str, Any]:
    """How somebody comes in: their link, second factor, sessions and tokens."""
    zone, link = zone_of(request), standing_link(person)
    tokens = ApiToken.objects.filter(user=person, revoked_at__isnull=True)
    return {
        "standing": standing(person),
        "link_until": moment(link.expires_at, zone) if link and link.expires_at > clock_now() else "",
        "factor_since": moment(person.second_factor_at, zone) if person.second_factor_at else "",
        "last_log_in": moment(person.last_login, zone),
        "sessions": sessions_of(person, zone=zone),
        "tokens": tokens.count(),
        "locked": _locked(request, person),
        "is_self": person.pk == signed_in(request).pk,
        "is_above": person.role == Role.OWNER and signed_in(request).role != Role.OWNER,
    }


def _person(request: HttpRequest, person_uuid: UUID) -> User:
    person: User = get_object_or_404(User.objects.visible_to(request.user), uuid=person_uuid)
    return person


@require_POST
@requires(May.MANAGE_PEOPLE)
def deactivate_person(request: HttpRequest, person_uuid: UUID) -> HttpResponse:
    """Let somebody in no more."""
    person = actions.deactivate_person(_person(request, person_uuid).pk, by=signed_in(request))
    messages.success(
        request,
        _("%(name)s is signed out everywhere and cannot come in any more.") % {"name": person},
    )
    return redirect("fsm:edit-person", person.uuid)


@require_POST
@requires(May.MANAGE_PEOPLE)
def reactivate_person(request: HttpRequest, person_uuid: UUID) -> HttpResponse:
    """Let somebody in again."""
    person = actions.reactivate_person(_person(request, person_uuid).pk, by=signed_in(request))
    messages.success(request, _("%(name)s may sign in again.") % {"name": person})
    return redirect("fsm:edit-person", person.uuid)


@require_POST
@requires(May.MANAGE_PEOPLE)
def unlock_person(request: HttpRequest, person_uuid: UUID) -> HttpResponse:
    """Forget somebody's failed log-ins."""
    person = lockouts.unlock_person(_person(request, person_uuid).pk)
    messages.success(request, _("%(name)s may try again at once.") % {"name": person})
    return redirect("fsm:edit-person", person.uuid)


@require_POST
@requires(May.MANAGE_PEOPLE)
def reset_second_factor(request: HttpRequest, person_uuid: UUID) -> HttpResponse:
    """Take the second factor from somebody who lost it."""
    person = factor.reset_second_factor(_person(request, person_uuid).pk, by=signed_in(request))
    messages.success(request, _("%(name)s comes in with the password alone now.") % {"name": person})
    return redirect("fsm:edit-person", person.uuid)


@sensitive_post_parameters("password")
@requires(May.MANAGE_PEOPLE)
def set_password(request: HttpRequest, person_uuid: UUID) -> HttpResponse:
    """A new password for somebody who forgot theirs."""
    person = _person(request, person_uuid)
    if person == request.user:
        return redirect("fsm:change-password")  # which asks for the old one, and keeps this session
    form = PasswordForm(request.POST or None, person=person)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            actions.set_password(person.pk, password=form.cleaned_data["password"], by=signed_in(request))
            messages.success(request, _("%(name)s has a new password.") % {"name": person})
            return redirect("fsm:people")
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return render_page(request, "fsm/set_password.html", {"form": form, "person": person}, status=status)
