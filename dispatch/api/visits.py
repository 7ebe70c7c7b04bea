"""Visits and technicians: who comes when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

import django_filters as filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from fsm.api.fields import Input, Instant, Seen, Shown, Text, Unique, Whole
from fsm.api.views import Deed, Listing, One, seen_again
from fsm.clock import day_in, now
from fsm.company import the_company
from fsm.permissions import May

from .. import actions
from ..actions import Placed
from ..models import Job, Visit
from ..states import VisitState
from .shapes import (
    LOOK,
    TechnicianOutput,
    VisitOutput,
    VisitWhole,
    WindowInput,
    as_window,
    technicians_for,
    visits_for,
    whole_visits_for,
)

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=16)


class Technicians(Listing):
    """Who comes, in the board's order; technicians see themselves."""

    may = LOOK
    OutputSerializer = TechnicianOutput
    order = ("position", "pk")

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return technicians_for(self.user)


class ShowTechnician(One):
    """One technician with truck and skills."""

    may = LOOK
    OutputSerializer = TechnicianOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return technicians_for(self.user)


class VisitFilter(filters.FilterSet):  # type: ignore[misc]
    """By job, technician, state and days of the company's calendar."""

    job = filters.UUIDFilter(field_name="job__uuid")
    technician = filters.UUIDFilter(method="of_technician")
    state = filters.ChoiceFilter(choices=VisitState.choices)
    first = filters.DateFilter(method="from_day")
    last = filters.DateFilter(method="until_day")

    class Meta:
        model = Visit
        fields: tuple[str, ...] = ()

    def of_technician(self, visits: QuerySet[Visit], name: str, value: Any) -> QuerySet[Visit]:
        """Visits that the technician is on."""
        on = visits.filter(assignments__technician__uuid=value).exclude(assignments__state="released")
        return visits.filter(pk__in=on.order_by().values("pk"))

    def from_day(self, visits: QuerySet[Visit], name: str, value: date) -> QuerySet[Visit]:
        """Planned on this day or later."""
        return visits.filter(starts_at__gte=day_in(the_company().time_zone, value)[0])

    def until_day(self, visits: QuerySet[Visit], name: str, value: date) -> QuerySet[Visit]:
        """Planned on this day or earlier."""
        return visits.filter(starts_at__lt=day_in(the_company().time_zone, value)[1])


class Visits(Listing):
    """Every visit you may see, latest made first; a technician sees their own."""

    may = LOOK
    OutputSerializer = VisitOutput
    order = ("-pk",)
    filterset = VisitFilter

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return visits_for(self.user)


class ShowVisit(One):
    """One visit with its checklist, parts, photos, signature and what is still missing."""

    may = LOOK
    OutputSerializer = VisitWhole

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return whole_visits_for(self.user)


class AddVisit(Deed):
    """One more visit on an open job, into the tray."""

    may = May.BOOK_JOBS
    status = 201
    OutputSerializer = VisitOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same visit.")
        window = WindowInput(required=False, allow_null=True)
        minutes = Whole(least=5, most=1440, required=False, allow_null=True)

    def rows(self) -> QuerySet[Any]:
        """The jobs the person sees."""
        return Job.objects.visible_to(self.user)

    def do(self, data: dict[str, Any]) -> Visit:
        """Add and show."""
        window = as_window(data.pop("window", None))
        made = actions.add_visit(self.thing.pk, window=window, **data, now=now())
        visit: Visit = seen_again(visits_for(self.user).filter(job=self.thing), made.pk)
        return visit


class PlacedOutput(Shown):
    visit = VisitOutput()
    warnings = serializers.ListField(child=serializers.CharField(), help_text="Soft rules that this bends.")


class BoardDeed(Deed):
    """A change of who comes when."""

    may = May.MOVE_VISITS
    OutputSerializer: ClassVar[type[serializers.BaseSerializer[Any]]] = VisitOutput

    def rows(self) -> QuerySet[Any]:
        """The visits the person sees."""
        return Visit.objects.visible_to(self.user)

    def shown(self, thing: Any, **more: Any) -> Any:
        """As it stands now, with the warnings where there are any to give."""
        if isinstance(thing, Placed):
            said = {"visit": visits_for(self.user).get(pk=thing.visit.pk), "warnings": thing.warnings}
            return super().shown(said, **more)
        return super().shown(visits_for(self.user).get(pk=thing.pk), **more)


class PlaceVisit(BoardDeed):
    """Give a visit a technician and a time, or move it. Nobody is in two places at once."""

    OutputSerializer = PlacedOutput

    class InputSerializer(Input):
        version = Whole(least=1, help_text="Of what you read.")
        technician = Seen(technicians_for)
        from_technician = Seen(
            technicians_for,
            required=False,
            allow_null=True,
            help_text="Who of several hands over; else the lead.",
        )
        starts_at = Instant()
        ends_at = Instant()

        def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
            """A length that a day's work has."""
            if attrs["ends_at"] <= attrs["starts_at"]:
                raise serializers.ValidationError({"ends_at": [_("A visit must end after it starts.")]})
            if not SHORTEST <= attrs["ends_at"] - attrs["starts_at"] <= LONGEST:
                raise serializers.ValidationError({"ends_at": [_("A visit takes 5 minutes to 16 hours.")]})
            return attrs

    def do(self, data: dict[str, Any]) -> Placed:
        """Place."""
        technician, leaving = data.pop("technician"), data.pop("from_technician", None)
        return actions.place_visit(
            self.thing.pk,
            technician_id=technician.pk,
            from_technician_id=leaving.pk if leaving else None,
            now=now(),
            **data,
        )


class UnscheduleVisit(BoardDeed):
    """Put a visit back into the tray; its technicians are free again."""

    class InputSerializer(Input):
        version = Whole(least=1, help_text="Of what you read.")
        because = Text(most=200, required=False)

    def do(self, data: dict[str, Any]) -> Visit:
        """Take off the board."""
        return actions.unschedule_visit(self.thing.pk, **data, now=now())


class ChangeWindow(BoardDeed):
    """Promise the customer another arrival window, or none; the planned time stays."""

    may = May.BOOK_JOBS

    class InputSerializer(Input):
        version = Whole(least=1, help_text="Of what you read.")
        window = WindowInput(allow_null=True)

    def do(self, data: dict[str, Any]) -> Visit:
        """Promise."""
        return actions.change_window(
            self.thing.pk, window=as_window(data["window"]), version=data["version"], now=now()
        )


class CrewInput(Input):
    """Whom a change of the crew is about."""

    version = Whole(least=1, help_text="Of what you read.")
    technician = Seen(technicians_for)


class AddTechnician(BoardDeed):
    """Send one more technician along, at the visit's planned time."""

    InputSerializer = CrewInput
    OutputSerializer = PlacedOutput

    def do(self, data: dict[str, Any]) -> Placed:
        """Add."""
        return actions.add_technician(
            self.thing.pk, technician_id=data["technician"].pk, version=data["version"], now=now()
        )


class ReleaseTechnician(BoardDeed):
    """Take one of several technicians off a visit."""

    InputSerializer = CrewInput

    def do(self, data: dict[str, Any]) -> Visit:
        """Release."""
        return actions.release_technician(
            self.thing.pk, technician_id=data["technician"].pk, version=data["version"], now=now()
        )
