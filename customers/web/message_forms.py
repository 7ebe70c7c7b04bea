"""The shapes of what the pages about messages take in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Channel, Contact, Occasion, Wish
from ..wording import LONGEST, WRITTEN

BLANK = "____"  # what a person fills in where a template asks for more than we know
TALKED = (Channel.EMAIL, Channel.TEXT, Channel.CALL, Channel.LETTER)


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class TemplateForm(forms.Form):
    """The words of a message; a text has no subject."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200)
    body = forms.CharField(
        label=gettext_lazy("Text"), max_length=4000, widget=forms.Textarea(attrs={"rows": 9})
    )

    def __init__(self, *args: Any, channel: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if channel == Channel.TEXT:
            self.fields["subject"].required = False
            self.fields["subject"].widget = forms.HiddenInput()
            self.fields["body"].widget.attrs |= {"rows": 5, "maxlength": LONGEST[channel]}

    def clean_version(self) -> int:
        """Nothing was saved yet: version 0."""
        return self.cleaned_data["version"] or 0


class RulesForm(forms.Form):
    """When and from where the house writes by itself."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    quiet_from = forms.TimeField(label=gettext_lazy("No texts from"), widget=_clock())
    quiet_until = forms.TimeField(
        label=gettext_lazy("Until"),
        widget=_clock(),
        help_text=gettext_lazy("On the customer's clock. What is written in between waits for the morning."),
    )
    reminder_hours = forms.IntegerField(
        label=gettext_lazy("Remind this many hours before a visit"), min_value=1, max_value=168
    )
    text_from = forms.CharField(
        label=gettext_lazy("Our number for texts"),
        max_length=40,
        required=False,
        help_text=gettext_lazy(
            "The one that the carrier gave us; without a carrier it is only written down."
        ),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )


class OptOutForm(forms.Form):
    """Somebody asked us to stop, at the door or on the phone."""

    channel = forms.ChoiceField(
        label=gettext_lazy("How"), choices=[(channel.value, channel.label) for channel in WRITTEN]
    )
    address = forms.CharField(label=gettext_lazy("Number or address"), max_length=254)
    said = forms.CharField(
        label=gettext_lazy("What they said"),
        max_length=160,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("On the phone, to whom and when")}),
    )


class LiftForm(forms.Form):
    """Why messages go there again."""

    because = forms.CharField(label=gettext_lazy("How they asked for it"), max_length=160)


class MessageForm(forms.Form):
    """A message written by hand."""

    once = forms.UUIDField(widget=forms.HiddenInput)
    to = forms.ChoiceField(label=gettext_lazy("To"))
    template = forms.ChoiceField(
        label=gettext_lazy("Begin with"),
        required=False,
        choices=[("", gettext_lazy("An empty page")), *Occasion.choices],
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200, required=False)
    body = forms.CharField(
        label=gettext_lazy("Text"), max_length=4000, widget=forms.Textarea(attrs={"rows": 7})
    )

    def __init__(self, *args: Any, ways: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        kwargs["auto_id"] = "message_%s"  # beside the record's own forms
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = list(ways)  # type: ignore[attr-defined]
        if str(self["to"].value() or "").startswith(f"{Channel.TEXT}:"):
            self.fields["subject"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        """An e-mail has a subject; what a template left open is filled in."""
        data = super().clean() or {}
        is_email = str(data.get("to", "")).startswith(f"{Channel.EMAIL}:")
        if is_email and not data.get("subject"):
            self.add_error("subject", _("An e-mail needs a subject."))
        for name in ("subject", "body"):
            if BLANK in str(data.get(name, "")):
                self.add_error(name, _("Fill in the blanks (%(blank)s) first.") % {"blank": BLANK})
        return data

    def message(self) -> dict[str, Any]:
        """What the action takes."""
        data = self.cleaned_data
        channel, _colon, address = data["to"].partition(":")
        return {
            "uuid": data["once"],
            "channel": channel,
            "to": address,
            "subject": data["subject"],
            "body": data["body"],
            "template": data["template"],
        }


class WishesForm(forms.Form):
    """How a contact likes to be reached."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    preferred_channel = forms.ChoiceField(
        label=gettext_lazy("Likes to be reached by"),
        required=False,
        choices=[("", gettext_lazy("Did not say")), *((way.value, way.label) for way in TALKED)],
    )
    how = forms.CharField(
        label=gettext_lazy("How we know"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("On the phone, by a form, in an e-mail")}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["auto_id"] = "wishes_%s"  # beside the contact's own form
        super().__init__(*args, **kwargs)
        for way in TALKED:
            self.fields[f"wish_{way.value}"] = forms.ChoiceField(
                label=way.label,
                required=False,
                choices=[("", _("Did not say")), (Wish.YES, _("Yes")), (Wish.NO, _("No"))],
            )
        self.order_fields(["preferred_channel", *(f"wish_{way.value}" for way in TALKED), "how"])

    def wish_fields(self) -> list[forms.BoundField]:
        """What was said to each way."""
        return [self[f"wish_{way.value}"] for way in TALKED]

    def wishes(self) -> dict[str, Any]:
        """What the action takes."""
        data = self.cleaned_data
        return {
            "version": data["version"],
            "preferred_channel": data["preferred_channel"],
            "wishes": {way.value: data[f"wish_{way.value}"] for way in TALKED},
            "how": data["how"],
        }

    @classmethod
    def of(cls, contact: Contact) -> WishesForm:
        """What stands; needs the contact's consents."""
        said = {f"wish_{row.channel}": row.wish for row in contact.consents.all()}
        facts = {"version": contact.version, "preferred_channel": contact.preferred_channel}
        return cls(initial=facts | said)
