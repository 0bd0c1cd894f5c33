"""Since when the database has failed with a message that came in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0063_corrected_by")]
    operations = [migrations.AddField("mesharrival", "failing_real", models.DateTimeField(null=True))]
