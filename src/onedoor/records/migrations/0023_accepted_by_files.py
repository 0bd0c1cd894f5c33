"""Which files showed that what was done elsewhere is in the practice's record: with the last of them that goes too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0022_whose_file")]
    operations = [
        migrations.AddField("codedagain", "said", models.BooleanField(default=True, db_default=True)),
        migrations.AddField("codedagain", "accepts", models.BooleanField(default=False, db_default=False)),
    ]
