"""Whose coded facts changed since the feed last looked, and the day that a coded answer is of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0042_document_tries"), ("messaging", "0009_said")]
    operations = [
        migrations.CreateModel(
            name="FeedDue",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("patient_id", models.BigIntegerField()),
            ],
            options={"db_table": "exchange_feed_due"},
        ),
        migrations.AddField("feeditem", "of_day", models.DateField(null=True)),
    ]
