"""What the papers have in common: the company's head, the sentence at the foot, amounts and days in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from fsm.clock import local
from fsm.company import the_company

from ..models import OUNCES_IN_POUND, Circuit, LeakRate, RateMethod, pounds_and_ounces
from . import Block, Paper


def determination() -> str:
    """Who decides: said on every compliance page and paper."""
    return _("The owner or operator of the equipment makes the final determination.")


def paper(
    title: str,
    blocks: Sequence[Block],
    *,
    made_at: datetime,
    number: str = "",
    subtitle: str = "",
    is_wide: bool = False,
) -> Paper:
    """A paper with the company's head and the sentence at its foot, in the language in force."""
    company = the_company()
    reach = " · ".join(part for part in (company.phone, company.email, company.website) if part)
    return Paper(
        title=title,
        number=number,
        subtitle=subtitle,
        company=company.legal_name or company.name,
        company_lines=[
            *company.address_lines,
            reach,
            _("License %(number)s") % {"number": company.license_number} if company.license_number else "",
        ],
        blocks=blocks,
        ending=determination(),
        page=_("Page {page} of {pages}"),
        made_at=made_at,
        is_wide=is_wide,
    )


def day_words(day: date | None) -> str:
    """`Nov. 20, 2026`, or nothing."""
    return date_format(day, "N j, Y") if day else ""


def moment_words(instant: datetime | None, zone: str) -> str:
    """Day and time of day at the site, with the zone's name."""
    if instant is None:
        return ""
    wall = local(instant, zone)
    return f"{date_format(wall, 'N j, Y, P')} {wall.tzname()}"


def pounds(ounces: Decimal | None) -> str:
    """`2.25 lb (2 lb 4 oz)`: pounds without idle zeros, and as the scale shows it."""
    if ounces is None:
        return ""
    return f"{_exact(ounces / OUNCES_IN_POUND)} lb ({pounds_and_ounces(ounces)})"


def pounds_only(ounces: Decimal | None) -> str:
    """`2.25`: pounds without idle zeros; thousandths of an ounce come out exactly."""
    return "" if ounces is None else _exact(ounces / OUNCES_IN_POUND)


def _exact(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent_words(percent: Decimal | None) -> str:
    """`23.46%`."""
    return "" if percent is None else f"{percent:.2f}%"


def how_found(rate: LeakRate) -> str:
    """The arithmetic of a leak rate in a sentence."""
    added, charge = pounds_only(rate.net_oz), pounds_only(rate.full_charge_oz)
    if rate.method == RateMethod.ROLLING:
        return _("%(added)s lb added in 365 days ÷ %(charge)s lb charge \u00d7 100 = %(rate)s") % {
            "added": added, "charge": charge, "rate": percent_words(rate.percent),
        }  # fmt: skip
    words = _("%(added)s lb added ÷ %(charge)s lb charge \u00d7 365 ÷ %(days)s days \u00d7 100 = %(rate)s")
    return words % {
        "added": added, "charge": charge, "days": rate.days_used or 365, "rate": percent_words(rate.percent),
    }  # fmt: skip


def appliance_words(circuit: Circuit) -> str:
    """What the appliance is: name, plate and circuit."""
    unit = circuit.unit
    maker = unit.maker.name if unit.maker else ""
    parts = (str(unit), str(unit.get_category_display()) if unit.name else "", maker, unit.plate)
    said = " · ".join(part for part in parts if part)
    return _("%(unit)s, circuit %(label)s") % {"unit": said, "label": circuit.label}


def place_words(circuit: Circuit) -> str:
    """Where the appliance stands."""
    unit = circuit.unit
    return ", ".join(part for part in (*unit.site.lines, unit.location) if part)


def yes_no(answer: Any) -> str:
    """A yes, a no, or nothing said."""
    return _("Not said") if answer is None else _("Yes") if answer else _("No")
