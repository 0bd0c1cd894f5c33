"""When a message that came in and could not be dealt with is tried again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0061_feed_chosen")]
    operations = [migrations.AddField("mesharrival", "retry_real", models.DateTimeField(null=True))]
