"""Two runs of the same questions in, what the later one gained, lost and changed out, question by question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb
from typing import Any

from retrieval.errors import QuestionsError


@dataclass(frozen=True, slots=True)
class Change:
    """One question in two runs: what it showed first, and how sure it was."""

    id: str
    question: str
    kind: str
    old: str
    new: str
    old_confidence: float
    new_confidence: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Questions that became right, became wrong, or show something else while as right or wrong as before.

    `only_old` and `only_new` are ids that stand in one run alone, or ask another question under the same id: these
    are in no other list. `figures` holds (old, new) of each figure.
    """

    gained: tuple[Change, ...]
    lost: tuple[Change, ...]
    changed: tuple[Change, ...]
    same: int
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    figures: Mapping[str, tuple[float | None, float | None]]

    @property
    def chance(self) -> float:
        """How likely so uneven a gain or loss is by luck alone: the exact two-sided sign test."""
        moved, fewer = len(self.gained) + len(self.lost), min(len(self.gained), len(self.lost))
        return min(1.0, sum(comb(moved, n) for n in range(fewer + 1)) / float(2 ** (moved - 1))) if moved else 1.0


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Comparison:
    """The comparison of two results of `evaluation.to_json`. Raises QuestionsError where one is something else."""
    before, after = _results(old, "the earlier run"), _results(new, "the later run")
    both = [id for id in after if id in before and before[id]["question"] == after[id]["question"]]
    gained: list[Change] = []
    lost: list[Change] = []
    changed: list[Change] = []
    same = 0
    for id in both:
        a, b = before[id], after[id]
        change = Change(id, b["question"], b["kind"], a["text"], b["text"], a["confidence"], b["confidence"])
        if a["right"] != b["right"]:
            (gained if b["right"] else lost).append(change)
        elif (a["status"], a["cited"]) != (b["status"], b["cited"]):
            changed.append(change)
        else:
            same += 1
    return Comparison(
        tuple(gained), tuple(lost), tuple(changed), same,
        tuple(id for id in before if id not in both), tuple(id for id in after if id not in both), _figures(old, new),
    )


def _results(run: Mapping[str, Any], name: str) -> dict[str, Mapping[str, Any]]:
    fields = {"id", "question", "kind", "status", "confidence", "right", "cited", "text"}
    rows = run.get("results") if isinstance(run, Mapping) else None
    if not isinstance(rows, list) or not isinstance(run.get("figures"), Mapping) or not all(isinstance(row, Mapping) and fields <= row.keys() for row in rows):
        raise QuestionsError(f"{name} is not the output of `wenda eval --json`; make it anew with that command")
    return {row["id"]: row for row in rows}


def _figures(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[float | None, float | None]]:
    def value(run: Mapping[str, Any], name: str) -> float | None:
        found: float | None = (run["figures"].get(name) or {}).get("value")
        return found

    def abstention(run: Mapping[str, Any], name: str) -> float | None:
        found: float | None = (run.get("abstention") or {}).get(name)
        return found

    named = {name: (value(old, name), value(new, name)) for name in new["figures"]}
    return {**named, "chars": (old.get("chars"), new.get("chars"))} | {name: (abstention(old, name), abstention(new, name)) for name in ("auroc", "aurc")}


def to_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain values."""
    def rows(changes: tuple[Change, ...]) -> list[dict[str, Any]]:
        return [{name: getattr(change, name) for name in Change.__slots__} for change in changes]

    return {
        "gained": rows(comparison.gained),
        "lost": rows(comparison.lost),
        "changed": rows(comparison.changed),
        "same": comparison.same,
        "only_old": list(comparison.only_old),
        "only_new": list(comparison.only_new),
        "chance": round(comparison.chance, 4),
        "figures": {name: {"old": old, "new": new} for name, (old, new) in comparison.figures.items()},
    }


SHOWN = 60
"""Characters of a question or excerpt in the text of a comparison."""


def to_text(comparison: Comparison) -> str:
    """The comparison for a terminal: figures, then the questions gained, lost and changed."""
    lines = []
    for name, (old, new) in comparison.figures.items():
        if old is not None and new is not None:
            form = ".0f" if name == "chars" else ".3f"
            lines.append(f"{name:9} {old:{form}} → {new:{form}}  ({new - old:+{form}})")
    lines.append(f"gained {len(comparison.gained)}, lost {len(comparison.lost)}, changed {len(comparison.changed)}, same {comparison.same}; by chance alone p = {comparison.chance:.3f}")
    if comparison.only_old or comparison.only_new:
        lines.append(f"not compared: {len(comparison.only_old)} questions of the earlier run, {len(comparison.only_new)} of the later")
    for mark, changes in (("+", comparison.gained), ("-", comparison.lost), ("~", comparison.changed)):
        for change in changes:
            lines.append(f"{mark} {change.id} {change.kind} | {_short(change.question)} | {_short(change.old)} → {_short(change.new)} | {change.old_confidence:.2f} → {change.new_confidence:.2f}")
    return "\n".join(lines) + "\n"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return (flat[:SHOWN] + "…" if len(flat) > SHOWN else flat) or "(nothing)"
