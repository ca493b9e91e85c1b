"""Postings in segments and a question's terms in, the exact best passages out, by the scores that rank-bm25 defines.

The lists of rare terms are walked. Those of common terms are not: what such a term adds at most to eight neighbouring
passages is kept as one byte, and tells which of the passages that were walked can still be among the best. For those
few it is looked up. What can win by common terms alone is seen from the same bytes, so nothing is lost.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval.index import Statistics
from retrieval.postings import Codes, Flags, Keys, Numbers, Wide, key

Floats = NDArray[np.float64]

CHUNK = 8192
"""Postings that are read from the library at a time; 48 KB, so that a rare term costs little and a common one few reads."""

LONG = 32
"""A term that one in so many passages has is looked up for some passages rather than walked; its list is long then."""

SHORT = 1000
"""Postings up to which a list is walked in any library."""

BLOCK = 3
"""Neighbouring passages that share one bound, as a power of two. With eight, a median of 33 passages were looked up for a question at 200,000
passages of news, with sixteen 64, with four 18; a common term takes 24 KB."""

MANY = 256
"""Candidates from which on it pays to sift them term by term."""

BOUNDS = 96 * 1024 * 1024
"""Bytes of bounds that are kept."""

GUESS = 32
"""Times as many postings as passages are wanted from which those are taken that are finished first."""

DENSE = 8
"""A term that one in so many passages has gets a table of all passages, in which it is looked up at once."""

KNOWN = 50_000
"""Terms of questions that are kept with where their postings lie; some 200 bytes each."""

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
    starts: NDArray[np.uint32]
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
        """What each pair of count and length weighs: BM25Okapi's formula without idf; and a zero at the end."""
        times, lengths = self.pairs[:, 0].astype(np.float64), self.pairs[:, 1]
        return np.append(times * (k1 + 1) / (times + k1 * (1 - b + b * lengths / average)), 0.0)

    def dense(self, begin: int, end: int) -> Codes:
        """The code of every passage for one term; where it does not have the term, the code of the zero weight."""
        absent = len(self.pairs)
        table: Codes = np.full(len(self.lengths), absent, np.uint32 if absent >> 16 else np.uint16)
        table[self.numbers[begin:end]] = self.codes[begin:end]
        return table


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


