"""What places are like, interpreters booked with them, and needs that are not met."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_call_handler"),
        ("booking", "0005_courses"),
        ("patients", "0003_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointmenttype",
            name="usual_minutes",
            field=models.SmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="offerpolicy",
            name="interpreter_days",
            field=models.SmallIntegerField(db_default=2, default=2),
        ),
        migrations.CreateModel(
            name="InterpreterBooking",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("who", models.CharField(max_length=60)),
                ("mode", models.CharField(max_length=12)),
                ("state", models.CharField(default="asked", max_length=10)),
                ("asked_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("because", models.CharField(blank=True, default="", max_length=80)),
                ("escalated_at", models.DateTimeField(null=True)),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="interpreters",
                        to="booking.appointment",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="accounts.organisation"
                    ),
                ),
            ],
            options={
                "db_table": "booking_interpreter",
            },
        ),
        migrations.CreateModel(
            name="InterpreterHistory",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("from_state", models.CharField(blank=True, max_length=20)),
                ("to_state", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=8)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor_label", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=80)),
                (
                    "parent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="history",
                        to="booking.interpreterbooking",
                    ),
                ),
            ],
            options={
                "db_table": "booking_interpreter_history",
            },
        ),
        migrations.CreateModel(
            name="NeedBreach",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("need", models.CharField(max_length=80)),
                ("why", models.CharField(max_length=160)),
                ("despite", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                ("by_label", models.CharField(max_length=80)),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="breaches", to="booking.appointment"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="accounts.organisation"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="patients.patient"
                    ),
                ),
            ],
            options={
                "db_table": "booking_need_breach",
            },
        ),
        migrations.CreateModel(
            name="Clinic",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("clinician", models.CharField(max_length=80)),
                ("name", models.CharField(max_length=80)),
                ("features", models.JSONField(default=list)),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.organisation"),
                ),
                ("site", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.site")),
            ],
            options={
                "db_table": "booking_clinic",
                "constraints": [models.UniqueConstraint(fields=("site", "clinician", "name"), name="clinic_once")],
            },
        ),
        migrations.AddIndex(
            model_name="interpreterbooking",
            index=models.Index(fields=["organisation", "asked_at"], name="interpreter_organisation"),
        ),
        migrations.AddIndex(
            model_name="interpreterbooking",
            index=models.Index(
                condition=models.Q(("escalated_at", None), ("state", "asked")),
                fields=["id"],
                name="interpreter_unconfirmed",
            ),
        ),
        migrations.AddConstraint(
            model_name="interpreterbooking",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("asked", "confirmed", "refused"))),
                fields=("appointment", "who"),
                name="interpreter_once",
            ),
        ),
        migrations.AddIndex(
            model_name="needbreach",
            index=models.Index(fields=["organisation", "at"], name="breach_organisation"),
        ),
    ]
