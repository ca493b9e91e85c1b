"""Evidence in, a decision out: answered, related or no answer, from several signals and never from a score alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from retrieval.features import FEATURES, Candidates
from retrieval.model import Model
from retrieval.questions import Question, variants
from retrieval.records import Article, Hit, Status
from retrieval.text import fold
from retrieval.windows import whole

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


_OF_PUBLISHING = re.compile(r"登|篇|报道|报导|文章|新闻|稿|媒体|报纸|报社|发表|刊登|刊|见报|网站|写|发|做|日期|时间|讲")


def described(question: Question, articles: Mapping[str, Article]) -> dict[str, float]:
    """How much of what the question says of an article (not of its publishing) each article holds, its outlet included: 0 to 1."""
    units = [u for u in question.units if not _OF_PUBLISHING.fullmatch(u.text)]
    total = sum(u.weight for u in units)
    result = {}
    for id, article in articles.items():
        text = fold(" ".join(filter(None, (article.title, article.outlet, article.republisher, *article.authors)))) + whole(article.content_hash, article.body)
        held = sum(u.weight for u in units if any(form in text for form in (u.text, *variants(u.text))))
        result[id] = held / total if total else 0.0
    return result


def decide(confidence: float, model: Model) -> Status:
    """The status for a confidence."""
    if confidence >= model.answered:
        return "answered"
    return "related" if confidence >= model.related else "no_answer"
