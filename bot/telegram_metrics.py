"""What the Telegram side counts for `bot.metrics`, and the page that tells a supervisor whether updates come in."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from itertools import accumulate

import tornado.web

BOUNDS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds from taking up an update to its answer; 0.3 is the goal for nineteen of twenty."""

Health = Callable[[], tuple[bool, str]]


class Counts:
    """Counted since the start; nothing in here tells who asked what."""

    def __init__(self) -> None:
        self.updates: Counter[str] = Counter()
        self.turned_away = 0
        self.errors = 0
        self._within = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def took(self, seconds: float) -> None:
        """Notes how long an update took until it was done with."""
        self._within[bisect_left(BOUNDS, seconds)] += 1
        self._seconds += seconds

    def within(self) -> tuple[list[tuple[str, float]], float]:
        """How many updates took at most so many seconds, for each of BOUNDS and `+Inf`; and all their seconds."""
        return list(zip((*map(str, BOUNDS), "+Inf"), accumulate(self._within), strict=True)), self._seconds


class Healthz(tornado.web.RequestHandler):
    """200 while updates come in, 503 while they do not; one line about it."""

    def initialize(self, health: Health) -> None:
        self.health = health

    def get(self) -> None:
        fine, line = self.health()
        self.set_status(200 if fine else 503)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.write(line + "\n")
