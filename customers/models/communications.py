from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fsm.history import History

from ..querysets import CommunicationQuerySet
from ..states import DeliveryState
from .records import Contact, Customer


class Channel(models.TextChoices):
    """How it was said."""

    EMAIL = "email", _("E-mail")
    TEXT = "text", _("Text")
    CALL = "call", _("Call")
    LETTER = "letter", _("Letter")


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
        ]

    def __str__(self) -> str:
        return self.subject or self.body[:60]
