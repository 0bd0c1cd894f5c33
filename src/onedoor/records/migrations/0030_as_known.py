"""Coded facts as they were known at a moment: whether one counted before that changed is kept, whoever changes it."""

from django.db import migrations, models

# The moment is what the row itself says of the change, or domain time where it says none.
KEEP = """
CREATE FUNCTION records_keep_coded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO records_coded_former (coded_id, patient_id, counted, recorded_at, until)
    VALUES (OLD.id, OLD.patient_id, OLD.in_error_at IS NULL AND OLD.source <> 3, OLD.recorded_at,
        CASE WHEN NEW.in_error_at IS NOT NULL AND OLD.in_error_at IS NULL THEN NEW.in_error_at
             WHEN NEW.recorded_at <> OLD.recorded_at THEN NEW.recorded_at
             WHEN NEW.accepted_at IS NOT NULL AND OLD.accepted_at IS NULL THEN NEW.accepted_at
             ELSE kernel_now() END);
    RETURN NULL;
END $$;
CREATE TRIGGER keep_coded AFTER UPDATE ON records_coded FOR EACH ROW
    WHEN ((OLD.in_error_at IS NULL AND OLD.source <> 3) <> (NEW.in_error_at IS NULL AND NEW.source <> 3))
    EXECUTE FUNCTION records_keep_coded();
"""
DROP_KEEP = "DROP TRIGGER keep_coded ON records_coded; DROP FUNCTION records_keep_coded();"
# One statement that says nothing else, so that PostgreSQL puts it in place of its name and reads only what the caller asks for.
KNOWN = """
CREATE FUNCTION records_entries_as_known(known timestamptz) RETURNS TABLE (id bigint, patient_id bigint, code_id int, day date,
    value float8, unit_id smallint, organisation_id bigint, recorded_at timestamptz) LANGUAGE sql STABLE AS $$
SELECT c.id, c.patient_id, c.code_id, c.day, c.value, c.unit_id, c.organisation_id, c.recorded_at FROM records_coded c
WHERE c.recorded_at <= known AND c.source <> 3 AND (c.in_error_at IS NULL OR c.in_error_at > known)
  AND (c.accepted_at IS NULL OR c.accepted_at <= known)
  AND NOT EXISTS (SELECT 1 FROM records_coded_former o
                  WHERE o.patient_id = c.patient_id AND o.coded_id = c.id AND o.until > known)
UNION ALL
SELECT c.id, o.patient_id, c.code_id, c.day, c.value, c.unit_id, c.organisation_id, o.recorded_at
FROM (SELECT DISTINCT ON (f.patient_id, f.coded_id) f.patient_id, f.coded_id, f.counted, f.recorded_at
      FROM records_coded_former f WHERE f.until > known ORDER BY f.patient_id, f.coded_id, f.until, f.id) o
JOIN records_coded c ON c.id = o.coded_id
WHERE o.counted AND o.recorded_at <= known
$$
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0023_accepted_by_files"), ("kernel", "0004_domain_now")]
    operations = [
        migrations.CreateModel(
            "CodedFormer",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("coded_id", models.BigIntegerField()),
                ("patient_id", models.BigIntegerField()),
                ("counted", models.BooleanField()),
                ("recorded_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
            ],
            {
                "db_table": "records_coded_former",
                "indexes": [models.Index(fields=["patient_id", "coded_id", "until"], name="coded_former")],
            },
        ),
        migrations.RunSQL(KEEP, DROP_KEEP),
        migrations.RunSQL(KNOWN, "DROP FUNCTION records_entries_as_known(timestamptz)"),
    ]
