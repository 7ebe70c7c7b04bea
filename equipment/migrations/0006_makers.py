import csv
import uuid
from pathlib import Path

from django.db import migrations
from django.utils import timezone

FACTS = Path(__file__).resolve().parent.parent / "data" / "makers.csv"
NUMBERS = ("registration_days", "base_months", "registered_months")


def fill(apps, schema_editor):
    """What is known of each maker; one that stands keeps its name and gets the facts it lacks."""
    model = apps.get_model("equipment", "Maker")
    history = apps.get_model("equipment", "HistoricalMaker")
    batch, now = uuid.uuid4(), timezone.now()
    standing = {maker.name.lower(): maker for maker in model.objects.all()}
    with FACTS.open(newline="", encoding="utf-8") as file:
        facts = list(csv.DictReader(file))
    rows = []
    for fact in facts:
        maker = standing.get(fact["name"].lower())
        change = "~" if maker else "+"
        maker = maker or model(name=fact["name"])
        maker.family = maker.family or fact["group"]
        maker.start_rule = fact["start_rule"]
        for number in NUMBERS:
            if getattr(maker, number) is None and fact[number]:
                setattr(maker, number, int(fact[number]))
        maker.save()
        columns = {field.attname: getattr(maker, field.attname) for field in model._meta.concrete_fields}
        rows.append(
            history(
                history_type=change, history_date=now, source="migration", batch=batch,
                actor_name="Sightglass", history_change_reason="Facts the house starts with", **columns,
            )
        )  # fmt: skip
    history.objects.bulk_create(rows)


class Migration(migrations.Migration):
    """The makers by their published warranty facts."""

    dependencies = [("equipment", "0005_record_refrigerant")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
