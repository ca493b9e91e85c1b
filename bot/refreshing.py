"""The library kept fresh by itself: posts of confirmed channels, feeds and the corpus in, an up-to-date library and a report if need be out."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from threading import Event
from typing import TYPE_CHECKING

from bot import admin
from bot.posts import posted
from bot.replies import Block, Post, Reply
from bot.telling import Scene
from retrieval.errors import Cancelled, LibraryBusy, PageRefused, RemovalRefused, WendaError

if TYPE_CHECKING:
    from bot.admin import Desk, Reindexed
    from bot.feeds import Feeds
    from bot.settings import Settings
    from bot.shelf import Shelf
    from retrieval import Library
    from retrieval.ledger import Ledger

log = logging.getLogger(__name__)

WANTED, LAST, TOLD = "refresh_wanted", "refreshed", "refresh_told"
"""Values in the ledger: that files wait to be indexed, when the last scheduled rescan was, which failures were told."""


@dataclass(frozen=True, slots=True)
class News:
    """What admins should hear of a refresh: the reindex that changed something, the removal that was refused, other failures."""

    done: Reindexed | None = None
    refused: RemovalRefused | None = None
    failures: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.done or self.refused or self.failures)


class Refreshing:
    """`clock` gives the moment it is. The methods are for threads; `stop` ends what runs soon."""

    def __init__(self, library: Library, ledger: Ledger, settings: Settings, desk: Desk, feeds: Feeds, clock: Callable[[], datetime]) -> None:
        self._library, self._ledger, self._settings, self._desk, self._feeds, self._clock = library, ledger, settings, desk, feeds, clock
        self._stopped = Event()

    def stop(self) -> None:
        self._stopped.set()

    def stopped(self) -> bool:
        return self._stopped.is_set()

    def post(self, text: str, post: Post, corrects: bool) -> bool:
        """Puts a channel's post into the added folder; whether anything is new there, which waits then for `run`.

        *corrects* says that it is an edit: the earlier text is put aside. A post without words is passed over.
        """
        try:
            article = posted(text, post)
        except PageRefused as refusal:
            log.info("a post of a channel was passed over: %s", refusal)
            return False
        changed = self._shelf().correct(article, self._clock())
        if changed:
            self._ledger.put(WANTED, secrets.token_hex(4))
            log.info("a post of a channel was %s: %s", "corrected" if corrects else "taken in", article.id)
        return changed

    def holds(self, post: Post) -> bool:
        """Whether a post was taken in before."""
        return self._shelf().place(post.name or "").is_file()

    def wanted(self) -> bool:
        """Whether files wait to be indexed, also from before a restart."""
        return self._ledger.get(WANTED) is not None

    def due(self) -> float | None:
        """Seconds until the next scheduled rescan, 0 for one that is overdue; None where there is no schedule."""
        if not self._settings.rescan:
            return None
        last = self._ledger.get(LAST)
        passed = (self._clock() - datetime.fromisoformat(last)).total_seconds() if last else float("inf")
        return max(0.0, self._settings.rescan * 60 - max(0.0, passed))

    def run(self, scheduled: bool) -> News:
        """Brings the library up to date, with the feeds where it is *scheduled*; what admins should hear, which may be nothing.

        Raises LibraryBusy beside another reindex: then nothing was done, to be tried again soon.
        """
        if self._desk.progress is not None:
            raise LibraryBusy("a reindex is already running here; wait until it is done")
        if scheduled:
            self._ledger.put(LAST, self._clock().astimezone(UTC).isoformat())
        failures = self._read_feeds() if scheduled else []
        done: Reindexed | None = None
        refused: RemovalRefused | None = None
        if not self._stopped.is_set():
            wanted = self._ledger.get(WANTED)
            try:
                done = self._desk.reindex()
                if wanted and self._ledger.get(WANTED) == wanted:  # no post came meanwhile
                    self._ledger.put(WANTED, None)
            except RemovalRefused as refusal:
                refused = refusal
            except (Cancelled, LibraryBusy):
                raise
            except WendaError as error:
                failures.append(str(error))
        return self._news(done, refused, failures, scheduled)

    def _read_feeds(self) -> list[str]:
        """Reads every feed; those that could not be read, and why."""
        failures = []
        for feed in self._feeds.all():
            if self._stopped.is_set():
                break
            try:
                self._feeds.refresh(feed, self._shelf(), self._clock(), self._stopped.is_set)
            except WendaError as error:
                log.warning("a feed could not be read: %s", error)
                failures.append(str(error))
        return failures

    def _news(self, done: Reindexed | None, refused: RemovalRefused | None, failures: list[str], scheduled: bool) -> News:
        """Changes always, or only where answers changed if it was not scheduled; failures once, until they are others or over."""
        if done and not (scheduled and (done.report.added or done.report.changed or done.report.removed) or done.changed_answers):
            done = None
        wrong = "\0".join([*(refused.removed if refused else ()), *failures])
        mark = blake2b(wrong.encode("utf-8", "replace"), digest_size=8).hexdigest() if wrong else None
        if mark == self._ledger.get(TOLD) and mark is not None:
            return News(done)
        if scheduled or mark is not None:
            self._ledger.put(TOLD, mark)
        return News(done, refused, tuple(failures))

    def _shelf(self) -> Shelf:
        from bot.shelf import Shelf  # with what reads pages; a question needs none of it

        return Shelf(self._settings.added_folder, lambda id: self._library.engine.articles([id]).get(id))


def told(news: News, scene: Scene) -> Reply:
    """*news* in words; a removal that was refused with the button that lets it."""
    reply = Reply(language=scene.language)
    if news.refused:
        reply = admin.refused(news.refused, scene)
    elif news.done:
        reply = admin.reported(news.done, scene)
    lines = [scene.say("refresh_failed", reason=failure) for failure in news.failures]
    said = Block(scene.say("refreshed"))
    return replace(reply, blocks=(said, *reply.blocks, *(Block(line, "notice") for line in lines)))
