"""Labels with a QR code that leads to the unit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from customers.models import Site
from fsm.company import the_company
from fsm.permissions import May, requires
from fsm.web.pages import render_page

from ..models import Unit
from ..states import UnitStatus
from .common import seen_unit

SHOWN = 120


def qr_of(address: str) -> SafeString:
    """The address as a QR code that is still read when a quarter of it is worn off."""
    code = segno.make_qr(address, error="q")
    return mark_safe(  # noqa: S308 (drawn by us from an address)
        code.svg_inline(scale=3, border=2, omitsize=True, dark="#000", light="#fff")
    )


def _labels(request: HttpRequest, units: list[Unit]) -> dict[str, Any]:
    def address(unit: Unit) -> str:
        return request.build_absolute_uri(reverse("scan:unit", args=[unit.uuid]))

    return {"labels": [(unit, qr_of(address(unit))) for unit in units], "company": the_company()}


@require_safe
@requires(May.SEE_EQUIPMENT)
def label(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """The label of one unit."""
    unit = seen_unit(request, unit_uuid)
    return render_page(request, "equipment/labels.html", {"unit": unit, **_labels(request, [unit])})


@require_safe
@requires(May.SEE_EQUIPMENT)
def labels(request: HttpRequest, site_uuid: UUID) -> HttpResponse:
    """A sheet with the labels of all units of a site that are not retired."""
    site = get_object_or_404(Site.objects.visible_to(request.user).select_related("customer"), uuid=site_uuid)
    units = Unit.objects.visible_to(request.user).for_list().filter(site=site)
    shown = list(units.exclude(status=UnitStatus.RETIRED).order_by("category", "pk")[:SHOWN])
    return render_page(request, "equipment/labels.html", {"site": site, **_labels(request, shown)})
