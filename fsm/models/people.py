from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, UserManager
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ..attribution import attributed
from ..history import History
from ..permissions import May, Role, allowed
from .company import Branch


class UserQuerySet(models.QuerySet["User"]):
    """Named questions about people."""

    def active(self) -> UserQuerySet:
        return self.filter(is_active=True)

    def technicians(self) -> UserQuerySet:
        return self.active().filter(role=Role.TECHNICIAN)

    def visible_to(self, user: Any) -> UserQuerySet:
        return self if allowed(user, May.MANAGE_PEOPLE) else self.filter(pk=user.pk)


class PeopleManager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Creates users with a role; there are no superusers, the owner's role holds everything."""

    def create_user(self, username: str, email: str = "", password: str | None = None, **fields: Any) -> User:
        """A person with a hashed password; without one nobody can log in as them."""
        user: User = self.model(username=username, email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, username: str, email: str = "", password: str | None = None, **fields: Any
    ) -> User:
        """An owner, made on the command line: the first person of an empty house."""
        with attributed(source="command:createsuperuser", actor_name="Command line"):
            return self.create_user(username.lower(), email, password, **{"role": Role.OWNER, **fields})


class User(AbstractBaseUser):
    """A person who signs in: one role, a name that stays on history, a language and a theme."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    username = models.CharField(_("user name"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    role = models.CharField(_("role"), max_length=12, choices=Role)
    language = models.CharField(_("language"), max_length=7, default="en-us")
    theme = models.CharField(
        _("theme"),
        max_length=5,
        default="auto",
        choices=[("auto", _("Like the device")), ("light", _("Light")), ("dark", _("Dark"))],
    )
    is_active = models.BooleanField(_("active"), default=True)
    second_factor_at = models.DateTimeField(_("second factor asked since"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History(excluded_fields=["last_login", "password"])

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects: ClassVar[PeopleManager] = PeopleManager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(name="user_role_is_known", condition=models.Q(role__in=Role.values)),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def has_joined(self) -> bool:
        """Whether the person has ever set a password: somebody invited has not yet."""
        return self.has_usable_password()

    @cached_property
    def branch_ids(self) -> list[int]:
        """The branches the person is limited to; empty means all."""
        return list(self.branch_limits.values_list("branch_id", flat=True))

    @property
    def is_staff(self) -> bool:
        """Whether the person may enter the admin."""
        return allowed(self, May.USE_ADMIN)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """What Django's admin asks, as "app.verb_model": looking, setting up; nobody deletes."""
        verb = perm.rpartition(".")[2].partition("_")[0]
        asked = {"view": May.USE_ADMIN, "add": May.SET_UP, "change": May.SET_UP}.get(verb)
        return asked is not None and allowed(self, asked)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the person may look at an app's rows in the admin."""
        return self.is_staff

    @property
    def initials(self) -> str:
        """Two letters for a small badge."""
        words = str(self).split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


class UserBranch(models.Model):
    """A person limited to some branches has a row for each; without rows they see all."""

    user = models.ForeignKey(User, models.CASCADE, related_name="branch_limits")
    branch = models.ForeignKey(Branch, models.CASCADE, related_name="+")
    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(name="user_branch_once", fields=["user", "branch"])]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.branch_id}"
