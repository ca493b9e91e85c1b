"""Boosted trees, of windows and of the decision: what they give, what they are asked, and what they may not change."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval import trees
from retrieval.features import FEATURES
from retrieval.model import FITTED, LOOKED_AT, TREE_FEATURES, closest, default_model
from retrieval.native import kernels
from retrieval.trees import Trees


def grown(trees: int, depth: int, width: int, seed: int = 0) -> Trees:
    """Trees that ask by lot."""
    lot = np.random.default_rng(seed)
    nodes = (1 << depth) - 1
    thresholds = lot.random((trees, nodes), np.float32)
    thresholds[lot.random((trees, nodes)) < 0.1] = np.inf
    return Trees(tuple(f"f{n}" for n in range(width)), lot.integers(0, width, (trees, nodes)).astype(np.uint8), thresholds, lot.random((trees, nodes + 1), np.float32))


@pytest.mark.parametrize(("trees", "depth"), [(1, 1), (7, 3), (40, 5)])
def test_a_row_goes_left_where_its_feature_is_at_most_the_threshold(trees: int, depth: int) -> None:
    """All rows at once give what walking down tree by tree gives."""
    forest = grown(trees, depth, 9)
    rows = np.random.default_rng(1).random((30, 9))
    rows[0, :] = forest.thresholds[0, 0]  # at the threshold itself
    nodes = forest.features.shape[1]

    def walked(row: np.ndarray) -> float:
        total = 0.0
        for features, thresholds, values in zip(forest.features, forest.thresholds, forest.values, strict=True):
            at = 0
            while at < nodes:
                at = 2 * at + (2 if row[features[at]] > float(thresholds[at]) else 1)
            total += float(values[at - nodes])
        return total

    assert forest(rows, forest.names) == pytest.approx([walked(row) for row in rows])


@pytest.mark.skipif(kernels() is None, reason="no kernels are compiled here")
def test_the_kernel_gives_what_python_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last digit, for no row and for many."""
    forest = grown(60, 5, 9)
    for count in (0, 1, 50):
        rows = np.random.default_rng(count).random((count, 9))
        compiled = forest(rows, forest.names)
        with monkeypatch.context() as patch:
            patch.setattr(trees, "kernel", lambda: None)
            assert (forest(rows, forest.names) == compiled).all()


def test_a_tree_asks_for_no_feature_that_has_no_name() -> None:
    """The kernel trusts what it reads: a damaged file is an error before."""
    forest = grown(3, 2, 5)
    with pytest.raises(ValueError, match="no name"):
        replace(forest, names=forest.names[:2], features=np.full_like(forest.features, 4))


def test_columns_are_found_by_name() -> None:
    """The columns may stand in another order; one that is missing is an error."""
    forest = grown(5, 3, 4)
    rows = np.random.default_rng(2).random((6, 4))
    assert forest(rows[:, ::-1], forest.names[::-1]) == pytest.approx(forest(rows, forest.names))
    with pytest.raises(ValueError, match="tuple"):
        forest(rows[:, 1:], forest.names[1:])


def test_stored_trees_are_the_same(tmp_path: Path) -> None:
    """What is read is what was written."""
    forest = grown(3, 2, 5)
    forest.save(tmp_path / "trees.npz")
    rows = np.random.default_rng(3).random((4, 5))
    read = Trees.load(tmp_path / "trees.npz")
    assert read.names == forest.names
    assert (read(rows, forest.names) == forest(rows, forest.names)).all()


def test_the_trees_that_ship_ask_for_features_that_there_are() -> None:
    """Every feature a tree asks for is computed for every window."""
    shipped = default_model().trees
    assert shipped
    assert shipped.names == TREE_FEATURES
    assert set(FEATURES) < set(TREE_FEATURES)


def test_the_trees_of_the_decision_ask_for_signals_that_there_are() -> None:
    """Every signal they ask for has a weight, and is computed for every answer."""
    model = default_model()
    assert model.doubts
    assert set(model.doubts.names) == set(model.decision)


def test_a_decision_is_of_its_sum_and_its_trees() -> None:
    """What the trees give is added to the weighted signals; no signal at all is no answer's."""
    doubts = Trees(("a",), np.zeros((1, 1), np.uint8), np.full((1, 1), 0.5, np.float32), np.array([[-1.0, 2.0]], np.float32))
    model = replace(default_model(), decision={"a": 1.0}, bias=0.0, doubts=doubts)
    assert model.confidence({"a": 0.25}) == pytest.approx(1 / (1 + math.exp(0.75)))
    assert model.confidence({"a": 1.0}) == pytest.approx(1 / (1 + math.exp(-3.0)))


def test_the_same_signals_say_less_in_a_large_library() -> None:
    """Up to as many passages as the decision was fitted on nothing changes; beyond, each e-fold takes the same from the log odds."""
    model = replace(default_model(), decision={"a": 1.0}, bias=0.0, doubts=None, chance=0.5)
    odds = [math.log(p / (1 - p)) for p in (model.confidence({"a": 1.0}, passages) for passages in (0, FITTED, round(FITTED * math.e), round(FITTED * math.e**2)))]
    assert odds == pytest.approx([1.0, 1.0, 0.5, 0.0], abs=1e-3)
    assert default_model().chance > 0


def test_only_the_best_windows_are_looked_at() -> None:
    """The trees reorder the windows that come first by the sum; no other rises above them."""
    model = default_model()
    lot = np.random.default_rng(4)
    features, lengths = lot.random((3 * LOOKED_AT, len(FEATURES))), lot.integers(10, 160, 3 * LOOKED_AT).astype(float)
    sums = replace(model, trees=None).scores(features, lengths, model.brevity)
    scores = model.scores(features, lengths, model.brevity)
    best = closest(sums)
    others = np.setdiff1d(np.arange(len(sums)), best)
    assert scores[best].max() >= scores[others].max()
    assert (np.diff(scores[others]) * np.diff(sums[others]) >= 0).all()
    assert len(model.scores(features[:0], lengths[:0], model.brevity)) == 0
