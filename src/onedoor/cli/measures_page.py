"""docs/reference/measures.md: every measure as its file says it."""

from __future__ import annotations


def measures_page() -> str:
    """The page, written anew by `onedoor reference`."""
    from onedoor.reporting.measures.book import CLOCKS, shipped

    lines = [
        "# Measures",
        "",
        "Written by `onedoor reference` from `src/onedoor/reporting/measures/definitions`. How they are computed and kept:",
        "[reports.md](reports.md).",
        "",
        "| Measure | Key | Clock | Unit | Better | Charts of signal and noise |",
        "|---|---|---|---|---|---|",
    ]
    found = sorted(shipped(), key=lambda one: (one.name.lower(), one.version))
    for one in found:
        better = {"up": "more", "down": "fewer", "none": ""}[one.improvement]
        lines.append(
            f"| {one.name} | `{one.key}` | {CLOCKS[one.clock].lower()} | {one.unit} | {better} | {'yes' if one.xmr else 'no'} |"
        )
    for one in found:
        of = one.source
        counted = f"relation `{of.relation}`" if of.relation else f"rule set `{of.rule_set}` of recall"
        until = f" to {one.active_until:%-d %B %Y}" if one.active_until else ""
        lines += [
            "",
            f"## {one.name}",
            "",
            one.words,
            "",
            f"- Who: {one.population}",
            *([f"- Out of: {one.denominator}"] if one.denominator else []),
            f"- Counted: {one.numerator}",
            *(
                [f"- Left out: {', '.join(code.replace('_', ' ') for code in one.exclusions)}."]
                if one.exclusions
                else []
            ),
            f"- From: {counted}. Small numbers are hidden up to the level {one.suppressed.words}.",
            f"- Version {one.version}, in force from {one.active_from:%-d %B %Y}{until}. Sources: {'; '.join(one.sources)}.",
        ]
    return "\n".join([*lines, ""])
