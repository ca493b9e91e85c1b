"""What the compiled kernels make of sorted arrays is what numpy makes of them: postings, merged ones, signatures compared."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import postings, reprints
from retrieval.native.merging import merging
from retrieval.postings import Merger, Postings, merge, pack, whole

TERMS = st.sampled_from(["党", "党参", "三千亩", "甘肃省", "的", "的的", "glp-1", "a", "", "甘肃省定西市"])
PASSAGES = st.lists(st.lists(TERMS, max_size=12), max_size=6)


@pytest.fixture(scope="module", autouse=True)
def kernel() -> None:
    if not merging():
        pytest.skip("the kernels were not compiled")


def by_numpy(make: Callable[[], Postings]) -> Postings:
    with pytest.MonkeyPatch.context() as without:
        without.setattr(postings, "merging", lambda: None)
        return make()


def assert_same(one: Postings, other: Postings) -> None:
    for mine, theirs in zip(vars(one).values(), vars(other).values(), strict=True):
        assert mine.dtype == theirs.dtype and np.array_equal(mine, theirs)


@given(PASSAGES)
def test_terms_are_packed_alike(passages: list[list[str]]) -> None:
    """Whatever terms there are, and where there are none."""
    assert_same(pack(passages), by_numpy(lambda: pack(passages)))


@given(st.lists(PASSAGES, min_size=1, max_size=4))
def test_sets_are_merged_alike(sets: list[list[list[str]]]) -> None:
    """As if all passages had been packed together, slice by slice too."""
    parts = [pack(passages) for passages in sets]
    merged = whole(merge(parts))
    assert_same(merged, by_numpy(lambda: whole(merge(parts))))
    assert_same(merged, pack([passage for passages in sets for passage in passages]))
    with pytest.MonkeyPatch.context() as small:
        small.setattr(postings, "SLICE", 3)
        assert_same(whole(merge(parts)), merged)


def test_codes_of_four_bytes_are_merged_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are more pairs of a count and a length than two bytes can name, in one of the sets or in all."""
    few = pack([["党参", "的"], ["的"]])
    numbers = np.arange(70_000, dtype=np.int32)
    pairs = np.stack([np.ones(70_000, np.int32), numbers + 1], axis=1)
    many = Postings(few.keys[:1], np.array([70_000], np.int32), numbers, numbers.astype(np.uint32), pairs, numbers + 1)
    for parts in ([few, many], [many, few], [many, many]):
        assert_same(whole(merge(parts)), by_numpy(lambda parts=parts: whole(merge(parts))))


def test_passages_of_book_length_are_packed_alike() -> None:
    """With so many possible pairs that they are not looked up in a table."""
    book = [["的"] * 5000 + ["党参"], ["的"] * 3]
    assert_same(pack(book), by_numpy(lambda: pack(book)))


def test_slices_that_nobody_takes_are_left() -> None:
    """Whoever stops in the middle waits for nothing more than the next."""
    merger: Merger = merge([pack([["党参", "的"], ["的", "三千亩"]])])
    for _ in merger.slices():
        break


@given(st.lists(st.lists(st.integers(0, 30), max_size=8, unique=True), min_size=1, max_size=6), st.data())
def test_signatures_are_compared_alike(values: list[list[int]], data: st.DataObject) -> None:
    """How many of the smallest values of two rows are in both, whatever the rows hold."""
    rows = np.full((len(values), 8), reprints._NONE, np.int64)
    for row, some in zip(rows, values, strict=True):
        row[: len(some)] = sorted(some)
    pairs = data.draw(st.lists(st.tuples(st.integers(0, len(values) - 1), st.integers(0, len(values) - 1), st.integers(0, 16)), max_size=10))
    ones, others, most = (np.array([pair[at] for pair in pairs], np.int64) for at in range(3))
    found = reprints._shared(rows, ones, others, most)
    with pytest.MonkeyPatch.context() as without:
        without.setattr(reprints, "merging", lambda: None)
        assert found.tolist() == reprints._shared(rows, ones, others, most).tolist()
