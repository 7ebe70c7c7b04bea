"""Signing in and out, and what people set for themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from .. import actions, demo
from ..clock import now as clock_now
from ..devices import device_of
from ..lockouts import client_address, count_failure, may_try
from ..models import Company, User
from ..permissions import May, open_to_all, requires, signed_in
from ..second_factor import seconds_to_wait, verify_second_factor
from ..sign_ins import note_seen, note_sign_in, note_sign_out
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
    """Ask for name and password, and whoever wants it for their second factor; then back to the page that was
    wanted. An empty house is set up first.
    """
    if request.user.is_authenticated:
        return redirect(next_page(request))
    if request.method != "POST" and not User.objects.exists():
        return redirect("fsm:welcome")
    form = LogInForm(request, data=request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        person: Any = form.get_user()
        if person.second_factor_at is not None:
            return _ask_for_code(request, person)
        sign_in(request, person)
        return redirect(next_page(request))
    return _log_in_page(request, form, status=422 if form.is_bound else 200)


def _log_in_page(request: HttpRequest, form: Any, *, status: int, is_locked: bool = False) -> HttpResponse:
    context = {
        "form": form,
        "next": request.POST.get("next") or request.GET.get("next") or "",
        "demo_logins": demo_logins(),
        "is_locked": is_locked,
    }
    return render_page(request, "fsm/login.html", context, status=status)


def sign_in(request: HttpRequest, person: User) -> None:
    """Begin a session, and remember where: every way in ends here."""
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[-1])
    if request.session.session_key is None:
        request.session.create()
    now = clock_now()
    noted = note_sign_in(
        person.pk,
        session_key=request.session.session_key or "",
        device=device_of(request.headers.get("User-Agent", "")),
        address=client_address(request),
        now=now,
    )
    request.session["sign_in"], request.session["renewed"] = str(noted.uuid), now.isoformat()


def this_sign_in(request: HttpRequest) -> UUID | None:
    """Which of a person's sessions this is."""
    noted = request.session.get("sign_in")
    return UUID(noted) if noted else None


def locked_out(request: HttpRequest, answer: HttpResponse | None, credentials: Any) -> HttpResponse:
    """What whoever failed too often is told, with whatever they were about to do: the log-in page."""
    request.session.pop(SECOND_STEP, None)
    data = {"username": request.POST.get("username", "")}
    return _log_in_page(request, LogInForm(request, initial=data), status=429, is_locked=True)


# The second step --------------------------------------------------------------------------------------

SECOND_STEP = "second_step"
SECOND_STEP_LIVES = timedelta(minutes=10)


class CodeForm(forms.Form):
    """A code of the app, or one of the backup codes."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autofocus": True,
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "spellcheck": "false",
            }
        ),
    )


def _ask_for_code(request: HttpRequest, person: User) -> HttpResponse:
    """The password was right: remember for a while who it was, and ask for the rest."""
    request.session.cycle_key()
    request.session[SECOND_STEP] = {
        "person": person.pk,
        "password": person.get_session_auth_hash(),
        "until": (clock_now() + SECOND_STEP_LIVES).isoformat(),
        "next": next_page(request),
    }
    return redirect("fsm:log-in-code")


def _behind_first_step(request: HttpRequest) -> User | None:
    """Whose password was right a while ago, if it still is."""
    step = request.session.get(SECOND_STEP)
    if not step or clock_now() > datetime.fromisoformat(step["until"]):
        return None
    person: User | None = User.objects.active().filter(pk=step["person"]).first()
    same = person is not None and constant_time_compare(person.get_session_auth_hash(), step["password"])
    return person if same else None


@open_to_all
@sensitive_post_parameters("code")
@never_cache
def log_in_code(request: HttpRequest) -> HttpResponse:
    """The second factor: a code of the app or a backup code, and then the page that was wanted."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    person, form = _behind_first_step(request), CodeForm(request.POST or None)
    context, status = {"form": form, "person": person}, 200
    if person is not None and form.is_bound:
        if not may_try(request, person.username):
            return locked_out(request, None, None)
        if form.is_valid():
            step = request.session[SECOND_STEP]
            if verify_second_factor(person.pk, code=form.cleaned_data["code"]):
                sign_in(request, person)
                request.session.pop(SECOND_STEP, None)
                return redirect(step["next"])
            count_failure(request, person.username)
            form.add_error("code", _wrong_code(person))
        status = 422
    return render_page(request, "fsm/log_in_code.html", context, status=status)


def _wrong_code(person: User) -> str:
    if seconds := seconds_to_wait(person.pk):
        return ngettext(
            "This code is not right. Wait a second, then try the next one.",
            "This code is not right. Wait %(n)s seconds, then try the next one.",
            seconds,
        ) % {"n": seconds}
    return _("This code is not right. Try the next one.")


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
    if noted := this_sign_in(request):
        note_sign_out(noted, now=clock_now())
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
        noted = this_sign_in(request)
        changed = actions.set_password(user.pk, password=form.cleaned_data["new_password1"], keep=noted)
        update_session_auth_hash(request, changed)
        if noted:
            key, address = request.session.session_key or "", client_address(request)
            note_seen(noted, session_key=key, address=address, now=clock_now())
        messages.success(request, _("Your password is changed, and you are signed out everywhere else."))
        return redirect("fsm:security")
    context = {"form": form, "back": reverse("fsm:security")}
    return render_page(request, "fsm/change_password.html", context, status=422 if form.is_bound else 200)


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
