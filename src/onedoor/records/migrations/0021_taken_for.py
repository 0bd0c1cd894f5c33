"""What was accepted of another organisation's document is read by whoever accepted it (docs/adr/0013)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0020_watch")]
    operations = [migrations.AddField("entry", "taken_for", models.BigIntegerField(null=True))]
