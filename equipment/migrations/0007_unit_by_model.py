import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0005_imports_being_read'),
        ('equipment', '0006_makers'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='unit',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('model_number'), 'gin_trgm_ops'), name='unit_model_trgm'),
        ),
    ]
