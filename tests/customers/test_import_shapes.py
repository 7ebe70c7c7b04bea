from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from customers import import_shapes as shapes
from customers.actions import import_alike, imports
from customers.actions.records import add_customer, add_phone, edit_customer
from customers.models import (
    Contact,
    Customer,
    ExternalId,
    ImportBatch,
    ImportMapping,
    ImportRow,
    MatchKey,
    PhoneNumber,
    RowOutcome,
    Site,
)
from customers.states import ImportState
from fsm import clock
from fsm.models import Review
from fsm.states import NotPossible

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "imports"

HOUSECALL = (
    "Display Name,First Name,Last Name,Company,Email,Mobile Number,Home Number,Work Number,"
    "Address_1 Street Line 1,Address_1 Street Line 2,Address_1 City,Address_1 State,Address_1 Zip,"
    "Address_2 Street Line 1,Address_2 Street Line 2,Address_2 City,Address_2 State,Address_2 Zip,"
    "Notes,Tags,Do not service,Lead source"
)
ANA = "Ana Ruiz,Ana,Ruiz,,ana.ruiz@example.com,(512) 232-1234,,,12 Oak St,# C,Austin,TX,78704,,,,,,,,false,"
BEN = "Ben Cole,Ben,Cole,,,512-232-7788,,,40 Elm Ave,,Austin,TX,78704,,,,,,,,false,"
SERVICETITAN = (
    "Customer ID,Customer Name,Type,Do Not Service,Billing Street,Billing Unit,Billing City,Billing State,"
    "Billing Zip,Location ID,Location Name,Street,Unit,City,State,Zip,Phone Number,Email"
)


