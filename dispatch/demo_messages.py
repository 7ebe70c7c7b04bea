"""What the demo company's customers were told of their visits, as if it had left when the work was done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

from customers.actions import is_said, standing_templates, switch_message, uuid_of_message
from customers.actions.messages import address_of
from customers.models import (
    Channel,
    ChannelConsent,
    Communication,
    Contact,
    Occasion,
    OptOut,
    UnknownText,
    Wish,
)
from customers.states import DeliveryState
from customers.wording import filled_in
from fsm.clock import local
from fsm.company import the_company
from fsm.demo import DemoWorld
from fsm.history import insert_with_history
from fsm.references import Reference

from .models import Assignment, Visit
from .states import AssignmentState, VisitState
from .windows import in_words

DAYS_TOLD = 6  # of the two weeks behind, so that records show the difference
SAID = (
    (Occasion.BOOKED, Channel.EMAIL),
    (Occasion.REMINDER, Channel.EMAIL),
    (Occasion.ON_MY_WAY, Channel.TEXT),
    (Occasion.DONE, Channel.EMAIL),
    (Occasion.PAYMENT, Channel.EMAIL),
)


def tell_the_past(world: DemoWorld) -> None:
    """Switch the usual messages on and put those of the last days on record; nothing waits to leave."""
    for occasion, channel in SAID:
        if not is_said(occasion):
            switch_message(occasion, channel, on=True)
    insert_with_history(list(_messages(world)))
    _wishes(world)


def _messages(world: DemoWorld) -> Iterator[Communication]:
    templates = standing_templates()
    since = world.now - timedelta(days=DAYS_TOLD)
    done = Visit.objects.filter(state=VisitState.DONE, starts_at__gt=since, starts_at__lt=world.now)
    visits = list(
        done.select_related("job__site", "job__job_type", "job__customer").order_by("starts_at", "pk")
    )
    rows = Assignment.objects.filter(visit__in=visits).exclude(state=AssignmentState.RELEASED)
    coming = {row.visit_id: row for row in rows.select_related("technician__user").order_by("-role", "pk")}
    people = {
        contact.customer_id: contact
        for contact in Contact.objects.filter(
            customer__in={visit.job.customer_id for visit in visits}, is_primary=True, is_active=True
        ).prefetch_related("phones", "emails")
    }
    company = the_company()
    for visit in visits:
        job, who, contact = visit.job, coming.get(visit.pk), people.get(visit.job.customer_id)
        begins = visit.window_start or visit.starts_at
        if who is None or contact is None or begins is None or visit.starts_at is None:
            continue
        zone = job.site.time_zone
        ends = visit.window_end or visit.starts_at + timedelta(hours=2)
        values = {
            "name": job.customer.name, "company": company.name, "company_phone": company.phone,
            "job": job.number, "work": job.job_type.name, "address": job.site.one_line,
            "visit_date": local(begins, zone).date(), "visit_time": in_words(begins, ends, zone),
            "technician": str(who.technician).split()[0],
        }  # fmt: skip
        told: list[tuple[str, str, datetime, Reference, str]] = [
            (Occasion.BOOKED, Channel.EMAIL, job.created_at, Reference("visit", visit.uuid), "visit"),
        ]
        if who.en_route_at:
            about = Reference("visit", visit.uuid)
            told.append((Occasion.ON_MY_WAY, Channel.TEXT, who.en_route_at, about, "visit"))
        if job.completed_at:
            told.append((Occasion.DONE, Channel.EMAIL, job.completed_at, Reference("job", job.uuid), "job"))
        for occasion, channel, when, about, key in told:
            to = address_of(contact, channel)
            unique = uuid_of_message(occasion, about, key)
            if not to:
                continue
            language = job.customer.language
            words = filled_in(
                templates[occasion, channel, language].words, values, language=language, channel=channel
            )
            yield Communication(
                uuid=unique, customer=job.customer, contact=contact, channel=channel, to=to,
                subject=words.subject, body=words.body, template=occasion, language=language,
                about_kind=about.kind, about_uuid=about.uuid, created_at=when, settled_at=when,
                state=DeliveryState.DELIVERED if channel == Channel.TEXT else DeliveryState.SENT,
                external_id=f"DEMO{uuid5(unique, 'carrier').hex}" if channel == Channel.TEXT else "",
            )  # fmt: skip


def _wishes(world: DemoWorld) -> None:
    """Some said what they want; one asked us to stop; a stranger texted."""
    contacts: list[Any] = list(
        Contact.objects.filter(is_primary=True, phones__isnull=False).order_by("pk").distinct()[:40]
    )
    since = world.now - timedelta(days=90)
    insert_with_history(
        [
            ChannelConsent(
                contact=contact,
                channel=Channel.TEXT,
                wish=Wish.NO if place % 5 == 0 else Wish.YES,
                how="On the phone, when booking",
                since=since,
            )
            for place, contact in enumerate(contacts)
        ]
    )
    OptOut.objects.create(channel=Channel.TEXT, address="+15125550199", said="STOP", since=since)
    UnknownText.objects.create(
        number="+17375550163",
        body="Hi, my neighbor gave me your number. Do you also work on heat pumps?",
        external_id="DEMO0000000000000000000000000001",
        received_at=world.now - timedelta(minutes=50),
    )
