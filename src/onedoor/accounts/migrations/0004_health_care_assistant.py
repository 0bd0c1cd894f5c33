"""A health-care assistant is a role; its name is longer than any before."""

from django.db import migrations, models

ROLES = (
    "receptionist",
    "practice_manager",
    "administrator",
    "triage_clinician",
    "call_handler",
    "health_care_assistant",
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_call_handler")]

    operations = [
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(choices=[(role, role) for role in ROLES], max_length=30),
        ),
    ]