@pytest.fixture(autouse=True)
def _company(branch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a company with a branch; nothing is put off for a worker."""
    monkeypatch.setattr(imports, "enqueue", lambda *args, **kwargs: None)


def read(text: str | bytes, *lines: str, name: str = "list.csv") -> ImportBatch:
    data = text if isinstance(text, bytes) else "\r\n".join([text, *lines, ""]).encode()
    return imports.read_import(data, file_name=name)


def confirmed(text: str | bytes, *lines: str, **columns: str) -> ImportBatch:
    batch = read(text, *lines)
    assert batch.state == ImportState.MAPPING
    return imports.confirm_columns(batch.pk, columns={**batch.columns, **columns})


def run(batch: ImportBatch) -> ImportBatch:
    imports.start_import(batch.pk)
    imports.run_import(batch_id=batch.pk)
    batch.refresh_from_db()
    return batch


def row(batch: ImportBatch, line: int) -> ImportRow:
    return batch.rows.get(line=line)


def outcomes(batch: ImportBatch) -> dict[str, int]:
    return dict(Counter(batch.rows.values_list("outcome", flat=True)))


def codes(one: ImportRow) -> set[str]:
    return {problem["code"] for problem in one.problems}


# Shapes


def test_a_housecall_list_brings_names_numbers_two_addresses_tags_and_refusals():
    batch = run(
        confirmed(
            HOUSECALL,
            '"RUIZ, ANA",Ana,Ruiz,,"ana.ruiz@example.com; ana@work.example.com",(512) 232-1234,512.232.5678,,'
            "12 Oak St,# C,Austin,TX,78704.0,900 Lake Dr,,Kyle,TX,78640,"
            'likes mornings,"plan member, VIP",true,Radio',
        )
    )
    assert (batch.system, outcomes(batch)) == ("housecall_pro", {"imported": 1})
    customer = Customer.objects.get()
    assert (customer.name, customer.first_name, customer.last_name) == ("Ana Ruiz", "Ana", "Ruiz")
    assert (customer.tags, customer.lead_source) == (["plan member", "VIP"], "Radio")
    assert customer.do_not_service
    assert customer.do_not_service_reason
    assert {(site.street, site.unit, site.postal_code) for site in customer.sites.all()} == {
        ("12 Oak St", "#C", "78704"),
        ("900 Lake Dr", "", "78640"),
    }
    contact = customer.contacts.get()
    assert {(phone.e164, phone.label) for phone in contact.phones.all()} == {
        ("+15122321234", "cell"),
        ("+15122325678", "home"),
    }
    assert {email.address for email in contact.emails.all()} == {
        "ana.ruiz@example.com",
        "ana@work.example.com",
    }
    assert customer.notes.get().body == "likes mornings"
    assert MatchKey.objects.filter(customer=customer).exists()


def test_a_quickbooks_online_list_with_lost_zeros_lost_digits_and_a_total():
    batch = run(
        confirmed(
            "Full Name,Company,Email,Phone,Mobile,Fax,Website,Street,City,State,ZIP code,Country,"
            "Opening Balance,Opening Balance Date,Resale Number",
            "Kofi Mensah,,kofi@example.com,4.04E+09,(401) 331-1432,,,6 Chestnut St,Hartford,CT,6105,,0,,",
            "Total Comfort Supply,Total Comfort,,404-232-1234,,,,9 Main St,Atlanta,GA,30309,,0.00,,R-77",
            "TOTAL,,,,,,,,,,,,440.18,,",
            ",,,,,,,,,,,,,,",
        )
    )
    kofi, comfort, total = batch.rows.order_by("line")
    assert codes(kofi) >= {"phone_rounded", "address_zip_lost_zero"}
    assert kofi.customer.sites.get().postal_code == "06105"
    assert [phone.e164 for phone in PhoneNumber.objects.filter(contact__customer=kofi.customer)] == [
        "+14013311432"
    ]
    assert "4.04E+09" in kofi.customer.notes.get().body
    assert (comfort.customer.name, comfort.customer.kind) == ("Total Comfort", "company")
    assert (comfort.customer.is_taxable, comfort.customer.tax_certificate) == (False, "R-77")
    assert (total.outcome, codes(total)) == (RowOutcome.SKIPPED, {"totals_row"})


def test_a_quickbooks_contact_list_with_jobs_terms_and_inactive_customers():
    batch = run(
        confirmed(
            "Active Status,Customer,Balance,Company,First Name,M.I.,Last Name,Main Phone,Alt. Phone,"
            "Main Email,"
            "Bill to 1,Bill to 2,Bill to 3,Ship to 1,Ship to 2,Ship to 3,Customer Type,Terms,Sales Tax Code",
            "Active,Ana Ruiz,0.00,,Ana,,Ruiz,512-232-1234 / wife 512-232-9999,,,Ana Ruiz,12 Oak St,"
            '"Austin, TX 78704",,,,Residential,net 30 days,Tax',
            'Active,Ana Ruiz:Lake house,0.00,,,,,,,,,,,Ana Ruiz,900 Lake Dr,"Kyle, TX 78640",,,',
            'Not-active,Old Sam,0.00,,Sam,,Old,,,,,1 Elm St,"Austin, TX 78704",,,,,,',
        )
    )
    assert (batch.system, outcomes(batch)) == ("quickbooks_desktop", {"imported": 2, "skipped": 1})
    customer = Customer.objects.get()
    assert customer.terms == "Net 30"
    assert set(customer.sites.values_list("name", "street")) == {
        ("", "12 Oak St"),
        ("Lake house", "900 Lake Dr"),
    }
    assert set(customer.contacts.get().phones.values_list("label", flat=True)) == {"", "wife"}


def test_a_jobber_list_with_billing_and_property_and_the_archived_left_out():
    batch = run(
        confirmed(
            "Client ID,First Name,Last Name,Company Name,Main Phone #s,Mobile Phone #s,E-mails,"
            "Billing Street 1,"
            "Billing Street 2,Billing City,Billing State,Billing Zip,Property Street 1,Property Street 2,"
            "Property City,Property State,Property Zip,Lead Source,Tags,Archived",
            "J1,John & Mary,Smith,,512-232-1234,,j@example.com,PO Box 9,,Austin,TX,78701,12 Oak St,"
            "Apt 4,Austin,TX,78704,Referral,vip,No",
            "J2,Old,Sam,,,,,,,,,,1 Elm St,,Austin,TX,78704,,,2021-03-04",
        )
    )
    assert (batch.system, outcomes(batch)) == ("jobber", {"imported": 1, "skipped": 1})
    customer = Customer.objects.get()
    assert customer.billing_street == "PO Box 9"
    assert (customer.sites.get().street, customer.sites.get().unit) == ("12 Oak St", "Apt 4")
    assert set(Contact.objects.values_list("name", flat=True)) == {"John Smith", "Mary Smith"}
    assert ExternalId.objects.get().external_id == "J1"


def test_locations_of_one_servicetitan_customer_become_their_sites_whenever_they_come():
    first = (
        "77,Oak Grove HOA,Commercial,No,1 Main St,,Austin,TX,78701,L1,Clubhouse,12 Oak St,,Austin,TX,78704,"
        "512-232-1234,"
    )
    batch = run(
        confirmed(
            SERVICETITAN,
            first,
            "77,Oak Grove HOA,Commercial,No,1 Main St,,Austin,TX,78701,L2,Pool,14 Oak St,,Austin,TX,78704,,",
        )
    )
    assert outcomes(batch) == {"imported": 2}
    customer = Customer.objects.get()
    assert (customer.kind, customer.billing_street) == ("company", "1 Main St")
    assert set(customer.sites.values_list("name", flat=True)) == {"Clubhouse", "Pool"}
    later = run(
        confirmed(
            SERVICETITAN,
            "77,Oak Grove HOA,Commercial,No,1 Main St,,Austin,TX,78701,L3,Gym,16 Oak St,,Austin,TX,78704,,",
            first,
        )
    )
    assert outcomes(later) == {"imported": 1, "unchanged": 1}
    assert (Customer.objects.count(), Site.objects.count()) == (1, 3)
    imports.take_back_import(later.pk)
    imports.take_back_import(batch.pk)
    assert (Customer.objects.count(), Site.objects.count(), ExternalId.objects.count()) == (0, 0, 0)


def test_a_bizpro_list_is_known_by_its_columns():
    batch = run(
        confirmed(
            "Company,Customer Name,Address,City,State,ZIP,Phone",
            ",Ana Ruiz,12 Oak St,Austin,TX,78704,5122321234",
        )
    )
    assert (batch.system, Customer.objects.get().name, Site.objects.get().city) == (
        "hvacbizpro",
        "Ana Ruiz",
        "Austin",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_list_is_read_whatever_its_encoding_and_delimiter(encoding, delimiter):
    lines = [
        ["Customers of 2026"],
        ["Client", "Telephone", "Street", "Town", "State", "ZIP", "Remarks", "Colour"],
        ["José Núñez", "512-232-1234", "12 Oak St", "Austin", "TX", "78704", '"first\nsecond"', "blue"],
        [],
        ["Ben Cole", "512-232-7788", "40 Elm Ave", "Austin", "TX", "78704"],
        ["Cy Dee", "", "41 Elm Ave", "Austin", "TX", "78704", "", "red", "lost?"],
    ]
    text = "\r\n".join(delimiter.join(cells) for cells in lines) + "\r\n"
    batch = read(text.encode(encoding))
    assert batch.columns == {
        "Client": "name",
        "Telephone": "phone",
        "Street": "service.street",
        "Town": "service.city",
        "State": "service.state",
        "ZIP": "service.zip",
        "Remarks": "notes",
        "Colour": "",
    }
    imports.confirm_columns(batch.pk, columns=batch.columns)
    jose, ben, cy = batch.rows.order_by("line")
    assert (jose.label, jose.line, jose.values["Remarks"]) == ("José Núñez", 3, "first\nsecond")
    assert (ben.outcome, codes(ben)) == (RowOutcome.READY, {"cells_missing"})
    assert cy.outcome == RowOutcome.HELD
    assert "lost?" in cy.reason
    imports.release_row(cy.pk)
    assert outcomes(run(batch)) == {"imported": 3}


# Columns


def test_a_mapping_without_a_name_or_with_one_meaning_twice_is_refused_and_keeps_what_was_chosen(
    casey_client,
):
    batch = read("A,B,C", "Ana Ruiz,12 Oak St,Austin")
    address = reverse("customers:confirm-columns", args=[batch.pk])
    page = casey_client.get(reverse("customers:import-columns", args=[batch.pk]))
    assert "Ana Ruiz" in page.content.decode()
    nameless = casey_client.post(address, {"system": "other", "column-1": "service.street"})
    assert nameless.status_code == 422
    assert "who the customer is" in nameless.content.decode()
    assert '<option value="service.street" selected>' in nameless.content.decode()
    twice = casey_client.post(address, {"system": "other", "column-0": "name", "column-1": "name"})
    assert (twice.status_code, ImportRow.objects.count()) == (422, 0)
    chosen = {"system": "other", "column-0": "name", "column-1": "service.street", "column-2": "service.city"}
    assert casey_client.post(address, chosen).url == reverse("customers:import", args=[batch.pk])
    assert batch.rows.get().label == "Ana Ruiz"
    # The next file with these columns knows, and the person can go back.
    assert read("A,B,C", "Ben Cole,1 Elm St,Austin").columns == {
        "A": "name",
        "B": "service.street",
        "C": "service.city",
    }
    assert ImportMapping.objects.get().author_name
    assert casey_client.post(reverse("customers:change-columns", args=[batch.pk])).status_code == 302
    batch.refresh_from_db()
    assert (batch.state, batch.rows.count()) == (ImportState.MAPPING, 0)
    with pytest.raises(NotPossible):
        imports.start_import(batch.pk)


def test_a_long_list_is_read_in_the_background(monkeypatch):
    monkeypatch.setattr(imports, "SOON", 1)
    batch = confirmed(HOUSECALL, ANA, BEN)
    assert (batch.state, batch.rows.count()) == (ImportState.PREPARING, 0)
    with pytest.raises(NotPossible):
        imports.start_import(batch.pk)
    imports.prepare_import(batch_id=batch.pk)
    imports.prepare_import(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.state, outcomes(batch)) == (ImportState.READ, {"ready": 2})


# Cells


@given(st.text(max_size=30))
@settings(max_examples=150, deadline=None)
def test_cleaners_take_any_text_and_have_nothing_left_to_clean(text):
    for clean in (shapes.clean_cell, shapes.clean_zip):
        assert clean(clean(text)) == clean(text)
    assert shapes.tags_of(", ".join(shapes.tags_of(text))) == shapes.tags_of(text)
    shapes.couple_of(text)
    shapes.terms_of(text, ("Net 30",))
    shapes.is_unit(text)


@given(st.integers(min_value=501, max_value=99950), st.sampled_from(["{}", "{}.0", '="{}"', "'{}", " {} "]))
@settings(max_examples=60, deadline=None)
def test_a_zip_survives_what_spreadsheets_do_to_it(number, written):
    assert shapes.clean_zip(written.format(number)).zfill(5) == f"{number:05}"


@pytest.mark.parametrize(
    ("text", "means"),
    [("78704-1234", "78704-1234"), ("787041234", "78704-1234"), ("21341234", "02134-1234"), ("7870A", "")],
)
def test_a_long_zip_has_its_hyphen_and_a_wrong_one_is_none(text, means):
    assert shapes.clean_zip(text) == means


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("NET30", "Net 30"),
        ("30 days", "Net 30"),
        ("Due upon receipt", "Due on receipt"),
        ("2% 10", ""),
        ("COD", "Due on receipt"),
    ],
)
def test_terms_are_known_however_they_are_written(text, means):
    assert shapes.terms_of(text, ("Due on receipt", "Net 15", "Net 30")) == means


# Beside who is on record


@pytest.fixture
def standing() -> Customer:
    return add_customer(
        now=clock.now(),
        kind="household",
        first_name="Ana",
        last_name="Ruiz",
        phones=["512-232-1234"],
        site={"street": "12 Oak St", "unit": "# C", "city": "Austin", "state": "TX", "postal_code": "78704"},
    )


def test_a_row_that_looks_like_a_customer_on_record_is_held_and_linked_by_a_person(standing):
    batch = run(confirmed(HOUSECALL, ANA, BEN))
    held = row(batch, 2)
    assert (held.outcome, codes(held)) == (RowOutcome.HELD, {"like_standing"})
    assert "Ana Ruiz" in held.reason
    assert "phone same" in held.reason
    imports.link_row(held.pk)
    run(batch)
    assert Customer.objects.filter(last_name="Ruiz").get() == standing
    assert standing.contacts.get().emails.get().address == "ana.ruiz@example.com"
    assert (standing.sites.count(), standing.contacts.get().phones.count()) == (1, 1)
    assert outcomes(confirmed(HOUSECALL, ANA, BEN)) == {"unchanged": 2}
    imports.take_back_import(batch.pk)
    assert list(Customer.objects.all()) == [standing]
    assert not standing.contacts.get().emails.exists()
    assert not standing.external_ids.exists()


def test_a_row_that_looks_alike_can_be_a_customer_of_their_own(standing):
    batch = confirmed(HOUSECALL, ANA)
    imports.release_row(row(batch, 2).pk)
    run(batch)
    assert Customer.objects.filter(last_name="Ruiz").count() == 2


def test_who_came_or_changed_after_the_file_was_read_is_compared_when_it_is_started(monkeypatch, standing):
    monkeypatch.setattr(import_alike, "OPEN_AT_MOST", timedelta(0))
    batch = confirmed(HOUSECALL, BEN)
    since = import_alike.since_read(batch)
    assert import_alike.changed_after(since, batch) == set()
    add_phone(standing.contacts.get().pk, number="512-232-9876")
    other = add_customer(
        now=clock.now(), kind="household", first_name="Ben", last_name="Cole", phones=["512-232-7788"]
    )
    assert import_alike.changed_after(since, batch) == {standing.pk, other.pk}
    held = row(run(batch), 2)
    assert (held.outcome, codes(held)) == (RowOutcome.HELD, {"like_standing"})
    assert str(other.uuid) in str(held.problems)


def test_a_row_that_was_held_when_it_was_read_is_compared_once_it_is_released(monkeypatch, standing):
    monkeypatch.setattr(import_alike, "OPEN_AT_MOST", timedelta(0))
    batch = confirmed(HOUSECALL, ANA + ",one cell too many", BEN)
    assert codes(row(batch, 2)) == {"cells_extra"}
    imports.release_row(row(batch, 2).pk)
    assert "like_standing" in codes(row(run(batch), 2))


def test_many_rows_are_decided_at_once_on_the_page(standing, casey_client):
    batch = confirmed(HOUSECALL, ANA, ANA, BEN)
    assert outcomes(batch) == {"held": 2, "ready": 1}
    page = casey_client.get(reverse("customers:import", args=[batch.pk])).content.decode()
    assert "1 row looks like a customer on record." in page
    address = reverse("customers:decide-rows", args=[batch.pk])
    assert casey_client.post(address, {"code": "like_standing", "decision": "link"}).status_code == 302
    assert casey_client.post(address, {"code": "same_identity", "decision": "leave_out"}).status_code == 302
    assert casey_client.post(address, {"code": "like_standing", "decision": "burn"}).status_code == 409
    assert outcomes(run(batch)) == {"imported": 2, "skipped": 1}
    assert Customer.objects.count() == 2


@pytest.mark.parametrize("decision", ["release", "skip"])
def test_what_was_decided_about_a_row_that_is_there_twice_holds_for_the_next_file(decision):
    batch = confirmed(HOUSECALL, ANA, ANA)
    assert codes(row(batch, 3)) == {"same_identity"}
    if decision == "release":
        imports.release_row(row(batch, 3).pk)
    else:
        imports.skip_row(row(batch, 3).pk, because="Typed twice")
    run(batch)
    again = row(confirmed(HOUSECALL, ANA, ANA, BEN), 3)
    expected = {"release": (RowOutcome.UNCHANGED, ""), "skip": (RowOutcome.SKIPPED, "Typed twice")}
    assert (again.outcome, again.reason) == expected[decision]
    third = row(confirmed(HOUSECALL, ANA, ANA.removesuffix("false,") + "false,Radio", BEN), 3)
    assert third.outcome == RowOutcome.HELD  # it says something else now


# Changed since


def test_what_changed_in_the_list_is_shown_field_by_field_and_taken_over_by_choice(casey_client):
    run(confirmed(HOUSECALL, ANA, BEN))
    ana = Customer.objects.get(last_name="Ruiz")
    changed = ANA.replace("12 Oak St,# C", "12 Oak St,# C").replace("(512) 232-1234", "(512) 232-4444")
    again = confirmed(HOUSECALL, changed.removesuffix("false,") + "false,Radio", BEN)
    held = row(again, 2)
    changes = next(problem for problem in held.problems if problem["code"] == "changed_since")["changes"]
    assert {(one["field"], one["theirs"], one["ours"]) for one in changes} == {
        ("lead_source", "Radio", ""),
        ("phones", "(512) 232-4444", ""),
    }
    page = casey_client.get(reverse("customers:import", args=[again.pk]), {"show": "changed"})
    assert "(512) 232-4444" in page.content.decode()
    take = reverse("customers:take-over-row", args=[held.pk])
    assert casey_client.post(take, {}).status_code == 409
    assert casey_client.post(take, {"field": ["lead_source"]}).status_code == 302
    run(again)
    ana.refresh_from_db()
    assert ana.lead_source == "Radio"
    assert not PhoneNumber.objects.filter(e164="+15122324444").exists()
    assert outcomes(again) == {"imported": 1, "unchanged": 1}
    imports.take_back_import(again.pk)
    assert row(again, 2).outcome == RowOutcome.KEPT


def test_ours_is_kept_and_the_same_row_is_no_news_afterwards(casey_client):
    run(confirmed(HOUSECALL, ANA))
    other = ANA.removesuffix("false,") + "false,Radio"
    again = confirmed(HOUSECALL, other)
    assert casey_client.post(reverse("customers:keep-row", args=[row(again, 2).pk])).status_code == 302
    assert row(again, 2).outcome == RowOutcome.UNCHANGED
    assert outcomes(confirmed(HOUSECALL, other)) == {"unchanged": 1}
    assert Customer.objects.get().lead_source == ""


def test_what_the_office_changed_since_the_person_looked_is_shown_again():
    run(confirmed(HOUSECALL, ANA))
    again = confirmed(HOUSECALL, ANA.removesuffix("false,") + "false,Radio")
    imports.take_over_row(row(again, 2).pk)
    ana = Customer.objects.get()
    edit_customer(ana.pk, version=ana.version, lead_source="Neighbor")
    run(again)
    assert row(again, 2).outcome == RowOutcome.HELD
    ana.refresh_from_db()
    assert ana.lead_source == "Neighbor"


def test_an_address_from_a_list_that_moves_a_site_far_waits_while_the_old_one_holds():
    run(confirmed(HOUSECALL, ANA.replace("Ana Ruiz,Ana", "Ana Ruiz,Ana")))
    site = Site.objects.get()
    known = ExternalId.objects.get()
    far = ANA.replace("Austin,TX,78704", "Atlanta,GA,30309")
    batch = confirmed(HOUSECALL, far)
    ImportRow.objects.filter(import_batch=batch).update(
        external_id=known.external_id, outcome="ready", problems=[]
    )
    run(batch)
    imports.take_over_row(row(batch, 2).pk, fields=["site"])
    run(batch)
    site.refresh_from_db()
    assert (row(batch, 2).outcome, site.city) == (RowOutcome.IMPORTED, "Austin")
    assert "waits" in row(batch, 2).reason
    assert Review.objects.filter(kind="site.address").count() == 1


# The page


def test_the_rows_with_remarks_are_a_file_for_a_spreadsheet(casey_client):
    batch = confirmed(HOUSECALL, ANA, "=HYPERLINK(1),,,,,,,,,,,,,,,,,,,,,,", "TOTAL")
    answer = casey_client.get(reverse("customers:import-problems", args=[batch.pk]))
    text = answer.content.decode()
    assert "A totals row" in text
    assert ",=HYPERLINK" not in text
    assert "attachment" in answer["Content-Disposition"]


@pytest.mark.parametrize("rows", [1, 20])
def test_held_rows_cost_the_same_for_one_or_twenty(casey_client, django_assert_num_queries, standing, rows):
    batch = confirmed(HOUSECALL, *([ANA] * rows))
    casey_client.get(reverse("customers:imports"))  # the first page renews the session
    with django_assert_num_queries(6):  # session, user, batch with counts, counted, rows, company
        casey_client.get(reverse("customers:import", args=[batch.pk]))


@pytest.mark.parametrize("columns", [2, 40])
def test_the_columns_cost_the_same_for_few_or_many(casey_client, django_assert_num_queries, columns):
    batch = read(",".join(f"C{n}" for n in range(columns)), ",".join("x" for _n in range(columns)))
    casey_client.get(reverse("customers:imports"))
    with django_assert_num_queries(4):  # session, user, batch, company
        casey_client.get(reverse("customers:import-columns", args=[batch.pk]))


# The command


def command(*args: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("import_customers", *args, stdout=out)
    except CommandError as error:
        return error.returncode, f"{out.getvalue()}{error}"
    return 0, out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text("\n".join([HOUSECALL, ANA, BEN, ""]))
    return path


def test_a_dry_run_says_everything_and_keeps_nothing(file, settings):
    before = set(Path(settings.MEDIA_ROOT).rglob("*.csv"))
    code, said = command(str(file), "--dry-run", "--json")
    told = json.loads(said)
    assert (code, told["outcomes"], told["source"], told["dry_run"]) == (
        0,
        {"ready": 2},
        "housecall_pro",
        True,
    )
    assert (ImportBatch.objects.count(), ImportMapping.objects.count(), Customer.objects.count()) == (0, 0, 0)
    assert set(Path(settings.MEDIA_ROOT).rglob("*.csv")) == before


def test_the_command_imports_and_says_by_its_code_what_is_left_to_do(file, tmp_path, standing):
    code, said = command(str(file))
    assert code == 4
    assert "line 2 Ana Ruiz: Held" in said
    assert Customer.objects.filter(last_name="Cole").exists()
    unclear = tmp_path / "unclear.csv"
    unclear.write_text("A,B\nAna Ruiz,x\n")
    code, said = command(str(unclear))
    assert (code, '"A": ""' in said) == (3, True)
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"A": "name"}')
    assert command(str(unclear), "--source", "other", "--mapping", str(mapping), "--dry-run")[0] == 0
    mapping.write_text('{"Z": "name"}')
    assert command(str(unclear), "--mapping", str(mapping))[0] == 3
    assert command(str(tmp_path / "none.csv"))[0] == 2
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG....")
    assert command(str(picture))[0] == 2


# The samples


def test_the_sample_lists_come_in_one_after_the_other_and_meet_in_one_record():
    if not SAMPLES.exists():
        pytest.skip(f"the sample lists are not beside this repository ({SAMPLES.name})")
    housecall = run(confirmed((SAMPLES / "housecall_customers.csv").read_bytes()))
    assert outcomes(housecall) == {"imported": 556, "held": 42}  # forty-two stand twice in the list
    online = confirmed((SAMPLES / "quickbooks_online_customers.csv").read_bytes())
    alike = online.rows.filter(problems__contains=[{"code": "like_standing"}]).count()
    assert alike >= 60
    assert online.rows.filter(outcome=RowOutcome.SKIPPED).count() == 1  # its total
    assert sum(outcomes(online).values()) == 437
    assert online.rows.filter(problems__contains=[{"code": "address_zip_lost_zero"}]).count() == 18
    assert imports.decide_rows(online.pk, code="like_standing", decision="link") == alike
    run(online)
    ready = online.rows.filter(outcome=RowOutcome.IMPORTED).count()
    assert Customer.objects.count() == 556 + ready - alike
