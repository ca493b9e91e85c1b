"""A question and an engine in, an answer out: understood, searched, quoted, decided."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice, takewhile

import numpy as np
import numpy.typing as npt

from retrieval import answers, compound, dates, excerpts, features, followups, questions, smalltalk, typos
from retrieval.engine import Engine
from retrieval.lexicon import default_lexicon
from retrieval.model import default_model
from retrieval.records import Answer, Article, Excerpt, Hit, Print, Query, Why, Window
from retrieval.text import Cutter, default_cutter, fold
from retrieval.variants import NONE, Wording

BREADTH = 16
"""Passages looked at for an answer: .954 of the news-dev questions have the one that answers among them, in 68,000 articles."""
ASIDE, WORDING = 0.3, 0.35
"""What a term weighs that is not of the question's content, and another wording of a content word. With 1 for all terms
and no wordings it takes 40 passages to reach the same .954; R@1 goes from .621 to .651, R@10 from .913 to .938."""
WORDINGS = 6
"""Other wordings of a word that are searched for."""
K1, B = 0.9, 0.4
"""BM25's saturation and length norm for short passages; first hit right among 200,000: .892 and .951 against .862 and .931
with 1.5 and .75 (DRCD and CMRC, words and bigrams)."""
NEARLY = 0.7
"""The share of the best passage's score from which a passage outside the asked window is counted as bearing on the question."""
RANKED = 0.4
"""What a point of BM25 counts beside the log odds of a passage's best window when passages are ordered. Among 200,000
passages, first hit right: DRCD .906 and CMRC .948 by BM25 alone, .922 and .956 by windows alone, .926 and .960 together."""
LIST_BREVITY = 0.5
"""What the length of a list costs beside that of other excerpts: it is kept whole where it can be."""
EARLIER = 5
"""Earlier prints of a story in which an excerpt is looked for: a mirror in the other script words it otherwise."""
NAMED = 1.5
"""What a name in a question counts for when passages are ranked, beside 1 for its other words."""
MEMORY = 3
"""Earlier questions that a completed question may reach back to."""
LONGEST_QUESTION = 600
"""Characters of a question that are read; what follows is left out of the search."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything an answer is chosen from. `found` holds no windows where nothing was hit or the question has no content."""

    question: questions.Question
    rewritten: str | None = None
    corrected: tuple[tuple[str, str], ...] = ()
    window: Window | None = None
    hits: Sequence[Hit] = ()
    articles: Mapping[str, Article] = field(default_factory=dict)
    found: features.Candidates | None = None
    outside: int = 0
    undated: int = 0
    empty: bool = False
    """Whether nothing was published within the window, so that what is found lies outside it."""
    hidden: Sequence[str] = ()


