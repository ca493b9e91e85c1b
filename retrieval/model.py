"""The fitted numbers of the answering: what each feature of a window and each signal of an answer weighs.

They are learnt by tests/quality/fit.py from public question sets and ship in data/model.json.
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
    described: float = 0.6
    """The share of a question's weight that an article must hold to be the one whose date or outlet is asked for."""

    def confidence(self, signals: Mapping[str, float]) -> float:
        """The probability (0 to 1) that there is an answer, a logistic function of the signals."""
        total = self.bias + sum(weight * signals.get(name, 0.0) for name, weight in self.decision.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@cache
def default_model() -> Model:
    from retrieval.features import FEATURES

    stored = json.loads((Path(__file__).parent / "data" / "model.json").read_text(encoding="utf-8"))
    return Model(
        window=np.array([stored["window"].get(name, 0.0) for name in FEATURES]),
        brevity=stored["brevity"],
        decision=stored["decision"],
        bias=stored["bias"],
        answered=stored["answered"],
        related=stored["related"],
    )
