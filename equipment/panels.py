"""Equipment on the pages of customers and sites."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import QuerySet, Value
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Site
from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.company import the_company
from fsm.panels import panel
from fsm.permissions import May, allowed
from fsm.prepared import prepared

from .ages import age_in_years
from .models import LeakCase, Unit
from .services import last_services

MONTH = timedelta(days=30)
MOST = 400  # a property manager with more looks at the site


def _lines(units: list[Unit]) -> list[dict[str, Any]]:
    now = clock_now()
    return [
        {
            "unit": unit,
            "url": reverse("equipment:unit", args=[unit.uuid]),
            "age": age_in_years(unit.installed_on, today_in(unit.site.time_zone, now)),
            "holds": ", ".join(dict.fromkeys(row.refrigerant.designation for row in unit.circuits.all())),
        }
        for unit in units
    ]


@prepared
def _at_sites(user: Any, most: int, *, customer: Any) -> QuerySet[Unit]:
    units = Unit.objects.visible_to(user).filter(site__customer=customer).select_related("site", "maker")
    held = StringAgg("circuits__refrigerant__designation", ", ", distinct=True, default=Value(""))
    return units.annotate(held=held).order_by("status", "category", "pk")[:most]


@panel(
    "sites",
    key="equipment",
    title=gettext_lazy("Equipment"),
    order=10,
    template="equipment/_units_of_site.html",
    may=May.SEE_EQUIPMENT,
)
def of_sites(sites: list[Site], user: Any) -> dict[str, Any]:
    """What is installed at each of a customer's sites, and when somebody was last there and at each unit."""
    rows: Any = _at_sites(user, MOST, customer=sites[0].customer_id) if sites else []
    now = clock_now()
    served = last_services(sites, user)
    of: dict[int, dict[str, Any]] = {
        site.pk: {"lines": [], "zone": site.time_zone, "last": served.get((site.pk, None))} for site in sites
    }
    for unit in rows:
        if unit.site_id not in of:
            continue  # a site that was added while we looked
        line = {
            "unit": unit,
            "url": reverse("equipment:unit", args=[unit.uuid]),
            "age": age_in_years(unit.installed_on, today_in(unit.site.time_zone, now)),
            "holds": unit.held,
            "last": served.get((unit.site_id, unit.pk)),
        }
        of[unit.site_id]["lines"].append(line)
    return {"of": of}


@panel(
    "site",
    key="equipment",
    title=gettext_lazy("Equipment"),
    order=10,
    template="equipment/_units_panel.html",
    may=May.SEE_EQUIPMENT,
    wide=True,
)
def of_site(site: Site, user: Any) -> dict[str, Any] | None:
    """What is installed here, and the way to add more."""
    units = list(Unit.objects.visible_to(user).at_site(site.pk).select_related("site", "maker"))
    may_add = allowed(user, May.EDIT_EQUIPMENT)
    add_url = reverse("equipment:add-unit", args=[site.uuid]) if may_add else ""
    return {
        "lines": _lines(units),
        "count": len(units) or None,
        "several_sites": False,
        "add_url": "" if units else add_url,
        "more_url": add_url if units else "",
        "more_label": _("Add a unit"),
    }


@prepared
def _soon(user: Any, most: int, *, until: Any) -> QuerySet[LeakCase]:
    rows = LeakCase.objects.visible_to(user).open().filter(next_due_on__lte=until)
    return rows.select_related("circuit__refrigerant", "circuit__unit__site__customer").order_by(
        "next_due_on", "pk"
    )[:most]


@panel(
    "home",
    key="compliance",
    title=gettext_lazy("Refrigerant deadlines"),
    order=60,
    template="equipment/_home_deadlines.html",
    may=May.RUN_COMPLIANCE,
)
def of_home(subject: Any, user: Any) -> dict[str, Any] | None:
    """The leak cases whose next deadline is a month away or less; nothing where there is none."""
    today = today_in(the_company().time_zone, clock_now())
    cases = list(_soon(user, 6, until=today + MONTH))
    if not cases:
        return None
    return {
        "lines": [(case, (case.next_due_on - today).days) for case in cases if case.next_due_on],
        "more_url": reverse("equipment:compliance"),
        "more_label": _("All open clocks"),
        "count": len(cases),
    }
