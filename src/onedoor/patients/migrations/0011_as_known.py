"""Who was registered where as it was known at a moment: what a registration and a person's own details said before they were
changed is kept, whoever changes them, so that a figure can be worked out again as it was."""

import django.db.models.deletion
from django.db import migrations, models

KEEP = """
CREATE FUNCTION patients_keep_registration() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moment timestamptz := kernel_now();
BEGIN
    INSERT INTO patients_former_registration (relationship_id, patient_id, organisation_id, starts_on, ends_on, recorded_at,
        until)
    VALUES (OLD.id, OLD.patient_id, OLD.organisation_id, OLD.starts_on, OLD.ends_on, OLD.recorded_at, moment);
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    NEW.recorded_at := moment;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_registration BEFORE UPDATE ON patients_care_relationship FOR EACH ROW
    WHEN (OLD.kind = 'registered' AND (OLD.patient_id, OLD.organisation_id, OLD.starts_on, OLD.ends_on)
          IS DISTINCT FROM (NEW.patient_id, NEW.organisation_id, NEW.starts_on, NEW.ends_on))
    EXECUTE FUNCTION patients_keep_registration();
CREATE TRIGGER keep_registration_gone BEFORE DELETE ON patients_care_relationship FOR EACH ROW
    WHEN (OLD.kind = 'registered') EXECUTE FUNCTION patients_keep_registration();
CREATE FUNCTION patients_keep_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO patients_former_person (patient_id, born_on, gender, deceased, restricted, until)
    VALUES (OLD.id, OLD.born_on, OLD.gender, OLD.deceased, OLD.restricted, kernel_now());
    RETURN NULL;
END $$;
CREATE TRIGGER keep_person AFTER UPDATE ON patients_patient FOR EACH ROW
    WHEN ((OLD.born_on, OLD.gender, OLD.deceased, OLD.restricted)
          IS DISTINCT FROM (NEW.born_on, NEW.gender, NEW.deceased, NEW.restricted))
    EXECUTE FUNCTION patients_keep_person();
"""
DROP_KEEP = """
DROP TRIGGER keep_person ON patients_patient;
DROP FUNCTION patients_keep_person();
DROP TRIGGER keep_registration_gone ON patients_care_relationship;
DROP TRIGGER keep_registration ON patients_care_relationship;
DROP FUNCTION patients_keep_registration();
"""
# One statement that says nothing else, so that PostgreSQL puts it in place of its name and reads only whom the caller asks for.
REGISTERED = """
CREATE FUNCTION patients_registered_as_known(known timestamptz) RETURNS TABLE (patient_id bigint, organisation_id bigint,
    since date, until date, born_on date, gender varchar, deceased boolean, restricted boolean) LANGUAGE sql STABLE AS $$
SELECT r.patient_id, r.organisation_id, r.starts_on, r.ends_on,
       CASE WHEN f.until IS NULL THEN p.born_on ELSE f.born_on END, CASE WHEN f.until IS NULL THEN p.gender ELSE f.gender END,
       CASE WHEN f.until IS NULL THEN p.deceased ELSE f.deceased END,
       CASE WHEN f.until IS NULL THEN p.restricted ELSE f.restricted END
FROM (SELECT c.patient_id, c.organisation_id, c.starts_on, c.ends_on FROM patients_care_relationship c
      WHERE c.kind = 'registered' AND (c.recorded_at IS NULL OR c.recorded_at <= known)
      UNION ALL
      SELECT o.patient_id, o.organisation_id, o.starts_on, o.ends_on FROM patients_former_registration o
      WHERE (o.recorded_at IS NULL OR o.recorded_at <= known) AND o.until > known) r
JOIN patients_patient p ON p.id = r.patient_id
LEFT JOIN (SELECT DISTINCT ON (b.patient_id) b.* FROM patients_former_person b WHERE b.until > known
           ORDER BY b.patient_id, b.until, b.id) f ON f.patient_id = r.patient_id
$$
"""


class Migration(migrations.Migration):
    dependencies = [("patients", "0010_break_glass"), ("kernel", "0004_domain_now")]
    operations = [
        migrations.AddField("carerelationship", "recorded_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            "FormerRegistration",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("relationship_id", models.BigIntegerField()),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        db_constraint=False,
                        to="patients.patient",
                    ),
                ),
                ("organisation_id", models.BigIntegerField()),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                ("recorded_at", models.DateTimeField(null=True)),
                ("until", models.DateTimeField()),
            ],
            {"db_table": "patients_former_registration"},
        ),
        migrations.CreateModel(
            "FormerPerson",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        db_constraint=False,
                        to="patients.patient",
                    ),
                ),
                ("born_on", models.DateField()),
                ("gender", models.CharField(max_length=12, blank=True)),
                ("deceased", models.BooleanField()),
                ("restricted", models.BooleanField()),
                ("until", models.DateTimeField()),
            ],
            {"db_table": "patients_former_person"},
        ),
        migrations.RunSQL(KEEP, DROP_KEEP),
        migrations.RunSQL(REGISTERED, "DROP FUNCTION patients_registered_as_known(timestamptz)"),
    ]