class Answerer:
    """Answers over one engine. Holds no state of a conversation; safe to use from several threads."""

    def __init__(self, engine: Engine, today: date | str | None = None, cutter: Cutter | None = None, own: Wording = NONE) -> None:
        self.engine = engine
        self.today = date.fromisoformat(today) if isinstance(today, str) else today or date.today()
        self.cutter = cutter or default_cutter()
        self.own = own
        self.lexicon = default_lexicon()
        self.model = default_model()

    def frequencies(self, terms: Sequence[str]) -> Mapping[str, int]:
        """In how many passages each term stands, or the commonest of those that this library's own wordings put in its place."""
        counts = self.engine.frequencies(terms)
        others = {term: self.own.variants(term) for term in terms if term in self.own}
        if not others:
            return counts
        held = questions.held(sorted({other for several in others.values() for other in several}), self.engine.frequencies)
        return {**counts, **{term: max(counts[term], *(held[other] for other in several)) for term, several in others.items() if several}}

    def search(self, question: str, k: int = 10) -> list[Hit]:
        """The best *k* passages, by the best window in each and BM25 together; beyond the BREADTH best by BM25 alone."""
        prepared = self.prepare(question)
        if not prepared.found:
            return []
        hits, articles = prepared.hits, prepared.articles
        if k > len(hits):
            hits = self._hits(prepared.question, prepared.window, k, ())
            articles = self.engine.articles(list(dict.fromkeys(h.article_id for h in hits)))
            hits = [hit for hit in hits if hit.article_id in articles]
        scores = self.scores(prepared.question, prepared.found)
        best: dict[int, float] = {}
        hit_in: dict[str, list[tuple[int, int, int]]] = {}
        for n, hit in enumerate(hits[:BREADTH]):
            hit_in.setdefault(hit.article_id, []).append((n, hit.start, hit.end))
        for window, score in zip(prepared.found.windows, scores.tolist(), strict=True):
            for n, start, end in hit_in.get(window.article_id, ()):
                if window.start < end and window.end > start:
                    best[n] = max(best.get(n, -np.inf), score)
        order = sorted(range(len(hits)), key=lambda n: (-(best.get(n, -np.inf) + RANKED * hits[n].score), n))
        return [
            Hit(h.article_id, h.start, h.end, best.get(n, h.score), articles[h.article_id].body[h.start : h.end]) for n in order[:k] for h in (hits[n],)
        ]

    def ask(self, text: str, previous: Sequence[str] = (), hidden: Sequence[str] = ()) -> Answer:
        """The answer to *text* after the *previous* questions, oldest first, as if the *hidden* articles were not there."""
        started = time.perf_counter()
        answer = self._best(text, previous, hidden)
        return replace(answer, elapsed_ms=(time.perf_counter() - started) * 1000)

    def _best(self, text: str, previous: Sequence[str], hidden: Sequence[str]) -> Answer:
        talk = smalltalk.kind(text)
        if talk:
            return Answer(question=text, status="no_answer", message=talk)
        completion = self.complete(text, previous, hidden)
        prepared = self.prepare(text, completion, hidden)
        answer = self.conclude(text, prepared)
        several = compound.split(completion.text if completion else text, self.cutter, self.frequencies)
        if several:
            return self._join(answer, [self.conclude(part, self.prepare(part, None, hidden)) for part in several])
        if completion and not completion.sure:
            alone = self.prepare(text, None, hidden)
            return answer if _goes_on(prepared, alone) else max(self.conclude(text, alone), answer, key=lambda one: (one.status == "answered", one.confidence))
        return answer

    def _join(self, answer: Answer, single: Sequence[Answer]) -> Answer:
        """The best excerpt of each of the *single* answers, or *answer* where one article answers all or one has none."""
        if not all(part.excerpts or part.related for part in single):
            return answer
        firsts = {(e.article.id, e.start): e for part in single for e in (part.excerpts or part.related)[:1]}
        if len(firsts) < len(single) or len({id for id, _ in firsts}) == 1 == len({e.article.id for e in answer.excerpts}):
            return answer
        others = {(e.article.id, e.start): e for e in answer.excerpts}
        every = tuple((firsts | {k: e for k, e in others.items() if k not in firsts}).values())
        return replace(answer, status="answered", confidence=max(self.model.answered, min(part.confidence for part in single)), excerpts=every[: excerpts.MOST], related=(), shown=len(firsts))

    def complete(self, text: str, previous: Sequence[str], hidden: Sequence[str] = ()) -> followups.Completion | None:
        """*text* completed from the *previous* questions where it leans on the last of them."""
        earlier = [p for p in previous if p.strip()]
        if not earlier or not followups.leans(text, self.cutter, self.frequencies):
            return None
        before = self._best(earlier[-1], earlier[:-1][-MEMORY:], hidden)
        named = None
        if before.excerpts and before.excerpts[0].highlights:
            start, end = before.excerpts[0].highlights[0]
            named = before.excerpts[0].text[start:end]
        question = before.rewritten or earlier[-1]
        for typed, read in before.corrected:
            question = question.replace(typed, read)
        return followups.complete(text, question, named, self.cutter, self.frequencies)

    def prepare(self, text: str, completion: followups.Completion | None = None, hidden: Sequence[str] = ()) -> Prepared:
        """What *text* asks, and every window that could answer it with its features."""
        asked = (completion.text if completion else text)[:LONGEST_QUESTION]
        folded, corrected = typos.correct(fold(asked), self.cutter, self.frequencies)
        window = dates.read_window(asked, self.today)
        question = questions.understand(
            folded if corrected else asked,
            self.cutter,
            self.lexicon,
            self.frequencies,
            self.engine.count(),
            completion.context[:LONGEST_QUESTION] if completion else "",
            completion.carried if completion else 0,
            (window.phrase,) if window and window.filters else (),
            self.own,
        )
        rewritten = completion.text if completion else None
        hits = self._hits(question, window, BREADTH, hidden) if question.units else []
        outside = undated = 0
        empty = False
        if window and window.filters and question.units:
            every = self._hits(question, None, BREADTH, hidden)
            empty = not hits
            outside, undated = self._left_out(every, window)
            hits = hits or every
        if not hits:
            return Prepared(question, rewritten, corrected, window)
        articles = self.engine.articles(list(dict.fromkeys(h.article_id for h in hits)))
        hits = [hit for hit in hits if hit.article_id in articles]  # a cluster may have lost one since
        found = features.candidates(question, hits, articles, self.cutter, self.lexicon)
        return Prepared(question, rewritten, corrected, window, hits, articles, found, outside, undated, empty, hidden)

    def _left_out(self, hits: Sequence[Hit], window: Window) -> tuple[int, int]:
        """How many articles that may bear on the question lie outside *window*, and how many of them have no date."""
        near = [h.article_id for h in hits if h.score >= NEARLY * hits[0].score]
        left = [a for a in self.engine.articles(list(dict.fromkeys(near))).values() if not dates.overlaps(a.published, window)]
        return len(left), sum(a.published is None for a in left)

    def _hits(self, question: questions.Question, window: Window | None, limit: int, hidden: Sequence[str]) -> list[Hit]:
        query = Query(_weighted(question, self.cutter, self.own), window if window and window.filters else None, k1=K1, b=B, texts=False)
        found = self.engine.search(query, limit + 10 * len(hidden))
        return [hit for hit in found if hit.article_id not in hidden][:limit]

    def scores(self, question: questions.Question, found: features.Candidates) -> npt.NDArray[np.float64]:
        """The log odds of each window up to a constant, less what its length costs; a list costs half."""
        lengths = np.array([w.end - w.start for w in found.windows], np.float64)
        return self.model.scores(found.features, lengths, self.model.brevity * (LIST_BREVITY if question.kind == "list" else 1))

    def conclude(self, text: str, prepared: Prepared) -> Answer:
        """The answer that *prepared* allows."""
        question = prepared.question
        answer = Answer(
            question=text,
            status="no_answer",
            rewritten=prepared.rewritten,
            answer_type=question.kind,
            missing=self._missing(question),
            corrected=prepared.corrected,
            window=prepared.window if prepared.window and prepared.window.filters else None,
            outside_window=prepared.outside,
            undated=prepared.undated,
        )
        found = prepared.found
        if found is None or not found.windows:
            return answer
        scores = self.scores(question, found)
        if (asked := compound.published(question.folded)) is not None:
            return self._published(answer, prepared, scores, asked)
        stories = self._stories(prepared)
        rows = excerpts.choose(question, found, scores, [[one.article_id for one in story] for story in stories.values()])
        held = questions.held([u.text for u in question.units], self.frequencies)
        signals = answers.signals(question, found, scores, rows, prepared.hits, held)
        confidence = self.model.confidence(signals, self.engine.count())
        status = answers.decide(confidence, self.model)
        outside = prepared.empty and not _speaks_of(prepared.window, found, rows, prepared.articles)
        beside = answers.without_amount(question, signals) or answers.without_part(question, found, rows) or answers.of_another_year(question, found, rows, prepared.articles)
        if (outside or beside) and status == "answered":
            status = "related"
        shown = excerpts.excerpts(question, found, rows, scores, prepared.articles) if status != "no_answer" else ()
        shown = tuple(self._earliest(excerpt, stories.get(excerpt.article.id, ()), prepared) for excerpt in shown)
        return replace(
            answer,
            status=status,
            confidence=confidence,
            excerpts=shown if status == "answered" else (),
            related=shown[:1] if status == "related" else (),
            shown=excerpts.together(question, shown),
            figures_over_time=excerpts.over_time(question, shown),
            why=Why(signals=tuple(signals.items())),
        )

    def _stories(self, prepared: Prepared) -> dict[str, list[Print]]:
        """For each candidate article that others print, too, all prints of its story, the earliest first."""
        stories = self.engine.reprints(list(prepared.articles))
        return {id: [one for one in story if one.article_id not in prepared.hidden] for id, story in stories.items()}

    def _earliest(self, excerpt: Excerpt, story: Sequence[Print], prepared: Prepared) -> Excerpt:
        """*excerpt* from the earliest print of its story that words it so, within the window that was asked for; the others counted."""
        window = prepared.window if prepared.window and prepared.window.filters and not prepared.empty else None
        inside = (one.article_id for one in story if window is None or dates.overlaps(one.published, window))
        earlier = list(islice(takewhile(lambda id: id != excerpt.article.id, inside), EARLIER))
        for article in self.engine.articles(earlier).values() if earlier else ():
            start = article.body.find(excerpt.text)
            if start >= 0:
                excerpt = replace(excerpt, article=article, start=start, end=start + len(excerpt.text))
                break
        return replace(excerpt, reprints=tuple(one.article_id for one in story if one.article_id != excerpt.article.id))

    def _published(self, answer: Answer, prepared: Prepared, scores: npt.NDArray[np.float64], asked: str) -> Answer:
        """The answer to when or where an article was published: the article that the question describes best, by its opening."""
        found, question = prepared.found, prepared.question
        assert found is not None
        described = answers.described(question, prepared.articles)
        best = max(described, key=lambda id: (described[id], -list(prepared.articles).index(id)))
        article = prepared.articles[best]
        if described[best] < self.model.described or (asked == "date" and not article.published) or (asked == "outlet" and not article.outlet):
            return replace(answer, confidence=described[best] / 2)
        rows = [n for n, w in enumerate(found.windows) if w.article_id == best]
        opening = max(rows, key=lambda n: scores[n])
        shown = excerpts.excerpts(question, found, [opening], scores, prepared.articles)
        return replace(answer, status="answered", confidence=min(0.99, described[best]), excerpts=shown)

    def _missing(self, question: questions.Question) -> tuple[str, ...]:
        """The question's content words that no passage holds."""
        counts = questions.held([u.text for u in question.units], self.frequencies)
        return tuple(dict.fromkeys(question.text[u.start : u.end] for u in question.units if not counts.get(u.text) and u.end <= len(question.text)))


