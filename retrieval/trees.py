"""Features of windows in, what boosted trees add to the linear score of each out.

A tree asks one question of a window after another (is its length at most 62.5? its share of the question's words at most
.8?) and gives a number at the end; the numbers of all trees are added. They see what a weighted sum cannot: that a short
window is worth little when its words are common, and much when they are rare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trees:
    """Complete binary trees, all of one depth, as heaps: the children of node n are 2n + 1 and 2n + 2.

    names       the features that are asked for, by their place
    features    (trees, nodes) which feature a node asks for
    thresholds  (trees, nodes) the most it may be to go left
    values      (trees, leaves) what a tree gives
    """

    names: tuple[str, ...]
    features: npt.NDArray[np.uint8]
    thresholds: npt.NDArray[np.float32]
    values: npt.NDArray[np.float32]

    @classmethod
    def load(cls, file: Path) -> Trees:
        with np.load(file, allow_pickle=False) as stored:
            return cls(tuple(map(str, stored["names"])), stored["features"], stored["thresholds"], stored["values"])

    def save(self, file: Path) -> None:
        np.savez_compressed(file, names=np.array(self.names), features=self.features, thresholds=self.thresholds, values=self.values)

    @cached_property
    def _flat(self) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
        return self.features.astype(np.int64).ravel(), self.thresholds.astype(np.float64).ravel(), self.values.astype(np.float64).ravel()

    def __call__(self, rows: Floats, names: Sequence[str]) -> Floats:
        """What the trees give for each of *rows*, whose columns are *names*. Raises ValueError where one that is asked for is missing."""
        columns = np.array([names.index(name) for name in self.names])
        values = np.ascontiguousarray(rows[:, columns])
        features, thresholds, leaves = self._flat
        trees, nodes = self.features.shape
        roots = np.arange(trees) * nodes
        ends = np.arange(trees) * (nodes + 1)
        width = values.shape[1]
        flat = values.ravel()
        at = np.arange(len(values))[:, None] * width
        place = np.zeros((len(values), trees), np.int64)
        while nodes:
            node = roots + place
            place += place + 1 + (flat.take(at + features.take(node)) > thresholds.take(node))
            nodes >>= 1
        result: Floats = leaves.take(ends + (place - self.features.shape[1])).sum(axis=1)
        return result
