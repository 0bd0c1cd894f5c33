"""Django application of the booking context."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    name = "onedoor.booking"
    label = "booking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare handlers, the owners of subjects, the way to outside diaries, sweeps and moves between states."""
        from onedoor.booking import handlers, jobs, needs, offers, reading, rules, series  # noqa: F401
        from onedoor.kernel.transitions import declare_moves

        declare_moves("Appointment", rules.MOVES)
        declare_moves("Offer", offers.MOVES)
        declare_moves("Enrolment", series.MOVES)
        declare_moves("InterpreterBooking", needs.INTERPRETER_MOVES)
