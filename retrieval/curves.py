"""Confidences with what was right in; areas, the risk–coverage curve and its pictures out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """Risk by coverage: answering only the most confident share of the questions, how many of these answers are wrong.

    One point a distinct confidence, coverage rising; `area` is the mean risk over all coverages (0 is perfect).
    """

    points: tuple[Point, ...]
    area: float

    def coverage_at(self, risk: float) -> float:
        """The largest coverage whose risk is at most *risk*; 0 where there is none."""
        return max((coverage for coverage, found in self.points if found <= risk), default=0.0)


def auroc(yes: Sequence[float], no: Sequence[float]) -> float | None:
    """How often a confidence of *yes* is above one of *no*, a tie counting half; None where one of them is empty."""
    if not yes or not no:
        return None
    ranked = sorted(no)
    return sum(bisect_left(ranked, value) + bisect_right(ranked, value) for value in yes) / (2 * len(yes) * len(no))


def risk_coverage(judged: Sequence[tuple[float, bool]]) -> Curve:
    """The curve of (confidence, right) pairs. Equal confidences are taken in together, so their order means nothing."""
    points: list[Point] = []
    taken, wrong, total, area = 0, 0, len(judged), 0.0
    for _, group in groupby(sorted(judged, key=lambda pair: -pair[0]), key=lambda pair: pair[0]):
        rights = [right for _, right in group]
        errors, size = rights.count(False), len(rights)
        area += sum((wrong + errors * step / size) / (taken + step) for step in range(1, size + 1))
        taken, wrong = taken + size, wrong + errors
        points.append((taken / total, wrong / taken))
    return Curve(tuple(points), area / total if total else 0.0)


def blocks(curve: Curve, width: int = 60, height: int = 8) -> str:
    """The curve in block characters: coverage to the right, risk upwards, on a scale that its highest risk sets."""
    if not curve.points:
        return ""
    top = max(max(risk for _, risk in curve.points), 0.01)
    columns = [_risk_at(curve, (column + 1) / width) / top * height * 8 for column in range(width)]
    lines = []
    for row in range(height - 1, -1, -1):
        cells = "".join(" ▁▂▃▄▅▆▇█"[min(8, max(0, round(value) - row * 8))] for value in columns)
        label = f"{top:4.0%}" if row == height - 1 else "  0%" if row == 0 else "    "
        lines.append(f"{label} │{cells.rstrip()}")
    axis = "0%" + "coverage".center(width - 6) + "100%"
    return "\n".join([*lines, f"     └{'─' * width}", f"      {axis}"])


def _risk_at(curve: Curve, coverage: float) -> float:
    return next((risk for reached, risk in curve.points if reached >= coverage - 1e-9), curve.points[-1][1])


LEFT, TOP, WIDTH, HEIGHT = 64, 48, 520, 300
"""The plot within the picture, in SVG units."""


def svg(curve: Curve, title: str, at: Point | None = None) -> str:
    """The curve as an SVG picture; *at* is where the program itself answers: (share answered, share of these wrong)."""
    highest = max([risk for _, risk in curve.points] + ([at[1]] if at else []) + [0.05])
    top = next((step for step in (0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8) if step >= highest), 1.0)

    def place(point: Point) -> str:
        return f"{LEFT + WIDTH * point[0]:.1f},{TOP + HEIGHT * (1 - point[1] / top):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 40} {TOP + HEIGHT + 64}" font-family="sans-serif" font-size="13" role="img">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="26" font-size="15">{escape(title)}</text>',
    ]
    for fifth in range(6):
        x, y, share = LEFT + WIDTH * fifth / 5, TOP + HEIGHT * (1 - fifth / 5), top * fifth / 5
        parts += [
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + WIDTH}" y2="{y:.1f}" stroke="#dddddd"/>',
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>',
            f'<text x="{x:.1f}" y="{TOP + HEIGHT + 20}" text-anchor="middle">{fifth * 20}%</text>',
        ]
    parts.append(f'<polyline fill="none" stroke="#1a5fb4" stroke-width="2" points="{" ".join(map(place, curve.points))}"/>')
    if at:
        left, up = LEFT + WIDTH * at[0], TOP + HEIGHT * (1 - at[1] / top)
        aside, anchor = (-8, "end") if at[0] > 0.4 else (8, "start")
        parts += [
            f'<circle cx="{left:.1f}" cy="{up:.1f}" r="5" fill="#c01c28"/>',
            f'<text x="{left + aside:.1f}" y="{up - 10:.1f}" text-anchor="{anchor}" fill="#c01c28">answered {at[0]:.0%}, wrong {at[1]:.1%}</text>',
        ]
    parts += [
        f'<text x="{LEFT + WIDTH / 2}" y="{TOP + HEIGHT + 46}" text-anchor="middle">coverage: share of the questions answered</text>',
        f'<text transform="translate(16 {TOP + HEIGHT / 2}) rotate(-90)" text-anchor="middle">risk: share of the answers wrong</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
