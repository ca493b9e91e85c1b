"""The library file: one SQLite database in WAL mode, its schema and its transactions; what lies in it can be rebuilt.

Readers see the state of the last commit; a reindex is one transaction that a kill at any moment undoes. Every thread
has its own connection, since a connection's transaction belongs to whoever began it.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlite_utils import Database, Migrations

from retrieval.databases import readable
from retrieval.errors import LibraryBusy, LibraryError, LibraryOutdated

APPLICATION = 0x57454E44
"""SQLite's application_id of a library file: `WEND` in ASCII; tells our files from other databases."""

PATIENCE = 10.0
"""Seconds that opening and reading wait for another process's short lock; a reindex that finds another one never waits."""

migrations = Migrations("library")


@migrations()
def articles_and_files(db: Database) -> None:
    db.conn.execute("CREATE TABLE state (name TEXT PRIMARY KEY, value) WITHOUT ROWID")
    # What was read: one row a file; one row an article with the file and line (0: the whole file) it came from.
    db.conn.execute(
        "CREATE TABLE files (number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, "
        "mtime INTEGER NOT NULL, digest BLOB NOT NULL, reader TEXT NOT NULL)"
    )
    db.conn.execute("CREATE TABLE refusals (file INTEGER NOT NULL, path TEXT NOT NULL, reason TEXT NOT NULL)")
    db.conn.execute("CREATE INDEX refusals_file ON refusals (file)")
    db.conn.execute(
        "CREATE TABLE origins (id TEXT PRIMARY KEY, file INTEGER NOT NULL, line INTEGER NOT NULL, digest BLOB NOT NULL, "
        "original TEXT) WITHOUT ROWID"
    )
    db.conn.execute("CREATE INDEX origins_file ON origins (file)")
    # What the articles say; bodies apart, so that reading titles and dates touches few pages.
    db.conn.execute(
        "CREATE TABLE articles (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT, outlet TEXT, "
        "published TEXT, script TEXT NOT NULL, kind TEXT NOT NULL, url TEXT, republisher TEXT, original_published TEXT, "
        "updated TEXT, title_origin TEXT, outlet_origin TEXT, published_origin TEXT, authors TEXT NOT NULL, "
        "editors TEXT NOT NULL, note TEXT, original TEXT, encoding TEXT, content_hash TEXT NOT NULL, spans BLOB NOT NULL)"
    )
    db.conn.execute("CREATE TABLE bodies (number INTEGER PRIMARY KEY, body TEXT NOT NULL)")


@migrations()
def postings_in_segments(db: Database) -> None:
    db.conn.execute(
        "CREATE TABLE segments (number INTEGER PRIMARY KEY AUTOINCREMENT, passages INTEGER NOT NULL, postings INTEGER NOT NULL, "
        "wide INTEGER NOT NULL, keys BLOB NOT NULL, counts BLOB NOT NULL, pairs BLOB NOT NULL, lengths BLOB NOT NULL, places BLOB NOT NULL)"
    )
    # A chunk's number is its segment's, shifted by 32 bits, and its place in it: neighbours lie side by side.
    db.conn.execute("CREATE TABLE chunks (number INTEGER PRIMARY KEY, postings BLOB NOT NULL)")
    db.conn.execute("CREATE TABLE removals (segment INTEGER NOT NULL, passages BLOB NOT NULL, keys BLOB NOT NULL, counts BLOB NOT NULL)")
    db.conn.execute("ALTER TABLE articles ADD COLUMN terms TEXT")  # of the passages, where they were given and not cut


@migrations()
def stories(db: Database) -> None:
    db.conn.execute("CREATE TABLE printed (article INTEGER PRIMARY KEY, print INTEGER NOT NULL)")
    db.conn.execute("CREATE INDEX printed_print ON printed (print)")
    db.conn.execute("CREATE TABLE prints (number INTEGER PRIMARY KEY, signature BLOB NOT NULL, story INTEGER NOT NULL)")
    db.conn.execute("CREATE INDEX prints_story ON prints (story)")
    db.conn.execute("CREATE TABLE probes (probe INTEGER NOT NULL, print INTEGER NOT NULL, PRIMARY KEY (probe, print)) WITHOUT ROWID")


@migrations()
def runs_of_lines(db: Database) -> None:
    # Lines of a file one after another, known by one hash: as long as it is theirs, none of them needs to be looked at.
    db.conn.execute("CREATE TABLE runs (file INTEGER NOT NULL, line INTEGER NOT NULL, lines INTEGER NOT NULL, size INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (file, line)) WITHOUT ROWID")
    db.conn.execute("DROP INDEX origins_file")
    db.conn.execute("CREATE INDEX origins_line ON origins (file, line)")
    db.conn.execute("CREATE INDEX origins_original ON origins (original) WHERE original IS NOT NULL")


