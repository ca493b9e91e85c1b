"""Scored windows in, excerpts out: the best of them, apart from each other, with the answering words highlighted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from retrieval import evidence
from retrieval.features import Candidates
from retrieval.questions import Question, variants
from retrieval.records import Article, Excerpt, Span
from retrieval.text import default_cutter, fold

Floats = npt.NDArray[np.float64]

MOST, MOST_SEVERAL = 3, 5
"""Excerpts of an answer; a question over several articles gets up to MOST_SEVERAL, one an article."""
MARGIN, MARGIN_SEVERAL = 5.0, 6.0
"""How far (in log odds of the window model) a further excerpt may lie behind the best."""
LONGEST_MARK = 20
_PLACE = re.compile(r"[\u4e00-\u9fff]{2,7}[省市县区州旗镇乡]$")
_NOW = re.compile(r"截至目前|截止目前|目前|如今|现在|現在|當前|当前|至今|迄今")


def choose(question: Question, found: Candidates, scores: Floats) -> list[int]:
    """Rows of the windows to show, best first: no two share a sentence; for a question over several articles one an article."""
    chosen: list[int] = []
    used: set[tuple[str, int]] = set()
    articles: set[str] = set()
    most, margin = (MOST_SEVERAL, MARGIN_SEVERAL) if question.several else (MOST, MARGIN)
    for row in np.argsort(-scores, kind="stable"):
        window = found.windows[row]
        if len(chosen) == most or (chosen and scores[row] < scores[chosen[0]] - margin):
            break
        cells = {(window.article_id, found.sentences[n].number) for n in range(window.first, window.last + 1)}
        if cells & used or (question.several and window.article_id in articles):
            continue
        chosen.append(int(row))
        used |= cells
        articles.add(window.article_id)
    return chosen


def highlights(question: Question, text: str) -> tuple[Span, ...]:
    """The spans of *text* that answer, each at most LONGEST_MARK characters; the words that match where no span does."""
    folded = fold(text)
    marks = [m.span() for u in question.units for form in (u.text, *variants(u.text)) for m in re.finditer(re.escape(form), folded)]
    spans = [s for s in evidence.spans(folded, question.kind) if folded[s[0] : s[1]] not in question.folded and s[1] - s[0] <= LONGEST_MARK]
    if question.kind == "amount" and question.measures:
        fitting = [s for s in spans if evidence.fits(folded[s[0] : s[1]], folded[s[1] :], question.measures)]
        spans = fitting or spans
    if question.kind in ("amount", "when", "where", "who") and spans:
        def cost(span: Span) -> float:
            gaps = sorted(max(m[0] - span[1], span[0] - m[1], 0) for m in marks)[:3]
            return sum(gaps) / max(1, len(gaps))

        best = sorted(spans, key=lambda s: (cost(s), s[0]))[:1]
        return tuple(sorted(best))
    return merge([m for m in marks if m[1] - m[0] >= 2])


def merge(spans: Sequence[Span]) -> tuple[Span, ...]:
    """*spans* in order, those that touch joined as long as they stay within LONGEST_MARK characters."""
    result: list[Span] = []
    for start, end in sorted(set(spans)):
        if result and start <= result[-1][1] and max(end, result[-1][1]) - result[-1][0] <= LONGEST_MARK:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        elif not result or start >= result[-1][1]:
            result.append((start, end))
    return tuple(result)


@lru_cache(maxsize=4096)
def _places(content_hash: str, title: str, body: str) -> tuple[tuple[str, int], ...]:
    """The places an article names, in its own words, the most frequent first; the title counts as much as the body's ten best."""
    counts: Counter[str] = Counter()
    for text, times in ((title, 3), (body[:1500], 1)):
        folded = fold(text)
        for word, start, end in default_cutter().words(folded):
            if _PLACE.match(word):
                counts[text[start:end]] += times
    return tuple(counts.most_common(4))


def place(article: Article) -> str | None:
    """The place an article speaks of, in its own words; None where it names none twice."""
    found = _places(article.content_hash, article.title or "", article.body)
    return found[0][0] if found and found[0][1] > 1 else None


def excerpts(question: Question, found: Candidates, rows: Sequence[int], scores: Floats, articles: Mapping[str, Article]) -> tuple[Excerpt, ...]:
    """The windows at *rows* as excerpts."""
    result = []
    for row in rows:
        window = found.windows[row]
        article = articles[window.article_id]
        text = article.body[window.start : window.end]
        result.append(
            Excerpt(
                article=article,
                start=window.start,
                end=window.end,
                highlights=highlights(question, text),
                score=float(scores[row]),
                place=place(article),
                dated=tuple(dict.fromkeys(_NOW.findall(text))),
            )
        )
    return tuple(result)
