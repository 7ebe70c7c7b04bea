"""Every change to the company, its branches and its people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from .attribution import attributed, because
from .clock import now as clock_now
from .company import default_branch, the_company
from .events import PersonChanged, announce
from .files import reencode_image
from .links import withdraw_links_of
from .models import Branch, Company, User, UserBranch
from .permissions import Role, refuse_above
from .sign_ins import end_sign_ins
from .states import NotPossible
from .tokens import revoke_tokens_of

COMPANY_FIELDS = frozenset(
    {
        "name", "legal_name", "license_number", "phone", "email", "website", "street", "city", "state",
        "postal_code", "time_zone", "opens_at", "closes_at", "default_terms", "invoice_note",
        "price_approval_percent", "address_move_miles", "freeze_minutes", "data_steward",
    }
)  # fmt: skip
BRANCH_FIELDS = frozenset({"name", "time_zone", "street", "city", "state", "postal_code", "is_active"})
PERSON_FIELDS = frozenset({"username", "name", "email", "phone", "role", "language", "is_active"})


@transaction.atomic
def change_company(*, logo: bytes | None = None, remove_logo: bool = False, **fields: Any) -> Company:
    """Change the company's settings; a logo is re-encoded before it is kept."""
    _only(fields, COMPANY_FIELDS)
    company = Company.objects.select_for_update(no_key=True).get(pk=the_company().pk)
    _assign(company, fields)
    if company.closes_at <= company.opens_at:
        raise NotPossible(_("The day must end after it begins."), field="closes_at")
    changed = [*fields]
    if logo is not None:
        picture = reencode_image(logo, longest=800, keep_png=True)
        company.logo.save(f"{uuid4().hex}.png", ContentFile(picture.data), save=False)
        changed.append("logo")
    elif remove_logo:
        company.logo = ""
        changed.append("logo")
    company.save(update_fields=changed)
    return company


@transaction.atomic
def start_company(
    *,
    company_name: str,
    time_zone: str,
    city: str,
    state: str,
    username: str,
    name: str,
    email: str,
    password: str,
) -> User:
    """Make the company, its first branch and its owner on an empty database; of two at once one is first."""
    with attributed(actor_name=name):
        company = Company.objects.select_for_update(no_key=True).get(pk=the_company().pk)
        if User.objects.exists():
            raise NotPossible(
                _("Somebody has set up this company already. Log in, or ask them for a log-in.")
            )
        company.name, company.time_zone, company.city, company.state = company_name, time_zone, city, state
        company.save(update_fields=["name", "time_zone", "city", "state"])
        default_branch()
        return add_person(
            by=None, username=username, name=name, role=Role.OWNER, password=password, email=email
        )


@transaction.atomic
def put_away_first_steps(*, now: datetime) -> Company:
    """Show the list of first steps no more, to nobody in the company."""
    company = Company.objects.select_for_update(no_key=True).get(pk=the_company().pk)
    if company.first_steps_dismissed_at is None:
        company.first_steps_dismissed_at = now
        with because(_("first steps put away")):
            company.save(update_fields=["first_steps_dismissed_at"])
    return company


@transaction.atomic
def bring_back_first_steps() -> Company:
    """Show the list of first steps again."""
    company = Company.objects.select_for_update(no_key=True).get(pk=the_company().pk)
    if company.first_steps_dismissed_at is not None:
        company.first_steps_dismissed_at = None
        with because(_("first steps brought back")):
            company.save(update_fields=["first_steps_dismissed_at"])
    return company


@transaction.atomic
def add_branch(*, name: str, **fields: Any) -> Branch:
    """A further place the company works from."""
    _only(fields, BRANCH_FIELDS)
    try:
        with transaction.atomic():
            return Branch.objects.create(name=name, **fields)
    except IntegrityError:
        raise NotPossible(
            _("There is already a branch called %(name)s.") % {"name": name}, field="name"
        ) from None


@transaction.atomic
def change_branch(branch_id: int, **fields: Any) -> Branch:
    """Change a branch. The last active one stays active."""
    _only(fields, BRANCH_FIELDS)
    branches = list(Branch.objects.select_for_update(no_key=True).order_by("pk"))
    branch = next(branch for branch in branches if branch.pk == branch_id)
    _assign(branch, fields)
    if not any(other.is_active for other in branches):
        raise NotPossible(_("The company works from at least one branch; this is the last active one."))
    if any(other.name == branch.name for other in branches if other.pk != branch.pk):
        raise NotPossible(
            _("There is already a branch called %(name)s.") % {"name": branch.name}, field="name"
        )
    branch.save(update_fields=[*fields])
    return branch


