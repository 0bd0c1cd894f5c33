"""Django application of the kernel: what every context stands on."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "onedoor.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"
