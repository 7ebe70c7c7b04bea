"""What the office types about jobs: booking a call and each thing that can be done to a job."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Contact
from fsm.clock import local, now, today_in
from fsm.states import NotPossible

from ..actions.on_behalf import Answer
from ..callers import Caller
from ..models import CheckAnswer, CheckKind, Job, Priority, Visit, VisitCheck
from ..windows import Window, between, read_pick

FEW_SITES = 6
NO_WINDOW, OTHER_WINDOW = "", "other"
FARTHEST = timedelta(days=730)


class DayInput(forms.DateInput):
    """A date with the browser's own picker."""

    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class ClockInput(forms.TimeInput):
    """A time of day with the browser's own picker."""

    input_type = "time"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs={"step": 900, **attrs}, format="%H:%M")


class WindowMixin(forms.Form):
    """Day, from and until; read together as one window on the wall clock of a zone."""

    window_day = forms.DateField(label=gettext_lazy("Day"), required=False, widget=DayInput())
    window_from = forms.TimeField(label=gettext_lazy("From"), required=False, widget=ClockInput())
    window_until = forms.TimeField(label=gettext_lazy("Until"), required=False, widget=ClockInput())

    def read_window(self, cleaned: dict[str, Any], zone: str, *, required: bool) -> Window | None:
        """The window that was typed, or None; adds an error to the field at fault."""
        names = ("window_day", "window_from", "window_until")
        day, starts, ends = (cleaned.get(name) for name in names)
        if any(name in self.errors for name in names):
            return None
        if not (day or starts or ends) and not required:
            return None
        missing = next((name for name in names if not cleaned.get(name)), None)
        if missing or day is None or starts is None or ends is None:
            self.add_error(missing, _("A window needs a day, a beginning and an end."))
            return None
        if abs((day - today_in(zone, now())).days) > FARTHEST.days:
            self.add_error("window_day", _("That is more than two years away."))
            return None
        try:
            return between(zone, day, starts, ends)
        except ValueError:
            self.add_error("window_until", _("The window must end after it begins."))
            return None


