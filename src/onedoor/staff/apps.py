"""Django application of the staff pages."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "onedoor.staff"
    label = "staff"
