"""Corpus files in, what changed since the last reindex out: articles to add, ids to remove, files passed over and why.

A file is read again when its size, time, bytes or the page reader's version changed; an article keeps its id while its
file stays in place, and when the file moves unchanged.
"""

from __future__ import annotations

import lzma
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from heapq import merge
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from retrieval import corpus
from retrieval.corpus import Source
from retrieval.decisions import Rules, Taken
from retrieval.errors import WendaError
from retrieval.pace import Pace
from retrieval.reading import Held, Line, Queue, Ready, Stretch
from retrieval.records import Article, Skipped
from retrieval.rows import article_of
from retrieval.spool import Origin, Spool
from retrieval.store import Store

Reader = Callable[[bytes, str], Article]
LineReader = Callable[[bytes, str, int], Article]
"""Bytes of one line, the file's name and the line's number in, its article out; its id is `name:number` where it has none."""

SETTLED = 2_000_000_000
"""Nanoseconds after which a file's time tells a later write from an earlier one; file systems tick as slowly as that."""

LOOKED_AT = 200
"""Bytes of reading that looking at a file costs as much as."""

TOLD = 50
"""Lines between two tellings of how far a file is: 40 ms."""

WITHDRAWN = "withdrawn: "
"""How the reason begins why an article that an admin withdrew was passed over."""

LARGE = 1 << 20
"""Bytes of a line that is read here, and not sent to others."""

PATIENCE = 0.1
"""Seconds between two tellings while lines are read by others."""

@dataclass(frozen=True, slots=True)
class File:
    number: int
    path: str
    size: int
    mtime: int
    digest: bytes
    reader: str


@dataclass
class Changes:
    """What a reindex has to do: articles in the spool to index, ids that are gone to remove, files to remember.

    `kept` are ids that stay as they are, `changed` and `reread` count articles of the spool that the library has in
    another or the same state, `replaced` are all ids whose stored state goes; `same` are paths of files that need no new row, `dropped` numbers of rows to forget.
    """

    spool: Spool
    kept: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    changed: int = 0
    reread: int = 0
    same: set[str] = field(default_factory=set)
    dropped: list[int] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    replaced: set[str] = field(default_factory=set)
    files: list[File] = field(default_factory=list)
    refusals: list[tuple[int, Skipped]] = field(default_factory=list)
    moved: list[Origin] = field(default_factory=list)

    @property
    def added(self) -> int:
        return len(self.spool) - self.changed - self.reread

    @property
    def unchanged(self) -> int:
        return len(self.kept) + self.reread


