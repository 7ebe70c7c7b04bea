"""What dispatch does when people change, and what customers are told of their work.

Whoever announces does not wait for a message: where one is wanted, a task writes it.
"""

from __future__ import annotations

from customers.actions import is_said
from customers.models import Occasion
from fsm.events import PersonChanged, on
from fsm.tasks import enqueue

from .actions import keep_technician
from .actions.papers import hand_over_papers, job_calls_for_papers
from .actions.telling import tell_done, tell_of_booking, tell_of_visit, tell_on_my_way
from .events import JobBooked, JobCompleted, VisitPlaced, VisitProgressed
from .states import VisitState


@on(PersonChanged)
def keep_board_row_of_technician(event: PersonChanged) -> None:
    """Whoever has the technician's role has a row on the board, and loses it with the role."""
    keep_technician(event.user_id)


@on(JobBooked)
def tell_customer_of_booking(event: JobBooked) -> None:
    """Booked, with the window that was promised on the phone."""
    if is_said(Occasion.BOOKED):
        enqueue(tell_of_booking, job_id=event.job_id)


@on(VisitPlaced)
def tell_customer_of_visit(event: VisitPlaced) -> None:
    """Booked, where there was no time to promise before the visit was placed."""
    if is_said(Occasion.BOOKED):
        enqueue(tell_of_visit, visit_id=event.visit_id)


@on(VisitProgressed)
def tell_customer_who_comes(event: VisitProgressed) -> None:
    """On the way."""
    if event.state == VisitState.EN_ROUTE and is_said(Occasion.ON_MY_WAY):
        enqueue(tell_on_my_way, tier="critical", visit_id=event.visit_id)


@on(JobCompleted)
def tell_customer_of_done(event: JobCompleted) -> None:
    """Done."""
    if is_said(Occasion.DONE):
        enqueue(tell_done, job_id=event.job_id)


@on(JobCompleted)
def hand_papers_to_customer(event: JobCompleted) -> None:
    """The service record and the other papers the owner must get upon conclusion of work on refrigerant."""
    if job_calls_for_papers(event.job_id):
        enqueue(hand_over_papers, tier="critical", job_id=event.job_id)
