"""Links to other times, and who says that they are running late."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0003_not_released")]

    operations = [
        migrations.AddField(
            model_name="appointment", name="late_minutes", field=models.SmallIntegerField(null=True)
        ),
        migrations.AddField(model_name="appointment", name="late_said_at", field=models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="ChangeLink",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                ("wrong_tries", models.SmallIntegerField(default=0)),
                ("closed_at", models.DateTimeField(null=True)),
                ("because", models.CharField(blank=True, default="", max_length=10)),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="links", to="booking.appointment"
                    ),
                ),
            ],
            options={"db_table": "booking_change_link"},
        ),
    ]
