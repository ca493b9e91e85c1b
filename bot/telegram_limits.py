"""How many questions within a minute a person and a group may ask: a time in, yes or the seconds to wait out."""

from __future__ import annotations

from collections import defaultdict, deque


class Limits:
    """How many questions within a minute; by the time they were sent, so that those of a night do not add up to a flood."""

    def __init__(self, user: int, group: int) -> None:
        self._most = {"user": user, "group": group}
        self._asked: dict[tuple[str, int], deque[float]] = defaultdict(deque)
        self._told: dict[tuple[str, int], float] = {}

    def over(self, kind: str, who: int, at: float) -> int:
        """Counts a question of *who*; 0 where it may be asked, else the seconds until the next one may."""
        most = self._most[kind]
        if not most:
            return 0
        if len(self._asked) > 10_000:
            self._asked = defaultdict(deque, {key: asked for key, asked in self._asked.items() if asked and asked[-1] > at - 60})
        asked = self._asked[kind, who]
        while asked and asked[0] <= at - 60:
            asked.popleft()
        if len(asked) < most:
            asked.append(at)
            return 0
        return max(1, int(asked[0] + 60 - at))

    def tell(self, kind: str, who: int, at: float) -> bool:
        """Whether to say so: once a minute, or the notices would be the flood."""
        if at < self._told.get((kind, who), 0.0):
            return False
        self._told[kind, who] = at + 60
        return True
