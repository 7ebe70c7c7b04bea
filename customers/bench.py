"""What it costs to find a customer while somebody types."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.urls import reverse

from fsm.bench import Bench, Result, beside, measure, p95
from fsm.permissions import Role

from .actions import refresh_match_keys
from .matching.proof import apart
from .models import Contact, Customer

COMMON = (
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez",
    "Martinez", "Hernandez", "Lopez", "Gonzalez", "Wilson", "Anderson", "Thomas", "Taylor", "Moore",
    "Jackson", "Martin", "Lee", "Perez", "Thompson", "White", "Harris", "Sanchez", "Clark", "Ramirez",
    "Lewis", "Robinson", "Walker", "Young", "Allen", "King", "Wright", "Scott", "Torres", "Nguyen",
    "Hill", "Flores", "Green", "Adams", "Nelson", "Baker", "Hall",
)  # fmt: skip
FIRST = (
    "James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Elizabeth",
    "William", "Barbara", "Richard", "Susan", "Joseph", "Jessica", "Thomas", "Sarah", "Carlos", "Karen",
    "Daniel", "Lisa", "Matthew", "Nancy", "Anthony", "Betty", "Mark", "Sandra", "Donald", "Ashley",
    "Steven", "Kimberly", "Paul", "Emily", "Andrew", "Donna", "Joshua", "Michelle", "Kenneth", "Carol",
    "Kevin", "Amanda", "Brian", "Melissa", "George", "Deborah",
)  # fmt: skip
ONSETS = (
    "B",
    "Br",
    "C",
    "Ch",
    "D",
    "F",
    "Fr",
    "G",
    "H",
    "K",
    "L",
    "M",
    "N",
    "P",
    "R",
    "S",
    "Sch",
    "St",
    "T",
    "W",
)
MIDDLES = ("a", "ai", "e", "ei", "i", "o", "oo", "u")
CODAS = ("b", "ck", "ld", "ll", "m", "nn", "nd", "r", "rt", "s", "st", "tt", "x", "z", "rn")
ENDINGS = ("", "er", "son", "man", "ez", "ski", "ley", "wood")
STREETS = (
    "Oak", "Elm", "Cedar", "Maple", "Pecan", "Juniper", "Willow", "Lamar", "Congress", "Guadalupe",
    "Burnet", "Manor", "Duval", "Speedway", "Rio", "Grande", "Nueces", "San", "Jacinto", "Trinity",
    "Lavaca", "Colorado", "Brazos", "Riverside", "Oltorf", "Barton", "Spicewood", "Anderson", "Parmer",
    "Braker",
)  # fmt: skip
TOWNS = ("Austin", "Round Rock", "Cedar Park", "Pflugerville", "Georgetown", "Leander", "Kyle", "Buda")

HOUSEHOLDS = """
WITH made AS (
    INSERT INTO customers_customer (uuid, number, kind, name, first_name, last_name, company_name, branch_id,
        billing_street, billing_unit, billing_city, billing_state, billing_postal_code, terms, is_taxable,
        tax_certificate, credit_hold, do_not_service, do_not_service_reason, lead_source, language, tags,
        is_active, version, created_at)
    SELECT gen_random_uuid(), 'B' || n, 'household', l.name || ', ' || f.name, f.name, l.name, '', %(branch)s,
        '', '', '', '', '', 'Due on receipt', true, '', false, false, '', '', 'en', '{}', true, 1, now()
    FROM generate_series(%(first)s, %(count)s) AS n
    JOIN unnest(%(last)s::text[]) WITH ORDINALITY AS l (name, at)
        ON l.at = 1 + (hashint4(n) & 2147483647) %% %(lasts)s
    JOIN unnest(%(given)s::text[]) WITH ORDINALITY AS f (name, at)
        ON f.at = 1 + (hashint4(n + 7919) & 2147483647) %% %(firsts)s
    RETURNING id, first_name, last_name
), people AS (
    INSERT INTO customers_contact
        (uuid, customer_id, name, role, preferred_channel, is_primary, is_active, version)
    SELECT gen_random_uuid(), id, first_name || ' ' || last_name, '', '', true, true, 1 FROM made
    RETURNING id, name
), phones AS (
    INSERT INTO customers_phonenumber
        (contact_id, e164, extension, digits, label, as_given, doubt, verified_how, is_primary)
    SELECT id, '+1' || digits, '', digits, '', digits, '', '', true FROM (
        SELECT id, (ARRAY['512', '737', '830', '254'])[1 + id %% 4]
            || lpad(((hashint8(id) & 2147483647) %% 10000000)::text, 7, '2') AS digits
        FROM people) AS numbered
), mails AS (
    INSERT INTO customers_emailaddress (contact_id, address, verified_how, is_primary)
    SELECT id, lower(replace(name, ' ', '.')) || id %% 97 || '@example.com', '', true FROM people
)
INSERT INTO customers_site (uuid, customer_id, branch_id, name, street, unit, city, state, postal_code,
    match_key, coordinates_quality, address_standing, time_zone, access_notes, gate_code, is_active, version,
    created_at)
