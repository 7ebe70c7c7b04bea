import csv
import uuid
from decimal import Decimal
from pathlib import Path

from django.db import migrations
from django.utils import timezone

FACTS = Path(__file__).resolve().parent.parent / "data" / "refrigerants.csv"
MAKERS = (
    "Aaon", "Amana", "American Standard", "Bosch", "Bryant", "Carrier", "Coleman", "Daikin", "Fujitsu", "Goodman",
    "Heatcraft", "Heil", "Honeywell", "Hoshizaki", "Lennox", "LG", "Manitowoc", "Mitsubishi Electric", "Payne",
    "Rheem", "Ruud", "Samsung", "Scotsman", "Tempstar", "Trane", "York",
)  # fmt: skip


def insert(apps, name, rows):
    """Insert the rows and a history row each, as the house's own models would."""
    model = apps.get_model("equipment", name)
    history = apps.get_model("equipment", f"Historical{name}")
    batch, now = uuid.uuid4(), timezone.now()
    made = model.objects.bulk_create([model(**row) for row in rows])
    history.objects.bulk_create(
        [
            history(
                id=row.pk, history_type="+", history_date=now, source="migration", batch=batch,
                actor_name="Sightglass", history_change_reason="Facts the house starts with", **values,
            )
            for row, values in zip(made, rows, strict=True)
        ]
    )  # fmt: skip


def fill(apps, schema_editor):
    with FACTS.open(newline="", encoding="utf-8") as file:
        facts = list(csv.DictReader(file))
    insert(
        apps,
        "Refrigerant",
        [
            {
                "designation": fact["designation"],
                "safety_class": fact["ashrae_class"],
                "kind": fact["type"],
                "composition": fact["composition"],
                "gwp": Decimal(fact["gwp_epa"]),
                "is_ozone_depleting": fact["is_ods"] == "True",
                "has_regulated_hfc": fact["contains_regulated_hfc"] == "True",
                "pressure_class": fact["pressure_class"],
            }
            for fact in facts
        ],
    )
    insert(apps, "Maker", [{"name": name} for name in MAKERS])


class Migration(migrations.Migration):
    """The refrigerants by their published facts, and the makers most nameplates show."""

    dependencies = [("equipment", "0001_initial")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