@transaction.atomic
def add_person(
    *,
    by: User | None,
    username: str,
    name: str,
    role: str,
    password: str | None,
    branch_ids: Iterable[int] = (),
    **fields: Any,
) -> User:
    """A person who may sign in with the password; without branches they see all. Only an owner makes an
    owner.
    """
    _only(fields, PERSON_FIELDS)
    refuse_above(by, role)
    username = username.strip().lower()
    if User.objects.filter(username=username).exists():
        raise _name_taken(username)
    try:
        with transaction.atomic():
            user = User.objects.create_user(username, password=password, name=name, role=role, **fields)
    except IntegrityError:
        raise _name_taken(username) from None
    _limit(user, branch_ids)
    announce(PersonChanged(user_id=user.pk))
    return user


@transaction.atomic
def change_person(user_id: int, *, by: User, branch_ids: Iterable[int] | None = None, **fields: Any) -> User:
    """Change a person. Only an owner changes an owner; nobody locks themselves out; one owner always
    remains. Whoever becomes inactive is signed out everywhere, and their tokens and links end.
    """
    _only(fields, PERSON_FIELDS)
    owners = list(
        User.objects.select_for_update(no_key=True).filter(role=Role.OWNER, is_active=True).order_by("pk")
    )
    user: User = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if "username" in fields:
        fields["username"] = fields["username"].strip().lower()
        if User.objects.filter(username=fields["username"]).exclude(pk=user_id).exists():
            raise _name_taken(fields["username"])
    refuse_above(by, user.role)
    refuse_above(by, fields.get("role", user.role))
    before = (user.role, user.is_active)
    _assign(user, fields)
    if by.pk == user.pk and (user.role, user.is_active) != before:
        raise NotPossible(
            _("Nobody changes their own role or deactivates themselves. Ask somebody else to do it.")
        )
    if {owner.pk for owner in owners} == {user_id} and not (user.is_active and user.role == Role.OWNER):
        raise NotPossible(_("The company needs an owner; this is the last active one."))
    user.save(update_fields=[*fields])
    if branch_ids is not None:
        _limit(user, branch_ids)
    if before[1] and not user.is_active:
        now = clock_now()
        end_sign_ins(user.pk, now=now)
        revoke_tokens_of(user.pk, now=now)
        withdraw_links_of(user.pk, now=now)
    announce(PersonChanged(user_id=user.pk))
    return user


def deactivate_person(user_id: int, *, by: User) -> User:
    """Let somebody in no more, from now on; their name stays wherever it stands."""
    with because(_("deactivated")):
        return change_person(user_id, by=by, is_active=False)


def reactivate_person(user_id: int, *, by: User) -> User:
    """Let somebody in again, with the password and the role they had."""
    with because(_("reactivated")):
        return change_person(user_id, by=by, is_active=True)


@transaction.atomic
def set_password(user_id: int, *, password: str, by: User | None = None, keep: UUID | None = None) -> User:
    """A new password, already validated; every other session of the person ends, and every link they were
    given.
    """
    user: User = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if by is not None:
        refuse_above(by, user.role)
    user.set_password(password)
    with because(_("new password")):
        user.save(update_fields=["password"])
    now = clock_now()
    end_sign_ins(user.pk, now=now, keep=keep)
    withdraw_links_of(user.pk, now=now)
    return user


@transaction.atomic
def change_own_settings(user_id: int, *, theme: str | None = None, language: str | None = None) -> User:
    """What a person chooses for themselves; unknown values are refused."""
    user: User = User.objects.select_for_update(no_key=True).get(pk=user_id)
    changed = []
    if theme is not None:
        if theme not in {value for value, _label in User._meta.get_field("theme").flatchoices}:
            raise NotPossible(_("There is no such choice of colors."))
        user.theme = theme
        changed.append("theme")
    if language is not None:
        if language not in dict(settings.LANGUAGES):
            raise NotPossible(_("The house does not speak this language."))
        user.language = language
        changed.append("language")
    user.save(update_fields=changed)
    return user


def _only(fields: dict[str, Any], known: frozenset[str]) -> None:
    if unknown := fields.keys() - known:
        raise TypeError(f"unknown fields: {', '.join(sorted(unknown))}")


def _assign(row: Any, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(row, name, value)


def _limit(user: User, branch_ids: Iterable[int]) -> None:
    wanted, standing = set(branch_ids), {row.branch_id: row for row in user.branch_limits.all()}
    for branch_id, row in standing.items():
        if branch_id not in wanted:
            row.delete()
    for branch_id in sorted(wanted - standing.keys()):
        UserBranch.objects.create(user=user, branch_id=branch_id)
    user.__dict__.pop("branch_ids", None)


def _name_taken(username: str) -> NotPossible:
    return NotPossible(
        _("Somebody already signs in as %(name)s. Choose another user name.") % {"name": username},
        field="username",
    )
