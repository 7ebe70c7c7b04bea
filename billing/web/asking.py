"""Asking before something is done: a dialog with scripts, a page without, and one action behind either."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from fsm.money import format_money
from fsm.states import NotPossible, Stale
from fsm.web.pages import fragment, refuse_in_form, render_page


@dataclass
class Deed:
    """One thing to do: the words of its dialog, the form it needs, the action, and where to go after."""

    title: str
    button: str
    done: str | Callable[[Any], str]
    form: Any
    do: Callable[[Any], Any]
    back: str
    text: str = ""
    danger: bool = False
    columns: str = ""
    crumb: str = ""
    after: Callable[[Any], str] | None = None
    version_now: Callable[[], int] | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)


def answer(request: HttpRequest, deed: Deed) -> HttpResponse:
    """Ask on GET; do on POST and go on; ask again, with what was typed, where it was refused."""
    status = 200
    if request.method == "POST":
        status = 422
        if deed.form.is_valid():
            try:
                made = deed.do(deed.form)
            except NotPossible as refusal:
                status = 409
                if isinstance(refusal, Stale):
                    deed.shown = _in_words(refusal.theirs)
                    _renew(deed)
                refuse_in_form(deed.form, refusal)
            else:
                messages.success(request, deed.done(made) if callable(deed.done) else deed.done)
                return _go(request, deed.after(made) if deed.after else deed.back)
    context = {"deed": deed, "form": deed.form}
    if getattr(request, "htmx", False):
        return fragment(request, "billing/_deed.html", context, status=status)
    return render_page(request, "billing/deed.html", context, status=status)


def typed(request: HttpRequest) -> dict[str, Any]:
    """What a form is made of: nothing to ask, the post to do."""
    return {"data": request.POST} if request.method == "POST" else {}


def _in_words(theirs: Mapping[str, Any]) -> dict[str, str]:
    """What stands there now, as the dialog shows it."""
    labels = {"total": _("Total"), "price": _("Price"), "name": _("Name")}
    return {
        label: format_money(theirs[name]) if isinstance(theirs[name], Decimal) else str(theirs[name])
        for name, label in labels.items()
        if name in theirs
    }


def _renew(deed: Deed) -> None:
    """Pressing again, having seen what stands there now, does it to that."""
    if deed.version_now is not None:
        deed.form.data = deed.form.data.copy()
        deed.form.data["version"] = deed.version_now()


def _go(request: HttpRequest, url: str) -> HttpResponse:
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)
