"""What goes to a patient's GP practice for its record: results of checks, and a day of messages and answers. Pure.

The checks stand in one table at the top (seed 003: "with summarised checks in a table at the top"); what is asked of the practice
stands apart from what is told (product-map.md W27). Nothing is said by colour: what was found is in words beside the result.
"""

from __future__ import annotations

from onedoor.documents.types import Block, Facts
from onedoor.documents.wording import Wording, spaced


def title(facts: Facts, words: Wording) -> str:
    """What the document of such a kind is called."""
    answers = facts.checks is not None and facts.checks.answers
    return words.words(facts.kind, "title_answers" if answers else "title", {})


def checks(facts: Facts, words: Wording) -> list[Block]:
    """The results of a visit for checks, or what a patient answered on a day."""
    told = facts.checks
    assert told is not None

    def say(key: str, **slots: object) -> str:
        return words.words("checks", key, {name: str(value) for name, value in slots.items()})

    blocks = [Block("lead", _lead(facts, words))]
    if told.rows:
        blocks.append(
            Block(
                "table",
                head=tuple(say(f"col_{column}") for column in ("check", "result", "on", "code", "found")),
                rows=tuple(
                    (
                        row.check,
                        row.result,
                        f"{row.on:%d %b %Y}".lstrip("0"),
                        "\n".join(f"{code} {term}".strip() for code, term in row.codes),
                        row.found or say("nothing"),
                    )
                    for row in told.rows
                ),
            )
        )
    if told.without:
        blocks.append(Block("heading", (say("without_head"),)))
        blocks.append(Block("bullets", tuple(f"{check}: {why}" for check, why in told.without)))
    asked = ((say("record"),) if told.rows else ()) + told.asked
    if asked:
        blocks += [Block("heading", (say("asked_head"),)), Block("steps", asked)]
    if told.acted:
        blocks += [Block("heading", (say("acted_head"),)), Block("bullets", told.acted)]
    blocks += [Block("heading", (say("answers_head" if told.answers else "visit_head"),)), _visit(facts, words)]
    return blocks


def _lead(facts: Facts, words: Wording) -> tuple[str, ...]:
    told = facts.checks
    assert told is not None
    done, number = len(told.rows), len(told.rows) + len(told.without)
    names = ", ".join(check for check, _ in told.without)
    key = "lead_none" if not done else "lead_all" if done == number else "lead_one" if done == 1 else "lead_some"
    if told.answers:
        keys = ("lead_answers", "lead_replaces_answers") if told.replaces else ("lead_answers",)
        return tuple(said for key in keys for said in words.sentences("checks", key, {}))
    said = [] if told.finished else list(words.sentences("checks", "lead_open", {}))
    said += words.sentences("checks", key, {"number": str(number), "done": str(done), "names": names})
    if told.asked:
        many = "lead_asked_one" if len(told.asked) == 1 else "lead_asked_many"
        said += words.sentences("checks", many, {"asked": str(len(told.asked))})
    if told.replaces:
        said += words.sentences("checks", "lead_replaces", {})
    return tuple(said)


def _visit(facts: Facts, words: Wording) -> Block:
    told, contact = facts.checks, facts.contact
    assert told is not None
    assert contact is not None
    rows = (
        ("what_answers" if told.answers else "what", told.name),
        ("visit_on", words.day(told.on)),
        ("where", facts.sender.name),
        ("by" if told.finished else "by_open", told.by),
        ("following", told.following),
        ("contact", f"{contact.name}, {contact.phone}" + (f" ({contact.hours})" if contact.hours else "")),
    )
    return Block("table", rows=tuple((words.words("checks", key), value) for key, value in rows if value))


def contacts(facts: Facts, words: Wording) -> list[Block]:
    """A day of one patient's messages, replies and coded answers."""
    told = facts.contacts
    assert told is not None
    head = tuple(words.words("contacts", f"col_{column}") for column in ("at", "what", "said", "code"))
    return [
        Block("lead", words.sentences("contacts", "lead", {"day": words.day(told.on)})),
        Block("table", head=head, rows=tuple((row.at, row.what, row.said, row.code) for row in told.rows)),
    ]


def whose(facts: Facts, words: Wording) -> tuple[tuple[str, str], ...]:
    """Whom it is about, by what a practice finds them with: it stands above everything."""
    patient = facts.patient
    rows = (
        (words.words("checks", "patient"), patient.name),
        (words.words("checks", "born"), f"{patient.born_on:%d %b %Y}".lstrip("0") if patient.born_on else ""),
        (words.words("checks", "nhs_number"), spaced(patient.nhs_number)),
    )
    return tuple(row for row in rows if row[1])


def to_be_said(facts: Facts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the checks and of the contacts: everything that must be found in the letter's words."""
    told, day = facts.checks, facts.contacts
    results = () if told is None else (
        *(said for row in told.rows for said in (row.check, row.result, row.found)),
        *(said for row in told.without for said in row), *told.acted, *told.asked, told.following, told.by,
    )  # fmt: skip
    return results, () if day is None else tuple(said for row in day.rows for said in (row.at, row.what, row.said))
