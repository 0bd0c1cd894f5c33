"""Patients, how to reach them, what they need, and who cares for them."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from onedoor.accounts.models import Organisation, User


class Patient(models.Model):
    """One person. `name_key` is the folded family and given name: names sort and are found by it."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    nhs_number = models.CharField(max_length=10, null=True)
    title = models.CharField(max_length=20, blank=True)
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    name_key = models.CharField(max_length=170)
    born_on = models.DateField()
    gender = models.CharField(max_length=12, blank=True)
    address = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    language = models.CharField(max_length=40, blank=True)
    deceased = models.BooleanField(default=False)
    restricted = models.BooleanField(default=False)
    """The S-flag: nothing that identifies may be sent (clinical.md 6.2)."""

    class Meta:
        db_table = "patients_patient"
        constraints = [models.UniqueConstraint(fields=["nhs_number"], name="nhs_number_once")]
        # `search` reads `patient_name` and `patient_words`, which migration 0006 makes: of the name by code point, and of its
        # words and the day of birth. So it does `contact_point_ending`, of telephone numbers from their end.

    @property
    def shown_name(self) -> str:
        """Given name, then family name."""
        return f"{self.given_name} {self.family_name}"


class Identifier(models.Model):
    """A number by which an organisation's own system knows the patient."""

    id = models.BigAutoField(primary_key=True)
    # Each index is paid for by every row of a list of a million: none twice.
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="identifiers", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    system = models.CharField(max_length=12)
    value = models.CharField(max_length=40)

    class Meta:
        db_table = "patients_identifier"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "system", "value"], name="identifier_once"),
        ]
        indexes = [models.Index(fields=["patient"], name="identifier_patient")]


class ContactPoint(models.Model):
    """A way to reach somebody. Numbers are E.164; `raw` keeps what was written when it could not be read."""

    id = models.BigAutoField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="contact_points", db_index=False)
    kind = models.CharField(max_length=8, choices=[(k, k) for k in ("mobile", "landline", "email")])
    value = models.CharField(max_length=120)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    """Set when the point ended: replaced, wrong person, or dead. History stays."""
    ended_because = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "patients_contact_point"
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "kind", "value"], condition=models.Q(until=None), name="contact_point_once"
            ),
        ]
        indexes = [
            models.Index(fields=["value"], condition=models.Q(until=None), name="contact_point_value"),
            models.Index(fields=["patient"], condition=models.Q(until__isnull=False), name="contact_point_ended"),
        ]


class FormerDetail(models.Model):
    """What an address, a postcode or a language was until somebody told us another (`details`)."""

    id = models.BigAutoField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="former_details")
    field = models.CharField(max_length=12)
    value = models.CharField(max_length=200, blank=True)
    until = models.DateTimeField()
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    by_label = models.CharField(max_length=80)

    class Meta:
        db_table = "patients_former_detail"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(field__in=("address", "postcode", "language")), name="former_detail_field"
            ),
        ]


class Need(models.Model):
    """Something to know before contacting or seeing the patient, in words and, where the facts give one, a code."""

    id = models.BigAutoField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="needs", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    text = models.CharField(max_length=80)
    code = models.CharField(max_length=18, blank=True)
    source = models.CharField(max_length=12, blank=True)
    """The system whose patient list says so ("emis"); empty when it was written here, and then no list ends it."""
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "patients_need"
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "organisation", "text"], condition=models.Q(until=None), name="need_once"
            ),
        ]


class CareRelationship(models.Model):
    """Why an organisation may see a patient, from a day and perhaps until one (exclusive)."""

    id = models.BigAutoField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="care_relationships", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    kind = models.CharField(max_length=12, choices=[(k, k) for k in ("registered", "referred", "caseload", "shared")])
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    recorded_at = models.DateTimeField(null=True)
    """Of a registration: when we learned what it says. None: before anybody asked."""

    class Meta:
        db_table = "patients_care_relationship"
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "organisation", "kind"], condition=models.Q(ends_on=None), name="relationship_once"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "patient"], name="relationship_organisation"),
            models.Index(fields=["patient"], condition=models.Q(ends_on__isnull=False), name="relationship_ended"),
        ]


class FormerRegistration(models.Model):
    """What a registration said until a moment. A trigger of migration 0011 writes it, whoever changes the registration."""

    id = models.BigAutoField(primary_key=True)
    relationship_id = models.BigIntegerField()
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    organisation_id = models.BigIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    recorded_at = models.DateTimeField(null=True)
    until = models.DateTimeField()

    class Meta:
        db_table = "patients_former_registration"


