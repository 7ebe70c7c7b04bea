"""An empty house: the page that makes the company and its owner, and the list of first steps after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from .. import actions
from ..clock import now as clock_now
from ..first_steps import Stand, stands
from ..models import User
from ..models.company import TIME_ZONES
from ..permissions import May, allowed, open_to_all, requires
from .context import prepare
from .forms import new_password_field, username_field
from .pages import render_page
from .session import sign_in


class WelcomeForm(forms.Form):
    """The company and its owner; everything else can wait."""

    company_name = forms.CharField(
        label=gettext_lazy("Company"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autofocus": True}),
    )
    city = forms.CharField(
        label=gettext_lazy("City"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )
    state = forms.CharField(
        label=gettext_lazy("State"),
        max_length=2,
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "address-level1", "autocapitalize": "characters", "placeholder": "TX"}
        ),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), choices=TIME_ZONES, initial="America/Chicago"
    )
    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail"),
        help_text=gettext_lazy("For a new password, if you ever forget yours."),
    )
    username = username_field()
    password = new_password_field()

    def clean_state(self) -> str:
        """Two capital letters."""
        return str(self.cleaned_data["state"]).upper()

    def clean(self) -> dict[str, Any]:
        """The password is compared with who chose it."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "password" in values:
            who = User(**{key: values.get(key, "") for key in ("username", "name", "email")})
            try:
                validate_password(values["password"], who)
            except forms.ValidationError as problem:
                self.add_error("password", problem)
        return values


@open_to_all
@sensitive_post_parameters("password")
@never_cache
def welcome(request: HttpRequest) -> HttpResponse:
    """The first page of an empty house; once there is anybody, it is not there any more."""
    if User.objects.exists():
        raise Http404
    form = WelcomeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        sign_in(request, actions.start_company(**form.cleaned_data))
        messages.success(request, _("%(company)s is ready.") % {"company": form.cleaned_data["company_name"]})
        return redirect("fsm:home")
    return render_page(request, "fsm/welcome.html", {"form": form}, status=422 if form.is_bound else 200)


@dataclass(frozen=True)
class FirstSteps:
    """The list as a page shows it."""

    stands: list[tuple[Stand, str]]

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(stand.is_done for stand, _url in self.stands)

    @property
    def total(self) -> int:
        """How many steps there are."""
        return len(self.stands)


def first_steps(request: HttpRequest) -> FirstSteps | None:
    """What is left of setting up, for whoever sets up; None once all is done or the list was put away."""
    company = prepare(request).company
    if not allowed(request.user, May.MANAGE_COMPANY) or company is None or company.first_steps_dismissed_at:
        return None
    found = stands()
    if all(stand.is_done for stand in found):
        return None
    return FirstSteps([(stand, reverse(stand.step.url_name)) for stand in found])


@require_POST
@requires(May.MANAGE_COMPANY)
def put_away_first_steps(request: HttpRequest) -> HttpResponse:
    """Show the list no more."""
    actions.put_away_first_steps(now=clock_now())
    messages.success(request, _("The list is put away. The company page brings it back."))
    return redirect("fsm:home")


@require_POST
@requires(May.MANAGE_COMPANY)
def bring_back_first_steps(request: HttpRequest) -> HttpResponse:
    """Show the list again."""
    actions.bring_back_first_steps()
    messages.success(request, _("The first steps are on your home page again."))
    return redirect("fsm:home")
