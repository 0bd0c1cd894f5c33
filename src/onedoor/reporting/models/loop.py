"""What the dashboard of the loop shows, as it was last counted: by organisation and month, and who can be reached."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from onedoor.accounts.models import Organisation


class LoopCounting(models.Model):
    """When everything was last counted, and how far what it was counted from had come. Only the last two are kept."""

    id = models.AutoField(primary_key=True)
    counted_at = models.DateTimeField()
    last_month = models.DateField()
    """The month of that day, by its first day: later ones are not counted, and earlier ones all are."""
    history_seen = models.BigIntegerField()
    """The newest move of an appointment (`booking.newest_move`)."""
    files_seen = models.BigIntegerField()
    """How many files had been read (`exchange.files_read`)."""
    areas_seen = models.BigIntegerField()
    """The area file by which deprivation was counted, 0 for none."""
    nothing = models.BooleanField()
    """Whether there was nothing to count."""

    class Meta:
        db_table = "reporting_loop_counting"


class LoopMonth(models.Model):
    """The loop of an organisation in a month; counts as booking.LoopMonth and messaging.TextMonth define them."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    month = models.DateField()
    """Its first day."""
    reminders = models.BigIntegerField(default=0, db_default=0)
    answered = models.BigIntegerField(default=0, db_default=0)
    cancelled = models.BigIntegerField(default=0, db_default=0)
    released = models.BigIntegerField(default=0, db_default=0)
    filled = models.BigIntegerField(default=0, db_default=0)
    visits = models.BigIntegerField(default=0, db_default=0)
    missed = models.BigIntegerField(default=0, db_default=0)
    pence = models.DecimalField(max_digits=16, decimal_places=3, default=0, db_default=0)
    minutes = ArrayField(models.IntegerField(), default=list, db_default=[])
    """The different times from release to refilling, in whole minutes and rising: of several organisations together the middle
    one is found from these, for a median of medians is none."""
    places = ArrayField(models.IntegerField(), default=list, db_default=[])
    """How many places took each of `minutes`."""
    still_open = models.BigIntegerField(default=0, db_default=0)
    """Places released in the month that were still on offer: it is counted again, however long ago it was."""

    class Meta:
        db_table = "reporting_loop_month"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "month"], name="loop_month_once"),
            models.CheckConstraint(condition=models.Q(month__day=1), name="loop_month_first"),
        ]


class Reach(models.Model):
    """Those registered at an organisation and how they can be reached, by age or by deprivation of where they live."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    by = models.CharField(max_length=12, choices=[(one, one) for one in ("age", "deprivation")])
    band = models.SmallIntegerField()
    """Of `patients.BANDS` from 0; or the fifth of areas, 1 the most deprived, 0 where that is not known."""
    registered = models.BigIntegerField()
    mobile = models.BigIntegerField()
    other = models.BigIntegerField()

    class Meta:
        db_table = "reporting_reach"
        constraints = [models.UniqueConstraint(fields=["organisation", "by", "band"], name="reach_once")]


class AreaFile(models.Model):
    """A file that says how deprived the areas of postcodes are. Files of one release add up; another release takes its place."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    source = models.CharField(max_length=120)
    """What was published, by whom."""
    released_on = models.DateField()
    read = models.BigIntegerField()
    kept = models.BigIntegerField()
    refused = models.JSONField(default=list)
    """The first rows that were not taken: where, what, why and what to do."""
    loaded_at = models.DateTimeField()
    loaded_by = models.CharField(max_length=80)

    class Meta:
        db_table = "reporting_area_file"


class Area(models.Model):
    """A postcode and how deprived its area is. No foreign key: files are loaded by the million."""

    postcode = models.CharField(max_length=8, primary_key=True)
    """In capitals, without spaces."""
    decile = models.SmallIntegerField()
    """Of the index of multiple deprivation: 1 is the most deprived tenth of England's areas."""

    class Meta:
        db_table = "reporting_area"
        constraints = [models.CheckConstraint(condition=models.Q(decile__range=(1, 10)), name="area_decile")]
