"""Write the reference pages that come from the code."""

import typer


def register(app: typer.Typer) -> None:
    app.command()(reference)


def reference() -> None:
    """Write the pages of docs/reference that come from the code anew: events, codes, measures, programmes and their people."""
    from onedoor.cli.environment import environment
    from onedoor.cli.supervisor.place import checkout

    with environment():
        from onedoor.cli.codes_page import codes_page
        from onedoor.cli.measures_page import measures_page
        from onedoor.cli.programmes import people_page, programmes_page
        from onedoor.cli.reference import events_page

        pages = {
            "events.md": events_page(),
            "codes.md": codes_page(),
            "measures.md": measures_page(),
            "programmes.md": programmes_page(),
            "programmes-people.md": people_page(checkout() / "tests" / "data" / "recall"),
        }
        for name, page in pages.items():
            target = checkout() / "docs" / "reference" / name
            target.write_text(page)
            print(f"wrote {target}")
