"""The plan on the front page of reports: how many initiatives are not as planned."""

from __future__ import annotations

from onedoor.kernel.access import Access
from onedoor.reporting.dashboards.headlines import Headline
from onedoor.reporting.improvement import measuring, queries


def own_headlines(access: Access) -> list[Headline]:
    """What the forum has to settle; nothing where nothing is planned."""
    views, _ = measuring.with_measured(access, queries.plan(access))
    if not views:
        return []
    needing = sum(bool(one.exceptions) for one in views)
    return [
        Headline(
            30,
            "Action plan",
            "reports_plan",
            f"{needing} of {len(views)}",
            "initiatives not as planned",
            next_words="Prepare the forum",
            next_page="reports_forum",
        )
    ]
