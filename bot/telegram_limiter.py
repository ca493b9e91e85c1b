"""Every call to Telegram passes here: paced to the flood limits, held while Telegram says so, repeated when it got lost.

python-telegram-bot's own limiter (22.8) knows no private chats, repeats nothing by default, and forgets a flood wait
as soon as any other request ends. This one keeps a pace for each chat, holds a chat for as long as it was told to,
and repeats what a broken connection or a 502 kept from arriving.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from telegram.error import BadRequest, Conflict, InvalidToken, NetworkError, RetryAfter
from telegram.ext import BaseRateLimiter

log = logging.getLogger(__name__)

PATIENT = frozenset({"sendMessage", "sendDocument", "sendPhoto", "editMessageText", "editMessageReplyMarkup", "deleteMessage", "getMe", "deleteWebhook", "setWebhook"})
"""Repeated until they arrive: what a person waits for, and what the bot cannot run without."""

COUNTED = frozenset({"sendMessage", "sendDocument", "sendPhoto", "editMessageText"})
"""What the flood limits count. Edits count in groups (Telegram's FAQ for bots, and seen there)."""

TRIES = 3
"""How often anything else is tried: a `typing` or an alert that comes late is worth nothing."""

CHAT_MESSAGES, CHAT_SECONDS = 1, 1.0
GROUP_MESSAGES, GROUP_SECONDS = 20, 60.0
OVERALL_MESSAGES, OVERALL_SECONDS = 28, 1.0
"""Telegram's limits as its FAQ gives them: one a second in a chat, 20 a minute in a group, 30 a second overall (two
are left for what may still be under way)."""

STRICT_SECONDS = 3600.0
"""The FAQ allows bursts of unknown size, and a server of one's own may have no limits: messages go out as they come
until a first 429 says that the limits hold, and at the pace above for so long after the latest one."""

IN_FLIGHT = 4
"""How many messages may be on their way at once. Only these can arrive twice when the process is killed, and four
are enough to reach 30 a second at 100 ms a call."""

PAUSES = (0.3, 0.6, 1.2, 2.5, 5.0, 10.0, 20.0, 30.0)
"""Seconds before each new try after a broken connection, the last one for ever."""


@dataclass
class _Pace:
    """When calls of one kind ended; the next may start when fewer than *most* ended within *seconds*."""

    ended: deque[float] = field(default_factory=lambda: deque(maxlen=OVERALL_MESSAGES))
    running: int = 0

    def wait(self, most: int, seconds: float) -> float:
        now = time.monotonic()
        while self.ended and self.ended[0] <= now - seconds:
            self.ended.popleft()
        if len(self.ended) + self.running < most:
            return 0.0
        return self.ended[0] + seconds - now if self.ended else 0.05


class Limiter(BaseRateLimiter[None]):
    """Give it to `ExtBot(rate_limiter=...)`. `floods` counts the 429s since the start, `flood_seconds` what they asked to wait, `errors` what failed."""

    def __init__(self) -> None:
        self._chats: defaultdict[int, _Pace] = defaultdict(_Pace)
        self._groups: defaultdict[int, _Pace] = defaultdict(_Pace)
        self._overall = _Pace()
        self._held: dict[int, float] = {}
        self._held_all = 0.0
        self._strict_until = 0.0
        self._careful: dict[int, float] = {}
        self._lanes = asyncio.Semaphore(IN_FLIGHT)
        self._last_flood: tuple[int, float] = (0, 0.0)
        self.floods = 0
        self.flood_seconds = 0.0
        self.errors: Counter[str] = Counter()

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to give back."""

    @contextmanager
    def careful(self, chat: int) -> Iterator[None]:
        """Keeps the pace of the limits in *chat*, though no 429 has told that they hold: for what sends much by itself."""
        self._careful[chat] = math.inf
        try:
            yield
        finally:
            self._careful[chat] = time.monotonic() + CHAT_SECONDS

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> Any:
        """The result of the call, when it may be made and has arrived. Raises what Telegram refuses for good."""
        chat = _chat(data) if endpoint in COUNTED else None
        failures = 0
        while True:
            try:
                if chat is None:
                    return await callback(*args, **kwargs)
                return await self._paced(chat, callback, args, kwargs)
            except RetryAfter as error:
                self._flooded(chat or 0, _seconds(error))
                if endpoint not in PATIENT:
                    raise
                if chat is None:
                    await asyncio.sleep(_seconds(error))
            except (BadRequest, Conflict, InvalidToken) as error:
                self.errors[type(error).__name__] += 1
                raise
            except NetworkError as error:
                self.errors[type(error).__name__] += 1
                failures += 1
                if endpoint not in PATIENT and failures >= TRIES:
                    raise
                pause = PAUSES[min(failures, len(PAUSES)) - 1]
                log.warning("%s: %s; trying again in %.1f s", endpoint, type(error).__name__, pause)
                await asyncio.sleep(pause * random.uniform(0.8, 1.2))

    async def _paced(self, chat: int, callback: Callable[..., Coroutine[Any, Any, Any]], args: Any, kwargs: dict[str, Any]) -> Any:
        while True:
            await self._clear(chat)
            async with self._lanes:
                if self._wait(chat) > 0:
                    continue
                paces = self._paces(chat)
                for pace, _, _ in paces:
                    pace.running += 1
                try:
                    return await callback(*args, **kwargs)
                finally:
                    now = time.monotonic()
                    for pace, _, _ in paces:
                        pace.running -= 1
                        pace.ended.append(now)

    async def _clear(self, chat: int) -> None:
        while (wait := self._wait(chat)) > 0:
            await asyncio.sleep(wait + random.uniform(0, 0.02))

    def _wait(self, chat: int) -> float:
        """Seconds until a message to *chat* may be sent, 0 for now."""
        now = time.monotonic()
        held = max(self._held.get(chat, 0.0), self._held_all) - now
        if now >= self._strict_until and now >= self._careful.get(chat, 0.0):
            return max(held, 0.0)
        return max(held, 0.0, *(pace.wait(most, seconds) for pace, most, seconds in self._paces(chat)))

    def _paces(self, chat: int) -> list[tuple[_Pace, int, float]]:
        paces = [(self._chats[chat], CHAT_MESSAGES, CHAT_SECONDS), (self._overall, OVERALL_MESSAGES, OVERALL_SECONDS)]
        return [*paces, (self._groups[chat], GROUP_MESSAGES, GROUP_SECONDS)] if chat < 0 else paces

    def _flooded(self, chat: int, seconds: float) -> None:
        """Holds *chat*, and everything where two chats are told to wait within a second: then it is the overall limit."""
        now = time.monotonic()
        self.floods += 1
        self.flood_seconds += seconds
        self._strict_until = now + STRICT_SECONDS
        self._held[chat] = now + seconds
        other, when = self._last_flood
        if other != chat and now - when < 1.0:
            self._held_all = now + min(seconds, 5.0)
        self._last_flood = (chat, now)
        log.warning("Telegram asks to wait %.0f s in chat %s", seconds, chat)


def _chat(data: dict[str, Any]) -> int:
    try:
        return int(data.get("chat_id") or 0)
    except ValueError:
        return 0


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
