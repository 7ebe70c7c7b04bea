"""What a phone may ask for: each reads its body, calls one action, and names the chain it joined."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

import customers.actions as customers
from customers.models import Contact
from equipment.models import OUNCES_IN_POUND, Circuit, LeakCase, RecordKind, RecordPurpose
from fsm.bodies import instant_in, number_in, quantity_in, text_in, uuid_in, yes_in
from fsm.inbox import Body, operation
from fsm.models import User
from fsm.references import Reference
from fsm.states import NotPossible
from inventory.models import Cylinder, Part

from . import actions
from .actions.changeouts import TAKEN_OUT
from .models import CheckAnswer, Technician, Visit, VisitCheck
from .states import VisitOutcome

Files = Mapping[str, Any]


@operation("visit.en_route")
def en_route(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """The technician drives off."""
    visit, technician = _mine(user, body)
    return _answer(actions.go_en_route(visit.pk, technician_id=technician.pk, now=now))


@operation("visit.arrive")
def arrive(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """The technician is on site."""
    visit, technician = _mine(user, body)
    return _answer(actions.arrive(visit.pk, technician_id=technician.pk, now=now))


@operation("visit.pause")
def pause(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """The technician stops for a while."""
    visit, technician = _mine(user, body)
    return _answer(actions.pause(visit.pk, technician_id=technician.pk, now=now))


@operation("visit.resume")
def resume(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """The technician goes on."""
    visit, technician = _mine(user, body)
    return _answer(actions.resume(visit.pk, technician_id=technician.pk, now=now))


@operation("visit.no_access")
def no_access(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """Nobody let the technician in."""
    visit, technician = _mine(user, body)
    because = text_in(body, "because", longest=300)
    return _answer(actions.report_no_access(visit.pk, technician_id=technician.pk, because=because, now=now))


@operation("visit.complete")
def complete(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """The technician is done: complete, or a return is needed."""
    visit, technician = _mine(user, body)
    outcome = text_in(body, "outcome", longest=20) or VisitOutcome.COMPLETE
    if outcome not in VisitOutcome.values:
        raise NotPossible(_("Say whether the work is complete or a return is needed."), field="outcome")
    if outcome == VisitOutcome.RETURN_NEEDED and not text_in(body, "note"):
        raise NotPossible(_("Say what is left to do: the office plans the return by it."), field="note")
    return _answer(
        actions.complete_visit(
            visit.pk,
            technician_id=technician.pk,
            now=now,
            outcome=outcome,
            note=text_in(body, "note"),
            no_signature_because=text_in(body, "no_signature_because", longest=200),
            parts_confirmed=yes_in(body, "parts_confirmed"),
            taken_out=_taken_out(body),
        )
    )


@operation("check.answer")
def answer_check(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """One line of the checklist; a reading out of its range is answered with the sentence about it."""
    visit, technician = _mine(user, body)
    answer = text_in(body, "answer", longest=10)
    check = actions.answer_check(
        uuid_in(body, "check"),
        visit_id=visit.pk,
        now=now,
        answer=answer,
        reading=text_in(body, "reading", longest=40),
        note=text_in(body, "note", longest=200),
        unit_uuid=uuid_in(body, "unit") if text_in(body, "unit") else None,
        needs_unit="unit" in body,
        user_id=technician.user_id,
    )
    is_flagged = check.reading_key and check.reading is not None and check.answer == CheckAnswer.ATTENTION
    return _answer(visit, check=str(check.uuid), **({"flagged": check.note} if is_flagged else {}))


@operation("check.all_good")
def answer_all_checks(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """Every open line that is a plain check is good; readings stay to be entered."""
    visit, _technician = _mine(user, body)
    checks = VisitCheck.objects.filter(visit=visit, kind="check", answer="").order_by("position", "pk")
    for check in checks:
        actions.answer_check(check.uuid, visit_id=visit.pk, now=now, answer="good")
    return _answer(visit)


@operation("note.write")
def write_note(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """A note on the job."""
    visit, _technician = _mine(user, body)
    actions.write_note(
        visit.job_id, body=text_in(body, "body"), now=now, uuid=uuid_in(body, "uuid"), visit_id=visit.pk
    )
    return _answer(visit)


@operation("photo.add")
def add_photo(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """A photo with its caption and the device's time."""
    visit, _technician = _mine(user, body)
    upload = files.get("photo")
    if upload is None:
        raise NotPossible(_("No photo came along. Choose or take one."), field="photo")
    actions.add_photo(
        visit.pk,
        uuid=uuid_in(body, "uuid"),
        data=upload.read(),
        now=now,
        caption=text_in(body, "caption", longest=200),
        taken_at=instant_in(body, "taken_at"),
    )
    return _answer(visit)