@dataclass(slots=True)
class _Walk:
    """On the way through a file of lines: what is known of it, and how many of its bytes are behind."""

    source: Source
    file: File
    known: dict[bytes, list[Origin]]
    behind: int = 0


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
        self._files = {file.path: file for file in files(store)}
        self._origins: dict[int, list[Origin]] = {}
        for origin in origins(store):
            self._origins.setdefault(origin.file, []).append(origin)
        self._old = {origin.id: origin for found in self._origins.values() for origin in found}
        self._refusals = refusals(store)
        self._again = {self._old[id].file for id in self._unsettled if id in self._old}
        if self._unsettled:
            self._again |= {file for file, found in self._refusals.items() if any(each.reason.startswith(WITHDRAWN) for each in found)}
        self._next = max((file.number for file in self._files.values()), default=0) + 1
        self._started = time.time_ns()
        self._taken: dict[str, str] = {}
        self._reserved: dict[str, str] = {}
        self._briefs: list[tuple[Article, Origin]] = []
        self._vanished: dict[bytes, list[Origin]] = {}
        self._changes = Changes(waiting)
        self._tell: Callable[[float], None] = lambda _: None

    def run(self, sources: Iterable[Source], pace: Pace) -> Changes:
        """What to do so that the library holds what *sources* hold; *pace* is told how far it is."""
        sources = list(sources)
        self._reserve({source.path for source in sources})
        cost = {source.path: self._cost(source) for source in sources}
        whole, behind = max(1, sum(cost.values())), 0
        # Files the library knows come first, so that a new file never takes the id of an old one.
        for done, source in enumerate(sorted(sources, key=lambda s: s.path not in self._files)):
            self._tell = partial(self._told, pace, done, len(sources), behind / whole, cost[source.path] / whole)
            try:
                self._lines(source) if source.lines else self._page(source)
            except (OSError, EOFError, lzma.LZMAError) as error:
                self._skip(source.path, f"cannot be read: {getattr(error, 'strerror', None) or error}")
            self._release(source.path)
            behind += cost[source.path]
            pace.reading(done + 1, len(sources), behind / whole, *self._seen())
        self._settle_briefs()
        changes = self._changes
        changes.gone = set(self._old) - changes.kept - changes.spool.ids
        changes.replaced = set(self._old) - changes.kept
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
        return len(changes.spool), len(changes.spool) + len(changes.kept) + len(changes.refusals) + 1

    def _told(self, pace: Pace, done: int, of: int, behind: float, share: float, within: float) -> None:
        pace.reading(done, of, behind + share * within, *self._seen())

    def _reserve(self, present: set[str]) -> None:
        for file in self._files.values():
            for origin in self._origins.get(file.number, ()):
                if file.path in present:
                    self._reserved[origin.id] = file.path
                elif not self._full and file.reader == self._reader and origin.id not in self._unsettled:
                    self._vanished.setdefault(origin.digest, []).append(origin)

    def _release(self, path: str) -> None:
        old = self._files.get(path)
        for origin in self._origins.get(old.number, ()) if old else ():
            if self._reserved.get(origin.id) == path:
                del self._reserved[origin.id]

    def _claim(self, id: str, path: str) -> str | None:
        """Take *id* for *path*; the path that has it already, if there is one."""
        owner = self._taken.get(id) or self._reserved.get(id, path)
        if id in self._taken or owner != path:
            return owner
        self._taken[id] = path
        return None

    def _skip(self, path: str, reason: str) -> None:
        self._changes.skipped.append(Skipped(path, reason))

    def _same(self, source: Source, old: File) -> bool:
        return self._fresh(old) and old.number not in self._again and (old.size, old.mtime) == (source.size, source.mtime)

    def _fresh(self, old: File) -> bool:
        return not self._full and old.reader == self._reader

    def _keep(self, source: Source, old: File) -> None:
        for origin in self._origins.get(old.number, ()):
            self._taken[origin.id] = source.path
            self._changes.kept.add(origin.id)
        self._changes.skipped += self._refusals.get(old.number, [])

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
            return self._keep(source, old)
        data = Path(source.path).read_bytes()
        digest = corpus.digest(data)
        if old and old.digest == digest and self._fresh(old) and old.number not in self._again:
            self._note(source, digest)
            return self._keep(source, old)
        mine = self._origins.get(old.number, ()) if old else ()
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
        self._put(self._rules.applied(article), Origin(id, file.number, 0, digest, article.original))
        return None

    def _lines(self, source: Source) -> None:
        old = self._files.get(source.path)
        if old and self._same(source, old):
            self._changes.same.add(source.path)
            return self._keep(source, old)
        fresh = old is not None and self._fresh(old)
        known: dict[bytes, list[Origin]] = {} if old else self._vanished
        for origin in reversed(self._origins.get(old.number, ())) if old and fresh else ():
            if origin.id not in self._unsettled:
                known.setdefault(origin.digest, []).append(origin)
        file = self._note(source, b"", certain=False)  # until it was read to its end without a doubt
        certain = True
        lines = corpus.Lines(source.path)
        queue = Queue(source.name, self._changes.spool.ahead, lines) if self._changes.spool.ahead else None
        walk = _Walk(source, file, known)
        for number, line in enumerate(lines, 1):
            if number % TOLD == 0:
                walk.behind = walk.behind if queue and not queue.empty else lines.behind()
                self._tell_of(walk)
            if not line or line.isspace():
                continue
            apart = queue is None or len(line) > LARGE
            digest = corpus.digest(line) if known or apart else b""
            if queue and not apart and not known.get(digest):
                stretches = queue.read(number, line)
            elif queue and not queue.empty:
                stretches = queue.hold(Held(number, line, digest))
            else:
                certain &= self._line(walk, number, line, digest)
                continue
            for stretch in stretches:
                certain &= self._stretch(walk, stretch)
                walk.behind = stretch.behind
        for stretch in queue.rest() if queue else ():
            certain &= self._stretch(walk, stretch)
            walk.behind = stretch.behind
        if certain and source.mtime < self._started - SETTLED:
            self._changes.files[-1] = replace(file, mtime=source.mtime)
        return None

    def _tell_of(self, walk: _Walk) -> None:
        self._tell(min(1.0, walk.behind / max(1, walk.source.size)))

    def _line(self, walk: _Walk, number: int, line: bytes, digest: bytes) -> bool:
        """Compare a line, reading it if need be; whether all is certain about it."""
        same = walk.known.get(digest)
        # An article named by its line is another one once the line has moved.
        if same and (same[-1].line == number or not same[-1].id.endswith(f":{same[-1].line}")):
            origin = same.pop()
            if self._claim(origin.id, walk.source.path) is None:
                self._changes.kept.add(origin.id)
                if (origin.file, origin.line) != (walk.file.number, number):
                    self._changes.moved.append(origin._replace(file=walk.file.number, line=number))
                return True
        try:
            article = replace(self._read_line(line, walk.source.name, number), path=walk.source.path)
        except WendaError as error:
            self._refuse(walk.file, f"{walk.source.path}:{number}", str(error))
            return True
        if self._withdrawn(walk, article, number):
            return True
        if self._second(walk, article.id, number):
            return False
        self._put(self._rules.applied(article, number), Origin(article.id, walk.file.number, number, digest, article.original))
        return True

    def _stretch(self, walk: _Walk, stretch: Stretch) -> bool:
        """Compare lines of which some were read by others; whether all is certain about them."""
        while stretch.pending and not stretch.pending.wait(PATIENCE):
            self._tell_of(walk)
        ready = stretch.pending.made() if stretch.pending else None
        assert ready is None or isinstance(ready, Ready)
        rows = ready.articles.rows() if ready and self._rules.on_articles else None
        certain, at = True, 0
        taken: list[int] = []
        origins: list[Origin] = []
        lines: Iterable[Line | Held] = ready.lines if ready else ()
        if stretch.held:
            lines = merge(lines, stretch.held, key=attrgetter("number"))
        for line in lines:
            if isinstance(line, Held):
                certain &= self._line(walk, line.number, line.line, line.digest)
            elif line.refusal:
                self._refuse(walk.file, f"{walk.source.path}:{line.number}", line.refusal)
            else:
                at += 1
                article = article_of(rows.rows[at - 1], walk.source.path, rows.bodies[at - 1]) if rows else None
                if article and self._withdrawn(walk, article, line.number):
                    continue
                if self._second(walk, line.id, line.number):
                    certain = False
                    continue
                origin = Origin(line.id, walk.file.number, line.number, line.digest, line.original)
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
        return certain

    def _withdrawn(self, walk: _Walk, article: Article, number: int) -> bool:
        withdrawal = self._rules.withdrawal(article, number)
        if withdrawal:
            self._refuse(walk.file, f"{walk.source.path}:{number}", f"{WITHDRAWN}{withdrawal.value}")
        return bool(withdrawal)

    def _second(self, walk: _Walk, id: str, number: int) -> bool:
        """Whether another article has the *id* already; else it is taken."""
        if other := self._claim(id, walk.source.path):
            self._skip(f"{walk.source.path}:{number}", f"second article with the id {id}; the first is in {other}")
        return bool(other)

    def _refuse(self, file: File, path: str, reason: str) -> None:
        self._skip(path, reason)
        self._changes.refusals.append((file.number, Skipped(path, reason)))

    def _put(self, article: Article, origin: Origin) -> None:
        """Have an article stored as the rules made it; a brief only once it is known whether its original is there."""
        if article.kind == "brief" and article.original:
            self._briefs.append((article, origin))
        else:
            self._add(article, origin)

    def _add(self, article: Article, origin: Origin) -> None:
        self._count(origin)
        self._changes.spool.put(article, origin)

    def _count(self, origin: Origin) -> None:
        old = self._old.get(origin.id)
        if old:
            self._changes.reread += old.digest == origin.digest
            self._changes.changed += old.digest != origin.digest

    def _settle_briefs(self) -> None:
        """A brief steps aside where its original is in the library; it is read again next time, when that may be gone."""
        kept = {id: origin for id in self._changes.kept if (origin := self._old[id]).original}
        if not kept and not self._briefs:
            return
        stay = (self._changes.kept | self._changes.spool.ids) - set(kept)
        originals = stay | {name.rsplit("/", 1)[-1] for id in stay for name in (id, self._taken[id])}
        for article, origin in self._briefs:
            if article.original in originals:
                self._aside(article.path, article.original)
            else:
                self._add(article, origin)
        for id, origin in kept.items():
            if origin.original in originals:
                self._changes.kept.discard(id)
                self._aside(self._taken[id], origin.original)

    def _aside(self, path: str, original: str) -> None:
        self._skip(path, f"steps aside: its original {original} is in the library")
        self._changes.same.discard(path)
        self._changes.files = [file for file in self._changes.files if file.path != path or path.endswith(corpus.LINES)]


