"""The kernel in `ranking.c`: segments of postings and a question's keys in, the numbers and scores of the best passages out."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from sqlite3 import DatabaseError
from struct import pack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.native import function
from retrieval.postings import Flags, Wide
from retrieval.weighing import Bytes, Floats, Form, Removed, Segment

COMMON = 256
"""Postings from which on a term gets a guide into its list, some 3 % of the size of the postings, and what it adds at most is kept."""

WINDOW = 4096
"""As in ranking.c."""

SHEETS = 2
"""Sheets that are kept for the questions to come: 3 MB each at 200,000 passages, and rarely are more in use at once."""

FORMS = 4
"""Pairs of k1 and b, beside the last, of which the weights are kept."""

TERMS = 100
"""Terms of a question that a sheet has room for from the start."""


class _Segment(ctypes.Structure):
    """As in ranking.c."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("keys", "starts", "numbers", "codes", "weights", "common", "places", "guides", "guided", "most", "measured")),
        *((name, ctypes.c_int64) for name in ("terms", "commons")),
        *((name, ctypes.c_int32) for name in ("passages", "base", "wide", "unused")),
    )


class _Library(ctypes.Structure):
    """As in ranking.c."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("segments", "removed", "removals", "counts", "idf")),
        ("most", ctypes.c_double),
        *((name, ctypes.c_int64) for name in ("removed_size", "counts_size", "common")),
        *((name, ctypes.c_int32) for name in ("segments_size", "passages")),
    )


class _Sheet(ctypes.Structure):
    """As in ranking.c."""

    _fields_ = tuple((name, ctypes.c_void_p) for name in ("scores", "others", "named", "candidates", "reached", "best", "results", "terms"))


class _Common:
    """What is kept of a segment's common terms, whatever k1 and b are."""

    def __init__(self, segment: Segment) -> None:
        self.keys = np.flatnonzero(segment.counts >= COMMON).astype(np.uint32)
        self.places = np.zeros(len(self.keys), np.uint64)
        self.guided = np.zeros(len(self.keys), np.uint8)
        self.guides = np.zeros(0, np.uint32)


class _Weighed:
    """A library by one k1 and b, as the kernel reads it. Holds all arrays that it points to."""

    def __init__(self, segments: Sequence[Segment], commons: Sequence[_Common], removed: Removed, idf: tuple[Wide, Floats], form: Form, average: float) -> None:
        self._weights = [segment.weights(*form, average) for segment in segments]
        self._most = [np.zeros(len(common.keys)) for common in commons]
        self._measured = [np.zeros(len(common.keys), np.uint8) for common in commons]
        self._held = segments, commons, removed, idf
        self.segments = (_Segment * len(segments))(*map(_struct, segments, commons, self._weights, self._most, self._measured))
        size = sum(len(segment.lengths) for segment in segments)
        # No pair weighs k1 + 1: its count would have to be infinite.
        self._library = _Library(
            ctypes.addressof(self.segments), *(_address(array) for array in (removed.keys, removed.counts, *idf)), form[0] + 1,
            len(removed.keys), len(idf[0]), COMMON, len(segments), size,
        )  # fmt: skip
        self.address = ctypes.addressof(self._library)


def _struct(segment: Segment, common: _Common, weights: Floats, most: Floats, measured: Bytes) -> _Segment:
    postings = segment.keys, segment.starts, segment.numbers, segment.codes, weights
    arrays: tuple[NDArray[Any], ...] = *postings, common.keys, common.places, common.guides, common.guided, most, measured
    return _Segment(*map(_address, arrays), len(segment.keys), len(common.keys), len(segment.lengths), segment.base, segment.codes.dtype.itemsize > 2)


