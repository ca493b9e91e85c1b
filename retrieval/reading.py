"""Lines of a large set in, articles ready to be stored out, with their postings and signatures: what a worker makes of them.

    Queue     lines in, one after another; out in the same order what was made of them, by workers, some batches ahead
    Unread    a batch of lines on its way in
    Ready     the same on its way out: rows of the library file, the terms of their passages packed and sorted
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol

import numpy as np

from retrieval import corpus
from retrieval.errors import WendaError
from retrieval.native.texts import Texts, bounds_of, coded, texts
from retrieval.passages import PASSAGE_SIZE, split
from retrieval.postings import Postings, Uncut, compact, cut, without
from retrieval.records import Article, Span
from retrieval.reprints import letters, signatures
from retrieval.rows import Packed, rows_of
from retrieval.text import Cutter

BATCH = 3_000_000
"""Bytes of lines that a worker reads at a time: a million characters of Chinese, .2 s of a processor."""

HELD = 200
"""Lines in a row that need not be read, behind some that must be: from then on these are not kept waiting for more."""

FEW = 400_000
"""Bytes of lines that are read by who asks for them where no worker was started yet."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Lines of the file called *name*, each with its number; none is blank."""

    name: str
    lines: Sequence[tuple[int, bytes]]


class Line(NamedTuple):
    """What became of a line: the article with this id, or the reason why it is none."""

    number: int
    digest: bytes
    id: str
    original: str | None = None
    brief: bool = False
    refusal: str | None = None


class Cut(NamedTuple):
    """What was made of a batch: the postings of its passages, the signatures of its articles."""

    postings: Postings
    signatures: list[bytes]


@dataclass(frozen=True, slots=True)
class Ready:
    """What was made of a batch of lines: what became of each, and of the articles among them their rows, terms and signatures."""

    lines: Sequence[Line]
    articles: Packed
    cut: Cut

    def only(self, articles: Sequence[int]) -> Ready:
        """The same with these of its articles alone."""
        if len(articles) == len(self.articles.counts):
            return self
        dead = ~self.articles.passages(articles)
        left = Cut(compact(without(self.cut.postings, dead)), [self.cut.signatures[at] for at in articles])
        return Ready(self.lines, self.articles.only(articles), left)


def read(cutter: Cutter, unread: Unread) -> Ready:
    """The articles of some lines, read, split into passages, cut and signed."""
    from retrieval.pages import read_line  # with what reads HTML and dates

    lines: list[Line] = []
    articles: list[Article] = []
    today = date.today()
    for number, line in unread.lines:
        digest = corpus.digest(line)
        try:
            article = read_line(line, unread.name, number, today)
        except WendaError as refusal:
            lines.append(Line(number, digest, "", refusal=str(refusal)))
        else:
            lines.append(Line(number, digest, article.id, article.original, article.kind == "brief"))
            articles.append(article)
    kernel = texts()
    quick = kernel and kernel.cuts(sum(len(article.body) for article in articles))
    spans, made = _by_kernel(kernel, cutter, articles) if kernel and quick else _by_python(cutter, articles)
    return Ready(lines, Packed.of(rows_of(list(zip(articles, spans, strict=True)))), made)


def _by_python(cutter: Cutter, articles: Sequence[Article]) -> tuple[list[list[Span]], Cut]:
    spans = [split(article.body) for article in articles]
    batch = Uncut([(article.title, [article.body[start:end] for start, end in own]) for article, own in zip(articles, spans, strict=True)])
    return spans, Cut(cut(cutter, batch), signatures([article.body for article in articles]))


