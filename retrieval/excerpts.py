"""Scored windows in, excerpts out: the best of them, apart from each other, with the answering words highlighted."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from retrieval import evidence
from retrieval.features import Candidates
from retrieval.questions import Question
from retrieval.records import Article, Excerpt, Span
from retrieval.text import default_cutter, fold

Floats = npt.NDArray[np.float64]

MOST, MOST_SEVERAL = 3, 5
"""Excerpts of an answer; a question over several articles gets up to MOST_SEVERAL, one an article."""
MARGIN, MARGIN_SEVERAL = 12.0, 12.0
"""How far (in log odds of the window model) a further excerpt may lie behind the best."""
EQUAL = 2.0
"""How far the score of an excerpt may lie behind the best for both to be told as equals."""
TRIMMED = 0.2
"""How far (in the same odds) a shorter window within the best may lie behind it and be shown in its place: gold's excerpts
are 110 characters long with it and 112 without, as many hold the answer."""
LONGEST_MARK = 20
FOCUS = 2
"""How much more a word beside the words that ask counts than the others: the figure beside 利润 answers 利润有多少."""
CLAUSE = 8
"""What a comma between an answering span and a word of the question counts for, in characters."""
HALF = 6
"""Characters after which a word of the question counts for half."""
HALF_TIME = 20
"""The same for a time, which stands before the whole clause it dates (2016年,县里成立了…)."""
_PARTLY = "其中"
_CLAUSE = re.compile(r"[,、:]")
_STOP = re.compile(r"[。!?;]")
_NOW = re.compile(r"截至目前|截止目前|目前|如今|现在|現在|當前|当前|至今|迄今")


def choose(question: Question, found: Candidates, scores: Floats, copies: Sequence[Sequence[str]] = ()) -> list[int]:
    """Rows of the windows to show, best first: no two share a sentence; for a question over several articles one an article.

    Of a group of *copies* (ids of articles that are one text) only the article that comes first is shown.
    """
    chosen: list[int] = []
    used: set[tuple[str, int]] = set()
    articles: set[str] = set()
    group_of = {id: number for number, group in enumerate(copies) for id in group}
    taken: dict[int, str] = {}
    most, margin = (MOST_SEVERAL, MARGIN_SEVERAL) if question.several else (MOST, MARGIN)
    for row in np.argsort(-scores, kind="stable"):
        window = found.windows[row]
        if len(chosen) == most or (chosen and scores[row] < scores[chosen[0]] - margin):
            break
        group = group_of.get(window.article_id, -1)
        if group >= 0 and taken.get(group, window.article_id) != window.article_id:
            continue
        cells = {(window.article_id, found.sentences[n].number) for n in range(window.first, window.last + 1)}
        if cells & used or (question.several and window.article_id in articles):
            continue
        row = _shortest(found, scores, int(row))
        chosen.append(row)
        used |= cells
        articles.add(window.article_id)
        taken[group] = window.article_id
    return chosen


def _shortest(found: Candidates, scores: Floats, row: int) -> int:
    """The shortest window within the one at *row* that is as good but for TRIMMED."""
    window = found.windows[row]
    first = bisect_left(found.windows, window.first, key=attrgetter("first"))
    last = bisect_right(found.windows, window.last, first, key=attrgetter("first"))
    inside = [n for n in range(first, last) if found.windows[n].last <= window.last and scores[n] >= scores[row] - TRIMMED]
    return min(inside, key=lambda n: (found.windows[n].end - found.windows[n].start, -scores[n]))


def together(question: Question, shown: Sequence[Excerpt]) -> int:
    """How many of the excerpts answer side by side: all for a question over several articles, one for each place where none was named."""
    if question.several or over_time(question, shown):
        return max(1, len(shown))
    count = 1
    if shown and not any(u.name for u in question.units):
        places = {shown[0].place}
        for excerpt in shown[1:]:
            if excerpt.place is None or excerpt.place in places or excerpt.score < shown[0].score - EQUAL:
                break
            places.add(excerpt.place)
            count += 1
    return count


def over_time(question: Question, shown: Sequence[Excerpt]) -> bool:
    """Whether the excerpts tell one figure as it stood at different times: articles of different dates on one place, about equally good."""
    if question.kind != "amount" or question.years or len(shown) < 2:
        return False
    best = [e for e in shown if e.score >= shown[0].score - EQUAL and e.place == shown[0].place and e.article.published and e.highlights]
    figures = {e.text[e.highlights[0][0] : e.highlights[0][1]] for e in best}
    return len(best) == len(shown) and len({e.article.published for e in best}) == len(best) == len(figures)


def highlights(question: Question, text: str) -> tuple[Span, ...]:
    """The spans of *text* that answer, each at most LONGEST_MARK characters; the words that match where no span does.

    Of the spans of the asked kind it is the one nearest to the question's rarest words, later ones before earlier at the
    same distance where the question's word stands before it, as 电商线上交易额 before 15.3亿元.
    """
    folded = fold(text)
    marks = [
        (m.start(), m.end(), u.weight * (FOCUS if u.focus else 1)) for u in question.units for form in (*u.forms(), *u.parts) for m in re.finditer(re.escape(form), folded)
    ]
    matched = [(start, end) for start, end, _ in marks if end - start >= 2]
    if question.kind == "who" and _WHO_IS.search(question.folded) and all(u.name for u in question.units if u.focus):
        return merge(matched)
    spans, fitting = evidence.answering(question, folded) if question.kind in evidence.SHAPED else ([], False)
    spans = [s for s in spans if s[1] - s[0] <= LONGEST_MARK]
    if spans and (fitting or not (question.kind == "amount" and question.measures)):
        if _PARTLY in question.folded and _PARTLY in folded:
            spans = [span for span in spans if span[0] > folded.index(_PARTLY)] or spans
        elif question.kind == "amount" and _PARTLY in folded:
            spans = [span for span in spans if not _of_a_part(question, folded, span[0])] or spans
        if question.kind == "amount" and not _PLANNED.search(question.folded):
            spans = [span for span in spans if not _PLANNED.match(folded, span[1]) and not _PLANS.search(folded, 0, span[0])] or spans
        half, clause = (HALF_TIME, 0) if question.kind == "when" else (HALF, CLAUSE)
        best = min(spans, key=lambda s: (_cost(folded, s, marks, half, clause), s[0]))
        return (_hedged(folded, *best) if question.kind == "amount" else best,)
    if question.kind == "none":
        figures = [s for s in evidence.spans(folded, "amount") if any(0 <= s[0] - end <= CLAUSE and not _CLAUSE.search(folded[end : s[0]]) for _, end in matched)]
        return merge(matched + figures)
    return merge(matched)


def _hedged(folded: str, start: int, end: int) -> Span:
    """An amount with what keeps it from being exact: 约5000元, 5000元以内."""
    before, after = _ABOUT_BEFORE.search(folded[:start]), _ABOUT_AFTER.match(folded, end)
    return (before.start() if before else start, after.end() if after else end)


_ABOUT_BEFORE = re.compile(r"(?:大约|约|将近|接近|近|超过|超|逾|不到|不足|不超过|至少|最多|最高|最低|突破)$")
_ABOUT_AFTER = re.compile(r"(?:以内|以上|以下|左右|上下|之内)")
_PLANNED = re.compile(r"(?:正在?)?(?:准备|打算|计划|拟|将要|即将|有望|尚未|还没)")
_PLANS = re.compile(r"(?:计划|打算|拟|预计|力争|争取|有望|将)[^,。;、]{0,3}$")
"""What is planned is not what is: 8名准备开网店 is no answer to how many have one."""
_WHO_IS = re.compile(r"^[^,]{1,12}是(?:谁|什么人|何人|哪位)|^谁是")


def _of_a_part(question: Question, folded: str, at: int) -> bool:
    """Whether the figure *at* is of a part (其中) that was not asked for: none of the question's words stands in its sentence between 其中 and the next comma."""
    begin = folded.rfind(_PARTLY, 0, at)
    if begin < 0 or _STOP.search(folded, begin, at):
        return False
    following = _BREAK.search(folded, at)
    told = folded[begin : following.start() if following else len(folded)]
    return not any(form in told for unit in question.units for form in unit.forms())


