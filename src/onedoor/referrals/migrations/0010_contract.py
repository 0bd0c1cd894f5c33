"""The clocks of a contract are dated and kept."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("directory", "0002_editions_and_gaps_put_otherwise"), ("referrals", "0009_waits")]

    operations = [
        migrations.CreateModel(
            name="Contract",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("from_day", models.DateField()),
                ("triage_hours", models.PositiveSmallIntegerField()),
                ("triage_basis", models.CharField(max_length=10)),
                ("urgent_days", models.PositiveSmallIntegerField()),
                ("onward_working_days", models.PositiveSmallIntegerField()),
                ("booking_days", models.PositiveSmallIntegerField(null=True)),
                ("reason", models.CharField(max_length=200)),
                ("set_at", models.DateTimeField()),
                ("by_label", models.CharField(max_length=80)),
                ("shown_at", models.DateTimeField(null=True)),
                (
                    "service",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="directory.service",
                    ),
                ),
            ],
            options={
                "db_table": "referrals_contract",
                "indexes": [models.Index(fields=["service", "-from_day", "-id"], name="contract_in_force")],
            },
        ),
    ]
