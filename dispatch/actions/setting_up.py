"""What is set up, and taken away again: the history keeps what it was and why it went."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from equipment.checklists import CHECKLISTS
from equipment.readings import READINGS
from equipment.wording import translated
from fsm.attribution import because as with_reason
from fsm.history import insert_with_history
from fsm.states import NotPossible

from ..models import CheckKind, ChecklistItem, ChecklistTemplate, JobTypeSkill, TechnicianSkill


@transaction.atomic
def load_tune_up_checklists() -> list[ChecklistTemplate]:
    """The checklists of cooling and heating tune-ups by category of equipment, each with the readings it asks
    for; one whose name is there already stays as it is. Returns those that are new.
    """
    names = {translated(each.name): each for each in CHECKLISTS}
    there = set(ChecklistTemplate.objects.filter(name__in=names).values_list("name", flat=True))
    made = insert_with_history([ChecklistTemplate(name=name) for name in names if name not in there])
    insert_with_history(
        [
            ChecklistItem(
                template=template,
                position=position,
                text=translated(item.text),
                kind=CheckKind.READING if item.reading else CheckKind.CHECK,
                unit=READINGS[item.reading].unit if item.reading else "",
                reading_key=item.reading,
                is_required=item.required,
            )
            for template in made
            for position, item in enumerate(names[template.name].items, start=1)
        ]
    )
    return made


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