def files(store: Store) -> list[File]:
    return [File(*row) for row in store.db.conn.execute("SELECT number, path, size, mtime, digest, reader FROM files")]


def origins(store: Store) -> Iterator[Origin]:
    yield from map(Origin._make, store.db.conn.execute("SELECT id, file, line, digest, original FROM origins ORDER BY file, line").fetchall())


def refusals(store: Store) -> dict[int, list[Skipped]]:
    found: dict[int, list[Skipped]] = {}
    for file, path, reason in store.db.conn.execute("SELECT file, path, reason FROM refusals"):
        found.setdefault(file, []).append(Skipped(path, reason))
    return found


def record(store: Store, changes: Changes) -> None:
    """Write what was read into the library; to be called within the transaction that indexes it."""
    conn = store.db.conn
    touched = [(file.number,) for file in changes.files] + [(number,) for number in changes.dropped]
    conn.executemany("DELETE FROM refusals WHERE file = ?", touched)
    conn.executemany("DELETE FROM files WHERE number = ?", touched)
    conn.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)", [(f.number, f.path, f.size, f.mtime, f.digest, f.reader) for f in changes.files])
    conn.executemany("INSERT INTO refusals VALUES (?, ?, ?)", [(number, s.path, s.reason) for number, s in changes.refusals])
    conn.executemany("DELETE FROM origins WHERE id = ?", [(id,) for id in changes.gone])
    for found in (changes.spool.origins, changes.moved):
        conn.executemany("REPLACE INTO origins VALUES (?, ?, ?, ?, ?)", ((o.id, o.file, o.line, o.digest, o.original) for o in found))


