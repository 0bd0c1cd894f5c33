"""Training: from committed phrases to the file that `model` reads. Needs scikit-learn, which nothing at run time does.

A logistic regression over `features`. How sure it is of phrases that it did not learn from (five parts, each read by a model of
the other four) gives the heat of its scores and what is printed; the file itself is trained on all.
"""

from __future__ import annotations

import csv
import hashlib
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onedoor.messaging.reading.features import PLACES, places
from onedoor.messaging.reading.model import FILE, Model, write

PARTS = 5
STRENGTH = 60.0
"""How little the weights are held back."""
ANYWHERE = ("crisis", "deceased", "question", "stop", "thanks", "unclear", "wrong_person")
"""What can be said in answer to any question."""


@dataclass(frozen=True)
class Phrase:
    """One labelled text. `label` is the intent, and the value where values are few (never, ex, current)."""

    context: str
    text: str
    label: str


FEW_VALUES = frozenset({"smoking", "fft", "yesno"})


def label_of(context: str, intent: str, value: str) -> str:
    """The column of a phrase."""
    return f"{intent}={value}" if intent == "answer" and context in FEW_VALUES else intent


def phrases(folder: Path) -> list[Phrase]:
    """Every phrase of a folder of CSV files, in order of file and line; ValueError names a row without context or intent."""
    found = []
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as stream:
            for number, row in enumerate(csv.DictReader(stream), 2):
                if not row.get("context") or not row.get("intent"):
                    raise ValueError(f"{file.name}, row {number}: context and intent are needed")
                label = label_of(row["context"], row["intent"], row.get("value") or "")
                found.append(Phrase(row["context"], row["text"] or "", label))
    return found


def fingerprint(folder: Path) -> str:
    """What a model was trained on, in a word: it changes with any phrase."""
    digest = hashlib.sha256()
    for phrase in phrases(folder):
        digest.update(repr((phrase.context, phrase.text, phrase.label)).encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Trained:
    """What came of a training. `alike`: share of phrases read as labelled by a model that had not learnt from them."""

    phrases: int
    contexts: int
    labels: int
    alike: float
    heat: float
    megabytes: float


def make(folder: Path) -> Trained:
    """Train from a folder of phrases and put the model in its place; ImportError without scikit-learn."""
    known = phrases(folder)
    made, judged = train(known, fingerprint(folder))
    write(made, FILE)
    right = sum(max(shares, key=lambda label: shares[label]) == phrase.label for phrase, shares in judged)
    return Trained(
        phrases=len(known),
        contexts=len(made.allowed),
        labels=len(made.labels),
        alike=right / len(known),
        heat=made.heat,
        megabytes=FILE.stat().st_size / 1e6,
    )


def train(known: Sequence[Phrase], trained_on: str) -> tuple[Model, list[tuple[Phrase, dict[str, float]]]]:
    """The model, and how likely each phrase's labels were to a model that had not seen it."""
    import numpy as np

    labels = sorted({phrase.label for phrase in known})
    allowed = _allowed(known, labels)
    part = np.array([int(hashlib.md5(phrase.text.casefold().encode()).hexdigest(), 16) % PARTS for phrase in known])
    scores = np.zeros((len(known), len(labels)))
    for n in range(PARTS):
        learn, judge = np.flatnonzero(part != n), np.flatnonzero(part == n)
        fitted = _fit([known[int(i)] for i in learn], labels)
        scores[judge] = _scores(fitted, [known[int(i)] for i in judge])
    heat = _heat(scores, known, labels, allowed)
    weights, start = _fit(known, labels)
    scale = float(np.abs(weights).max() / 127)
    whole = np.rint(weights / scale).astype(np.int8)
    model = Model(
        labels=labels,
        allowed=allowed,
        scale=scale,
        heat=heat,
        start=[float(one) for one in start],
        weights=array("b", whole.tobytes()),
        trained_on=trained_on,
    )
    judged = []
    for phrase, row in zip(known, scores, strict=True):
        columns = allowed[phrase.context]
        powers = np.exp((row[columns] - row[columns].max()) / heat)
        judged.append((phrase, dict(zip([labels[c] for c in columns], (powers / powers.sum()).tolist(), strict=True))))
    return model, judged


def _allowed(known: Sequence[Phrase], labels: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, set[str]] = defaultdict(set)
    for phrase in known:
        found[phrase.context].add(phrase.label)
    return {
        context: [n for n, label in enumerate(labels) if label in own or label in ANYWHERE]
        for context, own in sorted(found.items())
    }


def _table(known: Sequence[Phrase]) -> Any:
    import numpy as np
    from scipy.sparse import csr_matrix

    rows, columns, values = [], [], []
    for n, phrase in enumerate(known):
        found = places(phrase.context, phrase.text)
        rows += [n] * len(found)
        columns += found
        values += [1 / len(found) ** 0.5] * len(found)
    return csr_matrix((np.array(values), (np.array(rows), np.array(columns))), shape=(len(known), PLACES))


def _fit(known: Sequence[Phrase], labels: Sequence[str]) -> tuple[Any, Any]:
    """(weights by place and label, start by label)."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=STRENGTH, max_iter=400)
    fitted.fit(_table(known), [phrase.label for phrase in known])
    weights, start = np.zeros((PLACES, len(labels))), np.full(len(labels), -50.0)
    for n, label in enumerate(fitted.classes_):
        column = labels.index(label)
        weights[:, column], start[column] = fitted.coef_[n], fitted.intercept_[n]
    return weights, start


def _scores(fitted: tuple[Any, Any], known: Sequence[Phrase]) -> Any:
    weights, start = fitted
    return _table(known) @ weights + start


def _heat(scores: Any, known: Sequence[Phrase], labels: Sequence[str], allowed: dict[str, list[int]]) -> float:
    """The heat under which what happened was likeliest: the usual way to make a classifier's shares true."""
    import numpy as np

    def surprise(heat: float) -> float:
        total = 0.0
        for row, phrase in zip(scores, known, strict=True):
            columns = allowed[phrase.context]
            held = row[columns] / heat
            held = held - held.max()
            total -= held[columns.index(labels.index(phrase.label))] - np.log(np.exp(held).sum())
        return total

    return min((n / 10 for n in range(3, 31)), key=surprise)
