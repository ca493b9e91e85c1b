"""Postings in segments and a question's terms in, the exact best passages out, by the scores that rank-bm25 defines.

The lists of rare terms are walked. Those of common terms are not: what such a term adds at most to a few neighbouring
passages is kept in a byte, and tells which of the passages that were walked can still be among the best. For those
few it is looked up. What can win by common terms alone is seen from the same bytes, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from retrieval.index import Statistics
from retrieval.postings import Flags, Keys, Numbers, Wide, key
from retrieval.weighing import Floats, Form, Known, Listed, Read, Segment, Weighing

LONG = 48
"""A term that one in so many passages has is looked up for some passages rather than walked; its list is long then. At 200,000
passages of news anything from 32 to 96 takes as long."""

SHORT = 1000
"""Postings up to which a list is walked in any library."""

HOPE = 0.15
"""The share of the weight of all terms that those to be looked up may have. At 200,000 passages of news .1 takes 8 % less for
the slowest twentieth of questions and 8 % more for the others, .4 the reverse."""

GUESS = 32
"""Times as many postings as passages are wanted from which those are taken that are finished first."""

KNOWN = 50_000
"""Terms of questions that are kept with where their postings lie; some 200 bytes each."""


DIGITS = 9
TIED = 10.0**-DIGITS
"""Scores that differ by less are one: sums that were added in another order differ in their last digits."""

SHEETS = 2
"""Sheets that are kept for the questions to come: 10 MB each at 200,000 passages, and rarely are more in use at once."""


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
        if self.filled > len(self.scores) // 4:
            self.scores.fill(0.0)
        else:
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


    def of(self, keys: Keys) -> Wide:
        if not len(self.keys):
            return np.zeros(len(keys), np.int64)
        rows = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        counts: Wide = self.counts[rows] * (self.keys[rows] == keys)
        return counts


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
        self._weighings: dict[Form, Weighing] = {}
        self._sheets: list[Sheet] = []

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
        within = first.find(shared)[1]
        spread = np.bincount(counts, minlength=len(spread)) + np.pad(spread, (0, max(0, int(counts.max(initial=0)) + 1 - len(spread))))
        np.subtract.at(spread, within[within > 0], 1)
        used = np.flatnonzero(spread)
        return {int(count): int(spread[count]) for count in used if count}

    def _counts(self, keys: Keys) -> Wide:
        """In how many passages each of these terms is."""
        counts = np.zeros(len(keys), np.int64)
        for segment in self.segments:
            counts += segment.find(keys)[1]
        return counts - self.removed.of(keys)

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
        sheet = self._sheet()
        sheet.scores[hidden] = -np.inf
        best = self._best(listed, limit, self._weighing((k1, b)), sheet)
        sheet.wipe()
        sheet.scores[hidden] = 0.0
        if len(self._sheets) < SHEETS:  # kept only once it is clean again
            self._sheets.append(sheet)
        return best

    def _sheet(self) -> Sheet:
        try:
            return self._sheets.pop()
        except IndexError:
            return Sheet(self.size)

    def _listed(self, terms: Sequence[tuple[str, float]], read: Read) -> list[Listed]:
        """The terms that are in the library, those with few postings first."""
        known = self._known
        new = [term for term, _ in terms if term not in known]
        if new:
            if len(known) > KNOWN:
                known = self._known = {}
                new = [term for term, _ in terms]
            known.update(zip(new, self._look_for(np.array([key(term) for term in new], np.uint64)), strict=True))
        listed = [(found, weight * found.idf) for term, weight in terms if (found := known[term])]
        for at, segment in enumerate(self.segments):
            if not segment.complete:
                for term, _ in listed:
                    for number, begin, end in term.places:
                        if number == at:
                            segment.need(begin, end, read)
        listed.sort()
        return listed

    def prepare(self, k1: float | None = None, b: float | None = None) -> None:
        """Make the bounds of all common terms now, rather than when each is first asked for."""
        weighing = self._weighing((self.statistics.k1 if k1 is None else k1, self.statistics.b if b is None else b))
        long = max(SHORT, self.size // LONG)
        keys = np.unique(np.concatenate([np.zeros(0, np.uint64), *(segment.keys[segment.counts >= long] for segment in self.segments)]))
        weighing.prepare([term for term in self._look_for(keys) if term])

    def _look_for(self, wanted: Keys) -> list[Known | None]:
        spans = []
        counts = -self.removed.of(wanted)
        for segment in self.segments:
            begins, sizes = segment.find(wanted)
            counts += sizes
            spans.append(zip(begins.tolist(), sizes.tolist(), strict=True))
        found: list[Known | None] = []
        for number, count, *places in zip(wanted.tolist(), counts.tolist(), *spans, strict=True):
            if count:
                here = [(segment, begin, begin + size) for segment, (begin, size) in enumerate(places) if size]
                found.append(Known(sum(size for _, size in places), self.statistics.idf[count], number, here))
            else:
                found.append(None)
        return found

    def _weighing(self, form: Form) -> Weighing:
        weighing = self._weighings.get(form)
        if weighing is None:
            if len(self._weighings) > 4:
                self._weighings = {}
            weighing = self._weighings[form] = Weighing(self.segments, self.size, form, self.statistics.avgdl or 1.0)
        return weighing

    def _best(self, listed: list[Listed], limit: int, weighing: Weighing, sheet: Sheet) -> tuple[Wide, Floats]:
        walked, later = self._planned(listed)
        self._walk(walked, weighing, sheet)
        found = sheet.read()
        # The best so far are finished first, and tell what the others must reach.
        cuts = _cuts(found, limit)
        cut, candidates = np.inf, np.zeros(0, np.int64)
        while cut > -np.inf and len(candidates) < limit:
            cut, best = next(cuts)
            candidates = _distinct(sheet.walked[best])
        results = sheet.scores[candidates]
        weighing.add(later, candidates, results)
        need = _last(limit, results) - 2 * TIED
        more, their_results = self._others(candidates, found, cut, need, later, weighing, sheet)
        if len(more):
            candidates, results = np.concatenate([candidates, more]), np.concatenate([results, their_results])
        if len(candidates) > limit:
            enough = results >= _last(limit, results) - TIED
            candidates, results = candidates[enough], results[enough]
        order = np.argsort(-results, kind="stable")
        return candidates[order], results[order]

    def _planned(self, listed: list[Listed]) -> tuple[list[Listed], list[Listed]]:
        """The terms to be walked, and those to be looked up: the longest lists, as long as they can add little."""
        short = len(listed)
        if all(weight > 0 for _, weight in listed):
            long = max(SHORT, self.size // LONG)
            room = HOPE * sum(weight for _, weight in listed)
            while short > 1 and listed[short - 1][0].size >= long and listed[short - 1][1] < room:
                short -= 1
                room -= listed[short][1]
        return listed[:short], listed[short:]

    def _others(
        self, finished: Wide, found: Floats, cut: float, need: float, later: list[Listed], weighing: Weighing, sheet: Sheet
    ) -> tuple[Wide, Floats]:
        """The passages beside those finished, all with less than *cut* so far, that can reach *need*; with their whole scores."""
        hopes = weighing.hopes(later)
        while later and hopes.most >= need:  # a passage could win by the terms of `later` alone: too many were left for later
            now, later = _parted(later, 0.7 * max(need, 0.0) / hopes.most)
            self._walk(now, weighing, sheet)
            cut, found = np.inf, sheet.read()
            hopes = weighing.hopes(later)
        if max(cut, 0.0) + hopes.most < need:
            return np.zeros(0, np.int64), np.zeros(0)
        able = np.flatnonzero(found >= need - hopes.most if need > -np.inf else found > need)
        numbers, found = sheet.walked[able], found[able]
        candidates = _distinct(numbers[(found < cut) & (found + hopes.coarsely(numbers) >= need)])
        candidates = candidates[sheet.scores[candidates] + hopes.finely(candidates) >= need]
        if cut == np.inf and len(finished):
            candidates = candidates[finished[np.minimum(np.searchsorted(finished, candidates), len(finished) - 1)] != candidates]
        results = sheet.scores[candidates]
        weighing.add(later, candidates, results)
        return candidates, results

    def _walk(self, terms: Sequence[Listed], weighing: Weighing, sheet: Sheet) -> None:
        """Add what *terms* weigh to the scores of their passages."""
        sheet.reserve(sum(term.size for term, _ in terms))
        for number, (segment, table) in enumerate(zip(self.segments, weighing.tables, strict=True)):
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


def graded(scores: Floats) -> Floats:
    """Scores as they are compared: those that tie are equal."""
    return np.round(scores, DIGITS)


def _parted(later: list[Listed], share: float) -> tuple[list[Listed], list[Listed]]:
    """The terms with the shortest lists, at least one, and the others, which have *share* of the weight at most."""
    room = share * sum(weight for _, weight in later)
    kept = 0
    while kept < len(later) - 1 and later[-kept - 1][1] <= room:
        kept += 1
        room -= later[-kept][1]
    return later[: len(later) - kept], later[len(later) - kept :]


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
        best = max(float(found.max()), 0.0)  # below it are negative weights, and passages that are hidden
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
