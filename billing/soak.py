"""Technicians complete work while phones, servers and the database fail: nothing lost or done by halves."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connections, transaction
from django.db.utils import OperationalError
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from customers.models import Communication
from customers.states import DeliveryState
from dispatch.models import JobNote, PartUse, Technician, Visit
from dispatch.soak import STOCKED, Work, make_work
from dispatch.states import JobState, VisitState
from fsm.history import history_model, insert_with_history
from fsm.inbox import receive
from fsm.models import FieldOperation, OutboxRow, OutboxState, Outcome, User
from fsm.permissions import Role
from fsm.soak import Soak, schedule
from fsm.soak.stack import Caller, Stack
from inventory.actions import on_hand
from inventory.models import MovementKind, Reservation, ReservationState, StockMovement

from .models import Invoice, InvoiceLine, ItemKind, JobTypePrice, PriceItem
from .states import InvoiceState

APPLIED = Outcome.APPLIED.value


@dataclass(frozen=True)
class Op:
    """Something a technician presses, with its key."""

    kind: str
    visit: UUID
    fields: dict[str, str]
    key: UUID = field(default_factory=uuid4)

    @property
    def body(self) -> dict[str, str]:
        """As it reaches the inbox."""
        return {"uuid": str(self.key), **self.fields, "visit": str(self.visit)}

    def again(self) -> Op:
        """The same, pressed anew: with a key of its own."""
        return Op(self.kind, self.visit, self.fields)


def operations(visit: Visit, part: UUID) -> list[Op]:
    """What a technician presses from driving off to done."""
    return [
        Op("visit.en_route", visit.uuid, {}),
        Op("visit.arrive", visit.uuid, {}),
        Op("part.use", visit.uuid, {"part": str(part), "quantity": "1"}),
        Op("note.write", visit.uuid, {"body": f"Done at {visit}"}),
        Op("visit.complete", visit.uuid, {"parts_confirmed": "on", "outcome": "complete"}),
    ]


def priced_work(count: int, crew: int) -> Work:
    """Placed visits whose completion leaves a draft that can be issued."""
    work = make_work(count, crew=crew, placed=True)
    labor, _part = insert_with_history(
        [
            PriceItem(code="SOAK-L", name="Visit", kind=ItemKind.FEE, price=Decimal(89), unit="each"),
            PriceItem(code="SOAK-P", name="Capacitor", kind=ItemKind.PART, price=Decimal(48), part=work.part),
        ]
    )
    insert_with_history([JobTypePrice(job_type=work.job_type, item=labor)])
    return work


# What must be so --------------------------------------------------------------------------------------


def check_work(soak: Soak, work: Work) -> None:
    """Done, stock moved once, draft there, inbox row there: all four or none, for every visit."""
    moved = dict.fromkeys((technician.truck_id for technician in work.technicians), Decimal(0))
    for visit in work.visits:
        moved_from = check_visit(soak, visit)
        for place_id, quantity in moved_from:
            moved[place_id] += quantity
    for place_id, quantity in moved.items():
        left = on_hand(place_id or 0, work.part.pk)
        soak.equal(f"parts on truck {place_id}", left, STOCKED - quantity)


def check_visit(soak: Soak, visit: Visit) -> list[tuple[int | None, Decimal]]:
    """One visit against its inbox rows; returns what left which place for it."""
    applied = FieldOperation.objects.filter(body__visit=str(visit.uuid), outcome=APPLIED)
    done = visit.state == VisitState.DONE
    completions = applied.filter(kind="visit.complete").count()
    soak.equal(f"{visit}: completions in the inbox", completions, int(done))
    soak.equal(f"{visit}: job complete", visit.job.state == JobState.WORK_COMPLETE, done)
    drafts = Invoice.objects.filter(job=visit.job_id).exclude(state=InvoiceState.VOID)
    soak.equal(f"{visit}: invoices", drafts.count(), int(done))
    used = set(applied.filter(kind="part.use").values_list("body__uuid", flat=True))
    uses = PartUse.objects.filter(visit=visit, is_removed=False)
    soak.equal(f"{visit}: parts said", {str(row.uuid) for row in uses}, used)
    movements = list(StockMovement.objects.filter(cause_uuid=visit.uuid, kind=MovementKind.USED))
    soak.equal(f"{visit}: stock movements", len(movements), len(used) if done else 0)
    held = Reservation.objects.filter(cause_uuid=visit.uuid, state=ReservationState.HELD).count()
    soak.equal(f"{visit}: parts still set aside", held, 0 if done else len(used))
    written = set(applied.filter(kind="note.write").values_list("body__uuid", flat=True))
    notes = {str(row.uuid) for row in JobNote.objects.filter(job=visit.job_id)}
    soak.equal(f"{visit}: notes", notes, written)
    states = history_model(Visit)._default_manager.filter(id=visit.pk).order_by("history_id")
    turns = list(states.values_list("state", flat=True))
    soak.equal(f"{visit}: times it became done", len([s for s in turns if s == VisitState.DONE]), int(done))
    lines = InvoiceLine.objects.filter(invoice__in=drafts).count()
    soak.equal(f"{visit}: lines on the draft", lines, 1 + bool(used) if done else 0)
    return [(movement.from_place_id, movement.quantity) for movement in movements]


# The inbox --------------------------------------------------------------------------------------------


class LostBeforeCommit(Exception):
    """The server died with everything done and nothing committed."""


@dataclass
class Device:
    """A phone with operations to send, in its own order, and every answer it ever got."""

    soak: Soak
    user: User
    queue: list[Op]
    random: random.Random
    answers: dict[UUID, tuple[str, str, str]]
    finished: Callable[[UUID], bool]

    def work(self) -> None:
        """Send until everything is answered; press again what was refused because it came too early."""
        tries = 0
        while self.queue and tries < 2_000:
            tries += 1
            self._shuffle()
            op = self.queue.pop(0)
            if not self._send(op) and not self.finished(op.visit) and op.kind.startswith("visit."):
                self.queue.append(op.again())
        self.soak.expect(not self.queue, f"{self.user.username} never finished: {len(self.queue)} left")

    def _shuffle(self) -> None:
        """Bad reception: what was pressed first need not leave first."""
        if len(self.queue) > 2 and self.random.random() < 0.25:
            other = self.random.randrange(1, min(4, len(self.queue)))
            self.queue[0], self.queue[other] = self.queue[other], self.queue[0]
            self.soak.happened("sent out of order")

    def _send(self, op: Op) -> bool:
        """Until an answer is heard; True where it was done."""
        while True:
            fault = self.random.random()
            try:
                with transaction.atomic():
                    row = receive(self.user, op.key, op.kind, op.body)
                    if fault < 0.15:
                        raise LostBeforeCommit
            except LostBeforeCommit:
                self.soak.happened("lost before the commit")
                continue
            if fault < 0.30:
                self.soak.happened("answer lost after the commit")
                continue
            self._heard(op, row)
            if fault < 0.45:
                self._heard(op, receive(self.user, op.key, op.kind, op.body))
                self.soak.happened("sent twice")
            return row.outcome == APPLIED

    def _heard(self, op: Op, row: FieldOperation) -> None:
        answer = (row.outcome, row.sentence, str(sorted(row.answer.items())))
        before = self.answers.setdefault(op.key, answer)
        self.soak.equal(f"answer to {op.kind} {op.key}", answer, before)
        self.soak.happened(f"answered: {row.outcome}")


@schedule("inbox", "phones that lose, repeat and reorder what they send; two phones a technician", count=40)
def inbox(soak: Soak) -> None:
    """Every key has one outcome, whoever hears of it how often, and the work is done once."""
    work = priced_work(soak.count, crew=4)
    devices = [device for number in range(2) for device in _devices(soak, work, number)]
    soak.say(f"{len(devices)} phones of {len(work.technicians)} technicians, {soak.count} visits")
    soak.at_once(device.work for device in devices)
    check_work(soak, work)
    soak.equal("visits not done", [str(v) for v in work.visits if v.state != VisitState.DONE], [])
    answers = {key: answer for device in devices for key, answer in device.answers.items()}
    rows = {row.key: row.outcome for row in FieldOperation.objects.all()}
    soak.equal("operations remembered", set(rows), set(answers))
    for key, (outcome, _, _) in answers.items():
        soak.equal(f"outcome of {key}", rows.get(key), outcome)
    soak.happened("visits done", len(work.visits))


def _devices(soak: Soak, work: Work, number: int) -> Iterator[Device]:
    visits = work.visits

    def finished(visit: UUID) -> bool:
        return Visit.objects.filter(uuid=visit, state=VisitState.DONE).exists()

    for position, technician in enumerate(work.technicians):
        mine = visits[position :: len(work.technicians)]
        queue = [op for visit in mine for op in operations(visit, work.part.uuid)]
        if number:  # the second phone has no parts list
            queue = [op for op in queue if op.kind != "part.use"]
        choice = random.Random(soak.seed * 1000 + position * 10 + number)  # noqa: S311
        yield Device(soak, technician.user, queue, choice, {}, finished)


# Completions ------------------------------------------------------------------------------------------


class Progress:
    """How many operations have been answered, and who waits to know."""

    def __init__(self) -> None:
        self.answered: set[UUID] = set()
        self._moved = threading.Condition()

    def add(self, key: UUID) -> None:
        """One more."""
        with self._moved:
            self.answered.add(key)
            self._moved.notify_all()

    def wait_for(self, number: int, *, patience: float) -> bool:
        """Until so many are answered."""
        with self._moved:
            return self._moved.wait_for(lambda: len(self.answered) >= number, patience)


@schedule(
    "completions",
    "technicians complete work over HTTP while database, web and workers are killed",
    count=50,
    needs_stack=True,
)
def completions(soak: Soak) -> None:
    """Afterwards every completion that was asked for is there, whole, once."""
    stack: Stack = soak.stack
    work = priced_work(soak.count, crew=min(4, soak.count))
    technicians, visits = work.technicians, work.visits
    progress, ops = Progress(), 5 * len(visits)
    callers = [Caller(stack, session_of(technician.user)) for technician in technicians]
    people = []
    for number, caller in enumerate(callers):
        mine = [op for visit in visits[number :: len(callers)] for op in operations(visit, work.part.uuid)]
        people.append(_technician(soak, caller, mine, progress, soak.seed * 100 + number))
    faults = max(3, soak.count // 3)
    soak.say(f"{len(technicians)} technicians, {len(visits)} visits, {ops} operations, {faults} kills")
    soak.at_once([*people, lambda: _killer(soak, stack, progress, ops, faults)], patience=1800)
    _settle(stack)
    for key in progress.answered:
        row = FieldOperation.objects.filter(key=key).first()
        soak.expect(row is not None and row.outcome == APPLIED, f"the answered operation {key} is lost")
    check_work(soak, work)
    soak.equal("visits not done", [str(v) for v in work.visits if v.state != VisitState.DONE], [])
    soak.equal("operations in the inbox", FieldOperation.objects.count(), ops)
    soak.happened("visits done", sum(1 for visit in work.visits if visit.state == VisitState.DONE))
    _bill(soak, stack, work)
    for target, times in stack.kills.items():
        soak.happened(f"kill -9: {target}", times)


def session_of(user: User) -> str:
    """The key of a session in which somebody is signed in."""
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _technician(
    soak: Soak, caller: Caller, ops: list[Op], progress: Progress, seed: int
) -> Callable[[], None]:
    choice = random.Random(seed)  # noqa: S311 (a schedule that can be repeated)

    def day() -> None:  # without the database: it is the server's, and dies
        for op in ops:
            time.sleep(choice.random() * 0.1)
            _press(soak, caller, op, choice)
            progress.add(op.key)

    return day


def _press(soak: Soak, caller: Caller, op: Op, choice: random.Random) -> None:
    """Send with the same key until an answer is heard; sometimes once more for good measure."""
    path = reverse("dispatch:phone-operation", args=[op.visit, op.kind])
    fields = {"once": str(op.key), **op.fields}
    deadline, more = time.monotonic() + 300, choice.random() < 0.15
    while time.monotonic() < deadline:
        status, words = caller.post(path, fields, listen=choice.random() > 0.1)
        if status == 200 and more:
            soak.happened("sent again after the answer")
            more = False
        elif status == 200:
            soak.happened("operations answered")
            return
        elif status == 0 or status >= 500:
            kind = "hung up before the answer" if words == "hung up" else "no answer or an error"
            soak.happened(f"retries: {kind}")
            time.sleep(0.1 + choice.random() * 0.4)
        else:
            soak.broken(f"{op.kind} was answered {status}: {words[:200]}")
            return
    soak.broken(f"{op.kind} had no answer for five minutes")


def _killer(soak: Soak, stack: Stack, progress: Progress, ops: int, faults: int) -> None:
    """At random moments of the work, each target in turn; all of it is over before the last operation."""
    targets = ["database", "web", "worker", "database", "web process", "worker process"]
    moments = sorted(stack.random.sample(range(max(1, ops * 9 // 10)), faults))
    for number, moment in enumerate(moments):
        if not progress.wait_for(moment, patience=600):
            soak.broken(f"only {len(progress.answered)} operations were answered in ten minutes")
            return
        time.sleep(stack.random.random() * 0.3)
        for _ in range(100):  # somebody who is dead just now is killed a moment later
            if stack.kill(targets[number % len(targets)]):
                break
            time.sleep(0.1)


def _settle(stack: Stack) -> None:
    """Everything up again, and our own connection with it."""
    stack.wait_until_well()
    for _ in range(100):
        connections.close_all()
        try:
            Technician.objects.exists()
        except OperationalError:
            time.sleep(0.2)
        else:
            return


def _bill(soak: Soak, stack: Stack, work: Work) -> None:
    """The office issues some of the drafts while workers die: numbered once, drawn once, sent."""
    office = User(username="office", name="Office", role=Role.OFFICE)
    office.set_unusable_password()
    [office] = insert_with_history([office])
    caller = Caller(stack, session_of(office))
    drafts = list(Invoice.objects.filter(state=InvoiceState.DRAFT).order_by("pk")[: max(1, soak.count // 5)])
    for number, draft in enumerate(drafts):
        path = reverse("billing:issue-invoice", args=[draft.uuid])
        status, words = caller.post(path, {"version": str(draft.version)})
        soak.expect(status in (204, 302), f"issuing was answered {status}: {words[:200]}")
        if soak.count >= 20 and number % 3 == 1:
            stack.kill("worker process" if number % 2 else "worker")
    _drain(soak, patience=600)
    issued = Invoice.objects.filter(pk__in=[draft.pk for draft in drafts])
    soak.equal("invoices issued", issued.filter(state=InvoiceState.ISSUED).count(), len(drafts))
    soak.equal("numbers used", len({row.number for row in issued}), len(drafts))
    for row in issued:
        sent = Communication.objects.filter(about_uuid=row.uuid)
        page = Path(settings.MEDIA_ROOT) / (row.pdf.name or "none")
        soak.expect(page.is_file(), f"{row}: no page")
        soak.equal(f"{row}: e-mails", [letter.state for letter in sent], [DeliveryState.SENT])
    soak.happened("invoices issued, drawn and sent", len(drafts))


def _drain(soak: Soak, *, patience: float) -> None:
    """Until the workers have nothing left to do."""
    deadline = time.monotonic() + patience
    while OrmQ.objects.exists() or OutboxRow.objects.filter(state=OutboxState.WAITING).exists():
        if time.monotonic() > deadline:
            soak.broken("the workers did not finish")
            return
        time.sleep(0.5)
