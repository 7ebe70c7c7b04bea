from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.import_meaning import Proposed, fingerprint
from customers.import_rules import read_notes
from customers.import_whole import interpret_all
from customers.quickbooks_file import (
    LARGEST_FILE,
    MOST_ROWS,
    WrongFile,
    check_size,
    read_iif_customers,
    sniff,
)

EXPORT = Path(__file__).parents[3] / "shared" / "data" / "imports" / "quickbooks_desktop_customers.iif"

HEADING = (
    "!CUST\tNAME\tREFNUM\tBADDR1\tBADDR2\tBADDR3\tSADDR1\tSADDR2\tPHONE1\tCTYPE\tTERMS\tTAXABLE\tNOTEPAD\t"
    "COMPANYNAME\tFIRSTNAME\tLASTNAME\tHIDDEN"
)
COLUMNS = HEADING.split("\t")[1:]


def row(**cells: str) -> str:
    values = {
        "NAME": "Angela Dawson", "REFNUM": "1000", "BADDR1": "Angela Dawson",
        "BADDR2": "5111 Indian Trail Rd",
        "BADDR3": "Llano, TX 78643", "SADDR1": "5111 Indian Trail Rd", "SADDR2": "Llano, TX 78643",
        "PHONE1": "325.997.3145", "CTYPE": "Residential", "TERMS": "Net 15", "TAXABLE": "Y",
        "FIRSTNAME": "Angela", "LASTNAME": "Dawson", **cells,
    }  # fmt: skip
    return "\t".join(["CUST", *(values.get(column, "") for column in COLUMNS)])


def iif(*rows: str, end: str = "\r\n") -> bytes:
    return ("\r\n".join(["!HDR\tPROD", "HDR\tQuickBooks Pro", HEADING, *rows]) + end).encode("cp1252")


def proposals(*rows: str) -> list[Proposed]:
    return interpret_all(read_iif_customers(iif(*rows)).rows)


def codes(proposed: Proposed) -> set[str]:
    return {problem.code for problem in proposed.problems}


def refusal_of(data: bytes, name: str = "list.iif") -> str:
    with pytest.raises(WrongFile) as refused:
        read_iif_customers(data, name)
    return refused.value.code


@pytest.fixture(scope="module")
def export() -> list[Proposed]:
    if not EXPORT.exists():
        pytest.skip(f"the sample export is not beside this repository ({EXPORT.name})")
    return interpret_all(read_iif_customers(EXPORT.read_bytes()).rows)


# The real export


def test_every_row_of_the_export_has_an_outcome(export):
    assert len(export) == 1013
    assert sum(proposed.is_job for proposed in export) == 19
    assert {proposed.outcome for proposed in export} == {"import"}
    assert len({proposed.external_id for proposed in export}) == 1013


def test_every_customer_of_the_export_has_a_name_a_site_and_a_key(export):
    for proposed in export:
        assert proposed.site is not None
        assert proposed.site.address.match_key
        assert proposed.site.address.city
        assert proposed.is_job or (proposed.customer is not None and proposed.customer.name)


def test_accents_of_the_export_survive(export):
    names = {proposed.customer.name for proposed in export if proposed.customer}
    assert {"Pamela López", "Vázquez Law Group", "Dawn Gutiérrez"} <= names


def test_the_export_is_counted_as_it_was_profiled(export):
    counts: dict[str, int] = {}
    for proposed in export:
        for code in codes(proposed):
            counts[code] = counts.get(code, 0) + 1
    assert counts["numbered_name"] == 115
    assert counts["do_not_service"] == 119
    assert counts["no_phone"] == 89
    assert counts["phone_invalid_exchange"] == 9
    assert counts["address_no_zip"] == 7
    assert counts["address_odd_number"] == 5
    assert sum(1 for p in export if p.site and p.site.gate_code == "4471") == 121
    assert sum(1 for p in export if len(p.phones) == 2) == 47
    assert sum(1 for p in export if p.customer and p.customer.kind == "company") == 57


# One row


