"""The floor of quality holds what was reached and rises only."""

from __future__ import annotations

import json

from floor import PINNED, fallen, raised, scores


def test_a_score_below_its_floor_is_named() -> None:
    """A fallen or missing score gives a line; an equal or better one none; lower is better for some."""
    pinned = {"first": 80.0, "top3": 90.0, "trapped": 0, "chars": 130, "span": 70.0}
    lines = fallen(pinned, {"first": 79.9, "top3": 90.0, "trapped": 1, "chars": 120})
    assert [line.split()[0] for line in lines] == ["first", "trapped", "span"]


def test_the_floor_rises_and_never_falls() -> None:
    """Pinning keeps the better of the old and the new score."""
    assert raised({"first": 80.0, "top3": 90.0, "chars": 130}, {"first": 85.0, "top3": 85.0, "chars": 110, "other": 1}) == {
        "first": 85.0, "top3": 90.0, "chars": 110,
    }  # fmt: skip


def test_figures_are_read_from_the_scoring_programs() -> None:
    """A name and a number at the beginning of a line are a score; misses and tables are not."""
    assert scores("first     74.0% (74/100)\ntrapped   0\n  miss | q1\n  amount 3/4\nchars     120\n") == {"first": 74.0, "trapped": 0, "chars": 120}


def test_what_is_pinned_holds_the_promises() -> None:
    """Excerpts are verbatim and dated without exception, and none comes from another page."""
    for entry in json.loads(PINNED.read_text(encoding="utf-8")).values():
        assert (entry["floor"]["verbatim"], entry["floor"]["dated"], entry["floor"]["trapped"]) == (100, 100, 0)
