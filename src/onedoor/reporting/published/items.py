"""What the published file of physical health checks counts, and over which days (clinical.md 1.4). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

KIND = "smi"
"""The kind of the file: physical health checks of people with a severe mental illness, by quarter."""

REGISTER, ALL_SIX = "register", "all_six"


@dataclass(frozen=True)
class Item:
    """A question of the file: its key, what the file calls it, and how people say it."""

    key: str
    question: str
    words: str


ITEMS = (
    Item(REGISTER, "SMIRegister", "On the register"),
    Item(ALL_SIX, "All6PHC", "All six checks"),
    Item("alcohol", "Alcohol", "Alcohol"),
    Item("bmi", "BMIWeight", "Body mass index"),
    Item("glucose", "BloodGlucose", "Blood glucose or HbA1c"),
    Item("lipid", "BloodLipid", "Lipids"),
    Item("bp", "BloodPressure", "Blood pressure"),
    Item("smoking", "Smoking", "Smoking"),
)
"""In the order of clinical.md 1.4. The keys of the checks are those of the parts of our rule set (rulesets/smi.toml)."""

CHECKS = tuple(item.key for item in ITEMS[2:])
WORDS = {item.key: item.words for item in ITEMS}

_PERIODS = (
    re.compile(r"(?:SMI-)?Q(?P<quarter>[1-4])-(?P<first>\d{4})-(?P<second>\d{4})", re.I),
    re.compile(r"(?P<first>\d{4})[-/](?P<second>\d{2}|\d{4})[-/ ]Q(?P<quarter>[1-4])", re.I),
    re.compile(r"Q(?P<quarter>[1-4])[ -]?(?P<first>\d{4})[-/](?P<second>\d{2}|\d{4})", re.I),
)
"""SMI-Q1-2021-2022 in the file; 2021-22-Q1 and Q1 2021/22 as people type it."""


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a financial year that begins on 1 April of `year`."""

    year: int
    quarter: int

    @staticmethod
    def read(text: str) -> Quarter | None:
        """From what stands in the file or what somebody types; None where it is no quarter of two years that follow."""
        for pattern in _PERIODS:
            if found := pattern.fullmatch(text.strip()):
                first, second = int(found["first"]), found["second"]
                if 2000 <= first < 2100 and int(second) == (first + 1) % 10 ** len(second):
                    return Quarter(first, int(found["quarter"]))
        return None

    @staticmethod
    def ending(day: date) -> Quarter:
        """The quarter in which a day lies."""
        months = (day.month - 4) % 12
        return Quarter(day.year - (day.month < 4), months // 3 + 1)

    @property
    def starts_on(self) -> date:
        """Its first day."""
        return date(self.year + self.quarter // 4, (self.quarter * 3) % 12 + 1, 1)

    @property
    def ends_on(self) -> date:
        """Its last day."""
        return self.following.starts_on - timedelta(days=1)

    @property
    def following(self) -> Quarter:
        """The next one."""
        return Quarter(self.year + self.quarter // 4, self.quarter % 4 + 1)

    @property
    def key(self) -> str:
        """2021-22-Q1, as in addresses and commands."""
        return f"{self.year}-{(self.year + 1) % 100:02d}-Q{self.quarter}"

    @property
    def words(self) -> str:
        """Q1 2021/22."""
        return f"Q{self.quarter} {self.year}/{(self.year + 1) % 100:02d}"
