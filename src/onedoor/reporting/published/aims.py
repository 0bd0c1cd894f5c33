"""What is aimed at in physical health checks, by day (aims.toml): parameters, each with its source."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from onedoor.reporting.published.items import Quarter


@dataclass(frozen=True)
class Aim:
    """A rate in percent by the end of a quarter, and perhaps `more` people than at a baseline: the one may be met and the other
    missed. `organisation`: whose, with all that stands below; everybody's where empty."""

    key: str
    words: str
    rate: Decimal
    due: Quarter
    source: str
    organisation: str = ""
    more: int | None = None
    baseline: Quarter | None = None


@cache
def aims() -> tuple[Aim, ...]:
    """All of them, the lowest rate first."""
    read = tomllib.loads(files(__package__).joinpath("aims.toml").read_text("utf-8"), parse_float=Decimal)
    return tuple(sorted((_aim(one) for one in read["aim"]), key=lambda aim: aim.rate))


def aims_of(codes: Collection[str]) -> list[Aim]:
    """Those of an organisation that is, or stands in, one of these."""
    return [aim for aim in aims() if not aim.organisation or aim.organisation in codes]


def _aim(said: dict[str, object]) -> Aim:
    quarters = {key: Quarter.read(str(said[key])) for key in ("due", "baseline") if key in said}
    due = quarters["due"]
    assert due is not None
    return Aim(
        key=str(said["key"]),
        words=str(said["words"]),
        rate=Decimal(str(said["rate"])),
        due=due,
        source=str(said["source"]),
        organisation=str(said.get("organisation", "")),
        more=int(str(said["more"])) if "more" in said else None,
        baseline=quarters.get("baseline"),
    )
