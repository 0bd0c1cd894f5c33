"""Patients are found among a million: by how a name begins, by any of its words and the day of birth, by a number's ending."""

from django.db import migrations

NAME = ('CREATE INDEX patient_name ON patients_patient (name_key COLLATE "C")', "DROP INDEX patient_name")
WORDS = (
    """CREATE INDEX patient_words ON patients_patient USING gin (array_to_tsvector(array_append(
           array_remove(string_to_array(name_key::text, ' '), ''), '#' || (born_on - date '1900-01-01')::text)))""",
    "DROP INDEX patient_words",
)
ENDING = (
    """CREATE INDEX contact_point_ending ON patients_contact_point (reverse(value) COLLATE "C")
       WHERE until IS NULL AND kind <> 'email'""",
    "DROP INDEX contact_point_ending",
)


class Migration(migrations.Migration):
    """One index for another, and two more."""

    dependencies = [("patients", "0005_former_details")]

    operations = [
        migrations.RemoveIndex("patient", "patient_name"),
        migrations.RunSQL(*NAME),
        migrations.RunSQL(*WORDS),
        migrations.RunSQL(*ENDING),
    ]
