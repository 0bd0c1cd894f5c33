"""The codes of what patients say of themselves (onedoor.kernel.codes, from clinical.md 2)."""

from django.db import migrations

CODES = [
    ("1162737008", "Self-reported systolic blood pressure"),
    ("1162735000", "Self-reported diastolic blood pressure"),
    ("160573003", "Alcohol intake"),
    ("266919005", "Never smoked tobacco"),
    ("8517006", "Ex-smoker"),
    ("77176002", "Smoker"),
]


def load(apps, schema_editor):
    code = apps.get_model("records", "Code")
    for concept, term in CODES:
        code.objects.get_or_create(code=concept, defaults={"term": term})


class Migration(migrations.Migration):
    dependencies = [("records", "0005_fewer_checks")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
