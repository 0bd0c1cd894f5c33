"""The door of referrals."""

from onedoor.referrals.actions.attaching import NewFile
from onedoor.referrals.actions.booking import book_visit, hold_visit, set_stream_kinds, wait_for_visit
from onedoor.referrals.actions.ending import discharge, send_on, withdraw
from onedoor.referrals.actions.referring import NewReferral, OpenAlready, refer, refer_myself
from onedoor.referrals.actions.track_links import born_on_is
from onedoor.referrals.actions.triage import (
    Verdict,
    answer,
    ask_colleague,
    bring_back,
    decide,
    give_information,
    park,
    take_back,
)
from onedoor.referrals.errors import NotDone
from onedoor.referrals.imports import take_pathways, take_referrals
from onedoor.referrals.intake import ASKED, ASKED_OF_PATIENT, FACTS, RED_FLAGS, known_of, questions
from onedoor.referrals.models import Decision, Referral
from onedoor.referrals.queries.activity import Month, months_of
from onedoor.referrals.queries.conservation import Conservation, Day, conservation
from onedoor.referrals.queries.heard_by import Missed, Score, back_test, missed
from onedoor.referrals.queries.referral import Folder, attachment, folder, sent, twins
from onedoor.referrals.queries.services import services_with_referrals
from onedoor.referrals.queries.to_book import (
    Kinds,
    ToBook,
    ToBookCounts,
    ToBookPage,
    may_book,
    one_to_book,
    own,
    places,
    stream_kinds,
    to_book,
    to_book_count,
    to_book_counts,
    to_book_page,
)
from onedoor.referrals.queries.track_links import LinkClosed, track_link_of
from onedoor.referrals.queries.triage import Counts, Row, counts, held, next_of, set_aside, to_send_on, worklist
from onedoor.referrals.queries.visible import services_of
from onedoor.referrals.queries.where import Holder, Where, where_is
from onedoor.referrals.rules import (
    ATTACHMENT_BYTES,
    ATTACHMENT_TYPES,
    CLOSINGS,
    DISCHARGES,
    MOVES,
    OUTCOMES,
    PRIORITIES,
    REJECT_REASONS,
    SOURCES,
    WHO_BOOKS,
    WITHDRAWALS,
)
from onedoor.referrals.types import Opening

__all__ = [
    "ASKED",
    "ASKED_OF_PATIENT",
    "ATTACHMENT_BYTES",
    "ATTACHMENT_TYPES",
    "CLOSINGS",
    "DISCHARGES",
    "FACTS",
    "MOVES",
    "OUTCOMES",
    "PRIORITIES",
    "RED_FLAGS",
    "REJECT_REASONS",
    "SOURCES",
    "WHO_BOOKS",
    "WITHDRAWALS",
    "Conservation",
    "Counts",
    "Day",
    "Decision",
    "Folder",
    "Holder",
    "Kinds",
    "LinkClosed",
    "Missed",
    "Month",
    "NewFile",
    "NewReferral",
    "NotDone",
    "OpenAlready",
    "Opening",
    "Referral",
    "Row",
    "Score",
    "ToBook",
    "ToBookCounts",
    "ToBookPage",
    "Verdict",
    "Where",
    "answer",
    "ask_colleague",
    "attachment",
    "back_test",
    "book_visit",
    "born_on_is",
    "bring_back",
    "conservation",
    "counts",
    "decide",
    "discharge",
    "folder",
    "give_information",
    "held",
    "hold_visit",
    "known_of",
    "may_book",
    "missed",
    "months_of",
    "next_of",
    "one_to_book",
    "own",
    "park",
    "places",
    "questions",
    "refer",
    "refer_myself",
    "send_on",
    "sent",
    "services_of",
    "services_with_referrals",
    "set_aside",
    "set_stream_kinds",
    "stream_kinds",
    "take_back",
    "take_pathways",
    "take_referrals",
    "to_book",
    "to_book_count",
    "to_book_counts",
    "to_book_page",
    "to_send_on",
    "track_link_of",
    "twins",
    "wait_for_visit",
    "where_is",
    "withdraw",
    "worklist",
]
