"""What a patient writes on their own page is read for danger too, as a text is (clinical.md 6.6, H9)."""

from __future__ import annotations

import hashlib

from django.db import transaction

from onedoor.accounts.api import Organisation
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access
from onedoor.messaging import kinds
from onedoor.messaging.reading.interpret import interpret
from onedoor.messaging.rules import wording
from onedoor.patients import api as patients
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask


@transaction.atomic
def heed(*, access: Access, patient_id: int, organisation_id: int, written: str) -> str:
    """Call a person at once when these words may speak of danger; what to say to the writer then, "" otherwise.

    Raises Patient.DoesNotExist outside the access.
    """
    if not written.strip() or interpret("appointment", written).intent != "crisis":
        return ""
    patient = patients.by_id(access, patient_id)
    # The same words pressed twice are one task; other words in the same minute are another, or nobody would read them.
    words = hashlib.sha256(written.encode()).hexdigest()[:12]
    tasks.ask_for(
        tasks=[
            NewTask(
                kind=kinds.DANGER_WRITTEN.name,
                organisation_id=organisation_id,
                key=f"{kinds.DANGER_WRITTEN.name}:{patient.pk}:{clock.now():%Y%m%d%H%M}:{words}",
                title="Words of danger on a patient's own page: ring them now",
                detail=f"They wrote: “{written}”",
                patient_id=patient.pk,
                subject="patient",
                subject_id=patient.pk,
            )
        ],
        by=access.actor,
    )
    audit.record(
        by=access.actor,
        line=audit.Line("heed", "patient", patient.pk, patient_id=patient.pk, organisation_id=organisation_id),
    )
    practice = Organisation.objects.get(pk=organisation_id)
    return wording.crisis(wording.Practice(practice.name, practice.phone), written="what you wrote")
