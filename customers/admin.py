"""Customers and what hangs on them, in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from fsm.admin_base import Deed, HouseAdmin
from fsm.permissions import May

from .actions import send_again, set_credit_hold, set_do_not_service
from .actions.imports import release_row, skip_row, start_import, take_back_import
from .models import (
    ChannelConsent,
    Communication,
    Contact,
    Customer,
    CustomerNote,
    EmailAddress,
    ExternalId,
    ImportBatch,
    ImportRow,
    Merge,
    MergedRow,
    MessageTemplate,
    MessagingRules,
    OptOut,
    PhoneNumber,
    Site,
    UnknownText,
)


@admin.register(Customer)
class CustomerAdmin(HouseAdmin):
    """Changed on the customer's record."""

    list_display = ("number", "name", "kind", "branch", "terms", "credit_hold", "do_not_service", "is_active")
    list_filter = ("kind", "branch", "is_active", "credit_hold", "do_not_service", "is_taxable")
    search_fields = ("number", "name")
    deeds = (
        Deed(
            "refuse_service",
            _("Refuse service to these customers"),
            May.EDIT_CUSTOMERS,
            lambda row, ask: set_do_not_service(row.pk, on=True, reason=ask.because),
            needs_reason=True,
        ),
        Deed(
            "allow_service",
            _("Serve these customers again"),
            May.EDIT_CUSTOMERS,
            lambda row, ask: set_do_not_service(row.pk, on=False),
        ),
        Deed(
            "hold_credit",
            _("Put these customers on credit hold"),
            May.EDIT_CUSTOMERS,
            lambda row, ask: set_credit_hold(row.pk, on=True),
        ),
        Deed(
            "release_credit",
            _("Release these customers' credit"),
            May.EDIT_CUSTOMERS,
            lambda row, ask: set_credit_hold(row.pk, on=False),
        ),
    )


@admin.register(Contact)
class ContactAdmin(HouseAdmin):
    """The people at a customer."""

    list_display = ("name", "customer", "role", "is_primary", "is_active")
    search_fields = ("name", "customer__name")


@admin.register(PhoneNumber)
class PhoneNumberAdmin(HouseAdmin):
    """Numbers, as given and as understood."""

    within = "contact"
    list_display = ("e164", "extension", "contact", "label", "as_given", "doubt", "is_primary")
    search_fields = ("digits", "contact__name")


@admin.register(EmailAddress)
class EmailAddressAdmin(HouseAdmin):
    """Where we write to."""

    plural = _("e-mail addresses")
    within = "contact"
    list_display = ("address", "contact", "is_primary")
    search_fields = ("address", "contact__name")


@admin.register(Site)
class SiteAdmin(HouseAdmin):
    """Where we work. Gate codes and access notes stay on the site's own page, which remembers who looked."""

    list_display = ("street", "unit", "city", "state", "postal_code", "customer", "branch", "is_active")
    list_filter = ("branch", "is_active")
    search_fields = ("street", "city", "postal_code", "customer__name")


@admin.register(CustomerNote)
class CustomerNoteAdmin(HouseAdmin):
    """What is to be remembered."""

    list_display = ("__str__", "customer", "is_pinned", "author_name", "created_at")
    search_fields = ("body", "customer__name")


@admin.register(ExternalId)
class ExternalIdAdmin(HouseAdmin):
    """What other systems call our customers and sites."""

    plural = _("names in other systems")
    list_display = ("system", "external_id", "name", "customer", "site")
    search_fields = ("external_id", "name")


@admin.register(Communication)
class CommunicationAdmin(HouseAdmin):
    """What we told customers, and what they told us."""

    list_display = ("__str__", "customer", "channel", "direction", "state", "to", "created_at")
    list_filter = ("state", "channel", "direction")
    search_fields = ("subject", "to", "customer__name")
    deeds = (
        Deed("send_again", _("Send these again"), May.EDIT_CUSTOMERS, lambda row, ask: send_again(row.pk)),
    )


@admin.register(ImportBatch)
class ImportBatchAdmin(HouseAdmin):
    """Files that were brought in."""

    sees = May.IMPORT_CUSTOMERS
    list_display = ("file_name", "system", "state", "row_count", "author_name", "created_at")
    list_filter = ("state",)
    search_fields = ("file_name", "author_name")
    date_hierarchy = "created_at"
    deeds = (
        Deed(
            "start",
            _("Start these imports"),
            May.IMPORT_CUSTOMERS,
            lambda row, ask: start_import(row.pk),
        ),
        Deed(
            "take_back",
            _("Take these imports back"),
            May.IMPORT_CUSTOMERS,
            lambda row, ask: take_back_import(row.pk),
        ),
    )


@admin.register(ImportRow)
class ImportRowAdmin(HouseAdmin):
    """Each row of such a file and what became of it."""

    sees = May.IMPORT_CUSTOMERS
    within = "import_batch"
    list_display = ("line", "import_batch", "label", "outcome", "reason", "customer", "site")
    list_filter = ("outcome",)
    search_fields = ("label", "external_id")
    deeds = (
        Deed(
            "release",
            _("Import these rows all the same"),
            May.IMPORT_CUSTOMERS,
            lambda row, ask: release_row(row.pk),
        ),
        Deed(
            "skip",
            _("Leave these rows out"),
            May.IMPORT_CUSTOMERS,
            lambda row, ask: skip_row(row.pk, because=ask.because),
            needs_reason=True,
        ),
    )


@admin.register(MessageTemplate)
class MessageTemplateAdmin(HouseAdmin):
    """The company's words for each occasion, changed on their own page."""

    list_display = ("occasion", "channel", "language", "is_on", "subject")
    list_filter = ("occasion", "channel", "language", "is_on")
    search_fields = ("subject", "body")


@admin.register(MessagingRules)
class MessagingRulesAdmin(HouseAdmin):
    """When and from where the house writes by itself."""

    list_display = ("__str__", "quiet_from", "quiet_until", "text_from", "reminder_hours")


@admin.register(ChannelConsent)
class ChannelConsentAdmin(HouseAdmin):
    """What contacts said about being written to."""

    within = "contact"
    list_display = ("contact", "channel", "wish", "how", "since")
    list_filter = ("channel", "wish")
    search_fields = ("contact__name",)


@admin.register(OptOut)
class OptOutAdmin(HouseAdmin):
    """Numbers and addresses that asked us to stop."""

    list_display = ("address", "channel", "said", "since")
    list_filter = ("channel",)
    search_fields = ("address",)


@admin.register(UnknownText)
class UnknownTextAdmin(HouseAdmin):
    """Texts from numbers that nobody on record has."""

    list_display = ("number", "body", "received_at", "communication", "is_dismissed")
    search_fields = ("number", "body")


@admin.register(Merge)
class MergeAdmin(HouseAdmin):
    """Who became one. The records as they were may hold gate codes: they stay out of here."""

    hidden = ("survivor_before", "survivor_after", "loser_before")


@admin.register(MergedRow)
class MergedRowAdmin(HouseAdmin):
    """What moved when two became one."""

    hidden = ("before", "after")
