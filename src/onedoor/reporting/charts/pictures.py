"""Pictures that were drawn are kept by what they were drawn from: nothing is drawn twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from onedoor.kernel import clock
from onedoor.reporting.models import ChartPicture


def get(addresses: Collection[str]) -> dict[str, str]:
    """The SVG of those that are kept, by address: one statement for a page."""
    return dict(ChartPicture.objects.filter(pk__in=addresses).values_list("sha256", "svg"))


def put(drawn: Mapping[str, str]) -> None:
    """Keep pictures. Two that draw the same at once keep it once."""
    rows = [ChartPicture(sha256=address, svg=svg, made_at=clock.now()) for address, svg in sorted(drawn.items())]
    ChartPicture.objects.bulk_create(rows, ignore_conflicts=True)


def forget(*, made_before: datetime) -> int:
    """Let go of pictures made before a moment; whoever looks again has them drawn anew. How many went."""
    return ChartPicture.objects.filter(made_at__lt=made_before).delete()[0]
