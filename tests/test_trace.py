"""Show me why: for an invoice, every step of the main job with person, source and time, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import reverse

from fsm import trace
from fsm.attribution import UNATTRIBUTED
from fsm.history import history_model
from fsm.references import ref_of
from fsm.trace import Step, tracked_models
from tests.conftest import client_of
from tests.story import Story, tell

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Told:
    """A step that must be there: what happened, by whom, through which door, and what it reads afterwards."""

    what: str
    verb: str
    who: str
    source: str
    after: str = ""

    def is_told_by(self, step: Step) -> bool:
        """Whether the trace's step is this one."""
        same = (step.what, step.verb, step.who, step.source) == (self.what, self.verb, self.who, self.source)
        return same and (not self.after or any(self.after == change.after for change in step.changes))


CASEY, DANA, TESS, BEA = "Casey Nolan", "Dana Whitfield", "Tess Ramirez", "Bea Lindqvist"
MAIL_TASK = "task:billing.actions.issuing.render_and_send_invoice"
PATH = [
    Told("Customer", "made", "Test", "test", "Lisa Hall"),
    Told("Site", "made", "Test", "test", "4108 Avenue F"),
    Told("Unit", "made", "Test", "test", "3416E12345"),
    Told("Job", "made", CASEY, "office", "No cooling upstairs"),
    Told("Job unit", "made", CASEY, "office"),
    Told("Visit", "made", CASEY, "office", "To be scheduled"),
    Told("Assignment", "made", DANA, "board", TESS),
    Told("Visit", "changed", DANA, "board", "Scheduled"),
    Told("Phone operation", "applied", TESS, "technician", "visit.en_route"),
    Told("Visit", "changed", TESS, "technician", "En route"),
    Told("Visit", "changed", TESS, "technician", "On site"),
    Told("Visit check", "changed", TESS, "technician", "Good"),
    Told("Visit check", "changed", TESS, "technician", "54.000"),
    Told("Job note", "made", TESS, "technician", "The capacitor was swollen."),
    Told("Job photo", "made", TESS, "technician", "Old part"),
    Told("Part use", "made", TESS, "technician", "CAP-45-5 Capacitor 45/5 µF"),
    Told("Refrigerant record", "made", TESS, "technician", "20.000"),
    Told("Signature", "made", TESS, "technician", "Lisa Hall"),
    Told("Phone operation", "applied", TESS, "technician", "visit.complete"),
    Told("Stock movement", "used on a job", TESS, "technician", "CAP-45-5 Capacitor 45/5 µF"),
    Told("Visit", "changed", TESS, "technician", "Done"),
    Told("Job", "changed", TESS, "technician", "Work complete"),
    Told("Invoice", "made", TESS, "technician", "Draft"),
    Told("Invoice line", "made", TESS, "technician", "Capacitor 45/5"),
    Told("Invoice", "changed", CASEY, "office", "Issued"),
    Told("Communication", "made", CASEY, MAIL_TASK, "Invoice 10001 from Lone Star Comfort"),
    Told("Message to the outside", "sent", CASEY, "task:outbox.email", "email"),
    Told("Communication", "changed", CASEY, "task:outbox.email", "Sent"),
    Told("Payment", "made", CASEY, "office", "Check"),
    Told("Allocation", "made", CASEY, "office"),
    Told("QuickBooks file", "made", BEA, "office"),
    Told("QuickBooks entry", "made", BEA, "office"),
]


@pytest.fixture
def told(company: Any, casey: Any, dana: Any, tess: Any, bea: Any) -> Story:
    """The main job, from the call to the books."""
    return tell(casey=casey, dana=dana, tess=tess, bea=bea)


def first_missing(steps: list[Step], path: list[Told]) -> Told | None:
    """The first step of the path that the trace does not tell after the one before it."""
    rest = iter(steps)
    return next((wanted for wanted in path if not any(wanted.is_told_by(step) for step in rest)), None)


def test_the_trace_of_an_invoice_tells_every_step_in_order(told):
    assert first_missing(trace.story(told.invoice), PATH) is None


def test_each_step_says_who_through_which_door_when_and_in_which_request(told):
    for step in trace.story(told.invoice):
        assert step.who
        assert step.source
        assert step.source != UNATTRIBUTED
        assert step.when.tzinfo is not None
        assert step.batch is not None


def test_a_step_that_is_missing_is_noticed(told):
    steps = trace.story(told.invoice)
    for wanted in PATH:
        without = [step for step in steps if not wanted.is_told_by(step)]
        assert len(without) < len(steps), wanted
        assert first_missing(without, PATH) is not None, wanted


def test_a_changed_value_is_shown_before_and_after(told):
    changes = [
        (change.label, change.before, change.after)
        for step in trace.story(told.invoice)
        if step.what == "Invoice" and step.verb == "changed"
        for change in step.changes
    ]
    assert ("state", "Draft", "Issued") in changes
    assert ("number", "", told.invoice.number) in changes


def test_the_same_story_is_told_from_its_job_its_visit_and_its_payment(told):
    for thing in (told.job, told.visit, told.payment):
        assert first_missing(trace.story(thing), PATH) is None, thing


def test_everything_that_happened_between_call_and_payment_belongs_to_the_job(told):
    root = str(ref_of(told.job))
    about_the_job = {
        "dispatch": {"Job", "JobUnit", "Visit", "VisitCheck", "Assignment", "JobNote", "JobPhoto", "PartUse"},
        "billing": {"Invoice", "InvoiceLine", "InvoiceTax", "Payment", "Allocation"},
        "equipment": {"RefrigerantRecord"},
        "customers": {"Communication"},
        "inventory": {"Reservation"},
    }
    for model in tracked_models():
        if model.__name__ in about_the_job.get(model._meta.app_label, set()):
            rows = history_model(model).objects.all()
            assert rows.exists(), model
            assert set(rows.values_list("root", flat=True)) == {root}, model


def test_the_page_tells_all_of_it_to_the_owner(told, olivia):
    answer = client_of(olivia).get(reverse("fsm:trace", args=["invoice", told.invoice.uuid]))
    page = answer.content.decode()
    assert answer.status_code == 200
    for wanted in PATH:
        assert f'data-what="{wanted.what}" data-verb="{wanted.verb}"' in page, wanted
        assert wanted.who in page


def test_the_page_is_nobodys_who_may_not_see_the_invoice(told, tom):
    answer = client_of(tom).get(reverse("fsm:trace", args=["invoice", told.invoice.uuid]))
    assert answer.status_code in (403, 404)
