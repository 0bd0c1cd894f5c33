from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='need',
            name='source',
            field=models.CharField(blank=True, default='', max_length=12),
            preserve_default=False,
        ),
    ]
