"""Signing in and out, and what people set for themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from .. import actions, demo
from ..models import Company, User
from ..permissions import May, open_to_all, requires, signed_in
from .pages import render_page


class LogInForm(AuthenticationForm):
    """User name in any case, and password."""

    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=60,
        widget=forms.TextInput(
            attrs={
                "autofocus": True,
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {
        "invalid_login": gettext_lazy(
            "This user name and password do not belong together. Please try again."
        ),
        "inactive": gettext_lazy("This person is no longer active here."),
    }

    def clean_username(self) -> str:
        """Names are kept in lower case; telephones like to begin with a capital."""
        name: str = self.cleaned_data["username"]
        return name.strip().lower()


def next_page(request: HttpRequest) -> str:
    """Where the person wanted to go, if it is ours; else home."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else reverse(settings.LOGIN_REDIRECT_URL)


@open_to_all
@sensitive_post_parameters("password")
@never_cache
def log_in(request: HttpRequest) -> HttpResponse:
    """Ask for name and password; then back to the page that was wanted."""
    if request.user.is_authenticated:
        return redirect(next_page(request))
    form = LogInForm(request, data=request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        return redirect(next_page(request))
    context = {"form": form, "next": request.POST.get("next") or request.GET.get("next") or ""}
    return render_page(
        request,
        "fsm/login.html",
        context | {"demo_logins": demo_logins()},
        status=422 if form.is_bound else 200,
    )


def demo_logins() -> list[tuple[str, str, Any]]:
    """The log-ins of the demo company, while this is a local installation that runs it."""
    if not settings.LOCAL or not Company.objects.filter(name=demo.COMPANY_NAME).exists():
        return []
    there = set(
        User.objects.active()
        .filter(username__in=[name for name, _, _ in demo.LOGINS])
        .values_list("username", flat=True)
    )
    return [(name, demo.PASSWORD, role.label) for name, _, role in demo.LOGINS if name in there]


@open_to_all
@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session on this device."""
    logout(request)
    return render_page(request, "fsm/logged_out.html")


@sensitive_post_parameters()
@never_cache
@requires(May.SIGN_IN)
def change_password(request: HttpRequest) -> HttpResponse:
    """A new password for oneself; other devices of the person are signed out by it."""
    user = signed_in(request)
    form = PasswordChangeForm(user, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        changed = actions.set_password(user.pk, password=form.cleaned_data["new_password1"])
        update_session_auth_hash(request, changed)
        messages.success(request, _("Your password is changed."))
        return redirect("fsm:home")
    return render_page(
        request, "fsm/change_password.html", {"form": form}, status=422 if form.is_bound else 200
    )


@require_POST
@requires(May.SIGN_IN)
def set_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or like the device."""
    actions.change_own_settings(signed_in(request).pk, theme=request.POST.get("theme", ""))
    return redirect(next_page(request))


@require_POST
@requires(May.SIGN_IN)
def set_language(request: HttpRequest) -> HttpResponse:
    """The language in which the house speaks to this person."""
    actions.change_own_settings(signed_in(request).pk, language=request.POST.get("language", ""))
    return redirect(next_page(request))