def test_a_household_takes_its_name_from_first_and_last_name():
    (one,) = proposals(row(NAME="HALL, LISA (4)", FIRSTNAME="Lisa", LASTNAME="Hall"))
    assert one.customer is not None
    assert (one.customer.kind, one.customer.name, one.source_name) == (
        "household",
        "Lisa Hall",
        "HALL, LISA (4)",
    )
    assert "numbered_name" in codes(one)


def test_a_company_keeps_its_accents_and_its_person_becomes_the_contact():
    (one,) = proposals(
        row(
            NAME="Vázquez Law Group",
            COMPANYNAME="Vazquez Law Group",
            CTYPE="Commercial",
            FIRSTNAME="Thomas",
            LASTNAME="Vázquez",
        )
    )
    assert one.customer is not None
    assert one.contact is not None
    assert (one.customer.kind, one.customer.name, one.contact.name) == (
        "company",
        "Vázquez Law Group",
        "Thomas Vázquez",
    )


def test_terms_and_tax_come_along():
    (one,) = proposals(row(TERMS="Net 30", TAXABLE="N"))
    assert one.customer is not None
    assert (one.customer.terms, one.customer.taxable) == ("Net 30", False)


@pytest.mark.parametrize(
    ("text", "gate_code", "reason", "access", "rest"),
    [
        ("gate code 4471", "4471", None, "", ""),
        ("Gate: #4471*", "#4471*", None, "", ""),
        ("DO NOT SERVICE - unpaid 2024", "", "unpaid 2024", "", ""),
        ("unpaid 2024, do not service", "", "unpaid 2024", "", ""),
        ("DO NOT SERVICE", "", "", "", ""),
        ("dog in yard", "", None, "dog in yard", ""),
        ("two systems, 3 ton upstairs", "", None, "", "two systems, 3 ton upstairs"),
        ("gate code 4471; two systems", "4471", None, "", "two systems"),
        ("gate sticks in winter", "", None, "gate sticks in winter", ""),
    ],
)
def test_a_note_goes_where_it_belongs(text, gate_code, reason, access, rest):
    notes = read_notes(text)
    assert (notes.gate_code, notes.access, notes.rest) == (gate_code, access, rest)
    assert notes.do_not_service == (reason is not None)
    assert notes.reason == (reason or "")


@pytest.mark.parametrize(("written", "meant"), [("net 30", "Net 30"), ("", ""), ("2% 10 Net 30", "")])
def test_terms_that_nobody_here_offers_are_left_to_the_company(written, meant):
    (one,) = proposals(row(TERMS=written))
    assert one.customer is not None
    assert one.customer.terms == meant
    assert ("terms_unknown" in codes(one)) == (written == "2% 10 Net 30")


def test_a_cell_longer_than_its_place_holds_the_row():
    (one,) = proposals(row(SADDR1="12 " + "x" * 200))
    assert one.outcome == "hold"
    assert "too_long" in codes(one)


def test_a_refusal_to_serve_always_has_a_reason():
    (one,) = proposals(row(NOTEPAD="DO NOT SERVICE"))
    assert one.customer is not None
    assert one.customer.do_not_service
    assert one.customer.do_not_service_reason


def test_the_same_row_has_the_same_fingerprint_whenever_it_was_touched():
    values = {"NAME": "A", "TIMESTAMP": "1", "PHONE1": "404 232 1234", "REP": ""}
    assert fingerprint(values) == fingerprint({**values, "TIMESTAMP": "2", "LIMIT": ""})
    assert fingerprint(values) != fingerprint({**values, "PHONE1": "404 232 1235"})


def test_a_job_is_a_further_site_of_its_customer():
    parent, job = proposals(
        row(),
        row(
            NAME="Angela Dawson:Lake house",
            REFNUM="5000",
            SADDR1="955 Lakeshore Dr",
            SADDR2="Kearny, AZ 85237",
        ),
    )
    assert job.customer is None
    assert (job.parent_name, job.outcome) == ("Angela Dawson", "import")
    assert job.site is not None
    assert (job.site.label, job.site.address.street) == ("Lake house", "955 Lakeshore Dr")
    assert job.phones == ()
    assert parent.site is not None


