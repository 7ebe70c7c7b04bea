"""Too many failures: a name from an address is locked for a while, whether somebody has the name or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.db.models import Max, Sum
from django.http import HttpRequest
from django.utils.translation import gettext as _

from .attribution import because
from .models import User


@dataclass(frozen=True)
class Locked:
    """Somebody who cannot sign in from an address until an instant."""

    person: User
    address: str | None
    until: datetime


def client_address(request: HttpRequest) -> str | None:
    """The sender's address: the connection's, or the one that the outermost of our own proxies saw."""
    address = request.META.get("REMOTE_ADDR") or ""
    if hops := settings.TRUSTED_PROXIES:
        passed = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        address = passed[-hops] if len(passed) >= hops and passed[-hops] else address
    try:
        return str(ip_address(address))
    except ValueError:
        return None


def may_try(request: HttpRequest, username: str) -> bool:
    """Whether the name is not locked for the sender of the request."""
    allowed: bool = AxesProxyHandler.is_allowed(request, {"username": username})
    return allowed


def count_failure(request: HttpRequest, username: str) -> None:
    """Count a failure that is no wrong password: a wrong second factor."""
    user_login_failed.send(sender=__name__, credentials={"username": username}, request=request)


def locked_people(now: datetime) -> list[Locked]:
    """Everybody who is locked now, by name; names that nobody has are left out."""
    since = now - settings.AXES_COOLOFF_TIME
    found = (
        AccessAttempt.objects.filter(attempt_time__gte=since)
        .order_by()
        .values("username", "ip_address")
        .annotate(failures=Sum("failures_since_start"), last=Max("attempt_time"))
        .filter(failures__gte=settings.AXES_FAILURE_LIMIT)
    )
    locks = {(row["username"], row["ip_address"]): row["last"] for row in found}
    if not locks:
        return []
    people = {person.username: person for person in User.objects.filter(username__in={n for n, _a in locks})}
    return [
        Locked(people[name], address, last + settings.AXES_COOLOFF_TIME)
        for (name, address), last in sorted(locks.items(), key=lambda lock: str(lock[0]))
        if name in people
    ]


@transaction.atomic
def unlock_person(user_id: int) -> User:
    """Forget the failures of a person's name, from every address."""
    user: User = User.objects.select_for_update(no_key=True).get(pk=user_id)
    counted: Any = AxesProxyHandler.reset_attempts(username=user.username)
    if counted:
        with because(_("unlocked after failed log-ins")):
            user.save(update_fields=["is_active"])
    return user
