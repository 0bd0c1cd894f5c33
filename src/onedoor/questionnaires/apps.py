"""Django application of the questionnaires context."""

from django.apps import AppConfig


class QuestionnairesConfig(AppConfig):
    name = "onedoor.questionnaires"
    label = "questionnaires"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare how answers are read, whose they are, the sweep and the moves between states."""
        from onedoor.kernel.transitions import declare_moves
        from onedoor.questionnaires import handlers, jobs, reading, rules  # noqa: F401

        declare_moves("PutQuestion", rules.MOVES)
        declare_moves("Response", rules.RESPONSE_MOVES)
