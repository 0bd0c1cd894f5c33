"""MESH mailboxes from the command line. Passwords and keys come from a file or the environment, never from the command."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The line to MESH.", no_args_is_help=True)
    box = typer.Typer(help="An organisation's MESH mailbox.", no_args_is_help=True)
    box.command()(add)
    box.command()(off)
    group.add_typer(box, name="mailbox")
    group.command()(mailboxes)
    app.add_typer(group, name="mesh")


def add(
    organisation: Annotated[str, typer.Option(help="ODS code of the organisation whose mailbox it is.")],
    mailbox: Annotated[str, typer.Option(help="The mailbox's identifier, as Y99002OT001.")],
    url: Annotated[str, typer.Option(help="Where MESH answers, as https://msg.intspineservices.nhs.uk")],
    secrets: Annotated[
        Path | None,
        typer.Option(
            help='JSON file {"password": …, "shared_key": …} that only you can read. Without it, the environment: '
            "ONEDOOR_MESH_PASSWORD and ONEDOOR_MESH_SHARED_KEY."
        ),
    ] = None,
) -> None:
    """Make a mailbox, or change how it is reached. Ends with 1 when MESH does not let it in; it is kept all the same."""
    from onedoor.cli.environment import environment

    given = _secrets(secrets)
    with environment():
        from onedoor.exchange import api as exchange

        made = _refusing(lambda: _set(organisation, mailbox, url, given))
        fault = exchange.try_mailbox(mailbox_id=made, by=_operator())
    if fault:
        print(f"Mailbox {made} is kept. {fault}")
        raise typer.Exit(1)
    print(f"Mailbox {made} is kept, and MESH lets it in.")


def off(mailbox: Annotated[str, typer.Argument(help="The mailbox's identifier.")]) -> None:
    """Send nothing more from a mailbox, and collect nothing more. What waits stays; `mailbox add` switches it on."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.exchange import api as exchange

        known = exchange.switch_mailbox_off(mailbox_id=mailbox, by=_operator())
    print(f"Mailbox {mailbox.upper()} is off." if known else f"There is no mailbox {mailbox.upper()}.")
    if not known:
        raise typer.Exit(1)


def mailboxes() -> None:
    """Every mailbox: whose it is, when its inbox was last seen, what waits, and its fault if it has one."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.exchange import api as exchange

        found = exchange.mailboxes()
    for one in found:
        state = "off" if not one.active else (one.fault or "works")
        print(f"{one.mailbox_id:<14}{one.organisation:<32}{_at(one.polled_at):<18}{one.waiting:>5} to send  {state}")
    if not found:
        print("No mailbox. Make one with `./run mesh mailbox add` (docs/how-to/connect-mesh.md).")


def _set(ods_code: str, mailbox: str, url: str, given: dict[str, str]) -> str:
    from onedoor.accounts.api import organisation_by_ods
    from onedoor.exchange import api as exchange

    found = organisation_by_ods(ods_code.upper())
    if found is None:
        raise ValueError(
            f"No organisation has the ODS code {ods_code}. Import its patients or the organisations first."
        )
    return exchange.set_mailbox(
        organisation_id=found.pk,
        mailbox_id=mailbox,
        password=given["password"],
        shared_key=given["shared_key"],
        base_url=url,
        by=_operator(),
    ).mailbox_id


def _secrets(file: Path | None) -> dict[str, str]:
    from onedoor.cli.errors import Refused

    given: dict[str, Any] = {
        "password": os.environ.get("ONEDOOR_MESH_PASSWORD", ""),
        "shared_key": os.environ.get("ONEDOOR_MESH_SHARED_KEY", ""),
    }
    if file is not None:
        try:
            if file.stat().st_mode & 0o077:
                raise Refused(f"Others can read {file}. Make it yours alone first: chmod 600 {file}")
            document = json.loads(file.read_text(encoding="utf-8"))
            given = {name: document[name] for name in given}
        except (OSError, ValueError, KeyError, TypeError) as error:
            # Without the error's words: they may quote the file.
            raise Refused(f"{file} is no JSON file with password and shared_key ({type(error).__name__}).") from None
    if not all(isinstance(value, str) and value for value in given.values()):
        raise Refused("Password and shared key are missing: give --secrets FILE, or set them in the environment.")
    return {name: str(value) for name, value in given.items()}


def _refusing(do: Any) -> str:
    from onedoor.cli.errors import Refused

    try:
        return str(do())
    except ValueError as error:
        raise Refused(str(error)) from None


def _at(when: datetime | None) -> str:
    from onedoor.kernel.clock import LONDON

    return f"{when.astimezone(LONDON):%d %b %Y %H:%M}" if when else "never seen"


def _operator() -> Any:
    from onedoor.kernel.actor import Actor

    return Actor.system("MESH mailboxes by the operator")
