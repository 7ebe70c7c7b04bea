"""Customer lists in the shapes in which other systems export them."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.reading import UnreadableFile, guess_columns, read_list, read_table

JOBBER = (
    "First Name,Last Name,Company Name,Main Phone #s,Mobile Phone #s,E-mails,Billing Street 1,"
    "Billing Street 2,"
    "Billing City,Billing State,Billing Zip,Property Street 1,Property Street 2,Property City,Property State,"
    "Property Zip,Lead Source,Tags,Archived\n"
    'Ann,Lowe,,512-232-4455,"512-232-4456, 512-232-4457",ann@lowe.example,1 Oak St,,Austin,TX,78701,'
    "9 Elm St,,"
    "Austin,TX,78702,,,false\n"
    "Old,Client,,512-232-9999,,,2 Oak St,,Austin,TX,78701,,,,,,,,true\n"
)
SERVICETITAN = (
    "Customer ID,Customer Name,Type,Do Not Service,Billing Street,Billing Unit,Billing City,Billing State,"
    "Billing Zip,Location ID,Location Name,Street,Unit,City,State,Zip,Phone Number,Email\n"
    "77,Pat Nunez,Residential,No,4 Pine Rd,,Mesa,AZ,85201,900,Home,4 Pine Rd,,Mesa,AZ,85201,480-232-1111,\n"
    "77,Pat Nunez,Residential,No,4 Pine Rd,,Mesa,AZ,85201,901,Cabin,8 Lake Dr,,Payson,AZ,85541,,\n"
    "78,Lee Chu,Residential,No,6 Pine Rd,,Mesa,AZ,85201,902,Home,6 Pine Rd,,Mesa,AZ,85201,480-232-2222,\n"
)
DESKTOP = (
    "!CUST\tNAME\tREFNUM\tBADDR1\tBADDR2\tBADDR3\tSADDR1\tSADDR2\tPHONE1\tHIDDEN\n"
    "CUST\tLisa Hall\t1\tLisa Hall\t11 Monroe Way\tAustin, TX 78701\t\t\t512-232-4455\tN\n"
    "CUST\tLisa Hall:Rental\t2\tLisa Hall\t11 Monroe Way\tAustin, TX 78701\t5 County Rd 204\t"
    "Austin, TX 78702\t\tN\n"
    "CUST\tGone Away\t3\tGone Away\t8 Oak St\tAustin, TX 78701\t\t\t512-232-7777\tY\n"
)


def read(text, name="list.csv", encoding="utf-8"):
    return read_list(text.encode(encoding) if isinstance(text, str) else text, name)


def test_a_jobber_list_gives_both_addresses_every_number_and_no_archived_client():
    found = read(JOBBER)
    [ann] = found.rows
    assert [(door.number, door.street, door.zip5) for door in ann.record.doors] == [
        ("1", "oak", "78701"),
        ("9", "elm", "78702"),
    ]
    assert ann.record.phones == {"+15122324455", "+15122324456", "+15122324457"}
    assert [(row.line, row.why) for row in found.left_out] == [(3, "archived")]


def test_the_locations_of_a_servicetitan_customer_are_one_customer():
    found = read(SERVICETITAN)
    assert [(row.line, row.external_id) for row in found.rows] == [(2, "77"), (4, "78")]
    assert {door.street for door in found.rows[0].record.doors} == {"pine", "lake"}
    assert [(row.line, row.why, row.parent_line) for row in found.left_out] == [(3, "location", 2)]


def test_a_job_gives_its_address_to_its_customer_and_hidden_ones_stay_out():
    found = read(DESKTOP, "list.iif")
    [lisa] = found.rows
    assert {door.street for door in lisa.record.doors} == {"monroe", "cr 204"}
    assert [(row.line, row.why) for row in found.left_out] == [(3, "job"), (4, "archived")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found_out(encoding, delimiter):
    rows = [["Name", "Phone", "City"], ["Zoë Muñoz", "512-232-4455", "Austin"], ["Al Roe", "", "Elgin"]]
    text = "\n".join(delimiter.join(row) for row in rows)
    [zoe, al] = read(text, encoding=encoding).rows
    assert (zoe.name, zoe.record.people[0].last, zoe.record.phones) == (
        "Zoë Muñoz",
        "munoz",
        {"+15122324455"},
    )
    assert al.line == 3


def test_rows_are_counted_in_lines_even_after_a_cell_with_line_breaks():
    text = 'Name,Notes,Phone\n"Ann Lowe","two\nlines",512-232-4455\n\nBob Roe,,512-232-4456\n'
    assert [row.line for row in read(text).rows] == [2, 5]


def test_a_zip_that_lost_its_zero_or_became_a_number_is_whole_again_and_a_rounded_phone_is_none():
    text = (
        "Name,Street,City,State,Zip,Phone\nAl Roe,1 Oak St,Boston,MA,2134,4.04E+09\n"
        "Bo Roe,2 Oak St,Boston,MA,2134.0,\nCy Roe,3 Oak St,Boston,MA,02134-1234,\nTOTAL,,,,,\n"
    )
    found = read(text)
    assert [row.record.doors[0].zip5 for row in found.rows] == ["02134"] * 3
    assert found.rows[0].record.phones == frozenset()
    assert [(row.line, row.why) for row in found.left_out] == [(5, "totals")]


def test_columns_without_telling_names_are_known_by_what_stands_in_them():
    text = "A,B,C,D\n" + "".join(
        f"{name} Lowe,512-232-44{at}5,{at} Oak Street,a{at}@lowe.example\n"
        for at, name in enumerate(("Ann", "Bob", "Cleo", "Dan"))
    )
    said = guess_columns(read_table(text.encode()).columns, read_table(text.encode()).rows).meanings
    assert said == {"A": "name", "B": "phone", "C": "street@", "D": "email"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"PK\x03\x04....", "excel"),
        (b"%PDF-1.7", "pdf"),
        (b"<html><body>", "html"),
        (b"a\x00\x01\x02bcdefghij" * 9, "binary"),
        (b"colour,size\nred,4\nblue,5\n", "no_customer_columns"),
        (b"Name,Phone\n", "no_customers"),
        (b"!TRNS\tDATE\tAMOUNT\nTRNS\t1\t2\n", "no_customers_heading"),
    ],
)
def test_a_file_that_is_no_list_of_customers_says_what_it_is(data, code, tmp_path):
    with pytest.raises(UnreadableFile) as refused:
        read_list(data, "list.csv")
    assert refused.value.code == code
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    with pytest.raises(CommandError, match=r"list\.csv: [a-zA-Z].{10,}\.$"):
        call_command("match_customers", str(path), stdout=io.StringIO(), stderr=io.StringIO())


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200) | st.text(alphabet='Name,;\n"\t! 0123456789abc@.-é', max_size=200).map(str.encode)
)
def test_no_bytes_at_all_fail_in_another_way(data):
    with suppress(UnreadableFile):
        read_list(data, "x")


def test_the_command_writes_one_row_a_pair_and_says_what_was_left_out(tmp_path):
    (tmp_path / "jobber.csv").write_text(JOBBER)
    (tmp_path / "other.csv").write_text(
        "Name,Phone,Address,City,State,Zip\nLOWE ANN,(512) 232-4455,1 Oak Street,Austin,TX,78701.0\n"
        "Pat Roe,512-232-8888,77 Elm St,Austin,TX,78701\n"
    )
    out, said = tmp_path / "pairs.csv", io.StringIO()
    files = [str(tmp_path / name) for name in ("jobber.csv", "other.csv")]
    call_command("match_customers", *files, out=str(out), stdout=io.StringIO(), stderr=said)
    [pair] = list(csv.DictReader(out.open()))
    assert (pair["file_a"], pair["row_a"], pair["file_b"], pair["row_b"]) == (
        "jobber.csv",
        "2",
        "other.csv",
        "2",
    )
    assert pair["band"] == "auto"
    assert float(pair["score"]) >= 0.99
    assert "phone same +60" in pair["reasons"]
    assert "1 archived or inactive (row 3)" in said.getvalue()
    written = io.StringIO()
    call_command("match_customers", *files, json=True, stdout=written, stderr=io.StringIO())
    assert [one["band"] for one in json.loads(written.getvalue())["pairs"]] == ["auto"]


def test_a_file_that_is_not_there_is_a_sentence():
    with pytest.raises(CommandError, match="cannot be opened"):
        call_command("match_customers", "/nowhere/list.csv", stdout=io.StringIO(), stderr=io.StringIO())
