"""The carrier of texts: what is said to it, what it answers, and what it tells us, signed."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.urls import reverse

from customers import actions, sms
from customers.models import Communication, OptOut, UnknownText
from customers.states import DeliveryState
from fsm import outbox
from fsm.models import Exchange, OutboxRow, OutboxState
from tests.factories import instant

pytestmark = pytest.mark.django_db
TEN = instant(15)
CELL = "+15125550142"


@pytest.fixture
def lisa(make_customer):
    customer = make_customer(name="Lisa Hall")
    customer.phone.e164, customer.phone.digits = CELL, CELL[2:]
    customer.phone.save()
    return customer


@pytest.fixture
def text(lisa, monkeypatch):
    """`text()` queues one in the morning, which is where the outbox's clock stands."""
    for module in ("fsm.outbox", "customers.deliveries"):
        monkeypatch.setattr(f"{module}.clock_now", lambda: TEN)

    def queue(body="We come at ten."):
        return actions.queue_message(customer_id=lisa.pk, channel="text", to=CELL, body=body, now=TEN)

    return queue


@pytest.fixture
def carrier(settings):
    """A carrier on this machine that answers as it is told to: `.answers` is a list of (status, body)."""

    class Told(BaseHTTPRequestHandler):
        answers: list = []
        heard: list = []

        def do_POST(self):
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            login = b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
            self.heard.append((self.path, login, {name: value for name, (value,) in form.items()}))
            status, body = self.answers.pop(0)
            data = json.dumps(body).encode() if isinstance(body, dict) else body
            self.send_response(status)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Told)
    Told.answers, Told.heard = [], []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SMS_BACKEND = "twilio"
    settings.TWILIO_API_URL = f"http://127.0.0.1:{server.server_port}"
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "12345"
    settings.TWILIO_MESSAGING_SERVICE_SID = "MG1"
    yield Told
    server.shutdown()


