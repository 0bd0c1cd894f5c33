"""Writes of documents: composing, setting, opening, posting."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction

from onedoor.documents import render, rules
from onedoor.documents.errors import CannotBeSet, NoSuchFormat
from onedoor.documents.events import Composed, LettersComposed
from onedoor.documents.facts_file import letter_from_json, letter_to_json, to_json
from onedoor.documents.models import Delivery, Document, File, PrintFile, Recipient, Rendering
from onedoor.documents.queries import visible
from onedoor.documents.types import TO_PRACTICE, Format, NewLetter, Party, Printed
from onedoor.kernel import audit, clock, events
from onedoor.kernel.access import Access, NotPermitted, require_staff
from onedoor.kernel.actor import Actor

MOST_PRINTED = 1_000
"""Letters of one print file: some 40 MB."""

Key = tuple[str, int, str]


@transaction.atomic
def compose(*, letters: Sequence[NewLetter], by: Actor) -> list[UUID]:
    """Compose letters and say to whom they go; returns their references, in order.

    A letter of the same kind about the same subject becomes a new version, and what of the old one still waits goes no more;
    where nothing changed it stays as it is. Raises IncompleteLetter, and then none is composed; NotPermitted for others' letters.
    """
    for organisation_id in {one.organisation_id for one in letters}:
        require_staff(by, organisation_id)
    composed = [rules.compose(one.facts) for one in letters]
    keys: list[Key] = [(one.subject, one.subject_id, one.facts.kind) for one in letters]
    if len(set(keys)) != len(keys):
        raise ValueError("two letters of one kind about the same subject")
    before = _locked(keys)
    now = clock.now()
    refs: list[UUID] = []
    new: list[tuple[NewLetter, Document]] = []
    for one, key, letter in zip(letters, keys, composed, strict=True):
        old = before.get(key)
        facts, words = to_json(one.facts), letter_to_json(letter)
        if old is not None and old.letter == words and _goes_alike(old, one):
            refs.append(old.ref)
            continue
        made = Document(
            organisation_id=one.organisation_id,
            patient_id=one.patient_id,
            kind=one.facts.kind,
            subject=one.subject,
            subject_id=one.subject_id,
            version=old.version + 1 if old else 1,
            facts=facts,
            letter=words,
            composed_at=now,
            composed_by_label=by.label,
        )
        new.append((one, made))
        refs.append(made.ref)
    replaced = [before[key].pk for key in ((m.subject, m.subject_id, m.kind) for _, m in new) if key in before]
    Document.objects.filter(pk__in=replaced).update(current=False)
    Delivery.objects.filter(recipient__document_id__in=replaced, state="waiting").update(state="replaced", done_at=now)
    Document.objects.bulk_create([made for _, made in new])
    _address(new)
    _tell([made for _, made in new], by)
    return refs


def _locked(keys: Sequence[Key]) -> dict[Key, Document]:
    """The current version of each, with its turn held: two who compose about the same subject take turns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(k) FROM (SELECT DISTINCT hashtextextended(n, 0) AS k FROM unnest(%s::text[]) AS n "
            "ORDER BY k) AS turns",
            [[f"documents {subject} {key} {kind}" for subject, key, kind in keys]],
        )
    found = Document.objects.filter(
        current=True, subject__in={key[0] for key in keys}, subject_id__in={key[1] for key in keys}
    ).prefetch_related("recipients__deliveries")
    return {key: one for one in found if (key := (one.subject, one.subject_id, one.kind)) in set(keys)}


def _goes_alike(old: Document, new: NewLetter) -> bool:
    went = {
        (r.role, r.name, tuple(r.lines), r.format, r.organisation_id, frozenset(d.way for d in r.deliveries.all()))
        for r in old.recipients.all()
    }
    goes = {
        (r.role, r.party.name, r.party.lines, r.format, r.organisation_id, frozenset(r.ways)) for r in new.recipients
    }
    return went == goes


def _address(new: Sequence[tuple[NewLetter, Document]]) -> None:
    rows = [
        (
            one,
            Recipient(
                document=made,
                role=one.role,
                name=one.party.name,
                lines=list(one.party.lines),
                format=one.format,
                organisation_id=one.organisation_id,
            ),
        )
        for letter, made in new
        for one in letter.recipients
    ]
    Recipient.objects.bulk_create([row for _, row in rows])
    now = clock.now()
    Delivery.objects.bulk_create(
        [
            Delivery(
                recipient=row,
                organisation_id=row.document.organisation_id,
                way=way,
                since=now,
                **({} if way != "print" or one.party.lines else _stopped("no address")),
            )
            for one, row in rows
            for way in dict.fromkeys(one.ways)
        ]
    )


def _stopped(because: str) -> dict[str, object]:
    return {"state": "stopped", "done_at": clock.now(), "because": because}


