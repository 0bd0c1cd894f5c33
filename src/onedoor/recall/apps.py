"""Django application of the recall context."""

from django.apps import AppConfig


class RecallConfig(AppConfig):
    name = "onedoor.recall"
    label = "recall"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare how answers are read, whose they are, the sweep and the moves between states."""
        from onedoor.kernel.transitions import declare_moves
        from onedoor.recall import handlers, jobs, reading, rules  # noqa: F401

        declare_moves("Invitation", rules.MOVES)
