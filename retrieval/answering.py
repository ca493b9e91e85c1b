"""A question and an engine in, an answer out: understood, searched, quoted, decided."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from retrieval import answers, excerpts, questions, windows
from retrieval.engine import Engine
from retrieval.lexicon import default_lexicon
from retrieval.model import default_model
from retrieval.records import Answer, Article, Hit, Query, Why
from retrieval.text import Cutter, default_cutter, terms

BREADTH = 30
"""Passages looked at for an answer. With 20 the passage that answers is among them for .5 % fewer questions of DRCD."""
K1, B = 0.9, 0.4
"""BM25's saturation and length norm for short passages; first hit right among 200,000: .892 and .951 against .862 and .931
with 1.5 and .75 (DRCD and CMRC, words and bigrams)."""
LONGEST_QUESTION = 600
"""Characters of a question that are read; what follows is left out of the search."""


@dataclass(frozen=True, slots=True)
class Prepared:
    question: questions.Question
    hits: list[Hit]
    articles: Mapping[str, Article]
    found: windows.Candidates


class Answerer:
    """Answers over one engine. Holds no state of a conversation; safe to use from several threads."""

    def __init__(self, engine: Engine, today: date | str | None = None, cutter: Cutter | None = None) -> None:
        self.engine = engine
        self.today = date.fromisoformat(today) if isinstance(today, str) else today or date.today()
        self.cutter = cutter or default_cutter()
        self.lexicon = default_lexicon()
        self.model = default_model()

    def understand(self, text: str) -> questions.Question:
        return questions.understand(text[:LONGEST_QUESTION], self.cutter, self.lexicon, self.engine.frequencies, self.engine.count())

    def hits(self, question: questions.Question, limit: int, hidden: Sequence[str] = ()) -> list[Hit]:
        query = Query(tuple((term, 1.0) for term in dict.fromkeys(terms(question.folded))), k1=K1, b=B)
        found = self.engine.search(query, limit + 10 * len(hidden))
        return [hit for hit in found if hit.article_id not in hidden][:limit]

    def prepare(self, text: str, previous: Sequence[str] = (), hidden: Sequence[str] = ()) -> Prepared | None:
        """Everything an answer is chosen from, or None where the question has no content or nothing is hit."""
        question = self.understand(text)
        hits = self.hits(question, BREADTH, hidden) if question.units else []
        if not hits:
            return None
        articles = self.engine.articles(list(dict.fromkeys(h.article_id for h in hits)))
        return Prepared(question, hits, articles, windows.candidates(question, hits, articles, self.cutter, self.lexicon))

    def search(self, question: str, k: int = 10) -> list[Hit]:
        """The best *k* passages, ordered by the best window in each; beyond the BREADTH best by BM25 alone."""
        prepared = self.prepare(question)
        if prepared is None:
            return []
        found, articles, candidates = prepared.hits, prepared.articles, prepared.found
        if k > BREADTH:
            found = self.hits(prepared.question, k)
            articles = self.engine.articles(list(dict.fromkeys(h.article_id for h in found)))
        scores = candidates.features @ self.model.window
        best: dict[int, float] = {}
        for row, window in enumerate(candidates.windows):
            for n, hit in enumerate(found[:BREADTH]):
                if hit.article_id == window.article_id and window.start < hit.end and window.end > hit.start:
                    best[n] = max(best.get(n, -np.inf), float(scores[row]))
        order = sorted(range(len(found)), key=lambda n: (-best.get(n, -np.inf), n))
        return [Hit(h.article_id, h.start, h.end, best.get(n, h.score), articles[h.article_id].body[h.start : h.end]) for n in order[:k] for h in (found[n],)]

    def ask(self, text: str, previous: Sequence[str] = (), hidden: Sequence[str] = ()) -> Answer:
        """The answer to *text* after the *previous* questions, oldest first, as if the *hidden* articles were not there."""
        started = time.perf_counter()
        prepared = self.prepare(text, previous, hidden)
        if prepared is None or not prepared.found.windows:
            question = self.understand(text)
            return self._finish(started, question, Answer(question=text, status="no_answer", missing=self._missing(question)))
        question, hits, articles, found = prepared.question, prepared.hits, prepared.articles, prepared.found
        missing = self._missing(question)
        lengths = np.array([w.end - w.start for w in found.windows])
        scores = found.features @ self.model.window - self.model.brevity * lengths / windows.LIMIT
        rows = excerpts.choose(question, found, scores)
        signals = answers.signals(question, found, scores, rows, hits)
        confidence = self.model.confidence(signals)
        status = answers.decide(confidence, self.model)
        shown = excerpts.excerpts(question, found, rows, scores, articles) if status != "no_answer" else ()
        answer = Answer(
            question=text,
            status=status,
            confidence=confidence,
            excerpts=shown if status == "answered" else (),
            related=shown[:1] if status == "related" else (),
            missing=missing,
            why=Why(signals=tuple(signals.items())),
        )
        return self._finish(started, question, answer)

    def _finish(self, started: float, question: questions.Question, answer: Answer) -> Answer:
        return replace(answer, answer_type=question.kind, elapsed_ms=(time.perf_counter() - started) * 1000)

    def _missing(self, question: questions.Question) -> tuple[str, ...]:
        """The question's content words that no passage holds."""
        counts = self.engine.frequencies([u.text for u in question.units])
        return tuple(dict.fromkeys(question.text[u.start : u.end] for u in question.units if not counts.get(u.text)))
