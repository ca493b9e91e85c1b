"""Counts of terms and passages in, rank-bm25's idf out: `BM25Okapi` defines the parameters, idf and its floor.

The ranking of a library is in `ranking`; here is what rank-bm25 itself computes: statistics, and the ranking of small sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from rank_bm25 import BM25Okapi


class Statistics(BM25Okapi):
    """rank-bm25's own parameters and idf, by the number of passages a term is in instead of by term.

    *spread* tells how many terms are in how many passages. `idf` maps a number of passages to the idf of such a term,
    `average_idf` is the average over all terms: terms that are in equally many passages have one idf.
    """

    idf: dict[int, float]
    average_idf: float
    avgdl: float
    k1: float
    b: float

    def __init__(self, passages: int, length: int, spread: Mapping[int, int]) -> None:
        self._given = passages, length
        self._spread = spread
        super().__init__(())

    def _initialize(self, corpus: object) -> Mapping[int, int]:
        self.corpus_size, length = self._given
        self.avgdl = length / self.corpus_size if self.corpus_size else 0.0
        return {frequency: frequency for frequency in self._spread}

    def _calc_idf(self, nd: Mapping[int, int]) -> None:
        if not nd:  # rank-bm25 divides by the number of terms
            return
        super()._calc_idf(nd)
        idf = dict(self.idf)
        for frequency in [frequency for frequency in nd if 2 * frequency > self.corpus_size]:
            self.idf = {}  # here idf is negative and the floor stands in its place; alone, a term's idf is the average
            super()._calc_idf({frequency: frequency})
            idf[frequency] = self.average_idf
        total = sum(idf[frequency] * count for frequency, count in self._spread.items())
        self.average_idf = total / sum(self._spread.values())
        floor = self.epsilon * self.average_idf
        self.idf = {frequency: floor if value < 0 else value for frequency, value in idf.items()}


class Small(BM25Okapi):
    """A handful of texts, such as the sentences of the best passages, ranked with the idf of the library.

    Their own idf would say little: .67 of the first sentences were right with it, .84 with the library's.
    """

    def __init__(self, texts: Sequence[Sequence[str]], idf: Callable[[str], float]) -> None:
        self._library = idf
        super().__init__(texts)

    def _calc_idf(self, nd: Mapping[str, int]) -> None:
        self.idf = {term: self._library(term) for term in nd}


def rank_small(texts: Sequence[Sequence[str]], query: Sequence[str], idf: Callable[[str], float]) -> list[float]:
    """The score of each text of a small set for the terms of *query*, by `BM25Okapi` with the *idf* of the library."""
    if not any(texts):
        return [0.0] * len(texts)
    return [float(score) for score in Small(texts, idf).get_scores(query)]


def summed(terms: Iterable[str]) -> tuple[tuple[str, float], ...]:
    """The terms of a question with how often each occurs: rank-bm25 counts a repeated term again."""
    counts: dict[str, float] = {}
    for term in terms:
        counts[term] = counts.get(term, 0.0) + 1.0
    return tuple(counts.items())
