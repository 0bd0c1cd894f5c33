"""`onedoor import organisations FILE`: who is there, and how practices stand to PCNs, trusts, places and ICSs."""

from pathlib import Path
from typing import Annotated

import typer

FileArgument = Annotated[
    Path, typer.Argument(help="A CSV file with one line for each organisation and relation.", metavar="FILE")
]


def organisations(file: FileArgument) -> None:
    """Read organisations and how they stand to each other, whole or not at all. Exit code 1 if anything cannot be read.

    Columns: ods_code, name, phone; and for a relation kind, other_ods_code, other_name, from, until (the first day on which it
    no longer holds), shares_checks (yes, or no). What the file leaves out stays as it is.
    """
    from onedoor.cli.environment import environment
    from onedoor.cli.errors import Refused

    with environment():
        from onedoor.accounts import api as accounts
        from onedoor.kernel.actor import Actor

        try:
            rows = accounts.read_organisations(file.read_bytes())
        except OSError as fault:
            raise Refused(f"{file} cannot be opened: {fault.strerror}.") from None
        except accounts.FaultyOrganisations as faulty:
            told = "\n".join(
                f"  row {one.row}, {one.column or 'the file'}: {one.value or '(empty)'}: {one.why}"
                for one in faulty.faults
            )
            raise Refused(f"{file.name} was not read, and nothing was changed.\n{told}") from None
        brought = accounts.take_organisations(rows=rows, by=Actor.system("import by the operator"))
    print(f"{file.name}: {len({row.ods_code for row in rows})} organisations named")
    for count, words in (
        (brought.organisations, "new"),
        (brought.relations_new, "relations new"),
        (brought.relations_changed, "relations changed"),
        (brought.relations_same, "relations as they were"),
    ):
        if count:
            print(f"  {count:>5}  {words}")
