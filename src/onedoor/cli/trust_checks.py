"""`onedoor import trust-checks FILE`: a trust's spreadsheet of physical checks against the record."""

from pathlib import Path
from typing import Annotated

import typer

FileArgument = Annotated[Path, typer.Argument(help="The trust's spreadsheet: CSV or .xlsx.", metavar="FILE")]
PracticeOption = Annotated[str, typer.Option(help="ODS code of the practice, PCN or trust that asks.")]
TrustOption = Annotated[str, typer.Option(help="ODS code of the trust at which the checks were done.")]


def trust_checks(file: FileArgument, practice: PracticeOption, trust: TrustOption) -> None:
    """Say which checks that a trust did count here, which do not, and why. Nothing is entered: somebody accepts it on the page.

    Exit code 1 if the file could not be read at all.
    """
    from onedoor.cli.environment import environment
    from onedoor.cli.errors import Refused

    with environment():
        from onedoor.exchange import api as exchange
        from onedoor.kernel.actor import Actor

        try:
            found = exchange.import_trust_checks(
                file=file, practice=practice, trust=trust, by=Actor.system("import by the operator")
            )
        except exchange.UnreadableFile as fault:
            raise Refused(f"{file.name} was not read, and nothing was changed.\n  {fault}") from None
    print(f"{file.name}: checks done at {found.file.trust.name}, for {found.file.organisation.name}")
    print(f"  {found.file.rows:>6,}  rows with a check, {sum(found.counts.values()):,} checks")
    for reason, number in found.counts.items():
        print(f"  {number:>6,}  {exchange.REASONS[reason]}")
    print("\nWho they are, and what can be entered, is on the page Checks, “Done at the trust, not counted here”.")
