"""Postings in segments and a question's terms in, the exact best passages out, by the scores that rank-bm25 defines.

Terms are taken rarest first. Once the common terms that are left cannot lift a passage that shares nothing else above
the *limit*-th best, their long lists are not walked: they are looked up for the few passages that can still win.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from retrieval.index import Statistics
from retrieval.postings import Codes, Flags, Keys, Numbers, Wide, key

Floats = NDArray[np.float64]

CHUNK = 8192
"""Postings that are read from the library at a time; 48 KB, so that a rare term costs little and a common one few reads."""

FIRST = 16
"""The share of all passages (one in so many) that the postings of the rarest terms may add up to before common terms are
left for later; swept from 4 to 64 at 200,000 passages of news, flat between 8 and 32."""

HOPE = 0.5
"""Common terms are looked up instead of walked where together they can add at most this share of the best scores."""

Read = Callable[[int, int], tuple[Numbers, Codes]]
"""A segment's number and a chunk's in, that chunk's numbers and codes out."""


@dataclass
class Segment:
    """One segment in memory; postings are read chunk by chunk as questions need them.

    `numbers` and `codes` have room for all postings from the start, which takes no memory until it is filled.
    """

    number: int
    base: int
    """The number of its first passage among all passages of the library."""
    keys: Keys
    counts: Numbers
    starts: Wide
    pairs: Numbers
    lengths: Numbers
    dead: Numbers
    numbers: Numbers
    codes: Codes
    missing: Flags
    complete: bool = False

    def need(self, begin: int, end: int, read: Read) -> None:
        """Fill in the postings from *begin* to *end*."""
        for chunk in range(begin // CHUNK, (end - 1) // CHUNK + 1):
            if self.missing[chunk]:
                place = slice(chunk * CHUNK, (chunk + 1) * CHUNK)
                self.numbers[place], self.codes[place] = read(self.number, chunk)
                self.missing[chunk] = False

    def need_all(self, read: Read) -> None:
        if not self.complete:
            self.need(0, len(self.numbers), read)
            self.complete = True

    def weights(self, k1: float, b: float, average: float) -> Floats:
        """What each pair of count and length weighs: BM25Okapi's formula without idf."""
        times, lengths = self.pairs[:, 0].astype(np.float64), self.pairs[:, 1]
        return times * (k1 + 1) / (times + k1 * (1 - b + b * lengths / average))


@dataclass(frozen=True, slots=True)
class Listed:
    """A term of a question: its weight (idf included), and where its postings lie: (segment, begin, end)."""

    key: int
    weight: float
    size: int
    places: tuple[tuple[int, int, int], ...]


@dataclass
class Removed:
    """How many of the removed passages, whose postings still stand in a segment, each term was in."""

    keys: Keys = field(default_factory=lambda: np.zeros(0, np.uint64))
    counts: Wide = field(default_factory=lambda: np.zeros(0, np.int64))

    @classmethod
    def summed(cls, parts: Sequence[tuple[Keys, Numbers]]) -> Removed:
        if not parts:
            return cls()
        keys, places = np.unique(np.concatenate([keys for keys, _ in parts]), return_inverse=True)
        return cls(keys, np.bincount(places, np.concatenate([counts for _, counts in parts]), len(keys)).astype(np.int64))


class Ranker:
    """Ranks the passages of a library's segments; immutable but for what it keeps at hand. Safe to use from several threads."""

    def __init__(self, segments: Sequence[Segment], removed: Removed) -> None:
        self.segments = segments
        self.removed = removed
        self.size = sum(len(segment.lengths) for segment in segments)
        self.dead: Wide = np.concatenate([np.zeros(0, np.int64), *(segment.dead.astype(np.int64) + segment.base for segment in segments)])
        self.count = self.size - len(self.dead)
        length = sum(int(s.lengths.sum()) - int(s.lengths[s.dead].sum()) for s in segments)
        self.statistics = Statistics(self.count, length, self._spread())
        self._weights: dict[tuple[float, float], list[Floats]] = {}
        self._tops: dict[tuple[float, float, int], float] = {}
        self._own = threading.local()

    # Statistics

    def _spread(self) -> dict[int, int]:
        """How many terms are in how many passages: the largest segment's terms, corrected for those of the others."""
        if not self.segments:
            return {}
        first = max(self.segments, key=lambda segment: len(segment.keys))
        spread = np.bincount(first.counts)
        others = [segment.keys for segment in self.segments if segment is not first] + [self.removed.keys]
        shared = np.unique(np.concatenate(others))
        counts = self._counts(shared)
        _, within, known = _find(first.keys, first.counts, shared)
        spread = np.bincount(counts, minlength=len(spread)) + np.pad(spread, (0, max(0, int(counts.max(initial=0)) + 1 - len(spread))))
        np.subtract.at(spread, within[known], 1)
        used = np.flatnonzero(spread)
        return {int(count): int(spread[count]) for count in used if count}

    def _counts(self, keys: Keys) -> Wide:
        """In how many passages each of these terms is."""
        counts = np.zeros(len(keys), np.int64)
        for segment in self.segments:
            counts += _find(segment.keys, segment.counts, keys)[1]
        if len(self.removed.keys):
            counts -= _find(self.removed.keys, self.removed.counts, keys)[1]
        return counts

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        counts = self._counts(np.array([key(term) for term in terms], np.uint64))
        return dict(zip(terms, counts.tolist(), strict=True))

    def idf(self, term: str) -> float:
        return float(self.statistics.idf.get(self.frequencies([term])[term], 0.0))

    # Ranking

    def best(
        self,
        terms: Sequence[tuple[str, float]],
        limit: int,
        read: Read,
        k1: float | None = None,
        b: float | None = None,
        hidden: Wide | None = None,
    ) -> tuple[Wide, Floats]:
        """The numbers and scores of the passages that share a term, best first, at least *limit* of them if there are as many.

        All passages that tie with the last are among them. Those with the numbers *hidden* are left out.
        """
        k1 = self.statistics.k1 if k1 is None else k1
        b = self.statistics.b if b is None else b
        listed = self._listed(terms, read)
        if not listed or limit < 1:
            return np.zeros(0, np.int64), np.zeros(0)
        hidden = self.dead if hidden is None else hidden
        scores = self._sheet()
        touched: list[Wide] = [hidden]
        try:
            scores[hidden] = -np.inf
            return self._best(listed, limit, (k1, b), scores, touched)
        except BaseException:
            self._own.sheet = None
            raise
        finally:
            for numbers in touched:
                scores[numbers] = 0.0

    def _sheet(self) -> Floats:
        """This thread's scores of all passages: all zero between questions."""
        sheet: Floats | None = getattr(self._own, "sheet", None)
        if sheet is None:
            sheet = self._own.sheet = np.zeros(self.size)
        return sheet

    def _listed(self, terms: Sequence[tuple[str, float]], read: Read) -> list[Listed]:
        """The terms that are in the library, those with few postings first."""
        keys = np.array([key(term) for term, _ in terms], np.uint64)
        counts = self._counts(keys).tolist()
        spans = []
        for number, segment in enumerate(self.segments):
            rows, _, known = _find(segment.keys, segment.counts, keys)
            rows = np.where(known, rows, 0)
            begins, ends = segment.starts[rows], np.where(known, segment.starts[rows + 1], 0)
            spans.append([(number, begin, end) for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)])
        found = []
        for at, (_, weight) in enumerate(terms):
            if counts[at]:
                places = tuple(span[at] for span in spans if span[at][1] < span[at][2])
                size = sum(end - begin for _, begin, end in places)
                found.append(Listed(int(keys[at]), weight * self.statistics.idf[counts[at]], size, places))
                for number, begin, end in places:
                    if not self.segments[number].complete:
                        self.segments[number].need(begin, end, read)
        found.sort(key=lambda term: term.size)
        return found

    def _best(self, listed: list[Listed], limit: int, form: tuple[float, float], scores: Floats, touched: list[Wide]) -> tuple[Wide, Floats]:
        at, walked = 0, 0
        prune = listed[0].weight > 0 and all(term.weight > 0 for term in listed)
        while at < len(listed) and (walked <= self.size // FIRST or not prune):
            walked += listed[at].size
            at += 1
        numbers = self._walk(listed[:at], form, scores, touched)
        found = scores[numbers]
        rest = listed[at:]
        if rest:
            tops = [self._top(term, form) for term in rest]
            hope = sum(tops)
            floor = _kth(numbers, found, scores, limit, at)
            more = 0
            while more < len(rest) and not hope < HOPE * floor:
                hope -= tops[more]
                more += 1
            if more:
                numbers = np.concatenate([numbers, self._walk(rest[:more], form, scores, touched)])
                found = scores[numbers]
                rest = rest[more:]
        floor = _kth(numbers, found, scores, limit, len(listed) - len(rest))
        if rest:
            floor -= hope * (1 + 1e-9) + 1e-9  # sums in another order differ in the last digits
        candidates = _distinct(numbers[found >= floor] if floor > -np.inf else numbers[found > -np.inf])
        results = scores[candidates]
        for term in rest:
            self._look_up(term, form, candidates, results)
        if len(candidates) > limit:
            enough = results >= np.partition(results, len(results) - limit)[len(results) - limit]
            candidates, results = candidates[enough], results[enough]
        order = np.argsort(-results, kind="stable")
        return candidates[order], results[order]

    def _tables(self, form: tuple[float, float]) -> list[Floats]:
        tables = self._weights.get(form)
        if tables is None:
            if len(self._weights) > 8:
                self._weights.clear()
                self._tops.clear()
            average = self.statistics.avgdl or 1.0
            tables = self._weights[form] = [segment.weights(*form, average) for segment in self.segments]
        return tables

    def _walk(self, terms: Sequence[Listed], form: tuple[float, float], scores: Floats, touched: list[Wide]) -> Wide:
        """Add what *terms* weigh to the scores of their passages; the numbers of those, once for each term."""
        walked = []
        for number, (segment, table) in enumerate(zip(self.segments, self._tables(form), strict=True)):
            places = [(begin, end, term.weight) for term in terms for at, begin, end in term.places if at == number]
            if not places:
                continue
            numbers = np.concatenate([segment.numbers[begin:end] for begin, end, _ in places]).astype(np.int64)
            if segment.base:
                numbers += segment.base
            weights = table.take(np.concatenate([segment.codes[begin:end] for begin, end, _ in places]))
            weights *= np.repeat(np.array([weight for *_, weight in places]), [end - begin for begin, end, _ in places])
            touched.append(numbers)
            np.add.at(scores, numbers, weights)
            walked.append(numbers)
        return walked[0] if len(walked) == 1 else np.concatenate([np.zeros(0, np.int64), *walked])

    def _top(self, term: Listed, form: tuple[float, float]) -> float:
        """The most that *term* adds to any passage."""
        known = (*form, term.key)
        top = self._tops.get(known)
        if top is None:
            tables = self._tables(form)
            top = self._tops[known] = max(float(tables[at].take(self.segments[at].codes[begin:end]).max()) for at, begin, end in term.places)
        return top * term.weight

    def _look_up(self, term: Listed, form: tuple[float, float], candidates: Wide, results: Floats) -> None:
        """Add what *term* weighs to the results of the candidates that it is in."""
        tables = self._tables(form)
        for at, begin, end in term.places:
            segment = self.segments[at]
            numbers = segment.numbers[begin:end]
            wanted = (candidates - segment.base).astype(np.int32)
            places = np.searchsorted(numbers, wanted)
            places[places == len(numbers)] = 0
            there = numbers[places] == wanted
            results += tables[at].take(segment.codes[begin:end][places]) * (there * term.weight)


def _find(keys: Keys, counts: Numbers | Wide, wanted: Keys) -> tuple[Wide, Wide, Flags]:
    """For each wanted term its row among *keys*, its count there (0 if it is not there), and whether it is there."""
    if not len(keys):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    rows = np.searchsorted(keys, wanted)
    rows[rows == len(keys)] = 0
    known = keys[rows] == wanted
    return rows, np.where(known, counts[rows], 0).astype(np.int64), known


def _distinct(numbers: Wide) -> Wide:
    """The different ones of *numbers*, which are sorted in place."""
    numbers.sort()
    if len(numbers) < 2:
        return numbers
    new: Flags = np.ones(len(numbers), bool)
    np.not_equal(numbers[1:], numbers[:-1], out=new[1:])
    return numbers[new]


def _kth(numbers: Wide, found: Floats, scores: Floats, k: int, times: int) -> float:
    """At most the k-th best of the distinct passages in *numbers*, each of which is there at most *times*; -inf if fewer."""
    if len(found) > k * times:
        best = np.argpartition(found, len(found) - k * times)[len(found) - k * times :]
        results = scores[_distinct(numbers[best])]
    else:
        results = scores[_distinct(numbers.copy())]
    if len(results) < k:
        return -np.inf
    return float(np.partition(results, len(results) - k)[len(results) - k])
