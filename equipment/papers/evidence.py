"""The evidence pack of a unit: what a maker or an insurer asks for before they pay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fsm.files import reencode_image
from fsm.states import NotPossible

from ..evidence import Maintenance, Photo, visits_on
from ..models import Reading, RefrigerantRecord, TechnicianCertificate, Unit, UnitFile, UnitFileKind, Warranty
from ..readings import READINGS
from ..wording import translated
from . import Block, Facts, Paper, Picture, Pictures, Rows
from .words import day_words, moment_words, paper, pounds

MOST_PICTURES = 40
LONGEST_SIDE = 900


def evidence_paper(unit: Unit, *, user: Any, now: datetime) -> Paper:
    """Everything on record that proves how the unit was installed, registered and kept, as far as the person
    may see it. Of many photos the newest are shown; every one is listed with its hash.
    """
    zone = unit.site.time_zone
    visits = visits_on(unit, user)
    files = list(unit.files.filter(removed_at=None).order_by("created_at", "pk"))
    records = list(RefrigerantRecord.objects.of_unit(unit.pk).select_related("refrigerant"))
    readings = list(Reading.objects.filter(unit=unit, voided_at=None).order_by("measured_at", "pk"))
    photos = [photo for visit in visits for photo in visit.photos]
    blocks: list[Block] = [
        _identity(unit),
        _files(files, zone),
        _warranties(list(unit.warranties.order_by("kind", "pk"))),
        *(_visit(visit, zone) for visit in visits),
        _readings(readings, zone),
        _refrigerant(records, zone),
        _people(records, visits),
        _listed(photos, zone),
    ]
    pictures = [*_pictures(files, zone), *_photos(photos, zone)][:MOST_PICTURES]
    if pictures:
        blocks.append(Pictures(title=_("Pictures"), pictures=pictures))
    return paper(
        _("Evidence pack"),
        blocks,
        number=unit.serial,
        subtitle=_("As of %(day)s") % {"day": moment_words(now, zone)},
        made_at=now,
    )


def _identity(unit: Unit) -> Facts:
    return Facts(
        title=_("Unit"),
        pairs=[
            (_("Owner"), unit.site.customer.name),
            (_("Located at"), ", ".join(part for part in (*unit.site.lines, unit.location) if part)),
            (_("Kind"), str(unit.get_category_display())),
            (_("Maker"), unit.maker.name if unit.maker else ""),
            (_("Model"), unit.model_number),
            (_("Serial"), unit.serial),
            (
                _("Installed"),
                f"{day_words(unit.installed_on)} ({unit.get_date_known_by_display()})"
                if unit.installed_on
                else "",
            ),
            (_("Manufactured"), day_words(unit.manufactured_on)),
            (_("Status"), str(unit.get_status_display())),
        ],
    )


def _files(files: Sequence[UnitFile], zone: str) -> Rows:
    ranked = [UnitFileKind.INSTALL_PROOF, UnitFileKind.REGISTRATION]
    ordered = sorted(files, key=lambda row: (row.kind not in ranked, row.kind, row.created_at))
    return Rows(
        title=_("Proof of installation, registration and other documents"),
        headings=[_("Kind"), _("Name"), _("Added"), _("By"), _("SHA-256 as received")],
        rows=[
            (
                str(row.get_kind_display()),
                row.name,
                moment_words(row.taken_at or row.created_at, zone),
                row.author_name,
                row.received_sha256,
            )
            for row in ordered
        ],
        empty=_("No document is kept with this unit."),
    )


def _warranties(rows: Sequence[Warranty]) -> Rows:
    return Rows(
        title=_("Warranties"),
        headings=[_("Warranty"), _("By"), _("Starts"), _("Register by"), _("Registered"), _("Confirmation")],
        rows=[
            (
                str(row.get_kind_display()),
                row.provider,
                day_words(row.starts_on),
                day_words(row.registration_deadline),
                day_words(row.registered_on),
                row.confirmation,
            )
            for row in rows
        ],
        empty=_("No warranty is on record."),
    )


def _visit(visit: Maintenance, zone: str) -> Rows:
    who = ", ".join(visit.technicians) or _("not said")
    return Rows(
        title=_("%(day)s: %(what)s, job %(number)s, by %(who)s")
        % {"day": moment_words(visit.at, zone), "what": visit.what, "number": visit.number, "who": who},
        citation=visit.outcome,
        headings=[_("Checked"), _("Found")],
        rows=visit.checks,
        empty=_("No checklist was filled in on this visit."),
    )


def _readings(rows: Sequence[Reading], zone: str) -> Rows:
    return Rows(
        title=_("Readings"),
        headings=[_("When"), _("What"), _("Value"), _("Judged"), _("By")],
        rows=[
            (
                moment_words(row.measured_at, zone),
                translated(READINGS[row.key].label) if row.key in READINGS else row.key,
                f"{row.value.normalize():f} {READINGS[row.key].unit if row.key in READINGS else ''}",
                row.verdict or (_("Out of range") if row.is_flagged else ""),
                row.technician_name,
            )
            for row in rows
        ],
        empty=_("No reading is on record."),
    )


def _refrigerant(rows: Sequence[RefrigerantRecord], zone: str) -> Rows:
    return Rows(
        title=_("Refrigerant added and recovered"),
        citation="40 CFR 82.157(l)(2), 84.106(l)(2)",
        headings=[_("When"), _("What"), _("Refrigerant"), _("By"), _("Certificate"), _("Remarks")],
        rows=[
            (
                moment_words(row.happened_at, zone),
                f"{row.get_kind_display()} {pounds(row.ounces)}",
                row.refrigerant.designation,
                row.technician_name,
                str(row.certificate),
                _("Struck out: %(why)s") % {"why": row.voided_because} if row.voided_at else row.note,
            )
            for row in sorted(rows, key=lambda row: (row.happened_at, row.pk))
        ],
        empty=_("Nothing was added or recovered."),
    )


def _people(records: Sequence[RefrigerantRecord], visits: Sequence[Maintenance]) -> Rows:
    names = {name for visit in visits for name in visit.technicians}
    held = TechnicianCertificate.objects.select_related("technician")
    of_records = {row.certificate_id for row in records}
    rows = [
        row
        for row in held.order_by("technician__name", "issued_on", "pk")
        if row.pk in of_records or row.technician.name in names
    ]
    return Rows(
        title=_("Certificates of the technicians"),
        citation="40 CFR 82.161",
        headings=[_("Technician"), _("Certificate"), _("Number"), _("Issued"), _("Revoked")],
        rows=[
            (
                str(row.technician),
                str(row.get_kind_display()),
                row.number,
                day_words(row.issued_on),
                day_words(row.revoked_on),
            )
            for row in rows
        ],
        empty=_("No certificate is on record for who worked here."),
    )


def _listed(photos: Sequence[Photo], zone: str) -> Rows:
    return Rows(
        title=_("Photos from visits"),
        headings=[_("Taken"), _("Received"), _("Shows"), _("By"), _("SHA-256 as received")],
        rows=[
            (
                moment_words(photo.taken_at, zone),
                moment_words(photo.received_at, zone),
                photo.caption,
                photo.author,
                photo.sha256,
            )
            for photo in photos
        ],
        empty=_("No photo was taken on a visit."),
    )


def _pictures(files: Sequence[UnitFile], zone: str) -> list[Picture]:
    shown = []
    for row in files:
        data = _small(row.file) if row.content_type.startswith("image/") else b""
        if data:
            said = f"{row.get_kind_display()}: {row.name}"
            at = moment_words(row.taken_at or row.created_at, zone)
            shown.append(Picture(data=data, lines=[said, at, f"SHA-256 {row.received_sha256}"]))
    return shown


def _photos(photos: Sequence[Photo], zone: str) -> list[Picture]:
    shown = []
    for photo in list(reversed(photos))[:MOST_PICTURES]:
        if data := _small(photo.file):
            at = moment_words(photo.taken_at or photo.received_at, zone)
            shown.append(Picture(data=data, lines=[photo.caption, at, f"SHA-256 {photo.sha256}"]))
    return shown


def _small(file: Any) -> bytes:
    """The picture small enough for paper; nothing where its file is gone or no picture."""
    if not file.name or not file.storage.exists(file.name):
        return b""
    with file.open("rb") as opened:
        content = opened.read()
    try:
        return reencode_image(content, longest=LONGEST_SIDE).data
    except NotPossible:
        return b""
