"""What technicians do on a visit: by themselves, or by the office for them."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from equipment.models import Circuit, RecordKind, RecordPurpose, RefrigerantRecord
from fsm.api.fields import Amount, Input, Instant, Listed, OneOf, Picture, Seen, Text, Unique, YesNo
from fsm.api.views import Deed, seen_again
from fsm.clock import now
from fsm.permissions import May, allowed
from fsm.states import NotPossible
from inventory.models import Cylinder, Part, StockPlace

from .. import actions
from ..models import Assignment, CheckAnswer, JobPhoto, PartUse, Technician, Visit
from ..states import AssignmentState, VisitOutcome
from .shapes import WORK, VisitWhole, technicians_for, whole_visits_for


class FieldInput(Input):
    """For whom the office speaks."""

    technician = Seen(
        technicians_for,
        required=False,
        help_text="Whose deed it is. Technicians speak for themselves; of several the office names one.",
    )


class FieldDeed(Deed):
    """A fact from the field; the visit is shown afterwards, as far as it is still theirs."""

    may: ClassVar[May | tuple[May, ...]] = WORK
    InputSerializer: ClassVar[type[Input]] = FieldInput
    OutputSerializer = VisitWhole

    def rows(self) -> QuerySet[Any]:
        """The visits the person sees."""
        return Visit.objects.visible_to(self.user).select_related("job")

    def shown(self, thing: Any, **more: Any) -> Any:
        """As it stands now."""
        return super().shown(whole_visits_for(self.user).get(pk=thing.pk), **more)

    def technician_id(self, data: dict[str, Any]) -> int:
        """Whose deed it is: their own, the one named, or the only one on the visit."""
        named: Technician | None = data.pop("technician", None)
        if named is not None:
            return named.pk
        if allowed(self.user, May.WORK_VISITS):
            own = Technician.objects.filter(user=self.user).first()
            if own is None:
                raise NotPossible(_("You are not on the board. Ask the office to add you."))
            return own.pk
        standing = Assignment.objects.filter(visit=self.thing).exclude(state=AssignmentState.RELEASED)
        people = list(standing.values_list("technician", flat=True))
        if len(people) != 1:
            raise serializers.ValidationError({"technician": [_("Say which technician did it.")]})
        return int(people[0])


class GoEnRoute(FieldDeed):
    """The technician drives off."""

    def do(self, data: dict[str, Any]) -> Visit:
        """Set out."""
        return actions.go_en_route(self.thing.pk, technician_id=self.technician_id(data), now=now())


class Arrive(FieldDeed):
    """The technician is on site."""

    def do(self, data: dict[str, Any]) -> Visit:
        """Arrive."""
        return actions.arrive(self.thing.pk, technician_id=self.technician_id(data), now=now())


class Pause(FieldDeed):
    """The technician stops for a while."""

    def do(self, data: dict[str, Any]) -> Visit:
        """Pause."""
        return actions.pause(self.thing.pk, technician_id=self.technician_id(data), now=now())


class Resume(FieldDeed):
    """The technician goes on."""

    def do(self, data: dict[str, Any]) -> Visit:
        """Go on."""
        return actions.resume(self.thing.pk, technician_id=self.technician_id(data), now=now())


class AnswerInput(Input):
    """An answer to one line of the checklist."""

    check = Unique()
    answer = OneOf(choices=CheckAnswer.values, required=False)
    reading = Amount(whole=7, places=3, negative=True, required=False, allow_null=True)
    note = Text(most=200, required=False)
    unit = Unique(required=False, help_text="Of several units, the one that was measured.")


class AnswerCheck(FieldDeed):
    """Answer one line of the checklist, again if need be, until the visit is over."""

    class InputSerializer(AnswerInput):
        pass

    def do(self, data: dict[str, Any]) -> Visit:
        """Answer."""
        unit = data.pop("unit", None)
        check = actions.answer_check(
            data.pop("check"), visit_id=self.thing.pk, now=now(), unit_uuid=unit, user_id=self.user.pk, **data
        )
        return check.visit


class AddPhoto(FieldDeed):
    """Keep a photo; it is encoded anew, without what the camera knew of the place."""

    status = 201

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same photo.")
        data: Any = Picture()
        caption = Text(most=200, required=False)
        taken_at = Instant(required=False, allow_null=True)

    def do(self, data: dict[str, Any]) -> Visit:
        """Keep."""
        made = actions.add_photo(
            self.thing.pk, uuid=data.pop("uuid", None) or uuid4(), data=data.pop("data"), now=now(), **data
        )
        seen_again(JobPhoto.objects.filter(visit=self.thing), made.pk)
        visit: Visit = self.thing
        return visit


class UsePart(FieldDeed):
    """Say that a part was used: set aside now, it leaves the stock at completion."""

    status = 201

    class InputSerializer(FieldInput):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same use.")
        part = Seen(lambda user: Part.objects.filter(is_active=True))
        quantity = Amount(whole=7, places=3)
        place = Seen(
            lambda user: StockPlace.objects.visible_to(user).ours().filter(is_active=True),
            required=False,
            help_text="The technician's truck, unless you say.",
        )

    def do(self, data: dict[str, Any]) -> Visit:
        """Use."""
        place = data.pop("place", None)
        made = actions.use_part(
            self.thing.pk,
            uuid=data.pop("uuid", None) or uuid4(),
            part_id=data.pop("part").pk,
            quantity=data.pop("quantity"),
            technician_id=self.technician_id(data),
            place_id=place.pk if place else None,
            now=now(),
        )
        seen_again(PartUse.objects.filter(visit=self.thing), made.pk)
        return made.visit


class TakeBackPart(FieldDeed):
    """The part was not used after all."""

    class InputSerializer(Input):
        use = Unique(help_text="The uuid of the use, among the visit's parts.")

    def do(self, data: dict[str, Any]) -> Visit:
        """Take back."""
        return actions.take_back_part(data["use"], visit_id=self.thing.pk, now=now()).visit


def _cylinders_for(user: Any) -> QuerySet[Cylinder]:
    """The cylinders somebody may charge from: those in sight, for technicians those on their truck."""
    ours = Cylinder.objects.ours()
    if allowed(user, May.SEE_STOCK):
        return ours.visible_to(user)
    return ours.filter(place__in=Technician.objects.filter(user=user).values("truck"))


class LogRefrigerant(FieldDeed):
    """Refrigerant added to or recovered from a circuit at the visit's address."""

    status = 201

    class InputSerializer(FieldInput):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same record.")
        circuit = Unique()
        kind = OneOf(choices=RecordKind.values)
        ounces = Amount(whole=7, places=2)
        leak_found = YesNo(required=False, allow_null=True)
        note = Text(most=200, required=False)
        purpose = OneOf(choices=RecordPurpose.values, required=False, help_text="Topped up, unless you say.")
        returned_oz = Amount(
            whole=7,
            places=2,
            required=False,
            help_text="Of what was added, how much had been recovered here.",
        )
        refrigerant = Text(most=20, required=False, help_text="What the cylinder's label says.")
        same_leak = YesNo(required=False, help_text="For the same leak as the circuit's last addition.")
        parts_worked_on = Text(most=200, required=False)
        work_done = Text(most=200, required=False)
        nothing_because = Text(most=200, required=False, help_text="Why nothing came, for an amount of zero.")
        cylinder = Seen(
            _cylinders_for,
            required=False,
            help_text="What it was charged from or recovered into; it must be on the technician's truck.",
        )

    def do(self, data: dict[str, Any]) -> Visit:
        """Log."""
        here = Circuit.objects.filter(unit__site=self.thing.job.site_id)
        circuit = here.filter(uuid=data.pop("circuit")).first()
        if circuit is None:
            raise serializers.ValidationError({"circuit": [_("This circuit is not at the visit's address.")]})
        cylinder = data.pop("cylinder", None)
        made = actions.log_refrigerant(
            self.thing.pk,
            uuid=data.pop("uuid", None) or uuid4(),
            circuit_id=circuit.pk,
            cylinder_id=cylinder.pk if cylinder else None,
            technician_id=self.technician_id(data),
            now=now(),
            **data,
        )
        seen_again(RefrigerantRecord.objects.filter(circuit=circuit), made.pk)
        visit: Visit = self.thing
        return visit


