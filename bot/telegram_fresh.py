"""The timer that keeps the library fresh in the serving process, and the channels that posts come from."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import telegram
from telegram.constants import ChatMemberStatus

from bot import refreshing
from bot.replies import Block, Reply
from bot.telegram_gate import words as words_of
from bot.telegram_taking import source
from bot.telling import Scene
from retrieval.errors import Cancelled, LibraryBusy

if TYPE_CHECKING:
    from bot.chat import Chat
    from bot.telegram_strangers import Post

log = logging.getLogger(__name__)

QUIET = 5.0
"""Seconds that a new post waits for others before all are indexed together."""

AGAIN = 60.0
"""Seconds until what could not be done now is tried again: beside another reindex, or after an error."""

LATER = 600.0
"""Seconds until posts that could not be indexed are tried again."""

LONGEST = 3600.0
"""Seconds after which the clock is looked at again, since a machine may have slept."""


class Fresh:
    """*post* carries what admins should hear."""

    def __init__(self, chat: Chat, post: Post) -> None:
        self._chat, self._post = chat, post
        self._soon = asyncio.Event()

    async def run(self) -> None:
        """Refreshes when posts wait and when the schedule says so, one at a time; whatever goes wrong is tried again."""
        if await asyncio.to_thread(self._chat.refreshing.wanted):
            self._soon.set()
        while True:
            scheduled = not await self._waited()
            try:
                if scheduled and await asyncio.to_thread(self._chat.refreshing.due) != 0:
                    continue
                news = await asyncio.to_thread(self._chat.refreshing.run, scheduled)
                if news:
                    await self._each(partial(refreshing.told, news))
                if await asyncio.to_thread(self._chat.refreshing.wanted):
                    asyncio.get_running_loop().call_later(LATER, self._soon.set)
            except Cancelled:
                log.info("a refresh was cancelled; the next one goes on")
            except LibraryBusy:
                await asyncio.sleep(AGAIN)
                self._soon.set()
            except Exception:
                log.exception("the library could not be refreshed")
                await asyncio.sleep(AGAIN)

    async def _waited(self) -> bool:
        """Waits until posts are to be indexed (True), or for the next scheduled time."""
        due = await asyncio.to_thread(self._chat.refreshing.due)
        try:
            await asyncio.wait_for(self._soon.wait(), LONGEST if due is None else min(due, LONGEST))
        except TimeoutError:
            return False
        await asyncio.sleep(QUIET)
        self._soon.clear()
        return True

    async def posted(self, post: telegram.Message, edited: bool) -> None:
        """Takes a post of a confirmed channel in; one from before it was confirmed only where it was taken in then."""
        channel = await asyncio.to_thread(self._chat.channels.find, str(post.chat.id))
        if channel is None or not words_of(post):
            return
        zone = self._chat.settings.zone
        place = source(post.chat, post.message_id, post.date.astimezone(zone).date().isoformat())
        if isinstance(post.forward_origin, telegram.MessageOriginChannel):
            first = post.forward_origin
            place = source(first.chat, first.message_id, first.date.astimezone(zone).date().isoformat(), place.name)
        if edited and post.date < channel.since.replace(microsecond=0) and not await asyncio.to_thread(self._chat.refreshing.holds, place):
            return
        if await asyncio.to_thread(self._chat.refreshing.post, words_of(post), place, edited):
            self._soon.set()

    async def membership(self, change: telegram.ChatMemberUpdated, who: str) -> None:
        """The bot's own place in a channel changed: admins are asked about a new one, and hear of one that is gone."""
        before, now = (member.status == ChatMemberStatus.ADMINISTRATOR for member in (change.old_chat_member, change.new_chat_member))
        id, channels = str(change.chat.id), self._chat.channels
        title = change.chat.title or change.chat.username or id
        if now and not before:
            channel = await asyncio.to_thread(channels.joined, id, title, change.chat.username, who, change.date)
            await self._each(lambda scene: channels.question(channel, scene))
        elif before and not now and await asyncio.to_thread(channels.left, id, who, change.date):
            await self._each(lambda scene: Reply((Block(scene.say("channel_left", channel=title)),), language=scene.language))

    async def _each(self, build: Callable[[Scene], Reply]) -> None:
        """Tells every admin what *build* says in their language."""
        for admin in await asyncio.to_thread(lambda: sorted(self._chat.people.admins())):
            await self._post.hand(admin, build(await asyncio.to_thread(self._chat.scene_of, admin)))
