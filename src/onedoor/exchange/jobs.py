"""Sweeps of exchange."""

from __future__ import annotations

from onedoor.exchange import keeping, lost_checks
from onedoor.exchange.mesh import collecting, sending
from onedoor.exchange.receiving import keeping as keeping_documents
from onedoor.kernel.actor import Actor
from onedoor.kernel.jobs import sweep


@sweep("exchange.forget_files", every=60.0)
def forget_files() -> int:
    """Remove the bytes of uploaded files that were applied, or that nobody applied in time."""
    return keeping.lapse_uploads(by=Actor.system("keeping of uploaded files")) + keeping.remove_bytes()


@sweep("exchange.forget_trust_files", every=3_600.0)
def forget_trust_files() -> int:
    """Remove what was compared of a trust's spreadsheet 28 days ago: what was accepted is on the record."""
    return lost_checks.forget_trust_files(by=Actor.system("keeping of compared checks"))


@sweep("exchange.forget_arrivals", every=3_600.0, full=keeping_documents.SLICE)
def forget_arrivals() -> int:
    """Drop the bytes of documents that came by MESH 90 days after they were dealt with, where all of them is kept elsewhere."""
    return keeping_documents.forget_bytes()


@sweep("exchange.mesh_send", every=5.0, outside=True)
def mesh_send() -> int:
    """Send to MESH what waits, and find out what became of what was sent and not answered."""
    return sending.send_slice(by=Actor.system("the line to MESH")) + sending.reconcile(
        by=Actor.system("the line to MESH")
    )


@sweep("exchange.mesh_collect", every=2.0, outside=True)
def mesh_collect() -> int:
    """Take what waits in the MESH inboxes that are due a look."""
    return collecting.collect(by=Actor.system("the line to MESH"))


@sweep("exchange.deal_with", every=5.0)
def deal_with() -> int:
    """Deal with what came from MESH: documents, responses and reports."""
    return collecting.deal_with(by=Actor.system("the line to MESH"))


@sweep("exchange.mesh_track", every=5.0, outside=True)
def mesh_track() -> int:
    """Ask MESH which of our messages were collected."""
    return collecting.track(by=Actor.system("the line to MESH"))
