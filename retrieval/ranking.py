"""A library's segments and a question's terms in, the exact best passages out, by the scores that rank-bm25 defines.

Here are the statistics over all segments; the postings are gone through by the kernel in `native/ranking.c`, or by
`walking` where there is none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from retrieval.index import Statistics
from retrieval.native import kernels
from retrieval.native.ranking import Kernel
from retrieval.postings import Flags, Keys, Wide, key
from retrieval.walking import Walker
from retrieval.weighing import Read, Removed, Segment


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
        self._hidden: Flags | None = None
        if len(self.dead):
            self._hidden = np.zeros(self.size, bool)
            self._hidden[self.dead] = True
        compiled = kernels()
        given = segments, removed, self.statistics.idf, self.statistics.avgdl or 1.0
        self.ways: Kernel | Walker = Kernel(compiled, *given) if compiled else Walker(*given)

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
        hidden: Flags | None = None,
    ) -> tuple[list[int], list[float]]:
        """The numbers and scores of the passages that share a term, best first, at least *limit* of them if there are as many.

        All passages that tie with the last are among them. Those that are *hidden* are left out; None hides the removed ones.
        """
        keys = [ord(term[0]) << 21 | ord(term[1]) if len(term) == 2 else key(term) for term, _ in terms]  # most have two characters
        for segment in self.segments:
            if not segment.complete:
                begins, sizes = segment.find(np.array(keys, np.uint64))
                for begin, size in zip(begins.tolist(), sizes.tolist(), strict=True):
                    if size:
                        segment.need(begin, begin + size, read)
        return self.ways.best(self._form(k1, b), keys, [weight for _, weight in terms], limit, self._hidden if hidden is None else hidden)

    def prepare(self, k1: float | None = None, b: float | None = None) -> None:
        """Make now what else is made when a common term is first asked for; all postings must be in memory."""
        self.ways.prepare(self._form(k1, b))

    def _form(self, k1: float | None, b: float | None) -> tuple[float, float]:
        return self.statistics.k1 if k1 is None else k1, self.statistics.b if b is None else b
