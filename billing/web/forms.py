"""What the office types about money; every change is made by an action."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Terms
from dispatch.models import JobType
from equipment.models import Refrigerant
from inventory.models import Part

from ..models import InvoiceLine, ItemKind, PaymentMethod, PriceBasis, PriceItem, TaxRate


def decimal_input(**attrs: Any) -> forms.TextInput:
    """Numbers with a decimal keyboard on a phone."""
    return forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", **attrs})


def find_price_input() -> forms.TextInput:
    """Offers items of the price book as one types; choosing one writes its code."""
    attrs = {"data-combobox": reverse_lazy("billing:find-price"), "autocomplete": "off"}
    return forms.TextInput(attrs=attrs)


class DayInput(forms.DateInput):
    """A date with the browser's own picker."""

    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class PlainDecimal(forms.DecimalField):
    """A number as people write it: with a dollar sign or commas, too."""

    def __init__(self, *, places: int, **kwargs: Any) -> None:
        kwargs.setdefault("widget", decimal_input())
        super().__init__(max_digits=12, decimal_places=places, **kwargs)

    def to_python(self, value: Any) -> Any:
        """Without the sign and the commas."""
        if isinstance(value, str):
            value = value.replace("$", "").replace(",", "").strip()
        return super().to_python(value)


class NothingForm(forms.Form):
    """A yes."""


class VersionForm(forms.Form):
    """A yes to what was seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class ReasonForm(forms.Form):
    """Why."""

    because = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Stays on record."),
    )


class LineForm(forms.Form):
    """A draft's line."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    description = forms.CharField(label=gettext_lazy("Description"), max_length=200)
    quantity = PlainDecimal(label=gettext_lazy("Quantity"), places=3)
    unit_price = PlainDecimal(label=gettext_lazy("Price"), places=4)

    @classmethod
    def of(cls, line: InvoiceLine, version: int, **kwargs: Any) -> LineForm:
        """The form filled with what stands there."""
        form = cls(
            initial={
                "version": version,
                "description": line.description,
                "quantity": f"{line.quantity.normalize():f}",
                "unit_price": price_text(line.unit_price),
            },
            **kwargs,
        )
        if line.book_price is not None:
            form.fields["unit_price"].help_text = _("In the book: %(price)s") % {
                "price": f"${price_text(line.book_price)}"
            }
        return form


