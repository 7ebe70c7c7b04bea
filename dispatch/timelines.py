"""Visits and what was noted on jobs, in the customer's timeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import CharField, F, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Coalesce, Left
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.permissions import May
from fsm.timelines import Asked, Entry, Kind, Place, narrowed_by, timeline

from .models import Assignment, Job, JobNote, Technician, Visit
from .states import AssignmentState, VisitOutcome, VisitState

LONGEST: Final = 240


def _text(words: str) -> Value:
    return Value(words, CharField())


def _crew() -> Coalesce:
    people = Assignment.objects.filter(visit=OuterRef("pk")).exclude(state=AssignmentState.RELEASED)
    names = people.order_by().values("visit").annotate(names=StringAgg("technician__user__name", ", "))
    return Coalesce(Subquery(names.values("names")), Value(""), output_field=TextField())


def _statement(customer: Any, asked: Asked) -> Any:
    jobs = Job.objects.visible_to(asked.user).filter(customer=customer)
    if asked.unit:
        jobs = jobs.filter(units__unit__uuid=asked.unit)
    legs: list[Any] = []
    if asked.wants(Kind.VISIT):
        visits = Visit.objects.filter(job__in=jobs.values("pk"))
        if asked.technician:
            visits = visits.filter(assignments__technician__uuid=asked.technician)
            visits = visits.exclude(assignments__state=AssignmentState.RELEASED)
        legs.append(
            asked.cut(visits, "visit", "starts_at").values_list(
                _text("visit"), "pk", "starts_at", "job__uuid", "job__number", "job__job_type__name",
                "job__summary", "state", "outcome", F("outcome_note"), _crew(),
            )
        )  # fmt: skip
    if asked.wants(Kind.NOTE):
        notes = JobNote.objects.filter(job__in=jobs.values("pk"))
        if asked.technician:
            people = Technician.objects.filter(uuid=asked.technician).values("user")
            notes = notes.filter(author__in=people)
        legs.append(
            asked.cut(notes, "worknote", "written_at").values_list(
                _text("worknote"), "pk", "written_at", "job__uuid", "job__number", "job__job_type__name",
                Left("body", LONGEST), _text(""), _text(""), _text(""), "author_name",
            )
        )  # fmt: skip
    return legs[0].union(*legs[1:], all=True) if len(legs) > 1 else legs[0]


@timeline("work", kinds=[Kind.VISIT, Kind.NOTE], may=May.SEE_JOBS)
def visits_and_notes(customer: Any, asked: Asked) -> Iterator[Entry]:
    """When we came, who, and what came of it; what was noted on the jobs: one statement."""
    rows = asked.fetch(_statement, customer)
    for source, pk, at, unique, number, job_type, words, state, outcome, note, who in rows:
        place, url = Place(at, source, pk), reverse("dispatch:job", args=[unique])
        if source == "worknote":
            yield Entry(place, Kind.NOTE, _("Note on %(job)s") % {"job": number}, words, url, who)
            continue
        came_of_it = [note] if note else []
        if outcome == VisitOutcome.RETURN_NEEDED:
            came_of_it.insert(0, str(VisitOutcome(outcome).label))
        yield Entry(
            place,
            Kind.VISIT,
            f"{job_type} · {number}",
            ". ".join([words, *came_of_it]),
            url,
            who,
            state,
            str(VisitState(state).label),
        )


@narrowed_by("technician", label=gettext_lazy("Technician"), may=May.SEE_JOBS)
def technicians_of(customer: Any, user: Any) -> Sequence[tuple[str, str]]:
    """Who was ever here."""
    jobs = Job.objects.visible_to(user).filter(customer=customer).values("pk")
    been = Assignment.objects.filter(visit__job__in=jobs).exclude(state=AssignmentState.RELEASED)
    people = Technician.objects.filter(pk__in=been.order_by().values("technician"))
    return [
        (str(unique), name)
        for unique, name in people.order_by("user__name").values_list("uuid", "user__name")
    ]
