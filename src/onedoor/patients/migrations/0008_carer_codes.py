import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("patients", "0006_search")]

    operations = [
        migrations.AddField(
            model_name="carer",
            name="code_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organisation",
            ),
        ),
        migrations.AddField(model_name="proxy", name="asleep_since", field=models.DateTimeField(null=True)),
    ]
