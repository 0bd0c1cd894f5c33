from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='importfile',
            name='state',
            field=models.CharField(choices=[('previewed', 'previewed'), ('applied', 'applied'), ('waiting', 'waiting'), ('lapsed', 'lapsed')], max_length=10),
        ),
        migrations.RunSQL(
            "UPDATE exchange_import_file SET content_id = NULL WHERE state <> 'previewed'", migrations.RunSQL.noop
        ),
    ]
