from django.db import migrations

from customers.zip_places import fill_zip_places


def fill(apps, schema_editor):
    fill_zip_places()


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_customer_record")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