def _goes_on(completed: Prepared, alone: Prepared) -> bool:
    """Whether the article that comes first for a completed question speaks of all that the question by itself asks about: 司机 of the accident asked about before."""
    first = completed.articles.get(completed.hits[0].article_id) if completed.hits else None
    return first is not None and bool(alone.question.units) and all(questions.standing(alone.question.units, [fold(first.body)])[0])


def _speaks_of(window: Window | None, found: features.Candidates, rows: Sequence[int], articles: Mapping[str, Article]) -> bool:
    """Whether the best window of text names a year of *window*'s phrase, which then dates what is told and not the telling."""
    if window is None or not rows:
        return False
    best = found.windows[rows[0]]
    text = fold(articles[best.article_id].body[best.start : best.end])
    return any(year in text for year in _YEAR.findall(fold(window.phrase)))


_YEAR = re.compile(r"(?:19|20)\d\d")


def _weighted(question: questions.Question, cutter: Cutter, own: Wording = NONE) -> tuple[tuple[str, float], ...]:
    """The question's terms: content words and the pairs of characters within them fully, the others less, and other wordings.

    A wording of the library's own counts as if it had been asked with.
    """
    content = {i for unit in question.units for i in range(unit.start, unit.end)}
    weights = {unit.text: NAMED if unit.name else 1.0 for unit in question.units}
    folded = question.folded
    for term in dict.fromkeys(cutter.terms(folded)):
        if term not in weights:
            at = folded.find(term)
            weights[term] = 1.0 if at >= 0 and all(i in content for i in range(at, at + len(term))) else ASIDE
    for unit in question.units:
        for other in own.variants(unit.text):
            weights |= dict.fromkeys(cutter.terms(other), 1.0) | {other: 1.0}
        for other in unit.others[:WORDINGS]:
            weights.setdefault(other, WORDING)
    return tuple(weights.items())
