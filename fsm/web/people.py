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
from django.views.decorators.http import require_safe

from .. import actions
from ..models import User
from ..permissions import May, requires, signed_in
from ..states import NotPossible
from .forms import NewPersonForm, PasswordForm, PersonForm
from .pages import refuse_in_form, render_page
from .tables import Column, Table

COLUMNS = [
    Column("name", gettext_lazy("Name"), lambda person: person.name, ("name",)),
    Column("username", gettext_lazy("User name"), lambda person: person.username, ("username",)),
    Column("role", gettext_lazy("Role"), lambda person: person.get_role_display(), ("role", "name")),
    Column("phone", gettext_lazy("Phone"), lambda person: person.phone),
    Column("email", gettext_lazy("E-mail"), lambda person: person.email, ("email",)),
    Column(
        "active",
        gettext_lazy("May sign in"),
        lambda person: _("Yes") if person.is_active else _("No"),
        ("is_active", "name"),
    ),
]


def _search(people: QuerySet[Any], query: str) -> QuerySet[Any]:
    return people.filter(Q(name__icontains=query) | Q(username__icontains=query) | Q(email__icontains=query))


@require_safe
@requires(May.MANAGE_PEOPLE)
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, those who left as well."""
    table = Table(
        request,
        User.objects.visible_to(request.user),
        COLUMNS,
        url=lambda person: reverse("fsm:edit-person", args=[person.uuid]),
        search=_search,
        search_label=_("Name, user name or e-mail"),
        default_sort="name",
    )
    return render_page(request, "fsm/people.html", {"table": table})


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
    """Change a person's name, role, branches, or whether they may sign in."""
    person = get_object_or_404(User.objects.visible_to(request.user), uuid=person_uuid)
    form = PersonForm.of(person, request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            actions.change_person(person.pk, by=signed_in(request), **form.values())
            messages.success(request, _("%(name)s is saved.") % {"name": form.cleaned_data["name"]})
            return redirect("fsm:people")
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return render_page(request, "fsm/person.html", {"form": form, "person": person}, status=status)


@sensitive_post_parameters("password")
@requires(May.MANAGE_PEOPLE)
def set_password(request: HttpRequest, person_uuid: UUID) -> HttpResponse:
    """A new password for somebody who forgot theirs."""
    person = get_object_or_404(User.objects.visible_to(request.user), uuid=person_uuid)
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
