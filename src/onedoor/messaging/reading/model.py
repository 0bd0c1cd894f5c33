"""The model as it is read: weights of a linear classifier in whole numbers, without any library.

A file of `training`: one line of JSON, then the weights, compressed. Loading takes milliseconds and a few megabytes.
"""

from __future__ import annotations

import json
import math
import zlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import add
from pathlib import Path

from onedoor.messaging.reading.features import PLACES, places

FILE = Path(__file__).with_name("model.bin")


@dataclass(frozen=True)
class Model:
    """`labels` by column; `allowed` are the columns of each context; `heat` divides the scores, so that they mean shares."""

    labels: Sequence[str]
    allowed: Mapping[str, Sequence[int]]
    scale: float
    heat: float
    start: Sequence[float]
    weights: array[int]
    trained_on: str

    def shares(self, context: str, text: str) -> dict[str, float]:
        """How likely each label of the context is; they add up to one. KeyError for a context it was not trained on."""
        width = len(self.labels)
        total = [0] * width
        found = places(context, text)
        weights = self.weights
        for place in found:
            at = place * width
            total = list(map(add, total, weights[at : at + width]))
        length = math.sqrt(len(found))
        scores = {
            column: (self.start[column] + total[column] * self.scale / length) / self.heat
            for column in self.allowed[context]
        }
        top = max(scores.values())
        powers = {column: math.exp(score - top) for column, score in scores.items()}
        whole = sum(powers.values())
        return {self.labels[column]: power / whole for column, power in powers.items()}


def write(model: Model, file: Path) -> None:
    """Store a model."""
    head = {
        "labels": list(model.labels),
        "allowed": {context: list(columns) for context, columns in model.allowed.items()},
        "scale": model.scale,
        "heat": model.heat,
        "start": list(model.start),
        "trained_on": model.trained_on,
    }
    file.write_bytes(json.dumps(head).encode() + b"\n" + zlib.compress(model.weights.tobytes(), 9))


def read(file: Path) -> Model:
    """Read a stored model; ValueError when the file is not one."""
    head, _, body = file.read_bytes().partition(b"\n")
    found = json.loads(head)
    weights = array("b")
    weights.frombytes(zlib.decompress(body))
    if len(weights) != PLACES * len(found["labels"]):
        raise ValueError(f"{file.name} is not a model of {PLACES} places: train it anew with ./run train")
    return Model(
        labels=found["labels"],
        allowed=found["allowed"],
        scale=found["scale"],
        heat=found["heat"],
        start=found["start"],
        weights=weights,
        trained_on=found["trained_on"],
    )


@lru_cache(maxsize=1)
def shipped() -> Model:
    """The model that comes with this version."""
    return read(FILE)
