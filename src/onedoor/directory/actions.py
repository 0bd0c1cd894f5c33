"""Writes of the directory: services brought by a file, switches, and what was looked for in vain."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from onedoor.accounts.api import Organisation, require_runs_all, set_organisation, set_site
from onedoor.directory.models import Opening, Service, Stream
from onedoor.directory.types import Brought, ServiceRow
from onedoor.kernel import audit
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
    "verified_on",
)


@transaction.atomic
def take_services(*, rows: Sequence[ServiceRow], by: Actor) -> Brought:
    """Bring services, their streams and hours to what a file says; services that it does not name stay as they are.

    A stream that the file no longer names is ended, never deleted: referrals stand on it. Raises NotPermitted for anybody
    but an administrator or the system.
    """
    require_runs_all(by)
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
        service.active = True
        is_new = service.pk is None
        service.save()
        moved, gone = _take_streams(service, row)
        ended += gone
        told += ["streams"] * moved
        told += ["hours"] * _take_hours(service, row, by)
        if is_new or told:
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
    return told + ["active"] * (not service.active)


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
    """Weekday hours as the file has them; dated days stay. Whether anything changed."""
    site = set_site(organisation_id=service.organisation_id, name=row.site, by=by).pk if row.site else None
    before = set(service.openings.filter(day=None).values_list("weekday", "opens", "closes", "site_id"))
    after = {(hours.weekday, hours.opens, hours.closes, site) for hours in row.hours}
    if before == after:
        return False
    service.openings.filter(day=None).delete()
    Opening.objects.bulk_create(
        Opening(service=service, weekday=weekday, opens=opens, closes=closes, site_id=at)
        for weekday, opens, closes, at in sorted(after, key=str)
    )
    return True
