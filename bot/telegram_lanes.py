"""Many conversations at once, each in its own order: an update goes into the lane of its chat, and lanes run side by side."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass

from telegram import Update

from bot.inbox import Waiting


@dataclass(frozen=True, slots=True)
class Job:
    """One update to answer; `waiting` is how the inbox knows it."""

    waiting: Waiting
    update: Update


class Lanes:
    """*handle* is called for every job, one at a time in a lane; it must not raise."""

    def __init__(self, handle: Callable[[Job], Awaitable[None]]) -> None:
        self._handle = handle
        self._queues: dict[Hashable, deque[Job]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    def put(self, lane: Hashable, job: Job) -> None:
        queue = self._queues.get(lane)
        if queue is not None:
            queue.append(job)
            return
        self._queues[lane] = deque([job])
        task = asyncio.get_running_loop().create_task(self._run(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def behind(self, lane: Hashable) -> int:
        """How many jobs wait in a lane behind the one at work."""
        return max(0, len(self._queues.get(lane, ())) - 1)

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    async def close(self, seconds: float) -> None:
        """Finishes the jobs at work, for at most *seconds*; what has not begun is left to the next start."""
        self._closing = True
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, lane: Hashable) -> None:
        queue = self._queues[lane]
        try:
            while queue and not self._closing:
                await self._handle(queue[0])
                queue.popleft()
        finally:
            del self._queues[lane]
