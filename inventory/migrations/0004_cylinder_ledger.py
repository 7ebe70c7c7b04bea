from django.db import migrations


class Migration(migrations.Migration):
    """The cylinders' ledger is append-only too."""

    dependencies = [("inventory", "0003_cylinders"), ("fsm", "0003_triggers")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER cylinder_movement_is_append_only BEFORE UPDATE OR DELETE"
            " ON inventory_cylindermovement FOR EACH ROW EXECUTE FUNCTION fsm_refuse_change();",
            "DROP TRIGGER cylinder_movement_is_append_only ON inventory_cylindermovement;",
        )
    ]
