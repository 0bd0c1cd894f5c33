"""A coded fact's key fits beside its day in one number: rather no more facts than standings that are a day wrong."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0012_entry_value")]
    operations = [
        AddConstraintNotValid(
            "coded", models.CheckConstraint(condition=models.Q(("id__lt", 1 << 40)), name="coded_id_bits")
        ),
    ]