def _by_kernel(kernel: Texts, cutter: Cutter, articles: Sequence[Article]) -> tuple[list[list[Span]], Cut]:
    """As `_by_python`, without a string for each passage: bodies one after another, then titles."""
    from retrieval.coded import Coded
    from retrieval.coded import cut as cut_coded

    spans: list[list[Span]] = []
    bodies: list[bytes] = []
    titles: list[bytes] = []
    sizes: list[int] = []
    entitled: list[tuple[int, int]] = []
    passage = 0
    for article in articles:
        body = coded(article.body)
        ends = kernel.passages(body, PASSAGE_SIZE)
        own = list(zip([0, *ends], ends, strict=False))
        spans.append(own)
        bodies.append(body)
        sizes += [end - start for start, end in own]
        if article.title:
            titles.append(coded(article.title))
            entitled.append((passage, len(own)))
        passage += len(own)
    codes = np.frombuffer(b"".join(bodies + titles), "<u4")
    owners = np.ones((passage + len(titles), 2), np.int64)
    owners[:passage, 0] = np.arange(passage)
    if titles:
        owners[passage:] = entitled
    bounds = bounds_of(sizes + [len(title) // 4 for title in titles])
    signed = kernel.signatures(codes, bounds_of([len(body) // 4 for body in bodies]), letters())
    return spans, Cut(cut_coded(kernel, cutter, Coded(codes, bounds, owners, passage)), signed)


@dataclass(frozen=True, slots=True)
class Held:
    """A line that need not be read, with its digest."""

    number: int
    line: bytes
    digest: bytes


class Reading(Protocol):
    """Reads lines while others are being looked at, and takes what was made of those that are to be stored."""

    @property
    def most(self) -> int:
        """How many batches may be on their way at once."""
        ...

    def begin(self, lines: Unread) -> Pending: ...

    def add(self, articles: Packed, cut: Cut) -> None: ...


class Pending(Protocol):
    """Something that is being made."""

    @property
    def sent(self) -> bool:
        """Whether somebody else makes it."""
        ...

    def wait(self, seconds: float) -> bool:
        """Whether `made` gives it at once, or makes it itself; waits for so many seconds at most."""
        ...

    def made(self) -> Ready | Cut: ...


@dataclass
class Stretch:
    """Some lines of a file, of which some are read and the others held."""

    lines: list[tuple[int, bytes]] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    size: int = 0
    row: int = 0
    """How many lines in a row are held at the end."""
    behind: int = 0
    """How many bytes of the file are behind with these lines."""
    pending: Pending | None = None

    @property
    def full(self) -> bool:
        return self.size > BATCH or self.row > HELD


class Queue:
    """Lines of a file in, in order; stretches of them out, in the same order, read as soon as they are full."""

    def __init__(self, name: str, reading: Reading, behind: Callable[[], int]) -> None:
        """*behind* tells how many bytes of the file are behind."""
        self._name, self._reading, self._behind = name, reading, behind
        self._open = Stretch()
        self._waiting: deque[Stretch] = deque()

    @property
    def empty(self) -> bool:
        return not (self._waiting or self._open.lines)

    def hold(self, line: Held) -> Iterator[Stretch]:
        """Take a line that need not be read; the stretches that are to be taken now."""
        self._open.held.append(line)
        self._open.row += 1
        return self._out(len(line.line) // 8)

    def read(self, number: int, line: bytes) -> Iterator[Stretch]:
        """Take a line that is to be read; the stretches that are to be taken now."""
        self._open.lines.append((number, line))
        self._open.row = 0
        return self._out(len(line))

    def rest(self) -> Iterator[Stretch]:
        """All stretches that are left."""
        self._close()
        while self._waiting:
            yield self._waiting.popleft()

    def _out(self, size: int) -> Iterator[Stretch]:
        self._open.size += size
        if not self._open.full:
            return iter(())
        self._close()
        return self._taken()

    def _taken(self) -> Iterator[Stretch]:
        while self._waiting and (len(self._waiting) > self._reading.most or self._there(self._waiting[0])):
            yield self._waiting.popleft()

    @staticmethod
    def _there(stretch: Stretch) -> bool:
        return stretch.pending is None or (stretch.pending.wait(0) if stretch.pending.sent else stretch.size < FEW)

    def _close(self) -> None:
        stretch, self._open = self._open, Stretch()
        stretch.behind = self._behind()
        if stretch.lines:
            stretch.pending = self._reading.begin(Unread(self._name, stretch.lines))
        if stretch.lines or stretch.held:
            self._waiting.append(stretch)
