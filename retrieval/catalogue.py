"""Corpus files in, what changed since the last reindex out: articles to add, ids to remove, files passed over and why.

A file is read again when its size, time, bytes or the page reader's version changed, of a file of lines the runs of lines
that are others than they were; an article keeps its id while its file stays in place, and when the file moves unchanged.

What is remembered of an article is loaded only where it may go: its file is gone, or read again, or its line is not in a
run that stands. Every other article stays, and is asked for by its id alone where another wants to be called the same.
"""

from __future__ import annotations

import lzma
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from heapq import merge
from operator import attrgetter
from pathlib import Path

from retrieval import corpus
from retrieval.corpus import Source
from retrieval.decisions import Rules
from retrieval.errors import WendaError
from retrieval.holdings import WITHDRAWN, Changes, File, LineReader, Reader, Remembered
from retrieval.pace import Pace
from retrieval.reading import Held, Line, Queue, Ready, Stretch
from retrieval.records import Article, Skipped
from retrieval.rows import article_of
from retrieval.runs import Changed, Run, Runs
from retrieval.spool import Origin, Spool
from retrieval.store import Store

SETTLED = 2_000_000_000
"""Nanoseconds after which a file's time tells a later write from an earlier one; file systems tick as slowly as that."""

READ_ERRORS = (OSError, EOFError, lzma.LZMAError)
"""What a file is said to be unreadable for; what was read of it before stays."""

LOOKED_AT = 200
"""Bytes of reading that looking at a file costs as much as."""

TOLD = 50
"""Lines between two tellings of how far a file is: 40 ms."""

LARGE = 1 << 20
"""Bytes of a line that is read here, and not sent to others."""

PATIENCE = 0.1
"""Seconds between two tellings while lines are read by others."""


@dataclass(slots=True)
class _Walk:
    """On the way through a file of lines: what is known of it, and how many of its bytes are behind."""

    source: Source
    file: File
    known: dict[bytes, list[Origin]] = field(default_factory=dict)
    """By its digest, what a line may be that does not stand where it stood; of the same lines the first comes last."""
    refused: dict[int, Skipped] = field(default_factory=dict)
    """The lines that were passed over last time."""
    behind: int = 0
    reached: int = 0
    """The line before which all that is remembered stands, or is loaded."""
    displaced: set[int] = field(default_factory=set)
    """Lines whose id an earlier line has taken."""
    doubts: set[int] = field(default_factory=set)
    """Lines that are to be read again next time, whatever their bytes."""
    done: bool = False

    def undisturbed(self, run: Run) -> bool:
        return self.displaced.isdisjoint(range(run.line, run.after))

    def certain(self, runs: Iterable[Run]) -> list[Run]:
        return [run for run in runs if self.doubts.isdisjoint(range(run.line, run.after))]


