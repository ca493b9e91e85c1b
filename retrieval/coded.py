"""Texts in code points in, the postings of their passages out, by compiled kernels; the same as `postings.cut` makes in Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.native.texts import Bounds, Codes, Texts, bounds_of, coded, text_of
from retrieval.numerals import plain_numbers
from retrieval.postings import Postings, Uncut, key, sorted_in
from retrieval.text import Cutter, bigrams, fold, folded_alone, is_word


@dataclass(frozen=True)
class Coded:
    """The titles and passages of articles in the code points of one array.

    bounds   where each text begins and, at last, where they end
    owners   for each text the first passage that it is of, and of how many: a title is of all of its article's
    """

    codes: Codes
    bounds: Bounds
    owners: Bounds
    passages: int

    @classmethod
    def of(cls, parts: Sequence[bytes], owners: Sequence[tuple[int, int]], passages: int) -> Coded:
        return cls(np.frombuffer(b"".join(parts), "<u4"), bounds_of([len(part) // 4 for part in parts]), np.array(owners, np.int64).reshape(-1, 2), passages)

    @classmethod
    def uncut(cls, batch: Uncut) -> Coded:
        parts: list[bytes] = []
        owners: list[tuple[int, int]] = []
        passage = 0
        for title, texts in batch.articles:
            if title:
                parts.append(coded(title))
                owners.append((passage, len(texts)))
            parts += map(coded, texts)
            owners += [(passage + at, 1) for at in range(len(texts))]
            passage += len(texts)
        return cls.of(parts, owners, passage)


def cut(kernel: Texts, cutter: Cutter, batch: Coded) -> Postings:
    """The postings of the passages of a batch, by the terms of title and passage."""
    folded = _folded(kernel, batch)
    owners = batch.owners
    own = _holding_own_words(cutter, folded, batch.bounds)
    if own:
        owners = owners.copy()
        owners[own, 1] = 0  # the kernel makes nothing of these
    briefs, keys, holders, hints, close = kernel.terms(folded, batch.bounds, owners)
    others: list[int] = []
    owned: list[int] = []
    for at in sorted({*own, *np.flatnonzero(close).tolist()}):
        text = text_of(folded[batch.bounds[at] : batch.bounds[at + 1]])
        found = [key(word) for word in cutter.cut(text) if is_word(word)] + [key(text[start:end]) for start, end in bigrams(text)]
        _hold(others, owned, found, *batch.owners[at].tolist())
    for at in np.flatnonzero(hints).tolist():
        numbers = plain_numbers(text_of(folded[batch.bounds[at] : batch.bounds[at + 1]]))
        if numbers:
            _hold(others, owned, [key(number) for number, _, _ in numbers], *batch.owners[at].tolist())
    every = np.concatenate([keys, np.array(others, np.uint64)])
    return sorted_in([briefs], every, np.concatenate([holders, np.array(owned, np.uint64)]), batch.passages)


def _hold(keys: list[int], holders: list[int], found: Sequence[int], first: int, count: int) -> None:
    for passage in range(first, first + count):
        keys += found
        holders += [passage] * len(found)


def _folded(kernel: Texts, batch: Coded) -> Codes:
    table = folded_alone()
    if table is None:
        parts = [fold(text_of(batch.codes[begin:end])) for begin, end in zip(batch.bounds[:-1].tolist(), batch.bounds[1:].tolist(), strict=True)]
        return np.frombuffer(coded("".join(parts)), "<u4")
    folded, unsure = kernel.fold(batch.codes, batch.bounds, table)
    for at in np.flatnonzero(unsure).tolist():
        begin, end = batch.bounds[at], batch.bounds[at + 1]
        folded[begin:end] = np.frombuffer(coded(fold(text_of(batch.codes[begin:end]))), "<u4")
    return folded


def _holding_own_words(cutter: Cutter, folded: Codes, bounds: Bounds) -> list[int]:
    """The texts that hold an admin's word, which the kernel does not know."""
    if not cutter.own_words:
        return []
    return [at for at, (begin, end) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)) if cutter.holds_own(text_of(folded[begin:end]))]


