"""Visits for checks, what was found at them, and dates agreed."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_health_care_assistant"),
        ("patients", "0006_search"),
        ("recall", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="CheckVisit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("rule_set", models.CharField(max_length=40)),
                ("day", models.DateField()),
                ("state", models.CharField(default="open", max_length=20)),
                ("opened_at", models.DateTimeField()),
                ("opened_by", models.CharField(max_length=80)),
                ("closed_at", models.DateTimeField(null=True)),
                ("missing", models.CharField(blank=True, max_length=200)),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.organisation"),
                ),
                ("patient", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="patients.patient")),
            ],
            options={
                "db_table": "recall_check_visit",
                "indexes": [
                    models.Index(fields=["patient", "-day"], name="check_visit_patient"),
                    models.Index(fields=["organisation", "day"], name="check_visit_day"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("patient", "organisation"),
                        name="check_visit_open_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CheckVisitHistory",
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="history", to="recall.checkvisit"
                    ),
                ),
            ],
            options={
                "db_table": "recall_check_visit_history",
            },
        ),
        migrations.CreateModel(
            name="CheckItem",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=30)),
                ("state", models.CharField(max_length=20)),
                ("typed", models.JSONField()),
                ("words", models.CharField(max_length=400)),
                ("version", models.IntegerField()),
                ("saved_at", models.DateTimeField()),
                ("saved_by", models.CharField(max_length=80)),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="recall.checkvisit"
                    ),
                ),
            ],
            options={
                "db_table": "recall_check_item",
                "constraints": [models.UniqueConstraint(fields=("visit", "key"), name="check_item_once")],
            },
        ),
        migrations.CreateModel(
            name="CheckFinding",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=30)),
                ("code", models.CharField(max_length=30)),
                ("text", models.CharField(max_length=300)),
                ("action", models.CharField(blank=True, max_length=20)),
                ("note", models.CharField(blank=True, max_length=400)),
                ("referral_ref", models.UUIDField(null=True)),
                ("acted_at", models.DateTimeField(null=True)),
                ("acted_by", models.CharField(blank=True, max_length=80)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="findings", to="recall.checkvisit"
                    ),
                ),
            ],
            options={
                "db_table": "recall_check_finding",
                "constraints": [models.UniqueConstraint(fields=("visit", "code"), name="check_finding_once")],
            },
        ),
        migrations.CreateModel(
            name="CheckSend",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("patient", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="patients.patient")),
                (
                    "visit",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="recall.checkvisit"),
                ),
            ],
            options={
                "db_table": "recall_check_send",
            },
        ),
        migrations.CreateModel(
            name="AgreedDate",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("programme", models.CharField(max_length=20)),
                ("on", models.DateField()),
                ("whole_month", models.BooleanField(default=False)),
                ("agreed_at", models.DateTimeField()),
                ("agreed_by", models.CharField(max_length=80)),
                ("patient", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="patients.patient")),
                (
                    "visit",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="recall.checkvisit"),
                ),
            ],
            options={
                "db_table": "recall_agreed_date",
                "constraints": [models.UniqueConstraint(fields=("patient", "programme"), name="agreed_date_once")],
            },
        ),
    ]
