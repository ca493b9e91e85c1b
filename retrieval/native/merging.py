"""Sorted arrays in, one of them out, and what they share: merging.c as Python calls it."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.native import function, kernels

Wide = NDArray[np.int64]


class Merging:
    """The kernels on sorted arrays. Safe to use from several threads."""

    def __init__(self, library: ctypes.CDLL) -> None:
        pointer, whole, half = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32
        self._places = function(library, "merging_places", (pointer, pointer, whole, pointer))
        self._slice = function(library, "merging_slice", (pointer, pointer, whole, whole, pointer, pointer, half, pointer, half, half, pointer, pointer, pointer))
        self._shared = function(library, "merging_shared", (pointer, whole, whole, pointer, pointer, pointer, whole, pointer))
        self._counted = function(library, "merging_counted", (pointer, whole, *[pointer] * 7))
        self._seen = function(library, "merging_seen", (pointer, pointer, pointer, whole, whole, pointer))
        self._coded = function(library, "merging_coded", (pointer, pointer, pointer, whole, whole, pointer, pointer))

    def places(self, every: NDArray[np.uint64], keys: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Where each of the ascending *keys* stands among the ascending keys of which they are some."""
        found = np.empty(len(keys), np.int32)
        self._places(*_at(every, keys), len(keys), *_at(found))
        return found

    def slice(
        self,
        places: NDArray[np.int32],
        counts: NDArray[np.int32],
        low: int,
        postings: tuple[NDArray[np.int32], NDArray[np.unsignedinteger]],
        recoded: NDArray[np.unsignedinteger],
        base: int,
        free: Wide,
        into: tuple[NDArray[np.int32], NDArray[np.unsignedinteger]],
    ) -> None:
        """Put the *postings* (numbers and codes) of terms at *places*, so many of each, where they are *free* to go; `free` moves on."""
        self._slice(
            *_at(places, counts), len(places), low, *_at(*postings), postings[1].itemsize > 2, *_at(recoded), recoded.itemsize > 2, base, *_at(free, *into)
        )

    def counted(
        self, briefs: NDArray[np.uint64], longs: NDArray[np.uint64], names: NDArray[np.uint64], lengths: NDArray[np.int32]
    ) -> tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Sorted terms, packed with their passages, as keys, counts, and each posting's passage and times; *lengths* are added to.

        *longs* are packed as their places among *names*.
        """
        size = len(briefs) + len(longs)
        keys, counts, numbers, times, sizes = np.empty(size, np.uint64), np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int32), np.zeros(2, np.int64)
        terms = postings = 0
        for packed, known in ((briefs, None), (longs, names)):
            into = _at(keys[terms:], counts[terms:], numbers[postings:], times[postings:], lengths, sizes)
            self._counted(*_at(packed), len(packed), known.ctypes.data if known is not None else None, *into)
            terms, postings = terms + int(sizes[0]), postings + int(sizes[1])
        return keys[:terms].copy(), counts[:terms].copy(), numbers[:postings].copy(), times[:postings]

    def coded(self, numbers: NDArray[np.int32], times: NDArray[np.int32], lengths: NDArray[np.int32]) -> tuple[NDArray[np.uint16], NDArray[np.int32]] | None:
        """Each posting's place among the pairs of times and lengths, and these; None where there are too many."""
        width = int(lengths.max(initial=0)) + 1
        size = width * (int(times.max(initial=0)) + 1)
        if size > 16_000_000:
            return None
        seen, codes = np.zeros(size, np.uint8), np.empty(len(numbers), np.uint16)
        self._seen(*_at(numbers, times, lengths), len(numbers), width, *_at(seen))
        found = np.flatnonzero(seen)
        if len(found) >= 1 << 16:
            return None
        places = np.empty(size, np.uint16)
        places[found] = np.arange(len(found), dtype=np.uint16)
        self._coded(*_at(numbers, times, lengths), len(numbers), width, *_at(places, codes))
        return codes, np.stack([found // width, found % width], axis=1).astype(np.int32)

    def shared(self, rows: Wide, none: int, ones: Wide, others: Wide, most: Wide) -> Wide:
        """For each pair of rows how many of the *most* smallest values of both together are in both; *none* is no value."""
        found = np.empty(len(ones), np.int64)
        self._shared(*_at(rows), rows.shape[1], none, *_at(ones, others, most), len(ones), *_at(found))
        return found


def _at(*arrays: NDArray[Any]) -> list[int]:
    assert all(array.flags.c_contiguous for array in arrays)
    return [array.ctypes.data for array in arrays]


@cache
def merging() -> Merging | None:
    """The kernels on sorted arrays; None where they are not to be had."""
    library = kernels()
    return Merging(library) if library else None
