"""The bytes of uploaded files: a patient list is kept no longer than somebody may still apply it. Its report stays."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import connection, transaction

from onedoor.exchange.models import ImportFile, StoredFile
from onedoor.kernel import audit, clock
from onedoor.kernel.actor import Actor

KEPT = timedelta(days=7)
"""How long an upload may be applied. Said in docs/how-to/import-a-practice.md and on its page."""

_SLICE = 100


def keep(content: bytes) -> StoredFile:
    """Store bytes for an upload of this transaction. Until it ends the row is locked, so nobody removes it meanwhile."""
    (stored,) = StoredFile.objects.bulk_create(
        [StoredFile(sha256=hashlib.sha256(content).hexdigest(), content=content)],
        update_conflicts=True,
        unique_fields=["sha256"],
        update_fields=["content"],
    )
    return stored


@transaction.atomic
def lapse_uploads(*, by: Actor) -> int:
    """End a slice of the uploads that nobody applied in time; returns how many."""
    due = list(
        ImportFile.objects.select_for_update(skip_locked=True)
        .filter(state="previewed", at__lte=clock.now() - KEPT)
        .order_by("id")
        .values_list("id", "organisation_id")[:_SLICE]
    )
    ImportFile.objects.filter(pk__in=[key for key, _ in due]).update(state="lapsed", content=None)
    audit.record_many(
        by=by,
        lines=[audit.Line("lapse_upload", "import_file", key, organisation_id=owner) for key, owner in due],
    )
    return len(due)


@transaction.atomic
def remove_bytes() -> int:
    """Remove a slice of the files that no upload needs any more; returns how many."""
    with connection.cursor() as cursor:
        # Locked first and looked at again then: an upload of the same bytes may have come in between.
        cursor.execute(f"{_UNUSED} LIMIT {_SLICE} FOR UPDATE SKIP LOCKED")
        found = [key for (key,) in cursor.fetchall()]
        cursor.execute(
            f"DELETE FROM exchange_stored_file WHERE sha256 = ANY(%s) AND sha256 IN ({_UNUSED})",
            [found],
        )
        return int(cursor.rowcount)


_UNUSED = """
    SELECT s.sha256 FROM exchange_stored_file s
    WHERE NOT EXISTS (SELECT 1 FROM exchange_import_file f WHERE f.content_id = s.sha256)
"""
