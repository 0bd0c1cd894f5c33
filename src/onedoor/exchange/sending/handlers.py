"""Where documents to practices hang on others: a finished visit, answers, MESH, and work that somebody ended."""

from __future__ import annotations

from onedoor.exchange.itk import codes
from onedoor.exchange.mesh import hooks
from onedoor.exchange.models import MeshArrival
from onedoor.exchange.sending import deciding, hearing, kinds, making
from onedoor.kernel import events
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.questionnaires.events import TrustAnswered
from onedoor.recall.events import ChecksClosed
from onedoor.tasks.api import lock_first
from onedoor.tasks.events import TaskCompleted

hooks.moved.append(hearing.message_moved)
hooks.reports.append(hearing.take_report)
lock_first(kinds.SUBJECT, deciding.lock_document)


def response_came(arrival: MeshArrival, by: Actor) -> None:
    """A practice's system answered."""
    hearing.take_response(arrival, Access.system("documents to practices"))


hooks.takers[codes.SEND_DOCUMENT_ACK] = response_came
hooks.takers[codes.CONSULT_REPORT_ACK] = response_came


@events.handles(ChecksClosed)
def checks_closed(event: ChecksClosed) -> None:
    """A finished visit and the document that tells of it are there together or not at all (hazard H32)."""
    making.make_of_visits(visit_ids=event.visit_ids, access=Access.system("documents to practices"))


@events.handles(TrustAnswered)
def trust_answered(event: TrustAnswered) -> None:
    """What a trust asked and the document that tells of it are there together or not at all (hazard H32)."""
    making.make_of_answers(
        organisation_id=event.organisation_id,
        patient_ids=event.patient_ids,
        access=Access.system("documents to practices"),
    )


@events.handles(TaskCompleted)
def work_done(event: TaskCompleted) -> None:
    """What somebody decided about a document happens to it."""
    deciding.follow_work(event)
