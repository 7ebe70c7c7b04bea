"""What a technician may do with money at the door: issue the invoice of their job, take cash or a check."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from dispatch.models import Visit
from fsm.bodies import number_in, text_in, uuid_in
from fsm.inbox import Body, operation
from fsm.models import User
from fsm.money import format_money
from fsm.references import Reference
from fsm.states import NotPossible

from . import actions
from .models import Invoice
from .states import InvoiceState

Files = Mapping[str, Any]


@operation("invoice.issue")
def issue(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """The draft of the technician's own job gets its number and goes out."""
    visit = _mine(user, body)
    draft = Invoice.objects.filter(job=visit.job, state=InvoiceState.DRAFT).first()
    if draft is None:
        raise NotPossible(_("This job has no draft invoice."))
    invoice = actions.issue_invoice(draft.pk, now=now)
    return _answer(
        visit,
        invoice=str(invoice.uuid),
        number=invoice.number,
        sentence=_("Invoice %(number)s is issued.") % {"number": invoice.number},
    )


@operation("payment.record")
def record_payment(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """Cash or a check: the job's invoice is issued first where it is still a draft, then paid."""
    visit = _mine(user, body)
    amount = number_in(body, "amount")
    if amount is None:
        raise NotPossible(_("Enter an amount."), field="amount")
    payment = actions.take_payment_on_job(
        visit.job_id,
        key=uuid_in(body, "uuid") if body.get("uuid") else uuid4(),
        method=text_in(body, "method", longest=10),
        amount=amount,
        reference=text_in(body, "reference", longest=30),
        now=now,
    )
    paid = payment.allocations.filter(is_undone=False).select_related("invoice").first()
    if paid is None:
        words = _("%(amount)s is recorded as credit on the job; the office applies it to the invoice.")
    else:
        words = _("%(amount)s is recorded on invoice %(number)s.")
    return _answer(
        visit,
        payment=str(payment.uuid),
        invoice=str(paid.invoice.uuid) if paid else "",
        sentence=words % {"amount": format_money(payment.amount), "number": paid and paid.invoice.number},
    )


def _mine(user: User, body: Body) -> Visit:
    """The visit among those of this technician; somebody else's is as good as unknown."""
    mine = Visit.objects.visible_to(user).select_related("job")
    visit = mine.filter(uuid=uuid_in(body, "visit")).first()
    if visit is None:
        raise NotPossible(_("This visit is not yours (any more). Nothing was changed; call the office."))
    return visit


def _answer(visit: Visit, **more: Any) -> Body:
    root = str(Reference("job", visit.job.uuid))
    return {"root": root, "visit": str(visit.uuid), "state": visit.state, "version": visit.version, **more}
