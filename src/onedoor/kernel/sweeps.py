"""Sweeps of the kernel itself."""

from __future__ import annotations

from onedoor.kernel import audit, jobs


@jobs.sweep("kernel.seal_audit", every=30)
def seal_audit() -> int:
    """Seals audit rows that have settled into hash-chained batches."""
    return audit.seal()
