"""Where the QR code on a unit leads: short addresses, since a small label holds few signs."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fsm.permissions import May, allowed, requires

from ..models import Unit
from ..services import address_on_phone


@require_safe
@requires(May.SIGN_IN)
def scan(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """The office goes to the unit's page, who works visits to the unit on their telephone."""
    if allowed(request.user, May.SEE_EQUIPMENT):
        seen = get_object_or_404(Unit.objects.visible_to(request.user), uuid=unit_uuid)
        return redirect("equipment:unit", seen.uuid)
    if url := address_on_phone(unit_uuid, request.user):
        return redirect(url)
    raise Http404(_("None of your visits is where this unit stands. Ask the office for one."))


app_name = "scan"
urlpatterns: list[URLPattern] = [path("<uuid:unit_uuid>", scan, name="unit")]
