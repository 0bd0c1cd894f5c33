"""Words that no text to a patient may hold (clinical.md 6.2, 6.5: no sensitive detail in a text)."""

from __future__ import annotations

import re

_NEVER = re.compile(
    r"\b(?:two|2) ?(?:week|wk)s? wait|\b2 ?ww\b|\bsuspected cancer|\burgent cancer|\bsafeguard|\bchild protection|\bdepot"
)
_SENSITIVE = re.compile(
    # clinical.md 6.2: mental, sexual, safeguarding, addiction, HIV, pregnancy; the rest by the same care.
    r"\b(?:smi|sti|std|hiv|gum|iapt|coil|iud|ivf|ptsd)\b"
    r"|\b(?:mental|psych|depress|anxiety|counsel|talking therap|sexual|contracept|implant|smear|cervical|colpo|pregnan"
    r"|antenatal|postnatal|maternity|midwi|miscarr|terminat|menopaus|fertil|erectile|prostat|substance|addict|alcohol"
    r"|drug|methadone|detox|domestic|abuse|dementia|memory|learning disab|autis|adhd|cancer|palliat|gender|hepatitis)"
)

IN_SQL = f"(?:{_NEVER.pattern}|{_SENSITIVE.pattern})".replace(r"\b", r"\y")
"""The same as a pattern of PostgreSQL, for what is left out of a list before it is read."""


def says_never(words: str) -> bool:
    """Whether words in lower case name what no machine may handle."""
    return bool(_NEVER.search(words))


def says_sensitive(words: str) -> bool:
    """Whether words in lower case name what a text must not."""
    return bool(_SENSITIVE.search(words)) or says_never(words)