_BREAK = re.compile(r"[,。!?;]")


def _cost(folded: str, span: Span, marks: Sequence[tuple[int, int, float]], half: int, clause: int) -> float:
    """How far *span* is from the question's words; the rare ones and the near ones count most, a comma counts as *clause* characters."""
    cost = 0.0
    for start, end, weight in marks:
        between = folded[end : span[0]] if end <= span[0] else folded[span[1] : start]
        gap = len(between) + clause * len(_CLAUSE.findall(between)) + 4 * CLAUSE * len(_STOP.findall(between))
        cost -= weight * 0.5 ** (gap / half)
    return cost


def merge(spans: Sequence[Span]) -> tuple[Span, ...]:
    """*spans* in order, those that touch joined as long as they stay within LONGEST_MARK characters."""
    result: list[Span] = []
    for start, end in sorted(set(spans)):
        if result and start <= result[-1][1] and max(end, result[-1][1]) - result[-1][0] <= LONGEST_MARK:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        elif not result or start >= result[-1][1]:
            result.append((start, end))
    return tuple(result)


PLACED = 3000
"""Characters of a body that are read for the place it speaks of."""
_PLACE = re.compile(r"(?:^|[^\u4e00-\u9fff]|[省市县區区縣在])([\u4e00-\u9fff]{2,3}?(?:市(?![场場值面价價])|[县区州旗镇乡縣區鎮鄉]))")
_NO_PLACE = re.compile(r"^[全该各本两几在的是和为从与及到对让向被把由于等这那此其每某我你他她它上下大小一二三四五六七八九十]|[地社园校景灾郊商示范业产治](?:[市县区州旗镇乡縣區鎮鄉])$|城市$")


@lru_cache(maxsize=4096)
def _place(content_hash: str, title: str, body: str) -> str | None:
    text = f"{title}\n{body[:PLACED]}"
    counts = Counter(found[1] for found in _PLACE.finditer(text) if not _NO_PLACE.search(found[1]))
    total = {name: text.count(name) + 2 * title.count(name) for name in counts}
    named = [name for name in counts if total[name] > 1 and (name[-1] not in "区區州" or default_cutter().knows(fold(name)))]
    return max(named, key=lambda name: (name[-1] in "县市区州旗縣區", total[name], -text.index(name)), default=None)


def place(article: Article) -> str | None:
    """The place an article speaks of, in its own words: the county or town it names most; None where it names none twice."""
    return _place(article.content_hash, article.title or "", article.body)


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
