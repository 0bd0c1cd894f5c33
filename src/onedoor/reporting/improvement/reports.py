"""What is sent to those who hold a plan to account, as tables: the exception report and the highlight report (seed 003)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.reporting.improvement import rules
from onedoor.reporting.improvement.measuring import Measured
from onedoor.reporting.improvement.queries import Agenda, InitiativeView, moves_since
from onedoor.reporting.tables import Cell, Column, Table

MONTH = timedelta(days=31)
_SOURCE = "The plan, as it stands in Onedoor"


def exception_report(name: str, views: Sequence[InitiativeView], agenda: Agenda | None = None) -> dict[str, Table]:
    """What is not as it was planned: initiatives, and decisions that are overdue."""
    columns = [
        Column("title", "Initiative"),
        Column("organisation", "Whose"),
        Column("owner", "Owner"),
        Column("state", "State"),
        Column("why", "What is not as planned"),
        Column("next", "Next milestone"),
        Column("due", "Due"),
    ]
    rows: list[list[Cell]] = [
        [
            one.initiative.title,
            one.organisation,
            one.initiative.owner or "nobody",
            rules.STATES[one.initiative.state],
            " ".join(one.exceptions),
            one.next_milestone.title if one.next_milestone else "",
            one.next_milestone.due_on if one.next_milestone else "",
        ]
        for one in views
        if one.exceptions
    ]
    tables = {"exceptions": _table(f"{name}: what is not as planned", columns, rows)}
    if agenda is not None:
        tables["overdue"] = _table(
            f"{name}: decisions that are overdue",
            [
                Column("what", "Decided"),
                Column("owner", "Who"),
                Column("due", "Due"),
                Column("on", "At the meeting of"),
            ],
            [[one.text, one.owner, one.due_on, one.meeting.on] for one in agenda.overdue],
        )
    return tables


def highlight_report(
    access: Access, name: str, views: Sequence[InitiativeView], measured: Mapping[int, Measured]
) -> dict[str, Table]:
    """The month to today: what moved, what was reached, what comes within a month, and what each initiative is known to bring.

    `views` hold those that ended too.
    """
    today = clock.today()
    since, until = today - MONTH, today + MONTH
    named = {one.initiative.pk: one for one in views}
    # The latest of each: what it passed through on the way stands on its own page.
    last = {move.parent_id: move for move in reversed(moves_since(access, list(named), since))}
    moved: list[list[Cell]] = [
        [
            named[key].initiative.title,
            rules.STATES[move.to_state],
            _day(move.at),
            move.actor_label,
            move.reason,
        ]
        for key, move in sorted(last.items(), key=lambda one: one[1].at, reverse=True)
    ]
    reached: list[list[Cell]] = [
        [one.initiative.title, each.title, each.due_on, each.done_on]
        for one in views
        for each in one.milestones
        if each.done_on is not None and each.done_on >= since
    ]
    to_come: list[list[Cell]] = [
        [one.initiative.title, one.initiative.owner or "nobody", each.title, each.due_on]
        for one in views
        if one.initiative.state in rules.OPEN
        for each in one.milestones
        if each.done_on is None and not each.dropped_because and each.due_on <= until
    ]
    effects: list[list[Cell]] = [
        [
            one.initiative.title,
            found.expected,
            found.change,
            found.verdict,
            found.why,
        ]
        for one in views
        if one.initiative.state in ("under_way", "done") and (found := measured[one.initiative.pk])
    ]
    title = Column("title", "Initiative")
    period = f"{since:%-d %B %Y} to {today:%-d %B %Y}"
    return {
        "moved": _table(
            f"{name}: what moved",
            [title, Column("to", "Became"), Column("on", "On"), Column("by", "By"), Column("why", "Why")],
            moved,
            period,
        ),
        "reached": _table(
            f"{name}: milestones reached",
            [title, Column("what", "Milestone"), Column("due", "Due"), Column("done", "Reached")],
            reached,
            period,
        ),
        "to_come": _table(
            f"{name}: milestones due by {until:%-d %B %Y}",
            [title, Column("owner", "Owner"), Column("what", "Milestone"), Column("due", "Due")],
            sorted(to_come, key=lambda row: str(row[3])),
        ),
        "effects": _table(
            f"{name}: what initiatives brought",
            [
                title,
                Column("expected", "Expected by now, people", places=0),
                Column("change", "The figure changed by, people"),
                Column("verdict", "So it brought"),
                Column("why", "Because"),
            ],
            effects,
        ),
    }


def plan_table(name: str, views: Sequence[InitiativeView]) -> Table:
    """The plan as seed 003's table: area, initiative, level, owner, window, ease, impact, rating; then where it stands."""
    columns = [
        Column("area", "Theme"), Column("title", "Initiative"), Column("organisation", "Whose"), Column("level", "Level"),
        Column("owner", "Owner"), Column("window", "Time-frame"), Column("ease", "Ease"), Column("impact", "Impact"),
        Column("rating", "How far it is"), Column("state", "State"), Column("starts", "Starts"), Column("ends", "Ends"),
        Column("expected", "More a month, as expected"), Column("why", "What is not as planned"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for view in views:
        one = view.initiative
        rows.append([
            rules.AREAS[one.area], one.title, view.organisation, rules.LEVELS[one.level], one.owner or "nobody",
            rules.WINDOWS[one.window], rules.RATINGS.get(one.ease, "not said"), rules.RATINGS.get(one.impact, "not said"),
            rules.RATINGS.get(one.rating, "not said"), rules.STATES[one.state], one.starts_on or "", one.ends_on or "",
            one.expected if one.expected is not None else "not said", " ".join(view.exceptions),
        ])  # fmt: skip
    return _table(f"{name}: the plan", columns, rows)


def _table(title: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], period: str = "") -> Table:
    return Table(title, columns, rows, (), _SOURCE, period, clock.now())


def _day(moment: datetime) -> date:
    return moment.astimezone(clock.LONDON).date()