class Sheet:
    """Paper for one question at a time. Of most of it no page is ever written."""

    def __init__(self, room: Callable[[int], int], passages: int) -> None:
        self._room = room
        self._terms = 0
        self._scores, self._others, self._named = np.full(WINDOW, -0.0), np.zeros(WINDOW), np.zeros(WINDOW + 1, np.int32)
        self._candidates, self._reached = np.zeros(passages + 1, np.int32), np.zeros(passages + 1)
        self.best, self.results = np.zeros(passages, np.int32), np.zeros(passages)
        arrays: tuple[NDArray[Any], ...] = self._scores, self._others, self._named, self._candidates, self._reached, self.best, self.results
        self._struct = _Sheet(*map(_address, arrays))
        self.address = ctypes.addressof(self._struct)
        self.reserve(TERMS)

    def reserve(self, terms: int) -> None:
        """Have room for so many terms."""
        if terms > self._terms:
            self._terms, self._listed = terms, np.zeros(self._room(terms), np.uint8)
            self._struct.terms = _address(self._listed)


class Kernel:
    """Ranks the passages of segments; the postings of the terms that are asked for must be in memory.

    Safe from several threads: each question has a sheet of its own, and what is kept of common terms is written once.
    """

    def __init__(self, kernels: ctypes.CDLL, segments: Sequence[Segment], removed: Removed, idf: Mapping[int, float], average: float) -> None:
        pointer, whole = ctypes.c_void_p, ctypes.c_int64
        self._best = function(kernels, "ranking_best", (pointer, ctypes.c_char_p, ctypes.c_char_p, whole, whole, pointer, pointer), whole)
        self._prepare = function(kernels, "ranking_prepare", (pointer,))
        places, room = function(kernels, "ranking_places", (pointer, pointer), whole), function(kernels, "ranking_room", (whole, whole), whole)
        self._room = lambda terms: int(room(terms, len(segments)))
        self._segments, self._removed, self._average = segments, removed, average
        counts = sorted(idf)
        self._idf = np.array(counts, np.int64), np.array([idf[count] for count in counts], np.float64)
        self._size = sum(len(segment.lengths) for segment in segments)
        self._commons = [_Common(segment) for segment in segments]
        for segment, common in zip(segments, self._commons, strict=True):
            struct = _struct(segment, common, np.zeros(0), np.zeros(0), common.guided)
            common.guides = np.empty(places(ctypes.addressof(struct), _address(common.places)), np.uint32)
        self._weighed: dict[Form, _Weighed] = {}
        self._sheets: list[Sheet] = []

    def best(self, form: Form, keys: Sequence[int], weights: Sequence[float], limit: int, hidden: Flags | None) -> tuple[list[int], list[float]]:
        """The numbers and scores of the best passages; as `Ranker.best`."""
        weighed = self._weighed.get(form) or self._weigh(form)
        size = len(keys)
        sheet = self._sheet(size)
        left_out = None if hidden is None else _address(hidden)
        found = self._best(weighed.address, pack(f"{size}Q", *keys), pack(f"{size}d", *weights), size, limit, left_out, sheet.address)
        if found < 0:
            raise DatabaseError("malformed postings: of some term there are more or fewer than the statistics tell")
        best = sheet.best[:found].tolist(), sheet.results[:found].tolist()
        if len(self._sheets) < SHEETS:
            self._sheets.append(sheet)
        return best

    def prepare(self, form: Form) -> None:
        """Make now what is kept of all common terms."""
        self._prepare((self._weighed.get(form) or self._weigh(form)).address)

    def _sheet(self, terms: int) -> Sheet:
        try:
            sheet = self._sheets.pop()
        except IndexError:
            sheet = Sheet(self._room, self._size)
        sheet.reserve(terms)
        return sheet

    def _weigh(self, form: Form) -> _Weighed:
        if len(self._weighed) > FORMS:
            self._weighed = {}
        weighed = self._weighed[form] = _Weighed(self._segments, self._commons, self._removed, self._idf, form, self._average)
        return weighed


def _address(array: NDArray[Any]) -> int:
    return int(array.ctypes.data)
