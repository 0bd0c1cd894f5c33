from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0004_change_links'),
        ('directory', '0002_editions_and_gaps_put_otherwise'),
        ('referrals', '0005_to_send_on'),
    ]

    operations = [
        migrations.CreateModel(
            name='StreamType',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('stream', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='kinds', to='directory.stream')),
                ('type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='booking.appointmenttype')),
            ],
            options={
                'db_table': 'referrals_stream_type',
                'constraints': [models.UniqueConstraint(fields=('stream', 'type'), name='stream_type_once')],
            },
        ),
        migrations.CreateModel(
            name='Visit',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('joined_at', models.DateTimeField()),
                ('appointment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='booking.appointment')),
                ('referral', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='referrals.referral')),
            ],
            options={
                'db_table': 'referrals_visit',
            },
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(condition=models.Q(('closed_at', None), ('state__in', ('TRIAGED_PROVIDER_TO_ACTION', 'NOT_BOOKED', 'DEFERRED_TO_PROVIDER', 'DID_NOT_ATTEND', 'APPT_CANCELLED_BY_PATIENT', 'APPT_CANCELLED_BY_PROVIDER'))), fields=['service', 'state'], name='referral_to_book'),
        ),
    ]
