"""What the running bot does by the clock: the week's digest on Monday mornings, and a word when something needs a hand."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from bot import alarms, digest
from bot.replies import Reply
from bot.telling import Scene
from retrieval.errors import WendaError

if TYPE_CHECKING:
    from bot.chat import Chat
    from bot.telegram_strangers import Post

log = logging.getLogger(__name__)

TICK = 60.0
"""Seconds between two looks at the clock and at what may be wrong: a timer to Monday would oversleep where a machine does."""

SENT = "digest"
"""The ledger's value that says which Monday's digest was sent last, and who has yet to get it."""


class Timers:
    """*serving* says whether updates are coming in now."""

    def __init__(self, chat: Chat, post: Post, serving: Callable[[], bool]) -> None:
        self._chat, self._post, self._serving = chat, post, serving
        self._alarms = alarms.Alarms(chat)
        self._sent: dict[str, Any] | None = None

    async def run(self) -> None:
        """Looks every TICK seconds; what fails now is tried again at the next look."""
        while True:
            for chore in (self._watch, self._weekly):
                try:
                    await chore()
                except WendaError as error:
                    log.warning("what admins should hear waits: %s", error)
                except Exception:
                    log.exception("what admins should hear could not be told")
            await asyncio.sleep(TICK)

    async def _watch(self) -> None:
        """Tells what is newly wrong, what is over, and that the bot was away."""
        if self._serving() and (away := await asyncio.to_thread(self._alarms.away)):
            since, until = (moment.astimezone(self._chat.settings.zone) for moment in away)
            await self._tell(lambda scene: alarms.back(since, until, scene))
        found, told = await asyncio.to_thread(self._alarms.look), self._alarms.told
        new, gone = {name: found[name] for name in found.keys() - told}, told - found.keys()
        if new and await self._tell(lambda scene: alarms.wrong(new, scene)):
            self._alarms.note(told | new.keys())
        if gone and await self._tell(lambda scene: alarms.over(gone, scene)):
            self._alarms.note(self._alarms.told - gone)

    async def _weekly(self) -> None:
        """Sends the digest that is due to those who are admins then, each once; none for the time before the first start."""
        monday = digest.due(self._chat.now(), self._chat.settings.zone)
        known = self._sent or json.loads(self._chat.ledger.get(SENT) or "null")
        if known is None or date.fromisoformat(known["monday"]) < monday:
            known = {"monday": monday.isoformat(), "left": self._admins() if known else []}
            self._chat.ledger.put(SENT, json.dumps(known))
        self._sent = known
        while left := known["left"]:
            reply = await asyncio.to_thread(self._digest, left[0], date.fromisoformat(known["monday"]))
            await self._post.hand(left[0], reply)
            del left[0]  # also where the ledger cannot be written now: then this process remembers
            await asyncio.to_thread(self._chat.ledger.put, SENT, json.dumps(known))

    def _digest(self, admin: str, monday: date) -> Reply:
        return digest.told(self._chat.library, self._chat.ledger, self._chat.settings.zone, monday, self._chat.scene_of(admin))

    async def _tell(self, build: Callable[[Scene], Reply]) -> bool:
        """Whether any admin was reached with what *build* says in their language."""
        reached = [await self._post.hand(admin, await asyncio.to_thread(self._worded, admin, build)) for admin in await asyncio.to_thread(self._admins)]
        return any(reached)

    def _admins(self) -> list[str]:
        """Those of the settings where the ledger cannot be read."""
        try:
            return sorted(self._chat.people.admins())
        except WendaError:
            return sorted(self._chat.people.fixed)

    def _worded(self, admin: str, build: Callable[[Scene], Reply]) -> Reply:
        try:
            scene = self._chat.scene_of(admin)
        except WendaError:
            scene = Scene(self._chat.settings.language, self._chat.today())
        return build(scene)
