"""Systems: units that work as one, such as condenser, coil and air handler."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Site
from fsm.states import NotPossible

from ..models import System, Unit


@transaction.atomic
def create_system(
    *, site_id: int, name: str, unit_ids: Sequence[int] = (), uuid: UUID | None = None
) -> System:
    """A system at a site with these of its units; a name that stands there already is that system."""
    Site.objects.select_for_update(no_key=True).get(pk=site_id)
    name = " ".join(name.split())[:80]
    if not name:
        raise NotPossible(_("Give the system a name."), field="name")
    if uuid and (standing := System.objects.filter(uuid=uuid).first()):
        return standing
    system = System.objects.filter(site=site_id, name__iexact=name).first()
    if system is None:
        system = System.objects.create(uuid=uuid or uuid4(), site_id=site_id, name=name)
    for unit_id in sorted(unit_ids):
        join_system(unit_id, system_id=system.pk)
    return system


@transaction.atomic
def join_system(unit_id: int, *, system_id: int) -> Unit:
    """Make a unit part of a system at its site; it leaves the one it was part of."""
    system = System.objects.select_for_update(no_key=True).get(pk=system_id)
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit_id)
    if unit.site_id != system.site_id:
        raise NotPossible(_("The system stands at another site."), field="system")
    if unit.system_id != system.pk:
        left = unit.system_id
        _put(unit, system)
        _forget_if_empty(left)
    return unit


@transaction.atomic
def leave_system(unit_id: int) -> Unit:
    """The unit stands for itself again; a system without units is gone."""
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit_id)
    if unit.system_id is not None:
        left = unit.system_id
        _put(unit, None)
        _forget_if_empty(left)
    return unit


def _put(unit: Unit, system: System | None) -> None:
    unit.system = system
    unit.version += 1
    unit.save(update_fields=["system", "version"])


def _forget_if_empty(system_id: int | None) -> None:
    if system_id is not None:
        for system in System.objects.filter(pk=system_id, units__isnull=True):
            system.delete()
