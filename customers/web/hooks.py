"""What the carrier of our texts tells us: what came in, and what became of what went out. Nobody is signed in
here; the carrier's signature is the key.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from fsm.attribution import attributed
from fsm.clock import now as clock_now
from fsm.exchanges import exchange
from fsm.permissions import open_to_all
from fsm.references import Reference

from .. import actions, sms
from ..phones import find_phones

DELIVERED = {"delivered", "read"}
NOT_DELIVERED = {"undelivered", "failed"}
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
LONGEST_BODY = 1600  # what a carrier joins at most


def _signed(request: HttpRequest) -> bool:
    """Whether the carrier sent it, at the address by which it knows us."""
    site = settings.SITE_URL
    url = f"{site}{request.get_full_path()}" if site else request.build_absolute_uri()
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    return sms.is_from_carrier(request.headers.get("X-Twilio-Signature", ""), url, fields)


@open_to_all
@csrf_exempt
@require_POST
def receive_text(request: HttpRequest) -> HttpResponse:
    """A text from a customer, told once or several times."""
    if not _signed(request):
        return HttpResponse(status=401)
    sid, body = request.POST.get("MessageSid", "")[:64], request.POST.get("Body", "")
    given = request.POST.get("From", "")
    numbers = find_phones(given).phones
    number = numbers[0].e164 if numbers and numbers[0].e164 else given[:20]
    if not (sid and number):
        return HttpResponse(status=400)
    body = body.replace("\x00", "")[:LONGEST_BODY]
    with (
        attributed(source="carrier", actor_name=number),
        exchange("text", "receive", is_outgoing=False, request={"from": number, "body": body}) as talk,
    ):
        found = actions.receive_text(number=number, body=body, external_id=sid, now=clock_now())
        talk.outside_reference = sid
        talk.about = Reference("communication", found.uuid) if hasattr(found, "customer_id") else None
    return HttpResponse(NOTHING_TO_SAY, content_type="text/xml")


@open_to_all
@csrf_exempt
@require_POST
def text_status(request: HttpRequest, communication_uuid: UUID) -> HttpResponse:
    """How far a text of ours came."""
    if not _signed(request):
        return HttpResponse(status=401)
    status, code = request.POST.get("MessageStatus", ""), request.POST.get("ErrorCode", "")[:10]
    if status not in DELIVERED | NOT_DELIVERED:
        return HttpResponse(status=204)
    words = {"status": status, "code": code}
    about = Reference("communication", communication_uuid)
    with (
        attributed(source="carrier", actor_name="carrier"),
        exchange("text", "status", is_outgoing=False, about=about, request=words),
    ):
        actions.settle_at_carrier(
            communication_uuid,
            external_id=request.POST.get("MessageSid", "")[:64],
            delivered=status in DELIVERED,
            problem=sms.why_not_delivered(code),
            now=clock_now(),
        )
    return HttpResponse(status=204)


app_name = "hooks"
urlpatterns = [
    path("sms/", receive_text, name="sms"),
    path("sms/status/<uuid:communication_uuid>/", text_status, name="sms-status"),
]
