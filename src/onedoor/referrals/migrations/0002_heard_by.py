"""Dates by which people will have heard, and links to where a referral is."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="HeardBy",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("what", models.CharField(default="decision", max_length=12)),
                ("said_at", models.DateTimeField()),
                ("by", models.DateField()),
                ("earliest", models.DateField()),
                ("latest", models.DateField()),
                ("own", models.BooleanField(default=True)),
                ("waiting_before", models.IntegerField()),
                ("per_week", models.DecimalField(decimal_places=1, max_digits=7)),
                ("missed_told_at", models.DateTimeField(null=True)),
                (
                    "referral",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="heard_by",
                        to="referrals.referral",
                    ),
                ),
            ],
            options={
                "db_table": "referrals_heard_by",
                "indexes": [
                    models.Index(fields=["referral", "what", "-id"], name="heard_by_latest"),
                    models.Index(
                        condition=models.Q(("missed_told_at", None)), fields=["by"], name="heard_by_to_keep"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("earliest__lte", models.F("latest")), ("latest__lte", models.F("by"))
                        ),
                        name="heard_by_ends_with_its_range",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TrackLink",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                ("wrong_tries", models.SmallIntegerField(default=0)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="links", to="referrals.referral"
                    ),
                ),
            ],
            options={"db_table": "referrals_track_link"},
        ),
    ]
