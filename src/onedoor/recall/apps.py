"""Django application of the recall context."""

from django.apps import AppConfig


class RecallConfig(AppConfig):
    name = "onedoor.recall"
    label = "recall"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare how answers are read, whose they are, the sweep and the moves between states."""
        from onedoor.kernel.transitions import declare_moves
        from onedoor.recall import check_kinds, handlers, jobs, reading, rules, rules_checks  # noqa: F401

        declare_moves("Invitation", rules.MOVES)
        declare_moves("CheckVisit", rules_checks.MOVES)
