"""The demonstration: what `onedoor up` loads into an empty database, and whom one may sign in as."""

import os
from pathlib import Path

ROLES = (
    "receptionist", "practice_manager", "triage_clinician", "call_handler", "health_care_assistant",
    "social_prescriber", "ics_analyst", "information_asset_owner", "administrator", "patient", "carer",
)  # fmt: skip


def load_if_empty() -> bool:
    """Load the demonstration unless there is a practice already; True when it was loaded. Draws the simulator's line anew."""
    from onedoor.accounts.api import any_organisation
    from onedoor.cli.demo_plan import load_plan
    from onedoor.cli.supervisor.place import checkout
    from onedoor.exchange import api as exchange

    empty = not any_organisation()
    if empty:
        exchange.load(checkout() / "localities" / "demo")
        load_published(checkout() / "localities" / "south-east", "published-smi.csv")
        load_published(checkout() / "localities" / "demo" / "neighbours", "invented-smi.csv")
        load_areas(checkout() / "localities" / "demo" / "areas.csv")
    connect()
    if empty:
        # Once the people are there who sign in.
        load_plan()
    return empty


def load_published(folder: Path, name: str) -> None:
    """Read figures in the layout of the national file: of a real region (its README has the source), something true beside what
    is invented; and of the demonstration's own, of later quarters and named as invented."""
    from onedoor.accounts.api import read_organisations
    from onedoor.kernel.actor import Actor
    from onedoor.reporting import api as reporting

    by = Actor.system("loading the demonstration")
    reporting.know_published(rows=read_organisations((folder / "organisations.csv").read_bytes()), by=by)
    reporting.take_published(content=(folder / name).read_bytes(), name=name, by=by)


def load_areas(file: Path) -> None:
    """Read how deprived the places of the demonstration's postcodes are."""
    from datetime import date

    from onedoor.kernel.actor import Actor
    from onedoor.reporting import api as reporting

    reporting.take_areas(
        file=file,
        name=file.name,
        released_on=date(2019, 9, 26),
        source="demonstration's invented indices",
        by=Actor.system("loading the demonstration"),
    )


def connect() -> None:
    """Give every practice a line to the simulator, wherever both answer this time. Only in a demonstration."""
    from django.conf import settings

    from onedoor.exchange import api as exchange

    if settings.DEMONSTRATION:
        line = exchange.Line(
            onedoor=os.environ["ONEDOOR_URL"],
            simulator=os.environ["ONEDOOR_SIMULATOR_URL"],
            services=Path(os.environ["ONEDOOR_HOME"]) / "simulator" / "services.json",
            mesh=os.environ.get("ONEDOOR_MESH_URL", ""),
        )
        exchange.connect(line)


def sign_ins(address: str) -> list[tuple[str, str]]:
    """Who can sign in with one click, and where: (role, link), printed once the site answers at `address`."""
    return [(role.replace("_", " "), f"{address}/signin/") for role in ROLES]
