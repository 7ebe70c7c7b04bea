from __future__ import annotations

import uuid
from datetime import time

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fsm.history import History

from ..querysets import CommunicationQuerySet
from ..states import DeliveryState
from .records import Channel, Contact, Customer, Language


class Direction(models.TextChoices):
    """Who said it."""

    OUT = "out", _("To the customer")
    IN = "in", _("From the customer")


class Communication(models.Model):
    """One message or call with a customer, with its body, what it is about and what became of it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="communications")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+")
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction, default=Direction.OUT)
    to = models.CharField(_("to"), max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"))
    template = models.CharField(_("template"), max_length=40, blank=True)
    attachments = models.JSONField(_("attachments"), default=list, blank=True)
    about_kind = models.CharField(max_length=30, blank=True)
    about_uuid = models.UUIDField(null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState, default=DeliveryState.QUEUED)
    problem = models.TextField(_("problem"), blank=True)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.ENGLISH)
    not_before = models.DateTimeField(_("waits until"), null=True, blank=True)
    external_id = models.CharField(_("id at the carrier"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("written"))
    settled_at = models.DateTimeField(_("sent"), null=True, blank=True)
    history = History()

    objects = CommunicationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="communication_state_is_known", condition=Q(state__in=DeliveryState.values)
            ),
            models.CheckConstraint(
                name="communication_failed_says_why",
                condition=~Q(state=DeliveryState.FAILED) | ~Q(problem=""),
            ),
        ]
        indexes = [
            models.Index(name="communication_of_customer", fields=["customer", "-created_at"]),
            models.Index(name="communication_about", fields=["about_kind", "about_uuid"]),
            models.Index(
                name="communication_at_the_carrier", fields=["external_id"], condition=~Q(external_id="")
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.body[:60]


class Occasion(models.TextChoices):
    """What makes the house write to a customer by itself."""

    BOOKED = "booked", _("Booked")
    REMINDER = "reminder", _("Reminder")
    ON_MY_WAY = "on_my_way", _("On my way")
    DONE = "done", _("Work done")
    INVOICE = "invoice", _("Invoice")
    PAYMENT = "payment", _("Payment received")
    PLAN_DUE = "plan_due", _("Maintenance due")


class MessageTemplate(models.Model):
    """The company's words for an occasion, by channel and language; switched off, nothing is sent."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    occasion = models.CharField(_("occasion"), max_length=20, choices=Occasion)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.ENGLISH)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"))
    is_on = models.BooleanField(_("sent"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = History()

    class Meta:
        ordering = ["occasion", "channel", "language"]
        constraints = [
            models.UniqueConstraint(
                name="template_once_per_occasion", fields=["occasion", "channel", "language"]
            ),
            models.CheckConstraint(name="template_says_something", condition=~Q(body="")),
            models.CheckConstraint(
                name="template_of_an_email_has_a_subject", condition=~Q(channel="email") | ~Q(subject="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_occasion_display()}, {self.get_channel_display()}, {self.language}"


class MessagingRules(models.Model):
    """When and from where the house writes by itself. Exactly one row."""

    quiet_from = models.TimeField(_("no texts from"), default=time(20, 0))
    quiet_until = models.TimeField(_("no texts until"), default=time(8, 0))
    text_from = models.CharField(_("our number for texts"), max_length=16, blank=True)
    reminder_hours = models.PositiveSmallIntegerField(_("remind this many hours before"), default=24)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = History()

    class Meta:
        verbose_name_plural = "messaging rules"
        constraints = [models.UniqueConstraint(models.Value(1), name="messaging_rules_are_one")]

    def __str__(self) -> str:
        return "messaging rules"


class Wish(models.TextChoices):
    """What somebody said about being written to."""

    YES = "yes", _("Yes")
    NO = "no", _("No")


class ChannelConsent(models.Model):
    """What a contact said about a channel: since when, and how we know."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="consents")
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    wish = models.CharField(_("may we"), max_length=3, choices=Wish)
    how = models.CharField(_("how we know"), max_length=120, blank=True)
    since = models.DateTimeField(_("since"))
    history = History()

    class Meta:
        ordering = ["contact", "channel"]
        constraints = [
            models.UniqueConstraint(name="consent_once_per_channel", fields=["contact", "channel"]),
            models.CheckConstraint(name="consent_wish_is_known", condition=Q(wish__in=Wish.values)),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.wish}"


class OptOut(models.Model):
    """A number or address that asked us to stop; it holds for whoever has it, until it asks otherwise."""

    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    address = models.CharField(_("number or address"), max_length=254)
    said = models.CharField(_("words"), max_length=160, blank=True)
    since = models.DateTimeField(_("since"))
    history = History()

    class Meta:
        ordering = ["-since"]
        constraints = [models.UniqueConstraint(name="opt_out_once", fields=["channel", "address"])]

    def __str__(self) -> str:
        return self.address


class UnknownText(models.Model):
    """A text from a number that nobody on record has; it waits until somebody says whose it is."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=20)
    body = models.TextField(_("text"), blank=True)
    external_id = models.CharField(_("id at the carrier"), max_length=64, unique=True)
    received_at = models.DateTimeField(_("received"))
    communication = models.OneToOneField(
        Communication, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("taken up as")
    )
    is_dismissed = models.BooleanField(_("put away"), default=False)
    history = History()

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="unknown_text_has_one_end",
                condition=Q(communication__isnull=True) | Q(is_dismissed=False),
            )
        ]
        indexes = [
            models.Index(
                name="unknown_text_waits",
                fields=["-received_at"],
                condition=Q(communication__isnull=True, is_dismissed=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.body[:60]}"
