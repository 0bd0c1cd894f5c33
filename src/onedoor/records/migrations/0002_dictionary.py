"""The codes that Onedoor writes (onedoor.kernel.codes, from clinical.md 2)."""

from django.db import migrations

CODES = [
    ("279991000000102", "SMS text message sent to patient"),
    ("185332005", "Appointment cancelled by patient"),
    ("281399006", "Did not attend"),
]


def load(apps, schema_editor):
    code = apps.get_model("records", "Code")
    code.objects.bulk_create([code(code=number, term=term) for number, term in CODES])


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
