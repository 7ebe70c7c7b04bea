"""Jobs: looked at, booked, changed, and what becomes of them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from customers.models import Contact, Customer, Site
from equipment.models import Unit
from fsm.api.fields import BecauseInput, Day, Input, Listed, OneOf, Seen, Text, Unique, Whole
from fsm.api.views import Deed, Listing, One, found, seen_again
from fsm.clock import now
from fsm.permissions import May

from .. import actions
from ..models import Job, JobNote, JobType, Priority
from ..web.job_filters import JobFilter
from .shapes import (
    LOOK,
    JobNoteOutput,
    JobOutput,
    JobTypeOutput,
    JobWhole,
    WindowInput,
    as_window,
    jobs_for,
    whole_jobs_for,
)


class Jobs(Listing):
    """Every job you may see, latest first; a technician sees those with a visit of theirs."""

    may = LOOK
    OutputSerializer = JobOutput
    order = ("-created_at", "-pk")
    filterset = JobFilter
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return jobs_for(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By number, PO, customer, address or what is wrong, as on the page."""
        matching: QuerySet[Any] = rows.matching(text)  # type: ignore[attr-defined]
        return matching


class ShowJob(One):
    """One job with its units and visits."""

    may = LOOK
    OutputSerializer = JobWhole

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return whole_jobs_for(self.user)


class JobTypes(Listing):
    """The kinds of work, with what each usually takes."""

    may = LOOK
    OutputSerializer = JobTypeOutput
    order = ("code",)

    def rows(self) -> QuerySet[Any]:
        """All of them."""
        return JobType.objects.all()


class BookJob(Deed):
    """Book a job: it gets its number, and its first visit waits in the tray."""

    may = May.BOOK_JOBS
    status = 201
    OutputSerializer = JobWhole

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same job.")
        customer = Seen(lambda user: Customer.objects.visible_to(user))
        site = Seen(lambda user: Site.objects.visible_to(user))
        job_type = Text(most=30, help_text="The type's code.")
        summary = Text(most=200, help_text="What is wrong.")
        priority = OneOf(
            choices=Priority.values, required=False, help_text="1 emergency to 4 planned; as the type says."
        )
        instructions = Text(most=4000, required=False)
        contact = Seen(lambda user: Contact.objects.visible_to(user), required=False, allow_null=True)
        bill_to = Seen(lambda user: Customer.objects.visible_to(user), required=False, allow_null=True)
        units = Listed(Seen(lambda user: Unit.objects.visible_to(user)), most=50, required=False)
        window = WindowInput(required=False, allow_null=True)
        minutes = Whole(least=5, most=1440, required=False, allow_null=True)
        po_number = Text(most=40, required=False)

        def validate_job_type(self, code: str) -> JobType:
            """The active type with this code."""
            kind = JobType.objects.filter(code=code, is_active=True).first()
            if kind is None:
                raise serializers.ValidationError([_("There is no job type with this code.")])
            return kind

    def do(self, data: dict[str, Any]) -> Job:
        """Book and show."""
        contact, bill_to = data.pop("contact", None), data.pop("bill_to", None)
        customer = data.pop("customer")
        made = actions.book_job(
            uuid=data.pop("uuid", None) or uuid4(),
            customer_id=customer.pk,
            site_id=data.pop("site").pk,
            job_type_id=data.pop("job_type").pk,
            contact_id=contact.pk if contact else None,
            bill_to_id=bill_to.pk if bill_to else None,
            unit_ids=[unit.pk for unit in data.pop("units", [])],
            window=as_window(data.pop("window", None)),
            now=now(),
            **data,
        )
        job: Job = seen_again(whole_jobs_for(self.user).filter(customer=customer), made.pk)
        return job


class JobDeed(Deed):
    """Something done to a job, which is shown afterwards."""

    OutputSerializer = JobWhole

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return Job.objects.visible_to(self.user)

    def shown(self, thing: Any, **more: Any) -> Any:
        """As it stands now."""
        return super().shown(whole_jobs_for(self.user).get(pk=thing.pk), **more)


class EditJob(JobDeed):
    """Change what was noted at booking; what is not sent stays."""

    may = May.BOOK_JOBS

    class InputSerializer(Input):
        version = Whole(least=1, help_text="Of what you read.")
        summary = Text(most=200, required=False, allow_blank=False)
        instructions = Text(most=4000, required=False)
        priority = OneOf(choices=Priority.values, required=False)
        contact = Seen(lambda user: Contact.objects.visible_to(user), required=False, allow_null=True)
        po_number = Text(most=40, required=False)

        def validate_contact(self, contact: Contact | None) -> Contact | None:
            """One of the customer's own people."""
            if contact is not None and contact.customer_id != self.context["view"].thing.customer_id:
                raise serializers.ValidationError([_("This contact belongs to another customer.")])
            return contact

    def do(self, data: dict[str, Any]) -> Job:
        """Change."""
        if "contact" in data:
            contact = data.pop("contact")
            data["contact_id"] = contact.pk if contact else None
        return actions.edit_job(self.thing.pk, **data, now=now())


class HoldJob(JobDeed):
    """Wait for parts, the customer or an approval; the job comes back on the follow-up day."""

    may = May.MOVE_VISITS

    class InputSerializer(BecauseInput):
        follow_up_on = Day()

    def do(self, data: dict[str, Any]) -> Job:
        """Hold."""
        return actions.hold_job(self.thing.pk, **data, now=now())


class ResumeJob(JobDeed):
    """Take a job off hold."""

    may = May.MOVE_VISITS

    def do(self, data: dict[str, Any]) -> Job:
        """Go on."""
        return actions.resume_job(self.thing.pk, now=now())


class CancelJob(JobDeed):
    """End a job that will not be done: its visits leave the board, its technicians are free."""

    may = May.CANCEL_JOBS
    InputSerializer = BecauseInput

    def do(self, data: dict[str, Any]) -> Job:
        """Cancel."""
        return actions.cancel_job(self.thing.pk, **data, now=now())


class CloseJob(JobDeed):
    """The completion was reviewed: nothing more happens to the job."""

    may = May.COMPLETE_FOR_OTHERS

    def do(self, data: dict[str, Any]) -> Job:
        """Close."""
        return actions.close_job(self.thing.pk, now=now())


class ReopenJob(JobDeed):
    """More work on a job that was complete; add a visit next."""

    may = May.COMPLETE_FOR_OTHERS
    InputSerializer = BecauseInput

    def do(self, data: dict[str, Any]) -> Job:
        """Reopen."""
        return actions.reopen_job(self.thing.pk, **data, now=now())


class JobNotes(Listing):
    """What was written about a job, oldest first."""

    may = LOOK
    OutputSerializer = JobNoteOutput
    order = ("written_at", "pk")

    def rows(self) -> QuerySet[Any]:
        """The job's, where the person sees it."""
        job = found(Job.objects.visible_to(self.user), uuid=self.kwargs["job_uuid"])
        return JobNote.objects.filter(job=job).select_related("visit")


class WriteNote(Deed):
    """Add a note to a job; notes are kept as they were written."""

    may = (May.BOOK_JOBS, May.WORK_VISITS)
    status = 201
    OutputSerializer = JobNoteOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same note.")
        body = Text(most=4000)

    def rows(self) -> QuerySet[Any]:
        """The jobs the person sees."""
        return Job.objects.visible_to(self.user)

    def do(self, data: dict[str, Any]) -> JobNote:
        """Write and show."""
        made = actions.write_note(self.thing.pk, **data, now=now())
        note: JobNote = seen_again(JobNote.objects.filter(job=self.thing).select_related("visit"), made.pk)
        return note