def taken(store: Store, ids: Iterable[str]) -> list[Taken]:
    """Where each of these articles was read; one that is of no known file is left out."""
    query = "SELECT o.id, f.path, o.line FROM origins o JOIN files f ON f.number = o.file WHERE o.id = ?"
    rows = [row for id in ids if (row := store.db.conn.execute(query, (id,)).fetchone())]
    return [Taken(id=id, path=path, line=line) for id, path, line in rows]


def withdraw(store: Store, articles: Iterable[Taken], reason: str) -> None:
    """Remember these articles no longer as held but as passed over; to be called within the transaction that removes them."""
    for each in articles:
        conn = store.db.conn
        conn.execute("INSERT INTO refusals SELECT file, ?, ? FROM origins WHERE id = ?", (_place(each), f"{WITHDRAWN}{reason}", each.id))
        conn.execute("DELETE FROM origins WHERE id = ?", (each.id,))


def restore(store: Store, article: Taken, read: Reader, read_line: LineReader) -> Article | None:
    """The article as its file holds it now, remembered as held again; None, and left to the next reindex, where it holds it no more."""
    conn = store.db.conn
    row = conn.execute("SELECT number FROM files WHERE path = ?", (article.path,)).fetchone()
    if row is None:
        return None
    try:
        data = _bytes(article)
        found = read_line(data, Path(article.path).name, article.line) if article.line else read(data, article.path)
    except (OSError, EOFError, lzma.LZMAError, WendaError):
        conn.execute("UPDATE files SET mtime = -1, digest = x'' WHERE number = ?", row)
        return None
    if article.line and found.id != article.id and not article.id.endswith(f":{article.line}"):
        conn.execute("UPDATE files SET mtime = -1, digest = x'' WHERE number = ?", row)
        return None
    conn.execute("DELETE FROM refusals WHERE file = ? AND path = ?", (*row, _place(article)))
    conn.execute("REPLACE INTO origins VALUES (?, ?, ?, ?, ?)", (article.id, *row, article.line, corpus.digest(data), found.original))
    return replace(found, id=article.id, path=article.path)


