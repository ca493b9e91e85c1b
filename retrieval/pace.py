"""What a reindex does, step by step, in; how far it is of the whole way, and a halt where somebody cancels, out.

    reading    files and lines are compared with what is stored; new ones are read, and cut beside that
    cutting    articles are stored; where there is only one processor, they are cut after that
    merging    the postings are merged and written
    writing    the transaction is committed

How long reading goes on is told by how long it took so far. It waits for those who cut, so what comes after it is told by
the time for which reading itself had a processor or, on a busy machine, waited for one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from retrieval import cutting
from retrieval.errors import Cancelled
from retrieval.records import Progress

STORING, MERGING = 0.4, 0.3
"""What storing, then merging and committing take, for each second that reading was busy, where articles are cut while others
are read: 4.9 s and 4.8 s for 12.5 s (68,162 articles of news, two processors), 19 s and 7 s for 44 s beside much other work."""

MERGING_ALONE = 2.6
"""Where they are cut after reading: 2.7 s for 1.1 s (8,000 articles, one processor)."""

SURE = 0.2
"""The part of storing from which its own speed tells how long it goes on."""

COMMITTING = 0.4
"""The share of MERGING that committing takes."""


class Pace:
    """How far a reindex is. Every step raises Cancelled once *cancelled* says so."""

    def __init__(self, progress: Callable[[Progress], None] | None, cancelled: Callable[[], bool] | None) -> None:
        self._progress, self._cancelled = progress, cancelled
        self._merging = MERGING if cutting.workers() > 1 else MERGING_ALONE
        self._began, self._worked = time.monotonic(), _busy()
        self._stores = self._began
        self._read = 0.0
        """Seconds for which reading what is new was busy."""

    def reading(self, files: int, of: int, way: float, fresh: int, seen: int) -> None:
        """So many files are done, the share *way* of the way through them; of the articles seen so many have to be stored."""
        self._read = (_busy() - self._worked) * fresh / max(1, seen)
        self._tell("reading", files, of, seen, (time.monotonic() - self._began) * (1 - way) + (STORING + self._merging) * self._read, way)

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

    def _tell(self, phase: str, done: int, of: int, articles: int, left: float, way: float = 1.0) -> None:
        """*left* are seconds that are still needed, times the *way*."""
        if self._cancelled and self._cancelled():
            raise Cancelled("cancelled; the library is as it was before")
        if self._progress:
            behind = (time.monotonic() - self._began) * way
            share = behind / (behind + left) if behind + left > 0 else 0.0
            self._progress(Progress(phase, done, of, share, left / way if way > 0 else None, articles))


def _busy() -> float:
    """Seconds for which this thread had a processor or waited for one, as far as the system tells."""
    try:
        running, waiting, _ = Path("/proc/thread-self/schedstat").read_text().split()
    except (OSError, ValueError):
        return time.thread_time()
    return (int(running) + int(waiting)) / 1e9
