"""A folded text in, the passages out that may hold it: by the pairs of Han characters that the index has of every passage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from retrieval.postings import Flags, Keys, key
from retrieval.segments import Table
from retrieval.text import bigrams
from retrieval.weighing import Read, Segment

ENOUGH = 8
"""Pairs that are looked at, the rarest of the text: further ones leave hardly any passage out."""


def may_hold(folded: str, segments: Sequence[Segment], read: Read) -> list[Flags]:
    """For each segment which of its passages may hold the text; all that are not removed where it has no two Han characters."""
    keys = np.array(sorted({key(folded[start:end]) for start, end in bigrams(folded)}), np.uint64)
    return [_alive(segment, _candidates(segment, keys, read)) for segment in segments]


def may_hold_in_parts(folded: str, segments: Sequence[Segment], tables: Sequence[Table], read: Read) -> list[int]:
    """The rows of the articles whose passages together may hold the text, which may run over their ends; ascending."""
    rows: set[int] | None = None
    pairs = sorted({folded[start:end] for start, end in bigrams(folded)})
    for pair in pairs[:: max(1, len(pairs) // ENOUGH)] or [""]:
        flags = may_hold(pair, segments, read)
        here = {row for table, each in zip(tables, flags, strict=True) for row in np.unique(table.articles[each]).tolist()}
        rows = here if rows is None else rows & here
    return sorted(rows or ())


def _candidates(segment: Segment, keys: Keys, read: Read) -> Flags:
    if not len(keys):
        return np.ones(len(segment.lengths), bool)
    begins, sizes = segment.find(keys)
    found = np.zeros(len(segment.lengths), bool)
    if not sizes.all():
        return found
    times = np.zeros(len(segment.lengths), np.int32)
    rarest = np.argsort(sizes)[:ENOUGH]
    for begin, size in zip(begins[rarest].tolist(), sizes[rarest].tolist(), strict=True):
        segment.need(begin, begin + size, read)
        times[segment.numbers[begin : begin + size]] += 1
    found |= times == len(rarest)
    return found


def _alive(segment: Segment, flags: Flags) -> Flags:
    flags[segment.dead] = False
    return flags
