"""Evidence in, a decision out: answered, related or no answer, from several signals and never from a score alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from retrieval.features import FEATURES, Candidates
from retrieval.model import Model
from retrieval.questions import Question
from retrieval.records import Hit, Status

Floats = npt.NDArray[np.float64]

FROM_WINDOW = (
    "exact", "soft", "bigrams", "rarest", "title", "near", "article", "names_near", "names_absent", "evidence", "measured", "evidence_close",
    "lacking", "unmeasured", "year", "other_year", "run", "density", "exact_count", "missing_rare", "full",
)  # fmt: skip
"""Features of the best window that are signals of the decision too."""


def signals(question: Question, found: Candidates, scores: Floats, rows: Sequence[int], hits: Sequence[Hit]) -> dict[str, float]:
    """What speaks for and against there being an answer, each a number of about one."""
    if not rows:
        return {}
    best = found.features[rows[0]]
    result = {name: float(best[FEATURES.index(name)]) for name in FROM_WINDOW}
    weight = np.array([u.weight for u in question.units])
    total = weight.sum()
    covered = found.coverage[rows[0]]
    other = [s for s, w in zip(scores, found.windows, strict=True) if w.article_id != found.windows[rows[0]].article_id]
    result["score"] = float(scores[rows[0]]) / 10
    result["margin"] = min(1.0, (float(scores[rows[0]]) - max(other)) / 10) if other else 1.0
    result["heaviest_missing"] = float((weight * (1 - covered)).max() / 10)
    result["missing_weight"] = float((weight * (1 - covered)).sum() / 20)
    result["weight"] = float(total / 30)
    result["units"] = len(question.units) / 10
    result["bm25"] = hits[0].score / max(1.0, float(total)) / 4
    result["shaped"] = float(question.kind in ("amount", "when", "where", "who"))
    return result


def decide(confidence: float, model: Model) -> Status:
    """The status for a confidence."""
    if confidence >= model.answered:
        return "answered"
    return "related" if confidence >= model.related else "no_answer"
