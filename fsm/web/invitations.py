"""Bringing people in: invitations, links to a new password, and the page behind such a link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from .. import invitations
from ..clock import now as clock_now
from ..links import MadeLink, link_behind
from ..lockouts import client_address
from ..models import LinkKind, User
from ..permissions import May, open_to_all, requires, signed_in
from ..quotas import take_one
from ..states import NotPossible
from ..tasks import enqueue
from .cells import moment, zone_of
from .forms import PersonForm, new_password_field, username_field
from .pages import refuse_in_form, render_page
from .session import sign_in

HOUR = timedelta(hours=1)
FROM_AN_ADDRESS, FOR_A_PERSON = 10, 3  # askings an hour


class InviteForm(PersonForm):
    """Somebody new: how to reach them and what they may do. They choose the rest."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("The link goes there. The address is their first user name."),
    )
    field_order = ("name", "email", "role", "phone", "language", "branches")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["username"]


def site_of(request: HttpRequest) -> str:
    """How links in e-mail begin."""
    return settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")


@never_cache
@requires(May.MANAGE_PEOPLE)
def invite_person(request: HttpRequest) -> HttpResponse:
    """Invite somebody by e-mail; the link is also on the answer's page, once."""
    form = InviteForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = invitations.invite_person(
                by=signed_in(request), now=clock_now(), site=site_of(request), **form.values()
            )
            return _made(request, made, is_sent=True)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return render_page(request, "fsm/invite.html", {"form": form}, status=status)


def _made(request: HttpRequest, made: MadeLink, *, is_sent: bool) -> HttpResponse:
    """The page that shows a link, this once."""
    link = made.invitation
    context = {
        "person": link.user,
        "is_invitation": link.kind == LinkKind.INVITATION,
        "is_sent": is_sent and bool(link.user.email),
        "address": site_of(request) + reverse("fsm:use-link", args=[made.secret]),
        "until": moment(link.expires_at, zone_of(request)),
    }
    return render_page(request, "fsm/link_made.html", context)


def _person(request: HttpRequest, person_uuid: UUID) -> User:
    person: User = get_object_or_404(User.objects.visible_to(request.user), uuid=person_uuid)
    return person


@never_cache
@require_POST
@requires(May.MANAGE_PEOPLE)
def invite_again(request: HttpRequest, person_uuid: UUID) -> HttpResponse:
    """Send another invitation; the earlier one ends."""
    person = _person(request, person_uuid)
    made = invitations.invite_again(person.pk, by=signed_in(request), now=clock_now(), site=site_of(request))
    return _made(request, made, is_sent=True)


@require_POST
@requires(May.MANAGE_PEOPLE)
def withdraw_invitation(request: HttpRequest, person_uuid: UUID) -> HttpResponse:
    """Take an invitation back."""
    person = _person(request, person_uuid)
    invitations.withdraw_invitation(person.pk, by=signed_in(request))
    messages.success(request, _("The invitation of %(name)s is withdrawn.") % {"name": person})
    return redirect("fsm:edit-person", person.uuid)


@never_cache
@require_POST
@requires(May.MANAGE_PEOPLE)
def hand_over_link(request: HttpRequest, person_uuid: UUID) -> HttpResponse:
    """Make a link to a new password, to be handed over."""
    person = _person(request, person_uuid)
    made = invitations.hand_over_link(person.pk, by=signed_in(request), now=clock_now())
    return _made(request, made, is_sent=False)


# Behind the link --------------------------------------------------------------------------------------


class ChooseForm(forms.Form):
    """A password, and for somebody new the names as well."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    username = username_field()
    password = new_password_field()

    def __init__(self, data: Any, *, person: User, is_new: bool) -> None:
        super().__init__(data, initial={"name": person.name, "username": person.username})
        self.person = person
        if not is_new:
            del self.fields["name"], self.fields["username"]

    def clean(self) -> dict[str, Any]:
        """The password is compared with who chose it."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "password" in values:
            standing = self.person
            who = User(
                username=values.get("username", standing.username),
                name=values.get("name", standing.name),
                email=standing.email,
            )
            try:
                validate_password(values["password"], who)
            except forms.ValidationError as problem:
                self.add_error("password", problem)
        return values


@open_to_all
@sensitive_post_parameters("password")
@never_cache
def use_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Choose a password. Somebody new is then signed in; others go to the log-in page."""
    link = link_behind(secret, now=clock_now())
    if link is None:
        return render_page(request, "fsm/link_dead.html", status=410)
    is_new = link.kind == LinkKind.INVITATION
    form = ChooseForm(request.POST or None, person=link.user, is_new=is_new)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        logout(request)  # whoever was signed in here is not who comes in now
        try:
            person = invitations.use_link(secret, now=clock_now(), **form.cleaned_data)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
        else:
            if is_new and person.second_factor_at is None:
                sign_in(request, person)
                messages.success(request, _("Welcome, %(name)s.") % {"name": person})
                return redirect(settings.LOGIN_REDIRECT_URL)
            messages.success(request, _("Your new password is set. Log in with it."))
            return redirect(settings.LOGIN_URL)
    context = {"form": form, "person": link.user, "is_new": is_new}
    return render_page(request, "fsm/use_link.html", context, status=status)


# Forgotten --------------------------------------------------------------------------------------------


class ForgotForm(forms.Form):
    """Whose password it is."""

    email = forms.EmailField(
        label=gettext_lazy("Your e-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )


@open_to_all
def forgot_password(request: HttpRequest) -> HttpResponse:
    """Ask for a link; the answer is the same whether anybody has the address or not."""
    form = ForgotForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        if take_one("forgot-from", client_address(request) or "", most=FROM_AN_ADDRESS, span=HOUR):
            _offer(form.cleaned_data["email"], site_of(request))
            return redirect(reverse("fsm:forgot-password") + "?sent=1")
        form.add_error(None, _("That was asked too often from here. Try again in an hour."))
        status = 429
    context = {"form": form, "is_sent": "sent" in request.GET and not form.is_bound}
    return render_page(request, "fsm/forgot.html", context, status=status)


@transaction.atomic
def _offer(email: str, site: str) -> None:
    if take_one("forgot-for", email.lower(), most=FOR_A_PERSON, span=HOUR):
        enqueue(invitations.offer_reset, tier="critical", email=email, site=site)
