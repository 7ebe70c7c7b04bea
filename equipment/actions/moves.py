"""Moving a unit to another site, and taking that back: its history goes with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Site
from fsm.attribution import because as with_reason
from fsm.history import update_with_history
from fsm.states import NotPossible

from ..models import Opportunity, System, Unit, UnitMove
from ..services import open_work_on


@transaction.atomic
def move_unit(
    unit_id: int, *, to_site_id: int, because: str, now: datetime, despite_open_work: bool = False
) -> UnitMove:
    """Take a unit to another site with everything that is known of it; jobs stay where they were done.

    Open work on it is refused by name unless the caller goes on in spite of it. `undo_move` takes it back.
    """
    because = _reason(because)
    from_site_id = Unit.objects.values_list("site_id", flat=True).get(pk=unit_id)
    sites = _locked_sites({from_site_id, to_site_id})
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit_id)
    if unit.site_id != from_site_id:
        raise NotPossible(_("The unit has been moved meanwhile. Look again."))
    if unit.site_id == to_site_id:
        raise NotPossible(_("The unit stands at this site already."), field="to_site")
    if not sites[to_site_id].is_active:
        raise NotPossible(_("We no longer work at this site. Make it active first."), field="to_site")
    if (work := open_work_on(unit)) and not despite_open_work:
        raise NotPossible(
            _("Open on this unit: %(work)s. It stays at the old site; move the unit anyway if that is right.")
            % {"work": ", ".join(work)},
            field="despite_open_work",
        )
    move = UnitMove.objects.create(
        unit=unit, from_site_id=from_site_id, to_site_id=to_site_id, moved_at=now, because=because
    )
    with with_reason(because):
        _bring(unit, to_site_id, None)
    return move


@transaction.atomic
def undo_move(move_id: int, *, because: str, now: datetime) -> UnitMove:
    """Put the unit back where it came from, into its system if that is still there; only its last move."""
    because = _reason(because)
    move = UnitMove.objects.get(pk=move_id)
    sites = _locked_sites({move.from_site_id, move.to_site_id})
    unit = Unit.objects.select_for_update(no_key=True).get(pk=move.unit_id)
    move = UnitMove.objects.select_for_update(no_key=True).get(pk=move_id)
    if move.undone_at is not None:
        return move
    last = UnitMove.objects.filter(unit=unit, undone_at__isnull=True).order_by("-moved_at", "-pk").first()
    if unit.site_id != move.to_site_id or last != move:
        raise NotPossible(_("The unit has been moved on since. Undo its last move first."))
    if not sites[move.from_site_id].is_active:
        raise NotPossible(_("We no longer work at the site it came from. Make that active first."))
    before = unit.history.filter(history_date__lt=move.history.earliest().history_date).first()
    left = before.system_id if before else None
    system = System.objects.filter(pk=left, site=move.from_site_id).first() if left else None
    move.undone_at = now
    with with_reason(because):
        move.save(update_fields=["undone_at"])
        _bring(unit, move.from_site_id, system)
    return move


def _bring(unit: Unit, site_id: int, system: System | None) -> None:
    unit.site_id, unit.system = site_id, system
    unit.version += 1
    unit.save(update_fields=["site", "system", "version"])
    update_with_history(Opportunity.objects.open().filter(unit=unit), site_id=site_id)


def _locked_sites(keys: Iterable[int]) -> dict[int, Site]:
    return {
        site.pk: site
        for site in Site.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    }


def _reason(because: str) -> str:
    if not because.strip():
        raise NotPossible(_("Say why."), field="because")
    return because.strip()[:200]
