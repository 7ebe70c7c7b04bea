"""Photos and documents of units."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from fsm.attribution import attributed, current_actor_name
from fsm.files import LARGEST_FILE, take_in
from fsm.states import NotPossible

from ..models import Unit, UnitFile, UnitFileKind


@transaction.atomic
def add_unit_file(
    unit_id: int,
    *,
    data: bytes,
    name: str,
    kind: str,
    now: datetime,
    uuid: UUID | None = None,
    taken_at: datetime | None = None,
) -> UnitFile:
    """Keep a file with a unit: the bytes received are hashed, pictures are encoded anew, a PDF stays as it
    came. The same uuid, or the same bytes while they are still kept, are one file.
    """
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit_id)
    if kind not in UnitFileKind.values:
        raise NotPossible(_("Say what the file shows."), field="kind")
    if len(data) > LARGEST_FILE:
        raise NotPossible(_("The file is larger than 10 MB. Nothing was saved."), field="file")
    standing = UnitFile.objects.filter(uuid=uuid).first() if uuid else None
    if standing and standing.unit_id != unit.pk:
        raise NotPossible(_("Something else already has this uuid. Nothing was changed."), field="uuid")
    digest = hashlib.sha256(data).hexdigest()
    standing = standing or unit.files.filter(received_sha256=digest, removed_at=None).first()
    if standing:
        return standing
    taken = take_in(data, name)
    unique = uuid or uuid4()
    row = UnitFile(
        uuid=unique,
        unit=unit,
        kind=kind,
        name=taken.name,
        content_type=taken.content_type,
        size=len(taken.data),
        received_sha256=digest,
        author_name=current_actor_name(),
        taken_at=taken_at,
        created_at=now,
    )
    row.file.save(f"{unique.hex}.{taken.extension}", ContentFile(taken.data), save=False)
    row.save(force_insert=True)
    return row


@transaction.atomic
def remove_unit_file(file_id: int, *, because: str, now: datetime) -> UnitFile:
    """Take a file off the unit for a reason; nobody opens it any more, the history says it was there."""
    if not because.strip():
        raise NotPossible(_("Say why the file is removed."), field="because")
    row = UnitFile.objects.select_for_update(no_key=True).get(pk=file_id)
    if row.removed_at is None:
        row.removed_at = now
        with attributed(reason=because.strip()[:300]):
            row.save(update_fields=["removed_at"])
    return row
