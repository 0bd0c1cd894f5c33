"""When a practice chose its route, apart from when on its coded answers are collected. So far both were the last switch."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0050_feed")]
    operations = [
        migrations.AddField("feedsetting", "chosen_at", models.DateTimeField(null=True)),
        migrations.RunSQL(
            "UPDATE exchange_feed_setting SET chosen_at = since WHERE by_label <> ''", migrations.RunSQL.noop
        ),
    ]
