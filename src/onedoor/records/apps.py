"""Django application of the records context."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "onedoor.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"
