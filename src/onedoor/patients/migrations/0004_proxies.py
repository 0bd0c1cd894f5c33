"""Who may act for a patient, and carers who sign in for it alone."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_call_handler"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("patients", "0003_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Carer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("born_on", models.DateField()),
                ("code_digest", models.CharField(blank=True, max_length=64)),
                ("code_until", models.DateTimeField()),
                ("wrong_tries", models.PositiveSmallIntegerField(default=0)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="carer",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"db_table": "patients_carer"},
        ),
        migrations.CreateModel(
            name="Proxy",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("relationship", models.CharField(max_length=20)),
                (
                    "basis",
                    models.CharField(
                        choices=[("parental", "parental"), ("consent", "consent"), ("lpa_health", "lpa_health")],
                        max_length=12,
                    ),
                ),
                (
                    "parts",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=10), size=None),
                ),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                ("agreed_by", models.CharField(max_length=200)),
                ("child", models.CharField(blank=True, max_length=14)),
                (
                    "checked",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=10), size=None),
                ),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by_label", models.CharField(max_length=80)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by_label", models.CharField(blank=True, max_length=80)),
                ("ended_because", models.CharField(blank=True, max_length=200)),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="accounts.organisation"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proxies",
                        to="patients.patient",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proxies",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "patients_proxy",
                "indexes": [models.Index(fields=["patient"], name="proxy_patient")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("user", "patient"), name="proxy_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on", None), ("ends_on__gt", models.F("starts_on")), _connector="OR"),
                        name="proxy_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("basis", "parental"), _negated=True), ("ends_on__isnull", False), _connector="OR"
                        ),
                        name="proxy_of_child_ends",
                    ),
                ],
            },
        ),
    ]