class Sheet:
    """Paper for one question at a time: the scores of all passages, and room for the postings that are walked."""

    def __init__(self, passages: int) -> None:
        self.scores: Floats = np.zeros(passages)  # all zero between questions
        self.filled = 0
        self._make_room(1 << 15)

    def _make_room(self, size: int) -> None:
        self.numbers: Wide = np.empty(size, np.int64)
        self.codes: Wide = np.empty(size, np.int64)
        self.weights: Floats = np.empty(size)
        self.found: Floats = np.empty(size)

    def reserve(self, size: int) -> None:
        """Have room for *size* more postings; what was walked before stays."""
        if self.filled + size > len(self.numbers):
            walked = self.walked
            self._make_room((self.filled + size) * 5 // 4)
            self.numbers[: self.filled] = walked

    @property
    def walked(self) -> Wide:
        return self.numbers[: self.filled]

    def read(self) -> Floats:
        """The scores of the passages walked; holds until it is called again."""
        return self.scores.take(self.walked, out=self.found[: self.filled], mode="clip")

    def wipe(self) -> None:
        self.scores[self.walked] = 0.0
        self.filled = 0


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
        self._known: dict[str, Known | None] = {}
        self._weights: dict[Form, list[Floats]] = {}
        self._tops: dict[Form, dict[int, float]] = {}
        self._rows: dict[Form, dict[int, NDArray[np.uint8]]] = {}
        self._dense: dict[tuple[int, int], Codes] = {}
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
        within = _find(first.keys, first.counts, shared)[1]
        spread = np.bincount(counts, minlength=len(spread)) + np.pad(spread, (0, max(0, int(counts.max(initial=0)) + 1 - len(spread))))
        np.subtract.at(spread, within[within > 0], 1)
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
        sheet: Sheet | None = getattr(self._own, "sheet", None)
        self._own.sheet = None  # kept only once it is clean again
        sheet = sheet or Sheet(self.size)
        sheet.scores[hidden] = -np.inf
        numbers, scores = self._best(listed, limit, (k1, b), sheet)
        sheet.wipe()
        sheet.scores[hidden] = 0.0
        self._own.sheet = sheet
        seen = scores > -np.inf  # with few others, hidden passages are among the best
        return (numbers, scores) if seen.all() else (numbers[seen], scores[seen])

    def _listed(self, terms: Sequence[tuple[str, float]], read: Read) -> list[Listed]:
        """The terms that are in the library, those with few postings first."""
        known = self._known
        new = [term for term, _ in terms if term not in known]
        if new:
            if len(known) > KNOWN:
                known = self._known = {}
                new = [term for term, _ in terms]
            known.update(zip(new, self._look_for(new), strict=True))
        listed = [(found, weight * found.idf) for term, weight in terms if (found := known[term])]
        for at, segment in enumerate(self.segments):
            if not segment.complete:
                for term, _ in listed:
                    for number, begin, end in term.places:
                        if number == at:
                            segment.need(begin, end, read)
        listed.sort()
        return listed

    def _look_for(self, terms: Sequence[str]) -> list[Known | None]:
        keys = [key(term) for term in terms]
        wanted = np.array(keys, np.uint64)
        spans = []
        counts = np.zeros(len(keys), np.int64)
        for segment in self.segments:
            rows, sizes = _find(segment.keys, segment.counts, wanted)
            counts += sizes
            spans.append(list(zip(segment.starts[rows].tolist(), sizes.tolist(), strict=True)))
        if len(self.removed.keys):
            counts -= _find(self.removed.keys, self.removed.counts, wanted)[1]
        found: list[Known | None] = []
        for at, (number, count) in enumerate(zip(keys, counts.tolist(), strict=True)):
            places = [(segment, span[at][0], sum(span[at])) for segment, span in enumerate(spans) if span[at][1]]
            size = sum(end - begin for _, begin, end in places)
            found.append(Known(size, self.statistics.idf[count], number, places) if count else None)
        return found

    def _best(self, listed: list[Listed], limit: int, form: Form, sheet: Sheet) -> tuple[Wide, Floats]:
        short = len(listed)
        if all(weight > 0 for _, weight in listed):
            long = max(SHORT, self.size // LONG)
            while short > 1 and listed[short - 1][0].size >= long:
                short -= 1
        later = listed[short:]
        self._walk(listed[:short], form, sheet)
        found = sheet.read()
        # The best so far are finished first, and tell what the others must reach.
        cuts = _cuts(found, limit)
        cut, candidates = np.inf, np.zeros(0, np.int64)
        while cut > -np.inf and len(candidates) < limit:
            cut, best = next(cuts)
            candidates = _distinct(sheet.walked[best])
        results = self._finished(candidates, sheet, later, form)
        need = _last(limit, results) * (1 - 1e-9)  # sums in another order differ in the last digits
        if cut > -np.inf or later:
            more, their_results = self._others(found, cut, need, later, form, sheet)
            if len(more):
                candidates = np.concatenate([candidates, more])
                results = np.concatenate([results, their_results])
        if len(candidates) > limit:
            enough = results >= _last(limit, results)
            candidates, results = candidates[enough], results[enough]
        order = np.argsort(-results, kind="stable")
        return candidates[order], results[order]

    def _others(self, found: Floats, cut: float, need: float, later: Sequence[Listed], form: Form, sheet: Sheet) -> tuple[Wide, Floats]:
        """The passages with less than *cut* so far that may reach *need* by the terms of *later*, with their whole scores."""
        nobody = np.zeros(0, np.int64), np.zeros(0)
        if max(cut, 0.0) + sum(weight * self._top(term, form) for term, weight in later) < need:
            return nobody
        bounds = self._bounds([term for term, _ in later], form)
        # Of 32-bit sums the last digits are uncertain.
        weights = np.array([weight * (form[0] + 1) / 255 * (1 + 1e-5) for _, weight in later], np.float32)
        hope = weights @ bounds
        most = float(hope.max(initial=0))
        if cut + most < need and most < need:
            return nobody
        able = np.flatnonzero(found >= need - most if need > -np.inf else found > need)
        able = able[(found[able] + hope[sheet.walked[able] >> BLOCK] >= need) & (found[able] < cut)]
        candidates = _distinct(sheet.walked[able])
        if later and most >= need:
            # Some passages might win that have none of the terms walked.
            untouched = (np.flatnonzero(hope >= need)[:, None] << BLOCK) + np.arange(1 << BLOCK)
            untouched = untouched[untouched < self.size]
            candidates = np.sort(np.concatenate([candidates, untouched[sheet.scores[untouched] == 0]]))
        if len(candidates) > MANY:
            candidates = self._sifted(candidates, need, later, form, sheet, weights[:, None] * bounds, hope)
        if not len(candidates):
            return nobody
        results = self._finished(candidates, sheet, later, form)
        if later:  # then all weights are above zero: what scores nothing has none of the terms
            candidates, results = candidates[results > 0], results[results > 0]
        return candidates, results

    def _sifted(
        self, candidates: Wide, need: float, later: Sequence[Listed], form: Form, sheet: Sheet, bounds: NDArray[np.float32], hope: NDArray[np.float32]
    ) -> Wide:
        """Those of many candidates that can still reach *need* as one term after the other is known exactly."""
        able = sheet.scores[candidates] + hope[candidates >> BLOCK]
        for (term, weight), bound in zip(later, bounds, strict=True):
            able -= bound[candidates >> BLOCK]
            self._look_up(term, weight, form, candidates, able)
            left = able >= need - 1e-4 * abs(need)
            candidates, able = candidates[left], able[left]
        return candidates

    def _finished(self, candidates: Wide, sheet: Sheet, later: Sequence[Listed], form: Form) -> Floats:
        """The whole scores of the candidates: what was walked, and the terms that are looked up."""
        results = sheet.scores[candidates]
        for term, weight in later:
            self._look_up(term, weight, form, candidates, results)
        return results

    def _bounds(self, terms: Sequence[Known], form: Form) -> NDArray[np.float32]:
        """For each of these terms the most that it adds to the passages of each block: in 255ths of the most possible."""
        self._tables(form)
        rows = self._rows[form]
        for term in terms:
            if term.key not in rows:
                if sum(map(len, self._rows.values())) * (self.size >> BLOCK) > BOUNDS:
                    rows.clear()
                rows[term.key] = self._bound(term, form)
        return np.array([rows[term.key] for term in terms], np.uint8).reshape(len(terms), (self.size >> BLOCK) + 1).astype(np.float32)

    def _bound(self, term: Known, form: Form) -> NDArray[np.uint8]:
        tables = self._tables(form)
        most = np.zeros((self.size >> BLOCK) + 1)
        for at, begin, end in term.places:
            segment = self.segments[at]
            blocks = (segment.numbers[begin:end] + segment.base) >> BLOCK
            firsts = np.flatnonzero(np.concatenate([[True], blocks[1:] != blocks[:-1]]))
            blocks = blocks[firsts]
            most[blocks] = np.maximum(most[blocks], np.maximum.reduceat(tables[at].take(segment.codes[begin:end]), firsts))
        # No pair weighs k1 + 1 or more: the count would have to be infinite.
        return np.ceil(most * (255 / (form[0] + 1))).astype(np.uint8)

    def _tables(self, form: Form) -> list[Floats]:
        tables = self._weights.get(form)
        if tables is None:
            if len(self._weights) > 8:
                self._weights.clear()
                self._rows.clear()
                self._tops.clear()
            average = self.statistics.avgdl or 1.0
            tables = self._weights[form] = [segment.weights(*form, average) for segment in self.segments]
            self._rows[form], self._tops[form] = {}, {}
        return tables

    def _walk(self, terms: Sequence[Listed], form: Form, sheet: Sheet) -> None:
        """Add what *terms* weigh to the scores of their passages."""
        sheet.reserve(sum(term.size for term, _ in terms))
        for number, (segment, table) in enumerate(zip(self.segments, self._tables(form), strict=True)):
            places = [(begin, end, weight) for term, weight in terms for at, begin, end in term.places if at == number]
            if not places:
                continue
            sizes = [end - begin for begin, end, _ in places]
            room = slice(sheet.filled, sheet.filled + sum(sizes))
            sheet.filled = room.stop
            numbers, codes, weights = sheet.numbers[room], sheet.codes[room], sheet.weights[room]
            np.concatenate([segment.numbers[begin:end] for begin, end, _ in places], out=numbers)
            np.concatenate([segment.codes[begin:end] for begin, end, _ in places], out=codes)
            if segment.base:
                numbers += segment.base
            table.take(codes, out=weights, mode="clip")
            weights *= np.repeat(np.array([weight for *_, weight in places]), sizes)
            np.add.at(sheet.scores, numbers, weights)

    def _top(self, term: Known, form: Form) -> float:
        """The most that *term* adds to any passage, without its weight."""
        tables = self._tables(form)
        tops = self._tops[form]
        top = tops.get(term.key)
        if top is None:
            top = tops[term.key] = max(float(tables[at].take(self.segments[at].codes[begin:end]).max()) for at, begin, end in term.places)
        return top

    def _look_up(self, term: Known, weight: float, form: Form, candidates: Wide, results: Floats) -> None:
        """Add what *term* weighs to the results of the candidates that it is in; these are in ascending order."""
        tables = self._tables(form)
        for at, begin, end in term.places:
            segment = self.segments[at]
            here = slice(0, len(candidates))
            if len(self.segments) > 1:
                here = slice(*np.searchsorted(candidates, [segment.base, segment.base + len(segment.lengths)]).tolist())
            wanted = candidates[here] - segment.base if segment.base else candidates[here]
            if DENSE * (end - begin) > len(segment.lengths):
                dense = self._dense.get((at, begin))
                if dense is None:
                    dense = self._dense[at, begin] = segment.dense(begin, end)
                codes = dense.take(wanted)
            else:
                numbers = segment.numbers[begin:end]
                places = numbers.searchsorted(wanted.astype(np.int32))
                codes = segment.codes[begin:end].take(places, mode="clip")
                codes[numbers.take(places, mode="clip") != wanted] = len(segment.pairs)
            results[here] += tables[at].take(codes) * weight


def _find(keys: Keys, counts: Numbers | Wide, wanted: Keys) -> tuple[Wide, Wide]:
    """For each wanted term its row among *keys* and its count there, 0 if it is not there."""
    if not len(keys):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.int64)
    rows = np.searchsorted(keys, wanted)
    rows[rows == len(keys)] = 0
    return rows, counts[rows] * (keys[rows] == wanted)


def _distinct(numbers: Wide) -> Wide:
    """The different ones of *numbers*, which are sorted in place."""
    numbers.sort()
    if len(numbers) < 2:
        return numbers
    new: Flags = np.ones(len(numbers), bool)
    np.not_equal(numbers[1:], numbers[:-1], out=new[1:])
    return numbers[new]


def _cuts(found: Floats, limit: int) -> Iterator[tuple[float, Flags]]:
    """Scores that more and more of the scores found reach, and which those are; at last all but those that are hidden."""
    enough = GUESS * limit
    if len(found) > enough:
        best = float(found.max())
        for share in (0.6, 0.45, 0.3):  # one of them mostly fits, and is found in half the time of an exact one
            high: Flags = found >= share * best
            if enough <= 2 * np.count_nonzero(high) <= 8 * enough:
                yield share * best, high
                break
        for times in (1, 8):
            if len(found) > times * enough and (cut := float(np.partition(found, len(found) - times * enough)[len(found) - times * enough])) > -np.inf:
                yield cut, found >= cut
    yield -np.inf, found > -np.inf


def _last(limit: int, results: Floats) -> float:
    """The limit-th best of *results*; -inf where there are fewer."""
    if len(results) < limit:
        return -np.inf
    return float(np.partition(results, len(results) - limit)[len(results) - limit])
