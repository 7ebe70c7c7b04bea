"""Field and office change the same customer: the table of who owns what decides, and both values are kept."""

from __future__ import annotations

import uuid

import pytest

from customers import actions
from fsm.attribution import attributed
from fsm.inbox import receive
from fsm.models import Outcome, Review
from fsm.ownership import DOORS, OWNERS, Door, Owner, Verdict, facts, verdict
from fsm.reviews import approve_review, reject_review
from fsm.states import NotPossible, Stale
from tests.factories import instant

NOW = instant()
OLD, OFFICE, FIELD = "+15125550142", "+15125550177", "+15125550188"


@pytest.fixture
def lisa(make_customer):
    return make_customer(
        name="Lisa Hall", phone="5125550142", site={"city": "Austin", "postal_code": "78701"}
    )


def numbers(customer):
    return list(customer.contact.phones.order_by("pk").values_list("e164", flat=True))


def office_changes(contact, by, number=OFFICE):
    contact.refresh_from_db()
    with attributed(user=by, source="office"):
        return actions.edit_contact(
            contact.pk, version=contact.version, name=contact.name, is_primary=True, phones=[number]
        )


def field_changes(contact, seen, by, number="(512) 555-0188"):
    with attributed(user=by, source="technician"):
        return actions.correct_contact(
            contact.pk, seen_version=seen, old_phone=OLD, new_phone=number, now=NOW
        )


def test_a_correction_from_the_field_lands_on_the_same_customer(lisa, tess):
    assert field_changes(lisa.contact, lisa.contact.version, tess).waits is None
    assert numbers(lisa) == [FIELD]
    assert lisa.contact.phones.get().history.latest().source == "technician"


def test_office_first_then_field_the_office_holds_and_the_field_waits(lisa, casey, tess):
    seen = lisa.contact.version
    office_changes(lisa.contact, casey)
    waits = field_changes(lisa.contact, seen, tess).waits
    assert numbers(lisa) == [OFFICE]
    assert (waits.before["Phones"], waits.after["Phones"]) == (
        "(512) 555-0177",
        "(512) 555-0177, (512) 555-0188",
    )
    assert waits.asked_by_id == tess.pk


def test_field_first_then_office_the_office_sees_both_before_it_holds(lisa, casey, tess):
    seen = lisa.contact.version
    field_changes(lisa.contact, seen, tess)
    with attributed(user=casey), pytest.raises(Stale):
        actions.edit_contact(
            lisa.contact.pk, version=seen, name="Lisa Hall", is_primary=True, phones=[OFFICE]
        )
    assert numbers(lisa) == [FIELD]
    office_changes(lisa.contact, casey)
    assert numbers(lisa) == [OFFICE]
    kept = lisa.contact.phones.model.history.filter(contact_id=lisa.contact.pk)
    assert {OLD, FIELD, OFFICE} == set(kept.values_list("e164", flat=True))


def test_another_fact_changed_meanwhile_is_no_conflict(lisa, casey, tess):
    seen = lisa.contact.version
    with attributed(user=casey):
        actions.edit_contact(lisa.contact.pk, version=seen, name="Elisabeth Hall", is_primary=True)
    assert field_changes(lisa.contact, seen, tess).waits is None
    assert numbers(lisa) == [FIELD]


def test_a_decision_writes_or_leaves_and_an_old_one_is_refused(lisa, casey, tess, marcus):
    seen = lisa.contact.version
    office_changes(lisa.contact, casey)
    first = field_changes(lisa.contact, seen, tess).waits
    office_changes(lisa.contact, casey, "+15125550199")
    with pytest.raises(Stale):
        approve_review(first.pk, by=marcus, version=first.version, now=NOW)
    reject_review(first.pk, by=marcus, version=first.version, because="They called.", now=NOW)
    second = field_changes(lisa.contact, seen, tess).waits
    approve_review(second.pk, by=marcus, version=second.version, now=NOW)
    assert FIELD in numbers(lisa)


@pytest.mark.parametrize("number", ["", "12", "call me", "(512) 555-0101 or (512) 555-0102"])
def test_what_is_no_number_changes_nothing(lisa, tess, number):
    with pytest.raises(NotPossible):
        field_changes(lisa.contact, lisa.contact.version, tess, number)
    assert numbers(lisa) == [OLD]


# Sites -----------------------------------------------------------------------------------------------


def correct_site(site, seen, **fields):
    return actions.correct_site(site.pk, seen_version=seen, now=NOW, **fields)