class Comparison:
    """One walk over the corpus files against what the library remembers of them.

    Every article is held against the *rules*; those with ids in *unsettled* are read again, since the rules on them
    are others than the library has heard of.
    """

    def __init__(
        self,
        store: Store,
        reader: str,
        read: Reader,
        read_line: LineReader,
        waiting: Spool,
        full: bool = False,
        rules: Rules | None = None,
        unsettled: Iterable[str] = (),
    ) -> None:
        self._rules, self._unsettled = rules or Rules(), frozenset(unsettled)
        self._reader, self._read, self._read_line, self._full = reader, read, read_line, full
        self._known = Remembered(store)
        self._files = self._known.files
        self._again = {origin.file for id in self._unsettled if (origin := self._known.find(id))}
        if self._unsettled:
            self._again |= {file for file, found in self._known.refusals.items() if any(each.reason.startswith(WITHDRAWN) for each in found)}
        self._next = max((file.number for file in self._files.values()), default=0) + 1
        self._started = time.time_ns()
        self._taken: dict[str, str] = {}
        self._sources: dict[str, Source] = {}
        self._walks: dict[str, _Walk] = {}
        self._passed = 0
        self._briefs: list[tuple[Article, Origin]] = []
        self._vanished: dict[bytes, list[Origin]] = {}
        self._changes = Changes(waiting)
        self._tell: Callable[[float], None] = lambda _: None

    def run(self, sources: Iterable[Source], pace: Pace) -> Changes:
        """What to do so that the library holds what *sources* hold; *pace* is told how far it is."""
        self._sources = {source.path: source for source in sources}
        self._load_vanished()
        sources = self._sources.values()
        cost = {source.path: self._cost(source) for source in sources}
        whole, behind = max(1, sum(cost.values())), 0
        # Files the library knows come first, so that a new file never takes the id of an old one.
        for done, source in enumerate(sorted(sources, key=lambda s: s.path not in self._files)):
            self._tell = partial(self._told, pace, done, len(sources), behind / whole, cost[source.path] / whole)
            try:
                self._lines(source) if source.lines else self._page(source)
            except READ_ERRORS as error:
                self._skip(source.path, f"cannot be read: {getattr(error, 'strerror', None) or error}")
                self._lose(source)
            behind += cost[source.path]
            pace.reading(done + 1, len(sources), behind / whole, *self._seen())
        self._settle_briefs()
        changes, loaded = self._changes, self._known.loaded
        changes.replaced = loaded.keys() - changes.kept
        changes.gone = changes.replaced - changes.spool.ids
        changes.standing = sum(self._known.articles.values()) - len(loaded)
        self._settle_walks()
        present = {file.path for file in changes.files} | changes.same
        changes.dropped = [file.number for file in self._files.values() if file.path not in present]
        return changes

    def _cost(self, source: Source) -> int:
        """What a file costs to look at, in bytes that are read: those that have not changed cost next to nothing."""
        old = self._files.get(source.path)
        return LOOKED_AT if old and self._same(source, old) else LOOKED_AT + source.size

    def _seen(self) -> tuple[int, int]:
        """How many articles have to be stored, and how many were looked at."""
        changes = self._changes
        return len(changes.spool), len(changes.spool) + len(changes.kept) + self._passed + len(changes.refusals) + 1

    def _told(self, pace: Pace, done: int, of: int, behind: float, share: float, within: float) -> None:
        pace.reading(done, of, behind + share * within, *self._seen())

    def _load_vanished(self) -> None:
        """Load what is known of files that are gone: their articles go too, but for one that another file holds now."""
        for number in self._known.articles:
            file = self._files.get(self._known.paths.get(number, ""))
            if file and file.path in self._sources:
                continue
            for origin in self._known.load(number):
                if file and self._fresh(file) and origin.id not in self._unsettled:
                    self._vanished.setdefault(origin.digest, []).append(origin)

    def _lose(self, source: Source) -> None:
        """What was behind the place where a file could not be read on is gone."""
        walk = self._walks.get(source.path)
        if old := self._files.get(source.path):
            self._known.load(old.number, walk.reached if walk else 0)

    def _claim(self, id: str, path: str) -> str | None:
        """Take *id* for *path*; the path that has it already, if there is one."""
        if owner := self._taken.get(id):
            return owner
        origin = self._known.find(id)
        if origin and id not in self._known.loaded:
            walk = self._walks.get(path)
            if not walk or walk.file.number != origin.file or origin.line < walk.reached:
                return self._known.paths[origin.file]
            # The first line of a file with some id has it.
            walk.displaced.add(origin.line)
            self._known.loaded[id] = origin
        self._taken[id] = path
        return None

    def _skip(self, path: str, reason: str) -> None:
        self._changes.skipped.append(Skipped(path, reason))

    def _same(self, source: Source, old: File) -> bool:
        return self._fresh(old) and old.number not in self._again and (old.size, old.mtime) == (source.size, source.mtime)

    def _fresh(self, old: File) -> bool:
        return not self._full and old.reader == self._reader

    def _keep(self, old: File) -> None:
        self._passed += self._known.articles.get(old.number, 0)
        self._changes.skipped += self._known.refusals.get(old.number, ())

    def _refused_as_before(self, old: File) -> None:
        self._changes.refusals += [(old.number, each) for each in self._known.refusals.get(old.number, ())]

    def _note(self, source: Source, digest: bytes, certain: bool = True) -> File:
        """Remember *source* as read. Its time counts only once the file system's clock has moved on from it."""
        old = self._files.get(source.path)
        number = old.number if old else self._next
        self._next += not old
        settled = certain and source.mtime < self._started - SETTLED
        file = File(number, source.path, source.size, source.mtime if settled else -1, digest, self._reader)
        self._changes.files.append(file)
        return file

    def _page(self, source: Source) -> None:
        old = self._files.get(source.path)
        if old and self._same(source, old):
            self._changes.same.add(source.path)
            return self._keep(old)
        data = Path(source.path).read_bytes()
        digest = corpus.digest(data)
        if old and old.digest == digest and self._fresh(old) and old.number not in self._again:
            self._note(source, digest)
            self._refused_as_before(old)
            return self._keep(old)
        mine = self._known.load(old.number) if old else ()
        moved = [] if mine else self._vanished.get(digest, [])
        while moved:
            origin = moved.pop()
            if self._claim(origin.id, source.path) is None:
                file = self._note(source, digest)
                self._changes.kept.add(origin.id)
                self._changes.moved.append(origin._replace(file=file.number, line=0))
                return None
        id = mine[0].id if mine else source.name
        if other := self._claim(id, source.path):
            return self._skip(source.path, f"second file with the id {id}; the first is {other}")
        file = self._note(source, digest)
        try:
            article = replace(self._read(data, source.path), id=id, path=source.path)
        except WendaError as error:
            del self._taken[id]
            return self._refuse(file, source.path, str(error))
        if withdrawal := self._rules.withdrawal(article):
            del self._taken[id]
            return self._refuse(file, source.path, f"{WITHDRAWN}{withdrawal.value}")
        self._put(self._rules.applied(article), Origin(id, file.number, 0, digest, _original(article)))
        return None

    def _lines(self, source: Source) -> None:
        old = self._files.get(source.path)
        if old and self._same(source, old):
            self._changes.same.add(source.path)
            return self._keep(old)
        again = old if old and self._fresh(old) else None
        if old and not again:
            self._known.load(old.number)
        file = self._note(source, b"", certain=False)  # until it was read to its end without a doubt
        walk = self._walks[source.path] = _Walk(source, file, {} if old else self._vanished)
        if again:
            walk.refused = {int(each.path.rpartition(":")[2]): each for each in self._known.refusals.get(again.number, ())}
        runs = Runs(source.path, self._known.runs(again.number) if again and not self._unsettled else (), walk.undisturbed)
        self._changes.runs[file.number] = runs.made
        queue = Queue(source.name, self._changes.spool.ahead, lambda: runs.behind()) if self._changes.spool.ahead else None
        try:
            self._parts(walk, again, runs, queue)
        except READ_ERRORS:
            self._take(walk, queue)  # what was read before stays
            raise
        walk.done = True
        return None

    def _parts(self, walk: _Walk, again: File | None, runs: Runs, queue: Queue | None) -> None:
        for part in runs:
            if isinstance(part, Run):
                self._stand(walk, part)
                walk.behind = runs.behind()
                self._tell_of(walk)
                continue
            walk.reached = part.until or sys.maxsize
            before = self._known.load(again.number, part.line, part.until) if again else []
            if self._unsettled:
                before = [origin for origin in before if origin.id not in self._unsettled]
            self._compare(walk, before, part, runs, queue)

    def _stand(self, walk: _Walk, run: Run) -> None:
        """Leave all as it is that is known of some lines."""
        walk.reached = run.after
        self._passed += run.lines
        for line in range(run.line, run.after) if walk.refused else ():
            if line in walk.refused:
                self._changes.skipped.append(walk.refused[line])
                self._changes.refusals.append((walk.file.number, walk.refused[line]))

    def _compare(self, walk: _Walk, before: Sequence[Origin], part: Changed, runs: Runs, queue: Queue | None) -> None:
        """Look at some lines one by one, those that were there before being known."""
        for number, line in self._others(walk, before, part, runs, queue):
            apart = queue is None or len(line) > LARGE
            digest = corpus.digest(line) if walk.known or apart else b""
            if queue and not apart and not walk.known.get(digest):
                stretches = queue.read(number, line)
            elif queue and not queue.empty:
                stretches = queue.hold(Held(number, line, digest))
            else:
                self._line(walk, number, line, digest)
                continue
            for stretch in stretches:
                self._stretch(walk, stretch)
                walk.behind = stretch.behind
        self._take(walk, queue)

    def _take(self, walk: _Walk, queue: Queue | None) -> None:
        """Take all lines that are still on their way."""
        for stretch in queue.rest() if queue else ():
            self._stretch(walk, stretch)
            walk.behind = stretch.behind

    def _others(self, walk: _Walk, before: Sequence[Origin], part: Changed, runs: Runs, queue: Queue | None) -> Iterator[tuple[int, bytes]]:
        """The lines that are not blank, each with its number, but for those that stand where they stood, which are kept."""
        taken, digest = self._taken, corpus.digest
        at, alone, parted = 0, True, False
        run: list[Origin] = []
        try:
            for number, line in enumerate(part.lines, part.line):
                if number % TOLD == 0:
                    walk.behind = runs.behind() if alone else walk.behind
                    self._tell_of(walk)
                if at < len(before) and before[at].line <= number:
                    origin = before[at]
                    at += 1
                    if alone and origin.line == number and origin.id not in taken and origin.digest == digest(line):
                        run.append(origin)
                        continue
                self._keep_all(walk, run, parted)
                run = []
                if not parted and before:
                    for origin in reversed(before[at - (at > 0 and before[at - 1].line == number) :]):
                        walk.known.setdefault(origin.digest, []).append(origin)
                    parted = True
                if line and not line.isspace():
                    yield number, line
                    alone = queue is None or queue.empty  # else lines before this one are still to be looked at
        finally:  # also where the file cannot be read on
            self._keep_all(walk, run, parted)

    def _keep_all(self, walk: _Walk, run: Sequence[Origin], known: bool) -> None:
        """Keep lines that are as they were; *known* tells whether they are looked up by their digests, too."""
        ids = [origin.id for origin in run]
        self._taken.update(dict.fromkeys(ids, walk.source.path))
        self._changes.kept.update(ids)
        for origin in run if known else ():
            if origin in (same := walk.known[origin.digest]):
                same.remove(origin)

    def _tell_of(self, walk: _Walk) -> None:
        self._tell(min(1.0, walk.behind / max(1, walk.source.size)))

    def _line(self, walk: _Walk, number: int, line: bytes, digest: bytes) -> None:
        """Compare a line, reading it if need be."""
        same = walk.known.get(digest)
        # An article named by its line is another one once the line has moved.
        if same and (same[-1].line == number or not same[-1].id.endswith(f":{same[-1].line}")):
            origin = same.pop()
            if self._claim(origin.id, walk.source.path) is None:
                self._changes.kept.add(origin.id)
                if (origin.file, origin.line) != (walk.file.number, number):
                    self._changes.moved.append(origin._replace(file=walk.file.number, line=number))
                return
        try:
            article = replace(self._read_line(line, walk.source.name, number), path=walk.source.path)
        except WendaError as error:
            self._refuse(walk.file, f"{walk.source.path}:{number}", str(error))
            return
        if not self._withdrawn(walk, article, number) and not self._second(walk, article.id, number):
            self._put(self._rules.applied(article, number), Origin(article.id, walk.file.number, number, digest, _original(article)))

    def _stretch(self, walk: _Walk, stretch: Stretch) -> None:
        """Compare lines of which some were read by others."""
        while stretch.pending and not stretch.pending.wait(PATIENCE):
            self._tell_of(walk)
        ready = stretch.pending.made() if stretch.pending else None
        assert ready is None or isinstance(ready, Ready)
        rows = ready.articles.rows() if ready and self._rules.on_articles else None
        at = 0
        taken: list[int] = []
        origins: list[Origin] = []
        lines: Iterable[Line | Held] = ready.lines if ready else ()
        if stretch.held:
            lines = merge(lines, stretch.held, key=attrgetter("number"))
        for line in lines:
            if isinstance(line, Held):
                self._line(walk, line.number, line.line, line.digest)
            elif line.refusal:
                self._refuse(walk.file, f"{walk.source.path}:{line.number}", line.refusal)
            else:
                at += 1
                article = article_of(rows.rows[at - 1], walk.source.path, rows.bodies[at - 1]) if rows else None
                if article and self._withdrawn(walk, article, line.number):
                    continue
                if self._second(walk, line.id, line.number):
                    continue
                origin = Origin(line.id, walk.file.number, line.number, line.digest, line.original if line.brief else None)
                applied = self._rules.applied(article, line.number) if article else None
                if applied is not article or (line.brief and line.original):
                    rows = rows or (ready.articles.rows() if ready else None)
                    assert rows
                    self._put(applied or article_of(rows.rows[at - 1], walk.source.path, rows.bodies[at - 1]), origin)
                else:
                    self._count(origin)
                    taken.append(at - 1)
                    origins.append(origin)
        if ready and taken:
            self._changes.spool.put_ready(ready.only(taken), origins)

    def _withdrawn(self, walk: _Walk, article: Article, number: int) -> bool:
        withdrawal = self._rules.withdrawal(article, number)
        if withdrawal:
            self._refuse(walk.file, f"{walk.source.path}:{number}", f"{WITHDRAWN}{withdrawal.value}")
        return bool(withdrawal)

    def _second(self, walk: _Walk, id: str, number: int) -> bool:
        """Whether another article has the *id* already; else it is taken."""
        if other := self._claim(id, walk.source.path):
            self._skip(f"{walk.source.path}:{number}", f"second article with the id {id}; the first is in {other}")
            walk.doubts.add(number)
        return bool(other)

    def _refuse(self, file: File, path: str, reason: str) -> None:
        self._skip(path, reason)
        self._changes.refusals.append((file.number, Skipped(path, reason)))

    def _put(self, article: Article, origin: Origin) -> None:
        """Have an article stored as the rules made it; a brief only once it is known whether its original is there."""
        if _original(article):
            self._briefs.append((article, origin))
        else:
            self._add(article, origin)

    def _add(self, article: Article, origin: Origin) -> None:
        self._count(origin)
        self._changes.spool.put(article, origin)

    def _count(self, origin: Origin) -> None:
        old = self._known.loaded.get(origin.id)
        if old:
            self._changes.reread += old.digest == origin.digest
            self._changes.changed += old.digest != origin.digest

    def _settle_briefs(self) -> None:
        """A brief steps aside where its original is in the library; it is read again next time, when that may be gone."""
        known, changes = self._known, self._changes
        moved = {origin.id: origin for origin in changes.moved}
        kept = {origin.id: moved.get(origin.id, origin) for origin in known.of_originals() if origin.id not in known.loaded or origin.id in changes.kept}
        if not kept and not self._briefs:
            return
        standing = {id: known.paths[file] for id, file in known.ids() if id not in known.loaded}
        where = standing | self._taken
        stay = (standing.keys() | changes.kept | changes.spool.ids) - kept.keys()
        originals = stay | {name.rsplit("/", 1)[-1] for id in stay for name in (id, where[id])}
        for article, origin in self._briefs:
            if article.original in originals:
                self._aside(article.path, origin)
            else:
                self._add(article, origin)
        for id, origin in kept.items():
            if origin.original in originals:
                changes.kept.discard(id)
                changes.moved = [each for each in changes.moved if each.id != id]
                known.loaded.setdefault(id, origin)
                self._aside(where[id], origin)

    def _aside(self, path: str, origin: Origin) -> None:
        self._skip(path, f"steps aside: its original {origin.original} is in the library")
        if origin.line:
            (self._walks.get(path) or self._doubted(path)).doubts.add(origin.line)
        else:
            self._changes.same.discard(path)
            self._changes.files = [file for file in self._changes.files if file.path != path]

    def _doubted(self, path: str) -> _Walk:
        """A file of lines that was left as it was, but is to be read again next time."""
        old = self._files[path]
        self._changes.same.discard(path)
        self._changes.files.append(replace(old, mtime=-1))
        self._changes.runs[old.number] = self._known.runs(old.number)
        self._refused_as_before(old)
        self._walks[path] = _Walk(self._sources[path], old)
        return self._walks[path]

    def _settle_walks(self) -> None:
        """Remember of files of lines what is certain; a file's time where all is."""
        settled: dict[int, int] = {}
        for walk in self._walks.values():
            number = walk.file.number
            self._changes.runs[number] = walk.certain(self._changes.runs.get(number, ()))
            if walk.done and not walk.doubts and walk.source.mtime < self._started - SETTLED:
                settled[number] = walk.source.mtime
        self._changes.files = [replace(file, mtime=settled[file.number]) if file.number in settled else file for file in self._changes.files]


def _original(article: Article) -> str | None:
    """The article that a brief stands for, and steps aside for; None for all that is no brief."""
    return article.original if article.kind == "brief" else None
