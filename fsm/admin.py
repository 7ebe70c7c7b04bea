"""The kernel's rows in the admin: company and people, what left the house, what waits."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from .actions import change_person
from .admin_base import Deed, HouseAdmin
from .invitations import withdraw_invitation
from .lockouts import unlock_person
from .models import (
    ApiRequest,
    ApiToken,
    Branch,
    Company,
    Counter,
    Exchange,
    FieldOperation,
    Invitation,
    OpenedItem,
    OutboxRow,
    Review,
    SignIn,
    User,
    UserBranch,
)
from .outbox import give_up_delivery, retry_delivery
from .permissions import May
from .reviews import approve_review, reject_review
from .second_factor import reset_second_factor
from .sign_ins import end_sign_in
from .tokens import revoke_token


@admin.register(Company)
class CompanyAdmin(HouseAdmin):
    """One row; changed on the company's page."""

    sees = May.USE_ADMIN


@admin.register(Branch)
class BranchAdmin(HouseAdmin):
    """Changed on the company's page."""

    sees = May.USE_ADMIN
    list_display = ("name", "time_zone", "city", "state", "is_active")
    search_fields = ("name", "city")


@admin.register(Counter)
class CounterAdmin(HouseAdmin):
    """Where the numbers of documents stand."""

    sees = May.USE_ADMIN
    list_display = ("name", "prefix", "next_number")


@admin.register(User)
class UserAdmin(HouseAdmin):
    """Added and changed on the people's page."""

    plural = _("people")
    sees = May.MANAGE_PEOPLE
    list_display = ("name", "username", "role", "email", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("name", "username", "email")
    deeds = (
        Deed(
            "deactivate",
            _("Deactivate these people"),
            May.MANAGE_PEOPLE,
            lambda row, ask: change_person(row.pk, by=ask.by, is_active=False),
            needs_reason=True,
        ),
        Deed(
            "reactivate",
            _("Let these people in again"),
            May.MANAGE_PEOPLE,
            lambda row, ask: change_person(row.pk, by=ask.by, is_active=True),
        ),
        Deed(
            "withdraw_invitation",
            _("Withdraw these people's invitations"),
            May.MANAGE_PEOPLE,
            lambda row, ask: withdraw_invitation(row.pk, by=ask.by),
        ),
        Deed(
            "reset_second_factor",
            _("Take away these people's second factor"),
            May.MANAGE_PEOPLE,
            lambda row, ask: reset_second_factor(row.pk, by=ask.by),
            needs_reason=True,
        ),
        Deed(
            "unlock",
            _("Let these people try to sign in again"),
            May.MANAGE_PEOPLE,
            lambda row, ask: unlock_person(row.pk),
        ),
    )


@admin.register(UserBranch)
class UserBranchAdmin(HouseAdmin):
    """Who is limited to which branches."""

    plural = _("people limited to branches")
    sees = May.MANAGE_PEOPLE
    within = "branch"


@admin.register(ApiToken)
class ApiTokenAdmin(HouseAdmin):
    """Keys of programs: never their secrets."""

    sees = May.MANAGE_PEOPLE
    list_display = ("name", "user", "prefix", "created_at", "expires_at", "revoked_at", "last_used_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("name", "prefix", "user__name")
    deeds = (
        Deed(
            "revoke",
            _("Revoke these tokens"),
            May.MANAGE_PEOPLE,
            lambda row, ask: revoke_token(row.pk, now=ask.now),
        ),
    )


@admin.register(Invitation)
class InvitationAdmin(HouseAdmin):
    """Links that let somebody set a password: never their secrets."""

    sees = May.MANAGE_PEOPLE


@admin.register(OpenedItem)
class OpenedItemAdmin(HouseAdmin):
    """What people opened last: the list that the empty search box offers each of them."""

    sees = May.MANAGE_PEOPLE


@admin.register(SignIn)
class SignInAdmin(HouseAdmin):
    """Who is signed in, and where."""

    plural = _("sessions")
    sees = May.MANAGE_PEOPLE
    search_fields = ("user__name", "device")
    deeds = (
        Deed(
            "end",
            _("End these sessions"),
            May.MANAGE_PEOPLE,
            lambda row, ask: end_sign_in(row.pk, by=ask.by, now=ask.now),
        ),
    )


@admin.register(OutboxRow)
class OutboxRowAdmin(HouseAdmin):
    """What must reach the outside."""

    list_display = ("kind", "state", "attempts", "created_at", "not_before", "actor_name", "done_at")
    list_filter = ("state",)
    search_fields = ("last_error", "actor_name", "outside_reference")
    deeds = (
        Deed("retry", _("Deliver these now"), May.RUN_HOUSE, lambda row, ask: retry_delivery(row.pk)),
        Deed(
            "give_up",
            _("Give these up"),
            May.RUN_HOUSE,
            lambda row, ask: give_up_delivery(row.pk, because=ask.because, now=ask.now),
            needs_reason=True,
        ),
    )


@admin.register(Exchange)
class ExchangeAdmin(HouseAdmin):
    """Every message to or from an outside system, without its secrets."""

    list_display = (
        "happened_at",
        "system",
        "operation",
        "is_outgoing",
        "outcome",
        "duration_ms",
        "actor_name",
    )
    list_filter = ("outcome", "is_outgoing")
    search_fields = ("operation", "problem", "outside_reference", "actor_name")


@admin.register(FieldOperation)
class FieldOperationAdmin(HouseAdmin):
    """What the phones asked for, and what became of it."""

    is_whole = True
    list_display = ("kind", "user", "outcome", "received_at", "device_time", "sentence")
    list_filter = ("outcome",)
    search_fields = ("kind", "sentence", "user__name")


@admin.register(ApiRequest)
class ApiRequestAdmin(HouseAdmin):
    """What programs asked for, by key."""

    plural = _("API requests")
    list_display = ("path", "user", "key", "status", "received_at")
    list_filter = ("status",)
    search_fields = ("path", "key", "user__name")
    hidden = ("answer",)


@admin.register(Review)
class ReviewAdmin(HouseAdmin):
    """What waits for a person, and what was decided."""

    sees = May.SEE_HOME
    list_display = ("title", "subject_label", "state", "asked_by", "asked_at", "limit_at", "decided_by")
    list_filter = ("state", "decided_alone")
    search_fields = ("title", "subject_label", "asked_by_name")
    deeds = (
        Deed(
            "approve",
            _("Approve these"),
            May.SEE_HOME,
            lambda row, ask: approve_review(
                row.pk, by=ask.by, version=row.version, now=ask.now, because=ask.because
            ),
        ),
        Deed(
            "reject",
            _("Reject these"),
            May.SEE_HOME,
            lambda row, ask: reject_review(
                row.pk, by=ask.by, version=row.version, now=ask.now, because=ask.because
            ),
            needs_reason=True,
        ),
    )
