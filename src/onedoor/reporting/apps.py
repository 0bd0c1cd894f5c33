"""Django application of the reporting context."""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "onedoor.reporting"
    label = "reporting"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the sweep and the moves between states."""
        from onedoor.kernel.transitions import declare_moves
        from onedoor.reporting import jobs  # noqa: F401
        from onedoor.reporting.improvement import rules

        declare_moves("Initiative", rules.MOVES)
