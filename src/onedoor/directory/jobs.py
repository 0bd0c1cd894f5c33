"""What the directory does by itself."""

from __future__ import annotations

from onedoor.directory.editing import ask_for_checks
from onedoor.kernel.access import Access
from onedoor.kernel.jobs import sweep


@sweep("directory.ask_for_checks", every=3600.0)
def checks() -> int:
    """Providers are asked to make sure of services that nobody has looked at for too long."""
    return ask_for_checks(access=Access.system("directory: services to be checked"))
