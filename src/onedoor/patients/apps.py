"""Django application of the patients context."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    name = "onedoor.patients"
    label = "patients"
    default_auto_field = "django.db.models.BigAutoField"
