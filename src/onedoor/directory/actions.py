"""Writes of the directory: services brought by a file, switches, and what was looked for in vain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from onedoor.accounts.api import Organisation, require_runs_all, set_organisation, set_site
from onedoor.directory.models import Gap, Opening, Service, Stream, Switch
from onedoor.directory.queries import UNKNOWN_NEED, ending
from onedoor.directory.rules import outward
from onedoor.directory.types import Because, Brought, Ending, Findings, ServiceRow
from onedoor.kernel import audit, clock
from onedoor.kernel.access import NotPermitted, acts_for
from onedoor.kernel.actor import Actor

_FIELDS = (
    "name",
    "summary",
    "other_words",
    "phone",
    "web",
    "postcode",
    "ages_from",
    "ages_to",
    "triage_hours",
    "triage_basis",
    "urgent_days",
    "onward_working_days",
    "rtt_scope",
    "bank_holidays",
    "verified_on",
    "active",
)
_LOCK = 7_207


class NoAgreement(Exception):
    """Patients may refer themselves only under a sharing agreement with a date."""


class NoReason(Exception):
    """A switch is turned for a reason, in words."""


@transaction.atomic
def take_services(*, rows: Sequence[ServiceRow], by: Actor) -> Brought:
    """Bring services, their streams and hours to what a file says; services that it does not name stay as they are.

    A stream that the file no longer names is ended, never deleted: referrals stand on it. Raises NotPermitted for anybody
    but an administrator or the system.
    """
    require_runs_all(by)
    with connection.cursor() as cursor:
        # Editions grow one after another, so that whoever keeps the texts sees each change.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    edition = (Service.objects.aggregate(last=Max("edition"))["last"] or 0) + 1
    providers = _providers(rows, by)
    known = {
        service.slug: service
        for service in Service.objects.select_for_update().filter(slug__in=[r.slug for r in rows]).order_by("pk")
    }
    new = changed = same = ended = 0
    for row in rows:
        service = known.get(row.slug)
        told = [] if service is None else _told(service, row, providers)
        if service is None:
            new += 1
            service = Service(slug=row.slug)
        for field in _FIELDS:
            setattr(service, field, getattr(row, field))
        service.organisation_id = providers[row.provider_ods]
        service.refers, service.replaces = list(row.refers), list(row.replaces)
        is_new = service.pk is None
        service.save()
        moved, gone = _take_streams(service, row)
        ended += gone
        told += ["streams"] * moved
        told += ["hours"] * _take_hours(service, row, by)
        if row.agreement_on and "patient" in row.refers:
            _open_first(service, row.agreement_on, by)
        if is_new or told:
            Service.objects.filter(pk=service.pk).update(edition=edition)
            audit.record(
                by=by,
                line=audit.Line(
                    "take_service",
                    "service",
                    service.pk,
                    organisation_id=service.organisation_id,
                    detail={"new": is_new, "changed": [] if is_new else sorted(told)},
                ),
            )
        if not is_new:
            changed += bool(told)
            same += not told
    return Brought(new, changed, same, ended)


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
    service = _locked(service_id, by)
    if opens and agreement_on is None:
        held = service.switches.filter(kind="self_referral", agreement_on__isnull=False).order_by("-at", "-id").first()
        agreement_on = held.agreement_on if held else None
    if opens and (agreement_on is None or agreement_on > clock.today()):
        raise NoAgreement
    _turn(service, "self_referral", opens, reason, by, agreement_on=agreement_on)


@transaction.atomic
def switch_taking(*, service_id: int, opens: bool, reason: str, until: datetime | None = None, by: Actor) -> None:
    """Say that a service is full, perhaps until a moment, or takes people again. Raises NoReason, NotPermitted."""
    _turn(_locked(service_id, by), "taking", opens, reason, by, until=None if opens else until)


def _locked(service_id: int, by: Actor) -> Service:
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
        place=place,
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


def _told(service: Service, row: ServiceRow, providers: dict[str, int]) -> list[str]:
    told = [field for field in _FIELDS if getattr(service, field) != getattr(row, field)]
    told += ["provider"] * (service.organisation_id != providers[row.provider_ods])
    told += [name for name in ("refers", "replaces") if tuple(getattr(service, name)) != getattr(row, name)]
    return told


def _take_streams(service: Service, row: ServiceRow) -> tuple[bool, int]:
    """(whether anything changed, how many streams ended)."""
    known = {stream.name: stream for stream in service.streams.all()}
    before = [(s.name, s.kind, s.position) for s in known.values() if s.active]
    after = [(name, kind, position) for position, (name, kind) in enumerate(row.streams, 1)]
    if before == after:
        return False, 0
    gone = [stream.pk for name, stream in known.items() if stream.active and name not in dict(row.streams)]
    Stream.objects.filter(pk__in=gone).update(active=False)
    for name, kind, position in after:
        Stream.objects.update_or_create(
            service=service, name=name, defaults={"kind": kind, "position": position, "active": True}
        )
    return True, len(gone)


def _take_hours(service: Service, row: ServiceRow, by: Actor) -> bool:
    """Hours of weekdays and of single days as the file has them. Whether anything changed."""
    site = set_site(organisation_id=service.organisation_id, name=row.site, by=by).pk if row.site else None
    before = set(service.openings.values_list("weekday", "day", "opens", "closes", "site_id"))
    after = {
        *((hours.weekday, None, hours.opens, hours.closes, site) for hours in row.hours),
        *((None, day.day, day.opens, day.closes, site) for day in row.days),
    }
    if before == after:
        return False
    service.openings.all().delete()
    Opening.objects.bulk_create(
        Opening(service=service, weekday=weekday, day=day, opens=opens, closes=closes, site_id=at)
        for weekday, day, opens, closes, at in sorted(after, key=str)
    )
    return True
