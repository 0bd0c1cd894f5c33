"""The door of questionnaires."""

from onedoor.questionnaires.actions import ask, withdraw
from onedoor.questionnaires.models import PutQuestion
from onedoor.questionnaires.queries import asked_of, by_ref, choices, open_of
from onedoor.questionnaires.types import CannotAsk, QuestionView

__all__ = ["CannotAsk", "PutQuestion", "QuestionView", "ask", "asked_of", "by_ref", "choices", "open_of", "withdraw"]