@operation("part.use")
def use_part(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """A part from the truck; one that is not there is allowed and flagged."""
    visit, technician = _mine(user, body)
    part = Part.objects.filter(uuid=uuid_in(body, "part"), is_active=True).first()
    if part is None:
        raise NotPossible(_("There is no such part."), field="part")
    use = actions.use_part(
        visit.pk,
        uuid=uuid_in(body, "uuid"),
        part_id=part.pk,
        quantity=quantity_in(body, "quantity"),
        technician_id=technician.pk,
        now=now,
    )
    return _answer(visit, short=use.was_short)


@operation("part.take_back")
def take_back_part(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """The part was not used after all."""
    visit, _technician = _mine(user, body)
    actions.take_back_part(uuid_in(body, "use"), visit_id=visit.pk, now=now)
    return _answer(visit)


@operation("refrigerant.log")
def log_refrigerant(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """Refrigerant added or recovered, in pounds and ounces, with the cylinder it came from or went into."""
    visit, technician = _mine(user, body)
    circuit = Circuit.objects.filter(uuid=uuid_in(body, "circuit")).first()
    if circuit is None:
        raise NotPossible(_("Choose the unit and circuit."), field="circuit")
    kind = text_in(body, "kind", longest=10) or RecordKind.ADDED
    is_added = kind == RecordKind.ADDED
    full = _ounces(body, "full_")
    record = actions.log_refrigerant(
        visit.pk,
        uuid=uuid_in(body, "uuid"),
        circuit_id=circuit.pk,
        kind=kind,
        purpose=_of_kind(body, "purpose", kind, longest=10) or RecordPurpose.SERVICE,
        ounces=_ounces(body),
        returned_oz=_ounces(body, "returned_") if is_added else Decimal(0),
        refrigerant=text_in(body, "refrigerant", longest=20),
        same_leak=is_added and yes_in(body, "same_leak"),
        parts_worked_on=text_in(body, "parts_worked_on", longest=200),
        work_done=text_in(body, "work_done", longest=200),
        nothing_because="" if is_added else text_in(body, "nothing_because", longest=200),
        cylinder_id=_cylinder_in(body, kind),
        full_charge_oz=full or None,
        technician_id=technician.pk,
        now=now,
        leak_found={"yes": True, "no": False}.get(text_in(body, "leak_found", longest=5)),
        note=text_in(body, "note", longest=200),
    )
    opened = LeakCase.objects.open().filter(opened_by=record).first()
    if opened is None:
        return _answer(visit)
    sentence = _(
        "The refrigerant is recorded. This circuit is now over its leak rate, with %(rate)s percent a year: "
        "look under Leaks."
    )
    return _answer(visit, sentence=sentence % {"rate": f"{opened.percent:.2f}"})


@operation("leak.log")
def log_leak_step(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """What was done about a leak: the inspection, the repair, a verification test."""
    visit, technician = _mine(user, body)
    case = LeakCase.objects.filter(uuid=uuid_in(body, "case")).first()
    if case is None:
        raise NotPossible(_("This leak is not at the visit's address."), field="case")
    actions.log_leak_step(
        visit.pk,
        uuid=uuid_in(body, "uuid"),
        case_id=case.pk,
        step=text_in(body, "step", longest=20),
        technician_id=technician.pk,
        now=now,
        method=text_in(body, "method", longest=120),
        locations=text_in(body, "locations", longest=4000),
        all_parts_inspected=yes_in(body, "all_parts_inspected"),
        was_evacuated=yes_in(body, "was_evacuated"),
        note=text_in(body, "note", longest=500),
    )
    return _answer(visit)


@operation("signature.add")
def add_signature(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """The customer's signature, drawn on the glass."""
    visit, _technician = _mine(user, body)
    upload = files.get("signature")
    if upload is None:
        raise NotPossible(_("No signature came along. Ask the customer to sign again."), field="signature")
    actions.sign(
        visit.pk,
        uuid=uuid_in(body, "uuid"),
        signer=text_in(body, "signer", longest=120),
        png=upload.read(),
        now=now,
    )
    return _answer(visit)


@operation("contact.correct")
def correct_contact(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """The technician corrects whom to call: taken, or proposed where the office changed it meanwhile."""
    visit, _technician = _mine(user, body)
    customer = visit.job.customer_id
    contact = Contact.objects.filter(uuid=uuid_in(body, "contact"), customer=customer).first()
    if contact is None:
        raise NotPossible(_("This contact is not on the record any more. Call the office."))
    done = customers.correct_contact(
        contact.pk,
        seen_version=_version_in(body),
        now=now,
        name=text_in(body, "name", longest=120),
        old_phone=text_in(body, "old_phone", longest=16),
        new_phone=text_in(body, "new_phone", longest=60),
    )
    return _answer(visit, sentence=done.sentence)


@operation("site.correct")
def correct_site(user: User, body: Body, files: Files, *, now: datetime) -> Body:
    """The technician corrects where the site is or how one gets in; a far address waits for the office."""
    visit, _technician = _mine(user, body)
    fields = {
        name: text_in(body, name, longest=longest)
        for name, longest in (
            ("street", 120), ("unit", 40), ("city", 60), ("state", 2), ("postal_code", 10),
            ("gate_code", 40), ("access_notes", 2000),
        )
        if name in body
    }  # fmt: skip
    done = customers.correct_site(visit.job.site_id, seen_version=_version_in(body), now=now, **fields)
    return _answer(visit, sentence=done.sentence)


def _mine(user: User, body: Body) -> tuple[Visit, Technician]:
    """The visit among those of this technician; somebody else's is as good as unknown."""
    visit = Visit.objects.visible_to(user).filter(uuid=uuid_in(body, "visit")).select_related("job").first()
    technician = Technician.objects.filter(user=user).first()
    if visit is None or technician is None:
        raise NotPossible(_("This visit is not yours (any more). Nothing was changed; call the office."))
    return visit, technician


def _of_kind(body: Body, name: str, kind: str, *, longest: int) -> str:
    """The value under the name, or under the name for what was done: forms show one of the two."""
    return text_in(body, name, longest=longest) or text_in(body, f"{name}_{kind}", longest=longest)


def _ounces(body: Body, prefix: str = "") -> Decimal:
    """Pounds and ounces together; refuses less than nothing."""
    pounds = number_in(body, f"{prefix}pounds") or Decimal(0)
    ounces = number_in(body, f"{prefix}ounces") or Decimal(0)
    if pounds < 0 or ounces < 0:
        raise NotPossible(
            _("Pounds and ounces cannot be negative. Nothing was saved."), field=f"{prefix}pounds"
        )
    return pounds * OUNCES_IN_POUND + ounces


def _cylinder_in(body: Body, kind: str) -> int | None:
    """The cylinder that was chosen, None where none was."""
    if not (chosen := _of_kind(body, "cylinder", kind, longest=40)):
        return None
    found = Cylinder.objects.filter(uuid=uuid_in({"cylinder": chosen}, "cylinder"))
    cylinder_id = found.values_list("pk", flat=True).first()
    if cylinder_id is None:
        raise NotPossible(_("There is no such cylinder."), field="cylinder")
    return cylinder_id


def _taken_out(body: Body) -> dict[UUID, str]:
    """What was said of each unit of a change-out."""
    said = {}
    for name in body:
        if name.startswith(TAKEN_OUT):
            uuid = uuid_in({"unit": name.removeprefix(TAKEN_OUT)}, "unit")
            said[uuid] = text_in(body, name, longest=40)
    return said


def _version_in(body: Body) -> int:
    """The version that the phone showed; one that says none was read before anything."""
    return int(number_in(body, "version") or 0)


def _answer(visit: Visit, **more: Any) -> Body:
    return {
        "root": str(Reference("job", visit.job.uuid)),
        "visit": str(visit.uuid),
        "state": visit.state,
        "version": visit.version,
        **more,
    }
