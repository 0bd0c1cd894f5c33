"""Which arrivals were looked at whether their bytes are kept elsewhere."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0066_mailbox_faults")]
    operations = [
        migrations.AddField("mesharrival", "looked_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "mesharrival",
            models.Index(fields=["id"], condition=models.Q(state="taken", looked_at=None), name="mesh_arrival_bytes"),
        ),
    ]
