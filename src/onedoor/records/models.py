"""The shared record: coded entries on a patient's timeline, and who looked."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from onedoor.accounts.models import Organisation
from onedoor.patients.models import Patient
from onedoor.records.rules import measured


class Unit(models.Model):
    """A unit in which a value is kept, as UCUM or clinical.md 2 writes it."""

    id = models.SmallAutoField(primary_key=True)
    ucum = models.CharField(max_length=20, unique=True)

    class Meta:
        db_table = "records_unit"


class Code(models.Model):
    """The dictionary of codes in use, so that an entry carries four bytes (stack-spike.md 7)."""

    id = models.AutoField(primary_key=True)
    code = models.CharField(max_length=18, unique=True)
    term = models.CharField(max_length=200)
    unit = models.CharField(max_length=20, blank=True, default="")
    """The usual unit of its value; empty for what has none."""
    unit_known = models.BooleanField(default=True)
    """False for a code that only an official file has brought: such files say nothing of units."""
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    """The least and the greatest value that a person can have."""
    range_from = models.CharField(max_length=120, blank=True, default="")
    """Where that range is from, or that it is invented."""
    provenance = models.CharField(max_length=200, blank=True, default="")
    since = models.DateField(null=True)
    """The day of the reference data or of the file that brought it."""
    inactive_since = models.DateField(null=True)
    replaced_by = models.CharField(max_length=18, blank=True, default="")
    """The code that supersedes it, if one does."""

    @property
    def shown_term(self) -> str:
        """Its term, or where no file has told it yet the identifier."""
        return self.term or f"SNOMED CT {self.code}"

    class Meta:
        db_table = "records_code"


class CodeFile(models.Model):
    """An official file of reference sets from which something was taken."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, unique=True)
    version_on = models.DateField()
    at = models.DateTimeField()
    by_label = models.CharField(max_length=80)
    report = models.JSONField()

    class Meta:
        db_table = "records_code_file"


class CodeSet(models.Model):
    """A named set of codes: a cluster of the Primary Care Domain reference sets, or one of our own (`origin` "local")."""

    id = models.SmallAutoField(primary_key=True)
    key = models.CharField(max_length=40, unique=True)
    refset_id = models.CharField(max_length=18, blank=True)
    name = models.CharField(max_length=120)
    origin = models.CharField(max_length=8)
    version_on = models.DateField()
    """The day of the version that its members are of."""
    provenance = models.CharField(max_length=240)
    file = models.ForeignKey(CodeFile, on_delete=models.PROTECT, null=True, db_index=False)
    """The official file that it was last brought up to date from; none while its members are those of the facts."""

    class Meta:
        db_table = "records_code_set"


class CodeSetMember(models.Model):
    """A code in a set, until a newer version of the set leaves it out."""

    id = models.AutoField(primary_key=True)
    code_set = models.ForeignKey(CodeSet, on_delete=models.PROTECT, related_name="members", db_index=False)
    code = models.ForeignKey(Code, on_delete=models.PROTECT, db_index=False)
    basis = models.CharField(max_length=8)
    """Why: the "source" of its row is the cluster's own list, its "use" says so, its "subject" is what the cluster is named
    for, or an official "file" has it."""
    provenance = models.CharField(max_length=240)
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        db_table = "records_code_set_member"
        constraints = [
            models.UniqueConstraint(
                fields=["code_set", "code"], condition=models.Q(until=None), name="code_set_member_once"
            ),
        ]


