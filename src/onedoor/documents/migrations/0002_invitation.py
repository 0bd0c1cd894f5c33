"""A letter may be an invitation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="document", name="document_kind"),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    kind__in=("welcome", "triage_patient", "triage_gp", "discharge", "apology", "invitation")
                ),
                name="document_kind",
            ),
        ),
    ]
