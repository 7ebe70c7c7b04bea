"""The shapes of what compliance pages take in; every change is made by an action."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.clock import at
from fsm.models import User
from fsm.permissions import Role

from ..actions.cases import BY_METHOD, BY_TECHNICIAN, SIGNED
from ..compliance import clocks
from ..compliance.choices import QUESTIONS
from ..models import (
    OUNCES_IN_POUND,
    ChargeMethod,
    ComplianceCategory,
    Exemption,
    RateMethod,
    RecordKind,
    RecordPurpose,
    Refrigerant,
)
from ..wording import said

Step = clocks.Step
STEPS: dict[clocks.Step, Any] = {
    Step.OPENED: gettext_lazy("Over the rate again"),
    Step.INSPECTION: gettext_lazy("Leak inspection"),
    Step.REPAIRED: gettext_lazy("Leak repaired"),
    Step.RECHARGED: gettext_lazy("Refrigerant added"),
    Step.INITIAL_PASSED: gettext_lazy("Initial test passed"),
    Step.INITIAL_FAILED: gettext_lazy("Initial test failed"),
    Step.NORMAL_OPERATION: gettext_lazy("Back at normal operation"),
    Step.FOLLOW_UP_PASSED: gettext_lazy("Follow-up test passed"),
    Step.FOLLOW_UP_FAILED: gettext_lazy("Follow-up test failed"),
    Step.SHUTDOWN_REQUIRED: gettext_lazy("An industrial process must stop for the repair"),
    Step.EXTENSION_REQUESTED: gettext_lazy("Extension requested"),
    Step.EXTENSION_DENIED: gettext_lazy("Extension refused"),
    Step.EXTENDED: gettext_lazy("Extension granted"),
    Step.PARTS_RECEIVED: gettext_lazy("Parts received"),
    Step.PLAN_REQUIRED: gettext_lazy("Plan required"),
    Step.PLAN_MADE: gettext_lazy("Retrofit or retirement plan"),
    Step.PLAN_EXTENSION_REQUESTED: gettext_lazy("Extension of the plan requested"),
    Step.PLAN_EXTENSION_DENIED: gettext_lazy("Extension of the plan refused"),
    Step.PLAN_EXTENDED: gettext_lazy("Extension of the plan granted"),
    Step.PLAN_COMPLETED: gettext_lazy("Plan completed"),
    Step.RELIEVED: gettext_lazy("Relief from the plan"),
    Step.MOTHBALLED: gettext_lazy("Mothballed"),
    Step.RESUMED: gettext_lazy("Refrigerant added again"),
}
OUTCOMES: dict[clocks.Step, list[tuple[str, Any]]] = {
    Step.EXTENSION_REQUESTED: [
        ("parts", gettext_lazy("Parts are not available")),
        ("radiological", gettext_lazy("Radiological contamination")),
        ("regulations", gettext_lazy("Other regulations make it impossible")),
    ],
    Step.PLAN_REQUIRED: [
        ("not_repairing", gettext_lazy("It will not be repaired")),
        ("no_action", gettext_lazy("Nothing was done in time")),
        ("still_leaking", gettext_lazy("It still leaks after repair and test")),
    ],
    Step.PLAN_MADE: [("retrofitted", gettext_lazy("Retrofit")), ("retired", gettext_lazy("Retirement"))],
    Step.PLAN_COMPLETED: [
        ("retrofitted", gettext_lazy("Retrofitted")),
        ("retired", gettext_lazy("Retired")),
    ],
}
UNTIL = frozenset(
    {Step.EXTENSION_REQUESTED, Step.EXTENDED, Step.PLAN_EXTENSION_REQUESTED, Step.PLAN_EXTENDED}
)
LOCATED = BY_TECHNICIAN


def _day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _amount_input() -> forms.NumberInput:
    return forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "min": "0"})


def technicians() -> list[tuple[int | str, str]]:
    """Everybody who may hold a certificate, to choose from."""
    people = User.objects.filter(role=Role.TECHNICIAN, is_active=True).order_by("name", "pk")
    return [("", "-"), *((person.pk, str(person)) for person in people)]


class Amounts(forms.Form):
    """Pounds and ounces, together one amount."""

    pounds = forms.DecimalField(
        label=gettext_lazy("Pounds"),
        min_value=Decimal(0),
        max_digits=9,
        decimal_places=3,
        required=False,
        widget=_amount_input(),
    )
    ounces = forms.DecimalField(
        label=gettext_lazy("and ounces"),
        min_value=Decimal(0),
        max_digits=8,
        decimal_places=3,
        required=False,
        widget=_amount_input(),
    )

    @property
    def amount(self) -> Decimal:
        """What was entered, in ounces."""
        pounds = self.cleaned_data.get("pounds") or Decimal(0)
        return pounds * OUNCES_IN_POUND + (self.cleaned_data.get("ounces") or Decimal(0))


class RecordForm(Amounts):
    """An addition or a recovery that the office enters from a technician's paper."""

    once = forms.UUIDField(widget=forms.HiddenInput, required=False)
    replaces = forms.UUIDField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=RecordKind.choices)
    purpose = forms.ChoiceField(label=gettext_lazy("Why"), choices=RecordPurpose.choices)
    refrigerant = forms.ChoiceField(label=gettext_lazy("Refrigerant"), required=False)
    returned_pounds = forms.DecimalField(
        label=gettext_lazy("Of which put back from this circuit (lb)"),
        min_value=Decimal(0),
        max_digits=9,
        decimal_places=3,
        required=False,
        widget=_amount_input(),
    )
    day = forms.DateField(label=gettext_lazy("Day"), widget=_day_input())
    hour = forms.TimeField(
        label=gettext_lazy("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    technician = forms.TypedChoiceField(label=gettext_lazy("Technician"), coerce=int)
    leak_found = forms.NullBooleanField(
        label=gettext_lazy("Leak found"),
        required=False,
        widget=forms.Select(
            choices=[
                ("unknown", gettext_lazy("Not looked for")),
                ("true", gettext_lazy("Yes")),
                ("false", gettext_lazy("No")),
            ]
        ),
    )
    continues = forms.ChoiceField(label=gettext_lazy("Same leak as"), required=False)
    parts_worked_on = forms.CharField(label=gettext_lazy("Parts worked on"), max_length=200, required=False)
    work_done = forms.CharField(label=gettext_lazy("Type of work"), max_length=200, required=False)
    nothing_because = forms.CharField(
        label=gettext_lazy("Why nothing was recovered"), max_length=200, required=False
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, earlier: list[tuple[str, str]] = (), **kwargs: Any) -> None:  # type: ignore[assignment]
        super().__init__(*args, **kwargs)
        names = Refrigerant.objects.values_list("designation", flat=True)
        self.fields["refrigerant"].choices = [("", _("The circuit's")), *((n, n) for n in names)]  # type: ignore[attr-defined]
        self.fields["technician"].choices = technicians()  # type: ignore[attr-defined]
        self.fields["continues"].choices = [("", _("None")), *earlier]  # type: ignore[attr-defined]
        self.order_fields(["kind", "purpose", "refrigerant", "pounds", "ounces", "returned_pounds"])

    def moment(self, zone: str) -> datetime:
        """Day and time on the site's clock."""
        return at(zone, self.cleaned_data["day"], self.cleaned_data["hour"])

    def values(self) -> dict[str, Any]:
        """What the action takes beside circuit, time and uuid."""
        data = self.cleaned_data
        return {
            "kind": data["kind"],
            "purpose": data["purpose"],
            "ounces": self.amount,
            "refrigerant": data["refrigerant"],
            "returned_oz": (data["returned_pounds"] or Decimal(0)) * OUNCES_IN_POUND,
            "technician_id": data["technician"],
            "leak_found": data["leak_found"],
            "continues": data["continues"] or None,
            "replaces": data["replaces"],
            "parts_worked_on": data["parts_worked_on"],
            "work_done": data["work_done"],
            "nothing_because": data["nothing_because"],
            "note": data["note"],
        }


class StepForm(forms.Form):
    """A step of a case: the fields that its paper names."""

    step = forms.CharField(widget=forms.HiddenInput)
    once = forms.UUIDField(widget=forms.HiddenInput, required=False)
    happened_on = forms.DateField(label=gettext_lazy("Day"), widget=_day_input())

    def __init__(self, *args: Any, step: clocks.Step, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add = self.fields.__setitem__
        if step in OUTCOMES:
            label = _("Ground") if step is Step.EXTENSION_REQUESTED else _("Which")
            add("outcome", forms.ChoiceField(label=label, choices=OUTCOMES[step]))
        if step in UNTIL:
            add("until", forms.DateField(label=_("Until"), widget=_day_input()))
        if step in BY_TECHNICIAN:
            add(
                "technician_id",
                forms.TypedChoiceField(label=_("Technician"), coerce=int, choices=technicians()),
            )
        if step in BY_METHOD:
            add("method", forms.CharField(label=_("Method"), max_length=120))
        if step in LOCATED:
            where = forms.CharField(
                label=_("Where: each leak or part"), required=False, widget=forms.Textarea(attrs={"rows": 2})
            )
            add("locations", where)
        if step is Step.INSPECTION:
            words = _("All visible and accessible parts were inspected")
            add("all_parts_inspected", forms.BooleanField(label=words, required=False))
        if step in (Step.REPAIRED, Step.INITIAL_PASSED):
            words = _("The appliance or part was evacuated for the repair")
            add("was_evacuated", forms.BooleanField(label=words, required=False))
        if step in SIGNED:
            add("signed_by", forms.CharField(label=_("Signed by (company official)"), max_length=150))
        add("note", forms.CharField(label=_("Note"), max_length=500, required=False))

    def values(self) -> dict[str, Any]:
        """What the action takes beside the case and the step."""
        return {key: value for key, value in self.cleaned_data.items() if key not in ("step", "once")}


class ChargeForm(Amounts):
    """A full charge determined anew."""

    effective_on = forms.DateField(label=gettext_lazy("From"), widget=_day_input())
    method = forms.ChoiceField(
        label=gettext_lazy("Determined by"),
        choices=[choice for choice in ChargeMethod.choices if choice[0] != ChargeMethod.UNKNOWN],
    )
    range_low = forms.DecimalField(
        label=gettext_lazy("Range from (lb)"), required=False, widget=_amount_input(), max_digits=9
    )
    range_high = forms.DecimalField(
        label=gettext_lazy("Range to (lb)"), required=False, widget=_amount_input(), max_digits=9
    )
    note = forms.CharField(label=gettext_lazy("How"), max_length=200, required=False)


class RetrofitForm(Amounts):
    """Another refrigerant from a day on."""

    refrigerant = forms.ChoiceField(label=gettext_lazy("New refrigerant"))
    effective_on = forms.DateField(label=gettext_lazy("From"), widget=_day_input())
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Refrigerant.objects.values_list("designation", flat=True)
        self.fields["refrigerant"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
        self.order_fields(["refrigerant"])


class RuleForm(forms.Form):
    """What the rules call the appliance, and whether one leaves it out."""

    category = forms.ChoiceField(label=gettext_lazy("Category"), choices=ComplianceCategory.choices)
    exempt = forms.ChoiceField(
        label=gettext_lazy("Residential or light-commercial air conditioning (84.106(a)(3)(ii))"),
        choices=Exemption.choices,
    )
    because = forms.CharField(label=gettext_lazy("Why"), max_length=200)


class MethodForm(forms.Form):
    """How a facility's rates are found."""

    method = forms.ChoiceField(label=gettext_lazy("Method"), choices=RateMethod.choices)
    operator_name = forms.CharField(label=gettext_lazy("Owner or operator"), max_length=150, required=False)
    bought = forms.BooleanField(
        label=gettext_lazy("The facility was bought and was reckoned by this method before"), required=False
    )


class ReportForm(forms.Form):
    """That EPA was told of a chronic leaker."""

    reported_on = forms.DateField(label=gettext_lazy("Reported on"), widget=_day_input())
    cause = forms.CharField(label=gettext_lazy("Cause of the loss"), max_length=200)
    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=80, required=False)


class SettingsForm(forms.Form):
    """The choices I1 to I13, and the house's own numbers."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reminder_days = forms.CharField(
        label=gettext_lazy("Remind so many days before"),
        max_length=60,
        help_text=gettext_lazy("30, 14, 7, 1"),
    )
    balance_tolerance_oz = forms.DecimalField(
        label=gettext_lazy("Cylinder tolerance (oz)"), min_value=Decimal(0), max_digits=8, decimal_places=3
    )
    administrative_penalty = forms.IntegerField(
        label=gettext_lazy("Administrative penalty a day ($)"), min_value=0, max_value=10_000_000
    )
    judicial_penalty = forms.IntegerField(
        label=gettext_lazy("Judicial penalty a day ($)"), min_value=0, max_value=10_000_000
    )
    HOUSE = ("reminder_days", "balance_tolerance_oz", "administrative_penalty", "judicial_penalty")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in QUESTIONS:
            options = [(str(option), said(question.says[str(option)])) for option in question.options]
            self.fields[question.name] = forms.ChoiceField(
                label=f"{question.number}. {said(question.asks)}",
                choices=options,
                widget=forms.RadioSelect,
                help_text=question.citation,
            )

    def clean_reminder_days(self) -> list[int]:
        """Whole numbers with commas."""
        try:
            return [
                int(part) for part in self.cleaned_data["reminder_days"].replace(" ", "").split(",") if part
            ]
        except ValueError:
            raise forms.ValidationError(_("Write whole numbers with commas: 30, 14, 7, 1.")) from None

    @property
    def questions(self) -> list[Any]:
        """The fields of the choices, in order."""
        return [self[question.name] for question in QUESTIONS]

    @property
    def house(self) -> list[Any]:
        """The other fields."""
        return [self[name] for name in self.HOUSE]

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        data = self.cleaned_data
        return {
            "version": data["version"],
            "choices": {question.name: data[question.name] for question in QUESTIONS},
            **{name: data[name] for name in self.HOUSE},
        }
