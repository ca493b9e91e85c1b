"""An admin's reindex from the chat: a command in, one message that shows how far it is, then the report in its place."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from telegram.error import BadRequest, Forbidden, TelegramError

from bot.commands import spoken
from bot.following import Followed
from bot.jobbook import JobBook
from bot.replies import Block, Button, Message, Reply, Visitor
from bot.taking import LINK
from bot.telegram_delivery import Address, Delivery
from bot.telling import Scene

if TYPE_CHECKING:
    from bot.chat import Chat

log = logging.getLogger(__name__)

CLOSING = 20.0
"""Seconds that a reindex has to stop and to say so when the bot is stopped; it looks up every few seconds at the latest."""

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
        self._book = JobBook(chat.ledger)
        self._running: set[asyncio.Task[None]] = set()
        self._closing = False

    def break_off(self) -> None:
        """Cancels what runs; a cancelled reindex leaves the old state, and the admin is told when the bot is back."""
        self._closing = True
        self._chat.desk.cancel()

    async def close(self) -> None:
        """Breaks off what runs and waits until that is told."""
        self.break_off()
        if self._running:
            await asyncio.wait(set(self._running), timeout=CLOSING)

    def start(self, message: Message, asked: Asked) -> None:
        """Runs a reindex beside everything else, on a thread of its own, so that its chat can still be answered."""
        task = asyncio.create_task(self._work(message, asked))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def tell_broken_off(self) -> None:
        """Tells each admin whose job ended with an earlier process that it was broken off, with a button to start it again."""
        for job in self._book.open():
            scene = replace(self._chat.scene(Visitor(context="", user="")), language=job.language)
            when = job.at.astimezone(self._chat.settings.zone)
            text = scene.say("job_broken_off", date=scene.day(when.date().isoformat()), time=f"{when:%H:%M}")
            again = ((Button(scene.say("button_reindex"), "reindex:"),),)
            try:
                await self._delivery.send(Address(job.chat, None, job.thread), Reply((Block(text),), again, language=job.language))
            except (BadRequest, Forbidden) as error:
                log.info("admin in chat %s could not be told of a job that was broken off: %s", job.chat, error.message)
            self._book.end(job.number, "broken off")

    async def _work(self, message: Message, asked: Asked) -> None:
        with self._delivery.carefully(asked.to.chat):
            await self._followed(message, asked)

    async def _followed(self, message: Message, asked: Asked) -> None:
        """One message that shows how far it is, then the report in its place; the job is in the book from its begin to its report."""
        scene = self._chat.scene(asked.visitor)
        number = self._begun(message, asked, scene)
        followed = Followed(scene)
        work = asyncio.create_task(asyncio.to_thread(self._chat.reply, message, asked.visitor, followed.heard))
        shown: tuple[int, ...] = ()
        try:
            while not (await asyncio.wait({work}, timeout=PROGRESS_EVERY))[0]:
                if line := followed.line():
                    shown = await self._shown(asked.to, shown, Reply((Block(line),), language=scene.language))
            reply = await work
            broken_off = self._closing and reply.blocks == (Block(scene.say("cancelled")),)
            if broken_off:
                reply = replace(reply, blocks=(Block(scene.say("job_stopping")),))
            await (self._delivery.edit(asked.to, shown, reply) if shown else self._delivery.send(asked.to, replace(reply, document=None)))
            if reply.document:
                await self._delivery.send(asked.to, Reply(document=reply.document, language=reply.language))
            if number and not broken_off:
                self._book.end(number, "told")
        except Exception:
            log.exception("a job of an admin failed")
            if number:
                self._book.end(number, "failed")
            await self._delivery.send(asked.to, Reply((Block(scene.say("apology")),), language=scene.language))

    def _begun(self, message: Message, asked: Asked, scene: Scene) -> int | None:
        """The job's number in the book; None for reading a link, which leaves nothing to be told."""
        said = spoken(message.text)
        if said and said.command and said.command.name == "add":
            return None
        return self._book.begin("reindex", asked.to.chat, asked.to.thread, asked.visitor.user, scene.language, asked.at)

    async def _shown(self, to: Address, shown: tuple[int, ...], line: Reply) -> tuple[int, ...]:
        """A line of progress in place of the last; one that does not arrive is no matter, the next may."""
        try:
            return await self._delivery.edit(to, shown, line) if shown else await self._delivery.send(to, line)
        except TelegramError as error:
            log.info("progress could not be shown: %s", error.message)
            return shown


def is_long(command: str) -> bool:
    """Whether an admin's command or button is a reindex or ends with one, or reads a link: all may take minutes."""
    said = spoken(command)
    name = said.command.name if said and said.command else ""
    return command.startswith(("reindex:", "take:in:", "take:back:")) or name == "reindex" or bool(name == "add" and said and LINK.match(said.rest))
