"""The directory: services that people can be sent to, when and where, who may refer, and what was looked for in vain.

What a service is and how to reach it is public knowledge. Ages, clocks and switches are facts that other contexts apply.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from onedoor.accounts.models import Organisation

KINDS = ("one_to_one", "class", "diagnostic")
BASES = ("elapsed", "working")
RTT_SCOPES = ("interface", "consultant_led_acute", "consultant_led_community", "none")
"""referrals-booking-telephony.md 4.2."""


class Service(models.Model):
    """A service that a provider runs. Ages are in whole years, both ends included; an open end is null.

    `refers` holds who may refer (`rules.REFERRERS`). Of the clocks, triage is in hours, elapsed or working by the contract;
    a first urgent appointment in days; sending on to secondary care in working days.
    """

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="services")
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    summary = models.TextField()
    """What it does, in plain words for anybody."""
    criteria = models.TextField(blank=True)
    """Whom it takes and whom it does not, beyond ages and who may refer, in plain words."""
    other_words = models.TextField(blank=True)
    """What else people call it or come with: searched, never shown."""
    phone = models.CharField(max_length=20, blank=True)
    web = models.CharField(max_length=200, blank=True)
    ages_from = models.PositiveSmallIntegerField(null=True)
    ages_to = models.PositiveSmallIntegerField(null=True)
    refers = ArrayField(models.CharField(max_length=20), default=list)
    triage_hours = models.PositiveSmallIntegerField(default=48)
    triage_basis = models.CharField(max_length=10, default="elapsed")
    urgent_days = models.PositiveSmallIntegerField(default=5)
    onward_working_days = models.PositiveSmallIntegerField(default=3)
    rtt_scope = models.CharField(max_length=30, default="none")
    replaces = ArrayField(models.CharField(max_length=200), default=list)
    """Telephone lines and web pages that it takes the place of."""
    active = models.BooleanField(default=True)
    bank_holidays = models.BooleanField(default=False)
    """Whether its weekday hours hold on bank holidays too."""
    edition = models.BigIntegerField(default=0)
    """Grows with each change to any service: whoever keeps the directory's texts sees that they are old."""
    verified_on = models.DateField(null=True)
    """When somebody last made sure that what stands here is true."""
    verified_by = models.CharField(max_length=80, blank=True)
    """Who that was; empty where a file brought the day."""

    class Meta:
        db_table = "directory_service"
        constraints = [
            models.CheckConstraint(condition=Q(triage_basis__in=BASES), name="service_basis"),
            models.CheckConstraint(condition=Q(rtt_scope__in=RTT_SCOPES), name="service_rtt_scope"),
            models.CheckConstraint(
                condition=Q(ages_from=None) | Q(ages_to=None) | Q(ages_to__gte=F("ages_from")), name="service_ages"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Stream(models.Model):
    """A kind of care within a service: what triage accepts somebody to. Position 1 is the commonest."""

    id = models.BigAutoField(primary_key=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="streams")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, default="one_to_one")
    position = models.PositiveSmallIntegerField()
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "directory_stream"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["service", "name"], name="stream_once"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="stream_kind"),
        ]

    def __str__(self) -> str:
        return self.name


class ServicePlace(models.Model):
    """Where a service sees people. Position 1 is its main place; one that ended is kept, for hours and history stand on it.

    A service without places comes to people, or is reached by telephone only.
    """

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="places")
    name = models.CharField(max_length=120, blank=True)
    """Empty where only its postcode is known."""
    address = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=8, blank=True)
    step_free = models.BooleanField(null=True)
    """Whether one gets in without a step; null when nobody has said."""
    parking = models.CharField(max_length=200, blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    located = models.CharField(max_length=8, default="")
    """How its coordinates are known: given by somebody, or those of its postcode, or of its outward code only."""
    position = models.PositiveSmallIntegerField(default=1)
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "directory_service_place"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["service", "name"], condition=Q(active=True), name="service_place_once"),
            models.CheckConstraint(condition=~Q(name="", postcode=""), name="service_place_is_somewhere"),
            models.CheckConstraint(
                condition=Q(located="", latitude=None, longitude=None)
                | Q(
                    located__in=("given", "postcode", "outward"),
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="service_place_located",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.postcode


class Opening(models.Model):
    """Hours of a weekday (0 is Monday), or of one dated day, which goes before it; London time.

    Without a place they are the service's, and hold wherever a place has none of its own.

    `closes` at or before `opens` means the next day, so that midnight to midnight is all day. A dated row without hours
    means closed.
    """

    id = models.BigAutoField(primary_key=True)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="openings")
    place = models.ForeignKey(ServicePlace, on_delete=models.CASCADE, null=True, related_name="openings")
    weekday = models.PositiveSmallIntegerField(null=True)
    day = models.DateField(null=True)
    opens = models.TimeField(null=True)
    closes = models.TimeField(null=True)

    class Meta:
        db_table = "directory_opening"
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__range=(0, 6), day=None, opens__isnull=False, closes__isnull=False)
                | Q(weekday=None, day__isnull=False, opens__isnull=True, closes__isnull=True)
                | Q(weekday=None, day__isnull=False, opens__isnull=False, closes__isnull=False),
                name="opening_of_weekday_or_day",
            ),
        ]


