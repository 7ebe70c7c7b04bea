from django.db import migrations, models

import fsm.attribution


def source() -> models.CharField:
    return models.CharField(default=fsm.attribution.current_source, editable=False, max_length=80)


class Migration(migrations.Migration):
    """`source` and `batch` belong to the history's attribution; the rows' own columns get names of their own."""

    dependencies = [("customers", "0001_initial")]

    operations = [
        migrations.RemoveConstraint("externalid", "external_id_once_per_source"),
        migrations.RemoveConstraint("importrow", "import_row_once_per_line"),
        migrations.RemoveIndex("importrow", "import_row_outcome"),
        migrations.AlterModelOptions("importrow", options={"ordering": ["import_batch", "line"]}),
        migrations.RenameField("externalid", "source", "system"),
        migrations.RenameField("historicalexternalid", "source", "system"),
        migrations.AddField("historicalexternalid", "source", source()),
        migrations.RenameField("importbatch", "source", "system"),
        migrations.RenameField("historicalimportbatch", "source", "system"),
        migrations.AddField("historicalimportbatch", "source", source()),
        migrations.RenameField("importrow", "batch", "import_batch"),
        migrations.RenameField("historicalimportrow", "batch", "import_batch"),
        migrations.AddField(
            "historicalimportrow",
            "batch",
            models.UUIDField(db_index=True, default=fsm.attribution.current_batch, editable=False),
        ),
        *[
            migrations.AlterField(model, "system", models.CharField("from", max_length=40))
            for model in ("importbatch", "historicalimportbatch")
        ],
        *[
            migrations.AddField(model, "name", models.CharField(blank=True, max_length=250))
            for model in ("externalid", "historicalexternalid")
        ],
        migrations.AddConstraint(
            "externalid",
            models.UniqueConstraint(fields=["system", "external_id"], name="external_id_once_per_source"),
        ),
        migrations.AddConstraint(
            "importrow",
            models.UniqueConstraint(fields=["import_batch", "line"], name="import_row_once_per_line"),
        ),
        migrations.AddIndex(
            "importrow",
            models.Index(fields=["import_batch", "outcome", "line"], name="import_row_outcome"),
        ),
    ]