class FormerPerson(models.Model):
    """What was known of a person until a moment, of what figures go by. A trigger of migration 0011 writes it."""

    id = models.BigAutoField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    born_on = models.DateField()
    gender = models.CharField(max_length=12, blank=True)
    deceased = models.BooleanField()
    restricted = models.BooleanField()
    until = models.DateTimeField()

    class Meta:
        db_table = "patients_former_person"


class PortalAccount(models.Model):
    """A patient's own sign-in."""

    id = models.BigAutoField(primary_key=True)
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="portal_account")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="portal_accounts")

    class Meta:
        db_table = "patients_portal_account"


class Carer(models.Model):
    """Somebody who signs in only to act for others. They choose a password with a code that staff hand them, once."""

    id = models.BigAutoField(primary_key=True)
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="carer")
    born_on = models.DateField()
    code_digest = models.CharField(max_length=64, blank=True)
    """SHA-256 of the code; empty once it was used, or tried wrongly too often."""
    code_until = models.DateTimeField()
    """Real time."""
    code_by = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    """Whose staff handed the code, and so saw who they are."""
    wrong_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "patients_carer"


class Proxy(models.Model):
    """Somebody may act for a patient, from a day and perhaps until one (exclusive); never overwritten, only ended."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="proxies", db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="proxies", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    """Whose staff recorded it."""
    relationship = models.CharField(max_length=20)
    basis = models.CharField(max_length=12, choices=[(k, k) for k in ("parental", "consent", "lpa_health")])
    parts = ArrayField(models.CharField(max_length=10))
    """Of `kernel.access.Part`."""
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    agreed_by = models.CharField(max_length=200)
    """Who agreed, and how that was seen, in words."""
    child = models.CharField(max_length=14, blank=True)
    """Of a patient of 13 to 15: what was found when they were asked."""
    checked = ArrayField(models.CharField(max_length=10))
    """By which points the proxy was known to be who they say."""
    recorded_at = models.DateTimeField()
    recorded_by_label = models.CharField(max_length=80)
    ended_at = models.DateTimeField(null=True)
    ended_by_label = models.CharField(max_length=80, blank=True)
    ended_because = models.CharField(max_length=200, blank=True)
    asleep_since = models.DateTimeField(null=True)
    """They chose a password with another organisation's code: nothing is shown until whoever cares for the patient saw them."""

    class Meta:
        db_table = "patients_proxy"
        constraints = [
            models.UniqueConstraint(fields=["user", "patient"], condition=models.Q(ended_at=None), name="proxy_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gt=models.F("starts_on")), name="proxy_days"
            ),
            models.CheckConstraint(
                condition=~models.Q(basis="parental") | models.Q(ends_on__isnull=False), name="proxy_of_child_ends"
            ),
        ]
        indexes = [models.Index(fields=["patient"], name="proxy_patient")]


class BreakGlass(models.Model):
    """Somebody opened the record of a patient whom they had no right to see, for a reason and a short time. Never changed but to
    be ended; each review is a row of its own."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="openings", db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="openings", db_index=False)
    user_label = models.CharField(max_length=80)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    """Where they worked."""
    practice = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    """With which the patient was registered."""
    reason = models.CharField(max_length=12)
    """A key of `rules.GLASS_REASONS`."""
    words = models.CharField(max_length=300)
    """Why, in their own words; the patient reads it."""
    opened_at = models.DateTimeField()
    until_real = models.DateTimeField()
    """Real time, as all rights that lapse by themselves."""
    ended_at = models.DateTimeField(null=True)
    """When they said that they had finished, before that."""

    class Meta:
        db_table = "patients_break_glass"
        indexes = [
            models.Index(fields=["patient", "-id"], name="break_glass_patient"),
            models.Index(fields=["user", "until_real"], name="break_glass_user"),
        ]


class BreakGlassTry(models.Model):
    """One try to open a record by break-glass, found or not, by real time. Whom it was about is not kept."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at_real = models.DateTimeField()
    found = models.BooleanField()

    class Meta:
        db_table = "patients_break_glass_try"
        indexes = [models.Index(fields=["user", "-at_real"], name="break_glass_try_user")]


class BreakGlassReview(models.Model):
    """What somebody said of an opening for an organisation: it was right, they are asked, or it is reported."""

    id = models.BigAutoField(primary_key=True)
    opening = models.ForeignKey(BreakGlass, on_delete=models.PROTECT, related_name="reviews")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    outcome = models.CharField(max_length=10)
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    by_id = models.BigIntegerField()
    by_label = models.CharField(max_length=80)

    class Meta:
        db_table = "patients_break_glass_review"