def _tell(made: Sequence[Document], by: Actor) -> None:
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "compose_letter",
                "document",
                one.pk,
                patient_id=one.patient_id,
                organisation_id=one.organisation_id,
                detail={"kind": one.kind, "version": one.version},
            )
            for one in made
        ],
    )
    if made:
        events.emit(
            LettersComposed(
                tuple(
                    Composed(
                        one.pk, one.ref, one.kind, one.organisation_id, one.patient_id, one.subject, one.subject_id
                    )
                    for one in made
                )
            )
        )


@transaction.atomic
def file_of(access: Access, ref: UUID, style: str) -> tuple[str, bytes]:
    """A letter as PDF in a format: its SHA-256 and content, set now if it never was.

    Raises Document.DoesNotExist outside the access, NoSuchFormat and CannotBeSet.
    """
    known = next((one for one in rules.FORMATS if one == style), None)
    if known is None:
        raise NoSuchFormat(style)
    document = visible(access).get(ref=ref)
    role = "practice" if document.kind in TO_PRACTICE else "patient"
    made = _set(document, known, role)
    return made.file_id, bytes(made.file.content)


def _set(document: Document, style: Format, role: str, to: Party | None = None) -> Rendering:
    """The letter in a format, as addressed to somebody; set now where it never was."""
    wanted = Rendering.objects.select_related("file").filter(document=document, format=style, role=role)
    if made := wanted.first():
        return made
    content = render.pdf(letter_from_json(document.letter), style, to=to)
    file = _keep(content, "application/pdf")
    Rendering.objects.bulk_create(
        [Rendering(document=document, format=style, role=role, file=file, pages=render.pages(content))],
        ignore_conflicts=True,  # another request set it at the same moment: the same bytes
    )
    return wanted.get()


def _keep(content: bytes, media_type: str) -> File:
    name = hashlib.sha256(content).hexdigest()
    file = File(sha256=name, media_type=media_type, size=len(content), content=content, made_at=clock.now())
    File.objects.bulk_create([file], ignore_conflicts=True)
    return file


@transaction.atomic
def opened(*, access: Access, ref: UUID) -> None:
    """A letter came: the patient opened its page, or staff of the practice that it goes to say so. The first time counts.

    That a proxy read it is a look of theirs: the patient has not had it by that.
    """
    document = visible(access).get(ref=ref)
    if access.parts is not None:
        return
    reader = Recipient.objects.filter(document=document)
    if access.patient_id is not None:
        reader = reader.filter(role="patient")
    else:
        reader = reader.filter(role="practice", organisation_id__in=access.organisations)
    waiting = Delivery.objects.select_for_update(of=("self",)).filter(recipient__in=reader, way="page", state="waiting")
    found = list(waiting.order_by("pk").select_related("recipient__document"))
    Delivery.objects.filter(pk__in=[one.pk for one in found]).update(state="done", done_at=clock.now())
    _audit_deliveries(found, "done", access.actor)


@transaction.atomic
def mark_delivered(*, delivery_ids: Sequence[int], by: Actor, stopped_because: str = "") -> int:
    """Say that waiting deliveries were made, or with `stopped_because` that they never will be; returns how many this changed.

    Raises NotPermitted for anybody but the system and staff of the organisation whose letters they are.
    """
    rows = Delivery.objects.select_for_update(of=("self",)).filter(pk__in=delivery_ids, state="waiting").order_by("pk")
    found = list(rows.select_related("recipient__document"))
    for organisation_id in {one.organisation_id for one in found}:
        require_staff(by, organisation_id)
    state = "stopped" if stopped_because else "done"
    Delivery.objects.filter(pk__in=[one.pk for one in found]).update(
        state=state, done_at=clock.now(), because=stopped_because
    )
    _audit_deliveries(found, state, by)
    return len(found)


@transaction.atomic
def post_instead(*, delivery_ids: Sequence[int], because: str, by: Actor) -> int:
    """Texts that were sent about these letters reached nobody: the letters wait for the post; returns how many.

    Raises NotPermitted as `mark_delivered` does.
    """
    rows = Delivery.objects.select_for_update(of=("self",)).filter(pk__in=delivery_ids, way="message", state="done")
    found = list(rows.select_related("recipient__document").order_by("pk"))
    for organisation_id in {one.organisation_id for one in found}:
        require_staff(by, organisation_id)
    now = clock.now()
    Delivery.objects.filter(pk__in=[one.pk for one in found]).update(state="stopped", done_at=now, because=because)
    Delivery.objects.bulk_create(
        [
            Delivery(
                recipient=one.recipient,
                organisation_id=one.organisation_id,
                way="print",
                since=now,
                **({} if one.recipient.lines else _stopped("no address")),
            )
            for one in found
        ],
        ignore_conflicts=True,
    )
    _audit_deliveries(found, "stopped", by)
    return len(found)


