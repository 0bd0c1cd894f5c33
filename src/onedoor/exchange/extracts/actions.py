"""What is done with an extract: received, mapped once by a person, previewed, taken, withdrawn; and lapsing.

Whose file it is says the access: the organisation where the person works now. Only the system names another (the command).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from onedoor.accounts import api as accounts
from onedoor.accounts.api import Organisation
from onedoor.exchange.extracts import kinds, running
from onedoor.exchange.extracts.running import Opened
from onedoor.exchange.feed.typing_list import untick
from onedoor.exchange.files.columns import FIELDS, Layout
from onedoor.exchange.files.report import UnreadableFile
from onedoor.exchange.models import Extract, ExtractMapping, ExtractReject
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.records import api as records
from onedoor.tasks import api as tasks

KEPT = timedelta(days=7)
"""How long a file may be taken after it was sent."""
REJECTS_KEPT = timedelta(days=92)
"""How long it is told what was not taken: a quarter, within which whoever sent the file has sent the next ones."""
_SLICE = 50


class CannotTake(Exception):
    """The extract is not in a state in which this can be done: somebody else was quicker, or it has lapsed."""


class WrongMapping(ValueError):
    """The columns as they were said to be cannot be read; the message says why."""


@transaction.atomic
def receive(*, content: bytes, name: str, month: date, access: Access) -> Extract:
    """Keep a file of the access's own organisation for a month, and preview it where its headings are known.

    With new headings it waits in `to_map`, with a proposal. The same bytes sent again for the month are the same extract as long
    as it was not taken. Raises NotPermitted without Permission.IMPORT, UnreadableFile for a file in which nobody's checks stand.
    """
    organisation = _own(access)
    opened = running.open_file(content)
    digest = hashlib.sha256(content).hexdigest()
    extract = (
        Extract.objects.select_for_update()
        .filter(organisation=organisation, month=month, sha256=digest, state__in=("to_map", "previewed"))
        .first()
    )
    if extract is None:
        extract = _made(organisation, name, month, digest, opened, by=access.actor)
        extract.content = content
    saved = mapping_of(organisation, opened)
    extract.columns = saved or _proposed(organisation, opened)
    extract.state = "previewed" if saved else "to_map"
    extract.save()
    _note("receive_extract", extract, by=access.actor)
    if saved:
        _preview(extract, opened)
    return extract


@transaction.atomic
def confirm_mapping(*, access: Access, ref: UUID, columns: Mapping[str, str]) -> Extract:
    """Say which column is what, by heading; kept for the organisation's files with these headings, and previewed with it.

    Raises WrongMapping where rows could not be read so, CannotTake for a file that was taken or lapsed, Extract.DoesNotExist
    outside the access.
    """
    extract = _locked(access, ref)
    if extract.state not in ("to_map", "previewed") or extract.content is None:
        raise CannotTake
    content = bytes(extract.content)
    opened = running.open_file(content)
    extract.columns = checked(opened, columns)
    ExtractMapping.objects.update_or_create(
        organisation=extract.organisation,
        headings=opened.fingerprint,
        defaults={"columns": extract.columns, "saved_at": clock.now(), "saved_by": access.actor.label[:80]},
    )
    extract.state = "previewed"
    extract.save()
    _note("map_extract", extract, by=access.actor)
    _preview(extract, opened)
    return extract


@transaction.atomic
def map_again(*, access: Access, ref: UUID) -> Extract:
    """Put a file that was previewed back, so that its columns can be said anew. Raises CannotTake, Extract.DoesNotExist."""
    extract = _locked(access, ref)
    if extract.state not in ("to_map", "previewed"):
        raise CannotTake
    extract.state = "to_map"
    extract.save(update_fields=["state"])
    return extract


@transaction.atomic
def take(*, access: Access, ref: UUID) -> Extract:
    """Put what can be believed of a previewed file on the record; each fact is there once over all files.

    Raises CannotTake for one that was taken, withdrawn or has lapsed: of two people who take it one does.
    """
    extract = _locked(access, ref)
    if extract.state != "previewed" or extract.content is None:
        raise CannotTake
    content = bytes(extract.content)
    opened = running.open_file(content)
    _take(extract, opened, opened.layout.mapped(extract.columns), by=access.actor)
    return extract


@transaction.atomic
def withdraw(*, access: Access, ref: UUID) -> int:
    """Say that a file was taken by mistake: what it alone brought is in error from then on, and what it alone had shown to be in
    the practice's own system is to be typed again; returns how many facts are in error.

    Raises CannotTake for a file that was not taken.
    """
    extract = _locked(access, ref)
    if extract.state != "taken":
        raise CannotTake
    gone = 0
    if extract.import_id:
        system = Actor.system("monthly extracts")
        gone = records.withdraw_entries(import_id=extract.import_id, by=system)
        untick(organisation_id=extract.organisation_id, import_id=extract.import_id, by=system)
    extract.state = "withdrawn"
    extract.save(update_fields=["state"])
    _note("withdraw_extract", extract, by=access.actor, in_error=gone)
    return gone


def import_extract(
    *, file: Path, organisation: str, month: date, by: Actor, apply: bool = True, confirm: bool = False
) -> tuple[Extract, Opened]:
    """Read a file on disk for the organisation of an ODS code. With `confirm` the proposed columns are kept as if a person had
    said so; without, a file with new headings is left in `to_map`, and nothing of it is taken.

    Raises UnreadableFile; NotPermitted for all but the system.
    """
    if by.kind != "system":
        raise NotPermitted(Permission.IMPORT)
    here = accounts.organisation_by_ods(organisation.strip().upper())
    if here is None:
        raise UnreadableFile(
            f"No organisation has the ODS code {organisation}.", where="--organisation", what_to_do="Check the code."
        )
    opened = running.open_file(file)
    with transaction.atomic():
        extract = _made(here, file.name, month, _digest(file), opened, by=by)
        columns = mapping_of(here, opened)
        if columns is None and confirm:
            columns = checked(opened, opened.layout.mapping)
            ExtractMapping.objects.create(
                organisation=here,
                headings=opened.fingerprint,
                columns=columns,
                saved_at=clock.now(),
                saved_by=by.label[:80],
            )
        extract.columns = columns or _proposed(here, opened)
        extract.state = "previewed" if columns else "to_map"
        extract.save()
        if columns:
            layout = opened.layout.mapped(columns)
            if apply:
                _take(extract, opened, layout, by=by)
            else:
                _preview(extract, opened)
    return extract, opened


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def mapping_of(organisation: Organisation, opened: Opened) -> dict[str, str] | None:
    """How a person has said that files of the organisation with these headings are read; None for headings not seen before."""
    found = ExtractMapping.objects.filter(organisation=organisation, headings=opened.fingerprint).first()
    columns: dict[str, str] | None = found.columns if found else None
    return columns


def checked(opened: Opened, columns: Mapping[str, str]) -> dict[str, str]:
    """The columns as they were said, each a field that there is. Raises WrongMapping."""
    said = {heading: columns.get(heading, "") for heading in opened.headings}
    if unknown := [field for field in said.values() if field and field not in FIELDS]:
        raise WrongMapping(f"There is no field {unknown[0]}.")
    for field in ("nhs", "born", "family", "practice", "code", "value", "check"):
        if list(said.values()).count(field) > 1:
            raise WrongMapping(f"Two columns are “{FIELDS[field]}”. Say of one that it is not read.")
    layout = opened.layout.mapped(said)
    if layout.one("nhs") is None:
        raise WrongMapping("Say which column has the NHS number: without it nobody can tell whose a row is.")
    if not layout.usable:
        raise WrongMapping("Say which column has the result of a check, or its SNOMED CT code.")
    if not any(column.what == "date" for column in layout.columns):
        raise WrongMapping("Say which column has the date of the check: a check without a day does not count.")
    return said


def _proposed(organisation: Organisation, opened: Opened) -> dict[str, str]:
    """What each column probably is: as a person last said of the same heading, else by words and cells."""
    last = ExtractMapping.objects.filter(organisation=organisation).order_by("-saved_at").first()
    before: dict[str, str] = last.columns if last else {}
    return {heading: before.get(heading, field) for heading, field in opened.layout.mapping.items()}


def _own(access: Access) -> Organisation:
    access.require(Permission.IMPORT)
    here = access.actor.organisation_id
    if here is None or here not in access.organisation_ids:
        raise NotPermitted(Permission.IMPORT)
    return accounts.organisation(access, here)


def _locked(access: Access, ref: UUID) -> Extract:
    organisation = _own(access)
    found = Extract.objects.select_for_update(of=("self",)).select_related("organisation")
    return found.get(ref=ref, organisation=organisation)


def _made(organisation: Organisation, name: str, month: date, digest: str, opened: Opened, *, by: Actor) -> Extract:
    return Extract(
        organisation=organisation,
        month=month.replace(day=1),
        name=name[:200],
        sha256=digest,
        state="to_map",
        headings=opened.headings,
        at=clock.now(),
        by_label=by.label[:80],
    )


def _preview(extract: Extract, opened: Opened) -> None:
    layout = opened.layout.mapped(extract.columns)
    outcome = running.run(opened=opened, layout=layout, organisation=extract.organisation, extract=extract, keep=False)
    _figures(extract, opened, layout, outcome)
    extract.save()


def _take(extract: Extract, opened: Opened, layout: Layout, *, by: Actor) -> None:
    outcome = running.run(opened=opened, layout=layout, organisation=extract.organisation, extract=extract, keep=True)
    _figures(extract, opened, layout, outcome)
    extract.state, extract.taken_at, extract.taken_by, extract.content = "taken", clock.now(), by.label[:80], None
    extract.import_id = outcome.taken.import_id or None
    extract.save()
    _note("take_extract", extract, by=by, taken=extract.taken, same=extract.same, rejected=extract.rejected)
    tasks.withdraw(keys=[kinds.key_of(extract.organisation_id, extract.month)], because="the extract has come", by=by)


def _figures(extract: Extract, opened: Opened, layout: Layout, outcome: running.Outcome) -> None:
    """The figures of a reading, beside those of the last month that was taken."""
    extract.rows, extract.rejected = outcome.tally.rows, outcome.tally.rejected
    extract.taken, extract.same = outcome.taken.new, max(0, outcome.facts - outcome.taken.new)
    quality = running.quality_of(outcome, opened, layout)
    quality["before"] = _before(extract)
    extract.quality = quality


def _before(extract: Extract) -> dict[str, Any]:
    """The figures of the latest earlier month that the organisation sent, for comparing; empty where there is none."""
    earlier = Extract.objects.filter(organisation_id=extract.organisation_id, state="taken", month__lt=extract.month)
    found = earlier.order_by("-month", "-taken_at").defer("content").first()
    if found is None:
        return {}
    kept = ("rows", "people", "entries", "filled", "reasons", "rows_rejected")
    return {
        "month": found.month.isoformat(),
        "same_file": found.sha256 == extract.sha256,
        "rejected": found.rejected,
        **{key: found.quality.get(key) for key in kept},
    }


def _note(what: str, extract: Extract, *, by: Actor, **detail: Any) -> None:
    audit.record(
        by=by,
        line=audit.Line(
            what,
            "extract",
            extract.pk,
            organisation_id=extract.organisation_id,
            detail={"month": extract.month.isoformat(), **detail},
        ),
    )


# ---- keeping


@transaction.atomic
def lapse(*, by: Actor) -> int:
    """End a slice of the files that nobody took in time, and forget a slice of old rejects; returns how many files."""
    waiting = Extract.objects.select_for_update(skip_locked=True).filter(state__in=("to_map", "previewed"))
    due = list(waiting.filter(at__lte=clock.now() - KEPT).order_by("id").values_list("id", "organisation_id")[:_SLICE])
    keys = [key for key, _ in due]
    Extract.objects.filter(pk__in=keys).update(state="lapsed", content=None)
    old = Extract.objects.filter(at__lte=clock.now() - REJECTS_KEPT, rejects__isnull=False).order_by("id")
    gone = list(old.values_list("id", flat=True).distinct()[:_SLICE])
    ExtractReject.objects.filter(extract_id__in=[*keys, *gone]).delete()
    audit.record_many(
        by=by, lines=[audit.Line("lapse_extract", "extract", key, organisation_id=owner) for key, owner in due]
    )
    return len(due) + len(gone)
