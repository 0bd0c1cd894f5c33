"""Texts that nobody wrote: telephones that answer for their owner, and pictures of which only a sign is left."""

from __future__ import annotations

import re

_BY_ITSELF = re.compile(
    # Only where the mark frames the text: "is this an automatic reply?" is somebody's question.
    r"^\W*(auto(matic|mated)?[- ]?(reply|response|message)|out[- ]of[- ](the[- ])?office( reply| response)?)\s*[:.\-\n]"
    r"|[(\[*]\s*auto(matic|mated)?[- ]?(reply|response)\s*[)\]*]\W*$"
    r"|^\W*i.?m driving (right )?now\b.*\b(get back|when i (get|arrive|stop)|not receiving)\b"
    # What a telephone sends when its owner puts a sign on a text of ours: a heart on a reminder keeps no appointment.
    r"|^\W*(liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted \S+ to)\s+(an? (image|message)\b|[\"\u201c\u2018'])",
    re.IGNORECASE | re.DOTALL,
)
_PICTURE = re.compile(
    r"\W*(\W*\b(image|picture|photo|video|audio|mms|multimedia( message)?|attachment|media omitted|no (subject|text)|"
    r"(img|image|dsc|photo)[_-]?\d+(\.(jpe?g|png|heic|gif))?)\b\W*)*",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"\bstop\b.{0,20}\b(text\w*|messag\w*|sms|contact\w*|remind\w*)\b|"
    r"\b(no more|dont|don.t|do not|never|quit) (send (me )?|want )?(any more |more |these |your )?(text\w*|messag\w*|sms)\b|"
    r"\bunsubscribe\b|\b(and|then|also) stop\b",
    re.IGNORECASE,
)


def from_a_machine(text: str) -> bool:
    """Whether a telephone or mailbox answered by itself, by the marks that they put around what they say."""
    return bool(_BY_ITSELF.search(text))


def is_picture(text: str) -> bool:
    """Whether a text has no words, or only the sign that a picture leaves: "[image]", "MMS", a file's name."""
    return not text.strip() or (bool(re.search(r"\w", text)) and bool(_PICTURE.fullmatch(text)))


def speaks_of_stopping(text: str) -> bool:
    """Whether a text that is left to a person may also ask for no more texts."""
    return bool(_STOP.search(text))
