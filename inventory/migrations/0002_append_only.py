from django.db import migrations


class Migration(migrations.Migration):
    """The ledger is append-only: the database refuses to change or remove a movement."""

    dependencies = [("inventory", "0001_initial"), ("fsm", "0003_triggers")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER movement_is_append_only BEFORE UPDATE OR DELETE ON inventory_stockmovement"
            " FOR EACH ROW EXECUTE FUNCTION fsm_refuse_change();",
            "DROP TRIGGER movement_is_append_only ON inventory_stockmovement;",
        )
    ]
