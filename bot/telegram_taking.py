"""What an admin sends in Telegram to have it taken in: pasted pieces, files, posts passed on; to the conversation, and its reply back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import telegram
from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot.inbox import Exchange
from bot.replies import Block, Document, Message, Post, Reply, Visitor
from bot.telegram_delivery import Address, Delivery
from bot.telegram_jobs import Asked

if TYPE_CHECKING:
    from bot.chat import Chat

log = logging.getLogger(__name__)

MOST = 20 << 20
"""Bytes of a file that a bot may download (Bot API, getFile; 20 MB there are 20 MiB in the server's source)."""

QUESTION = 100
"""Characters up to which a person's message that is passed on is their question; a longer one is a text to be taken in."""

PAUSE = 0.7
"""Seconds without another piece before the pieces so far are acknowledged: an app sends a long paste as a burst."""

PIECE = ""
"""What stands for the words of a message that was part of an article, so that an edit of it is no question."""


class Sent:
    """*ask* thinks a reply out on another thread."""

    def __init__(
        self, chat: Chat, bot: ExtBot[None], delivery: Delivery, zone: ZoneInfo, ask: Callable[[Message, Visitor, Address], Awaitable[Reply]]
    ) -> None:
        self._chat, self._bot, self._delivery, self._zone, self._ask = chat, bot, delivery, zone, ask
        self._late: dict[str, asyncio.Task[None]] = {}

    def close(self) -> None:
        for task in self._late.values():
            task.cancel()

    async def took(self, post: telegram.Message, text: str, asked: Asked) -> Exchange | None:
        """The exchange, if *post* of an admin is something to take in, or belongs to what they are taking in; answered then."""
        if post.document:
            await self._file(post.document, asked)
        elif text and (source := self._passed_on(post, text, asked)):
            await self._delivery.send(asked.to, await self._ask(Message(text, post=source), asked.visitor, asked.to))
        elif self._chat.awaits(Message(text), asked.visitor):
            await self._piece(text, asked)
        else:
            return None
        return Exchange(post.chat_id, post.message_id, PIECE, (), None)

    async def edited(self, asked: Asked, known: Exchange | None) -> bool:
        """Whether an edited message was part of an article; says so while the paste is open, since it is not read again."""
        if known is None or known.words != PIECE:
            return False
        if self._chat.awaits(Message("…"), asked.visitor):
            await self._say("take_edited", asked)
        return True

    async def _piece(self, text: str, asked: Asked) -> None:
        """What an admin wrote about a draft; where more pieces of it follow at once, only the last is acknowledged."""
        context = asked.visitor.context
        if late := self._late.pop(context, None):
            late.cancel()
        reply = await self._ask(Message(text), asked.visitor, asked.to)
        to = replace(asked.to, reply_to=None)
        if not any(button.action.startswith("take:end:") for row in reply.buttons for button in row):
            await self._delivery.send(to, reply)
            return
        task = self._late[context] = asyncio.create_task(self._acknowledge(to, reply))
        task.add_done_callback(lambda done: self._late.pop(context, None) if self._late.get(context) is done else None)

    async def _acknowledge(self, to: Address, reply: Reply) -> None:
        await asyncio.sleep(PAUSE)
        try:
            await self._delivery.send(to, reply)
        except TelegramError as error:
            log.info("pieces of a paste were not acknowledged: %s", error.message)

    async def _file(self, document: telegram.Document, asked: Asked) -> None:
        name = document.file_name or ""
        if (document.file_size or 0) > MOST:
            await self._say("take_file_large", asked, name=name, size=f"{(document.file_size or 0) / 1024 / 1024:.1f}", limit=MOST >> 20)
            return
        try:
            file = await self._bot.get_file(document.file_id)
            data = bytes(await file.download_as_bytearray())
        except BadRequest as error:
            log.info("a file could not be fetched: %s", error.message)
            key = "take_file_large" if "too big" in error.message else "take_file_lost"
            await self._say(key, asked, name=name, size=f"{MOST >> 20}+", limit=MOST >> 20)
            return
        except TelegramError as error:
            log.warning("a file could not be fetched: %s", type(error).__name__)
            await self._say("take_file_lost", asked, name=name)
            return
        await self._delivery.send(asked.to, await self._ask(Message(file=Document(name, data)), asked.visitor, asked.to))

    def _passed_on(self, post: telegram.Message, text: str, asked: Asked) -> Post | None:
        """Where a text that is passed on stood first; None where it is none, or is somebody's short question."""
        origin = post.forward_origin
        if isinstance(origin, telegram.MessageOriginChannel):
            return source(origin.chat, origin.message_id, origin.date.astimezone(self._zone).date().isoformat())
        if origin is None or len(text) <= QUESTION and not self._chat.awaits(Message(text), asked.visitor):
            return None
        return Post()

    async def _say(self, key: str, asked: Asked, **values: object) -> None:
        scene = self._chat.scene(asked.visitor)
        await self._delivery.send(asked.to, Reply((Block(scene.say(key, **values)),), language=scene.language))


def source(channel: telegram.Chat, message: int, published: str, name: str | None = None) -> Post:
    """Where a channel's post stands: its title, the day, the address where it is a public one, a name that stays the same."""
    named = channel.username
    url = f"https://t.me/{named}/{message}" if named else None
    return Post(channel.title or named or str(channel.id), published, url, name or f"channel{channel.id}-{message}")