class ServiceVersion(models.Model):
    """What stood in the directory of a service from a moment on, whole, and what of it that change told. Rows are only added.

    The first says what stood when history began to be kept; `since_ever` marks it.
    """

    id = models.BigAutoField(primary_key=True)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="versions")
    at = models.DateTimeField()
    by_label = models.CharField(max_length=80)
    via = models.CharField(max_length=4)
    changed = ArrayField(models.CharField(max_length=20), default=list)
    """Names of what changed, as in `told`; of the first version none."""
    told = models.JSONField()
    since_ever = models.BooleanField(default=False)

    class Meta:
        db_table = "directory_service_version"
        indexes = [models.Index(fields=["service", "-at", "-id"], name="service_version_latest")]
        constraints = [
            models.CheckConstraint(condition=Q(via__in=("file", "page")), name="service_version_via"),
            models.UniqueConstraint(
                fields=["service"], condition=Q(since_ever=True), name="service_version_first_once"
            ),
        ]


class Spot(models.Model):
    """Somewhere in the country that people name, and where it is: an outward code, a postcode or a town (WGS 84 degrees)."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=8)
    key = models.CharField(max_length=80)
    """Codes in capitals without a space; towns in small letters without accents."""
    name = models.CharField(max_length=80)
    outward = models.CharField(max_length=4, blank=True)
    """Of towns, where a file says it; what a gap is kept under."""
    latitude = models.FloatField()
    longitude = models.FloatField()

    class Meta:
        db_table = "directory_spot"
        indexes = [models.Index(fields=["outward"], condition=Q(kind="postcode"), name="spot_of_outward")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key", "outward"], name="spot_once"),
            models.CheckConstraint(condition=Q(kind__in=("outward", "postcode", "town")), name="spot_kind"),
            models.CheckConstraint(
                condition=Q(latitude__range=(-90, 90), longitude__range=(-180, 180)), name="spot_on_earth"
            ),
        ]


class Switch(models.Model):
    """Self-referral open or closed, or taking new people or full: from a moment, by whom and why. The latest stands.

    Rows are only added. `until` lets a closed one open again by itself. Patients may refer themselves only under a sharing
    agreement that is dated.
    """

    id = models.BigAutoField(primary_key=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="switches")
    kind = models.CharField(max_length=16)
    open = models.BooleanField()
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200)
    agreement_on = models.DateField(null=True)
    by_label = models.CharField(max_length=80)

    class Meta:
        db_table = "directory_switch"
        indexes = [models.Index(fields=["service", "kind", "-at", "-id"], name="switch_latest")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=("self_referral", "taking")), name="switch_kind"),
            models.CheckConstraint(condition=~Q(reason=""), name="switch_has_reason"),
            models.CheckConstraint(
                condition=~Q(kind="self_referral", open=True) | Q(agreement_on__isnull=False),
                name="switch_self_referral_has_agreement",
            ),
        ]


class Gap(models.Model):
    """A search that ended in nothing, in second best or in a wait too long: need and place, nobody's name."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField()
    need = models.CharField(max_length=120)
    """Words of the vocabulary and the dictionary only; names and numbers never reach it."""
    place = models.CharField(max_length=4, blank=True)
    """Outward postcode."""
    because = models.CharField(max_length=12)
    wanted = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, related_name="+")
    """The service that would have been right, where there is one."""
    taken = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, related_name="+")
    """The service that was taken instead."""
    why_not = models.CharField(max_length=40, blank=True)
    """Why the one wanted could not be had."""
    found_by_other_words = models.BooleanField(default=False)
    """The same search put otherwise found a service: a matter of our words, not of what there is."""
    via = models.CharField(max_length=8)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True)
    """Of the member of staff who searched; null for the public."""

    class Meta:
        db_table = "directory_gap"
        indexes = [models.Index(fields=["at"], name="gap_at")]
        constraints = [
            models.CheckConstraint(condition=Q(because__in=("nothing", "second_best", "too_long")), name="gap_because"),
            models.CheckConstraint(condition=Q(via__in=("staff", "public")), name="gap_via"),
        ]
