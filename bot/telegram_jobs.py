"""An admin's reindex from the chat: a command in, one message that shows how far it is, then the report in its place."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.commands import spoken
from bot.replies import Block, Message, Reply, Visitor
from bot.taking import LINK
from bot.telegram_delivery import Address, Delivery
from bot.telling import Scene
from retrieval.records import Progress

if TYPE_CHECKING:
    from bot.chat import Chat

log = logging.getLogger(__name__)

PROGRESS_EVERY = 3.0
"""Seconds between two lines of progress, well within a message a second."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question on its way: the visitor, where the reply goes, and when it was asked."""

    visitor: Visitor
    to: Address
    at: datetime


class Jobs:
    """Runs beside everything else, on threads of their own, so that the admin's chat can still be answered."""

    def __init__(self, chat: Chat, delivery: Delivery) -> None:
        self._chat, self._delivery = chat, delivery
        self._running: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Cancels what runs; a cancelled reindex leaves the old state."""
        if self._running:
            self._chat.desk.cancel()
            await asyncio.wait(set(self._running), timeout=10)

    def start(self, message: Message, asked: Asked) -> None:
        """Runs a reindex beside everything else, on a thread of its own, so that its chat can still be answered."""
        task = asyncio.create_task(self._work(message, asked))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _work(self, message: Message, asked: Asked) -> None:
        """One message that shows how far it is, then the report in its place."""
        latest: deque[Progress] = deque(maxlen=1)
        scene, begun = self._chat.scene(asked.visitor), dict[str, float]()
        work = asyncio.create_task(asyncio.to_thread(self._chat.reply, message, asked.visitor, latest.append))
        shown: tuple[int, ...] = ()
        try:
            while not (await asyncio.wait({work}, timeout=PROGRESS_EVERY))[0]:
                if latest:
                    now = latest[-1]
                    seconds = time.monotonic() - begun.setdefault(now.phase, time.monotonic() - PROGRESS_EVERY)
                    line = Reply((Block(_progress(now, seconds, scene)),), language=scene.language)
                    shown = await self._delivery.edit(asked.to, shown, line) if shown else await self._delivery.send(asked.to, line)
            reply = await work
            await (self._delivery.edit(asked.to, shown, reply) if shown else self._delivery.send(asked.to, reply))
        except Exception:
            log.exception("a job of an admin failed")
            await self._delivery.send(asked.to, Reply((Block(scene.say("apology")),), language=scene.language))


def is_long(command: str) -> bool:
    """Whether an admin's command or button is a reindex or ends with one, or reads a link: all may take minutes."""
    said = spoken(command)
    name = said.command.name if said and said.command else ""
    return command.startswith(("reindex:", "take:in:", "take:back:")) or name == "reindex" or bool(name == "add" and said and LINK.match(said.rest))


def _progress(now: Progress, seconds: float, scene: Scene) -> str:
    """Where a reindex stands, its rate, and the time left in this phase where that can be told."""
    line = scene.say("progress", phase=scene.say(f"phase_{now.phase}"), done=now.done, total=now.total or "?")
    if now.total and now.done:
        line += "\n" + scene.say("progress_left", rate=f"{now.done / seconds:.0f}", seconds=max(1, round((now.total - now.done) * seconds / now.done)))
    return line