@transaction.atomic
def post_on_request(*, access: Access, ref: UUID) -> bool:
    """The patient asks for their letter on paper; False when nothing can be posted to them, or it was or will be already.

    Raises Document.DoesNotExist outside the access, NotPermitted of anybody but the patient.
    """
    if access.patient_id is None or access.parts is not None:
        raise NotPermitted("own letter")
    document = visible(access).get(ref=ref)
    to = Recipient.objects.select_for_update().get(document=document, role="patient")
    if not to.lines or Delivery.objects.filter(recipient=to, way="print").exists():
        return False
    made = Delivery.objects.create(
        recipient=to, organisation_id=document.organisation_id, way="print", since=clock.now()
    )
    _audit_deliveries([made], "waiting", access.actor)
    return True


def _audit_deliveries(found: Sequence[Delivery], state: str, by: Actor) -> None:
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "deliver_letter",
                "document",
                one.recipient.document_id,
                patient_id=one.recipient.document.patient_id,
                organisation_id=one.organisation_id,
                detail={"way": one.way, "state": state, "to": one.recipient.role},
            )
            for one in found
        ],
    )


@transaction.atomic
def make_print_file(*, organisation_id: int, by: Actor) -> Printed | None:
    """Put the letters that wait for the post into one ZIP: a PDF each and `manifest.csv`; None where nothing waits.

    At most `MOST_PRINTED` a file, the longest waiting first; the rest wait for the next. A letter to somebody who has died, or
    whose whereabouts are restricted, is stopped and named. Two at once never take the same letter. Raises NotPermitted.
    """
    require_staff(by, organisation_id)
    waiting = list(
        Delivery.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(organisation_id=organisation_id, way="print", state="waiting")
        .order_by("pk")
        .select_related("recipient__document__patient")[:MOST_PRINTED]
    )
    if not waiting:
        return None
    stopped, made = _pages(waiting)
    for because, rows in stopped.items():
        Delivery.objects.filter(pk__in=[one.pk for one in rows]).update(**_stopped(because))
        _audit_deliveries(rows, "stopped", by)
    left_out = tuple((one.recipient.document.ref, because) for because, rows in stopped.items() for one in rows)
    if not made:
        return Printed(None, "", 0, 0, left_out)
    now = clock.now()
    name = f"letters-{now.astimezone(clock.LONDON):%Y-%m-%d-%H%M%S}.zip"
    file = PrintFile.objects.create(
        organisation_id=organisation_id,
        file=_keep(_zip(made), "application/zip"),
        name=name,
        letters=len(made),
        pages=sum(rendering.pages for _, rendering in made),
        made_at=now,
        by_label=by.label,
    )
    Delivery.objects.filter(pk__in=[one.pk for one, _ in made]).update(state="done", done_at=now, print_file=file)
    _audit_deliveries([one for one, _ in made], "done", by)
    return Printed(file.ref, name, file.letters, file.pages, left_out)


def _pages(
    waiting: Sequence[Delivery],
) -> tuple[dict[str, list[Delivery]], list[tuple[Delivery, Rendering]]]:
    """What may not go to the post, by reason, and what may, as set for its recipient."""
    stopped: dict[str, list[Delivery]] = defaultdict(list)
    made: list[tuple[Delivery, Rendering]] = []
    for one in waiting:
        to = one.recipient
        patient = to.document.patient
        if patient is not None and patient.deceased and to.role == "patient":
            stopped["the patient has died"].append(one)
        elif patient is not None and patient.restricted:
            stopped["the patient's whereabouts are restricted"].append(one)
        else:
            style: Format = to.format  # type: ignore[assignment]
            try:
                made.append((one, _set(to.document, style, to.role, Party(to.name, tuple(to.lines)))))
            except CannotBeSet:
                stopped["it cannot be set"].append(one)
    return stopped, made


_HEADER = (
    "number",
    "file",
    "letter",
    "version",
    "to",
    "format",
    "pages",
    "sha256",
    "name",
    *(f"line {n}" for n in range(1, 7)),
)


def _zip(made: Sequence[tuple[Delivery, Rendering]]) -> bytes:
    out, manifest = io.BytesIO(), io.StringIO()
    rows = csv.writer(manifest)
    rows.writerow(_HEADER)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (one, rendering) in enumerate(made, start=1):
            to = one.recipient
            file = f"{number:04d}-{to.role}-{to.format}.pdf"
            archive.writestr(zipfile.ZipInfo(file, (2020, 1, 1, 0, 0, 0)), bytes(rendering.file.content))
            # A cell that begins like a formula is none in a spreadsheet.
            cells = [f"'{cell}" if cell[:1] in "=+-@" else cell for cell in (to.name, *to.lines)]
            told = (number, file, to.document.ref, to.document.version, to.role, to.format, rendering.pages)
            rows.writerow((*told, rendering.file_id, *cells))
        archive.writestr(zipfile.ZipInfo("manifest.csv", (2020, 1, 1, 0, 0, 0)), manifest.getvalue())
    return out.getvalue()
