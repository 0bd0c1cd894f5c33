"""The door of the directory."""

from onedoor.directory.actions import (
    NoAgreement,
    NoReason,
    end_search,
    keep_gap,
    switch_self_referral,
    switch_taking,
    take_services,
)
from onedoor.directory.asking import Asked, read_asked
from onedoor.directory.files import FaultyFile, read_services
from onedoor.directory.models import Service, Stream
from onedoor.directory.ports import declare_waits
from onedoor.directory.queries import (
    card,
    cards,
    find,
    gaps,
    may_switch,
    providers,
    service_by_slug,
    services_of_streams,
    standing_of,
)
from onedoor.directory.rules import MISSES, REFERRERS, STREAM_KINDS, outward
from onedoor.directory.types import Brought, Card, Findings, Found, Gaps, Lately, Wait

__all__ = [
    "MISSES",
    "REFERRERS",
    "STREAM_KINDS",
    "Asked",
    "Brought",
    "Card",
    "FaultyFile",
    "Findings",
    "Found",
    "Gaps",
    "Lately",
    "NoAgreement",
    "NoReason",
    "Service",
    "Stream",
    "Wait",
    "card",
    "cards",
    "declare_waits",
    "end_search",
    "find",
    "gaps",
    "keep_gap",
    "may_switch",
    "outward",
    "providers",
    "read_asked",
    "read_services",
    "service_by_slug",
    "services_of_streams",
    "standing_of",
    "switch_self_referral",
    "switch_taking",
    "take_services",
]