class EntryImport(models.Model):
    """A file of coded entries that was read. The entries that it brought have keys from `first_id` to `last_id`."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=200)
    at = models.DateTimeField()
    by_label = models.CharField(max_length=80)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    """From whose system it is; none where it names several and nobody said."""
    first_id = models.BigIntegerField(null=True)
    last_id = models.BigIntegerField(null=True)
    counts = models.JSONField(default=dict)
    traced = models.BooleanField(default=False)
    """Whether `CodedAgain` has which of its facts were there already, so that it can be withdrawn."""
    withdrawn_at = models.DateTimeField(null=True)
    """When somebody said that the file was taken by mistake."""

    class Meta:
        db_table = "records_entry_import"


class Held(models.Model):
    """A row of a file of entries that was not taken: as it stood there, and why. It stays until a person has seen to it."""

    id = models.BigAutoField(primary_key=True)
    entry_import = models.ForeignKey(EntryImport, on_delete=models.PROTECT, related_name="held")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, db_index=False)
    row = models.IntegerField()
    cells = models.JSONField()
    """{"nhs_number": …, "code": …, "term": …, "date": …, "value": …, "unit": …, "organisation": …}, as the file has them."""
    day = models.DateField(null=True)
    """The day of the entry, where that can be read."""
    reason = models.CharField(max_length=24)
    column = models.CharField(max_length=12)
    why = models.CharField(max_length=300)
    what_to_do = models.CharField(max_length=300)
    settled_at = models.DateTimeField(null=True)
    settled_as = models.CharField(max_length=10, blank=True)
    """"taken" when a later file brought it whole, "dismissed" when somebody said that it is not needed."""
    settled_by = models.CharField(max_length=80, blank=True)
    fingerprint = models.UUIDField(unique=True)
    """Of its cells: the same row read again is held once."""

    class Meta:
        db_table = "records_held"
        indexes = [models.Index(fields=["organisation", "id"], condition=models.Q(settled_at=None), name="held_open")]


WRITTEN, IMPORTED, ELSEWHERE = 1, 2, 3
"""Where a coded fact is from."""
FROM_FILE = "a file of entries"
"""Who accepted what a file of the practice itself brought: nobody looked at it."""


class Coded(models.Model):
    """A coded fact of a patient on a day, lean: what sets of people are worked out from (stack-spike.md 7).

    Nothing refers to it, and only its writers' statements touch it; the view `records_coded_entries` is what others read.
    """

    id = models.BigAutoField(primary_key=True)
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    code = models.ForeignKey(Code, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    day = models.DateField()
    value = models.FloatField(null=True)
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    source = models.SmallIntegerField()
    """1 written here, 2 from a file, 3 done elsewhere and not accepted by the practice: it counts for nothing (ADR 12)."""
    entry_id = models.BigIntegerField(null=True)
    """The timeline's entry that it stands with, if it was written here."""
    import_id = models.IntegerField(null=True)
    recorded_at = models.DateTimeField()
    in_error_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    """When what was done elsewhere came into the practice's record: accepted, or seen in its own file."""
    accepted_by = models.CharField(max_length=80, null=True)
    """Who accepted it, or what brought it."""

    @property
    def elsewhere(self) -> bool:
        """Whether it was done elsewhere and is not in the practice's record."""
        return self.source == ELSEWHERE

    @property
    def measured(self) -> str:
        """Its value as people read it; empty when it has none."""
        return measured(self.value, self.unit.ucum if self.unit else "") if self.value is not None else ""

    class Meta:
        db_table = "records_coded"
        # It finds a person's entries by day, and says that the same fact is there once.
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "day", "code", "organisation", "value"], nulls_distinct=False, name="coded_once"
            ),
            # Standings pack the day and the key into one number (recall.compiler.ID_BITS): a larger key would change the day.
            models.CheckConstraint(condition=models.Q(id__lt=1 << 40), name="coded_id_bits"),
        ]
        # The few that wait to be accepted, without a look at all the others.
        indexes = [
            models.Index(
                fields=["patient", "day"],
                condition=models.Q(source=ELSEWHERE, in_error_at=None),
                name="coded_elsewhere",
            )
        ]


