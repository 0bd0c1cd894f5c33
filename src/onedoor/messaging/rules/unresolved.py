"""What to do with a text that the provider may or may not have, once it has been looked up and was not there.

GOV.UK Notify commits a text before it answers and one call lasts at most its time-out, so two look-ups that find nothing
prove that it was not taken (messaging.md 6.2). The proof is used once, for texts that somebody waits for; campaigns expire
rather than risk anything, and about a result a person decides (messaging.md 6.2, policy by class).
"""

from __future__ import annotations

from typing import Literal

from onedoor.messaging.types import Group

Decision = Literal["clear", "expire", "resend", "person"]


def decided(group: Group, *, untrue: bool, useful: bool, resent: bool, proved: bool = True) -> Decision:
    """`untrue`: cleared meanwhile. `useful`: its `not_after` is ahead. `resent`: this already was the second try.

    `proved`: it is young enough for the provider to know it, so that its absence is a proof.
    """
    if untrue:
        return "clear"
    if not useful:
        return "expire"
    if group == "result":
        return "person"
    if group == "campaign" or resent or not proved:
        return "expire"
    return "resend"
