"""Years of work for every customer, made by a few statements: what a big company's tables look like."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Max

from customers.bench import make_households
from customers.models import Customer, Site
from dispatch.bench import job_types
from equipment.models import Category, Unit
from fsm.bench import Bench
from fsm.history import insert_with_history

JOBS_EACH, STEP = 10, 10_000

# Ten jobs a customer over five years: nine closed with visit, invoice and payment, the tenth is booked.
_WORK = """
WITH places AS (
    SELECT id AS site_id, customer_id, branch_id, customer_id AS who FROM customers_site
    WHERE customer_id > %(after)s AND customer_id <= %(until)s
), plan AS (
    SELECT p.*, n, who * %(each)s + n AS nth,
        now() - make_interval(days => 180 * n, hours => (who %% 24)::int)
        AS at, CASE WHEN n = 0 THEN 'booked' ELSE 'closed' END AS state
    FROM places p CROSS JOIN generate_series(0, %(each)s - 1) AS n
), jobs AS (
    INSERT INTO dispatch_job (uuid, number, priority, state, summary, instructions, po_number, hold_reason,
        cancelled_because, completed_at, version, created_at, bill_to_id, branch_id, customer_id, site_id,
        job_type_id)
    SELECT gen_random_uuid(), 'J' || nth, 3, state, 'No cooling upstairs', '',
        CASE WHEN nth %% 5 = 0 THEN 'PO-' || (hashint4(nth::int) & 16777215) ELSE '' END, '', '',
        CASE WHEN n > 0 THEN at END, 1, at, customer_id, branch_id, customer_id, site_id,
        (%(types)s::bigint[])[1 + nth %% cardinality(%(types)s::bigint[])]
    FROM plan RETURNING id, number, customer_id, branch_id, po_number, state, created_at
), visits AS (
    INSERT INTO dispatch_visit (uuid, sequence, state, window_start, window_end, minutes, starts_at, ends_at,
        outcome, outcome_note, cancelled_because, no_signature_because, parts_confirmed, version, created_at,
        job_id)
    SELECT gen_random_uuid(), 1, CASE WHEN state = 'booked' THEN 'unscheduled' ELSE 'done' END,
        created_at, created_at + interval '2 hours', 60, created_at, created_at + interval '1 hour',
        CASE WHEN state = 'booked' THEN '' ELSE 'complete' END, '', '', '', false, 1, created_at, id
    FROM jobs
), invoices AS (
    INSERT INTO billing_invoice (uuid, number, state, terms, issued_on, issued_at, due_on, bill_to_name,
        bill_to_address, service_address, po_number, note, tax_exempt_reason, subtotal, tax, total, currency,
        ended_because, pdf, version, created_at, branch_id, customer_id, job_id)
    SELECT gen_random_uuid(), 'I' || substr(number, 2), 'issued', 'Due on receipt', created_at::date,
        created_at, created_at::date, '', '', '', po_number, '', '', 349.00, 28.79, 377.79, 'USD', '', '', 1,
        created_at, branch_id, customer_id, id
    FROM jobs WHERE state = 'closed' RETURNING id, number, created_at, branch_id, customer_id, job_id
), lines AS (
    INSERT INTO billing_invoiceline (position, kind, description, quantity, unit_price, amount, is_taxable,
        income_account, needs_price, origin, invoice_id)
    SELECT 0, 'labor', 'Labor', 1, 349.00, 349.00, true, '', false, '', id FROM invoices
), payments AS (
    INSERT INTO billing_payment (uuid, number, state, method, reference, amount, received_on, received_at,
        received_by_name, key, reversed_because, branch_id, customer_id, job_id)
    SELECT gen_random_uuid(), 'R' || substr(number, 2), 'captured', 'check', (id %% 9000 + 1000)::text,
        377.79, created_at::date, created_at, 'Bench', gen_random_uuid(), '', branch_id, customer_id, job_id
    FROM invoices RETURNING id, job_id
)
INSERT INTO billing_allocation (amount, is_undone, invoice_id, payment_id)
SELECT 377.79, false, i.id, p.id FROM payments p JOIN invoices i ON i.job_id = p.job_id
"""


def make_units(bench: Bench, after: int) -> None:
    """A unit at every address: copies of one, each with a serial of its own."""
    pattern: Unit = bench.once("pattern of a unit", lambda: _pattern())
    own = {
        "uuid": "gen_random_uuid()",
        "serial": "upper(substr(md5(s.id::text), 1, 4)) || lpad(s.id::text, 6, '0')",
        "model_number": "'24ACC6' || (30 + s.id %% 30) || 'A003'",
        "site_id": "s.id",
    }
    columns = [str(field.column) for field in Unit._meta.concrete_fields if not field.primary_key]
    values = ", ".join(own.get(column, f"u.{column}") for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            # The names come from the model.
            f"INSERT INTO equipment_unit ({', '.join(columns)}) SELECT {values}"  # noqa: S608
            " FROM equipment_unit u, customers_site s WHERE u.id = %(pattern)s AND s.customer_id > %(after)s",
            {"pattern": pattern.pk, "after": after},
        )


def _pattern() -> Unit:
    site = Site.objects.order_by("pk")[0]
    return insert_with_history([Unit(site=site, category=Category.AIR_CONDITIONER, serial="PATTERN")])[0]


def make_company(bench: Bench, first: int, last: int) -> None:
    """The customers from this number to that with ten jobs each, and what hangs on those."""
    before = _last_customer()
    make_households(bench, first, last)
    until = _last_customer()
    types = [kind.pk for kind in job_types(bench)]
    make_units(bench, before)
    with connection.cursor() as cursor:
        for after in range(before, until, STEP):
            bench.say(f"making the jobs of {min(STEP, until - after):,} customers")
            these: dict[str, Any] = {
                "after": after,
                "until": min(until, after + STEP),
                "each": JOBS_EACH,
                "types": types,
            }
            cursor.execute(_WORK, these)
    bench.analyze()


def _last_customer() -> int:
    return Customer.objects.aggregate(last=Max("pk"))["last"] or 0
