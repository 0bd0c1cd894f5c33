"""Rule sets, and where everybody stands under them."""

import django.db.models.deletion
from django.db import migrations, models


def load(apps, schema_editor):
    from onedoor.recall.ruleset import shipped

    model = apps.get_model("recall", "RuleSet")
    for one in shipped():
        model.objects.update_or_create(
            key=one.key,
            version=one.version,
            defaults={
                "programme": one.programme,
                "active_from": one.active_from,
                "content": dict(one.content),
                "sha256": one.digest,
            },
        )


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0009_registered"),
        ("records", "0008_published"),
        ("recall", "0020_checks"),
    ]

    operations = [
        migrations.CreateModel(
            name="RuleSet",
            fields=[
                ("id", models.SmallAutoField(primary_key=True, serialize=False)),
                ("programme", models.CharField(max_length=20)),
                ("key", models.CharField(max_length=40)),
                ("version", models.CharField(max_length=20)),
                ("active_from", models.DateField()),
                ("content", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "recall_rule_set",
                "constraints": [models.UniqueConstraint(fields=("key", "version"), name="rule_set_version_once")],
            },
        ),
        migrations.CreateModel(
            name="Standing",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "patient_id", "rule_set_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("organisation_id", models.BigIntegerField()),
                ("status", models.SmallIntegerField()),
                ("reason", models.CharField(max_length=30)),
                ("in_denominator", models.BooleanField()),
                ("in_numerator", models.BooleanField()),
                ("parts_done", models.IntegerField()),
                ("parts_declined", models.IntegerField()),
                ("due_on", models.DateField(null=True)),
                ("expires_on", models.DateField(null=True)),
                ("changes_on", models.DateField(null=True)),
                ("computed_on", models.DateField()),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "rule_set",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="recall.ruleset",
                    ),
                ),
            ],
            options={
                "db_table": "recall_standing",
                "indexes": [models.Index(fields=["organisation_id", "rule_set"], name="standing_of")],
            },
        ),
        # Rows are written again where they stand: no column of an index changes.
        migrations.RunSQL("ALTER TABLE recall_standing SET (fillfactor = 85)", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Known",
            fields=[
                ("patient_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("organisation_id", models.BigIntegerField()),
                ("since", models.DateField()),
                ("born_on", models.DateField()),
                ("changes_on", models.DateField(null=True)),
            ],
            options={"db_table": "recall_known"},
        ),
        migrations.CreateModel(
            name="Stale",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("patient_id", models.BigIntegerField()),
            ],
            options={
                "db_table": "recall_stale",
                "indexes": [models.Index(fields=["patient_id"], name="stale_patient")],
            },
        ),
        migrations.CreateModel(
            name="Basis",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("fingerprint", models.CharField(max_length=64)),
                ("looked_on", models.DateField()),
                ("looked_at", models.DateTimeField()),
            ],
            options={"db_table": "recall_basis"},
        ),
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
