"""Files that come with a referral: as they came, of the kinds and sizes that e-RS takes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.referrals.errors import Incomplete
from onedoor.referrals.models import Attachment, Referral
from onedoor.referrals.rules import ATTACHMENT_TYPES, attachment_fault

MOST = 10
"""Files at once."""


@dataclass(frozen=True)
class NewFile:
    """A file as it was sent."""

    name: str
    content: bytes


def attach(*, referral: Referral, files: Sequence[NewFile], by: Actor) -> None:
    """Keep files with a referral, in the caller's transaction; the same file twice is kept once. Raises Incomplete."""
    if len(files) > MOST:
        raise Incomplete(f"At most {MOST} files at once.")
    faults = [fault for file in files if (fault := attachment_fault(file.name, len(file.content), file.content[:16]))]
    if faults:
        raise Incomplete(" ".join(faults))
    Attachment.objects.bulk_create(
        [
            Attachment(
                referral=referral,
                name=file.name[-120:],
                media_type=ATTACHMENT_TYPES[file.name.rsplit(".", 1)[-1].lower()],
                sha256=hashlib.sha256(file.content).hexdigest(),
                size=len(file.content),
                content=file.content,
                added_at=clock.now(),
                by_label=by.label,
            )
            for file in files
        ],
        ignore_conflicts=True,
    )
