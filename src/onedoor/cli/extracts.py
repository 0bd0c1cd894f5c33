"""`onedoor import extract FILE --organisation ODS --month 2026-11`: a monthly extract of a practice or trust."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from onedoor.exchange.api import Extract, ExtractOpened

FileArgument = Annotated[Path, typer.Argument(help="The extract: CSV or .xlsx, as it comes.", metavar="FILE")]
OrganisationOption = Annotated[str, typer.Option(help="ODS code of the practice or trust whose data it is.")]
MonthOption = Annotated[str, typer.Option(help="The month that it tells of, as in 2026-11.")]
PreviewOption = Annotated[bool, typer.Option("--preview", help="Say what would happen, and take nothing.")]
ConfirmOption = Annotated[
    bool,
    typer.Option(
        "--confirm", help="Keep the proposed columns as right, for this file and the next of the same headings."
    ),
]
RejectsOption = Annotated[Path | None, typer.Option(help="Write what was not taken to this CSV file.")]


def extract(
    file: FileArgument,
    organisation: OrganisationOption,
    month: MonthOption,
    preview: PreviewOption = False,
    confirm: ConfirmOption = False,
    rejects: RejectsOption = None,
) -> None:
    """Read a monthly extract. Exit code 1 if it could not be read at all, or its columns are to be confirmed first."""
    from onedoor.cli.environment import environment
    from onedoor.cli.errors import Refused

    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Refused(f"{month} is not a month: write it as 2026-11.") from None
    with environment():
        from onedoor.exchange import api as exchange
        from onedoor.kernel.actor import Actor

        try:
            found, opened = exchange.import_extract(
                file=file,
                organisation=organisation,
                month=first,
                by=Actor.system("import by the operator"),
                apply=not preview,
                confirm=confirm,
            )
        except exchange.UnreadableFile as fault:
            raise Refused(f"{file.name} was not read, and nothing was changed.\n  {fault}") from None
        except exchange.WrongMapping as fault:
            raise Refused(f"{file.name}: its columns cannot be made out. {fault} Do so on the page Extracts.") from None
        if rejects is not None:
            rejects.write_text(exchange.extract_rejects_csv(found), encoding="utf-8", newline="")
    _show(found, opened)
    if found.state == "to_map":
        print(
            "\nIts headings are new. Look at the columns; then run this again with --confirm, or say so on the page Extracts."
        )
        raise typer.Exit(1)
    if preview:
        print("\nThis was a preview: nothing was taken.")


def _show(found: "Extract", opened: "ExtractOpened") -> None:
    from onedoor.exchange import api as exchange

    print(f"{found.name}: extract of {found.organisation.name} ({found.organisation.ods_code}) for {found.month:%B %Y}")
    sheet = f" of the sheet {opened.grid.name}" if opened.grid.name else ""
    print(f"  Header on row {opened.layout.header}{sheet}")
    samples = opened.samples(2)
    for heading in found.headings:
        words = exchange.EXTRACT_FIELDS.get(found.columns.get(heading, ""), "not read")
        print(f"  {heading[:34]:<34}  {words:<36}  {', '.join(samples.get(heading, ()))[:40]}")
    if found.state == "to_map":
        return
    quality = exchange.extract_quality(found)
    print(f"\n  {found.rows:>9,}  rows, of {quality.values['people']:,} people")
    print(f"  {found.taken:>9,}  facts new on the record")
    print(f"  {found.same:>9,}  facts that were there already")
    print(f"  {found.rejected:>9,}  not taken")
    for _, words, many, _ in quality.reasons:
        print(f"  {'':>9}  {many:>9,}  {words}")
    for note in quality.notes:
        print(f"  ! {note}")
