"""The reference page of codes, from the data files of records."""

from __future__ import annotations

from collections.abc import Iterator

_PREFACE = """# Codes

Written by `./run reference` from the data of `onedoor.records`; a test keeps it true. Every code is of the facts that Onedoor was
built from (clinical.md, section 2), by the number of its row there. What is not here does not exist until an official file brings
it ([how to load one](../how-to/import-entries.md#official-reference-sets)).

- **Identifiers are text**, and each has its check digit proved (Verhoeff). A spreadsheet rounds them to 15 digits:
  1066921000000106 becomes 1066921000000100, which is refused by name.
- **Terms** are the facts' short ones. They name the code for people; nothing is decided by their words.
- **Units** are the one in which a value is kept. A file may write it in another way that is listed below; nothing is converted.
- **Ranges** say what a person can have. Where the facts give none it is *invented*, wide, and catches slips only.
"""
_SETS = """
## Code sets

The keys are those of the Primary Care Domain clusters (clinical.md 1.3), with their reference-set ids; *local* sets are our own.
Why a code is a member:

- **source**: the source of its row is the cluster's own list;
- **use**: its row says that it is used so;
- **subject**: its term is what the cluster is named for. The official list was not read: load it before figures are reported.

A set without members stays so until an official file is loaded, and a rule that rests on it says so: it is never done by default.
"""
_BASES = ("source", "use", "subject")


def codes_page() -> str:
    """The page docs/reference/codes.md."""
    return "\n".join([_PREFACE, "## The codes\n", *_codes(), _SETS, *_sets(), "\n## Units\n", *_units()]) + "\n"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _codes() -> Iterator[str]:
    from onedoor.records import api as records

    yield _row("Row", "Code", "Term", "Unit", "Range", "Use", "Source")
    yield "|---|---|---|---|---|---|---|"
    for code in records.reference_rows("codes"):
        bounds = f"{code['low']} to {code['high']} ({code['range']})" if code["high"] else ""
        use = f"superseded by {code['replaced_by']}" if code["replaced_by"] else code["use"]
        yield _row(code["row"], f"`{code['code']}`", code["term"], code["unit"], bounds, use, code["source"])


def _sets() -> Iterator[str]:
    from onedoor.records import api as records

    found: dict[str, list[dict[str, str]]] = {}
    for row in records.reference_rows("code_sets"):
        found.setdefault(row["key"], []).append(row)
    yield _row("Key", "Name", "Reference set", "Members")
    yield "|---|---|---|---|"
    for key, rows in found.items():
        first = rows[0]
        members = "; ".join(
            f"{basis}: " + ", ".join(f"`{row['member']}`" for row in rows if row["basis"] == basis)
            for basis in _BASES
            if any(row["basis"] == basis for row in rows)
        )
        yield _row(
            f"`{key}`",
            first["name"],
            "local" if first["origin"] == "local" else first["refset_id"] or "not given",
            members or f"**none**: {first['provenance']}",
        )


def _units() -> Iterator[str]:
    from onedoor.records import api as records

    found: dict[str, list[str]] = {}
    for row in records.reference_rows("units"):
        found.setdefault(row["ucum"], []).extend([row["label"]] if row["label"] else [])
    yield _row("Unit", "Also written")
    yield "|---|---|"
    for unit, labels in found.items():
        yield _row(f"`{unit}`", ", ".join(labels))
