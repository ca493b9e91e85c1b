"""Hits in, sentence windows out: what an excerpt could be, before one is chosen.

    part       a sentence of a body, or a run of clauses of a sentence too long to be quoted whole
    sentence   a part of an article that was hit, or stands beside one that was
    window     one to four neighbouring sentences, at most LIMIT characters unless a single one is longer
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from retrieval.passages import sentences
from retrieval.records import Article, Hit, Span
from retrieval.text import fold

LIMIT = 160
"""Characters an excerpt may hold: what fits a phone's screen without scrolling."""
LIST_LIMIT = 240
"""Characters an excerpt may hold that is a list, which is kept whole: each of its sentences names an item."""
LONGEST, LONGEST_LIST = 4, 8
"""Sentences a window may hold."""
JOINED = 60
"""Characters of a paragraph up to which the next one may stand in the same window, as in talk that is set line by line."""
HEADING = 30
"""Characters a line without an end of sentence may hold to be a heading."""

_ITEM = re.compile(r"^[“\"「]?[\d一二三四五六七八九十]{1,4}[”\"」]?(?:是|、|\.|要|则)|^[（(][\d一二三四五六七八九十]{1,2}[)）]|^(?:首先|其次|再次|最后|第[一二三四五六七八九十])")
_CLAUSE_END = re.compile(r"[，,：:、]")
_ENDS = re.compile(r"[。!?;！？；…，][”」』]?$")


@dataclass(frozen=True, slots=True)
class Part:
    """A span of a body without the white space around it, folded, and where it stands among the paragraphs."""

    start: int
    end: int
    folded: str
    heading: bool
    above: str
    """The folded heading it stands under, or an empty text."""
    breaks: bool
    """Whether a new line begins between the part before and this one."""


@dataclass(frozen=True, slots=True)
class Sentence:
    article_id: str
    number: int
    part: Part
    score: float
    """The score of the hit passage it stands in; 0 beside one."""


@dataclass(frozen=True, slots=True)
class Window:
    """Sentences first..last by their place in a list, and the span they cover in the article's body."""

    article_id: str
    first: int
    last: int
    start: int
    end: int


def _clauses(body: str, start: int, end: int) -> list[Span]:
    """The sentence start..end in runs of clauses of at most half of LIMIT characters; whole where it has no commas."""
    spans: list[Span] = []
    begin = start
    for mark in _CLAUSE_END.finditer(body, start, end):
        if mark.end() - begin >= LIMIT // 3:
            spans.append((begin, mark.end()))
            begin = mark.end()
    return [*spans, (begin, end)] if begin < end else spans


@lru_cache(maxsize=512)
def parts(content_hash: str, body: str) -> tuple[Part, ...]:
    """The parts of *body* in order; *content_hash* is its hash, which finds it in the cache."""
    folded = whole(content_hash, body)
    result: list[Part] = []
    above = ""
    for begin, stop in sentences(body):
        for start, end in [(begin, stop)] if stop - begin <= LIMIT else _clauses(body, begin, stop):
            text = body[start:end]
            first, last = start + len(text) - len(text.lstrip()), start + len(text.rstrip())
            if first >= last:
                continue
            breaks = bool(result) and "\n" in body[result[-1].end : first]
            alone = (breaks or not result) and (last == len(body) or "\n" in body[last:stop] or body[last : last + 1] == "\n")
            heading = alone and last - first <= HEADING and not _ENDS.search(body[first:last])
            result.append(Part(first, last, folded[first:last], heading, "" if heading else above, breaks))
            if heading:
                above = folded[first:last]
    return tuple(result)


@lru_cache(maxsize=512)
def whole(content_hash: str, body: str) -> str:
    """*body*, folded."""
    return fold(body)


def gather(hits: Sequence[Hit], articles: Mapping[str, Article]) -> list[Sentence]:
    """The sentences of the hit passages and one on each side, by article (best hit first), in order."""
    wanted: dict[str, dict[int, float]] = {}
    for hit in hits:
        article = articles[hit.article_id]
        scores = wanted.setdefault(hit.article_id, {})
        all_parts = parts(article.content_hash, article.body)
        inside = [n for n, part in enumerate(all_parts) if part.start < hit.end and part.end > hit.start]
        for n in inside:
            scores[n] = max(scores.get(n, 0.0), hit.score)
        for n in (inside[0] - 1, inside[-1] + 1) if inside else ():
            if 0 <= n < len(all_parts):
                scores.setdefault(n, 0.0)
    found = []
    for article_id, scores in wanted.items():
        all_parts = parts(articles[article_id].content_hash, articles[article_id].body)
        found += [Sentence(article_id, n, all_parts[n], scores[n]) for n in sorted(scores)]
    return found


def windows(found: Sequence[Sentence], lists: bool = False) -> list[Window]:
    """All windows over *found*; no window holds a heading beside other sentences."""
    items = [lists and bool(_ITEM.match(sentence.part.folded)) for sentence in found]
    result = []
    for first, begin in enumerate(found):
        limit, longest = (LIST_LIMIT, LONGEST_LIST) if any(items[first : first + 2]) else (LIMIT, LONGEST)
        for last in range(first, min(first + longest, len(found))):
            end = found[last]
            if end.article_id != begin.article_id or end.number - begin.number != last - first:
                break
            if last > first and (end.part.end - begin.part.start > limit or begin.part.heading or end.part.heading):
                break
            if end.part.breaks and last > first and max(end.part.end - end.part.start, found[last - 1].part.end - found[last - 1].part.start) > JOINED:
                break
            result.append(Window(begin.article_id, first, last, begin.part.start, end.part.end))
    return result
