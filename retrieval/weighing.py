"""Segments of postings in memory, and what their postings weigh: for passages walked, looked up, or only bounded.

A bound is the most that a term adds to any passage of a block of neighbours, in 255ths of the most possible: one byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval.postings import Codes, Flags, Keys, Numbers, Wide

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

CHUNK = 8192
"""Postings that are read from the library at a time; 48 KB, so that a rare term costs little and a common one few reads."""

FINE = 3
COARSE = 6
"""Neighbouring passages that share a bound, as powers of two. At 200,000 passages of news a median of 213 passages could
win by the bounds of 64, 33 by those of eight, 18 by those of four; a common term takes 24 KB by those of eight."""

BOUNDS = 96 * 1024 * 1024
"""Bytes of bounds that are kept."""

DENSE = 8
"""A term that one in so many passages has gets a table of all passages, in which it is looked up at once."""

DIGITS = 9
TIED = 10.0**-DIGITS
"""Scores that differ by less are one: sums that were added in another order differ in their last digits."""

Read = Callable[[int, int, int], Iterator[tuple[Numbers, Codes]]]
"""A segment's number, a first chunk and the one behind the last in, the numbers and codes of each of these chunks out."""


def graded(scores: Floats) -> Floats:
    """Scores as they are compared: those that tie are equal."""
    return np.round(scores, DIGITS)


@dataclass
class Segment:
    """One segment in memory; postings are read chunk by chunk as questions need them.

    `numbers` and `codes` have room for all postings from the start, which takes no memory until it is filled.
    """

    number: int
    base: int
    """The number of its first passage among all passages of the library."""
    keys: Keys
    starts: NDArray[np.uint32]
    """Where the postings of each term begin, and at last where they all end."""
    pairs: Numbers
    lengths: Numbers
    dead: Numbers
    numbers: Numbers
    codes: Codes
    missing: Flags
    complete: bool = False
    _dense: dict[int, Codes] = field(default_factory=dict)

    @property
    def counts(self) -> Numbers:
        """In how many passages each term is."""
        return np.diff(self.starts).astype(np.int32)

    def find(self, keys: Keys) -> tuple[Wide, Wide]:
        """Where the postings of each of these terms begin, and how many there are."""
        if not len(self.keys):
            return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
        rows = self.keys.searchsorted(keys)
        rows[rows == len(self.keys)] = 0
        begins = self.starts[rows].astype(np.int64)
        return begins, (self.starts[rows + 1] - begins) * (self.keys[rows] == keys)

    def need(self, begin: int, end: int, read: Read) -> None:
        """Fill in the postings from *begin* to *end*."""
        chunk, behind = begin // CHUNK, -(-end // CHUNK)
        while chunk < behind:
            first = chunk
            while chunk < behind and self.missing[chunk]:
                chunk += 1
            for at, (numbers, codes) in enumerate(read(self.number, first, chunk) if first < chunk else (), first):
                place = slice(at * CHUNK, (at + 1) * CHUNK)
                self.numbers[place], self.codes[place] = numbers, codes
                self.missing[at] = False
            chunk += 1

    def need_all(self, read: Read) -> None:
        if not self.complete:
            self.need(0, len(self.numbers), read)
            self.complete = True

    def weights(self, k1: float, b: float, average: float) -> Floats:
        """What each pair of count and length weighs: BM25Okapi's formula without idf. The last is a zero, for no pair at all."""
        times, lengths = self.pairs[:, 0].astype(np.float64), self.pairs[:, 1]
        return np.append(times * (k1 + 1) / (times + k1 * (1 - b + b * lengths / average)), 0.0)

    def codes_of(self, passages: Numbers, begin: int, end: int) -> Codes:
        """The codes of these passages for the term whose postings lie there; where they lack it, that of the zero weight."""
        if DENSE * (end - begin) > len(self.lengths):
            return self._table(begin, end).take(passages)
        numbers = self.numbers[begin:end]
        places = numbers.searchsorted(passages)
        codes = self.codes[begin:end].take(places, mode="clip")
        codes[numbers.take(places, mode="clip") != passages] = len(self.pairs)
        return codes

    def _table(self, begin: int, end: int) -> Codes:
        table = self._dense.get(begin)
        if table is None:
            table = np.full(len(self.lengths), len(self.pairs), self.codes.dtype)
            table[self.numbers[begin:end]] = self.codes[begin:end]
            self._dense[begin] = table
        return table


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

    def of(self, keys: Keys) -> Wide:
        if not len(self.keys):
            return np.zeros(len(keys), np.int64)
        rows = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        counts: Wide = self.counts[rows] * (self.keys[rows] == keys)
        return counts


