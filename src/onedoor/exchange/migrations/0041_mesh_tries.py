from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0040_extracts_taken")]

    operations = [
        migrations.RemoveField(model_name="mailbox", name="owner"),
        migrations.RemoveField(model_name="mailbox", name="owned_until"),
        migrations.AddField(
            model_name="mesharrival", name="tries", field=models.PositiveSmallIntegerField(default=0)
        ),
    ]