class NewLineForm(forms.Form):
    """A line from the price book, or a free one."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    item = forms.CharField(
        label=gettext_lazy("From the price book"),
        required=False,
        max_length=31,
        widget=find_price_input(),
        help_text=gettext_lazy("Type a name, a code or a part number; leave it empty for a free line."),
    )
    quantity = PlainDecimal(label=gettext_lazy("Quantity"), places=3, initial="1")
    unit_price = PlainDecimal(
        label=gettext_lazy("Price"),
        places=4,
        required=False,
        help_text=gettext_lazy("Empty: the book's."),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Empty: the item's name."),
    )

    def clean_item(self) -> PriceItem | None:
        """The item with this code."""
        code = self.cleaned_data["item"].strip()
        if not code:
            return None
        item = PriceItem.objects.filter(code__iexact=code, is_active=True).first()
        if item is None:
            raise forms.ValidationError(_("The book has no item with the code “%(code)s”.") % {"code": code})
        return item


class DraftForm(forms.Form):
    """Terms, PO number and note of a draft."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    terms = forms.ChoiceField(label=gettext_lazy("Terms"), choices=Terms.choices)
    po_number = forms.CharField(
        label=gettext_lazy("PO number"),
        required=False,
        max_length=25,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    note = forms.CharField(
        label=gettext_lazy("Note on the invoice"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class EmailForm(forms.Form):
    """Where to send an invoice."""

    to = forms.EmailField(label=gettext_lazy("To"), max_length=254)


class PaymentForm(forms.Form):
    """Cash or a check."""

    once = forms.UUIDField(widget=forms.HiddenInput)
    method = forms.ChoiceField(
        label=gettext_lazy("Method"), choices=PaymentMethod.choices, widget=forms.RadioSelect
    )
    reference = forms.CharField(
        label=gettext_lazy("Check number"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    amount = PlainDecimal(label=gettext_lazy("Amount"), places=2)
    received_on = forms.DateField(label=gettext_lazy("Received on"), widget=DayInput())


class ApplyForm(forms.Form):
    """Which open invoice a credit pays, and with how much."""

    invoice = forms.ChoiceField(label=gettext_lazy("Invoice"))
    amount = PlainDecimal(label=gettext_lazy("Amount"), places=2)

    def __init__(self, invoices: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["invoice"].choices = invoices  # type: ignore[attr-defined]


class PriceForm(forms.Form):
    """A line of the price book."""

    once = forms.UUIDField(widget=forms.HiddenInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ItemKind.choices)
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=31,
        help_text=gettext_lazy("The item's name in QuickBooks."),
    )
    name = forms.CharField(label=gettext_lazy("Name on invoices"), max_length=120)
    price = PlainDecimal(label=gettext_lazy("Price"), places=4)
    unit = forms.CharField(
        label=gettext_lazy("per"),
        max_length=12,
        initial="each",
        help_text=gettext_lazy("each, hour, lb ..."),
    )
    part = forms.CharField(
        label=gettext_lazy("Part number"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Of the part in stock, where this is its price."),
    )
    refrigerant = forms.ChoiceField(label=gettext_lazy("Refrigerant"), required=False)
    income_account = forms.CharField(
        label=gettext_lazy("Income account"),
        max_length=60,
        initial="Service Income",
        help_text=gettext_lazy("Exactly as QuickBooks has it."),
    )
    is_taxable = forms.BooleanField(label=gettext_lazy("Taxable"), required=False, initial=True)
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["refrigerant"].choices = [  # type: ignore[attr-defined]
            ("", "–"),  # noqa: RUF001
            *((str(row.pk), row.designation) for row in Refrigerant.objects.order_by("designation")),
        ]

    @classmethod
    def of(cls, item: PriceItem, **kwargs: Any) -> PriceForm:
        """The form filled with what stands there."""
        names = ("version", "kind", "code", "name", "unit", "income_account", "is_taxable", "is_active")
        standing = {name: getattr(item, name) for name in names}
        standing |= {
            "price": price_text(item.price),
            "part": item.part.number if item.part else "",
            "refrigerant": item.refrigerant_id or "",
        }
        return cls(initial=standing, **kwargs)

    def clean_part(self) -> Part | None:
        """The part with this number."""
        number = self.cleaned_data["part"].strip()
        if not number:
            return None
        part = Part.objects.filter(number__iexact=number).first()
        if part is None:
            raise forms.ValidationError(_("The stock has no part “%(number)s”.") % {"number": number})
        return part

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        names = ("kind", "code", "name", "price", "unit", "income_account", "is_taxable")
        part, refrigerant = self.cleaned_data["part"], self.cleaned_data["refrigerant"]
        return {
            **{name: self.cleaned_data[name] for name in names},
            "part_id": part.pk if part else None,
            "refrigerant_id": int(refrigerant) if refrigerant else None,
        }


class JobTypePriceForm(forms.Form):
    """What a job type is charged."""

    job_type = forms.ChoiceField(label=gettext_lazy("Job type"))
    item = forms.CharField(
        label=gettext_lazy("Item"),
        max_length=31,
        widget=find_price_input(),
        help_text=gettext_lazy("Type a name or a code of the price book."),
    )
    basis = forms.ChoiceField(label=gettext_lazy("Charged"), choices=PriceBasis.choices)
    least = PlainDecimal(label=gettext_lazy("Quantity, or at least"), places=3, initial="1")

    clean_item = NewLineForm.clean_item

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.job_types = list(JobType.objects.filter(is_active=True))
        self.fields["job_type"].choices = [(row.code, row.name) for row in self.job_types]  # type: ignore[attr-defined]

    @property
    def job_type_id(self) -> int:
        """The chosen job type."""
        return next(row.pk for row in self.job_types if row.code == self.cleaned_data["job_type"])


class TaxRateForm(forms.Form):
    """A sales tax rate."""

    name = forms.CharField(label=gettext_lazy("Name on invoices"), max_length=60)
    percent = PlainDecimal(label=gettext_lazy("Percent"), places=4)
    state = forms.CharField(label=gettext_lazy("State"), min_length=2, max_length=2)
    city = forms.CharField(
        label=gettext_lazy("City"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Empty: the whole state, where no city's own rate applies."),
    )
    agency = forms.CharField(
        label=gettext_lazy("Owed to"),
        max_length=41,
        help_text=gettext_lazy("The agency's vendor name in QuickBooks."),
    )
    quickbooks_item = forms.CharField(
        label=gettext_lazy("QuickBooks item"), max_length=31, initial="Sales Tax"
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    @classmethod
    def of(cls, rate: TaxRate, **kwargs: Any) -> TaxRateForm:
        """The form filled with what stands there."""
        standing = {name: getattr(rate, name) for name in cls.base_fields}
        return cls(initial=standing | {"percent": f"{rate.percent.normalize():f}"}, **kwargs)

    def clean_state(self) -> str:
        """Two capital letters."""
        return str(self.cleaned_data["state"]).upper()


def price_text(price: Decimal) -> str:
    """Two places, or up to four where the price has them."""
    whole, _, places = f"{price:f}".partition(".")
    return f"{whole}.{places.rstrip('0'):0<2}"


def payment_initial(*, today: date, amount: Decimal | None, once: Any) -> dict[str, Any]:
    """A payment form as it opens: today, what is owed, cash."""
    return {
        "once": once,
        "method": PaymentMethod.CASH,
        "received_on": today,
        "amount": price_text(amount) if amount else None,
    }
