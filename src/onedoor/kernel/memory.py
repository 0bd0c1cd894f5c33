"""Memory of processes that stay."""

from __future__ import annotations

import gc


def settle() -> None:
    """Once everything is imported: what is there stays for ever, so the collector need not walk it again and again.

    A twentieth of a dispatcher's work was that walk.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