def reread(store: Store, articles: Iterable[Taken], read: Reader, read_line: LineReader) -> list[tuple[Article, int]]:
    """These articles as their files hold them, each with its line, where they hold what was read of them last.

    The others are read again at the next reindex. Each file is read once.
    """
    conn, found = store.db.conn, []
    for path, several in groupby(sorted(articles, key=lambda each: (each.path, each.line)), key=lambda each: each.path):
        wanted = {each.line: each.id for each in several}
        with suppress(OSError, EOFError, lzma.LZMAError):
            texts = enumerate(corpus.lines(path), 1) if 0 not in wanted else [(0, Path(path).read_bytes())]
            for line, data in texts:
                if line not in wanted:
                    continue
                row = conn.execute("SELECT digest FROM origins WHERE id = ?", (wanted[line],)).fetchone()
                with suppress(WendaError):
                    if row and row[0] == corpus.digest(data):
                        article = read_line(data, Path(path).name, line) if line else read(data, path)
                        found.append((replace(article, id=wanted.pop(line), path=path), line))
        for id in wanted.values():
            conn.execute("UPDATE files SET mtime = -1, digest = x'' WHERE number = (SELECT file FROM origins WHERE id = ?)", (id,))
            conn.execute("UPDATE origins SET digest = x'' WHERE id = ?", (id,))
    return found


def read_withdrawn_again(store: Store) -> None:
    """Have the next reindex read the files that were passed over as withdrawn, whatever their bytes."""
    store.db.conn.execute("UPDATE files SET mtime = -1, digest = x'' WHERE number IN (SELECT file FROM refusals WHERE substr(reason, 1, ?) = ?)", (len(WITHDRAWN), WITHDRAWN))


def _place(article: Taken) -> str:
    return f"{article.path}:{article.line}" if article.line else article.path


def _bytes(article: Taken) -> bytes:
    """The file, or its line."""
    if not article.line:
        return Path(article.path).read_bytes()
    return next((line for number, line in enumerate(corpus.lines(article.path), 1) if number == article.line), b"")


def copy(source: Store, target: Store, ids: Iterable[str] | None = None) -> None:
    """What *source* remembers of the corpus, into *target*; or, where that is not known, only that there are these *ids*."""
    conn = target.db.conn
    for table in ("files", "refusals", "origins"):
        conn.execute(f"DELETE FROM {table}")
        if ids is None:
            rows = source.db.conn.execute(f"SELECT * FROM {table}").fetchall()
            conn.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows) if rows else None
    if ids is not None:
        conn.executemany("INSERT INTO origins VALUES (?, 0, 0, x'', NULL)", ((id,) for id in ids))
