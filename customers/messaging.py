"""The way out for e-mail: the only place that talks to the mail server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TypedDict

from django.core.files.storage import default_storage
from django.core.mail import EmailMessage


class Attachment(TypedDict):
    """A file of ours: the name the reader sees, and its path in the storage."""

    name: str
    path: str


def send_email(
    *,
    to: str,
    subject: str,
    body: str,
    attachments: Sequence[Attachment],
    message_id: str,
    reply_to: str = "",
) -> str:
    """Hand one message to the mail server and return its Message-ID; its exceptions come through."""
    message = EmailMessage(
        subject=subject,
        body=body,
        to=[to],
        reply_to=[reply_to] if reply_to else None,
        headers={"Message-ID": message_id},
    )
    for attachment in attachments:
        with default_storage.open(attachment["path"], "rb") as file:
            message.attach(PurePosixPath(attachment["name"]).name, file.read())
    message.send(fail_silently=False)
    return message_id
