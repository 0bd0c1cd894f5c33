"""Whose contact it is, whom its handler may see by it, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from onedoor.calls.models import Contact, NumberCheck
from onedoor.calls.rules import TRIES
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission


@dataclass(frozen=True)
class View:
    """What a live contact lets its handler see: one patient, and nobody else. `until` is real time."""

    access: Access
    patient_id: int
    until: datetime


@dataclass(frozen=True)
class Live:
    """A contact that has not ended, as its page needs it. `view` is None until the caller is known, and when it has lapsed."""

    ref: UUID
    started_at: datetime
    lapsed: bool
    """Somebody was seen, and the time is over: they say who they are again."""
    tries_left: int
    view: View | None
    organisation_id: int
    rang: str
    """number, withheld, or empty when nobody noted it."""
    rang_from: str
    """The number, E.164, to ring back on: it proves nothing."""
    sharers: int | None
    deeds: tuple[str, ...]
    """What was done so far, the first first, by `rules.DEEDS`."""
    check: NumberCheck | None
    """A new mobile that waits for its code."""


def own(access: Access) -> Contact:
    """The handler's own contact that has not ended. Raises NotPermitted, Contact.DoesNotExist."""
    access.require(Permission.CALLS)
    return Contact.objects.get(handler_id=access.actor.id, organisation_id__in=access.organisations, ended_at=None)


def live(access: Access, ref: UUID) -> Live:
    """A contact of the handler's that has not ended. Raises NotPermitted, Contact.DoesNotExist for all others."""
    access.require(Permission.CALLS)
    contact = Contact.objects.get(
        ref=ref, handler_id=access.actor.id, organisation_id__in=access.organisations, ended_at=None
    )
    view = view_of(access, contact)
    return Live(
        ref=contact.ref,
        started_at=contact.started_at,
        lapsed=contact.patient_id is not None and view is None,
        tries_left=max(0, TRIES - contact.wrong_tries),
        view=view,
        organisation_id=contact.organisation_id,
        rang=contact.rang,
        rang_from=contact.rang_from,
        sharers=contact.sharers,
        deeds=tuple(contact.deeds.order_by("pk").values_list("kind", flat=True)),
        check=NumberCheck.objects.filter(contact=contact, confirmed_at=None).first(),
    )


def view_of(access: Access, contact: Contact) -> View | None:
    """What the contact shows now, None for nobody. The access sees its patient as the patient does, under the handler's name."""
    if contact.patient_id is None or contact.sees_until is None or contact.sees_until <= clock.real_now():
        return None
    sees = Access(
        actor=access.actor,
        organisation_ids=frozenset({contact.organisation_id}),
        purpose="telephone contact",
        patient_id=contact.patient_id,
    )
    return View(sees, contact.patient_id, contact.sees_until)


def open_contact(access: Access) -> UUID | None:
    """The contact that the handler has not ended, if there is one."""
    try:
        return own(access).ref
    except Contact.DoesNotExist:
        return None


def lately(access: Access, *, limit: int = 20) -> list[Contact]:
    """The handler's own contacts that ended, the latest first: when and with what outcome, nobody's name."""
    access.require(Permission.CALLS)
    found = Contact.objects.filter(handler_id=access.actor.id, ended_at__isnull=False).defer("patient")
    return list(found.order_by("-started_at")[:limit])
