"""What a trust's spreadsheet says was done, against the record."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_organisation_relations"),
        ("exchange", "0002_lapsed_uploads"),
        ("patients", "0006_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="TrustFile",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("rule_set", models.CharField(max_length=40)),
                ("on", models.DateField()),
                ("rows", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("by_label", models.CharField(max_length=80)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
                (
                    "trust",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
            ],
            options={
                "db_table": "exchange_trust_file",
                "indexes": [models.Index(fields=["organisation", "-at"], name="trust_file_organisation")],
            },
        ),
        migrations.CreateModel(
            name="TrustCheck",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("row", models.IntegerField()),
                ("part", models.CharField(max_length=30)),
                ("says", models.CharField(max_length=80)),
                ("day", models.DateField(null=True)),
                ("reason", models.CharField(max_length=20)),
                ("detail", models.CharField(blank=True, max_length=120)),
                ("values", models.JSONField(default=list)),
                ("accepted_at", models.DateTimeField(null=True)),
                ("accepted_by", models.CharField(blank=True, max_length=80)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="checks", to="exchange.trustfile"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "db_table": "exchange_trust_check",
                "constraints": [
                    models.UniqueConstraint(fields=("file", "row", "part"), name="trust_check_once")
                ],
            },
        ),
    ]
