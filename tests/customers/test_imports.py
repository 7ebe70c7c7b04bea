from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError
from django.urls import reverse

from customers.actions import imports, merge_customers
from customers.import_rules import DECIDABLE
from customers.import_wording import codes, sentence
from customers.models import (
    Contact,
    Customer,
    CustomerNote,
    ExternalId,
    ImportBatch,
    ImportRow,
    PhoneNumber,
    RowOutcome,
    Site,
)
from customers.states import ImportState
from fsm import clock
from fsm.attribution import attributed
from fsm.states import NotPossible

from .test_quickbooks_customers_file import EXPORT, iif, row

MODELS = (Customer, Contact, PhoneNumber, Site, CustomerNote, ExternalId)

ANGELA = row()
BO = row(
    NAME="Bo Diaz", REFNUM="1001", FIRSTNAME="Bo", LASTNAME="Diaz", SADDR1="9 Oak St", PHONE1="404-232-1234"
)
LAKE = row(
    NAME="Angela Dawson:Lake house", REFNUM="5000", SADDR1="955 Lakeshore Dr", SADDR2="Kearny, AZ 85237"
)


@pytest.fixture(autouse=True)
def _company(branch: Any) -> None:
    """There is a company with a branch."""


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was put off for a worker."""
    calls: list[Any] = []
    monkeypatch.setattr(imports, "enqueue", lambda function, **kwargs: calls.append((function, kwargs)))
    return calls


def read(*rows: str) -> ImportBatch:
    return imports.read_import(iif(*rows), file_name="list.iif")


def run(batch: ImportBatch) -> ImportBatch:
    imports.start_import(batch.pk)
    imports.run_import(batch_id=batch.pk)
    batch.refresh_from_db()
    return batch


def outcomes(batch: ImportBatch) -> list[str]:
    return list(batch.rows.order_by("line").values_list("outcome", flat=True))


def counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in MODELS}


# The whole export


@pytest.fixture
def whole_export() -> bytes:
    if not EXPORT.exists():
        pytest.skip(f"the sample export is not beside this repository ({EXPORT.name})")
    return EXPORT.read_bytes()


def test_the_whole_export_comes_in_once_and_every_row_is_accounted_for(whole_export):
    started = time.monotonic()
    batch = imports.read_import(whole_export, file_name=EXPORT.name)
    assert Customer.objects.count() == 0
    run(batch)
    taken = time.monotonic() - started
    assert taken < 30
    assert batch.state == ImportState.DONE
    assert outcomes(batch) == [RowOutcome.IMPORTED] * 1013
    assert counts() == {
        "Customer": 994,
        "Contact": 994,
        "PhoneNumber": 971 - 18,  # eighteen jobs repeat their customer's number
        "Site": 1013,
        "CustomerNote": 116 - 2,  # two jobs repeat their customer's note
        "ExternalId": 1013,
    }
    assert Customer.objects.filter(do_not_service=True, do_not_service_reason="unpaid 2024").count() == 119
    assert Site.objects.filter(gate_code="4471").count() == 121
    assert Site.objects.filter(name="Lake house", customer__name="Nicole Huber").exists()


def test_the_whole_export_a_second_time_changes_nothing(whole_export):
    run(imports.read_import(whole_export, file_name=EXPORT.name))
    before = counts()
    again = imports.read_import(whole_export, file_name="again.iif")
    assert set(outcomes(again)) == {RowOutcome.UNCHANGED}
    with pytest.raises(NotPossible):
        imports.start_import(again.pk)
    assert counts() == before


def test_the_whole_export_can_be_taken_back_and_brought_in_again(whole_export):
    batch = run(imports.read_import(whole_export, file_name=EXPORT.name))
    imports.take_back_import(batch.pk)
    assert set(counts().values()) == {0}
    assert set(outcomes(batch)) == {RowOutcome.TAKEN_BACK}
    run(batch)
    assert Customer.objects.count() == 994
    assert set(outcomes(batch)) == {RowOutcome.IMPORTED}


# What a row becomes


def test_a_customer_comes_with_contact_phones_site_note_and_its_name_in_quickbooks():
    run(
        read(
            row(
                NAME="DAWSON, ANGELA (2)",
                PHONE1="325.997.3145 / wife 900 048 1089",
                NOTEPAD="gate code 4471; two systems",
            )
        )
    )
    customer = Customer.objects.get()
    site, contact = customer.sites.get(), customer.contacts.get()
    assert (customer.name, customer.first_name, customer.last_name) == ("Angela Dawson", "Angela", "Dawson")
    assert (customer.terms, customer.is_taxable, customer.billing_street) == (
        "Net 15",
        True,
        "5111 Indian Trail Rd",
    )
    assert (site.street, site.city, site.postal_code, site.gate_code) == (
        "5111 Indian Trail Rd",
        "Llano",
        "78643",
        "4471",
    )
    assert site.match_key
    first, second = contact.phones.order_by("-is_primary")
    assert (first.e164, first.digits, first.doubt, first.is_primary) == (
        "+13259973145",
        "3259973145",
        "",
        True,
    )
    assert (second.label, second.is_primary) == ("wife", False)
    assert second.doubt
    assert customer.notes.get().body == "two systems"
    assert customer.external_ids.get().name == "DAWSON, ANGELA (2)"


def test_a_site_keeps_the_clock_of_where_it_stands():
    run(read(ANGELA, LAKE))
    assert set(Site.objects.values_list("time_zone", flat=True)) == {"America/Chicago", "America/Phoenix"}


def test_a_job_before_its_customer_in_the_file_still_finds_it():
    run(read(LAKE, ANGELA))
    customer = Customer.objects.get()
    assert set(customer.sites.values_list("name", flat=True)) == {"", "Lake house"}


def test_a_job_in_a_later_file_finds_the_customer_of_an_earlier_one():
    run(read(ANGELA))
    later = read(LAKE)
    assert outcomes(later) == [RowOutcome.HELD]
    imports.release_row(later.rows.get().pk)
    run(later)
    assert outcomes(later) == [RowOutcome.IMPORTED]
    assert Customer.objects.get().sites.count() == 2


def test_a_job_brings_only_the_number_that_its_customer_lacks():
    run(read(ANGELA, LAKE.replace("325.997.3145", "325.997.3145 / 404-232-1234")))
    phones = PhoneNumber.objects.order_by("pk")
    assert [(phone.e164, phone.label) for phone in phones] == [
        ("+13259973145", ""),
        ("+14042321234", "Lake house"),
    ]


def test_terms_that_are_not_said_are_the_company_s():
    from fsm.company import the_company

    company = the_company()
    company.default_terms = "Net 45"
    company.save()
    run(read(row(TERMS="")))
    assert Customer.objects.get().terms == "Net 45"


def test_a_number_that_cannot_be_dialled_stays_as_a_note():
    run(read(row(PHONE1="555-1234")))
    assert PhoneNumber.objects.count() == 0
    assert "555-1234" in CustomerNote.objects.get().body


# Again, and changed


def test_a_changed_row_is_held_with_what_differs_and_nothing_is_changed():
    run(read(ANGELA, BO))
    again = read(ANGELA.replace("325.997.3145", "325.997.0000"), BO)
    held, same = again.rows.order_by("line")
    assert (held.outcome, same.outcome) == (RowOutcome.HELD, RowOutcome.UNCHANGED)
    assert "PHONE1" in held.reason
    assert held.customer == Customer.objects.get(name="Angela Dawson")
    assert PhoneNumber.objects.filter(e164="+13259973145").exists()


def test_a_known_name_under_another_number_is_held():
    run(read(ANGELA))
    again = read(ANGELA.replace("\t1000\t", "\t2000\t"))
    assert outcomes(again) == [RowOutcome.HELD]
    assert "1000" in again.rows.get().reason


def test_two_previews_of_one_file_bring_it_in_once():
    first, second = read(ANGELA), read(ANGELA)
    run(first)
    run(second)
    assert Customer.objects.count() == 1
    assert outcomes(second) == [RowOutcome.UNCHANGED]


def test_running_twice_brings_in_nothing_twice():
    batch = run(read(ANGELA, LAKE))
    imports.run_import(batch_id=batch.pk)
    assert (Customer.objects.count(), Site.objects.count()) == (1, 2)


def test_a_crash_in_the_middle_loses_nothing_and_doubles_nothing(monkeypatch, queued):
    batch = read(ANGELA, BO, LAKE)
    imports.start_import(batch.pk)
    imports.import_next_rows(batch.pk, limit=1)

    def crash(*args: Any, **kwargs: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(imports, "update_each_with_history", crash)
        with pytest.raises(SystemExit):
            imports.run_import(batch_id=batch.pk)
    assert outcomes(batch) == [RowOutcome.IMPORTED, RowOutcome.READY, RowOutcome.READY]
    imports.run_import(batch_id=batch.pk)
    assert set(outcomes(batch)) == {RowOutcome.IMPORTED}
    assert (Customer.objects.count(), Site.objects.count()) == (2, 3)


def test_a_row_that_the_database_refuses_is_held_and_the_others_come_in(monkeypatch):
    batch = read(ANGELA, BO)
    original = imports._bring_in

    def refuse(rows: list[ImportRow], batch: ImportBatch, **more: object) -> None:
        if any(one.label == "Angela Dawson" for one in rows):
            raise IntegrityError("some constraint")
        original(rows, batch, **more)

    monkeypatch.setattr(imports, "_bring_in", refuse)
    run(batch)
    assert outcomes(batch) == [RowOutcome.HELD, RowOutcome.IMPORTED]
    assert batch.state == ImportState.DONE


def test_an_unforeseen_error_fails_the_import_aloud_and_it_can_go_on(monkeypatch):
    batch = read(ANGELA)
    with monkeypatch.context() as patched:
        patched.setattr(imports, "_bring_in", lambda rows, batch, **more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(batch)
    batch.refresh_from_db()
    assert batch.state == ImportState.FAILED
    assert "ZeroDivisionError" in batch.problem
    run(batch)
    assert batch.state == ImportState.DONE


def test_an_import_that_stands_still_is_queued_again(queued):
    batch = read(ANGELA)
    imports.start_import(batch.pk)
    queued.clear()
    assert imports.resume_stalled_imports(now=clock.now()) == 0
    assert imports.resume_stalled_imports(now=clock.now() + timedelta(minutes=10)) == 1
    assert queued == [(imports.run_import, {"tier": "analytical", "batch_id": batch.pk})]


# Decisions


def test_a_held_row_comes_in_when_a_person_says_so():
    batch = imports.read_import(iif(ANGELA, BO, end=""), file_name="cut.iif")
    assert outcomes(batch) == [RowOutcome.READY, RowOutcome.HELD]
    run(batch)
    imports.release_row(batch.rows.get(label="Bo Diaz").pk)
    run(batch)
    assert outcomes(batch) == [RowOutcome.IMPORTED, RowOutcome.IMPORTED]


def test_a_double_name_comes_in_when_a_person_says_so():
    batch = read(ANGELA, row(REFNUM="1001"))
    imports.release_row(batch.rows.get(external_id="1001").pk)
    run(batch)
    assert Customer.objects.filter(name="Angela Dawson").count() == 2


def test_a_row_without_a_name_cannot_be_released():
    batch = read(ANGELA, row(NAME="", REFNUM="1001"))
    with pytest.raises(NotPossible):
        imports.release_row(batch.rows.get(line=5).pk)


def test_a_row_may_be_left_out_with_a_reason():
    batch = read(ANGELA, BO)
    imports.skip_row(batch.rows.get(label="Bo Diaz").pk, because="Moved away")
    run(batch)
    assert outcomes(batch) == [RowOutcome.IMPORTED, RowOutcome.SKIPPED]
    assert batch.rows.get(label="Bo Diaz").reason == "Moved away"


# Taking back


def test_what_was_hung_on_an_imported_customer_keeps_it():
    batch = run(read(ANGELA, BO, LAKE))
    CustomerNote.objects.create(customer=Customer.objects.get(name="Angela Dawson"), body="Called")
    imports.take_back_import(batch.pk)
    assert outcomes(batch) == [RowOutcome.KEPT, RowOutcome.TAKEN_BACK, RowOutcome.TAKEN_BACK]
    assert list(Customer.objects.values_list("name", flat=True)) == ["Angela Dawson"]
    kept = Customer.objects.get()
    assert (kept.sites.count(), kept.contacts.count()) == (1, 1)
    assert "depends" in batch.rows.order_by("line").first().reason


def test_a_row_of_an_upper_app_keeps_what_it_refers_to():
    from tests.factories import UnitFactory

    batch = run(read(ANGELA, BO))
    UnitFactory(site=Site.objects.get(customer__name="Bo Diaz"))
    imports.take_back_import(batch.pk)
    assert outcomes(batch) == [RowOutcome.TAKEN_BACK, RowOutcome.KEPT]
    assert Customer.objects.get().name == "Bo Diaz"


def test_what_a_person_changed_since_is_kept_and_names_them():
    batch = run(read(ANGELA, BO))
    with attributed(source="office", actor_name="Casey Nolan"):
        site = Site.objects.get(customer__name="Angela Dawson")
        site.gate_code = "9"
        site.save()
    imports.take_back_import(batch.pk)
    assert outcomes(batch) == [RowOutcome.KEPT, RowOutcome.TAKEN_BACK]
    assert "Casey Nolan" in batch.rows.order_by("line").first().reason


def test_taking_back_one_file_leaves_the_other_alone():
    first, second = run(read(ANGELA)), run(read(BO))
    imports.take_back_import(second.pk)
    assert list(Customer.objects.values_list("name", flat=True)) == ["Angela Dawson"]
    assert outcomes(first) == [RowOutcome.IMPORTED]


def test_a_later_file_forgets_what_was_taken_back():
    first = run(read(ANGELA))
    later = read(ANGELA)
    assert later.rows.get().customer is not None
    imports.take_back_import(first.pk)
    assert later.rows.get().customer is None


def test_a_preview_cannot_be_taken_back():
    with pytest.raises(NotPossible):
        imports.take_back_import(read(ANGELA).pk)


# History


def test_everything_that_an_import_does_says_so():
    with attributed(source="office", actor_name="Casey Nolan"):
        batch = run(read(row(NOTEPAD="two systems"), LAKE))
        imports.take_back_import(batch.pk)
    for model in (*MODELS, ImportRow, ImportBatch):
        history = model.history.all()
        assert history.exists()
        for past in history:
            assert (past.source, past.batch, past.actor_name) == ("import", batch.uuid, "Casey Nolan"), model
            assert "list.iif" in past.history_change_reason
    assert set(Customer.history.values_list("history_type", flat=True)) == {"+", "-"}


def test_the_file_is_kept_as_it_came():
    batch = read(ANGELA)
    with batch.file.open("rb") as kept:
        assert kept.read() == iif(ANGELA)


# Wording


def test_every_code_has_a_sentence_without_holes():
    rules = Path(imports.__file__).parents[1]
    written = "".join(
        path.read_text()
        for pattern in ("import_*.py", "quickbooks_file.py", "actions/import*.py")
        for path in rules.glob(pattern)
        if path.name != "import_wording.py"
    )
    for code in codes():
        stem = code.removeprefix("address_").removeprefix("phone_")
        assert (
            f'"{stem}"' in written + (rules / "addresses.py").read_text() + (rules / "phones.py").read_text()
        ), code
        assert "%(" not in sentence(code, [])
    assert codes() >= DECIDABLE


# Pages


def upload(client: Any, data: bytes, name: str = "list.iif") -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return client.post(reverse("customers:read-import"), {"file": SimpleUploadedFile(name, data)})


def test_the_office_reads_a_file_sees_its_rows_brings_it_in_and_takes_it_back(casey_client, queued):
    answer = upload(casey_client, iif(ANGELA, BO, row(NAME="", REFNUM="7")))
    batch = ImportBatch.objects.get()
    assert answer.status_code == 302
    assert answer.url == reverse("customers:import", args=[batch.pk])
    page = casey_client.get(answer.url)
    assert page.status_code == 200
    assert "Angela Dawson" in page.content.decode()
    assert casey_client.post(reverse("customers:start-import", args=[batch.pk])).status_code == 302
    ((function, kwargs),) = queued
    progress = casey_client.get(reverse("customers:import-progress", args=[batch.pk]))
    assert "<progress" in progress.content.decode()
    function(batch_id=kwargs["batch_id"])
    done = casey_client.get(
        reverse("customers:import-progress", args=[batch.pk]), headers={"HX-Request": "true"}
    )
    assert done.headers["HX-Refresh"] == "true"
    assert casey_client.get(answer.url).status_code == 200
    assert Customer.objects.count() == 2
    assert casey_client.post(reverse("customers:take-back-import", args=[batch.pk])).status_code == 302
    assert Customer.objects.count() == 0
    assert casey_client.get(reverse("customers:imports")).status_code == 200


@pytest.mark.parametrize("show", ["", "ready", "held", "skipped", "remarks", "imported", "kept", "nonsense"])
def test_the_rows_can_be_narrowed_down(casey_client, show):
    batch = read(ANGELA, row(NAME="", REFNUM="7"))
    page = casey_client.get(reverse("customers:import", args=[batch.pk]), {"show": show, "q": "Angela"})
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"PK\x03\x04[Content_Types]", "Excel"),
        (b"Name,Phone,City,State\r\n", "no customers"),
        (iif(ANGELA, BO)[:-40], "stops in the middle of line 5"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence_and_nothing_is_kept(casey_client, data, said):
    answer = upload(casey_client, data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert ImportBatch.objects.count() == 0


def test_an_upload_over_the_limit_is_refused_before_it_is_read(casey_client, settings):
    settings.UPLOAD_LIMIT = 2**20
    answer = upload(casey_client, iif(ANGELA) + b" " * 2**20)
    assert answer.status_code == 413
    assert "1 MB" in answer.content.decode()
    assert ImportBatch.objects.count() == 0


def test_no_file_at_all_is_asked_for(casey_client):
    assert casey_client.post(reverse("customers:read-import"), {}).status_code == 422


def test_a_refused_start_says_why(casey_client, queued):
    batch = read(row(NAME="", REFNUM="7"))
    answer = casey_client.post(reverse("customers:start-import", args=[batch.pk]))
    assert answer.status_code == 409


def test_a_row_is_decided_on_its_page(casey_client):
    batch = imports.read_import(iif(ANGELA, BO, end=""), file_name="cut.iif")
    held = batch.rows.get(label="Bo Diaz")
    page = casey_client.get(reverse("customers:import", args=[batch.pk]), {"show": "held"})
    assert reverse("customers:release-row", args=[held.pk]) in page.content.decode()
    assert casey_client.post(reverse("customers:release-row", args=[held.pk])).status_code == 302
    assert (
        casey_client.post(reverse("customers:skip-row", args=[held.pk]), {"because": "Moved"}).status_code
        == 302
    )
    held.refresh_from_db()
    assert (held.outcome, held.reason) == (RowOutcome.SKIPPED, "Moved")


def test_a_dispatcher_may_not_import(dana_client):
    assert dana_client.get(reverse("customers:imports")).status_code == 403


@pytest.mark.parametrize("rows", [1, 20])
def test_a_page_of_rows_costs_the_same_for_one_or_twenty(casey_client, django_assert_num_queries, rows):
    batch = read(*(row(NAME=f"A{n} B", REFNUM=str(n), SADDR1=f"{n} Oak St") for n in range(1, rows + 1)))
    casey_client.get(reverse("customers:imports"))  # the first page renews the session
    with django_assert_num_queries(6):  # session, user, batch with counts, rows counted, rows, company
        casey_client.get(reverse("customers:import", args=[batch.pk]))


@pytest.mark.parametrize("files", [1, 20])
def test_the_list_of_imports_costs_the_same_for_one_or_twenty(casey_client, django_assert_num_queries, files):
    for _number in range(files):
        read(ANGELA)
    casey_client.get(reverse("customers:imports"))  # the first page renews the session
    with django_assert_num_queries(5):  # session, user, counted, imports with counts, company
        casey_client.get(reverse("customers:imports"))


def test_what_a_merge_moved_stays_with_whom_it_was_moved_to(make_customer):
    batch = run(read(ANGELA))
    made, survivor = Customer.objects.get(), make_customer()
    merge_customers(survivor.pk, made.pk, now=clock.now())
    imports.take_back_import(batch.pk)
    assert survivor.contacts.count() == survivor.sites.count() == 2
    assert outcomes(batch) == [RowOutcome.KEPT]
