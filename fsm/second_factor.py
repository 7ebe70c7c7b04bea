"""A second factor for whoever wants it: codes of an app (TOTP), and ten backup codes for a lost phone."""

from __future__ import annotations

import secrets
from base64 import b32encode
from datetime import datetime
from math import ceil
from urllib.parse import quote

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from .attribution import because
from .models import User
from .permissions import refuse_above
from .states import NotPossible

BACKUP_CODES = 10
BACKUP_DIGITS = 12
APP_DIGITS = 6


def device_to_confirm(user_id: int) -> TOTPDevice | None:
    """What the person began to set up and has not confirmed yet."""
    found: TOTPDevice | None = TOTPDevice.objects.filter(user_id=user_id, confirmed=False).first()
    return found


@transaction.atomic
def begin_second_factor(user_id: int) -> TOTPDevice:
    """A new key for the person's app; it counts once a code from it was given."""
    user = _locked(user_id)
    if user.second_factor_at is not None:
        raise NotPossible(_("A second factor is asked for already. Turn it off first to set up another."))
    TOTPDevice.objects.filter(user=user).delete()
    made: TOTPDevice = TOTPDevice.objects.create(user=user, name="app", confirmed=False)
    return made


@transaction.atomic
def confirm_second_factor(user_id: int, *, code: str, now: datetime) -> list[str]:
    """Ask for a second factor from now on; returns the backup codes, which nobody can read again."""
    user = _locked(user_id)
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
    if device is None:
        raise NotPossible(_("There is nothing to confirm. Begin again."))
    if not device.verify_token(_digits(code)):
        raise NotPossible(
            _("This code is not right. Wait for the next one, and look whether the phone's clock is right."),
            field="code",
        )
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    user.second_factor_at = now
    with because(_("second factor turned on")):
        user.save(update_fields=["second_factor_at"])
    return _make_codes(user)


@transaction.atomic
def make_backup_codes(user_id: int) -> list[str]:
    """New backup codes; the old ones end."""
    user = _locked(user_id)
    if user.second_factor_at is None:
        raise NotPossible(_("Backup codes belong to a second factor. Turn it on first."))
    with because(_("new backup codes")):
        user.save(update_fields=["second_factor_at"])
    return _make_codes(user)


@transaction.atomic
def remove_second_factor(user_id: int, *, reason: str = "") -> User:
    """Ask for the password alone from now on; without a second factor nothing changes."""
    user = _locked(user_id)
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    if user.second_factor_at is not None:
        user.second_factor_at = None
        with because(reason or _("second factor turned off")):
            user.save(update_fields=["second_factor_at"])
    return user


@transaction.atomic
def reset_second_factor(user_id: int, *, by: User) -> User:
    """Take the second factor from somebody who lost their phone and their codes."""
    refuse_above(by, _locked(user_id).role)
    return remove_second_factor(user_id, reason=_("second factor reset for them"))


@transaction.atomic
def verify_second_factor(user_id: int, *, code: str) -> bool:
    """Whether the code is the app's current one or a backup code; each serves once. Failures slow down."""
    digits = _digits(code)
    if len(digits) == APP_DIGITS:
        app = TOTPDevice.objects.select_for_update().filter(user_id=user_id, confirmed=True).first()
        return app is not None and bool(app.verify_token(digits))
    backup = StaticDevice.objects.select_for_update().filter(user_id=user_id, confirmed=True).first()
    if backup is None:
        return False
    kept = [_kept(user_id, digits, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    there = backup.token_set.filter(token__in=kept).values_list("token", flat=True).first()
    return bool(backup.verify_token(there or kept[0]))


def seconds_to_wait(user_id: int) -> int:
    """How long until another code may be tried, after failures."""
    devices = [TOTPDevice.objects.filter(user_id=user_id), StaticDevice.objects.filter(user_id=user_id)]
    waits = [0.0]
    for device in [found for of_kind in devices if (found := of_kind.first())]:
        _may, facts = device.verify_is_allowed()
        until: datetime | None = (facts or {}).get("locked_until")
        if until is not None:
            waits.append((until - timezone.now()).total_seconds())
    return ceil(max(waits))


def backup_codes_left(user_id: int) -> int:
    """How many backup codes are unused."""
    left: int = StaticToken.objects.filter(device__user_id=user_id).count()
    return left


def words_of_key(device: TOTPDevice) -> str:
    """The key as one types it into an app, in groups of four."""
    text = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def address_of_key(device: TOTPDevice, *, issuer: str, username: str) -> str:
    """What the app reads from the picture."""
    issuer = quote(issuer.replace(":", " ").strip() or "Sightglass")
    key = b32encode(device.bin_key).decode().rstrip("=")
    return f"otpauth://totp/{issuer}:{quote(username)}?secret={key}&issuer={issuer}&digits=6&period=30"


def _locked(user_id: int) -> User:
    user: User = User.objects.select_for_update(no_key=True).get(pk=user_id)
    return user


def _digits(code: str) -> str:
    return "".join(letter for letter in code if letter in "0123456789")


def _make_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="backup")
    codes = [
        "".join(secrets.choice("0123456789") for _digit in range(BACKUP_DIGITS))
        for _code in range(BACKUP_CODES)
    ]
    for code in codes:
        StaticToken.objects.create(device=device, token=_kept(user.pk, code))
    return [f"{code[:4]} {code[4:8]} {code[8:]}" for code in codes]


def _kept(user_id: int, digits: str, key: str = "") -> str:
    """What is kept of a backup code: nobody reads it back without the house's secret."""
    text, secret = f"{user_id}:{digits}", key or settings.SECRET_KEY
    return salted_hmac("fsm.backup_code", text, secret=secret, algorithm="sha256").hexdigest()[:16]
