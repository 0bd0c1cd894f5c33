"""What was done and put off with those past triage is kept, and what is to be done next is read by its day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A table and an index."""

    dependencies = [("referrals", "0007_triage_due")]

    operations = [
        migrations.CreateModel(
            name="NextStep",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("done", models.BooleanField()),
                ("from_action", models.CharField(blank=True, max_length=40)),
                ("from_due", models.DateField(null=True)),
                ("to_action", models.CharField(max_length=40)),
                ("to_due", models.DateField()),
                ("reason", models.CharField(max_length=400)),
                ("at", models.DateTimeField()),
                ("by_label", models.CharField(max_length=80)),
                (
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="next_steps",
                        to="referrals.referral",
                    ),
                ),
            ],
            options={"db_table": "referrals_next_step"},
        ),
        migrations.AddIndex(
            "referral",
            models.Index(
                fields=["service", "next_action_due", "id"],
                include=["next_action", "stream", "clock_start", "state"],
                condition=models.Q(closed_at=None)
                & ~models.Q(next_action="")
                & ~models.Q(state="AWAITING_TRIAGE"),
                name="referral_next_action",
            ),
        ),
    ]
