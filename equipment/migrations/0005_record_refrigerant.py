import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('equipment', '0004_rules_and_charges'),
    ]

    operations = [
        migrations.AlterField(
            model_name='refrigerantrecord',
            name='refrigerant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='equipment.refrigerant', verbose_name='refrigerant'),
        ),
    ]
