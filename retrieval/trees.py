"""Features of windows, or signals of an answer, in; what boosted trees add to the weighted sum of each out.

A tree asks one question of a window after another (is its length at most 62.5? its share of the question's words at most
.8?) and gives a number at the end; the numbers of all trees are added. They see what a weighted sum cannot: that a short
window is worth little when its words are common, and much when they are rare.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from retrieval.native import function, kernels

Floats = npt.NDArray[np.float64]

_ARGUMENTS = (ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)


@cache
def kernel() -> Callable[..., None] | None:
    """`trees_sum` of trees.c; None where there are no kernels."""
    library = kernels()
    return function(library, "trees_sum", _ARGUMENTS) if library else None


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

    def __post_init__(self) -> None:
        if self.features.size and int(self.features.max()) >= len(self.names):
            raise ValueError("a tree asks for a feature that has no name")

    @classmethod
    def load(cls, file: Path) -> Trees:
        with np.load(file, allow_pickle=False) as stored:
            return cls(tuple(map(str, stored["names"])), stored["features"], stored["thresholds"], stored["values"])

    def save(self, file: Path) -> None:
        np.savez_compressed(file, names=np.array(self.names), features=self.features, thresholds=self.thresholds, values=self.values)

    @cached_property
    def _arrays(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """The same as the kernel reads them; it trusts that each feature is one of the names."""
        return np.ascontiguousarray(self.features, np.uint8), np.ascontiguousarray(self.thresholds, np.float32), np.ascontiguousarray(self.values, np.float32)

    @cached_property
    def _flat(self) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
        return self.features.astype(np.int64).ravel(), self.thresholds.astype(np.float64).ravel(), self.values.astype(np.float64).ravel()

    def __call__(self, rows: Floats, names: Sequence[str]) -> Floats:
        """What the trees give for each of *rows*, whose columns are *names*. Raises ValueError where one that is asked for is missing."""
        columns = np.array([names.index(name) for name in self.names])
        values = np.ascontiguousarray(rows[:, columns], np.float64)
        trees_sum = kernel()
        return self._by_kernel(trees_sum, values) if trees_sum else self._by_python(values)

    def _by_kernel(self, trees_sum: Callable[..., None], values: Floats) -> Floats:
        features, thresholds, leaves = self._arrays
        result = np.empty(len(values))
        addresses = [array.ctypes.data for array in (features, thresholds, leaves)]
        trees_sum(values.ctypes.data, *values.shape, *addresses, *self.features.shape, result.ctypes.data)
        return result

    def _by_python(self, values: Floats) -> Floats:
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
        # Tree by tree, as the kernel does: numpy's sum of a row adds in another order.
        result: Floats = np.cumsum(leaves.take(ends + (place - self.features.shape[1])), axis=1)[:, -1]
        return result
