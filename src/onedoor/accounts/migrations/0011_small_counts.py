"""Whoever answers for the figures is a role; that they chose to see small counts is kept, with each look."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ROLES = (
    "receptionist",
    "practice_manager",
    "administrator",
    "triage_clinician",
    "call_handler",
    "health_care_assistant",
    "social_prescriber",
    "ics_analyst",
    "information_asset_owner",
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_levels")]

    operations = [
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(choices=[(role, role) for role in ROLES], max_length=30),
        ),
        migrations.CreateModel(
            name="SmallCounts",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("user_label", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=20)),
                ("words", models.CharField(max_length=300)),
                ("page", models.CharField(max_length=300)),
                ("opened_at", models.DateTimeField()),
                ("until_real", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"db_table": "accounts_small_counts"},
        ),
        migrations.CreateModel(
            name="SmallCountsLook",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("page", models.CharField(max_length=300)),
                ("file", models.CharField(blank=True, max_length=160)),
                (
                    "opening",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="looks", to="accounts.smallcounts"
                    ),
                ),
            ],
            options={"db_table": "accounts_small_counts_look"},
        ),
    ]
