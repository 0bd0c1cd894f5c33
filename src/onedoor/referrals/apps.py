"""Django application of the referrals context."""

from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "onedoor.referrals"
    label = "referrals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare handlers, sweeps and moves between states."""
        from onedoor.directory.api import declare_waits
        from onedoor.kernel.transitions import declare_moves
        from onedoor.referrals import handlers, jobs, rules, waits  # noqa: F401

        declare_waits(waits.waits_of)
        declare_moves("Referral", rules.MOVES)
