"""How organisations stand to each other, dated."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_health_care_assistant")]

    operations = [
        migrations.CreateModel(
            name="OrganisationRelation",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("part_of_pcn", "Pcn"),
                            ("served_by_trust", "Trust"),
                            ("in_place", "Place"),
                            ("in_ics", "Ics"),
                            ("succeeded_by", "Successor"),
                        ],
                        max_length=20,
                    ),
                ),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                ("shares_checks", models.BooleanField(default=False)),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relations",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="related", to="accounts.organisation"
                    ),
                ),
            ],
            options={
                "db_table": "accounts_organisation_relation",
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "other", "kind", "starts_on"), name="relation_once"),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on", None), ("ends_on__gt", models.F("starts_on")), _connector="OR"),
                        name="relation_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("organisation", models.F("other")), _negated=True), name="relation_to_another"
                    ),
                ],
            },
        ),
    ]