class Sign(FieldDeed):
    """Keep the customer's signature; there is one a visit."""

    status = 201

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same signature.")
        signer = Text(most=120)
        data: Any = Picture()

    def do(self, data: dict[str, Any]) -> Visit:
        """Keep."""
        unique = data.pop("uuid", None) or uuid4()
        signature = actions.sign(
            self.thing.pk, uuid=unique, signer=data["signer"], png=data["data"], now=now()
        )
        return signature.visit


class DoneInput(Input):
    """How a visit ended."""

    outcome = OneOf(choices=VisitOutcome.values, required=False)
    note = Text(most=300, required=False)
    no_signature_because = Text(most=200, required=False)
    parts_confirmed = YesNo(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A return is planned by what is said here."""
        if attrs.get("outcome") == VisitOutcome.RETURN_NEEDED and not attrs.get("note"):
            words = _("Say what is left to do: the office plans the return by it.")
            raise serializers.ValidationError({"note": [words]})
        return attrs


class CompleteVisit(FieldDeed):
    """The technician is done; the last one out ends the visit, and its parts leave the stock, once."""

    class InputSerializer(DoneInput, FieldInput):
        pass

    def do(self, data: dict[str, Any]) -> Visit:
        """Complete."""
        technician_id = self.technician_id(data)
        return actions.complete_visit(self.thing.pk, technician_id=technician_id, now=now(), **data)


class ReportNoAccess(FieldDeed):
    """Nobody let the technician in: the visit ends and a new one waits in the tray."""

    class InputSerializer(FieldInput):
        because = Text(most=300)

    def do(self, data: dict[str, Any]) -> Visit:
        """Report."""
        technician_id = self.technician_id(data)
        return actions.report_no_access(self.thing.pk, technician_id=technician_id, now=now(), **data)


class CompleteOnBehalf(FieldDeed):
    """Complete a visit for everybody on it, in the office's name; what is missing is refused by name."""

    may = May.COMPLETE_FOR_OTHERS

    class InputSerializer(DoneInput):
        answers = Listed(AnswerInput(), most=100, required=False)
        photo = Picture(required=False)

    def do(self, data: dict[str, Any]) -> Visit:
        """Complete."""
        answers = [
            actions.Answer(one["check"], one.get("answer", ""), one.get("reading"))
            for one in data.pop("answers", [])
        ]
        return actions.complete_on_behalf(self.thing.pk, answers=answers, now=now(), **data)
