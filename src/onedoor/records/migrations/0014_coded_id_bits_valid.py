"""In a transaction of its own, so that nobody waits while the facts that are there are read."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0013_coded_id_bits")]
    operations = [ValidateConstraint("coded", "coded_id_bits")]
