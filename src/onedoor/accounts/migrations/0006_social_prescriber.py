"""Somebody of a partner is a role."""

from django.db import migrations, models

ROLES = (
    "receptionist",
    "practice_manager",
    "administrator",
    "triage_clinician",
    "call_handler",
    "health_care_assistant",
    "social_prescriber",
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_organisation_relations")]

    operations = [
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(choices=[(role, role) for role in ROLES], max_length=30),
        ),
    ]
