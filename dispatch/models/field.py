from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from equipment.models import Unit
from fsm.history import History
from fsm.money import QuantityField
from inventory.models import Part, Reservation, StockPlace

from ..querysets import OfJobQuerySet
from .work import Job, Visit


class ChecklistTemplate(models.Model):
    """A list of things to look at, attached to job types."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    history = History()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CheckKind(models.TextChoices):
    """How a line of a checklist is answered."""

    CHECK = "check", _("Check")
    READING = "reading", _("Reading")


class ChecklistItem(models.Model):
    """One line of a checklist template."""

    template = models.ForeignKey(ChecklistTemplate, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField(_("place"), default=0)
    text = models.CharField(_("text"), max_length=120)
    kind = models.CharField(_("kind"), max_length=8, choices=CheckKind, default=CheckKind.CHECK)
    unit = models.CharField(_("unit"), max_length=12, blank=True)
    reading_key = models.CharField(_("reading"), max_length=40, blank=True)
    is_required = models.BooleanField(_("required"), default=True)
    history = History()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="checklist_item_kind_is_known", condition=Q(kind__in=CheckKind.values)
            )
        ]

    def __str__(self) -> str:
        return self.text


class CheckAnswer(models.TextChoices):
    """What was found."""

    OPEN = "", _("Not answered")
    GOOD = "good", _("Good")
    ATTENTION = "attention", _("Needs attention")
    NOT_APPLICABLE = "na", _("Does not apply")


class VisitCheck(models.Model):
    """One line of a visit's checklist, copied from the template when the visit was made, with its answer."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    visit = models.ForeignKey(Visit, models.CASCADE, related_name="checks")
    equipment = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)
    text = models.CharField(_("text"), max_length=120)
    kind = models.CharField(max_length=8, choices=CheckKind, default=CheckKind.CHECK)
    unit = models.CharField(max_length=12, blank=True)
    reading_key = models.CharField(max_length=40, blank=True)
    is_required = models.BooleanField(default=True)
    answer = models.CharField(
        _("answer"), max_length=10, choices=CheckAnswer, default=CheckAnswer.OPEN, blank=True
    )
    reading = models.DecimalField(_("reading"), max_digits=10, decimal_places=3, null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    history = History()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="visit_check_answer_is_known", condition=Q(answer__in=CheckAnswer.values)
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def is_answered(self) -> bool:
        """Whether somebody answered it."""
        return bool(self.answer) or self.reading is not None


class JobNote(models.Model):
    """What somebody wrote about a job; never edited."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    job = models.ForeignKey(Job, models.PROTECT, related_name="notes")
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, blank=True, related_name="notes")
    body = models.TextField(_("note"))
    author = models.ForeignKey("fsm.User", models.PROTECT, null=True, related_name="+")
    author_name = models.CharField(max_length=150, blank=True)
    written_at = models.DateTimeField(_("written"))
    history = History()

    objects = OfJobQuerySet["JobNote"].as_manager()

    class Meta:
        ordering = ["written_at", "pk"]

    def __str__(self) -> str:
        return self.body[:60]


class JobPhoto(models.Model):
    """A photo: the bytes received are hashed, what is kept is re-encoded; both clocks are kept."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    job = models.ForeignKey(Job, models.PROTECT, related_name="photos")
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, blank=True, related_name="photos")
    file = models.ImageField(upload_to="photos/%Y/%m", width_field="width", height_field="height")
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    received_sha256 = models.CharField(max_length=64)
    caption = models.CharField(_("caption"), max_length=200, blank=True)
    author = models.ForeignKey("fsm.User", models.PROTECT, null=True, related_name="+")
    author_name = models.CharField(max_length=150, blank=True)
    taken_at = models.DateTimeField(_("taken"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"))
    history = History()

    objects = OfJobQuerySet["JobPhoto"].as_manager()

    class Meta:
        ordering = ["received_at", "pk"]

    def __str__(self) -> str:
        return self.caption or str(_("Photo"))


class Signature(models.Model):
    """The customer's signature for a visit, as drawn on the glass."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    job = models.ForeignKey(Job, models.PROTECT, related_name="signatures")
    visit = models.OneToOneField(Visit, models.PROTECT, related_name="signature")
    signer = models.CharField(_("signed by"), max_length=120)
    file = models.ImageField(upload_to="signatures/%Y/%m")
    received_sha256 = models.CharField(max_length=64)
    signed_at = models.DateTimeField(_("signed"))
    history = History()

    objects = OfJobQuerySet["Signature"].as_manager()

    def __str__(self) -> str:
        return self.signer


class PartUse(models.Model):
    """A part used on a visit: reserved when said, taken from the place when the work is completed."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    job = models.ForeignKey(Job, models.PROTECT, related_name="part_uses")
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="part_uses")
    part = models.ForeignKey(Part, models.PROTECT, related_name="+", verbose_name=_("part"))
    place = models.ForeignKey(StockPlace, models.PROTECT, related_name="+", verbose_name=_("from"))
    quantity = QuantityField(_("quantity"))
    reservation = models.OneToOneField(Reservation, models.PROTECT, related_name="+")
    was_short = models.BooleanField(_("not on the truck"), default=False)
    is_removed = models.BooleanField(_("taken back"), default=False)
    said_at = models.DateTimeField(_("said"))
    history = History()

    objects = OfJobQuerySet["PartUse"].as_manager()

    class Meta:
        ordering = ["said_at", "pk"]
        constraints = [
            models.CheckConstraint(name="part_use_quantity_is_positive", condition=Q(quantity__gt=0))
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.part_id and self.part}"