SELECT gen_random_uuid(), id, %(branch)s, '', 100 + (hashint8(id) & 8191) || ' ' || s.name || ' '
        || (ARRAY['St', 'Ave', 'Ln', 'Dr'])[1 + id %% 4], '', t.name, 'TX',
    (78600 + id %% 150)::text, '', '', 'as_given', 'America/Chicago', '', '', true, 1, now()
FROM made
JOIN unnest(%(streets)s::text[]) WITH ORDINALITY AS s (name, at)
    ON s.at = 1 + (hashint8(id + 31) & 2147483647) %% %(street_count)s
JOIN unnest(%(towns)s::text[]) WITH ORDINALITY AS t (name, at)
    ON t.at = 1 + (hashint8(id + 17) & 2147483647) %% %(town_count)s
"""
# What people type, and how: each prefix from the second letter on is a request.
TYPED = (
    "johnson",
    "jonson",  # misspelt
    "maria gonz",
    "hernandez carl",
    "schneiderman",
    "512 555",
    "7372",
    "4108 pecan",
    "pecan st georgetown",
    "williams@",
    "nguyen",
    "b4711",
)


def households(bench: Bench) -> int:
    """A hundred thousand households, each with a person, a telephone number, an e-mail address, a house."""
    count = bench.choose(100_000, 3_000)
    make_households(bench, 1, count)
    bench.analyze()
    return count


def make_households(bench: Bench, first: int, count: int) -> None:
    """The households from this number to that, by one statement."""
    rare = [a + b + c + d for a in ONSETS for b in MIDDLES for c in CODAS for d in ENDINGS]
    last = [*COMMON * 120, *bench.random.sample(rare, 4_000)]
    bench.random.shuffle(last)
    bench.say(f"making customers up to the {count:,}th")
    with connection.cursor() as cursor:
        cursor.execute(
            HOUSEHOLDS,
            {
                "first": first,
                "count": count,
                "branch": bench.branch.pk,
                "last": last,
                "lasts": len(last),
                "given": list(FIRST),
                "firsts": len(FIRST),
                "streets": list(STREETS),
                "street_count": len(STREETS),
                "towns": list(TOWNS),
                "town_count": len(TOWNS),
            },
        )


@measure("search", "find a customer while typing, among 100,000")
def search(bench: Bench) -> Iterator[Result]:
    """Suggestions at every key press: our processor time and the database's."""
    bench.once("households", lambda: households(bench))
    client, url = bench.client(Role.OFFICE), reverse("customers:find")
    texts = [text[:length] for text in TYPED for length in range(2, len(text) + 1)]
    found = 0

    def press(number: int) -> None:
        nonlocal found
        answer = client.get(url, {"q": texts[number % len(texts)]}, headers={"hx-request": "true"})
        assert answer.status_code == 200, answer.status_code  # noqa: S101
        found += b"href" in answer.content or b"data-" in answer.content

    timing = bench.time(press, repeats=len(texts) * bench.choose(3, 1), warm=len(texts))
    assert found > len(texts) // 2, f"only {found} searches found anybody"  # noqa: S101
    yield Result("search p95", p95(timing.both), "ms CPU", limit=50, beside=beside(timing, worst=True))