SCHEMA = 4
"""How many migrations there are; kept as user_version, so that opening an up-to-date file reads one number."""


class Store:
    """A library file that is open. Safe to use from several threads; `close` ends all of their connections."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._own = threading.local()
        self._all: list[Database] = []
        self._lock = threading.Lock()
        self._closed = False

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """The library file at *path*, made with its folder if there is none, its schema brought up to date.

        Raises LibraryError where it is not a library or cannot be used, LibraryOutdated where a newer version wrote it.
        """
        store = cls(Path(path))
        with store.errors():
            store.path.parent.mkdir(parents=True, exist_ok=True)
            store._migrate()
        return store

    @property
    def db(self) -> Database:
        """This thread's connection."""
        db: Database | None = getattr(self._own, "db", None)
        if db is None:
            if self._closed:
                raise LibraryError(f"{self.path}: the library is closed")
            conn = sqlite3.connect(self.path, timeout=PATIENCE, check_same_thread=False, isolation_level=None)
            db = self._own.db = Database(conn, execute_plugins=False)
            conn.execute("PRAGMA synchronous=NORMAL")
            with self._lock:
                self._all.append(db)
        return db

    def errors(self) -> AbstractContextManager[None]:
        """SQLite's errors and the file system's become errors that a person can read."""
        return readable(self.path, "library")

    def _migrate(self) -> None:
        conn = self.db.conn
        version: int = conn.execute("PRAGMA user_version").fetchone()[0]
        application: int = conn.execute("PRAGMA application_id").fetchone()[0]
        if version == SCHEMA and application == APPLICATION:
            return
        if application != APPLICATION and conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise LibraryError(f"{self.path}: a SQLite database, but not a library of Wenda; choose another file")
        if version > SCHEMA:
            raise LibraryOutdated(f"{self.path}: written by a newer version of Wenda (schema {version}, this one knows {SCHEMA}); upgrade Wenda")
        conn.execute("PRAGMA journal_mode=WAL")
        conn.execute("BEGIN IMMEDIATE")  # of two processes that open a new file at once, one migrates
        try:
            migrations.apply(self.db)
            conn.execute(f"PRAGMA application_id={APPLICATION}")
            conn.execute(f"PRAGMA user_version={SCHEMA}")
            conn.execute("COMMIT")
        except BaseException:
            self.db.rollback()
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the library for everything read inside; joins a transaction that this thread has begun."""
        with self.errors():
            conn = self.db.conn
            if conn.in_transaction:
                yield conn
                return
            conn.execute("BEGIN")
            try:
                yield conn
            finally:
                if conn.in_transaction:
                    conn.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, all or nothing; joins one that this thread has begun. Raises LibraryBusy beside another."""
        with self.errors():
            conn = self.db.conn
            if conn.in_transaction:
                with self.db.atomic():
                    yield conn
                return
            conn.execute("PRAGMA busy_timeout=0")
            try:
                conn.execute("BEGIN IMMEDIATE")
            finally:
                conn.execute(f"PRAGMA busy_timeout={int(PATIENCE * 1000)}")
            try:
                yield conn
                conn.execute("COMMIT")
            except BaseException:
                self.db.rollback()
                raise
            # A large commit leaves a log of its size as long as it is not truncated; a reader may put this off.
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def changes(self) -> int:
        """A number that differs as soon as another connection has committed; cheap enough to ask at every search."""
        number: int = self.db.conn.execute("PRAGMA data_version").fetchone()[0]
        return number

    def state(self, name: str) -> str | int | bytes | None:
        """A named value of the library: its commit number, the cutter's fingerprint and the like."""
        row = self.db.conn.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_state(self, name: str, value: str | int | bytes) -> None:
        self.db.conn.execute("REPLACE INTO state VALUES (?, ?)", (name, value))

    def backup(self, path: str | Path) -> None:
        """A copy of the last committed state at *path*; in one step, since a backup in steps starts over at each write."""
        with self.errors():
            copy = sqlite3.connect(path)
            try:
                self.db.conn.backup(copy, pages=-1)
            finally:
                copy.close()

    def restore(self, path: str | Path) -> None:
        """Put the state of the library file at *path* in place of this one's, in one step: readers see the old or the new.

        Raises LibraryBusy where another process keeps writing for longer than PATIENCE.
        """
        given_up = time.monotonic() + PATIENCE

        def tell(status: int, remaining: int, total: int) -> None:
            if remaining and time.monotonic() > given_up:
                raise LibraryBusy(f"{self.path}: the library is being written by another process; stop it, then try again")

        with self.errors():
            source = sqlite3.connect(path)
            try:
                source.backup(self.db.conn, pages=-1, progress=tell)
            finally:
                source.close()
            self.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for db in self._all:
                db.close()
            self._all.clear()
        self._own = threading.local()
