"""What is set up is taken away again: the history keeps what it was and why it went."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.attribution import because as with_reason
from fsm.states import NotPossible

from ..models import ChecklistItem, JobTypeSkill, TechnicianSkill


@transaction.atomic
def remove_technician_skill(row_id: int, *, because: str) -> None:
    """A technician can no longer do something; what is planned already stays as it is."""
    _remove(TechnicianSkill.objects.select_for_update().filter(pk=row_id).first(), because)


@transaction.atomic
def remove_job_type_skill(row_id: int, *, because: str) -> None:
    """A job type no longer asks for a skill."""
    _remove(JobTypeSkill.objects.select_for_update().filter(pk=row_id).first(), because)


@transaction.atomic
def remove_checklist_item(item_id: int, *, because: str) -> None:
    """A line leaves its checklist; visits that copied it keep it."""
    _remove(ChecklistItem.objects.select_for_update().filter(pk=item_id).first(), because)


def _remove(row: TechnicianSkill | JobTypeSkill | ChecklistItem | None, because: str) -> None:
    """Once; what is gone already is no mistake."""
    if not because.strip():
        raise NotPossible(_("Say why it is removed."), field="because")
    if row is not None:
        with with_reason(because.strip()):
            row.delete()
