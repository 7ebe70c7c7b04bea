"""A unit's record: when it was made, its system, files, moves, and what replaced it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.models import Site
from fsm.clock import now as clock_now
from fsm.files import LARGEST_FILE, check_signed, serve_private, signed_url
from fsm.permissions import May, requires
from fsm.states import NotPossible
from fsm.web.pages import fragment, refuse_in_form, render_page

from .. import actions
from ..models import ManufactureKnownBy, System, Unit, UnitFile, UnitMove
from ..serials import decode
from ..services import open_work_on
from .common import day_said, seen_of_unit, seen_unit, to_unit, today_at, word_said
from .record_forms import MoveForm, UnitFileForm

MOST_SITES = 20


@require_POST
@requires(May.EDIT_EQUIPMENT)
def confirm_manufacture(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """A person says that what the serial seems to say is right, or what the plate says."""
    unit = seen_unit(request, unit_uuid)
    known_by = word_said(request, "known_by", 10) or ManufactureKnownBy.SERIAL
    made_on = day_said(request, "made_on")
    actions.confirm_manufacture(unit.pk, made_on=made_on, known_by=known_by, today=today_at(unit))
    messages.success(request, _("The day of manufacture is on record."))
    return to_unit(unit)


@require_safe
@requires(May.EDIT_EQUIPMENT)
def read_serial(request: HttpRequest) -> HttpResponse:
    """What a serial seems to say of the day of manufacture, while it is typed."""
    said = {name: request.GET.get(name, "")[:60] for name in ("maker", "serial", "category")}
    found = decode(said["maker"], said["serial"], category=said["category"], today=clock_now().date())
    return fragment(request, "equipment/_serial_hint.html", {"candidates": found[:3]})


@require_POST
@requires(May.EDIT_EQUIPMENT)
def set_system(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """Put the unit into a system of its site, made if it is new; without a name it leaves its own."""
    unit = seen_unit(request, unit_uuid)
    name = word_said(request, "name", 80)
    if not name:
        actions.leave_system(unit.pk)
        messages.success(request, _("%(unit)s stands for itself.") % {"unit": unit})
    else:
        system: System = actions.create_system(site_id=unit.site_id, name=name, unit_ids=[unit.pk])
        messages.success(request, _("%(unit)s is part of %(system)s.") % {"unit": unit, "system": system})
    return to_unit(unit)


@require_POST
@requires(May.EDIT_EQUIPMENT)
def replace_unit(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """Retire the unit and name the one at its site that took its place."""
    unit = seen_unit(request, unit_uuid)
    try:
        by = UUID(request.POST.get("by", ""))
    except ValueError:
        raise NotPossible(_("Choose the unit that took its place."), field="by") from None
    new = seen_unit(request, by)
    actions.replace_unit(
        unit.pk, by_unit_id=new.pk, because=word_said(request, "because"), on=day_said(request, "on")
    )
    messages.success(request, _("%(unit)s is retired; %(new)s took its place.") % {"unit": unit, "new": new})
    return to_unit(unit)


@requires(May.EDIT_EQUIPMENT)
def move_unit(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """Look for the other site, say why, and go on in spite of open work where there is some."""
    unit = seen_unit(request, unit_uuid)
    form = MoveForm(request.POST or None)
    status = 422 if form.is_bound else 200
    sites = Site.objects.visible_to(request.user).filter(is_active=True).exclude(pk=unit.site_id)
    if form.is_bound and form.is_valid():
        site = get_object_or_404(sites, uuid=form.cleaned_data["to_site"])
        try:
            actions.move_unit(
                unit.pk,
                to_site_id=site.pk,
                because=form.cleaned_data["because"],
                now=clock_now(),
                despite_open_work=form.cleaned_data["despite_open_work"],
            )
            messages.success(
                request, _("%(unit)s now stands at %(site)s.") % {"unit": unit, "site": site.one_line}
            )
            return to_unit(unit)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    text = (request.GET.get("q") or request.POST.get("q") or "").replace("\x00", "").strip()[:80]
    found = list(_sites_like(sites, text).select_related("customer")[:MOST_SITES]) if text else []
    context = {"unit": unit, "form": form, "q": text, "sites": found, "work": open_work_on(unit)}
    return render_page(request, "equipment/move_unit.html", context, status=status)


def _sites_like(sites, text: str):  # type: ignore[no-untyped-def]
    for word in text.split()[:6]:
        sites = sites.filter(
            Q(street__icontains=word)
            | Q(city__icontains=word)
            | Q(name__icontains=word)
            | Q(customer__name__icontains=word)
        )
    return sites.order_by("customer__name", "street", "pk")


@require_POST
@requires(May.EDIT_EQUIPMENT)
def undo_move(request: HttpRequest, move_uuid: UUID) -> HttpResponse:
    """Put the unit back where it came from."""
    move = seen_of_unit(request, UnitMove, move_uuid)
    actions.undo_move(move.pk, because=word_said(request, "because"), now=clock_now())
    messages.success(request, _("%(unit)s is back where it was.") % {"unit": move.unit})
    return to_unit(move.unit)


@require_POST
@requires(May.EDIT_EQUIPMENT)
def add_file(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """Keep a picture or a PDF with the unit."""
    unit = seen_unit(request, unit_uuid)
    form = UnitFileForm(request.POST, request.FILES)
    if not form.is_valid():
        raise NotPossible(_("Choose a picture or a PDF. Nothing was saved."), field="file")
    given = form.cleaned_data["file"]
    row = actions.add_unit_file(
        unit.pk,
        data=given.read(LARGEST_FILE + 1),
        name=given.name,
        kind=form.cleaned_data["kind"],
        uuid=form.cleaned_data["once"],
        now=clock_now(),
    )
    messages.success(request, _("%(name)s is kept.") % {"name": row.name})
    return to_unit(unit, "files")


def _file(request: HttpRequest, unit_file_uuid: UUID) -> UnitFile:
    units = Unit.objects.visible_to(request.user)
    rows = UnitFile.objects.filter(unit__in=units, removed_at=None).select_related("unit")
    return get_object_or_404(rows, uuid=unit_file_uuid)


@require_safe
@requires(May.SEE_EQUIPMENT)
def file(request: HttpRequest, unit_file_uuid: UUID) -> HttpResponseBase:
    """A file of the unit's, by an address that is signed for one person and an hour."""
    row = _file(request, unit_file_uuid)
    if "key" not in request.GET:
        return redirect(signed_url(request.path, user_id=request.user.pk or 0))
    check_signed(request)
    return serve_private(request, row.file, download_as=row.name)


@require_POST
@requires(May.EDIT_EQUIPMENT)
def remove_file(request: HttpRequest, unit_file_uuid: UUID) -> HttpResponse:
    """Take a file off the unit, for a reason."""
    row = _file(request, unit_file_uuid)
    actions.remove_unit_file(row.pk, because=word_said(request, "because"), now=clock_now())
    messages.success(request, _("%(name)s was removed.") % {"name": row.name})
    return to_unit(row.unit, "files")
