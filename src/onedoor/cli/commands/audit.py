"""The audit from the command line."""

import typer


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Prove that the audit is as it was written.", no_args_is_help=True)
    group.command()(verify)
    app.add_typer(group, name="audit")


def verify() -> None:
    """Check every seal against its rows; exit code 1 names what was changed, removed or slipped in."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.kernel import audit

        checked, unsealed, findings = audit.verify()
    for finding in findings:
        print(f"{finding.where}: {finding.what}")
    print(f"{checked} audit rows verified, {unsealed} not yet sealed, {len(findings)} findings")
    if findings:
        raise typer.Exit(1)
