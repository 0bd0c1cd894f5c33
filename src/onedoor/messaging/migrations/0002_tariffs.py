"""What GOV.UK Notify charges for a fragment, in pence without VAT (messaging.md 2, prices)."""

import datetime
from decimal import Decimal

from django.db import migrations

PENCE = [
    (datetime.date(2024, 4, 1), Decimal("2.27")),
    (datetime.date(2025, 4, 1), Decimal("2.33")),
    (datetime.date(2026, 4, 1), Decimal("2.4")),
]


def load(apps, schema_editor):
    tariff = apps.get_model("messaging", "Tariff")
    tariff.objects.bulk_create([tariff(provider="govuk", starts_on=day, pence=pence) for day, pence in PENCE])


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]
    operations = [
        migrations.RunPython(load, migrations.RunPython.noop),
        # Each message is updated four times soon after it is made: room in its page keeps the versions together.
        migrations.RunSQL("ALTER TABLE messaging_message SET (fillfactor = 70)", migrations.RunSQL.noop),
    ]
