import django.db.models.deletion
import equipment.models.amounts
import fsm.attribution
import simple_history.models
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0005_imports_being_read'),
        ('equipment', '0005_record_refrigerant'),
        ('inventory', '0002_append_only'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RefrigerantTransfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('sent_to', models.CharField(max_length=120, verbose_name='sent to')),
                ('sent_on', models.DateField(verbose_name='sent')),
                ('is_destroyed', models.BooleanField(default=False, verbose_name='to be destroyed')),
                ('reference', models.CharField(blank=True, max_length=60, verbose_name='receipt')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-sent_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Cylinder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.CharField(max_length=40, unique=True, verbose_name='number')),
                ('kind', models.CharField(choices=[('disposable', 'Disposable'), ('refillable', 'Refillable'), ('recovery', 'Recovery')], max_length=10, verbose_name='kind')),
                ('origin', models.CharField(choices=[('virgin', 'Virgin'), ('reclaimed', 'Reclaimed'), ('recovered', 'Recovered, for the same owner'), ('to_reclaim', 'Recovered, to be reclaimed')], max_length=12, verbose_name='holds')),
                ('reclaimer', models.CharField(blank=True, max_length=80, verbose_name='reclaimed by')),
                ('batch_number', models.CharField(blank=True, max_length=40, verbose_name='batch')),
                ('tare_oz', equipment.models.amounts.OuncesField(blank=True, decimal_places=3, max_digits=11, null=True, verbose_name='empty weight (oz)')),
                ('capacity_oz', equipment.models.amounts.OuncesField(blank=True, decimal_places=3, max_digits=11, null=True, verbose_name='holds at most (oz)')),
                ('content_oz', equipment.models.amounts.OuncesField(decimal_places=3, default=0, max_digits=11, verbose_name='holds (oz)')),
                ('state', models.CharField(choices=[('in_use', 'In use'), ('empty', 'Empty'), ('gone', 'Returned or sent off')], default='in_use', max_length=8, verbose_name='state')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='belongs to')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.stockplace', verbose_name='where')),
                ('refrigerant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='equipment.refrigerant', verbose_name='refrigerant')),
            ],
            options={
                'ordering': ['state', 'refrigerant', 'number'],
            },
        ),
        migrations.CreateModel(
            name='HistoricalCylinder',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('batch', models.UUIDField(db_index=True, default=fsm.attribution.current_batch, editable=False)),
                ('source', models.CharField(default=fsm.attribution.current_source, editable=False, max_length=80)),
                ('root', models.CharField(blank=True, db_index=True, default=fsm.attribution.current_root, editable=False, max_length=60)),
                ('actor_name', models.CharField(blank=True, default=fsm.attribution.current_actor_name, editable=False, max_length=150)),
                ('uuid', models.UUIDField(db_index=True, default=uuid.uuid4, editable=False)),
                ('number', models.CharField(db_index=True, max_length=40, verbose_name='number')),
                ('kind', models.CharField(choices=[('disposable', 'Disposable'), ('refillable', 'Refillable'), ('recovery', 'Recovery')], max_length=10, verbose_name='kind')),
                ('origin', models.CharField(choices=[('virgin', 'Virgin'), ('reclaimed', 'Reclaimed'), ('recovered', 'Recovered, for the same owner'), ('to_reclaim', 'Recovered, to be reclaimed')], max_length=12, verbose_name='holds')),
                ('reclaimer', models.CharField(blank=True, max_length=80, verbose_name='reclaimed by')),
                ('batch_number', models.CharField(blank=True, max_length=40, verbose_name='batch')),
                ('tare_oz', equipment.models.amounts.OuncesField(blank=True, decimal_places=3, max_digits=11, null=True, verbose_name='empty weight (oz)')),
                ('capacity_oz', equipment.models.amounts.OuncesField(blank=True, decimal_places=3, max_digits=11, null=True, verbose_name='holds at most (oz)')),
                ('state', models.CharField(choices=[('in_use', 'In use'), ('empty', 'Empty'), ('gone', 'Returned or sent off')], default='in_use', max_length=8, verbose_name='state')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(blank=True, editable=False)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField()),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='customers.customer', verbose_name='belongs to')),
                ('place', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.stockplace', verbose_name='where')),
                ('refrigerant', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='equipment.refrigerant', verbose_name='refrigerant')),
            ],
            options={
                'verbose_name': 'historical cylinder',
                'verbose_name_plural': 'historical cylinders',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalRecoveryMachine',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('source', models.CharField(default=fsm.attribution.current_source, editable=False, max_length=80)),
                ('batch', models.UUIDField(db_index=True, default=fsm.attribution.current_batch, editable=False)),
                ('root', models.CharField(blank=True, db_index=True, default=fsm.attribution.current_root, editable=False, max_length=60)),
                ('actor_name', models.CharField(blank=True, default=fsm.attribution.current_actor_name, editable=False, max_length=150)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('maker', models.CharField(blank=True, max_length=60, verbose_name='maker')),
                ('model_number', models.CharField(blank=True, max_length=60, verbose_name='model')),
                ('serial', models.CharField(db_index=True, max_length=60, verbose_name='serial')),
                ('certification', models.CharField(max_length=80, verbose_name='certified by')),
                ('made_on', models.DateField(verbose_name='manufactured')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField()),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('place', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.stockplace', verbose_name='where')),
            ],
            options={
                'verbose_name': 'historical recovery machine',
                'verbose_name_plural': 'historical recovery machines',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalRefrigerantTransfer',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('source', models.CharField(default=fsm.attribution.current_source, editable=False, max_length=80)),
                ('batch', models.UUIDField(db_index=True, default=fsm.attribution.current_batch, editable=False)),
                ('root', models.CharField(blank=True, db_index=True, default=fsm.attribution.current_root, editable=False, max_length=60)),
                ('actor_name', models.CharField(blank=True, default=fsm.attribution.current_actor_name, editable=False, max_length=150)),
                ('uuid', models.UUIDField(db_index=True, default=uuid.uuid4, editable=False)),
                ('sent_to', models.CharField(max_length=120, verbose_name='sent to')),
                ('sent_on', models.DateField(verbose_name='sent')),
                ('is_destroyed', models.BooleanField(default=False, verbose_name='to be destroyed')),
                ('reference', models.CharField(blank=True, max_length=60, verbose_name='receipt')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('created_at', models.DateTimeField(blank=True, editable=False)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField()),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical refrigerant transfer',
                'verbose_name_plural': 'historical refrigerant transfers',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='RecoveryMachine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('maker', models.CharField(blank=True, max_length=60, verbose_name='maker')),
                ('model_number', models.CharField(blank=True, max_length=60, verbose_name='model')),
                ('serial', models.CharField(max_length=60, unique=True, verbose_name='serial')),
                ('certification', models.CharField(max_length=80, verbose_name='certified by')),
                ('made_on', models.DateField(verbose_name='manufactured')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('place', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.stockplace', verbose_name='where')),
            ],
            options={
                'ordering': ['name', 'serial'],
            },
        ),
        migrations.CreateModel(
            name='CylinderMovement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('opening', 'Held at the start'), ('purchased', 'Bought'), ('charged', 'Charged into a circuit'), ('recovered', 'Recovered from a circuit'), ('poured_out', 'Moved to another cylinder'), ('poured_in', 'Moved from another cylinder'), ('sent', 'Sent to be reclaimed or destroyed'), ('returned', 'Returned to the supplier'), ('weighed', 'Difference found by weighing'), ('lost', 'Lost'), ('voided', 'Taken back')], max_length=10, verbose_name='what')),
                ('change_oz', equipment.models.amounts.OuncesField(decimal_places=3, max_digits=11, verbose_name='ounces')),
                ('cost', models.DecimalField(decimal_places=2, max_digits=12, null=True, verbose_name='cost')),
                ('key', models.CharField(max_length=80, unique=True)),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('moved_at', models.DateTimeField(verbose_name='when')),
                ('user_id', models.BigIntegerField(default=fsm.attribution.current_user_id, null=True)),
                ('actor_name', models.CharField(blank=True, default=fsm.attribution.current_actor_name, max_length=150, verbose_name='who')),
                ('source', models.CharField(default=fsm.attribution.current_source, max_length=80)),
                ('batch', models.UUIDField(db_index=True, default=fsm.attribution.current_batch)),
                ('root', models.CharField(blank=True, db_index=True, default=fsm.attribution.current_root, max_length=60)),
                ('cylinder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='inventory.cylinder', verbose_name='cylinder')),
                ('other', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.cylinder', verbose_name='other cylinder')),
                ('record', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='equipment.refrigerantrecord', verbose_name='record')),
                ('reverses', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.cylindermovement', verbose_name='takes back')),
                ('technician', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='technician')),
                ('transfer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='inventory.refrigeranttransfer', verbose_name='transfer')),
            ],
            options={
                'ordering': ['-moved_at', '-pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='cylinder',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['disposable', 'refillable', 'recovery'])), name='cylinder_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='cylinder',
            constraint=models.CheckConstraint(condition=models.Q(('origin__in', ['virgin', 'reclaimed', 'recovered', 'to_reclaim'])), name='cylinder_origin_is_known'),
        ),
        migrations.AddConstraint(
            model_name='cylinder',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['in_use', 'empty', 'gone'])), name='cylinder_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='cylinder',
            constraint=models.CheckConstraint(condition=models.Q(('content_oz__gte', 0)), name='cylinder_content_is_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='cylinder',
            constraint=models.CheckConstraint(condition=models.Q(('capacity_oz__isnull', True), ('content_oz__lte', models.F('capacity_oz')), _connector='OR'), name='cylinder_content_fits'),
        ),
        migrations.AddConstraint(
            model_name='cylinder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('origin', 'recovered'), _negated=True), ('owner__isnull', False), _connector='OR'), name='cylinder_of_one_owner_names_them'),
        ),
        migrations.AddIndex(
            model_name='cylindermovement',
            index=models.Index(fields=['cylinder', '-moved_at'], name='cylinder_movement_by_time'),
        ),
        migrations.AddConstraint(
            model_name='cylindermovement',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['opening', 'purchased', 'charged', 'recovered', 'poured_out', 'poured_in', 'sent', 'returned', 'weighed', 'lost', 'voided'])), name='cylinder_movement_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='cylindermovement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('change_oz', 0), _negated=True), ('kind', 'weighed'), _connector='OR'), name='cylinder_movement_moves_something'),
        ),
        migrations.AddConstraint(
            model_name='cylindermovement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('change_oz__gt', 0), ('kind__in', ['opening', 'purchased', 'recovered', 'poured_in'])), models.Q(('change_oz__lt', 0), ('kind__in', ['charged', 'poured_out', 'sent', 'returned', 'lost'])), ('kind__in', ['weighed', 'voided']), _connector='OR'), name='cylinder_movement_direction_fits'),
        ),
        migrations.AddConstraint(
            model_name='cylindermovement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['charged', 'recovered']), _negated=True), ('record__isnull', False), _connector='OR'), name='cylinder_movement_of_circuit_has_record'),
        ),
    ]
