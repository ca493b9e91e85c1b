"""The values that flow along the path, from a page to an answer: frozen, hashable, without behaviour of storage.

page bytes → Article → Passage → Query → Hit → Excerpt → Answer

All offsets count Unicode code points of `Article.body`. Dates are ISO strings (`2016-05-14`, or only
`2019-11` / `2019` where no more is known) or None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Literal

Script = Literal["hans", "hant", "other"]
Kind = Literal["article", "brief"]
Status = Literal["answered", "related", "no_answer"]
Span = tuple[int, int]


def content_hash(body: str) -> str:
    """The SHA-256 of a body as hexadecimal text: two articles with one hash say the same, letter by letter."""
    return sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Dropped:
    """A block of a page that is not part of the article, and why. `line` counts from 1; 0 where unknown."""

    text: str
    reason: str
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class Article:
    """One article as it is stored and cited. `body` is the one clean text that every offset counts in.

    `published_origin` says where the date was read (line and rule), or, where `published` is None, why it is
    unknown: it begins with `none`, `relative`, `no year`, `issue only` or `impossible` then.
    """

    id: str
    body: str
    path: str = ""
    title: str | None = None
    outlet: str | None = None
    published: str | None = None
    script: Script = "other"
    kind: Kind = "article"
    url: str | None = None
    republisher: str | None = None
    original_published: str | None = None
    updated: str | None = None
    title_origin: str | None = None
    outlet_origin: str | None = None
    published_origin: str | None = None
    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    note: str | None = None
    original: str | None = None
    encoding: str | None = None
    dropped: tuple[Dropped, ...] = ()
    body_lines: tuple[int, ...] = field(default=(), compare=False)  # the page's line of each paragraph; not stored

    @cached_property
    def content_hash(self) -> str:
        return content_hash(self.body)


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article: in order, without overlap, no letter left out."""

    article_id: str
    start: int
    end: int
    text: str
    terms: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.article_id}:{self.start}"


@dataclass(frozen=True, slots=True)
class Window:
    """A span of publication days, both ends included, and the words of the question it was read from.

    `filters` is False where the window is only a preference (an event's year, not the publication's).
    """

    begin: str | None
    end: str | None
    phrase: str
    filters: bool = True


@dataclass(frozen=True, slots=True)
class Query:
    """What an engine is asked: weighted terms (a repeated term has its weights summed) and filters on articles.

    k1 and b of None mean rank-bm25's own defaults; idf is always rank-bm25's, with its floor. Without *texts* an engine
    may leave the text of hits empty.
    """

    terms: tuple[tuple[str, float], ...]
    window: Window | None = None
    outlets: tuple[str, ...] = ()
    k1: float | None = None
    b: float | None = None
    texts: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    article_id: str
    start: int
    end: int
    score: float
    text: str = ""

    @property
    def passage_id(self) -> str:
        return f"{self.article_id}:{self.start}"


@dataclass(frozen=True, slots=True)
class Print:
    """One of the articles that print a story, and when."""

    article_id: str
    published: str | None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A slice of an article: `text == article.body[start:end]`. It *is* the citation.

    `highlights` are offsets within `text`, best first is not implied: they are in order and do not overlap.
    `place` is the place the excerpt speaks of, in the article's own words; `reprints` are ids of articles with
    the same text that were counted with this one; `dated` holds words such as 目前 that the publication date dates.
    """

    article: Article
    start: int
    end: int
    highlights: tuple[Span, ...] = ()
    score: float = 0.0
    place: str | None = None
    reprints: tuple[str, ...] = ()
    dated: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.article.body[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Why:
    """How an answer came about: the question's words that hit and those that did not, and the signals weighed."""

    hit: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    signals: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Status, excerpts or related excerpts (never both), and what was understood of the question.

    `shown` is how many of the first excerpts answer together and are told at once (several counties, several
    articles); the others are alternatives, told on request.
    """

    question: str
    status: Status
    confidence: float = 0.0
    excerpts: tuple[Excerpt, ...] = ()
    related: tuple[Excerpt, ...] = ()
    id: str | None = None
    rewritten: str | None = None
    answer_type: str | None = None
    missing: tuple[str, ...] = ()
    corrected: tuple[tuple[str, str], ...] = ()
    message: str | None = None
    window: Window | None = None
    undated: int = 0
    outside_window: int = 0
    figures_over_time: bool = False
    shown: int = 1
    why: Why = field(default_factory=Why)
    elapsed_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Skipped:
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a reindex stands: `phase` is reading, cutting, merging or writing; `done` of `total` in that phase.

    `share` is how much of the whole way is behind, by the time that it takes (0 to 1), `left` the seconds that are left of it;
    `articles` how many the phase has seen.
    """

    phase: str
    done: int
    total: int | None
    share: float | None = None
    left: float | None = None
    articles: int = 0


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a reindex did. Counts of articles; `articles` and `passages` are what the library holds afterwards."""

    articles: int
    passages: int
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    skipped: tuple[Skipped, ...] = ()
    seconds: float = 0.0
