"""The door of records."""

from onedoor.records.actions import look, record_alike, record_entries
from onedoor.records.models import Entry, Look
from onedoor.records.queries import timeline, who_looked

__all__ = ["Entry", "Look", "look", "record_alike", "record_entries", "timeline", "who_looked"]
