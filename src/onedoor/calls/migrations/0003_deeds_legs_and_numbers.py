"""What was done in a contact, the legs of a call, the number that rang, and new numbers that wait to be confirmed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0002_one_contact_at_a_time_and_place")]

    operations = [
        migrations.AddField("contact", "rang", models.CharField(blank=True, max_length=8)),
        migrations.AddField("contact", "rang_from", models.CharField(blank=True, max_length=16)),
        migrations.AddField("contact", "sharers", models.PositiveIntegerField(null=True)),
        migrations.AddField(
            "contact",
            "call",
            models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contact",
                to="calls.call",
            ),
        ),
        migrations.RemoveConstraint("contact", "contact_outcome"),
        migrations.AddConstraint(
            "contact",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("outcome", "")),
                    models.Q(
                        ("ended_at__isnull", False),
                        (
                            "outcome__in",
                            (
                                "status",
                                "service",
                                "refer",
                                "visit",
                                "details",
                                "hand_over",
                                "call_back",
                                "not_found",
                                "emergency",
                                "cut_off",
                                "other",
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="contact_outcome",
            ),
        ),
        migrations.AddConstraint(
            "contact",
            models.CheckConstraint(
                condition=models.Q(("rang_from", ""), models.Q(("ended_at", None), ("rang", "number")), _connector="OR"),
                name="contact_number_while_live",
            ),
        ),
        migrations.AddIndex(
            "contact",
            models.Index(fields=["organisation", "started_at"], name="contact_of_line"),
        ),
        migrations.CreateModel(
            name="Deed",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=12)),
                ("subject", models.CharField(blank=True, max_length=30)),
                ("subject_id", models.BigIntegerField(null=True)),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deeds", to="calls.contact"
                    ),
                ),
            ],
            options={"db_table": "calls_deed"},
        ),
        migrations.CreateModel(
            name="Leg",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("n", models.PositiveSmallIntegerField()),
                ("agent", models.CharField(blank=True, max_length=80)),
                ("started_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField()),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="legs", to="calls.call"
                    ),
                ),
            ],
            options={
                "db_table": "calls_leg",
                "constraints": [models.UniqueConstraint(fields=["call", "n"], name="leg_once")],
            },
        ),
        migrations.CreateModel(
            name="NumberCheck",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=16)),
                ("code_hash", models.CharField(max_length=64)),
                ("texted", models.BooleanField()),
                ("wrong_tries", models.PositiveSmallIntegerField(default=0)),
                ("asked_real", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                (
                    "contact",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="number_check", to="calls.contact"
                    ),
                ),
            ],
            options={"db_table": "calls_number_check"},
        ),
    ]
