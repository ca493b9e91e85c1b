"""Words in, what a large corpus knows of them out: how common they are, and which are used alike.

The numbers were learnt from 68,000 news articles by tests/quality/learn_words.py and ship in data/words.npz.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

UNSEEN = 2e-6
"""The share of articles a word is taken to occur in that was too rare to be learnt: under half of the rarest that was."""


class Lexicon:
    """Frequencies and unit vectors of words in folded (Simplified, lower-case) text."""

    def __init__(self, words: Sequence[str], frequency: Floats, vectors: npt.NDArray[np.int8]) -> None:
        self._row = {word: row for row, word in enumerate(words)}
        self._frequency = frequency
        self._vectors = vectors
        self._scale = (1 / np.maximum(1e-6, np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float32)))).astype(np.float32)

    @classmethod
    def load(cls, path: Path) -> Lexicon:
        with np.load(path) as file:
            words = file["words"].tobytes().decode().split("\n")
            return cls(words, file["frequency"], file["vectors"])

    def frequency(self, word: str) -> float:
        """The share of news articles (0 to 1) that hold *word*; UNSEEN for a word that was not learnt."""
        row = self._row.get(word)
        return UNSEEN if row is None else max(UNSEEN, float(self._frequency[row]))

    def words(self) -> tuple[str, ...]:
        """All words, the most frequent first."""
        return tuple(self._row)

    def knows(self, word: str) -> bool:
        return word in self._row

    def vectors(self, words: Sequence[str]) -> Floats:
        """One row a word, of length 1; a row of zeros for a word that was not learnt."""
        row = self._row
        rows = np.array([row.get(word, -1) for word in words], dtype=np.int64)
        found: Floats = self._vectors[rows].astype(np.float32)
        found *= np.where(rows < 0, 0, self._scale[rows])[:, None]
        return found


@cache
def default_lexicon() -> Lexicon:
    return Lexicon.load(Path(__file__).parent / "data" / "words.npz")
