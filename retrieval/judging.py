"""An answer and its case in, a verdict out: is the right thing cited, dated, whole, and pointed at?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from retrieval.cases import Case
from retrieval.records import Answer, Article, Excerpt, Hit, Status

MARK = 20
"""A highlight longer than this many characters points at nothing."""
POINTED = frozenset({"amount", "who", "when", "where"})
"""The kinds of question that have one span for their answer."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a case. Counts come in pairs, such as `dated` of `datable` excerpts.

    `first` and `top3` say whether the first, or the first three excerpts hold the answer and cite the right article;
    `shown` the same for what was shown at all, related passages too. `article_rank` and `passage_rank` count from 1 in
    the search, 0 where the case has no such rank, None where nothing right was found. `cited` is (article id, start, end).
    """

    case: Case
    status: Status
    confidence: float
    first: bool = False
    top3: bool = False
    shown: bool = False
    trapped: bool = False
    excerpts: int = 0
    verbatim: int = 0
    datable: int = 0
    dated: int = 0
    pointable: bool = False
    pointed: bool = False
    text: str = ""
    cited: tuple[str, int, int] | None = None
    article_rank: int | None = 0
    passage_rank: int | None = 0
    ms: float = 0.0

    @property
    def answered(self) -> bool:
        return self.cited is not None and self.status == "answered"

    @property
    def right(self) -> bool:
        """The answer stands in the first excerpt, or there is none and none was given."""
        return self.first if self.case.answerable else not self.answered


def squeeze(text: str) -> str:
    """*text* without white space."""
    return re.sub(r"\s", "", text)


def stem(name: str) -> str:
    """An article's name without folders and without its ending, as question files may write it."""
    return PurePosixPath(name).stem


def judge(case: Case, answer: Answer, stored: Callable[[str], Article], dates: Mapping[str, str]) -> Verdict:
    """The verdict on *answer*; *stored* gives the article as the library has it, *dates* the known date by stem."""
    excerpts, all_shown = answer.excerpts, (*answer.excerpts, *answer.related)
    first, top3 = _right(case, excerpts[:1]), _right(case, excerpts[:3])
    if case.kind == "multi-article":  # several articles cannot stand in one excerpt
        first = top3
    datable = [e for e in excerpts if _stem(e.article) in dates]
    pointable = first and case.answer_in == "excerpt" and not case.need and bool(POINTED & {case.kind, *case.also})
    return Verdict(
        case=case,
        status=answer.status,
        confidence=answer.confidence,
        first=first,
        top3=top3,
        shown=_right(case, all_shown[:3] if case.kind == "multi-article" else all_shown[:1]),
        trapped=any(squeeze(forbidden) in squeeze(e.text) for forbidden in case.forbid for e in all_shown),
        excerpts=len(all_shown),
        verbatim=sum(stored(e.article.id).body[e.start : e.end] == e.text for e in all_shown),
        datable=len(datable),
        dated=sum((e.article.published or "")[:10] == dates[_stem(e.article)] for e in datable),
        pointable=pointable,
        pointed=pointable and _points_at(case, excerpts[0]),
        text=all_shown[0].text if all_shown else "",
        cited=(all_shown[0].article.id, all_shown[0].start, all_shown[0].end) if all_shown else None,
    )


def article_rank(case: Case, hits: Sequence[Hit]) -> int | None:
    """The place of the first right article among the articles of *hits*, from 1; None where there is none."""
    wanted = {stem(name) for name in case.articles}
    ranked = dict.fromkeys(stem(hit.article_id) for hit in hits)
    return next((rank for rank, name in enumerate(ranked, 1) if name in wanted), None)


def passage_rank(case: Case, hits: Sequence[Hit], stored: Callable[[str], Article]) -> int | None:
    """The place of the first passage that is of a right article and holds an answer, from 1; None where there is none."""
    wanted, held = {stem(name) for name in case.articles}, case.must_all if case.need else case.answers
    for rank, hit in enumerate(hits, 1):
        if stem(hit.article_id) in wanted:
            text = squeeze(hit.text or stored(hit.article_id).body[hit.start : hit.end])
            if any(squeeze(answer) in text for answer in held):
                return rank
    return None


def _stem(article: Article) -> str:
    return stem(article.id)  # the path of an article that is a line of a file is that file's


def _right(case: Case, excerpts: Sequence[Excerpt]) -> bool:
    if not case.answerable or not excerpts:
        return False
    if case.answer_in == "citation":
        return _cited(case, excerpts[:1])
    right = _holds(case, excerpts) and any(_stem(e.article) in {stem(name) for name in case.articles} for e in excerpts)
    return right or (case.answer_in == "excerpt-or-citation" and _cited(case, excerpts))


def _holds(case: Case, excerpts: Sequence[Excerpt]) -> bool:
    """Whether any answer, or as many of the list as are needed, stand in the excerpts taken together."""
    text = squeeze("".join(e.text for e in excerpts))
    if case.need:
        return sum(squeeze(each) in text for each in case.must_all) >= case.need
    return any(squeeze(answer) in text for answer in case.answers)


def _cited(case: Case, excerpts: Sequence[Excerpt]) -> bool:
    """Whether the answer is the date or outlet of the source."""
    sources = " ".join(f"{e.article.published or ''} {e.article.outlet or ''}" for e in excerpts)
    return any(answer in sources for answer in case.answers)


def _points_at(case: Case, excerpt: Excerpt) -> bool:
    """Whether short highlights hold the figures of an answer, or, where it has none, lie in it or hold it."""
    text = squeeze(excerpt.text)
    marks = [squeeze(excerpt.text[start:end]) for start, end in excerpt.highlights if end - start <= MARK]
    for answer in map(squeeze, case.answers):
        if answer not in text:
            continue
        figures = re.findall(r"\d[\d.]*", answer)
        if figures and all(any(figure in mark for mark in marks) for figure in figures):
            return True
        if not figures and any(len(mark) > 1 and (mark in answer or answer in mark) for mark in marks):
            return True
    return False
