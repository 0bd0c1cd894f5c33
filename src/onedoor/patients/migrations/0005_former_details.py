"""What an address, a postcode or a language was before it was changed here."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_call_handler"),
        ("patients", "0004_proxies"),
    ]

    operations = [
        migrations.CreateModel(
            name="FormerDetail",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("field", models.CharField(max_length=12)),
                ("value", models.CharField(blank=True, max_length=200)),
                ("until", models.DateTimeField()),
                ("by_label", models.CharField(max_length=80)),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.organisation"),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="former_details",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "db_table": "patients_former_detail",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("field__in", ("address", "postcode", "language"))),
                        name="former_detail_field",
                    )
                ],
            },
        ),
    ]
