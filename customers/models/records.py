from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Func, Q, Value
from django.utils.translation import gettext_lazy as _

from fsm.history import History
from fsm.models import Branch

from ..querysets import ContactQuerySet, CustomerNoteQuerySet, CustomerQuerySet, SiteQuerySet


class Channel(models.TextChoices):
    """How something is said."""

    EMAIL = "email", _("E-mail")
    TEXT = "text", _("Text")
    CALL = "call", _("Call")
    LETTER = "letter", _("Letter")


class CustomerKind(models.TextChoices):
    """What sort of customer."""

    HOUSEHOLD = "household", _("Household")
    COMPANY = "company", _("Company")
    PROPERTY_MANAGER = "property_manager", _("Property manager")


class Terms(models.TextChoices):
    """When an invoice is due."""

    ON_RECEIPT = "Due on receipt", _("Due on receipt")
    NET_15 = "Net 15", _("Net 15")
    NET_30 = "Net 30", _("Net 30")
    NET_45 = "Net 45", _("Net 45")
    NET_60 = "Net 60", _("Net 60")


class Language(models.TextChoices):
    """What a customer reads."""

    ENGLISH = "en", _("English")
    SPANISH = "es", _("Spanish")


class Customer(models.Model):
    """Who we work for and who pays, unless the job says otherwise.

    One that was merged into another stays as a tombstone: `merged_into` is where its links lead.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=11, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=CustomerKind, default=CustomerKind.HOUSEHOLD)
    name = models.CharField(_("name"), max_length=120)
    first_name = models.CharField(_("first name"), max_length=60, blank=True)
    last_name = models.CharField(_("last name"), max_length=60, blank=True)
    company_name = models.CharField(_("company name"), max_length=120, blank=True)
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+", verbose_name=_("branch"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    bill_to = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("bills go to")
    )
    billing_street = models.CharField(_("billing street"), max_length=120, blank=True)
    billing_unit = models.CharField(_("billing unit"), max_length=40, blank=True)
    billing_city = models.CharField(_("billing city"), max_length=60, blank=True)
    billing_state = models.CharField(_("billing state"), max_length=2, blank=True)
    billing_postal_code = models.CharField(_("billing ZIP"), max_length=10, blank=True)
    terms = models.CharField(_("terms"), max_length=30, choices=Terms, default=Terms.ON_RECEIPT)
    is_taxable = models.BooleanField(_("pays sales tax"), default=True)
    tax_certificate = models.CharField(_("exemption certificate"), max_length=60, blank=True)
    tax_certificate_expires = models.DateField(_("certificate expires"), null=True, blank=True)
    credit_hold = models.BooleanField(_("credit hold"), default=False)
    do_not_service = models.BooleanField(_("do not service"), default=False)
    do_not_service_reason = models.CharField(_("why not"), max_length=200, blank=True)
    lead_source = models.CharField(_("lead source"), max_length=60, blank=True)
    tags = ArrayField(models.CharField(max_length=40), verbose_name=_("tags"), default=list, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.ENGLISH)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="tombstones",
        verbose_name=_("merged into"),
    )
    is_active = models.BooleanField(_("active"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History()

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(name="customer_kind_is_known", condition=Q(kind__in=CustomerKind.values)),
            models.CheckConstraint(name="customer_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="customer_is_not_its_own_parent",
                condition=Q(parent__isnull=True) | ~Q(parent=models.F("pk")),
            ),
            models.CheckConstraint(
                name="customer_refusal_has_reason",
                condition=Q(do_not_service=False) | ~Q(do_not_service_reason=""),
            ),
            models.CheckConstraint(
                name="customer_tombstone_is_not_active",
                condition=Q(merged_into__isnull=True) | Q(is_active=False) & ~Q(merged_into=models.F("pk")),
            ),
            models.CheckConstraint(
                name="customer_language_is_known", condition=Q(language__in=Language.values)
            ),
        ]
        indexes = [
            GinIndex(name="customer_tags", fields=["tags"]),
            GinIndex(name="customer_name_trgm", fields=["name"], opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def billing_lines(self) -> list[str]:
        """The billing address as lines for an envelope, without blanks."""
        return address_lines(
            self.billing_street,
            self.billing_unit,
            self.billing_city,
            self.billing_state,
            self.billing_postal_code,
        )


class Contact(models.Model):
    """A person at a customer."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="contacts", verbose_name=_("customer")
    )
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=60, blank=True)
    is_primary = models.BooleanField(_("first to call"), default=False)
    preferred_channel = models.CharField(
        _("likes to be reached by"), max_length=10, choices=Channel, blank=True, default=""
    )
    is_active = models.BooleanField(_("active"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = History()

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["-is_primary", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="customer_has_one_primary_contact",
                fields=["customer"],
                condition=Q(is_primary=True, is_active=True),
            ),
        ]
        indexes = [GinIndex(name="contact_name_trgm", fields=["name"], opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.name


class PhoneNumber(models.Model):
    """A number of a contact, in E.164; `digits` (ten national digits) is what searching looks at."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="phones", verbose_name=_("contact"))
    e164 = models.CharField(_("number"), max_length=16)
    extension = models.CharField(_("extension"), max_length=8, blank=True)
    digits = models.CharField(max_length=15, editable=False)
    label = models.CharField(_("label"), max_length=20, blank=True)
    as_given = models.CharField(max_length=60, blank=True, editable=False)
    doubt = models.CharField(_("doubt"), max_length=60, blank=True)
    is_primary = models.BooleanField(_("first to call"), default=False)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True, editable=False)
    verified_by = models.ForeignKey(
        "fsm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    verified_how = models.CharField(_("how verified"), max_length=40, blank=True, editable=False)
    history = History()

    class Meta:
        ordering = ["-is_primary", "pk"]
        constraints = [
            models.UniqueConstraint(name="contact_has_a_number_once", fields=["contact", "e164", "extension"])
        ]
        indexes = [
            models.Index(name="phone_digits", fields=["digits"]),
            GinIndex(name="phone_digits_trgm", fields=["digits"], opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.e164


class EmailAddress(models.Model):
    """An e-mail address of a contact, in lower case."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="emails", verbose_name=_("contact"))
    address = models.EmailField(_("e-mail"))
    is_primary = models.BooleanField(_("first to write to"), default=False)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True, editable=False)
    verified_by = models.ForeignKey(
        "fsm.User", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    verified_how = models.CharField(_("how verified"), max_length=40, blank=True, editable=False)
    history = History()

    class Meta:
        ordering = ["-is_primary", "pk"]
        constraints = [
            models.UniqueConstraint(name="contact_has_an_address_once", fields=["contact", "address"])
        ]
        indexes = [GinIndex(name="email_trgm", fields=["address"], opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.address


# What customers/search.py asks an address by; the index answers only where both are spelled the same.
WHOLE_ADDRESS = Func(
    "street", Value(" "), "unit", Value(" "), "city", Value(" "), "postal_code",
    arg_joiner=" || ", template="(%(expressions)s)",
)  # fmt: skip


class AddressStanding(models.TextChoices):
    """How far an address is to be trusted; nothing of ours says "verified" without the post office."""

    AS_GIVEN = "as_given", _("As given")
    STANDARDISED = "standardised", _("Standardised")
    VERIFIED = "verified", _("Verified")


class CoordinatesQuality(models.TextChoices):
    """How exactly the coordinates say where a place is."""

    ZIP = "zip", _("Middle of the ZIP")
    STREET = "street", _("Street")
    ROOFTOP = "rooftop", _("The building")
    BY_HAND = "by_hand", _("Set by hand")


class Site(models.Model):
    """A place we work at; units and service history belong to it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="sites", verbose_name=_("customer"))
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+", verbose_name=_("branch"))
    name = models.CharField(_("name"), max_length=80, blank=True)
    street = models.CharField(_("street"), max_length=120)
    unit = models.CharField(_("unit"), max_length=40, blank=True)
    city = models.CharField(_("city"), max_length=60)
    state = models.CharField(_("state"), max_length=2)
    postal_code = models.CharField(_("ZIP"), max_length=10, blank=True)
    match_key = models.CharField(max_length=120, blank=True, editable=False)
    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    coordinates_quality = models.CharField(
        _("coordinates"), max_length=10, choices=CoordinatesQuality, blank=True, default=""
    )
    address_standing = models.CharField(
        _("address"), max_length=12, choices=AddressStanding, default=AddressStanding.AS_GIVEN
    )
    time_zone = models.CharField(_("time zone"), max_length=40, default="America/Chicago")
    access_notes = models.TextField(_("access notes"), blank=True)
    gate_code = models.CharField(_("gate code"), max_length=40, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History()

    objects = SiteQuerySet.as_manager()

    class Meta:
        ordering = ["street", "pk"]
        constraints = [
            models.CheckConstraint(
                name="site_coordinates_come_in_pairs",
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False),
            ),
            models.CheckConstraint(
                name="site_quality_belongs_to_coordinates",
                condition=Q(coordinates_quality="") | Q(latitude__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="site_match_key", fields=["match_key"]),
            GinIndex(OpClass(WHOLE_ADDRESS, name="gin_trgm_ops"), name="site_address_trgm"),
        ]

    def __str__(self) -> str:
        return self.one_line

    @property
    def lines(self) -> list[str]:
        """The address as lines for an envelope, without blanks."""
        return address_lines(self.street, self.unit, self.city, self.state, self.postal_code)

    @property
    def one_line(self) -> str:
        """The address in one line."""
        return ", ".join(self.lines)

    @property
    def map_url(self) -> str:
        """A link that a phone opens in its map."""
        from urllib.parse import quote

        return f"https://www.google.com/maps/search/?api=1&query={quote(self.one_line)}"


class CustomerNote(models.Model):
    """Something somebody wanted remembered about a customer."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="notes")
    body = models.TextField(_("note"))
    is_pinned = models.BooleanField(_("keep on top"), default=False)
    author = models.ForeignKey("fsm.User", models.PROTECT, null=True, related_name="+")
    author_name = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History()

    objects = CustomerNoteQuerySet.as_manager()

    class Meta:
        ordering = ["-is_pinned", "-created_at", "-pk"]

    def __str__(self) -> str:
        return self.body[:60]


class ExternalId(models.Model):
    """What another system calls a customer or a site of ours: importing twice finds the first.

    `name` is the other system's exact name for it (QuickBooks posts by it); `fingerprint` is of the row as it
    came.
    """

    system = models.CharField(max_length=40)
    external_id = models.CharField(max_length=120)
    name = models.CharField(max_length=250, blank=True)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="external_ids")
    site = models.ForeignKey(Site, models.CASCADE, null=True, blank=True, related_name="external_ids")
    fingerprint = models.CharField(max_length=64, blank=True)
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="external_id_once_per_source", fields=["system", "external_id"]),
            models.CheckConstraint(
                name="external_id_names_something",
                condition=Q(customer__isnull=False) | Q(site__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.external_id}"


def address_lines(street: str, unit: str, city: str, state: str, postal_code: str) -> list[str]:
    """Street with unit, then city, state and ZIP; blanks are left out."""
    first = " ".join(part for part in (street, unit) if part)
    place = " ".join(part for part in (state, postal_code) if part)
    second = ", ".join(part for part in (city, place) if part)
    return [line for line in (first, second) if line]
