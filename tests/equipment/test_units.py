from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from hypothesis import given
from hypothesis import strategies as st

from equipment import actions, certificates
from equipment.actions import CircuitFields
from equipment.ages import age_in_years
from equipment.models import Circuit, Maker, Refrigerant, RefrigerantRecord, Unit, pounds_and_ounces
from fsm.references import Reference
from fsm.states import NotPossible, Stale
from tests.factories import RefrigerantFactory, TechnicianCertificateFactory, UserFactory, instant

NOW = instant()


@pytest.fixture
def r410a(db):
    RefrigerantFactory(designation="R-22", kind="HCFC")
    return RefrigerantFactory(designation="R-410A")


@pytest.fixture
def install(make_customer, r410a):
    site = make_customer().site

    def unit(**fields):
        values = {
            "site_id": site.pk,
            "category": "air_conditioner",
            "maker": "Carrier",
            "serial": "3416e12345",
            "circuits": [CircuitFields("1", "R-410A", Decimal(112))],
        }
        return actions.install_unit(**(values | fields))

    return unit


@pytest.fixture
def record(install, tess):
    unit = install()

    def added(**fields):
        values = {
            "uuid": uuid.uuid4(),
            "circuit_id": unit.circuits.get().pk,
            "kind": "added",
            "ounces": Decimal(20),
            "technician_id": tess.pk,
            "happened_at": NOW,
            "now": NOW,
        }
        return actions.record_refrigerant(**(values | fields))

    added.unit = unit
    return added


# Units ----------------------------------------------------------------------------------------------


def test_the_house_starts_with_the_refrigerants_and_makers_and_says_so_in_history(db):
    Refrigerant.objects.all().delete()
    Maker.objects.all().delete()
    import_module("equipment.migrations.0002_refrigerants_and_makers").fill(apps, None)
    blend = Refrigerant.objects.get(designation="R-454B")
    assert (blend.safety_class, blend.gwp, blend.has_regulated_hfc) == ("A2L", Decimal("465.00"), True)
    assert Refrigerant.objects.count() == 61
    assert Maker.objects.filter(name="Trane").exists()
    assert blend.history.latest().source == "migration"


def test_a_unit_is_installed_with_its_circuits_once(install):
    key = uuid.uuid4()
    first, second = install(uuid=key), install(uuid=key)
    assert first == second
    assert (first.serial, first.maker.name) == ("3416E12345", "Carrier")
    assert [(c.refrigerant.designation, c.full_charge_oz) for c in first.circuits.all()] == [
        ("R-410A", Decimal(112))
    ]


def test_a_maker_is_known_whatever_the_case(install):
    assert install(maker="CARRIER").maker == install(maker=" carrier ").maker
    assert install(maker="Frostwerk").maker.name == "Frostwerk"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"circuits": [("1", "R-999", None)]}, "not a refrigerant"),
        ({"circuits": [("1", "R-22", None), ("1", "R-22", None)]}, "same label"),
        ({"circuits": [("1", "R-22", Decimal(0))]}, "more than nothing"),
        ({"tons": Decimal(-3)}, "more than nothing"),
    ],
)
def test_a_plate_that_cannot_be_is_refused_and_nothing_is_kept(install, fields, words):
    with pytest.raises(NotPossible, match=words):
        install(**fields)
    assert not Unit.objects.exists()


def test_a_date_without_a_source_came_from_the_owner(install):
    assert install(installed_on=date(2015, 6, 1)).date_known_by == "owner"
    assert install(date_known_by="plate").date_known_by == "unknown"


def test_an_edit_from_an_old_page_is_refused(install):
    unit = install()
    actions.edit_unit(unit.pk, version=1, serial="3416E99999")
    with pytest.raises(Stale) as stale:
        actions.edit_unit(unit.pk, version=1, serial="3416E00000")
    assert stale.value.theirs == {"Serial": "3416E99999"}


def test_circuits_are_replaced_by_label_but_one_with_records_keeps_its_refrigerant(record):
    unit = record.unit
    kept = unit.circuits.get().pk
    two = [("1", "R-410A", Decimal(120)), ("2", "R-22", None)]
    actions.edit_unit(unit.pk, version=1, circuits=two)
    assert Circuit.objects.get(label="1").pk == kept
    actions.edit_unit(unit.pk, version=2, circuits=two[:1])
    assert list(unit.circuits.values_list("label", flat=True)) == ["1"]
    record()
    for circuits in ([("1", "R-22", None)], []):
        with pytest.raises(NotPossible, match="has refrigerant records"):
            actions.edit_unit(unit.pk, version=3, circuits=circuits)


def test_a_unit_is_retired_for_a_reason_that_history_keeps(install):
    unit = install()
    with pytest.raises(NotPossible, match="why"):
        actions.retire_unit(unit.pk, because=" ")
    retired = actions.retire_unit(unit.pk, because="Replaced by a heat pump")
    assert retired.status == "retired"
    assert retired.history.latest().history_change_reason == "Replaced by a heat pump"
    with pytest.raises(NotPossible, match="retired cannot become mothballed"):
        actions.mothball_unit(unit.pk, because="?")
    assert actions.return_unit_to_service(unit.pk, because="It was the other one").status == "active"


# Refrigerant ----------------------------------------------------------------------------------------


def test_refrigerant_is_recorded_with_the_certificate_and_the_work(record, tess):
    visit = Reference("visit", uuid.uuid4())
    made = record(work=visit, leak_found=True, note="Flare at the service valve")
    assert (made.technician_name, made.certificate.technician, made.work_uuid) == (
        "Tess Ramirez",
        tess,
        visit.uuid,
    )
    assert str(made) == "Added 1 lb 4 oz"


