"""Days with their questions in, a PNG out: bars by what became of the questions, and the share that was answered.

Drawn with numpy alone, so that a machine without fonts or a graphics package can; the glyphs of the labels lie in
`data/labels.npz`, and their license beside them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bot import words
from bot.replies import Language
from retrieval.tallies import Day

LABELS = Path(__file__).resolve().parent / "data" / "labels.npz"

SMALL, MIDDLE, LARGE = 22, 26, 38
"""Heights of the labels in pixels: readable where a phone shows the picture a third as wide."""

WIDTH, HEIGHT = 1080, 720
LEFT, RIGHT = 92, 1016
BARS, SHARES = (164, 446), (566, 664)
"""Top and bottom of the two plots."""

MARGIN = 3
"""Pixels on both sides of a glyph for what reaches over to its neighbours, such as the hook of an f."""

WEEK = 7
"""Days that a share is taken over: single days have few questions, and weekends fewer."""

Colour = tuple[int, int, int]
INK, PALE, GRID, WHITE = (38, 50, 56), (120, 134, 140), (228, 233, 235), (255, 255, 255)
OUTCOMES: dict[Literal["answered", "related", "missed"], Colour] = {"answered": (31, 122, 109), "related": (150, 201, 189), "missed": (233, 196, 145)}

Pixels = NDArray[np.float32]


def chart(days: Sequence[Day], language: Language) -> bytes:
    """The picture of *days*, which are consecutive and oldest first."""
    canvas = Canvas(WIDTH, HEIGHT)
    slot = (RIGHT - LEFT) / len(days)
    _heading(canvas, language)
    _bars(canvas, days, slot)
    _shares(canvas, days, slot, language)
    for place, day in enumerate(days):
        if day.date.weekday() == 0:
            label = words.short_date(language, day.date.month, day.date.day)
            canvas.text(LEFT + slot * (place + 0.5), BARS[1] + 34, label, SMALL, PALE, "middle")
    return canvas.png()


def characters() -> str:
    """Every character that a label may hold, each once."""
    keys = ("chart_title", "chart_share", *(f"chart_{outcome}" for outcome in OUTCOMES))
    said = [words.say(language, key) for language in words.LANGUAGES for key in keys]
    said += [words.short_date(language, month, day) for language in words.LANGUAGES for month in range(1, 13) for day in range(1, 32)]
    return "".join(sorted({*"".join(said), *"0123456789%"}))


def _heading(canvas: Canvas, language: Language) -> None:
    canvas.text(LEFT - 52, 70, words.say(language, "chart_title"), LARGE, INK)
    at = float(LEFT - 52)
    for outcome, colour in OUTCOMES.items():
        canvas.box(at, 100, 22, 22, colour, 5)
        at = canvas.text(at + 32, 120, words.say(language, f"chart_{outcome}"), MIDDLE, INK) + 40
    canvas.text(LEFT - 52, SHARES[0] - 34, words.say(language, "chart_share"), MIDDLE, INK)


def _bars(canvas: Canvas, days: Sequence[Day], slot: float) -> None:
    """A bar a day, what was answered at its foot."""
    top, bottom = BARS
    step, highest = _scale(max(day.questions for day in days))
    for value in range(0, highest + 1, step):
        y = bottom - (bottom - top) * value / highest
        canvas.line([(LEFT, y), (RIGHT, y)], 1.5 if value else 2, GRID)
        canvas.text(LEFT - 16, y + 8, str(value), SMALL, PALE, "end")
    for place, day in enumerate(days):
        foot = float(bottom)
        left, wide = LEFT + slot * (place + 0.18), slot * 0.64
        whole = (bottom - top) * day.questions / highest
        for outcome, colour in OUTCOMES.items():
            tall = (bottom - top) * getattr(day, outcome) / highest
            canvas.box(left, bottom - whole, wide, whole, colour, 4, (foot - tall, foot))
            foot -= tall


def _shares(canvas: Canvas, days: Sequence[Day], slot: float, language: Language) -> None:
    """The share that was answered of the questions of each day and the six before; nothing where nobody asked."""
    top, bottom = SHARES
    for share in (0.0, 0.5, 1.0):
        y = bottom - (bottom - top) * share
        canvas.line([(LEFT, y), (RIGHT, y)], 1.5 if share else 2, GRID)
        canvas.text(LEFT - 16, y + 8, f"{share:.0%}", SMALL, PALE, "end")
    points = []
    for place in range(len(days)):
        week = days[max(0, place - WEEK + 1) : place + 1]
        asked = sum(day.questions for day in week)
        if asked:
            share = sum(day.answered for day in week) / asked
            points.append((LEFT + slot * (place + 0.5), bottom - (bottom - top) * share))
    canvas.line(points, 4, OUTCOMES["answered"])
    if points:
        x, y = points[-1]
        canvas.box(x - 7, y - 7, 14, 14, OUTCOMES["answered"], 7)
        canvas.text(x + 14, y + 8, f"{(bottom - y) / (bottom - top):.0%}", SMALL, INK)


def _scale(most: int) -> tuple[int, int]:
    """The step between lines, round and at most five of them, and the highest line."""
    step = next(base * 10**power for power in range(9) for base in (1, 2, 5) if base * 10**power * 5 >= most)
    return step, max(step, -(-most // step) * step)


class Canvas:
    """Pixels that shapes are blended into, with smooth edges."""

    def __init__(self, width: int, height: int) -> None:
        self._pixels: Pixels = np.full((height, width, 3), WHITE, np.float32)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour, radius: float = 0, rows: tuple[float, float] | None = None) -> None:
        """A box with round corners, or only what of it lies between two *rows*."""
        radius = min(radius, width / 2, height / 2)
        xs, ys = self._around(x, y, x + width, y + height)
        across = np.abs(xs + 0.5 - (x + width / 2)) - (width / 2 - radius)
        down = np.abs(ys + 0.5 - (y + height / 2)) - (height / 2 - radius)
        far = np.hypot(np.maximum(across, 0)[None, :], np.maximum(down, 0)[:, None]) + np.minimum(np.maximum(across[None, :], down[:, None]), 0)
        cover = np.clip(radius - far + 0.5, 0, 1)
        if rows:
            cover = cover * np.clip(np.minimum(ys + 1, rows[1]) - np.maximum(ys, rows[0]), 0, 1)[:, None]
        self._blend(xs, ys, cover, colour)

    def line(self, points: Sequence[tuple[float, float]], width: float, colour: Colour) -> None:
        """A line through *points*, with round ends and corners."""
        if len(points) < 2:
            return
        xs, ys = self._around(
            min(x for x, _ in points) - width, min(y for _, y in points) - width, max(x for x, _ in points) + width, max(y for _, y in points) + width
        )
        px, py = xs[None, :] + 0.5, ys[:, None] + 0.5
        near = np.full((len(ys), len(xs)), np.inf)
        for (ax, ay), (bx, by) in pairwise(points):
            long = (bx - ax) ** 2 + (by - ay) ** 2
            along = np.clip(((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / (long or 1), 0, 1)
            near = np.minimum(near, np.hypot(px - ax - along * (bx - ax), py - ay - along * (by - ay)))
        self._blend(xs, ys, np.clip(width / 2 + 0.5 - near, 0, 1), colour)

    def text(self, x: float, baseline: float, said: str, size: int, colour: Colour, anchor: Literal["start", "middle", "end"] = "start") -> float:
        """*said* on its *baseline*, beginning, centred or ending at *x*; where it ends. Characters without a glyph are left out."""
        glyphs = [_glyphs(size)[character] for character in said if character in _glyphs(size)]
        wide = sum(glyph.shape[1] - 2 * MARGIN for glyph in glyphs)
        at = round(x - wide * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor])
        for glyph in glyphs:
            top = round(baseline) - round(size * 1.15)
            left = at - MARGIN
            xs, ys = self._around(left, top, left + glyph.shape[1] - 1, top + glyph.shape[0] - 1, 0)
            self._blend(xs, ys, glyph[ys[0] - top :, xs[0] - left :][: len(ys), : len(xs)], colour)
            at += glyph.shape[1] - 2 * MARGIN
        return float(at)

    def png(self) -> bytes:
        """The picture as a PNG file of 24 bits a pixel."""
        height, width, _ = self._pixels.shape
        rows = np.zeros((height, width * 3 + 1), np.uint8)  # each row begins with the number of its filter, none
        rows[:, 1:] = np.clip(np.round(self._pixels), 0, 255).astype(np.uint8).reshape(height, -1)
        head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)) + _chunk(b"IEND", b"")

    def _around(self, left: float, top: float, right: float, bottom: float, more: int = 1) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The columns and rows of the pixels that a shape within these bounds may touch."""
        height, width, _ = self._pixels.shape
        return np.arange(max(0, int(left) - more), min(width, int(right) + more + 1)), np.arange(max(0, int(top) - more), min(height, int(bottom) + more + 1))

    def _blend(self, xs: NDArray[np.int64], ys: NDArray[np.int64], cover: NDArray[Any], colour: Colour) -> None:
        if len(xs) and len(ys):
            here = self._pixels[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
            here += cover[:, :, None] * (np.array(colour, np.float32) - here)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@cache
def _glyphs(size: int) -> dict[str, Pixels]:
    """The glyph of each character, as coverage from 0 to 1."""
    with np.load(LABELS) as labels:
        sheet, starts = labels[f"sheet{size}"].astype(np.float32) / 255, labels[f"starts{size}"]
        return {str(character): sheet[:, start:end] for character, (start, end) in zip(labels["characters"], pairwise(starts), strict=True)}
