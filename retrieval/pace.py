"""What a reindex does, step by step, in; how far it is of the whole way, and a halt where somebody cancels, out.

    reading    files and lines are compared with what is stored; new ones are read, and cut beside that
    cutting    articles are stored; where there is only one processor, they are cut after that
    merging    the postings are merged and written
    writing    the transaction is committed

How long reading goes on is told by how long the latter half of it took so far: at first it runs ahead of those who cut, for
whom it waits later. What comes after it is told by the time for which reading itself had a processor or, on a busy machine,
waited for one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

from retrieval import cutting
from retrieval.errors import Cancelled
from retrieval.records import Progress

RECORDING, STORING, MERGING = 0.16, 0.46, 0.55
"""What noting the files, storing the articles, then merging and committing take, for each second that reading was busy, where
articles are cut while others are read: 2.0 s, 5.9 s and 7.0 s of a processor for 12.7 s (68,162 articles of news)."""

MERGING_ALONE = 2.6
"""Where they are cut after reading: 2.7 s for 1.1 s (8,000 articles, one processor)."""

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
        self._merging = MERGING if cutting.workers() > 1 else MERGING_ALONE
        self._began, self._worked = time.monotonic(), _busy()
        self._stores = self._began
        self._steps: list[tuple[float, float]] = []
        self._read = 0.0
        """Seconds for which reading what is new was busy."""

    def reading(self, files: int, of: int, way: float, fresh: int, seen: int) -> None:
        """So many files are done, the share *way* of the way through them; of the articles seen so many have to be stored."""
        self._read = (_busy() - self._worked) * fresh / max(1, seen)
        self._tell("reading", files, of, seen, self._still_reading(way) + (RECORDING + STORING + self._merging) * self._read / max(way, STEP))

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
        self._tell("cutting", done, of, done, whole * (1 - part) + self._merging * self._read)

    def merging(self) -> None:
        self._tell("merging", 0, 1, 0, self._merging * self._read)

    def writing(self) -> None:
        self._tell("writing", 1, 1, 0, COMMITTING * self._merging * self._read)

    def _tell(self, phase: str, done: int, of: int, articles: int, left: float) -> None:
        """*left* are the seconds that are still needed."""
        if self._cancelled and self._cancelled():
            raise Cancelled("cancelled; the library is as it was before")
        if self._progress:
            behind = time.monotonic() - self._began
            told = None if math.isinf(left) else left
            self._progress(Progress(phase, done, of, behind / (behind + left) if behind + left > 0 else 0.0, told, articles))


def _busy() -> float:
    """Seconds for which this thread had a processor or waited for one, as far as the system tells."""
    try:
        running, waiting, _ = Path("/proc/thread-self/schedstat").read_text().split()
    except (OSError, ValueError):
        return time.thread_time()
    return (int(running) + int(waiting)) / 1e9
