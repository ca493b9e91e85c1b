"""Passages' terms in, rank-bm25's scores out: `BM25Okapi` defines idf, its floor and the parameters, numpy does the sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


class Statistics(BM25Okapi):
    """rank-bm25's own parameters and idf for a set of passages that is given by its counts instead of its texts."""

    def __init__(self, passages: int, length: int, frequencies: Mapping[str, int]) -> None:
        self._given = passages, length, frequencies
        super().__init__(())

    def _initialize(self, corpus: object) -> Mapping[str, int]:
        self.corpus_size, length, frequencies = self._given
        self.avgdl = length / self.corpus_size if self.corpus_size else 0.0
        return frequencies

    def _calc_idf(self, nd: Mapping[str, int]) -> None:
        if nd:  # rank-bm25 divides by the number of terms
            super()._calc_idf(nd)


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


class Postings:
    """The postings of a library in memory, immutable: for each term the numbers of its passages and its counts there."""

    def __init__(self, texts: Iterable[Iterable[str]]) -> None:
        numbers: dict[str, list[int]] = {}
        counts: dict[str, list[int]] = {}
        lengths = []
        for number, text in enumerate(texts):
            found = Counter(text)
            lengths.append(found.total())
            for term, count in found.items():
                numbers.setdefault(term, []).append(number)
                counts.setdefault(term, []).append(count)
        self._numbers = {term: np.array(found, np.int32) for term, found in numbers.items()}
        self._counts = {term: np.array(found, np.int32) for term, found in counts.items()}
        self.lengths: Ints = np.array(lengths, np.int32)
        self.statistics = Statistics(len(lengths), sum(lengths), self.frequencies(list(numbers)))

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        return {term: len(self._numbers.get(term, ())) for term in terms}

    def idf(self, term: str) -> float:
        return float(self.statistics.idf.get(term, 0.0))

    def best(self, terms: Sequence[tuple[str, float]], limit: int, k1: float | None = None, b: float | None = None,
             allowed: NDArray[np.bool_] | None = None) -> list[tuple[int, float]]:
        """Passage numbers and scores of the best *limit* passages that share a term, ties by number; *allowed* filters."""
        if not len(self.lengths):
            return []
        k1 = self.statistics.k1 if k1 is None else k1
        b = self.statistics.b if b is None else b
        norms = k1 * (1 - b + b * self.lengths / self.statistics.avgdl) if self.statistics.avgdl else np.ones(len(self.lengths))
        scores: Floats = np.zeros(len(self.lengths))
        shared = np.zeros(len(self.lengths), bool)
        for term, weight in terms:
            numbers = self._numbers.get(term)
            if numbers is None:
                continue
            counts = self._counts[term]
            scores[numbers] += weight * self.idf(term) * (counts * (k1 + 1) / (counts + norms[numbers]))
            shared[numbers] = True
        if allowed is not None:
            shared &= allowed
        found = np.flatnonzero(shared)
        order = np.lexsort((found, -scores[found]))[:limit]
        return [(int(n), float(scores[n])) for n in found[order]]


def summed(terms: Iterable[str]) -> tuple[tuple[str, float], ...]:
    """The terms of a question with how often each occurs: rank-bm25 counts a repeated term again."""
    return tuple((term, float(count)) for term, count in Counter(terms).items())


def mask(allowed: Iterable[bool]) -> NDArray[np.bool_]:
    return np.fromiter(allowed, bool)