class BookForm(WindowMixin):
    """A call: where, what, how soon and when. Its choices come from what the record knows of the caller."""

    once = forms.UUIDField(widget=forms.HiddenInput)
    customer = forms.UUIDField(widget=forms.HiddenInput)
    site = forms.ChoiceField(label=gettext_lazy("Where"), widget=forms.RadioSelect)
    unit = forms.MultipleChoiceField(
        label=gettext_lazy("Equipment"), required=False, widget=forms.CheckboxSelectMultiple
    )
    contact = forms.ChoiceField(label=gettext_lazy("Who to ask for"), required=False)
    job_type = forms.ChoiceField(label=gettext_lazy("Job type"), widget=forms.RadioSelect)
    priority = forms.TypedChoiceField(
        label=gettext_lazy("How soon"),
        choices=Priority.choices,
        coerce=int,
        required=False,
        empty_value=None,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("As the job type says, unless you choose."),
    )
    summary = forms.CharField(
        label=gettext_lazy("What is wrong"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    instructions = forms.CharField(
        label=gettext_lazy("Notes for the technician"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    window = forms.CharField(label=gettext_lazy("Arrival window"), required=False, max_length=20)
    minutes = forms.IntegerField(
        label=gettext_lazy("Planned minutes"),
        required=False,
        min_value=5,
        max_value=24 * 60,
        widget=forms.NumberInput(attrs={"step": 5, "inputmode": "numeric"}),
    )
    po_number = forms.CharField(
        label=gettext_lazy("PO number"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, caller: Caller, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.caller = caller
        sites = [(str(site.uuid), site.one_line) for site in caller.sites]
        self._choices("site").choices = sites
        if len(sites) > FEW_SITES:
            self.fields["site"].widget = forms.Select(choices=sites)
        self._choices("unit").choices = [(str(unit.uuid), str(unit)) for unit in caller.units]
        self._choices("contact").choices = [
            ("", _("Nobody in particular")),
            *((str(known.contact.uuid), _named(known.contact)) for known in caller.contacts),
        ]
        self._choices("job_type").choices = [(kind.code, kind.name) for kind in caller.job_types]

    def _choices(self, name: str) -> forms.ChoiceField:
        chosen: Any = self.fields[name]
        return chosen  # type: ignore[no-any-return]

    def clean(self) -> dict[str, Any]:
        """The window as instants, whichever way it was given."""
        cleaned = super().clean() or {}
        picked = cleaned.get("window", NO_WINDOW)
        cleaned["arrival"] = None
        if picked == OTHER_WINDOW:
            cleaned["arrival"] = self.read_window(cleaned, self.caller.zone, required=True)
        elif picked:
            try:
                cleaned["arrival"] = read_pick(picked, self.caller.zone)
            except ValueError:
                self.add_error("window", _("Choose one of the windows, or type another."))
        arrival = cleaned["arrival"]
        if arrival is not None and arrival.end <= now():
            self.add_error("window", _("That window has passed. Choose a later one."))
        return cleaned

    def booking(self) -> dict[str, Any]:
        """What the action takes."""
        typed = self.cleaned_data
        site = next(site for site in self.caller.sites if str(site.uuid) == typed["site"])
        contact = next(
            (known.contact for known in self.caller.contacts if str(known.contact.uuid) == typed["contact"]),
            None,
        )
        arrival: Window | None = typed["arrival"]
        return {
            "uuid": typed["once"],
            "customer_id": self.caller.customer.pk,
            "site_id": site.pk,
            "contact_id": contact.pk if contact else None,
            "unit_ids": [unit.pk for unit in self.caller.units if str(unit.uuid) in typed["unit"]],
            "job_type_id": next(kind.pk for kind in self.caller.job_types if kind.code == typed["job_type"]),
            "priority": typed["priority"],
            "summary": typed["summary"],
            "instructions": typed["instructions"],
            "window": (arrival.start, arrival.end) if arrival else None,
            "minutes": typed["minutes"],
            "po_number": typed["po_number"],
        }

    def refuse(self, refusal: NotPossible) -> None:
        """Show what the house refused, at the field it names where the form has it."""
        refuse(self, refusal)


def refuse(form: forms.Form, refusal: NotPossible) -> None:
    """Add a refusal to a form, at the field it names where the form has it."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


def _named(contact: Contact) -> str:
    return f"{contact.name} ({contact.role})" if contact.role else contact.name


class ReasonForm(forms.Form):
    """Why, in a sentence that stays on the record."""

    because = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class HoldForm(ReasonForm):
    """Why it waits and when somebody looks again."""

    follow_up_on = forms.DateField(label=gettext_lazy("Follow up on"), widget=DayInput())

    def clean_follow_up_on(self) -> date:
        """A day that is still to come, so that the job comes back to somebody's list."""
        day: date = self.cleaned_data["follow_up_on"]
        if day < now().date():
            raise forms.ValidationError(
                _("Choose today or a later day: then the job comes back to your list.")
            )
        return day


class NothingForm(forms.Form):
    """A deed that needs no words."""


class NoteForm(forms.Form):
    """A note about the job."""

    once = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)
    body = forms.CharField(
        label=gettext_lazy("Note"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )


class VisitForm(WindowMixin):
    """Another visit: when it is promised and how long it takes."""

    once = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)
    minutes = forms.IntegerField(
        label=gettext_lazy("Planned minutes"), required=False, min_value=5, max_value=24 * 60
    )
    field_order = ["window_day", "window_from", "window_until", "minutes", "once"]

    def __init__(self, zone: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        """The window as instants, or none yet."""
        cleaned = super().clean() or {}
        cleaned["arrival"] = self.read_window(cleaned, self.zone, required=False)
        return cleaned


class WindowForm(WindowMixin):
    """Another window for a visit; the version is of what was on the screen."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, visit: Visit, zone: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.fields["version"].initial = visit.version
        if visit.window_start and visit.window_end:
            starts, ends = local(visit.window_start, zone), local(visit.window_end, zone)
            self.initial.update(window_day=starts.date(), window_from=starts.time(), window_until=ends.time())

    def clean(self) -> dict[str, Any]:
        """The window as instants."""
        cleaned = super().clean() or {}
        cleaned["arrival"] = self.read_window(cleaned, self.zone, required=True)
        return cleaned


class EditJobForm(forms.Form):
    """What can be changed about a job whose work is not done."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    priority = forms.TypedChoiceField(label=gettext_lazy("How soon"), choices=Priority.choices, coerce=int)
    summary = forms.CharField(label=gettext_lazy("What is wrong"), max_length=200)
    instructions = forms.CharField(
        label=gettext_lazy("Notes for the technician"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    contact = forms.ChoiceField(label=gettext_lazy("Who to ask for"), required=False)
    po_number = forms.CharField(label=gettext_lazy("PO number"), required=False, max_length=40)

    def __init__(self, job: Job, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "version": job.version,
            "priority": job.priority,
            "summary": job.summary,
            "instructions": job.instructions,
            "contact": str(job.contact_id or ""),
            "po_number": job.po_number,
        } | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.contacts = list(Contact.objects.filter(customer=job.customer_id, is_active=True))
        contacts: Any = self.fields["contact"]
        contacts.choices = [
            ("", _("Nobody in particular")),
            *((str(contact.pk), _named(contact)) for contact in self.contacts),
        ]

    def changes(self) -> dict[str, Any]:
        """What the action takes: everything that was on the form."""
        typed = dict(self.cleaned_data)
        contact = typed.pop("contact")
        return typed | {"contact_id": int(contact) if contact else None}


class CompleteForm(forms.Form):
    """What a technician would have said on the phone: open checks, outcome, signature, parts."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("How it ended"),
        choices=[
            ("complete", gettext_lazy("The work is complete")),
            ("return_needed", gettext_lazy("Somebody has to return")),
        ],
        initial="complete",
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=gettext_lazy("What was done"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    no_signature_because = forms.CharField(
        label=gettext_lazy("Why there is no signature"), required=False, max_length=200
    )
    parts_confirmed = forms.BooleanField(
        label=gettext_lazy("The parts listed on the job are all that was used"), required=False
    )

    photo = forms.FileField(
        label=gettext_lazy("Photo"), required=False, help_text=gettext_lazy("This job type asks for one.")
    )

    def __init__(
        self, checks: list[VisitCheck], *args: Any, needs_signature: bool, needs_photo: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.checks = checks
        if not needs_signature:
            del self.fields["no_signature_because"]
        if not needs_photo:
            del self.fields["photo"]
        for check in checks:
            self.fields[f"check_{check.uuid}"] = _check_field(check)

    def answers(self) -> list[Answer]:
        """What was answered, as the action takes it."""
        given = []
        for check in self.checks:
            value = self.cleaned_data.get(f"check_{check.uuid}")
            if value in (None, ""):
                continue
            reading = value if check.kind == CheckKind.READING else None
            given.append(Answer(check.uuid, "" if reading is not None else value, reading))
        return given

    def completion(self) -> dict[str, Any]:
        """What the action takes."""
        typed = self.cleaned_data
        photo = typed.get("photo")
        return {
            "outcome": typed["outcome"],
            "note": typed["note"],
            "no_signature_because": typed.get("no_signature_because", ""),
            "parts_confirmed": typed["parts_confirmed"],
            "answers": self.answers(),
            "photo": photo.read() if photo else None,
        }


def _check_field(check: VisitCheck) -> forms.Field:
    if check.kind == CheckKind.READING:
        label = f"{check.text} ({check.unit})" if check.unit else check.text
        return forms.DecimalField(label=label, required=False, max_digits=10, decimal_places=3)
    answers = [("", _("Not answered")), *((value, words) for value, words in CheckAnswer.choices if value)]
    return forms.ChoiceField(label=check.text, required=False, choices=answers)