class CodedFormer(models.Model):
    """Whether a fact counted until a moment. A trigger of migration 0030 writes it, whoever changes the fact."""

    id = models.BigAutoField(primary_key=True)
    coded_id = models.BigIntegerField()
    patient_id = models.BigIntegerField()
    counted = models.BooleanField()
    recorded_at = models.DateTimeField()
    """Since when we had the fact, as it stood then."""
    until = models.DateTimeField()

    class Meta:
        db_table = "records_coded_former"
        indexes = [models.Index(fields=["patient_id", "coded_id", "until"], name="coded_former")]


class CodedAgain(models.Model):
    """A fact that a file said too and did not bring: it stays when the file that brought it is withdrawn. Or one done elsewhere
    that a file which can be withdrawn showed to be in the practice's record."""

    id = models.BigAutoField(primary_key=True)
    entry_import = models.ForeignKey(EntryImport, on_delete=models.CASCADE, related_name="+", db_index=False)
    coded = models.ForeignKey(Coded, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    said = models.BooleanField(default=True, db_default=True)
    """Whether the file said this very fact; of another's, which the practice's file has as its own, it only accepts it."""
    accepts = models.BooleanField(default=False, db_default=False)
    """Whether the fact counts because of the file: it does not once no such file stands, unless somebody accepted it."""

    class Meta:
        db_table = "records_coded_again"
        constraints = [models.UniqueConstraint(fields=["coded", "entry_import"], name="coded_again_once")]


class Entry(models.Model):
    """One thing that is true of a patient: effective when it happened, recorded when we learned it.

    `code` is null where the facts give no code; `text` says it in words. `intent_key` makes writing it twice one entry.
    """

    id = models.BigAutoField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="entries", db_index=False)
    # Organisations and codes are never deleted; whoever writes an entry has just read them. Checking each entry's again was
    # a tenth of PostgreSQL's work for a text.
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    code = models.ForeignKey(Code, on_delete=models.PROTECT, null=True, db_index=False, db_constraint=False)
    kind = models.CharField(max_length=30)
    text = models.CharField(max_length=400)
    value = models.FloatField(null=True)
    """What its coded fact has too: of two entries that say the same, the fact stands with one."""
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source = models.CharField(max_length=40)
    """Where it came from, in words: "text reply", "EMIS diary", "front desk"."""
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=80)
    subject = models.CharField(max_length=30, blank=True)
    subject_id = models.BigIntegerField(null=True)
    intent_key = models.CharField(max_length=120)
    in_error_at = models.DateTimeField(null=True)
    """When somebody said that it was entered in error (FHIR: entered-in-error). It stays, and counts for nothing."""
    elsewhere = models.BooleanField(default=False, db_default=False)
    """Whether it was entered where it counts only once the practice has accepted it (ADR 12)."""

    taken_for = models.BigIntegerField(null=True)
    """The organisation whose people took it into their own record: accepted of another's document or list. It reads it always."""

    measured: str = ""
    """The value of its coded fact as people read it, where `queries.timeline` has read it."""
    awaits: bool = False
    """Whether its coded fact is done elsewhere and not in the practice's record, where `queries.timeline` has read it."""
    accepted_at: datetime | None = None
    accepted_by: str = ""
    """When and by whom its coded fact was accepted, where `queries.timeline` has read it."""

    class Meta:
        db_table = "records_entry"
        # As few indexes as the reads need: an entry is written for every text, and a (code, date) index misleads the
        # planner (stack-spike.md 7).
        constraints = [models.UniqueConstraint(fields=["intent_key"], name="entry_once")]
        indexes = [models.Index(fields=["patient", "recorded_at"], name="entry_patient")]


class Look(models.Model):
    """Somebody looked at a patient's page; the patient can see it (architecture.md 7)."""

    id = models.BigAutoField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="looks")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=80)
    page = models.CharField(max_length=40)
    purpose = models.CharField(max_length=40)

    class Meta:
        db_table = "records_look"
        indexes = [models.Index(fields=["patient", "-at"], name="look_patient")]