class Known(NamedTuple):
    """A term of the library: how many postings it has, its idf, where they lie: (segment, begin, end)."""

    size: int
    idf: float
    key: int
    places: list[tuple[int, int, int]]


Form = tuple[float, float]
"""k1 and b."""

Listed = tuple[Known, float]
"""A term of a question and its weight, idf included."""


@dataclass(frozen=True)
class Hopes:
    """What some terms can add at most: `most` to any passage, and less to those of most blocks."""

    _coarse: NDArray[np.float32]
    _fine: list[Bytes]
    _worth: NDArray[np.float32]
    most: float

    def coarsely(self, passages: Wide) -> NDArray[np.float32]:
        """What they can add to these passages, by the bounds of the large blocks."""
        return self._coarse.take(passages >> COARSE)

    def finely(self, passages: Wide) -> NDArray[np.float32]:
        """The same by the bounds of the small blocks."""
        if not self._fine:
            return np.zeros(len(passages), np.float32)
        blocks = passages >> FINE
        hopes: NDArray[np.float32] = self._worth @ np.array([bounds.take(blocks) for bounds in self._fine]).astype(np.float32)
        return hopes


class Weighing:
    """What postings weigh by one k1 and b. Keeps the bounds of common terms that were asked for; safe from several threads."""

    def __init__(self, segments: Sequence[Segment], size: int, form: Form, average: float) -> None:
        self._segments = segments
        self._size = size
        self._most = form[0] + 1  # no pair weighs as much: the count would have to be infinite
        self.tables = [segment.weights(*form, average) for segment in segments]
        self._bounds: dict[int, tuple[Bytes, Bytes]] = {}

    def add(self, terms: Sequence[Listed], candidates: Wide, results: Floats) -> None:
        """Add to the results of the candidates, which are in ascending order, what those of the terms weigh that they have."""
        if not len(terms) or not len(candidates):
            return
        for at, (segment, table) in enumerate(zip(self._segments, self.tables, strict=True)):
            here = slice(0, len(candidates))
            if len(self._segments) > 1:
                here = slice(*np.searchsorted(candidates, [segment.base, segment.base + len(segment.lengths)]).tolist())
            passages = (candidates[here] - segment.base).astype(np.int32)
            codes = [segment.codes_of(passages, begin, end) for term, _ in terms for number, begin, end in term.places if number == at]
            if codes and len(passages):
                weights = np.array([weight for term, weight in terms for number, _, _ in term.places if number == at])
                # Added term by term, so that passages that are alike get the same sum to the last digit, and tie.
                results[here] += np.add.reduce(table.take(np.array(codes)) * weights[:, None], axis=0)

    def hopes(self, terms: Sequence[Listed]) -> Hopes:
        """What the terms can add at most, and where."""
        if not terms:
            return Hopes(np.zeros((self._size >> COARSE) + 1, np.float32), [], np.zeros(0, np.float32), 0.0)
        bounds = [self._bound(term) for term, _ in terms]
        # Of 32-bit sums the last digits are uncertain.
        worth = (np.array([weight for _, weight in terms]) * (self._most / 255 * (1 + 1e-5))).astype(np.float32)
        coarse = worth @ np.array([coarse for coarse, _ in bounds]).astype(np.float32)
        return Hopes(coarse, [fine for _, fine in bounds], worth, float(coarse.max()))

    def prepare(self, terms: Sequence[Known]) -> None:
        """Make the bounds of these terms, as many as are kept."""
        for term in terms[: BOUNDS // (self._size >> FINE or 1)]:
            self._bound(term)
            for at, begin, end in term.places:
                self._segments[at].codes_of(np.zeros(0, np.int32), begin, end)

    def _bound(self, term: Known) -> tuple[Bytes, Bytes]:
        """The coarse and the fine bounds of a term."""
        known = self._bounds.get(term.key)
        if known is None:
            if len(self._bounds) * (self._size >> FINE) > BOUNDS:
                self._bounds = {}
            known = self._bounds[term.key] = self._bound_anew(term)
        return known

    def _bound_anew(self, term: Known) -> tuple[Bytes, Bytes]:
        blocks_each = 1 << (COARSE - FINE)
        most = np.zeros(((self._size >> COARSE) + 1) * blocks_each)
        for at, begin, end in term.places:
            segment = self._segments[at]
            blocks = (segment.numbers[begin:end] + segment.base) >> FINE
            firsts = np.flatnonzero(np.concatenate([[True], blocks[1:] != blocks[:-1]]))
            blocks = blocks[firsts]
            most[blocks] = np.maximum(most[blocks], np.maximum.reduceat(self.tables[at].take(segment.codes[begin:end]), firsts))
        fine = np.ceil(most * (255 / self._most)).astype(np.uint8)
        return fine.reshape(-1, blocks_each).max(axis=1), fine
