from django.db import migrations

LIVE_POSITION = """
CREATE SEQUENCE fsm_live_position;
CREATE FUNCTION fsm_live_take_position() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Taken at commit and held until it is through: positions rise in commit order, and no lock comes after it.
    PERFORM pg_advisory_xact_lock(7305001);
    UPDATE fsm_liveevent SET position = nextval('fsm_live_position') WHERE id = NEW.id;
    PERFORM pg_notify('live', NEW.id::text);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER live_event_takes_position AFTER INSERT ON fsm_liveevent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fsm_live_take_position();
"""
LIVE_POSITION_BACK = """
DROP TRIGGER live_event_takes_position ON fsm_liveevent;
DROP FUNCTION fsm_live_take_position();
DROP SEQUENCE fsm_live_position;
"""
APPEND_ONLY = """
CREATE FUNCTION fsm_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("fsm", "0002_initial")]
    operations = [
        migrations.RunSQL(LIVE_POSITION, LIVE_POSITION_BACK),
        migrations.RunSQL(APPEND_ONLY, "DROP FUNCTION fsm_refuse_change();"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION fsm_refuse_change();",
                f"DROP TRIGGER {table}_is_append_only ON {table};",
            )
            for table in ("fsm_exchange", "fsm_sensitivelook", "fsm_safekeepingrun")
        ),
    ]
