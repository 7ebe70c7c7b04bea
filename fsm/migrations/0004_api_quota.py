from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("fsm", "0003_triggers")]
    operations = [
        migrations.CreateModel(
            name="ApiQuota",
            fields=[
                ("bucket", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("full_at", models.DateTimeField()),
            ],
        ),
        # Written at every request and of no use after a crash: nothing waits for the disk.
        migrations.RunSQL("ALTER TABLE fsm_apiquota SET UNLOGGED", "ALTER TABLE fsm_apiquota SET LOGGED"),
    ]
