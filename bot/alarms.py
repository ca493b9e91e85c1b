"""What needs a hand: this machine, the ledger, the library in; what is wrong this minute out, by name, with what there is to say.

Admins are told once when something goes wrong and once when it is over, also across restarts: what they were told is
kept in the ledger, and in memory while that cannot be written.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.doctor import BACKUP_AGE, ENOUGH_FREE
from bot.keeping import LAST_BACKUP
from bot.replies import Block, Reply
from bot.telling import Scene
from retrieval.errors import EngineUnavailable, LibraryError, WendaError

if TYPE_CHECKING:
    from bot.chat import Chat

log = logging.getLogger(__name__)

TOLD, FAILED, ALIVE, WATCHED = "alarms_told", "reindex_failed", "alive", "watched_since"
"""The ledger's values: what admins were told of, when a reindex failed, when the bot last served, since when there is a watch."""

DOWN = timedelta(hours=1)
"""Nobody needs to hear of a restart; after an hour people have asked in vain."""

EASED = 1.25
"""The disk is well again with a quarter more than enough, lest a full one be told of every hour."""

TWICE = frozenset({"cluster", "ledger"})
"""What must be found wrong twice in a row: a node that restarts or a long write is over by the next look."""

Wrong = Mapping[str, Mapping[str, object]]


class Alarms:
    """Looks at what *chat* stands on, from one thread at a time."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._once: set[str] = set()
        self.told: set[str] = set()
        with suppress(LibraryError, ValueError):
            self.told = set(json.loads(chat.ledger.get(TOLD) or "[]"))
        chat.desk.listeners.append(self._reindexed)

    def look(self) -> Wrong:
        """What is wrong now: a name for each, and the values of its words."""
        found = dict(self._found())
        suspected, self._once = self._once, {name for name in found if name in TWICE}
        return {name: values for name, values in found.items() if name not in TWICE or name in suspected | self.told}

    def note(self, told: set[str]) -> None:
        """Remembers of what the admins have been told; in memory alone where the ledger cannot be written."""
        self.told = told
        with suppress(LibraryError):
            self._chat.ledger.put(TOLD, json.dumps(sorted(told)) if told else None)

    def away(self) -> tuple[datetime, datetime] | None:
        """From when to when the bot did not serve, where that is worth a word; called while it serves, and notes that it does."""
        now, since = self._chat.now(), None
        with suppress(LibraryError, ValueError):
            last = self._chat.ledger.get(ALIVE)
            since = datetime.fromisoformat(last) if last else None
            self._chat.ledger.put(ALIVE, now.astimezone(UTC).isoformat(timespec="seconds"))
        return (since, now) if since and now - since > DOWN else None

    def _found(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        settings, ledger, now = self._chat.settings, self._chat.ledger, self._chat.now()
        with suppress(OSError):
            folder = next(each for each in (settings.db.absolute(), *settings.db.absolute().parents) if each.is_dir())
            free = shutil.disk_usage(folder).free
            enough = ENOUGH_FREE + 2 * (settings.db.stat().st_size if settings.db.exists() else 0)
            if free < enough * (EASED if "disk" in self.told else 1):
                yield "disk", {"free": f"{free / 1e9:.1f}"}
        try:
            last, since = ledger.get(LAST_BACKUP), ledger.get(WATCHED)
            ledger.put(WATCHED, since or now.astimezone(UTC).isoformat())
        except LibraryError as error:
            yield "ledger", {"reason": error}
        else:
            age = now - datetime.fromisoformat(last or since or now.isoformat())
            if age > BACKUP_AGE:
                yield ("backup" if last else "no_backup"), {"days": age.days}
        yield from self._library()

    def _library(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        indexed = None
        try:
            indexed = self._chat.library.status()["indexed_at"]
        except EngineUnavailable:
            yield "cluster", {}
        except WendaError as error:
            log.warning("the library cannot be looked at: %s", error)
        failed = None
        with suppress(LibraryError):
            failed = self._chat.ledger.get(FAILED)
        if failed and not (indexed and datetime.fromisoformat(indexed) > datetime.fromisoformat(failed)):
            yield "reindex", {}

    def _reindexed(self, outcome: str, seconds: float) -> None:
        """A reindex ended: one that failed is wrong until one is done."""
        if outcome in ("failed", "done"):
            with suppress(LibraryError):
                self._chat.ledger.put(FAILED, self._chat.now().astimezone(UTC).isoformat() if outcome == "failed" else None)


def wrong(names: Wrong, scene: Scene) -> Reply:
    """That these need a hand, and what to do."""
    lines = [scene.say(f"alarm_{name}", **values) for name, values in sorted(names.items())]
    return Reply((Block("\n\n".join(lines), "notice"),), language=scene.language)


def over(names: set[str], scene: Scene) -> Reply:
    return Reply((Block("\n".join(scene.say(f"over_{name}") for name in sorted(names))),), language=scene.language)


def back(since: datetime, until: datetime, scene: Scene) -> Reply:
    """That the bot was away; both moments in the operator's time zone."""
    begin, end = (f"{scene.day(moment.date().isoformat())} {moment:%H:%M}" for moment in (since, until))
    hours = max(1, round((until - since) / timedelta(hours=1)))
    return Reply((Block(scene.say("was_down", begin=begin, end=end, hours=hours), "notice"),), language=scene.language)
