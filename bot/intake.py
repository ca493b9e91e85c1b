"""A draft that an admin agreed to in; its files in the added folder, its corrections in force, its articles indexed, out.

Everything or nothing: where indexing fails or is cancelled, the files and the decisions go again. What was taken in is taken
back out by moving the files aside.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from bot.drafted import Reading, corrected
from bot.drafts import Draft
from retrieval.decisions import Decision, Decisions
from retrieval.errors import RemovalRefused
from retrieval.records import Article, Skipped

if TYPE_CHECKING:
    from bot.admin import Desk, Reindexed
    from bot.handling import Watch
    from bot.settings import Settings
    from bot.shelf import Shelf
    from retrieval import Library
    from retrieval.ledger import Ledger

log = logging.getLogger(__name__)

TICK = 0.1
"""Seconds between two looks at whether a reindex has ended."""

NAMED = 20
"""Characters of a title that name the file of a pasted text."""


@dataclass(frozen=True, kw_only=True)
class TakenIn:
    """What became of a draft: its `files` in the added folder, the decisions about them, the articles as they are stored now.

    `known` is the id of the article where everything was there already, and nothing was done.
    """

    files: tuple[str, ...] = ()
    acts: tuple[int, ...] = ()
    articles: tuple[Article, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    known: str = ""

    def packed(self) -> bytes:
        """What a receipt holds, to take it back by."""
        return json.dumps({"files": self.files, "acts": self.acts, "ids": [article.id for article in self.articles]}).encode()


@dataclass(frozen=True, slots=True)
class _Placed:
    """A file in the added folder, the ids of the articles that it should give, and whether it is new there."""

    file: Path
    ids: tuple[str, ...]
    new: bool


class Intake:
    """Takes nothing in any more once *stopped* says so."""

    def __init__(self, library: Library, ledger: Ledger, settings: Settings, desk: Desk, stopped: Callable[[], bool]) -> None:
        self._stopped = stopped
        self._library, self._settings, self._desk, self._decisions = library, settings, desk, Decisions(ledger)
        self._turn = Lock()

    @contextmanager
    def turn(self, seconds: float) -> Iterator[bool]:
        """Whether it is the caller's turn within so many seconds: one draft at a time, and none beside another reindex."""
        deadline = time.monotonic() + seconds
        if not self._turn.acquire(timeout=seconds):
            yield False
            return
        try:
            while self._desk.progress is not None and time.monotonic() < deadline and not self._stopped():
                time.sleep(TICK)
            yield self._desk.progress is None and not self._stopped()
        finally:
            self._turn.release()

    def take_in(self, draft: Draft, reading: Reading, who: str, at: datetime, watch: Watch | None) -> TakenIn:
        """Takes the articles in, at once and for good. Raises what a reindex raises, and then all is as it was before."""
        puts: list[_Placed] = []
        acts: list[Decision] = []
        try:
            for each in self._put(draft, reading):
                puts.append(each)
            ids = [id for each in puts for id in each.ids]
            if not any(each.new for each in puts) and (known := self._library.engine.articles(ids)):
                return TakenIn(known=next(iter(known)))
            if reading.single:
                acts = self._corrected(draft, ids[0], reading.articles[0], who, at)
            done = self._desk.reindex(watch)
        except BaseException:
            for act in acts:
                self._decisions.undo(act, who, at)
            for each in puts:
                if each.new:
                    each.file.unlink(missing_ok=True)
                    self._emptied(each.file)
            raise
        stored = self._library.engine.articles(ids)
        files = tuple(self._name(each.file) for each in puts)
        self._audit("taken in", files, who)
        paths = tuple(str(each.file) for each in puts)
        skipped = tuple(Skipped(self._name(Path(each.path)), each.reason) for each in done.report.skipped if each.path.startswith(paths))
        articles = tuple(stored[id] for id in ids if id in stored and stored[id].path in paths)
        return TakenIn(files=files, acts=tuple(act.number for act in acts), articles=articles, skipped=skipped)

    def take_back(self, receipt: Draft, who: str, at: datetime, watch: Watch | None) -> int:
        """Moves the files of *receipt* aside and has their articles removed; how many files. Raises what a reindex raises; then they lie where they lay."""
        taken = json.loads(receipt.data)
        shelf = self._shelf()
        moved = [(there, shelf.put_aside(there, at)) for name in taken["files"] if (there := shelf.folder / name).is_file()]
        try:
            self._reindex_without(set(taken["ids"]), watch)
        except BaseException:
            for there, aside in moved:
                there.parent.mkdir(parents=True, exist_ok=True)
                aside.replace(there)
            raise
        for act in self._decisions.all():
            if act.number in taken["acts"]:
                self._decisions.undo(act, who, at)
        self._audit("taken back out", [self._name(there) for there, _ in moved], who)
        return len(moved)

    def _reindex_without(self, ids: set[str], watch: Watch | None) -> Reindexed:
        """A reindex that may remove these articles, but no others beyond the guard."""
        try:
            return self._desk.reindex(watch)
        except RemovalRefused as refusal:
            if not set(refusal.removed) <= ids:
                raise
        return self._desk.reindex(watch, yes=True)

    # Files

    def _put(self, draft: Draft, reading: Reading) -> Iterable[_Placed]:
        from bot.shelf import put
        from retrieval import corpus, pages

        shelf = self._shelf()
        if draft.kind == "articles":
            for article in reading.articles:
                file, new = shelf.write(article)
                yield _Placed(file, (file.stem,), new)
            return
        if draft.kind == "text":
            title = _title(corrected(reading.articles[0], draft)).replace("/", "-")
            file, new = shelf.keep(draft.data, f"{title}.txt")
            yield _Placed(file, (self._name(file),), new)
            return
        for each in put(draft.data, draft.name, shelf):
            if isinstance(each, Skipped):
                continue
            name = self._name(each.there)
            ids: tuple[str, ...] = (name,)
            if name.lower().endswith(corpus.LINES):
                found = pages.read_lines(corpus.lines(str(each.there)), name)
                ids = tuple(one.id for one in found if isinstance(one, Article))
            yield _Placed(each.there, ids, each.new)

    def _corrected(self, draft: Draft, id: str, article: Article, who: str, at: datetime) -> list[Decision]:
        """The admin's corrections as decisions, in force before the article is read for the first time; those kept just now."""
        standing = {(act.kind, act.value) for act in self._decisions.rules().corrections.get(id, ())}
        return [
            self._decisions.keep(
                Decision(
                    at=at, who=who, kind=name, article=id, title=article.title, value=value, content_hash=article.content_hash,
                    original={name: getattr(article, name), f"{name}_origin": getattr(article, f"{name}_origin")},
                )
            )
            for name, value in draft.corrections.items()
            if (name, value) not in standing
        ]  # fmt: skip

    def _emptied(self, file: Path) -> None:
        self._shelf().tidy(file.parent)

    def _shelf(self) -> Shelf:
        from bot.shelf import Shelf  # with what reads pages; a question needs none of it

        return Shelf(self._settings.added_folder, lambda id: self._library.engine.articles([id]).get(id))

    def _name(self, file: Path) -> str:
        folder = self._settings.added_folder
        return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name

    def _audit(self, what: str, files: Iterable[str], who: str) -> None:
        names = ", ".join(files)
        log.info("an admin's act done: %s %s by %s", what, names, who, extra={"fields": {"act": what, "article": names, "who": who}})


def _title(article: Article) -> str:
    return re.sub(r"\s+", " ", article.title or article.body)[:NAMED].strip()
