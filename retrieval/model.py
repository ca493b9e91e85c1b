"""The fitted numbers of the answering: what each feature of a window and each signal of an answer weighs.

They are learnt by tests/quality/fit.py from public question sets and ship in data/model.json, data/trees.npz and data/doubts.npz.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from retrieval.features import FEATURES
from retrieval.trees import Trees
from retrieval.windows import LIMIT

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """`window` weighs the features of windows (in the order of features.FEATURES); `decision` the signals of an answer.

    An answer is given from a confidence of `answered` on, a related excerpt from `related` on.
    """

    window: Floats
    brevity: float
    decision: Mapping[str, float]
    bias: float
    answered: float
    related: float
    trees: Trees | None = None
    doubts: Trees | None = None
    """What signals together say of an answer beyond what each adds: of one whose name stands there and nothing else that was asked."""
    chance: float = 0.0
    """What is taken from the log odds for each e-fold of passages beyond FITTED: of more passages more fit a question by chance."""
    described: float = 0.6
    """The share of a question's weight that an article must hold to be the one whose date or outlet is asked for."""

    def scores(self, features: Floats, lengths: Floats, brevity: float) -> Floats:
        """The log odds of each window up to a constant, less what its length in characters costs, *brevity* for LIMIT of them."""
        result: Floats = features @ self.window - brevity * lengths / LIMIT
        if self.trees and len(result):
            best = closest(result)
            added = self.trees(with_sum(features[best], result[best], lengths[best]), TREE_FEATURES)
            result += added.min()  # no other window rises above them
            result[best] += added - added.min()
        return result

    def confidence(self, signals: Mapping[str, float], passages: int = 0) -> float:
        """The probability (0 to 1) that there is an answer in a library of so many passages.

        It is a logistic function of the signals, of what the trees make of them, and of the size.
        """
        total = self.bias + sum(weight * signals.get(name, 0.0) for name, weight in self.decision.items())
        if self.doubts and signals:
            names = self.doubts.names
            total += float(self.doubts(np.array([[signals[name] for name in names]]), names)[0])
        total -= self.chance * math.log(max(1.0, passages / FITTED))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


FITTED = 2500
"""Passages of the largest of the question sets by which the decision is balanced (DRCD's development set has 2,076)."""

LOOKED_AT = 50
"""Windows with the best sums that the trees look at: 1 ms. The right one is among them for all but 1 in 500 questions."""

TREE_FEATURES = (*FEATURES, "sum", "characters")


def closest(sums: Floats) -> npt.NDArray[np.int64]:
    """The rows of the windows that the trees look at, best first."""
    return np.argsort(-sums, kind="stable")[:LOOKED_AT]


def with_sum(features: Floats, sums: Floats, lengths: Floats) -> Floats:
    """The columns of TREE_FEATURES."""
    return np.column_stack([features, sums, lengths])


@cache
def default_model() -> Model:
    folder = Path(__file__).parent / "data"
    stored = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    return Model(
        window=np.array([stored["window"].get(name, 0.0) for name in FEATURES]),
        brevity=stored["brevity"],
        decision=stored["decision"],
        bias=stored["bias"],
        answered=stored["answered"],
        related=stored["related"],
        chance=stored["chance"],
        trees=Trees.load(folder / "trees.npz"),
        doubts=Trees.load(folder / "doubts.npz"),
    )
