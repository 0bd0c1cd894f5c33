"""Django application of the kernel: what every context stands on."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "onedoor.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the kernel's own sweeps."""
        from onedoor.kernel import sweeps  # noqa: F401
