"""The door of records."""

from onedoor.records.actions import in_error, look, record_alike, record_entries
from onedoor.records.models import Entry, Look
from onedoor.records.queries import timeline, who_looked

__all__ = ["Entry", "Look", "in_error", "look", "record_alike", "record_entries", "timeline", "who_looked"]
