"""What the actions of a live contact share: its row locked, the view that it still gives, and what is written down of each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from onedoor.calls.errors import NotDone, NotSeen
from onedoor.calls.models import Contact, Deed
from onedoor.calls.queries.contacts import View, view_of
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, Permission
from onedoor.tasks.api import ask_for
from onedoor.tasks.types import Kind, NewTask

_LONGEST = 600


def locked(access: Access, ref: UUID) -> Contact:
    """The handler's own contact that has not ended. Raises NotPermitted, Contact.DoesNotExist."""
    access.require(Permission.CALLS)
    return Contact.objects.select_for_update().get(
        ref=ref, handler_id=access.actor.id, organisation_id__in=access.organisations, ended_at=None
    )


def seen(access: Access, ref: UUID) -> tuple[Contact, View]:
    """As `locked`, with the view that it gives. Raises NotSeen when that is over, or nobody was seen yet."""
    contact = locked(access, ref)
    view = view_of(access, contact)
    if view is None:
        raise NotSeen("You do not see them any more: ask again who they are.")
    return contact, view


def did(access: Access, contact: Contact, kind: str, subject: str = "", subject_id: int | None = None) -> None:
    """Keep what was done (`rules.DEEDS`), in the transaction in which it was."""
    Deed.objects.create(contact=contact, at=clock.now(), kind=kind, subject=subject, subject_id=subject_id)
    note(access, contact, f"contact_{kind}")


def said(words: str) -> str:
    """What whoever takes it has not heard. Raises NotDone for nothing."""
    text = " ".join(words.split())[:_LONGEST]
    if not text:
        raise NotDone("Say what they need, in a few words: whoever takes it has not heard the call.")
    return text


def ask(
    access: Access,
    contact: Contact,
    kind: Kind,
    *,
    title: str,
    detail: str,
    patient_id: int | None,
    organisation_id: int | None = None,
    due_at: datetime | None = None,
    subject: str = "contact",
    subject_id: int | None = None,
) -> None:
    """Leave work behind, once of a kind and place in a contact. Raises NotDone for a second time."""
    whose = organisation_id or contact.organisation_id
    asked = ask_for(
        tasks=[
            NewTask(
                kind=kind.name,
                organisation_id=whose,
                key=f"{kind.name}:{contact.pk}:{whose}",
                title=title,
                detail=detail,
                patient_id=patient_id,
                subject=subject,
                subject_id=subject_id or contact.pk,
                due_at=due_at,
            )
        ],
        by=access.actor,
    )
    if not asked:
        raise NotDone("That is asked for in this call already.")
    note(access, contact, "contact_asked", kind=kind.name)


def note(access: Access, contact: Contact, action: str, **detail: str | int) -> None:
    """An audit row about the contact: what was done, never what was said."""
    audit.record(
        by=access.actor,
        line=audit.Line(
            action,
            "contact",
            contact.pk,
            patient_id=contact.patient_id,
            organisation_id=contact.organisation_id,
            detail=dict(detail),
        ),
    )
