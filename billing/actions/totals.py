"""What a draft comes to, with the tax of its service address on the day."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from customers.models import Customer, Site
from fsm.clock import today_in

from .. import pricing
from ..models import Invoice, InvoiceLine, InvoiceTax, TaxRate


def recompute(invoice: Invoice, now: datetime) -> Invoice:
    """Price a locked draft from its lines, by the one calculator, and count its version on."""
    rate, untaxed_because = _tax_of(invoice, now)
    inputs = [_input(line, rate) for line in invoice.lines.all()]
    priced = pricing.price(inputs, [_rate_input(rate)] if rate else [])
    _set_tax(invoice, rate, priced)
    invoice.subtotal, invoice.tax, invoice.total = priced.subtotal, priced.tax, priced.total
    invoice.tax_exempt_reason = untaxed_because
    invoice.version += 1
    invoice.save(update_fields=["subtotal", "tax", "total", "tax_exempt_reason", "version"])
    return invoice


def line_amount(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """What one line comes to, rounded once."""
    return pricing.price_line(pricing.LineInput(quantity=quantity, unit_price=unit_price)).amount


def rate_for(site: Site) -> TaxRate | None:
    """The rate in use at an address: its city's, else its state's."""
    rates = list(TaxRate.objects.filter(state=site.state, is_active=True))
    city = next((rate for rate in rates if rate.city and rate.city.lower() == site.city.lower()), None)
    return city or next((rate for rate in rates if not rate.city), None)


def why_exempt(customer: Customer, day: date) -> str:
    """Why a customer pays no sales tax on a day, or "". A certificate that has expired exempts nobody."""
    if customer.is_taxable:
        return ""
    expires = customer.tax_certificate_expires
    if expires is not None and expires < day:
        return ""
    return _("Exempt, certificate %(number)s") % {"number": customer.tax_certificate or _("on file")}


def _tax_of(invoice: Invoice, now: datetime) -> tuple[TaxRate | None, str]:
    """The rate of the service address, or why there is none."""
    site = invoice.job.site
    exempt = why_exempt(invoice.customer, today_in(site.time_zone, now))
    if exempt:
        return None, exempt
    rate = rate_for(site)
    return rate, "" if rate else _("No sales tax rate is set for %(state)s") % {"state": site.state}


def _rate_input(rate: TaxRate) -> pricing.TaxRateInput:
    return pricing.TaxRateInput(key=str(rate.pk), percent=rate.percent)


def _input(line: InvoiceLine, rate: TaxRate | None) -> pricing.LineInput:
    return pricing.LineInput(
        quantity=line.quantity,
        unit_price=line.unit_price,
        taxable=line.is_taxable and rate is not None,
        tax_rate=str(rate.pk) if rate else "",
    )


def _set_tax(invoice: Invoice, rate: TaxRate | None, priced: pricing.Priced) -> None:
    """The draft's tax row as computed; a row of another rate goes."""
    standing = None
    for row in invoice.taxes.all():
        if rate is not None and row.rate_id == rate.pk:
            standing = row
        else:
            row.delete()
    if rate is None:
        return
    values = {
        "name": rate.name,
        "percent": rate.percent,
        "base": priced.taxable[str(rate.pk)],
        "amount": priced.taxes[str(rate.pk)],
    }
    if standing is None:
        InvoiceTax.objects.create(invoice=invoice, rate=rate, **values)
    elif any(getattr(standing, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(standing, name, value)
        standing.save(update_fields=[*values])
