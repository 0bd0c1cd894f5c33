"""Writes of the directory: services brought by a file, switches, and what was looked for in vain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from onedoor.accounts.api import Organisation, require_runs_all, set_organisation
from onedoor.directory import snapshots
from onedoor.directory.models import Gap, Service, ServicePlace, ServiceVersion, Switch
from onedoor.directory.queries import UNKNOWN_NEED, ending
from onedoor.directory.rules import outward
from onedoor.directory.spots import locate_places
from onedoor.directory.types import Because, Brought, Difference, Ending, Findings, ServiceRow
from onedoor.directory.writing import keep_version, next_edition, standing, touch, write, write_versions
from onedoor.kernel import audit, clock
from onedoor.kernel.access import NotPermitted, acts_for
from onedoor.kernel.actor import Actor


class NoAgreement(Exception):
    """Patients may refer themselves only under a sharing agreement with a date."""


class NoReason(Exception):
    """A switch is turned for a reason, in words."""


@transaction.atomic
def take_services(*, rows: Sequence[ServiceRow], by: Actor, overrule: bool = False) -> Brought:
    """Bring services, their streams, places and hours to what a file says; what it does not name stays as it is.

    A stream or a place that the file no longer names is ended, never deleted. What somebody put on a page since stands: where
    the file has it otherwise that is named in `Brought.differs`, and with `overrule` the file's word is taken. Raises
    NotPermitted for anybody but an administrator or the system.
    """
    require_runs_all(by)
    edition = next_edition()
    providers = _providers(rows, by)
    slugs = [row.slug for row in rows]
    known = {
        one.slug: one for one in Service.objects.select_for_update().filter(slug__in=slugs).order_by("pk").iterator()
    }
    before = standing([one.pk for one in known.values()])
    on_pages = {} if overrule else _on_pages([one.pk for one in known.values()])
    new = changed = same = ended = 0
    differs: list[Difference] = []
    versions: list[ServiceVersion] = []
    places: list[ServicePlace] = []
    for row in rows:
        service = known.get(row.slug)
        told, held = snapshots.of_row(row), before.get(service.pk) if service else None
        if service is None or held is None:
            service, names = Service(slug=row.slug), list(snapshots.FIELDS)
        else:
            spoken = told.keys() if row.columns is None else told.keys() & row.columns
            names = snapshots.changed(held, {name: told[name] for name in spoken})
            kept = [name for name in names if (service.pk, name) in on_pages]
            differs += [_difference(row.slug, name, held, told, on_pages[service.pk, name]) for name in kept]
            names = [name for name in names if name not in kept]
            ended += len({name for name, _ in held["streams"]} - {n for n, _ in told["streams"]}) * ("streams" in names)
        checked = _checked(service, row.verified_on)
        if names or checked:
            service.organisation_id = providers[row.provider_ods] if "provider" in names else service.organisation_id
            places += write(service, told, names)
        if names:
            service.edition = edition
            versions += keep_version(
                service.pk, held, {**(held or {}), **{n: told[n] for n in names}}, names, "file", by
            )
        if row.agreement_on and "patient" in service.refers:
            _open_first(service, row.agreement_on, by)
        if names or checked:
            detail = {"new": held is None, "changed": [] if held is None else sorted(names) + ["verified_on"] * checked}
            audit.record(by=by, line=_line("take_service", service, detail))
        new += held is None
        changed += held is not None and bool(names or checked)
        same += held is not None and not (names or checked)
    locate_places(place for place in places if place.located != "given")
    write_versions(versions)
    touch({version.service_id for version in versions}, edition)
    return Brought(new, changed, same, ended, tuple(differs))


def _line(action: str, service: Service, detail: dict[str, Any]) -> audit.Line:
    return audit.Line(action, "service", service.pk, organisation_id=service.organisation_id, detail=detail)


def _checked(service: Service, on: date | None) -> bool:
    """Whether the file brings a later day on which somebody made sure of the service; it is then that day."""
    if on is None or (service.verified_on is not None and service.verified_on >= on):
        return False
    service.verified_on, service.verified_by = on, ""
    return True


def _on_pages(service_ids: Sequence[int]) -> dict[tuple[int, str], tuple[datetime, str]]:
    """What of services was last changed on a page: (service, name) to when and by whom."""
    found: dict[tuple[int, str], tuple[datetime, str]] = {}
    rows = ServiceVersion.objects.filter(service_id__in=service_ids).order_by("at", "pk")
    for key, via, names, at, label in rows.values_list("service_id", "via", "changed", "at", "by_label"):
        for name in names:
            if via == "page":
                found[key, name] = (at, label)
            else:
                found.pop((key, name), None)
    return found


def _difference(
    slug: str, name: str, held: snapshots.Told, told: snapshots.Told, page: tuple[datetime, str]
) -> Difference:
    return Difference(
        slug=slug,
        what=snapshots.FIELDS[name],
        stands=snapshots.said(name, held[name]),
        there=snapshots.said(name, told[name]),
        since=page[0].astimezone(clock.LONDON).date(),
        by=page[1],
    )


def _open_first(service: Service, agreement_on: date, by: Actor) -> None:
    """Self-referral as a file opens it: only where nobody has switched it yet."""
    if not service.switches.filter(kind="self_referral").exists():
        _turn(service, "self_referral", True, "Opened with the sharing agreement", by, agreement_on=agreement_on)


@transaction.atomic
def switch_self_referral(
    *, service_id: int, opens: bool, reason: str, agreement_on: date | None = None, by: Actor
) -> None:
    """Let patients refer themselves from now on, or no longer. Opening it again keeps the agreement it had.

    Raises NoReason, NoAgreement, and NotPermitted for anybody but the provider's staff and those who run the system.
    """
    service = locked(service_id, by)
    if opens and agreement_on is None:
        held = service.switches.filter(kind="self_referral", agreement_on__isnull=False).order_by("-at", "-id").first()
        agreement_on = held.agreement_on if held else None
    if opens and (agreement_on is None or agreement_on > clock.today()):
        raise NoAgreement
    _turn(service, "self_referral", opens, reason, by, agreement_on=agreement_on)


@transaction.atomic
def switch_taking(*, service_id: int, opens: bool, reason: str, until: datetime | None = None, by: Actor) -> None:
    """Say that a service is full, perhaps until a moment, or takes people again. Raises NoReason, NotPermitted."""
    _turn(locked(service_id, by), "taking", opens, reason, by, until=None if opens else until)


def locked(service_id: int, by: Actor) -> Service:
    """The service, for somebody of its provider or who runs the system. Raises NotPermitted, Service.DoesNotExist."""
    service = Service.objects.select_for_update().get(pk=service_id)
    if not acts_for(by, service.organisation_id):
        require_runs_all(by)
    return service


def _turn(
    service: Service,
    kind: str,
    opens: bool,
    reason: str,
    by: Actor,
    *,
    agreement_on: date | None = None,
    until: datetime | None = None,
) -> None:
    said = " ".join(reason.split())[:200]
    if not said:
        raise NoReason
    switch = Switch.objects.create(
        service=service,
        kind=kind,
        open=opens,
        at=clock.now(),
        until=until,
        reason=said,
        agreement_on=agreement_on,
        by_label=by.label[:80],
    )
    audit.record(
        by=by,
        line=audit.Line(
            "switch_service",
            "service",
            service.pk,
            organisation_id=service.organisation_id,
            detail={"kind": kind, "open": opens, "switch": switch.pk},
        ),
    )


@transaction.atomic
def keep_gap(
    *,
    need: str,
    place: str,
    because: Because,
    via: str,
    by: Actor,
    wanted_id: int | None = None,
    taken_id: int | None = None,
    why_not: str = "",
) -> UUID:
    """Keep that somebody needed what was not to be had. `need` comes from `search.need_of`, never from a person's own words;
    `place` is a postcode, of which the outward part is kept. Raises NotPermitted for a patient's actor: gaps are nobody's.
    """
    if by.kind in ("patient", "proxy"):
        raise NotPermitted("a gap names nobody")
    gap = Gap.objects.create(
        at=clock.now(),
        need=need[:120],
        place=outward(place),
        because=because,
        wanted_id=wanted_id,
        taken_id=taken_id,
        why_not=why_not,
        via=via,
        organisation_id=by.organisation_id,
    )
    audit.record(by=by, line=audit.Line("keep_gap", "gap", gap.pk, detail={"because": because, "via": via}))
    return gap.ref


@transaction.atomic
def end_search(
    *,
    findings: Findings,
    place: str,
    via: str,
    by: Actor,
    taken: str | None = None,
    refused: bool = False,
    too_long: bool = False,
    after: UUID | None = None,
) -> UUID | None:
    """Keep what a search ended in, where that is a gap: its reference, None for none.

    A search that was only made is one when nothing sure was found; with `refused` nothing found would do; with `taken` this
    service was taken; with `too_long` its wait is too long for them. Words of danger are no gap. `after` is the gap of this
    search before something was taken or refused, or of an earlier one that this puts in other words: a person with a need is
    one gap, however often they look. Raises NotPermitted for a patient's actor.
    """
    if findings.danger:
        return None
    chosen = next((one.card.id for one in findings.found if one.card.slug == taken), None)
    ended: Ending | None = None
    if too_long:
        ended = Ending("too_long", chosen, "wait")
    elif taken is not None or refused:
        ended = ending(findings, taken)
    elif not findings.sure:
        ended = Ending("nothing", None, "")
    earlier = Gap.objects.select_for_update().filter(ref=after).first() if after is not None else None
    if earlier is not None and ended is None:
        _put_otherwise(earlier, by)
    if ended is None:
        return None
    got = None if too_long else chosen
    if earlier is not None and (taken is not None or refused or earlier.need in (findings.need, UNKNOWN_NEED)):
        if by.kind in ("patient", "proxy"):
            raise NotPermitted("a gap names nobody")
        Gap.objects.filter(pk=earlier.pk).update(
            need=findings.need, because=ended.because, wanted_id=ended.wanted_id, taken_id=got, why_not=ended.why_not
        )
        audit.record(
            by=by, line=audit.Line("keep_gap", "gap", earlier.pk, detail={"because": ended.because, "via": via})
        )
        return earlier.ref
    return keep_gap(
        need=findings.need,
        place=findings.where.outward if findings.where and findings.where.outward else place,
        because=ended.because,
        via=via,
        wanted_id=ended.wanted_id,
        taken_id=got,
        why_not=ended.why_not,
        by=by,
    )


def _put_otherwise(gap: Gap, by: Actor) -> None:
    """A search that had found nothing was put otherwise and found a service: no gap, but words that we lack."""
    if not gap.found_by_other_words:
        Gap.objects.filter(pk=gap.pk).update(found_by_other_words=True)
        audit.record(by=by, line=audit.Line("found_by_other_words", "gap", gap.pk))


def _providers(rows: Sequence[ServiceRow], by: Actor) -> dict[str, int]:
    """ODS code to organisation, made where it is new. One known keeps its own name and telephone: they stand in its texts."""
    wanted: dict[str, ServiceRow] = {}
    for row in rows:
        wanted.setdefault(row.provider_ods, row)
    found = dict(Organisation.objects.filter(ods_code__in=wanted).values_list("ods_code", "pk"))
    for code, row in wanted.items():
        if code not in found:
            found[code] = set_organisation(ods_code=code, name=row.provider, phone=row.phone, by=by).pk
    return found