def test_without_a_carrier_a_text_is_a_file_in_the_data_folder_and_says_who_from(text, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    written = text()
    assert outbox.drain() == 1
    written.refresh_from_db()
    (file,) = (tmp_path / "texts").iterdir()
    assert file.name == f"{written.uuid}.txt"
    assert f"To: {CELL}\n\nWe come at ten." in file.read_text()
    assert (written.state, written.external_id[:4]) == (DeliveryState.SENT, "FILE")


def test_a_text_is_posted_as_the_carrier_wants_it_and_kept_among_the_exchanges(text, carrier, settings):
    settings.SITE_URL = "https://office.example"
    carrier.answers.append((201, {"sid": "SM42", "status": "queued"}))
    written = text()
    outbox.drain()
    written.refresh_from_db()
    ((path, login, fields),) = carrier.heard
    assert (path, login) == ("/2010-04-01/Accounts/AC1/Messages.json", "AC1:12345")
    assert fields == {
        "To": CELL,
        "Body": "We come at ten.",
        "MessagingServiceSid": "MG1",
        "StatusCallback": f"https://office.example/hooks/sms/status/{written.uuid}/",
    }
    assert (written.state, written.external_id) == (DeliveryState.SENT, "SM42")
    kept = Exchange.objects.get()
    assert (kept.system, kept.answer["sid"], kept.outside_reference) == ("text", "SM42", "SM42")
    assert "12345" not in json.dumps(kept.request)


def test_a_number_that_takes_no_texts_is_given_up_at_once_and_says_why(text, carrier):
    carrier.answers.append((400, {"code": 21614, "message": "not a mobile number", "status": 400}))
    written = text()
    outbox.drain()
    written.refresh_from_db()
    assert (written.state, written.problem) == (DeliveryState.FAILED, "not a mobile number (21614)")
    assert OutboxRow.objects.get().state == OutboxState.FAILED


def test_who_told_the_carrier_to_stop_is_an_opt_out_here(text, carrier):
    carrier.answers.append((400, {"code": 21610, "message": "unsubscribed recipient"}))
    written = text()
    outbox.drain()
    written.refresh_from_db()
    assert (written.state, OptOut.objects.get().address) == (DeliveryState.HELD_BACK, CELL)


@pytest.mark.parametrize("answer", [(503, b"<html>busy</html>"), (429, {"code": 20429, "message": "slow"})])
def test_a_carrier_that_is_busy_is_asked_again(text, carrier, answer):
    carrier.answers += [answer, (201, {"sid": "SM43"})]
    written = text()
    outbox.drain()
    assert OutboxRow.objects.get().state == OutboxState.WAITING
    OutboxRow.objects.update(not_before=None)
    outbox.drain()
    written.refresh_from_db()
    assert (written.state, written.external_id) == (DeliveryState.SENT, "SM43")


def test_a_carrier_that_is_away_or_not_set_up_leaves_the_text_waiting(text, settings):
    settings.SMS_BACKEND, settings.TWILIO_API_URL = "twilio", "http://127.0.0.1:9"
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", ""
    text()
    outbox.drain()
    assert "TWILIO_AUTH_TOKEN" in OutboxRow.objects.get().last_error
    settings.TWILIO_AUTH_TOKEN, settings.TWILIO_MESSAGING_SERVICE_SID = "t", "MG1"
    OutboxRow.objects.update(not_before=None)
    outbox.drain()
    assert "cannot be reached" in OutboxRow.objects.get().last_error


# What it tells us ------------------------------------------------------------------------------------


# Reckoned with openssl: printf '%s' ADDRESS+FIELDS | openssl dgst -sha1 -hmac TOKEN -binary | base64
VECTORS = [
    (
        "12345",
        "https://office.example/hooks/sms/",
        [("To", "+15125550100"), ("From", "+15125550142"), ("Body", "Stop"), ("MessageSid", "SM1")],
        "uQeEjEFhnEfBev/jOtvv/AZt+l0=",
    ),
    ("s3cret", "https://office.example/hooks/sms/?a=1&b=2", [], "6RmY70NNmNeLSCGeuPh8q3/BDGQ="),
    (
        "12345",
        "https://office.example/hooks/sms/",
        [("Body", "¿Mañana?"), ("B", ""), ("Media", "two"), ("Media", "one")],
        "PP39Zrg2337OJKbRITVBL8cyIZ4=",
    ),
]


@pytest.mark.parametrize(("token", "url", "fields", "expected"), VECTORS)
def test_the_signature_is_the_carrier_s(token, url, fields, expected):
    assert sms.signature(token, url, fields) == expected


@pytest.fixture
def tell(settings):
    """`tell(url, **fields)` as the carrier, signed unless `signed` says otherwise."""
    settings.SITE_URL, settings.TWILIO_AUTH_TOKEN = "https://office.example", "12345"
    client = Client(enforce_csrf_checks=True)

    def post(url, *, token="12345", signed=None, **fields):
        key = (
            signed
            if signed is not None
            else sms.signature(token, f"https://office.example{url}", fields.items())
        )
        return client.post(url, fields, headers={"X-Twilio-Signature": key})

    return post


def incoming(**fields):
    return {"From": CELL, "To": "+15125550100", "Body": "On our way home", "MessageSid": "SM1"} | fields


def test_a_signed_text_stands_on_the_record_once_and_an_unsigned_one_nowhere(tell, lisa):
    url = reverse("hooks:sms")
    for wrong in ({"signed": ""}, {"signed": "bm8="}, {"token": "54321"}):
        assert tell(url, **wrong, **incoming()).status_code == 401
    assert not Communication.objects.exists()
    for _ in range(2):
        answer = tell(url, **incoming())
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml")
    received = Communication.objects.get()
    assert (received.customer, received.body, received.direction) == (lisa, "On our way home", "in")
    assert received.history.get().source == "carrier"
    assert set(Exchange.objects.values_list("system", "is_outgoing")) == {("text", False)}


def test_without_a_token_nobody_is_believed(tell, settings):
    settings.TWILIO_AUTH_TOKEN = ""
    assert tell(reverse("hooks:sms"), token="", **incoming()).status_code == 401


def test_strangers_pictures_and_nonsense_do_no_harm(tell, lisa):
    url = reverse("hooks:sms")
    assert tell(url, **incoming(From="+447700900123", Body="a\x00b" * 900)).status_code == 200
    assert len(UnknownText.objects.get().body) == 1600
    assert tell(url, **incoming(Body="", MessageSid="SM2")).status_code == 200
    assert Communication.objects.get().body == "(no words)"
    assert tell(url, **incoming(MessageSid="")).status_code == 400
    assert tell(url, **incoming(From="", MessageSid="SM3")).status_code == 400


def test_stop_by_text_stops_and_start_starts(tell, text):
    url = reverse("hooks:sms")
    tell(url, **incoming(Body="STOP"))
    assert OptOut.objects.get().said == "STOP"
    tell(url, **incoming(Body="Start", MessageSid="SM2"))
    assert not OptOut.objects.exists()
    assert text().state == DeliveryState.QUEUED


@pytest.mark.parametrize(
    ("status", "code", "state", "problem"),
    [
        ("delivered", "", "delivered", ""),
        ("undelivered", "30006", "failed", "This is a landline, or its carrier takes no texts. (30006)"),
        ("failed", "99999", "failed", "The carrier could not deliver it. (99999)"),
        ("sent", "", "queued", ""),
    ],
)
def test_the_carrier_tells_how_far_a_text_came_even_before_we_noted_that_it_left(
    tell, text, status, code, state, problem
):
    written = text()
    url = reverse("hooks:sms-status", args=[written.uuid])
    fields = {"MessageSid": "SM9", "MessageStatus": status, "ErrorCode": code}
    assert tell(url, signed="no", **fields).status_code == 401
    assert tell(url, **fields).status_code == 204
    written.refresh_from_db()
    assert (written.state, written.problem) == (state, problem)
    if state != "queued":
        actions.settle_communication(written.uuid, now=TEN)
        written.refresh_from_db()
        assert written.state == state
