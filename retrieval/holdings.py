"""What a library remembers of its corpus files: which they were, where each article stood in them, what was passed over and why.

    File        a corpus file as it was when it was read last
    Remembered  what is known of all files, read from the library as far as it is asked for
    Changes     what a reindex has to do, once the files were looked at
"""

from __future__ import annotations

import lzma
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from retrieval import corpus
from retrieval.decisions import Taken
from retrieval.errors import WendaError
from retrieval.records import Article, Skipped
from retrieval.runs import Run
from retrieval.spool import Origin, Spool
from retrieval.store import Store

Reader = Callable[[bytes, str], Article]
LineReader = Callable[[bytes, str, int], Article]
"""Bytes of one line, the file's name and the line's number in, its article out; its id is `name:number` where it has none."""

WITHDRAWN = "withdrawn: "
"""How the reason begins why an article that an admin withdrew was passed over."""


@dataclass(frozen=True, slots=True)
class File:
    """A corpus file as it was when it was read last; `mtime` in nanoseconds, -1 where it says nothing."""

    number: int
    path: str
    size: int
    mtime: int
    digest: bytes
    reader: str


@dataclass
class Changes:
    """What a reindex has to do: articles in the spool to index, ids that are gone to remove, files to remember.

    `kept` are ids that stay as they are, `standing` counts those that were not even looked at, `changed` and `reread` count articles of the spool that the library has in
    another or the same state, `replaced` are all ids whose stored state goes; `same` are paths of files that need no new row, `dropped` numbers of rows to forget.
    """

    spool: Spool
    kept: set[str] = field(default_factory=set)
    standing: int = 0
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
    runs: dict[int, Sequence[Run]] = field(default_factory=dict)
    """Of files of lines that were read, by their numbers: the runs of lines of which all is certain."""

    @property
    def added(self) -> int:
        return len(self.spool) - self.changed - self.reread

    @property
    def unchanged(self) -> int:
        return len(self.kept) + self.standing + self.reread


class Remembered:
    """What the library remembers of its corpus files; of where its articles were read only as much as is loaded.

    `files` are by path, `articles` counts those of each file, `refusals` are what was passed over in it, all by its number;
    `loaded` are the origins that were asked for, by id.
    """

    def __init__(self, store: Store) -> None:
        self._conn = store.db.conn
        self.files = {row[1]: File(*row) for row in self._conn.execute("SELECT number, path, size, mtime, digest, reader FROM files")}
        self.paths = {file.number: file.path for file in self.files.values()}
        self.articles: dict[int, int] = dict(self._conn.execute("SELECT file, count(*) FROM origins GROUP BY file"))
        self.refusals: dict[int, list[Skipped]] = {}
        for file, path, reason in self._conn.execute("SELECT file, path, reason FROM refusals"):
            self.refusals.setdefault(file, []).append(Skipped(path, reason))
        self.loaded: dict[str, Origin] = {}

    def load(self, file: int, line: int = 0, until: int | None = None) -> list[Origin]:
        """The origins of a file's articles, from one line to before another, by line."""
        upper, bound = ("", ()) if until is None else ("AND line < ?", (until,))
        rows = self._conn.execute(f"SELECT {_ORIGIN} FROM origins WHERE file = ? AND line >= ? {upper} ORDER BY line", (file, line, *bound))
        found = list(map(partial(tuple.__new__, Origin), rows.fetchall()))
        self.loaded.update((origin.id, origin) for origin in found)
        return found

    def find(self, id: str) -> Origin | None:
        """The article's origin, which is not loaded by that."""
        if not self.articles:
            return None
        return self.loaded.get(id) or next(map(Origin._make, self._conn.execute(f"SELECT {_ORIGIN} FROM origins WHERE id = ?", (id,))), None)

    def of_originals(self) -> list[Origin]:
        """The origins of the briefs that name an original, by file and line."""
        rows = self._conn.execute(f"SELECT {_ORIGIN} FROM origins WHERE original IS NOT NULL")  # in order, SQLite would look through all origins
        return sorted(map(Origin._make, rows), key=attrgetter("file", "line"))

    def ids(self) -> Iterator[tuple[str, int]]:
        """Every article's id and the number of its file."""
        return iter(self._conn.execute("SELECT id, file FROM origins").fetchall())

    def runs(self, file: int) -> list[Run]:
        """The runs of a file's lines of which all was certain, by line."""
        return list(map(Run._make, self._conn.execute("SELECT line, lines, size, digest FROM runs WHERE file = ? ORDER BY line", (file,))))


_ORIGIN = "id, file, line, digest, original"


def origins(store: Store) -> Iterator[Origin]:
    """Where each article was read, in the order of files and lines."""
    yield from map(Origin._make, store.db.conn.execute(f"SELECT {_ORIGIN} FROM origins ORDER BY file, line").fetchall())


def record(store: Store, changes: Changes) -> None:
    """Write what was read into the library; to be called within the transaction that indexes it."""
    conn = store.db.conn
    touched = [(file.number,) for file in changes.files] + [(number,) for number in changes.dropped]
    conn.executemany("DELETE FROM refusals WHERE file = ?", touched)
    conn.executemany("DELETE FROM files WHERE number = ?", touched)
    conn.executemany("DELETE FROM runs WHERE file = ?", touched)
    conn.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)", [(f.number, f.path, f.size, f.mtime, f.digest, f.reader) for f in changes.files])
    conn.executemany("INSERT INTO refusals VALUES (?, ?, ?)", [(number, s.path, s.reason) for number, s in changes.refusals])
    conn.executemany("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", [(number, *run) for number, runs in changes.runs.items() for run in runs])
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
        _doubt(conn, [row])
        return None
    if article.line and found.id != article.id and not article.id.endswith(f":{article.line}"):
        _doubt(conn, [row])
        return None
    conn.execute("DELETE FROM refusals WHERE file = ? AND path = ?", (*row, _place(article)))
    original = found.original if found.kind == "brief" else None
    conn.execute("REPLACE INTO origins VALUES (?, ?, ?, ?, ?)", (article.id, *row, article.line, corpus.digest(data), original))
    _doubt(conn, [row])  # it may be another text than the one that the file was remembered by
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
            _doubt(conn, conn.execute("SELECT file FROM origins WHERE id = ?", (id,)).fetchall())
            conn.execute("UPDATE origins SET digest = x'' WHERE id = ?", (id,))
    return found


def read_withdrawn_again(store: Store) -> None:
    """Have the next reindex read the files that were passed over as withdrawn, whatever their bytes."""
    conn = store.db.conn
    _doubt(conn, conn.execute("SELECT DISTINCT file FROM refusals WHERE substr(reason, 1, ?) = ?", (len(WITHDRAWN), WITHDRAWN)).fetchall())


def _doubt(conn: sqlite3.Connection, files: Sequence[tuple[int]]) -> None:
    """Have the next reindex read the files with these numbers, whatever their bytes."""
    conn.executemany("UPDATE files SET mtime = -1, digest = x'' WHERE number = ?", files)
    conn.executemany("DELETE FROM runs WHERE file = ?", files)


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
    for table in ("files", "refusals", "origins", "runs"):
        conn.execute(f"DELETE FROM {table}")
        if ids is None:
            rows = source.db.conn.execute(f"SELECT * FROM {table}").fetchall()
            conn.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows) if rows else None
    if ids is not None:
        conn.executemany("INSERT INTO origins VALUES (?, 0, 0, x'', NULL)", ((id,) for id in ids))
