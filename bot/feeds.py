"""Feeds that were taken in: remembered in the ledger, and read again for what is new in them or was put right."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from retrieval.errors import LinkFailed
from retrieval.records import Article, Skipped

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.shelf import Shelf
    from retrieval.ledger import Ledger
    from retrieval.web import Entry

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Feed:
    """`key` stands for the address in buttons, which hold 64 bytes."""

    url: str

    @property
    def key(self) -> str:
        return blake2b(self.url.encode("utf-8", "replace"), digest_size=8).hexdigest()


class Feeds:
    """The feeds in a ledger."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self._ledger, self._settings = ledger, settings

    def remember(self, url: str, who: str, at: datetime) -> None:
        self._ledger.write("insert or ignore into feeds (url, since, who) values (?, ?, ?)", [url, at.astimezone(UTC).isoformat(), who])
        _audit("feed remembered", url, who)

    def forget(self, feed: Feed, who: str) -> None:
        """The feed is not read any more; the articles that came from it stay."""
        self._ledger.write("delete from feeds where url = ?", [feed.url])
        _audit("feed forgotten", feed.url, who)

    def all(self) -> list[Feed]:
        """The feeds that are remembered, oldest first."""
        return [Feed(row["url"]) for row in self._ledger.read("select url from feeds order by since, url")]

    def refresh(self, feed: Feed, shelf: Shelf, at: datetime, stopped: Callable[[], bool]) -> tuple[int, list[Skipped]]:
        """Puts what is new in a feed, or changed there, into the added folder: how many files, and the entries that could not be read.

        An entry that was read is read again only when the feed says something else of it. Raises LinkFailed where the feed
        cannot be read, CorpusError where the folder cannot be written; stops between two entries once *stopped* says so.
        """
        from bot.adding import allowed
        from retrieval import web

        allow = allowed(self._settings.web_allow)
        found = web.fetch(feed.url, allow=allow)
        if not web.is_feed(found):
            raise LinkFailed(f"{feed.url}: no RSS or Atom feed any more")
        changed, skipped = 0, []
        read: list[Entry] = []

        def passed_over(entry: Entry) -> bool:
            if not stopped() and self._digest(_name(entry)) != _digest(entry):
                read.append(entry)
                return False
            return True

        for each in web.feed(found, allow=allow, passed_over=passed_over, today=at.astimezone(self._settings.zone).date()):
            if isinstance(each, Article):
                changed += shelf.correct(each, at)
                self._ledger.write("replace into entries (url, digest) values (?, ?)", [_name(read[-1]), _digest(read[-1])])
            else:
                log.info("an entry of the feed %s was passed over: %s", feed.url, each.reason)
                skipped.append(each)
        return changed, skipped

    def _digest(self, name: str) -> str | None:
        rows = self._ledger.read("select digest from entries where url = ?", [name])
        return rows[0]["digest"] if rows else None


def _name(entry: Entry) -> str:
    return entry.url or _digest(entry)


def _digest(entry: Entry) -> str:
    """What changes when the feed says something else of an entry."""
    told = "\0".join(part or "" for part in (entry.title, entry.published, entry.author, entry.html))
    return blake2b(told.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _audit(what: str, url: str, who: str) -> None:
    log.info("an admin's act done: %s %s by %s", what, url, who, extra={"fields": {"act": what, "article": url, "who": who}})
