"""How a person's own log-in is kept safe: the second factor, and where they are signed in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from .. import second_factor as factor
from ..clock import now as clock_now
from ..models import SignIn, User
from ..permissions import May, allowed, requires, signed_in
from ..sign_ins import end_sign_in as end_one
from ..sign_ins import end_sign_ins
from ..states import NotPossible
from .cells import moment, zone_of
from .context import prepare
from .pages import refuse_in_form, render_page
from .session import CodeForm, next_page, this_sign_in


class AgainForm(forms.Form):
    """The password once more, before something that weakens the log-in; failures count like at the log-in."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        """The right one."""
        password: str = self.cleaned_data["password"]
        username = signed_in(self.request).username
        if authenticate(self.request, username=username, password=password) is None:
            raise forms.ValidationError(_("This is not your password."))
        return password


def _page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """A page in the frame of the person's work: the phone's for technicians, the office's for all others."""
    phone = allowed(request.user, May.WORK_VISITS)
    frame = {"frame": "fsm/phone.html" if phone else "fsm/office.html"}
    return render_page(request, template, frame | (context or {}), status=status)


def sessions_of(person: User, *, zone: str, this: UUID | None = None) -> list[dict[str, Any]]:
    """Where a person is signed in, for a list: this device first."""
    rows = SignIn.objects.filter(user=person).standing(clock_now())
    return sorted(
        (
            {
                "uuid": row.uuid,
                "device": row.device or _("A device that does not say what it is"),
                "address": row.address or "",
                "started": moment(row.started_at, zone),
                "seen": moment(row.seen_at, zone),
                "is_this": row.uuid == this,
            }
            for row in rows
        ),
        key=lambda row: not row["is_this"],
    )


@never_cache
@require_safe
@requires(May.SIGN_IN)
def security(request: HttpRequest) -> HttpResponse:
    """A person's password, second factor and sessions."""
    person, zone = signed_in(request), zone_of(request)
    is_on = person.second_factor_at is not None
    context = {
        "since": moment(person.second_factor_at, zone) if is_on else "",
        "codes_left": factor.backup_codes_left(person.pk) if is_on else 0,
        "sessions": sessions_of(person, zone=zone, this=this_sign_in(request)),
    }
    return _page(request, "fsm/security.html", context)


@sensitive_post_parameters("code")
@never_cache
@requires(May.SIGN_IN)
def second_factor(request: HttpRequest) -> HttpResponse:
    """Scan the picture, type a code, keep the backup codes."""
    person, form, status = signed_in(request), CodeForm(request.POST or None), 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                codes = factor.confirm_second_factor(
                    person.pk, code=form.cleaned_data["code"], now=clock_now()
                )
                return _page(request, "fsm/backup_codes.html", {"codes": codes, "is_first": True})
            except NotPossible as refusal:
                status = refuse_in_form(form, refusal)
    context: dict[str, Any] = {"form": form, "is_on": person.second_factor_at is not None}
    if (device := factor.device_to_confirm(person.pk)) is not None:
        company = prepare(request).company
        address = factor.address_of_key(
            device, issuer=company.name if company else "", username=person.username
        )
        context |= {"key": factor.words_of_key(device), "picture": _picture(address)}
    return _page(request, "fsm/second_factor.html", context, status)


def _picture(text: str) -> SafeString:
    """A QR code as a drawing without styles or scripts, made of our own numbers only."""
    drawing = segno.make(text, error="m", micro=False)
    return SafeString(drawing.svg_inline(scale=4, border=3, dark="#000", light="#fff"))


@require_POST
@requires(May.SIGN_IN)
def begin_second_factor(request: HttpRequest) -> HttpResponse:
    """A new key, shown on the next page."""
    factor.begin_second_factor(signed_in(request).pk)
    return redirect("fsm:second-factor")


@sensitive_post_parameters("password")
@never_cache
@requires(May.SIGN_IN)
def second_factor_off(request: HttpRequest) -> HttpResponse:
    """The password alone from now on, after asking for it."""
    form = AgainForm(request.POST or None, request=request)
    if form.is_bound and form.is_valid():
        factor.remove_second_factor(signed_in(request).pk)
        messages.success(request, _("Your second factor is off. The password alone lets you in."))
        return redirect("fsm:security")
    context = {"form": form, "is_off_page": True}
    return _page(request, "fsm/password_again.html", context, 422 if form.is_bound else 200)


@sensitive_post_parameters("password")
@never_cache
@requires(May.SIGN_IN)
def backup_codes(request: HttpRequest) -> HttpResponse:
    """Ten new backup codes, after asking for the password."""
    form = AgainForm(request.POST or None, request=request)
    if form.is_bound and form.is_valid():
        codes = factor.make_backup_codes(signed_in(request).pk)
        return _page(request, "fsm/backup_codes.html", {"codes": codes})
    return _page(request, "fsm/password_again.html", {"form": form}, 422 if form.is_bound else 200)


@require_POST
@requires(May.SIGN_IN)
def end_sign_in(request: HttpRequest, sign_in_uuid: UUID) -> HttpResponse:
    """End one session: one's own, or for who manages people anybody's."""
    found = get_object_or_404(SignIn.objects.visible_to(request.user), uuid=sign_in_uuid)
    end_one(found.pk, by=signed_in(request), now=clock_now())
    if found.uuid == this_sign_in(request):
        logout(request)
        return redirect(settings.LOGIN_URL)
    messages.success(request, _("%(device)s is signed out.") % {"device": found})
    return redirect(next_page(request) if request.POST.get("next") else reverse("fsm:security"))


@require_POST
@requires(May.SIGN_IN)
def end_other_sign_ins(request: HttpRequest) -> HttpResponse:
    """End every session of one's own but this one."""
    end_sign_ins(signed_in(request).pk, now=clock_now(), keep=this_sign_in(request))
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("fsm:security")