def test_a_job_without_its_customer_is_held():
    (job,) = proposals(row(NAME="Nobody:Lake house"))
    assert job.outcome == "hold"
    assert codes(job) == {"parent_missing"}


def test_a_job_that_refuses_service_alone_is_held():
    _parent, job = proposals(row(), row(NAME="Angela Dawson:Shop", REFNUM="5000", NOTEPAD="do not service"))
    assert job.outcome == "hold"


def test_a_row_without_a_name_is_held_and_a_totals_row_is_skipped():
    nameless, totals = proposals(row(NAME=""), row(NAME="Total", REFNUM=""))
    assert nameless.outcome == "hold"
    assert totals.outcome == "skip"


def test_an_inactive_customer_is_skipped():
    (one,) = proposals(row(HIDDEN="Y"))
    assert one.outcome == "skip"


def test_the_same_number_twice_is_held_the_second_time():
    first, second = proposals(row(), row(NAME="Somebody Else", FIRSTNAME="Somebody", LASTNAME="Else"))
    assert (first.outcome, second.outcome) == ("import", "hold")
    assert "same_refnum" in codes(second)


def test_rows_that_look_alike_are_both_imported_and_the_second_says_so():
    first, second = proposals(
        row(), row(NAME="Angela Dawson (2)", REFNUM="1001", SADDR1="5111 INDIAN TRAIL ROAD")
    )
    assert (first.outcome, second.outcome) == ("import", "import")
    assert "looks_like" not in codes(first)
    assert "looks_like" in codes(second)


def test_a_twin_of_somebody_not_to_be_served_says_so():
    _first, second = proposals(
        row(NOTEPAD="DO NOT SERVICE - unpaid"), row(NAME="Angela Dawson (2)", REFNUM="1001")
    )
    assert "twin_do_not_service" in codes(second)


def test_neighbours_with_other_names_do_not_look_alike():
    _first, second = proposals(
        row(),
        row(
            NAME="Bo Diaz",
            REFNUM="1001",
            FIRSTNAME="Bo",
            LASTNAME="Diaz",
            SADDR1="5113 Indian Trail Rd",
            PHONE1="",
        ),
    )
    assert "looks_like" not in codes(second)


def test_a_town_that_only_one_row_spells_so_is_pointed_out():
    rows = [row(NAME=f"A{n} B", REFNUM=str(n), SADDR1=f"{n} Oak St") for n in range(1, 6)]
    found = proposals(*rows, row(NAME="C D", REFNUM="9", SADDR1="9 Oak St", SADDR2="Lalno, TX 78643"))
    assert "city_spelled_otherwise" in codes(found[-1])
    assert "city_spelled_otherwise" not in codes(found[0])


def test_spoilt_accents_are_repaired_and_said():
    one, _other = proposals(row(LASTNAME="LÃ³pez", NAME="Angela LÃ³pez"), row(NAME="Bo Díaz", REFNUM="1001"))
    assert one.customer is not None
    assert one.customer.name == "Angela López"
    assert "mojibake" in codes(one)


def test_a_utf_8_file_is_read_as_utf_8():
    text = iif(row(NAME="Angela López", LASTNAME="López")).decode("cp1252")
    read = read_iif_customers(text.encode("utf-8"))
    assert read.encoding == "utf-8"
    assert read.rows[0].get("LASTNAME") == "López"


def test_bytes_that_no_encoding_knows_hold_the_row():
    data = iif(row(LASTNAME="L@pez")).replace(b"L@pez", b"L\x81pez")
    (one,) = interpret_all(read_iif_customers(data).rows)
    assert one.outcome == "hold"
    assert "unreadable" in codes(one)


