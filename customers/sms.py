"""The way out and in for texts: the only place that talks to the carrier, in the shape of Twilio's API."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID, uuid5

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

TIMEOUT = 15  # seconds
# The number does not exist, cannot take texts, or is not ours to text: trying again is in vain.
FOR_GOOD = {21211, 21212, 21217, 21408, 21601, 21602, 21606, 21610, 21612, 21614, 21617, 21635}
ASKED_US_TO_STOP = 21610


class CarrierError(Exception):
    """The carrier did not take a text: its code (0 where it gave none) and its words."""

    def __init__(self, code: int, words: str, *, status: int = 0) -> None:
        super().__init__(f"{words} ({code})" if code else words)
        self.code, self.status = code, status

    @property
    def is_final(self) -> bool:
        """Whether it will never be taken."""
        return self.code in FOR_GOOD


@dataclass(frozen=True)
class Accepted:
    """What the carrier calls a text it took, and in how many parts it goes."""

    external_id: str
    status: str


class Carrier(Protocol):
    """Whoever carries texts."""

    def send(self, *, to: str, body: str, sender: str, callback: str, unique: UUID) -> Accepted:
        """Hand over one text; raises CarrierError where it is not taken."""


class FileCarrier:
    """Writes each text into the data folder: for trying out, and until a carrier is chosen."""

    def send(self, *, to: str, body: str, sender: str, callback: str, unique: UUID) -> Accepted:
        """One file a text, named for it; written again, it is the same file."""
        folder = settings.DATA_DIR / "texts"
        folder.mkdir(parents=True, exist_ok=True)
        text = f"From: {sender or '-'}\nTo: {to}\n\n{body}\n"
        (folder / f"{unique}.txt").write_text(text, encoding="utf-8")
        return Accepted(f"FILE{uuid5(unique, 'text').hex}", "sent")


class Twilio:
    """Twilio's REST API, version 2010-04-01."""

    def __init__(self, *, url: str, account: str, token: str, service: str = "") -> None:
        if not (account and token):
            raise ImproperlyConfigured("Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.")
        if urlsplit(url).scheme not in {"https", "http"}:
            raise ImproperlyConfigured("TWILIO_API_URL must begin with https://.")
        self.url, self.account, self.token, self.service = url.rstrip("/"), account, token, service

    def send(self, *, to: str, body: str, sender: str, callback: str, unique: UUID) -> Accepted:
        """Post the message; what Twilio answers with an error is raised with its code and words."""
        fields = {"To": to, "Body": body}
        fields |= {"MessagingServiceSid": self.service} if self.service else {"From": sender}
        if callback:
            fields["StatusCallback"] = callback
        if not (self.service or sender):
            raise CarrierError(0, "No number of ours to text from is set.")
        answer = self._post(f"/2010-04-01/Accounts/{quote(self.account)}/Messages.json", fields)
        return Accepted(str(answer.get("sid", "")), str(answer.get("status", "")))

    def _post(self, path: str, fields: Mapping[str, str]) -> dict[str, object]:
        login = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        request = urllib.request.Request(  # noqa: S310 (the address is checked above)
            self.url + path,
            data=urlencode(fields).encode(),
            headers={
                "Authorization": f"Basic {login}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
                return _json(answer.read())
        except urllib.error.HTTPError as refused:
            said = _json(refused.read())
            code = said.get("code")
            raise CarrierError(
                code if isinstance(code, int) else 0,
                str(said.get("message") or f"HTTP {refused.code}"),
                status=refused.code,
            ) from None
        except OSError as problem:
            raise CarrierError(0, f"The carrier cannot be reached: {problem}") from problem


def _json(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def the_carrier() -> Carrier:
    """The one that the settings name."""
    if settings.SMS_BACKEND == "twilio":
        return Twilio(
            url=settings.TWILIO_API_URL,
            account=settings.TWILIO_ACCOUNT_SID,
            token=settings.TWILIO_AUTH_TOKEN,
            service=settings.TWILIO_MESSAGING_SERVICE_SID,
        )
    if settings.SMS_BACKEND == "file":
        return FileCarrier()
    raise ImproperlyConfigured(f"SMS_BACKEND is “{settings.SMS_BACKEND}”: it may be file or twilio.")


_NOT_DELIVERED = {
    "30003": _("The telephone is switched off or out of reach."),
    "30004": _("The telephone's owner or carrier blocks our texts."),
    "30005": _("There is no such number."),
    "30006": _("This is a landline, or its carrier takes no texts."),
    "30007": _("The carrier took it for an advertisement and did not deliver it."),
}


def why_not_delivered(code: str) -> str:
    """The carrier's code as a sentence."""
    words = str(_NOT_DELIVERED.get(code, _("The carrier could not deliver it.")))
    return f"{words} ({code})" if code else words


# What the carrier tells us ---------------------------------------------------------------------------


def signature(token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """What Twilio writes into X-Twilio-Signature: HMAC-SHA1 over the whole address and, sorted, each field's
    name and value, in base64.
    """
    signed = url + "".join(f"{name}{value}" for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def is_from_carrier(given: str, url: str, fields: Iterable[tuple[str, str]]) -> bool:
    """Whether a request was signed by who knows our token; nobody is, while no token is set."""
    token: str = settings.TWILIO_AUTH_TOKEN
    return bool(token and given) and hmac.compare_digest(
        signature(token, url, fields).encode(), given.encode()
    )