def test_a_site_that_the_office_moved_meanwhile_keeps_the_office_s_address(lisa, tess, casey, marcus):
    site, seen = lisa.site, lisa.site.version
    with attributed(user=casey):
        actions.edit_site(site.pk, version=seen, now=NOW, street="9 Elm St")
    waits = correct_site(site, seen, street="11 Elm St").waits
    site.refresh_from_db()
    assert (site.street, waits.after["Street"]) == ("9 Elm St", "11 Elm St")
    approve_review(waits.pk, by=marcus, version=waits.version, now=NOW)
    site.refresh_from_db()
    assert site.street == "11 Elm St"


def test_gate_codes_never_stand_in_the_queue(lisa, casey):
    site, seen = lisa.site, lisa.site.version
    with attributed(user=casey):
        actions.edit_site(site.pk, version=seen, now=NOW, gate_code="1111")
    waits = correct_site(site, seen, gate_code="2222").waits
    assert "2222" not in str(waits.after) + str(waits.before) + waits.title


# Every door ------------------------------------------------------------------------------------------


def by_phone(job, tess, site, postal_code, city):
    body = {"visit": str(job.visit.uuid), "version": str(site.version), "city": city,
            "postal_code": postal_code, "street": site.street, "state": "TX", "unit": site.unit}  # fmt: skip
    done = receive(tess, uuid.uuid4(), "site.correct", body)
    assert done.outcome == Outcome.APPLIED, done.sentence
    return done.answer["sentence"]


def test_from_the_phone_a_near_address_holds_and_a_far_one_waits(make_job, lisa, tess):
    job = make_job(customer=lisa, technician=tess)
    assert "Saved" in by_phone(job, tess, lisa.site, "78664", "Round Rock")
    lisa.site.refresh_from_db()
    assert lisa.site.city == "Round Rock"
    assert "proposal" in by_phone(job, tess, lisa.site, "75201", "Dallas")
    lisa.site.refresh_from_db()
    assert lisa.site.city == "Round Rock"
    assert Review.objects.waiting().get().asked_by_id == tess.pk


def test_the_phone_s_page_corrects_and_says_what_became_of_it(make_job, lisa, tess, tess_client):
    job = make_job(customer=lisa, technician=tess)
    page = tess_client.get(f"/phone/visits/{job.visit.uuid}/correct/")
    assert page.status_code == 200
    form = {"once": str(uuid.uuid4()), "contact": lisa.contact.uuid, "version": lisa.contact.version,
            "name": "Lisa Hall", "old_phone": OLD, "new_phone": "512 555 0188"}  # fmt: skip
    done = tess_client.post(f"/phone/visits/{job.visit.uuid}/do/contact.correct/", form, follow=True)
    assert "Saved on the customer" in done.content.decode()
    assert numbers(lisa) == [FIELD]


def test_somebody_else_s_customer_cannot_be_corrected(make_job, make_customer, lisa, tess):
    job, other = make_job(customer=lisa, technician=tess), make_customer()
    body = {"visit": str(job.visit.uuid), "contact": str(other.contact.uuid), "version": "1", "name": "X"}
    assert receive(tess, uuid.uuid4(), "contact.correct", body).outcome == Outcome.REFUSED


# The table -------------------------------------------------------------------------------------------


def test_every_fact_says_who_owns_it_and_what_holds():
    table = facts()
    assert len(table) >= 15
    assert len({fact.key for fact in table}) == len(table)
    assert all(fact.owner in OWNERS and set(fact.doors) <= set(DOORS) and str(fact.rule) for fact in table)


def test_late_words_are_judged_by_owner_and_door():
    for fact in facts():
        for door in Door:
            late = verdict(fact.key, door, conflicts=True)
            if door not in fact.doors:
                assert late is Verdict.REFUSE
            elif door is Door.FIELD:
                assert late is (Verdict.APPLY if fact.owner is Owner.FIELD else Verdict.PROPOSE)
            else:
                assert late is Verdict.SHOW_BOTH
            assert door not in fact.doors or verdict(fact.key, door, conflicts=False) is Verdict.APPLY


@pytest.mark.parametrize("client", ["olivia_client", "casey_client", "tess_client", "bea_client"])
def test_everybody_can_read_the_table(request, client):
    page = request.getfixturevalue(client).get("/ownership/")
    assert page.status_code == 200
    assert "the office decides" in page.content.decode() or "holds" in page.content.decode()
