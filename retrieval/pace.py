"""What a reindex does, step by step, in; how far it is of the whole way, and a halt where somebody cancels, out.

    reading    files and lines are compared with what is stored; new ones are read and cut
    cutting    articles that were not stored at once are stored
    merging    the postings are merged and written
    writing    the transaction is committed

How long reading goes on is told by how long the latter half of it took so far: at first it runs ahead of those who cut, for
whom it waits later. What comes after it is told by the time that reading took.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from retrieval.errors import Cancelled
from retrieval.records import Progress

RECORDING, STORING, MERGING = 0.04, 0.16, 0.65
"""What noting the files, storing the articles, then merging and committing take, for each second of reading: 0.2 s, 0.9 s and
3.5 s after 5.4 s (68,162 articles of news, two processors; in an empty library they are stored while others are read)."""

STEP = 0.01
"""The share of the way after which it is noted when it was reached."""

SURE = 0.2
"""The part of storing from which its own speed tells how long it goes on."""

COMMITTING = 0.15
"""The share of MERGING that committing takes."""


class Pace:
    """How far a reindex is. Every step raises Cancelled once *cancelled* says so."""

    def __init__(self, progress: Callable[[Progress], None] | None, cancelled: Callable[[], bool] | None) -> None:
        self._progress, self._cancelled = progress, cancelled
        self._began = time.monotonic()
        self._stores = self._began
        self._steps: list[tuple[float, float]] = []
        self._read = 0.0
        """Seconds that reading what is new took."""

    def reading(self, files: int, of: int, way: float, fresh: int, seen: int) -> None:
        """So many files are done, the share *way* of the way through them; of the articles seen so many have to be stored."""
        self._read = (time.monotonic() - self._began) * fresh / max(1, seen)
        self._tell("reading", files, of, seen, self._still_reading(way) + (RECORDING + STORING + MERGING) * self._read / max(way, STEP))

    def _still_reading(self, way: float) -> float:
        """Seconds until all is read, by the time it took from half of the *way* to here."""
        now = time.monotonic() - self._began
        if not self._steps or way >= self._steps[-1][0] + STEP:
            self._steps.append((way, now))
        half, then = next((step for step in reversed(self._steps) if step[0] <= way / 2), (0.0, 0.0))
        return (1 - way) * (now - then) / (way - half) if way > half else math.inf

    def storing(self, done: int, of: int) -> None:
        part = done / max(1, of)
        if not done:
            self._stores = time.monotonic()
        whole = (time.monotonic() - self._stores) / part if part > SURE else STORING * self._read
        self._tell("cutting", done, of, done, whole * (1 - part) + MERGING * self._read)

    def merging(self) -> None:
        self._tell("merging", 0, 1, 0, MERGING * self._read)

    def writing(self) -> None:
        self._tell("writing", 1, 1, 0, COMMITTING * MERGING * self._read)

    def _tell(self, phase: str, done: int, of: int, articles: int, left: float) -> None:
        """*left* are the seconds that are still needed."""
        if self._cancelled and self._cancelled():
            raise Cancelled("cancelled; the library is as it was before")
        if self._progress:
            behind = time.monotonic() - self._began
            told = None if math.isinf(left) else left
            self._progress(Progress(phase, done, of, behind / (behind + left) if behind + left > 0 else 0.0, told, articles))
