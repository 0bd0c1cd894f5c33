"""Values that cross the door of recall about check forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from onedoor.recall.models import CheckVisit
from onedoor.recall.rules_checks import Reading

NOT_CLOSED_FOUND = "Something was found: say below what is done about it, then finish."
NOT_CLOSED_MISSING = "Some checks have nothing: fill them in, or say that they stay due."
NOT_CLOSED_TYPED = "Some of what you typed is not saved yet: see above."


@dataclass(frozen=True)
class CheckAct:
    """What is done about a finding: `action` of `rules_findings.ACTIONS`, `service` the slug to refer to."""

    action: str
    note: str = ""
    service: str = ""


@dataclass(frozen=True)
class CheckForm:
    """A check form as it was sent. Everything by the key of the check, but `acts` by the code of the finding."""

    form_key: UUID
    """Of the page: the same form sent twice is taken once."""
    rule_set: str
    typed: Mapping[str, Mapping[str, str]]
    """By check the fields as they were typed (`rules_checks.fields_of`)."""
    base: Mapping[str, str] = field(default_factory=dict)
    """What the page showed of each check: `version.mark` (`base_of`)."""
    sure: Mapping[str, str] = field(default_factory=dict)
    """The marks of what was confirmed to be right though it is unusual."""
    acts: Mapping[str, CheckAct] = field(default_factory=dict)
    next_month: str = ""
    """When they will come next: "2027-12", "" for not agreed."""
    next_day: str = ""
    close: bool = False
    missing_ok: bool = False
    """Finish though some checks have nothing."""


@dataclass(frozen=True)
class Meanwhile:
    """What somebody else saved of a check since the page was made."""

    by: str
    at: datetime
    words: str


@dataclass(frozen=True)
class ChecksSaved:
    """What became of a form. What is sound is saved whatever is wrong with the rest."""

    ref: UUID | None = None
    """Of the visit; None where nothing was saved yet."""
    changed: tuple[str, ...] = ()
    """The checks that were written or taken away."""
    acted: tuple[str, ...] = ()
    readings: Mapping[str, Reading] = field(default_factory=dict)
    """Of checks that were not saved: what is wrong with them, or what is asked."""
    meanwhile: Mapping[str, Meanwhile] = field(default_factory=dict)
    """Of checks that were not saved, since another did."""
    act_problems: Mapping[str, str] = field(default_factory=dict)
    next_problem: str = ""
    agreed: bool = False
    closed: bool = False
    why_open: tuple[str, ...] = ()
    """Everything for which the visit was not finished though that was asked (`NOT_CLOSED_…`)."""

    @property
    def sound(self) -> bool:
        """Whether everything that was sent is saved."""
        return not (self.readings or self.meanwhile or self.act_problems or self.next_problem or self.why_open)


@dataclass(frozen=True)
class LastValue:
    """The last time a check was recorded, by whomever: what, when, where, and whether it counts still."""

    words: str
    on: date
    organisation: str
    counts: bool
    """Whether it completes the check today by the rule set asked for."""
    until: date | None
    """The first day on which it no longer will."""


@dataclass(frozen=True)
class AwayValue:
    """The last time a check was done elsewhere, where the practice has not accepted it: it counts for nothing yet."""

    words: str
    on: date
    organisation: str


@dataclass(frozen=True)
class ItemView:
    """One check as the visit has it."""

    state: str
    typed: Mapping[str, str]
    words: str
    version: int
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True)
class CheckFindingView:
    """Something found. `service` are slug and name of services to refer to, the best first."""

    code: str
    key: str
    text: str
    urgent: bool
    invented: bool
    offers: tuple[tuple[str, str], ...]
    services: tuple[tuple[str, str], ...]
    action: str
    """What was done, in words; empty while nothing was."""
    note: str
    acted_by: str
    acted_at: datetime | None
    referral_ref: UUID | None


@dataclass(frozen=True)
class CheckView:
    """One check on the form."""

    key: str
    label: str
    last: LastValue | None
    declined_on: date | None
    """In the window, where nothing was recorded since."""
    earlier: str
    """What an earlier visit came to without a value, in words and with its day; empty for nothing, or nothing since `last`."""
    awaited: bool
    """Whether that is a blood test whose result is not in."""
    item: ItemView | None
    known: bool
    """False while no code list says what counts for it: it can be written down, and is never done."""
    kept_until: date | None
    """It is done and counts until then, by an entry that is not shared with whoever asks."""
    hint: str
    """Where a field that stands filled has its value from."""
    base: str
    typed: Mapping[str, str]
    """What its fields show before anything is typed."""
    away: AwayValue | None = None
    """Newer than `last`."""


@dataclass(frozen=True)
class CheckPage:
    """The check form of one person."""

    rule_set: str
    name: str
    visit_ref: UUID | None
    opened_at: datetime | None
    opened_by: str
    checks: tuple[CheckView, ...]
    findings: tuple[CheckFindingView, ...]
    done: int
    """How many of the checks count today."""
    agreed_on: date | None
    agreed_month: bool
    agreed_by: str
    standing: str
    """Why they are not to be asked for these checks, in words; empty where they are, or have had them all."""
    last_closed: CheckVisit | None
    """The visit that was finished last."""


@dataclass(frozen=True)
class SummaryEntry:
    """An entry that a visit wrote: `code` and `term` are empty for words alone, `value` is in `unit` (UCUM)."""

    code: str
    term: str
    value: float | None
    unit: str
    day: date
    text: str


@dataclass(frozen=True)
class SummaryItem:
    """One check of a visit: `state` of `CheckItem`, `words` for people, `entries` what was written of it."""

    key: str
    label: str
    state: str
    words: str
    entries: tuple[SummaryEntry, ...]
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True)
class SummaryFinding:
    """Something found, and what was done about it in words (empty while nothing was)."""

    code: str
    key: str
    text: str
    urgent: bool
    action: str
    note: str
    acted_by: str
    acted_at: datetime | None


@dataclass(frozen=True)
class VisitSummary:
    """A visit for checks: who, where, when, what it came to, what was found, and when they come next."""

    visit_id: int
    ref: UUID
    patient_id: int
    organisation_id: int
    organisation: str
    rule_set: str
    name: str
    """Of the rule set."""
    day: date
    state: str
    """open, closed."""
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str
    items: tuple[SummaryItem, ...]
    missing: tuple[str, ...]
    """Labels of the checks that were not done when it was finished."""
    findings: tuple[SummaryFinding, ...]
    next_on: date | None
    """The day agreed at it for the next, or the first of the month where no day was."""
    next_whole_month: bool
