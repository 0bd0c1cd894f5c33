"""Who sees to somebody's checks, and what is planned for their next visit."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_organisation_relations"),
        ("patients", "0006_search"),
        ("booking", "0007_visits_ahead"),
        ("recall", "0010_inviting"),
    ]

    operations = [
        migrations.CreateModel(
            name="CheckOwner",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("team", models.CharField(blank=True, max_length=60)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("by_label", models.CharField(max_length=80)),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="accounts.organisation"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="patients.patient"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "recall_check_owner",
                "indexes": [models.Index(fields=["patient", "since"], name="check_owner_patient")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until", None)), fields=("patient",), name="check_owner_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("team", ""), ("user__isnull", False)),
                            models.Q(("user", None), models.Q(("team", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="check_owner_named",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CheckPlan",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("rule_set", models.CharField(max_length=40)),
                ("parts", models.IntegerField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("by_label", models.CharField(max_length=80)),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="accounts.organisation"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="patients.patient"),
                ),
            ],
            options={
                "db_table": "recall_check_plan",
                "indexes": [models.Index(fields=["patient", "since"], name="check_plan_patient")],
                "constraints": [
                    models.UniqueConstraint(fields=("patient",), condition=models.Q(("until", None)), name="check_plan_one")
                ],
            },
        ),
    ]
