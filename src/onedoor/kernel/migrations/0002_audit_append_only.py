"""Audit rows and their seals may be added and read; the database refuses to change or remove them."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION kernel_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit rows are append-only';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON kernel_audit_entry
    FOR EACH ROW EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON kernel_audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE ON kernel_audit_seal
    FOR EACH ROW EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER audit_seal_no_truncate BEFORE TRUNCATE ON kernel_audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
"""
BACKWARD = """
DROP TRIGGER audit_entry_append_only ON kernel_audit_entry;
DROP TRIGGER audit_entry_no_truncate ON kernel_audit_entry;
DROP TRIGGER audit_seal_append_only ON kernel_audit_seal;
DROP TRIGGER audit_seal_no_truncate ON kernel_audit_seal;
DROP FUNCTION kernel_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
