import csv
import uuid
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.db import migrations
from django.utils import timezone

DATA = Path(__file__).resolve().parent.parent / "data"
EXEMPT = ("air_conditioner", "heat_pump", "air_handler", "coil", "mini_split", "rooftop")
NOT_EXEMPT = ("chiller", "walk_in", "ice_machine")
COMMERCIAL = ("walk_in", "ice_machine")
WHY = "Residential and light commercial comfort equipment is left out by 40 CFR 84.106(a)(3)(ii)"


def insert(apps, name, rows, reason):
    """Insert the rows and a history row each, as the house's own models would."""
    model = apps.get_model("equipment", name)
    history = apps.get_model("equipment", f"Historical{name}")
    batch, now = uuid.uuid4(), timezone.now()
    made = model.objects.bulk_create([model(**row) for row in rows])
    columns = [field.attname for field in model._meta.concrete_fields]
    history.objects.bulk_create(
        [
            history(
                history_type="+", history_date=now, source="migration", batch=batch, actor_name="Sightglass",
                history_change_reason=reason, **{column: getattr(row, column) for column in columns},
            )
            for row in made
        ]
    )  # fmt: skip


def fill(apps, schema_editor):
    with (DATA / "compliance_rules.csv").open(newline="", encoding="utf-8") as file:
        rules = list(csv.DictReader(file))
    insert(
        apps,
        "ComplianceRule",
        [
            {
                **rule,
                "minimum_charge_lb": Decimal(rule["minimum_charge_lb"]),
                "trigger_percent": Decimal(rule["trigger_percent"]),
                "repair_days": int(rule["repair_days"]),
                "shutdown_days": int(rule["shutdown_days"]),
                "effective_from": date.fromisoformat(rule["effective_from"]),
                "effective_to": date.fromisoformat(rule["effective_to"]) if rule["effective_to"] else None,
            }
            for rule in rules
        ],
        "Facts the house starts with",
    )
    insert(
        apps,
        "ComplianceSettings",
        [{"pk": 1, "reminder_days": [30, 14, 7, 1]}],
        "What the house starts with",
    )
    circuits = apps.get_model("equipment", "Circuit").objects.select_related("unit")
    insert(
        apps,
        "ChargeRevision",
        [
            {
                "circuit_id": circuit.pk,
                "effective_on": circuit.unit.installed_on or circuit.unit.created_at.date(),
                "refrigerant_id": circuit.refrigerant_id,
                "full_charge_oz": circuit.full_charge_oz,
                "note": "As it stood in the record",
            }
            for circuit in circuits.filter(full_charge_oz__isnull=False)
        ],
        "The full charge as it stood in the record",
    )


KNOWN = """
UPDATE equipment_{table} AS circuit
SET exempt = CASE WHEN unit.category IN {exempt} THEN 'yes' WHEN unit.category IN {regulated} THEN 'no'
        ELSE exempt END,
    exempt_because = CASE WHEN unit.category IN {exempt} THEN '{why}' ELSE exempt_because END,
    category = CASE WHEN unit.category IN {commercial} THEN 'commercial' ELSE circuit.category END,
    started_on = COALESCE(circuit.started_on, unit.installed_on)
FROM equipment_unit AS unit WHERE unit.id = circuit.unit_id
"""
REFRIGERANT = """
UPDATE equipment_{table} AS record SET refrigerant_id = circuit.refrigerant_id
FROM equipment_circuit AS circuit WHERE circuit.id = record.circuit_id AND record.refrigerant_id IS NULL
"""


def known(table):
    return migrations.RunSQL(
        KNOWN.format(table=table, exempt=EXEMPT, regulated=NOT_EXEMPT, commercial=COMMERCIAL, why=WHY),
        migrations.RunSQL.noop,
    )


def refrigerant(table):
    return migrations.RunSQL(REFRIGERANT.format(table=table), migrations.RunSQL.noop)


class Migration(migrations.Migration):
    """The dated rules, and what the circuits and records of before say about themselves."""

    dependencies = [("equipment", "0003_compliance_and_warranties")]

    operations = [
        known("circuit"),
        known("historicalcircuit"),
        refrigerant("refrigerantrecord"),
        refrigerant("historicalrefrigerantrecord"),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