def test_the_same_record_sent_twice_is_one(record):
    key = uuid.uuid4()
    assert record(uuid=key) == record(uuid=key)
    assert RefrigerantRecord.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_record_sent_twice_at_once_is_one(record, at_once):
    key = uuid.uuid4()
    outcomes = at_once(3, lambda: record(uuid=key).pk)
    assert len({outcome.result for outcome in outcomes}) == 1
    assert RefrigerantRecord.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ounces": Decimal(0)}, "more than nothing"),
        ({"ounces": Decimal(-4)}, "more than nothing"),
        ({"ounces": Decimal("NaN")}, "more than nothing"),
        ({"ounces": Decimal("336.01")}, "more than three times the full charge of 7 lb 0 oz"),
        ({"kind": "spilt"}, "added or recovered"),
        ({"happened_at": NOW + timedelta(minutes=1)}, "time to come"),
    ],
)
def test_an_amount_that_cannot_be_is_refused(record, fields, words):
    with pytest.raises(NotPossible, match=words):
        record(**fields)
    assert not RefrigerantRecord.objects.exists()


def test_three_full_charges_are_the_most_and_without_a_charge_nothing_is_added(record):
    assert record(ounces=Decimal(336)).ounces == 336
    record.unit.circuits.update(full_charge_oz=None)
    assert record(kind="recovered", ounces=Decimal(4000)).ounces == 4000
    with pytest.raises(NotPossible, match="more than any unit holds"):
        record(kind="recovered", ounces=Decimal(90000))
    with pytest.raises(NotPossible, match="full charge is not known"):
        record(ounces=Decimal(20))


def test_a_retired_unit_takes_no_refrigerant(record):
    actions.retire_unit(record.unit.pk, because="Scrapped")
    with pytest.raises(NotPossible, match="retired"):
        record()


def test_a_technician_without_the_certificate_is_refused_by_name(record):
    sam = UserFactory(name="Sam Pruitt", role="technician")
    TechnicianCertificateFactory(technician=sam, kind="type_i")
    with pytest.raises(NotPossible, match=r"Sam Pruitt holds no .*Type II \(high pressure\) or Universal"):
        record(technician_id=sam.pk)


def test_a_certificate_counts_from_its_issue_until_it_is_revoked(record):
    sam = UserFactory(name="Sam Pruitt", role="technician")
    TechnicianCertificateFactory(
        technician=sam, kind="type_ii", issued_on=date(2026, 7, 14), revoked_on=date(2026, 7, 16)
    )
    for day, allowed in ((13, False), (14, True), (15, True), (16, False)):
        fields = {
            "technician_id": sam.pk,
            "happened_at": instant(day=date(2026, 7, day)),
            "now": instant(day=date(2026, 7, 20)),
        }
        if allowed:
            assert record(**fields).certificate.kind == "type_ii"
        else:
            with pytest.raises(NotPossible, match="on that day"):
                record(**fields)


def test_the_day_of_a_certificate_is_the_site_s_day(record):
    sam = UserFactory(role="technician")
    TechnicianCertificateFactory(technician=sam, kind="universal", issued_on=date(2026, 7, 14))
    with pytest.raises(NotPossible):
        record(technician_id=sam.pk, happened_at=instant(4), now=NOW)


def test_a_record_is_struck_out_once_and_stays_readable(record):
    made = record()
    with pytest.raises(NotPossible, match="why"):
        actions.void_refrigerant_record(made.pk, because="", now=NOW)
    struck = actions.void_refrigerant_record(made.pk, because="Logged on the wrong unit", now=NOW)
    assert (struck.voided_at, struck.ounces) == (NOW, made.ounces)
    assert not RefrigerantRecord.objects.in_force().exists()
    with pytest.raises(NotPossible, match="already"):
        actions.void_refrigerant_record(made.pk, because="again", now=NOW)


# Rules ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "pressure", "charge", "kinds"),
    [
        ("air_conditioner", "high", 112, {"type_ii", "universal"}),
        ("air_conditioner", "high", 40, {"type_ii", "universal"}),
        ("rooftop", "", None, {"type_ii", "universal"}),
        ("chiller", "low", 4000, {"type_iii", "universal"}),
        ("chiller", "medium", 4000, {"type_ii", "universal"}),
        ("ice_machine", "high", 80, {"type_i", "universal"}),
        ("ice_machine", "high", 81, {"type_ii", "universal"}),
        ("other", "high", 20, {"type_i", "type_ii", "universal"}),
        ("other", "high", None, {"type_ii", "universal"}),
    ],
)
def test_the_certificate_follows_pressure_and_charge(category, pressure, charge, kinds):
    ounces = None if charge is None else Decimal(charge)
    assert certificates.kinds_for(category, pressure, ounces) == kinds


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.dates(date(1950, 1, 1), date(2100, 1, 1)))
def test_an_age_is_never_negative_and_grows_on_the_anniversary(installed, today):
    age = age_in_years(installed, today)
    assert (age is None) == (installed > today)
    if age is not None:
        assert date(installed.year + age, installed.month, min(installed.day, 28)) <= today
        assert age_in_years(None, today) is None


@given(st.decimals(min_value=Decimal("0.01"), max_value=Decimal(99999), places=2))
def test_pounds_and_ounces_say_the_same_amount(ounces):
    words = pounds_and_ounces(ounces).split()
    amounts = dict(zip(words[1::2], words[::2], strict=True))
    assert Decimal(amounts.get("lb", 0)) * 16 + Decimal(amounts["oz"]) == ounces