@measure("copies", "see who is on record already before adding a customer, among 100,000")
def copies(bench: Bench) -> Iterator[Result]:
    """What is asked while a form is filled in: keys, candidates, points; our time and the database's."""
    bench.once("households", lambda: households(bench))
    bench.once("match keys", lambda: match_keys(bench))
    client, url = bench.client(Role.OFFICE), reverse("customers:lookalikes")
    people = list(
        Contact.objects.order_by("?").values_list(
            "customer__first_name", "customer__last_name", "phones__digits",
            "customer__sites__street", "customer__sites__city", "customer__sites__postal_code",
        )[:200]
    )  # fmt: skip
    found = 0

    def typed(number: int) -> None:
        nonlocal found
        first, last, phone, street, city, postal_code = people[number % len(people)]
        said = {
            "first_name": first[:1] if number % 3 else first,
            "last_name": last,
            "phones": phone if number % 2 else "",
            "street": street,
            "city": city,
            "state": "TX",
            "postal_code": postal_code,
        }
        answer = client.get(url, said, headers={"hx-request": "true"})
        assert answer.status_code == 200, answer.status_code  # noqa: S101
        found += b"href" in answer.content

    timing = bench.time(typed, repeats=bench.choose(600, 60), warm=20)
    assert found > bench.choose(500, 40), f"only {found} were recognised"  # noqa: S101
    yield Result(
        "copies before adding p95", p95(timing.both), "ms CPU", limit=80, beside=beside(timing, worst=True)
    )


def match_keys(bench: Bench) -> int:
    """The keys of everybody on record."""
    bench.say("making their match keys")
    made = refresh_match_keys(list(Customer.objects.values_list("pk", flat=True)))
    bench.analyze()
    return made


@measure("match_100k", "match 100,000 customers with one another, in a process of its own")
def match_100k(bench: Bench) -> Iterator[Result]:
    """A whole list at once: processor time, memory, and whether what was found is right."""
    batch = apart(bench.choose(100_000, 3_000))
    right = f"precision {batch.auto.precision:.4f} at auto, recall {batch.both.recall:.3f} with review"
    assert batch.auto.precision >= 0.999, right  # noqa: S101
    yield Result("match 100,000", batch.seconds, "s CPU", limit=60, beside=right)
    yield Result("match 100,000, memory", batch.megabytes, "MB", limit=1024)


@measure("import_10k", "bring in a list of 10,000 customers: read it, compare it, insert it")
def import_10k(bench: Bench) -> Iterator[Result]:
    """A whole list from its bytes to its customers, contacts, numbers, sites and keys, in this process."""
    from customers.actions import imports

    count = bench.choose(10_000, 500)
    data = made_list(bench, count)
    branch = bench.branch
    assert branch.pk  # noqa: S101  (an import needs a branch)

    def bring_in(_number: int) -> None:
        batch = imports.read_import(data, file_name="bench.csv")
        imports.confirm_columns(batch.pk, columns=batch.columns, in_background=False)
        imports.decide_rows(batch.pk, code="like_standing", decision="new")
        imports.start_import(batch.pk, in_background=False)
        imports.run_import(batch_id=batch.pk)
        batch.refresh_from_db()
        came = batch.rows.filter(outcome="imported").count()
        assert came > count * 0.98, f"{came} of {count} rows came in"  # noqa: S101

    timing = bench.time(bring_in, repeats=1, warm=0)
    yield Result(f"import {count:,}", timing.both[0], "s CPU", limit=30, beside=beside(timing))


def made_list(bench: Bench, count: int) -> bytes:
    """A list as Housecall Pro exports it."""
    pick = bench.random
    lines = [
        "Display Name,First Name,Last Name,Email,Mobile Number,Address_1 Street Line 1,Address_1 City,"
        "Address_1 State,Address_1 Zip,Notes,Tags,Do not service"
    ]
    for number in range(count):
        first, last = pick.choice(FIRST), pick.choice(ONSETS) + pick.choice(MIDDLES) + pick.choice(CODAS)
        street = f"{pick.randint(1, 9999)} {pick.choice(STREETS)} {pick.choice(('St', 'Ave', 'Ln', 'Dr'))}"
        phone = f"(512) {pick.randint(220, 999)}-{pick.randint(1000, 9999)}"
        lines.append(
            f"{first} {last},{first},{last},{first}.{last}{number}@example.com,{phone},{street},"
            f"{pick.choice(TOWNS)},TX,{pick.randint(78600, 78750)},,plan member,false"
        )
    return "\n".join([*lines, ""]).encode()
