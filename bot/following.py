"""The steps of a reindex in, what a person who waits for it reads out: where it stands, how fast it is, how long it will go on."""

from __future__ import annotations

import math
import time
from collections import deque

from bot.telling import Scene
from retrieval.records import Progress

TELLING = 0.02
"""The share of the way from which the time left is told."""


class Followed:
    """A reindex as its admin sees it: where it stands, how fast it is, how long it will go on."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._latest: deque[tuple[Progress, float]] = deque(maxlen=1)
        self._phase, self._since, self._from = "", 0.0, 0

    def heard(self, now: Progress) -> None:
        """Takes a step of the reindex; may be called from its thread."""
        if now.phase != self._phase:
            self._phase, self._since, self._from = now.phase, time.monotonic(), now.articles
        self._latest.append((now, time.monotonic()))

    def line(self) -> str:
        """What is shown now; empty before the first step."""
        if not self._latest:
            return ""
        percent = round(100 * (self._latest[-1][0].share or 0))
        return self._scene.say("job_progress", percent=percent, phase="\n".join(filter(None, (self.phase(), self._rate(), self.left()))))

    def phase(self) -> str:
        """What is done now, and to how many of all."""
        now = self._latest[-1][0]
        said = self._scene.say(f"phase_{now.phase}")
        if now.phase == "reading":
            return said + self._scene.say("job_files", done=now.done, total=now.total)
        return f"{said} {now.done}/{now.total}" if now.share is None else said

    def left(self) -> str:
        """How long it will go on; empty where that cannot be told yet."""
        now, at = self._latest[-1]
        if now.left is None or not now.share or now.share < TELLING:
            return ""
        return self._scene.say("job_left", time=self._shortly(max(1.0, now.left - (time.monotonic() - at))))

    def _rate(self) -> str:
        now, at = self._latest[-1]
        if now.articles <= self._from or at <= self._since:
            return ""
        return self._scene.say("job_articles", articles=now.articles, rate=f"{(now.articles - self._from) / (at - self._since):.0f}")

    def _shortly(self, seconds: float) -> str:
        """A length of time as precisely as it is known: to five seconds within a minute, to ten within ten minutes, rather too long than too short."""
        step = 5 if seconds < 60 else 10 if seconds < 600 else 60
        rounded = step * math.ceil(seconds / step)
        minutes, rest = divmod(rounded, 60)
        if not minutes:
            return self._scene.say("seconds", seconds=rest)
        return self._scene.say("minutes_seconds", minutes=minutes, seconds=rest) if rest else self._scene.say("minutes", minutes=minutes)
