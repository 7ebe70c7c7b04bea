import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dispatch', '0001_initial'),
        ('equipment', '0006_makers'),
    ]

    operations = [
        migrations.AddField(
            model_name='checklistitem',
            name='reading_key',
            field=models.CharField(blank=True, max_length=40, verbose_name='reading'),
        ),
        migrations.AddField(
            model_name='historicalchecklistitem',
            name='reading_key',
            field=models.CharField(blank=True, max_length=40, verbose_name='reading'),
        ),
        migrations.AddField(
            model_name='historicaljobtype',
            name='needs_recovery',
            field=models.BooleanField(default=False, verbose_name='takes equipment out: needs recovery records'),
        ),
        migrations.AddField(
            model_name='historicalvisitcheck',
            name='equipment',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='equipment.unit'),
        ),
        migrations.AddField(
            model_name='historicalvisitcheck',
            name='reading_key',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='jobtype',
            name='needs_recovery',
            field=models.BooleanField(default=False, verbose_name='takes equipment out: needs recovery records'),
        ),
        migrations.AddField(
            model_name='visitcheck',
            name='equipment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='equipment.unit'),
        ),
        migrations.AddField(
            model_name='visitcheck',
            name='reading_key',
            field=models.CharField(blank=True, max_length=40),
        ),
    ]