# The file


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"PK\x03\x04 something", "zip"),
        (b"PK\x03\x04 [Content_Types].xml", "excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "excel"),
        (b"%PDF-1.7", "pdf"),
        (b"\xff\xfe!\x00C\x00U\x00S\x00T\x00", "utf16"),
        ("!CUST\tNAME".encode("utf-16-le"), "utf16"),
        (b"<!DOCTYPE html><html>", "html"),
        (b"\x89PNG\r\n", "picture"),
        (b"Name,Phone,Street,City\r\nA,B,C,D\r\n", "csv"),
        (b"hello there", "not_iif"),
        (b"!HDR\tPROD\r\nHDR\tQuickBooks\r\n!VEND\tNAME\r\nVEND\tAcme\r\n", "no_customers_heading"),
        (b"!HDR\tPROD\r\nCUST\tAngela\r\n", "no_heading"),
        (b"!CUST\tREFNUM\r\nCUST\t1\r\n", "no_name_column"),
        (b"!CUST\tNAME\r\n", "no_customers"),
    ],
)
def test_a_file_that_is_no_customer_list_is_refused_for_its_own_reason(data, code):
    assert refusal_of(data) == code


def test_a_truncated_file_is_refused_with_the_line():
    whole = iif(row(), row(NAME="Bo Diaz", REFNUM="1001"))
    with pytest.raises(WrongFile) as refused:
        read_iif_customers(whole[:-60])
    assert (refused.value.code, refused.value.details["line"]) == ("truncated", "5")


def test_a_last_row_without_its_line_end_is_held_because_it_may_be_cut():
    whole = iif(row(), row(NAME="Bo Diaz", REFNUM="1001"), end="")
    first, last = interpret_all(read_iif_customers(whole).rows)
    assert (first.outcome, last.outcome) == ("import", "hold")


def test_a_row_split_by_a_line_break_is_held_with_the_stray_line():
    broken = row(NOTEPAD="gate code\r\n4471")
    found = proposals(broken, row(NAME="Bo Diaz", REFNUM="1001"))
    assert [proposed.outcome for proposed in found] == ["hold", "hold", "import"]


def test_other_lists_in_the_file_are_counted_and_left_out():
    read = read_iif_customers(iif(row(), "!VEND\tNAME", "VEND\tAcme", "VEND\tBolt"))
    assert (len(read.rows), dict(read.other_rows)) == (1, {"VEND": 2})


def test_a_column_nobody_reads_is_named_when_it_holds_something():
    data = b"!CUST\tNAME\tLIMIT\tREP\r\nCUST\tAngela\t500\t\r\n"
    assert read_iif_customers(data).unused_columns == ("LIMIT",)


def test_quotes_around_a_cell_are_not_part_of_it():
    (one,) = read_iif_customers(iif(row(SADDR1='"12 Main St, Apt 4"'))).rows
    assert one.get("SADDR1") == "12 Main St, Apt 4"


def test_a_list_longer_than_any_office_has_is_refused():
    many = b"!CUST\tNAME\r\n" + b"CUST\tA\r\n" * (MOST_ROWS + 1)
    assert refusal_of(many) == "too_many_rows"


def test_a_file_larger_than_any_list_is_refused_by_its_size_alone():
    check_size(LARGEST_FILE)
    with pytest.raises(WrongFile) as refused:
        sniff(b"!CUST", size=200 * 1024 * 1024)
    assert (refused.value.code, refused.value.details["size"]) == ("too_large", "200")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_at_all_make_reading_fail_otherwise_than_with_a_refusal(data):
    for whole in (data, iif(row()) + data, HEADING.encode() + b"\r\nCUST\t" + data):
        try:
            read = read_iif_customers(whole)
        except WrongFile:
            continue
        found = interpret_all(read.rows)
        assert [proposed.line for proposed in found] == [source.line for source in read.rows]


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=40)))
def test_no_cells_at_all_make_a_row_without_an_outcome(cells):
    clean = {
        name: value.translate(dict.fromkeys(map(ord, "\t\r\n\x00"), " ")) for name, value in cells.items()
    }
    data = ("\r\n".join([HEADING, row(**clean)]) + "\r\n").encode("utf-8", "replace")
    for proposed in interpret_all(read_iif_customers(data).rows):
        assert proposed.outcome in {"import", "hold", "skip"}
