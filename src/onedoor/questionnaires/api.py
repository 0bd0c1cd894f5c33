"""The door of questionnaires."""

from onedoor.questionnaires.actions import ask, withdraw
from onedoor.questionnaires.answering import (
    Taken,
    answer,
    born_on_is,
    ever_of_link,
    finish,
    link_of,
    start,
    withdraw_response,
)
from onedoor.questionnaires.definitions import Faulty
from onedoor.questionnaires.kiosk import KioskFound, by_code, find
from onedoor.questionnaires.licensed import load_words, words_wanted
from onedoor.questionnaires.many import StartedMany, start_many, with_open
from onedoor.questionnaires.models import PutQuestion, Response
from onedoor.questionnaires.queries import (
    SUBJECTS,
    asked_of,
    asked_since,
    by_ref,
    choices,
    fhir_of,
    open_of,
    questions_open_of,
    response_by_ref,
    responses_of,
    shares_phone,
    startable,
    step,
)
from onedoor.questionnaires.types import (
    AnswerView,
    CannotAsk,
    Choice,
    LinkClosed,
    NotOpen,
    QuestionView,
    ResponseView,
    Step,
)

__all__ = [
    "SUBJECTS",
    "AnswerView",
    "CannotAsk",
    "Choice",
    "Faulty",
    "KioskFound",
    "LinkClosed",
    "NotOpen",
    "PutQuestion",
    "QuestionView",
    "Response",
    "ResponseView",
    "StartedMany",
    "Step",
    "Taken",
    "answer",
    "ask",
    "asked_of",
    "asked_since",
    "born_on_is",
    "by_code",
    "by_ref",
    "choices",
    "ever_of_link",
    "fhir_of",
    "find",
    "finish",
    "link_of",
    "load_words",
    "open_of",
    "questions_open_of",
    "response_by_ref",
    "responses_of",
    "shares_phone",
    "start",
    "start_many",
    "startable",
    "step",
    "with_open",
    "withdraw",
    "withdraw_response",
    "words_wanted",
]
