"""The best passages for a question's terms, by numpy: where the kernel in `native/ranking.c` is not there.

The lists of rare terms are walked. Those of common terms are not: what such a term adds at most to a few neighbouring
passages is kept in a byte, and tells which of the passages that were walked can still be among the best. For those
few it is looked up. What can win by common terms alone is seen from the same bytes, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from retrieval.postings import Flags, Keys, Wide
from retrieval.weighing import TIED, Floats, Form, Known, Listed, Removed, Segment, Weighing

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


class Walker:
    """Ranks the passages of segments; the postings of the terms that are asked for must be in memory. Safe from several threads."""

    def __init__(self, segments: Sequence[Segment], removed: Removed, idf: Mapping[int, float], average: float) -> None:
        self.segments = segments
        self.size = sum(len(segment.lengths) for segment in segments)
        self._removed, self._idf, self._average = removed, idf, average
        self._known: dict[int, Known | None] = {}
        self._weighings: dict[Form, Weighing] = {}
        self._sheets: list[Sheet] = []

    def best(self, form: Form, keys: Sequence[int], weights: Sequence[float], limit: int, hidden: Flags | None) -> tuple[list[int], list[float]]:
        """The numbers and scores of the best passages; as `Ranker.best`."""
        listed = self._listed(keys, weights)
        if not listed or limit < 1:
            return [], []
        sheet = self._sheet()
        if hidden is not None:
            sheet.scores[hidden] = -np.inf
        numbers, scores = self._best(listed, limit, self._weighing(form), sheet)
        sheet.wipe()
        if hidden is not None:
            sheet.scores[hidden] = 0.0
        if len(self._sheets) < SHEETS:  # kept only once it is clean again
            self._sheets.append(sheet)
        return numbers.tolist(), scores.tolist()

    def prepare(self, form: Form) -> None:
        """Make the bounds of all common terms now, rather than when each is first asked for."""
        long = max(SHORT, self.size // LONG)
        keys = np.unique(np.concatenate([np.zeros(0, np.uint64), *(segment.keys[segment.counts >= long] for segment in self.segments)]))
        self._weighing(form).prepare([term for term in self._look_for(keys) if term])

    def _sheet(self) -> Sheet:
        try:
            return self._sheets.pop()
        except IndexError:
            return Sheet(self.size)

    def _listed(self, keys: Sequence[int], weights: Sequence[float]) -> list[Listed]:
        """The terms that are in the library, those with few postings first."""
        known = self._known
        new = [key for key in keys if key not in known]
        if new:
            if len(known) > KNOWN:
                known = self._known = {}
                new = list(keys)
            known.update(zip(new, self._look_for(np.array(new, np.uint64)), strict=True))
        listed = [(found, weight * found.idf) for key, weight in zip(keys, weights, strict=True) if (found := known[key])]
        listed.sort()
        return listed

    def _look_for(self, wanted: Keys) -> list[Known | None]:
        spans = []
        counts = -self._removed.of(wanted)
        for segment in self.segments:
            begins, sizes = segment.find(wanted)
            counts += sizes
            spans.append(zip(begins.tolist(), sizes.tolist(), strict=True))
        found: list[Known | None] = []
        for number, count, *places in zip(wanted.tolist(), counts.tolist(), *spans, strict=True):
            if count:
                here = [(segment, begin, begin + size) for segment, (begin, size) in enumerate(places) if size]
                found.append(Known(sum(size for _, size in places), self._idf[count], number, here))
            else:
                found.append(None)
        return found

    def _weighing(self, form: Form) -> Weighing:
        weighing = self._weighings.get(form)
        if weighing is None:
            if len(self._weighings) > 4:
                self._weighings = {}
            weighing = self._weighings[form] = Weighing(self.segments, self.size, form, self._average)
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
