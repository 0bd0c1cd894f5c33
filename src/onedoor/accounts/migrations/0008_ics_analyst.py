"""Somebody who reads the figures of an integrated care system is a role."""

from django.db import migrations, models

ROLES = (
    "receptionist",
    "practice_manager",
    "administrator",
    "triage_clinician",
    "call_handler",
    "health_care_assistant",
    "social_prescriber",
    "ics_analyst",
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_record_sharing")]

    operations = [
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(choices=[(role, role) for role in ROLES], max_length=30),
        ),
    ]
