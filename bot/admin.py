"""What only admins may do: one job at a time, and its report in words."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Literal

from bot import reasons
from bot.replies import Block, Button, Document, Reply
from retrieval.errors import Cancelled, LibraryBusy, RemovalRefused
from retrieval.records import Progress, Report

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.telling import Scene
    from retrieval import Library
    from retrieval.ledger import Ledger

_log = logging.getLogger(__name__)

EAGER = 0.0005
"""Seconds after which a thread that works hands the interpreter on to one that waits, during a reindex (Python's own: .005):
an answer passes some ten times between the threads of a bot."""

LISTED = 20
"""Files or articles named in a report in a chat; longer lists are cut there, the command line names all."""


@dataclass(frozen=True, slots=True)
class Reindexed:
    """A finished reindex, and how many past answers quote words that it changed or removed.

    `uncancelled` is True where it was asked to stop when it was done already.
    """

    report: Report
    changed_answers: int = 0
    uncancelled: bool = False


class Desk:
    """Runs one reindex at a time; another thread may watch `progress` or `cancel` it."""

    def __init__(self, library: Library, ledger: Ledger, settings: Settings) -> None:
        self._library = library
        self._ledger = ledger
        self._settings = settings
        self._lock = Lock()
        self._cancelled = Event()
        self._committed = False
        self.progress: Progress | None = None
        self.listeners: list[Callable[[str, float], None]] = []

    def reindex(
        self,
        progress: Callable[[Progress], None] | None = None,
        yes: bool = False,
        full: bool = False,
        paths: Sequence[Path] = (),
    ) -> Reindexed:
        """Brings the library up to date with *paths*, exactly, or else with the settings' corpus, guarded.

        Raises LibraryBusy beside another reindex, RemovalRefused where more than a fifth would go without *yes*,
        Cancelled after `cancel`.
        """
        return self._run(
            lambda tell: self._library.reindex(
                paths or self._settings.paths, tell, full=full, yes=yes, cancelled=self._cancelled.is_set, guard=not paths
            ),
            progress,
        )

    def upgrade(self, progress: Callable[[Progress], None] | None = None) -> Reindexed | None:
        """Makes the library what this version would have made of it, while the old state answers; None where it is.

        A changed cutter needs only the stored articles, a changed page reader the corpus as well. Raises as `reindex`.
        """
        outdated = self._library.outdated()
        if not outdated:
            return None
        if "reader" in outdated:
            return self.reindex(progress, full=True)
        return self._run(lambda tell: self._library.recut(tell, self._cancelled.is_set), progress)

    def _run(self, work: Callable[[Callable[[Progress], None]], Report], progress: Callable[[Progress], None] | None) -> Reindexed:
        if not self._lock.acquire(blocking=False):
            raise LibraryBusy("a reindex is already running here; wait until it is done")

        def watch(now: Progress) -> None:
            self.progress = now
            if progress:
                progress(now)

        started, outcome, interval = time.perf_counter(), "failed", sys.getswitchinterval()
        try:
            sys.setswitchinterval(EAGER)
            self._cancelled.clear()
            self._committed = False
            self.progress = Progress("reading", 0, None)
            before = self._ledger.stale(self._library.engine.articles)
            report = work(watch)
            self._committed, outcome = True, "done"
            changed = len(self._ledger.stale(self._library.engine.articles) - before)
            return Reindexed(report, changed, self._cancelled.is_set())
        except RemovalRefused:
            outcome = "refused"
            raise
        except Cancelled:
            outcome = "cancelled"
            raise
        finally:
            sys.setswitchinterval(interval)
            self.progress = None
            self._lock.release()
            seconds = time.perf_counter() - started
            _log.info("a reindex: %s in %.1f s", outcome, seconds, extra={"fields": {"outcome": outcome, "seconds": round(seconds, 1)}})
            for listener in self.listeners:
                listener(outcome, seconds)

    def cancel(self) -> Literal["cancelling", "nothing_running", "cancel_too_late"]:
        """Asks the running reindex to stop; whether one runs, and whether it is done already."""
        self._cancelled.set()
        if not self._lock.locked():
            return "nothing_running"
        return "cancel_too_late" if self._committed else "cancelling"


def reported(done: Reindexed, scene: Scene, listed: int | None = LISTED) -> Reply:
    """What a reindex did, in words, and the skipped files with their reasons: where they are more than *listed*, all in a table."""
    report = done.report
    counts = {name: getattr(report, name) for name in ("articles", "passages", "added", "changed", "removed", "unchanged")}
    table: Document | None = None
    blocks = [Block(scene.say("report", **counts, skipped=len(report.skipped), seconds=f"{report.seconds:.1f}"))]
    if report.skipped:
        lines = [scene.say("skipped_file", path=file.path, reason=reasons.told(file.reason, scene)) for file in report.skipped[:listed]]
        if listed is not None and len(report.skipped) > listed:
            lines.append(scene.say("skipped_in_table", count=len(report.skipped)))
            table = Document("skipped.csv", reasons.table(report.skipped, scene))
        blocks.append(Block("\n".join([scene.say("skipped"), *lines]), "notice"))
    if done.changed_answers:
        blocks.append(Block(scene.say("cited_changed", count=done.changed_answers), "notice"))
    if done.uncancelled:
        blocks.append(Block(scene.say("cancel_too_late"), "notice"))
    return Reply(tuple(blocks), document=table, language=scene.language)


def refused(refusal: RemovalRefused, scene: Scene) -> Reply:
    """What would go, and a button that lets it."""
    lines = list(refusal.removed[:LISTED])
    if len(refusal.removed) > LISTED:
        lines.append(scene.say("and_more", count=len(refusal.removed) - LISTED))
    head = scene.say("removal_refused", count=len(refusal.removed))
    blocks = (Block("\n".join([head, *lines]), "notice"), Block(scene.say("removal_hint")))
    return Reply(blocks, ((Button(scene.say("button_confirm_removal"), "reindex:yes"),),), language=scene.language)


def stated(status: Mapping[str, object]) -> str:
    """What the library holds and the settings in force, one line each."""
    lines = [f"{name}: {_shown(value)}" for name, value in status.items() if name != "settings"]
    settings = status.get("settings")
    if isinstance(settings, dict):
        lines += [f"{name}={_shown(value)}" for name, value in settings.items()]
    return "\n".join(lines)


def _shown(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
