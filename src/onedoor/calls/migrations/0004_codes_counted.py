from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0003_deeds_legs_and_numbers")]

    operations = [
        migrations.AddField(
            model_name="numbercheck", name="asked", field=models.PositiveSmallIntegerField(default=1)
        ),
        migrations.CreateModel(
            name="CodesToNumber",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=16)),
                ("day", models.DateField()),
                ("texted", models.PositiveSmallIntegerField(default=1)),
            ],
            options={
                "db_table": "calls_codes_to_number",
                "constraints": [
                    models.UniqueConstraint(fields=("number", "day"), name="codes_of_number_and_day")
                ],
            },
        ),
    ]
