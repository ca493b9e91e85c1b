"""How often words are shared, in; rank-bm25's idf, out: kept as counts of counts, so that it can follow every change."""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from math import log

EPSILON = 0.25
"""rank-bm25's default: a term in more than half of the passages weighs this share of the mean idf."""

LARGEST = 4_000_000
"""Terms counted one by one while an index is built; beyond it every second one is let go, by its hash."""


class Histogram:
    """How many terms occur in how many passages. The mean idf of a vocabulary needs nothing else of it."""

    def __init__(self, counts: Mapping[int, int] | None = None, share: int = 1) -> None:
        self.counts = Counter(dict(counts or {}))
        self.share = share

    def move(self, term: str, old: int, new: int) -> None:
        """*term* occurs in *new* passages instead of *old*."""
        if old == new or not sampled(term, self.share):
            return
        for frequency, change in ((old, -1), (new, 1)):
            if frequency > 0:
                self.counts[frequency] += change
                if self.counts[frequency] <= 0:
                    del self.counts[frequency]

    def mean_idf(self, passages: int) -> float:
        """Okapi's idf, averaged over the vocabulary as rank-bm25 does; 0 without terms."""
        terms = sum(self.counts.values())
        return sum(number * idf(frequency, passages) for frequency, number in self.counts.items() if frequency <= passages) / terms if terms else 0.0

    def packed(self) -> str:
        return f"{self.share} " + base64.b85encode(zlib.compress(json.dumps(sorted(self.counts.items())).encode())).decode()

    @classmethod
    def unpacked(cls, packed: str) -> Histogram:
        share, _, counts = packed.partition(" ")
        return cls(dict(json.loads(zlib.decompress(base64.b85decode(counts)))), int(share))


class Vocabulary:
    """Counts passages a term while an index is built from nothing; of a very large vocabulary, a sample by hash."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest, self._share = largest, 1
        self._counts: Counter[str] = Counter()

    def add(self, terms: Iterable[str]) -> None:
        if self._share > 1:
            terms = (term for term in terms if sampled(term, self._share))
        self._counts.update(terms)
        while len(self._counts) > self._largest:
            self._share *= 2
            self._counts = Counter({term: count for term, count in self._counts.items() if sampled(term, self._share)})

    def histogram(self) -> Histogram:
        return Histogram(Counter(self._counts.values()), self._share)


def sampled(term: str, share: int) -> bool:
    """Whether *term* is among one in *share*, the same ones every time."""
    return share == 1 or zlib.crc32(term.encode("utf-8", "surrogatepass")) % share == 0


def idf(frequency: int, passages: int) -> float:
    """Robertson and Sparck Jones' idf, as rank-bm25 has it before its floor: negative beyond half of the passages."""
    return log(passages - frequency + 0.5) - log(frequency + 0.5)


def weight(frequency: int, passages: int, mean_idf: float) -> float:
    """rank-bm25's idf, with its floor."""
    plain = idf(frequency, passages)
    return plain if plain >= 0 else EPSILON * mean_idf
