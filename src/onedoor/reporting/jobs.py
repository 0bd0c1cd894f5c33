"""Sweeps of reporting."""

from __future__ import annotations

from datetime import timedelta

import structlog

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.kernel.jobs import sweep

log = structlog.get_logger(__name__)

PICTURES_KEPT = timedelta(days=92)


# In the line of what may take long: a pack takes seconds, and nobody's reply waits for it.
@sweep("reporting.make_packs", every=600.0, outside=True)
def make_packs() -> int:
    """Make the packs that people and schedules ask for, one after the other; one that fails keeps back no other."""
    # What draws and sets is heavy, and every process reads this module.
    from onedoor.reporting.packs.actions import NoFigures, drop_request, due_packs, make_pack

    made = 0
    for organisation_id, closing_id in due_packs():
        try:
            make_pack(access=Access.system("monthly packs"), organisation_id=organisation_id, closing_id=closing_id)
            made += 1
        except NoFigures:
            drop_request(organisation_id, closing_id)
        except Exception as error:
            log.error("a pack could not be made", organisation=organisation_id, error=type(error).__name__)
    return made


# In the line of what may take long: nobody's reply waits until two years of diaries are counted.
@sweep("reporting.count_loop", every=30.0, rest=10.0, outside=True)
def count_loop() -> int:
    """Count diaries, texts and who can be reached, for the dashboard of the loop: every two hours, soon after a file was read,
    and as long as there is nothing."""
    from onedoor.reporting.counting import count_if_due

    return count_if_due(Access.system("counting of the loop"))


@sweep("reporting.count_services", every=300.0, outside=True)
def count_services() -> int:
    """Count the last twelve months of each service that triages, before somebody looks at its dashboard."""
    from onedoor.reporting.dashboards.msk_counted import count_services as counting

    return counting(Access.system("counting of services"))


@sweep("reporting.forget_pictures", every=3_600.0, outside=True)
def forget_pictures() -> int:
    """Let go of pictures drawn a quarter of a year ago; whoever opens such a page again has them drawn anew."""
    from onedoor.reporting.charts import pictures

    return pictures.forget(made_before=clock.now() - PICTURES_KEPT)
