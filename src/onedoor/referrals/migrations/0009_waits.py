"""What people lately waited is counted once a day and kept."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("directory", "0002_editions_and_gaps_put_otherwise"), ("referrals", "0008_next_steps")]

    operations = [
        migrations.CreateModel(
            name="Wait",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("what", models.CharField(max_length=12)),
                ("counted_on", models.DateField()),
                ("since", models.DateField()),
                ("counted", models.IntegerField()),
                ("low", models.IntegerField()),
                ("half", models.IntegerField()),
                ("high", models.IntegerField()),
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
                "db_table": "referrals_wait",
                "constraints": [
                    models.UniqueConstraint(fields=("service", "what", "counted_on"), name="wait_once")
                ],
            },
        ),
    ]
