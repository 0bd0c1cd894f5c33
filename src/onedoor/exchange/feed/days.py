"""A document for each patient and day, once the day is over, and what becomes of its items.

What arrives late, such as a text that was delivered after midnight, makes a new version of the document of its own day: the
practice has one document of a day, and the last version says all of it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection, transaction

from onedoor.documents.types import ContactRow
from onedoor.exchange.feed.setting import MESH
from onedoor.exchange.models import FeedItem, FeedSetting, SentDocument
from onedoor.exchange.sending.making import CONTACTS, make_contacts
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor

SLICE = 200
"""Documents of one turn of the sweep."""
WHAT = {"message": "Text to the patient", "reply": "Text from the patient", "answer": "Coded"}


def make_documents(*, by: Actor) -> int:
    """Make the documents of days that are over, each in a transaction of its own; returns how many. One that fails keeps no other
    from going: it is tried again, and its fault is raised at the end."""
    groups = (
        FeedItem.objects.filter(
            state="waiting",
            day__lt=clock.today(),
            organisation__in=FeedSetting.objects.filter(route=MESH).values("organisation"),
        )
        .order_by("day", "organisation", "patient")
        .values_list("organisation_id", "patient_id", "day")
        .distinct()[:SLICE]
    )
    made, fault = 0, None
    for organisation_id, patient_id, day in list(groups):
        try:
            made += _make(organisation_id, patient_id, day, by=by)
        except Exception as error:
            fault = error
    if fault is not None:
        raise fault
    return made


@transaction.atomic
def _make(organisation_id: int, patient_id: int, day: date, *, by: Actor) -> int:
    items = list(
        FeedItem.objects.select_for_update()
        .filter(
            organisation_id=organisation_id, patient_id=patient_id, day=day, state__in=("waiting", "sent", "in_record")
        )
        .order_by("at", "id")
    )
    going = [one.pk for one in items if one.state != "in_record"]
    if not any(one.state == "waiting" for one in items):
        return 0
    document = make_contacts(
        organisation_id=organisation_id,
        patient_id=patient_id,
        day=day,
        rows=[_row(one) for one in items],
        entries=[_entry(one) for one in items if one.code],
        by=by,
    )
    # None: the last version says all of it already.
    document = document or _last(organisation_id, patient_id, day)
    if document is None:
        return 0
    FeedItem.objects.filter(pk__in=going).update(state="sent", document=document)
    return 1


def _last(organisation_id: int, patient_id: int, day: date) -> SentDocument | None:
    found = SentDocument.objects.filter(
        organisation_id=organisation_id, patient_id=patient_id, subject=CONTACTS, subject_id=int(f"{day:%Y%m%d}")
    )
    return found.order_by("-version").first()


def _row(one: FeedItem) -> ContactRow:
    of_day = f", of {one.of_day.day} {one.of_day:%B %Y}" if one.of_day is not None and one.of_day != one.day else ""
    return ContactRow(f"{one.at.astimezone(clock.LONDON):%H:%M}", WHAT[one.kind], f"{one.text}{of_day}", one.code)


def _entry(one: FeedItem) -> dict[str, Any]:
    return {
        "code": one.code,
        "term": one.text.partition(": ")[0] if one.value is not None else one.text,
        "value": one.value,
        "unit": one.unit,
        "day": (one.of_day or one.day).isoformat(),
        "text": one.text,
    }


def settle() -> int:
    """Items of documents that the practice's system has taken (the third acknowledgement) are in its record, and so are those of
    documents that were given by other means; those of a document that is not to be sent are left. Returns how many.

    A document that was not taken, is late or is held has its own work for a person (`sending.kinds`).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH over AS (
                   SELECT i.id, d.state FROM exchange_feed_item i JOIN exchange_sent_document d ON d.id = i.document_id
                   WHERE i.state = 'sent' AND d.state IN ('delivered', 'by_hand', 'stopped') ORDER BY i.id FOR UPDATE OF i)
               UPDATE exchange_feed_item i
               SET state = CASE WHEN over.state = 'stopped' THEN 'left' ELSE 'in_record' END, settled_at = %s,
                   settled_by = CASE over.state WHEN 'delivered' THEN 'acknowledged' WHEN 'by_hand' THEN 'given by other means'
                                                ELSE 'not to be sent' END
               FROM over WHERE over.id = i.id""",
            [clock.now()],
        )
        return int(cursor.rowcount)
