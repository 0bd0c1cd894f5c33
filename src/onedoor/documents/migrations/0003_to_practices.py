"""A letter may be the results of a physical health check, or a day of messages and answers, for the patient's GP practice."""

from django.db import migrations, models

KINDS = ("welcome", "triage_patient", "triage_gp", "discharge", "apology", "invitation", "checks", "contacts")


class Migration(migrations.Migration):
    dependencies = [("documents", "0002_invitation")]

    operations = [
        migrations.RemoveConstraint(model_name="document", name="document_kind"),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="document_kind"),
        ),
    ]
