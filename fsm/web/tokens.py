"""Keys for programs: one's own, made and revoked; who manages people sees everybody's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ..clock import day_in, today_in
from ..clock import now as clock_now
from ..company import the_company
from ..models import ApiToken
from ..permissions import ROLES, May, requires, signed_in
from ..states import NotPossible
from ..templatetags.ui import state
from ..tokens import READ, make_token, revoke_token
from .cells import moment, zone_of
from .pages import refuse_in_form, render_page
from .tables import Column, Table

FARTHEST = timedelta(days=5 * 366)


class TokenForm(forms.Form):
    """A new token: what it is for, what it may do, until when."""

    name = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": gettext_lazy("Website booking form")}
        ),
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Empty: until it is revoked."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Never more than your role; if your role changes, the token loses what you lose."
        ),
    )

    def __init__(self, *args: Any, role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = [capability for capability in May if capability in ROLES.get(role, ())]
        chosen: Any = self.fields["scopes"]
        chosen.choices = [
            (READ, _("Read everything that my role sees")),
            *(
                (capability.key, _(capability.value).capitalize())
                for capability in held
                if capability != May.SIGN_IN
            ),
        ]

    def values(self, zone: str) -> dict[str, Any]:
        """What the action takes; the last day counts whole."""
        day = self.cleaned_data["expires_on"]
        ends: datetime | None = day_in(zone, day)[1] if day else None
        return {"name": self.cleaned_data["name"], "scopes": self.cleaned_data["scopes"], "expires_at": ends}

    def clean_expires_on(self) -> Any:
        """Within what anybody plans."""
        day = self.cleaned_data["expires_on"]
        if day is not None and abs(day - clock_now().date()) > FARTHEST:
            raise forms.ValidationError(_("That is more than five years away."))
        return day


def _standing(token: ApiToken, now: datetime) -> Any:
    if token.revoked_at is not None:
        return state("cancelled", _("Revoked"))
    if token.expires_at is not None and token.expires_at <= now:
        return state("inactive", _("Expired"))
    return state("active", _("In force"))


def _scopes(token: ApiToken) -> str:
    words = {May[name].key: _(May[name].value) for name in May.__members__}
    return ", ".join(_("read everything") if one == READ else words.get(one, one) for one in token.scopes)


@require_safe
@requires(May.SIGN_IN)
def api_tokens(request: HttpRequest) -> HttpResponse:
    """The tokens that act as this person, or as anybody for who manages people."""
    zone, now = zone_of(request), clock_now()
    table = Table(
        request,
        ApiToken.objects.visible_to(request.user).select_related("user"),
        [
            Column("name", _("Token"), lambda token: token.name, ("name",)),
            Column("person", _("Acts as"), lambda token: token.user.name, ("user__name",)),
            Column("begins", _("Begins with"), lambda token: f"{token.prefix}…", ("prefix",)),
            Column("state", _("State"), lambda token: _standing(token, now)),
            Column("scopes", _("May"), _scopes),
            Column("made", _("Made"), lambda token: moment(token.created_at, zone), ("created_at",)),
            Column("used", _("Last used"), lambda token: moment(token.last_used_at, zone)),
        ],
        url=lambda token: reverse("fsm:api-token", args=[token.uuid]),
        default_sort="-made",
        empty_title=_("No tokens yet"),
        empty_text=_("A token lets a program do what you may do, within limits that you set."),
    )
    return render_page(request, "fsm/api_tokens.html", {"table": table})


@never_cache
@requires(May.SIGN_IN)
def make_api_token(request: HttpRequest) -> HttpResponse:
    """A new token; its secret is on the answer's page, and nowhere else."""
    person, zone = signed_in(request), the_company().time_zone
    form = TokenForm(request.POST or None, role=person.role)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = make_token(user_id=person.pk, now=clock_now(), **form.values(zone))
            return render_page(
                request, "fsm/api_token_made.html", {"token": made.token, "secret": made.secret}
            )
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {"form": form, "today": today_in(zone, clock_now())}
    return render_page(request, "fsm/make_api_token.html", context, status=status)


def _seen(request: HttpRequest, token_uuid: UUID) -> ApiToken:
    tokens = ApiToken.objects.visible_to(request.user).select_related("user")
    return get_object_or_404(tokens, uuid=token_uuid)


@require_safe
@requires(May.SIGN_IN)
def api_token(request: HttpRequest, token_uuid: UUID) -> HttpResponse:
    """One token: what it may, since when, when it was used; and the button that ends it."""
    token, zone = _seen(request, token_uuid), zone_of(request)
    context = {
        "token": token,
        "standing": _standing(token, clock_now()),
        "scopes": _scopes(token),
        "made": moment(token.created_at, zone),
        "expires": moment(token.expires_at, zone),
        "used": moment(token.last_used_at, zone),
        "revoked": moment(token.revoked_at, zone),
    }
    return render_page(request, "fsm/api_token.html", context)


@require_POST
@requires(May.SIGN_IN)
def revoke_api_token(request: HttpRequest, token_uuid: UUID) -> HttpResponse:
    """End a token for good."""
    token = _seen(request, token_uuid)
    revoke_token(token.pk, now=clock_now())
    messages.success(
        request, _("“%(name)s” is revoked: no program can use it any more.") % {"name": token.name}
    )
    return redirect("fsm:api-tokens")
