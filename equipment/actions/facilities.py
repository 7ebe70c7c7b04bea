"""How the house and its sites reckon: a method a facility, and the readings of what rules leave open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Site
from customers.versions import check_version
from fsm.attribution import because as with_reason
from fsm.states import NotPossible
from fsm.tasks import enqueue

from ..compliance import judging
from ..compliance.choices import QUESTIONS, Choices
from ..compliance_rows import load_books, the_law
from ..models import Circuit, ComplianceSettings, Facility, LeakCase, LeakRate, RateMethod
from ..wording import said
from .rates import recompute_all, recompute_house

MOST_REMINDERS = 8


@transaction.atomic
def set_method(
    site_id: int, *, method: str, now: datetime, operator_name: str | None = None, bought: bool = False
) -> Facility:
    """The method by which all appliances of a site are reckoned.

    Once a rate was found under a rule it changes only for a facility that was bought and was reckoned
    otherwise before, while every appliance is under its trigger by both methods (40 CFR 84.106(b)).
    """
    site = Site.objects.select_for_update(no_key=True).get(pk=site_id)
    if method not in RateMethod.values:
        raise NotPossible(_("Choose annualizing or rolling average."), field="method")
    facility = Facility.objects.filter(site=site).first() or Facility(site=site)
    is_other = method != facility.method
    why = _("Method of the facility")
    if is_other and LeakRate.objects.filter(circuit__unit__site=site).exclude(rules="").exists():
        if not bought:
            raise NotPossible(
                _(
                    "Rates were found here by the other method. It may change only for a facility that was"
                    " bought and was reckoned otherwise before."
                ),
                field="method",
            )
        why = _both_methods(site)
    facility.method = method
    if operator_name is not None:
        facility.operator_name = operator_name.strip()[:150]
    facility.version += facility.pk is not None
    with with_reason(why):
        facility.save()
    if is_other:
        recompute_all(now=now, because=why, site_id=site.pk)
    return facility


def _both_methods(site: Site) -> str:
    """The rates by both methods, kept with the change; refused where one is over."""
    if LeakCase.objects.open().filter(circuit__unit__site=site).exists():
        raise NotPossible(
            _("A leak case is open at this site. The method cannot change meanwhile."), field="method"
        )
    law, told = the_law(), []
    keys = list(Circuit.objects.filter(unit__site=site).values_list("pk", flat=True))
    for book in load_books(keys):
        for method in RateMethod.values:
            judged = judging.judge(book.history, method=method, rules=law.rules, choices=law.choices)
            if judged and judged[-1].exceeds:
                raise NotPossible(
                    _("An appliance is over its trigger rate by the other method: %(how)s")
                    % {"how": said(judged[-1].sentence)},
                    field="method",
                )
            if judged:
                told.append(f"{book.circuit.label}: {said(judged[-1].sentence)}")
    return _("Bought facility; under the trigger by both methods") + " · " + " · ".join(told)


@transaction.atomic
def set_choices(
    *,
    version: int,
    now: datetime,
    choices: Mapping[str, str] | None = None,
    reminder_days: list[int] | None = None,
    balance_tolerance_oz: Decimal | None = None,
    administrative_penalty: int | None = None,
    judicial_penalty: int | None = None,
) -> ComplianceSettings:
    """How the house reads what the rules leave open, and its own tolerances.

    Another reading has every circuit reckoned anew by a worker; what was found before stays readable.
    """
    row, _made = ComplianceSettings.objects.select_for_update().get_or_create(
        pk=1, defaults={"reminder_days": [30, 14, 7, 1]}
    )
    check_version(row, version, {"choices": choices}, noun=_("settings"))
    before = Choices.of(row.choices)
    if choices is not None:
        row.choices = _known(choices)
    if reminder_days is not None:
        days = sorted({int(day) for day in reminder_days}, reverse=True)
        if len(days) > MOST_REMINDERS or any(not 0 < day <= 365 for day in days):
            raise NotPossible(
                _("Give up to eight numbers of days, each from 1 to 365."), field="reminder_days"
            )
        row.reminder_days = days
    if balance_tolerance_oz is not None:
        if balance_tolerance_oz < 0:
            raise NotPossible(_("A tolerance cannot be less than nothing."), field="balance_tolerance_oz")
        row.balance_tolerance_oz = balance_tolerance_oz
    if administrative_penalty is not None:
        row.administrative_penalty = administrative_penalty
    if judicial_penalty is not None:
        row.judicial_penalty = judicial_penalty
    row.version += 1
    row.save()
    if Choices.of(row.choices) != before:
        enqueue(recompute_house, because=_("The house's choices changed"), now=now.isoformat())
    return row


def _known(choices: Mapping[str, str]) -> dict[str, str]:
    """Only what differs from our recommendation is kept."""
    kept = {}
    for question in QUESTIONS:
        value = choices.get(question.name)
        if value is None or value == question.recommended:
            continue
        if value not in set(question.options):
            raise NotPossible(_("This is no answer to the question."), field=question.name)
        kept[question.name] = str(value)
    return kept
