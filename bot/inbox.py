"""The durable inbox of a chat front end: updates are kept before they are confirmed and until they are answered.

In comes an update as text; out it goes, in order, until it is marked as answered, also after a kill. Beside it lies
what a conversation needs to outlive a restart: which of our messages answer which of theirs, the links that lead from
a group to the private chat, and who was told that they are not let in. All of it lies in tables of the ledger's file.

Texts are deleted the moment they are answered; ids stay for `KEEP_DAYS` against doublets.
"""

from __future__ import annotations

import json
import math
import secrets
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

from sqlite_utils import Database, Migrations

from retrieval.ledger_schema import prepare

KEEP_DAYS = 90
"""How long ids of answered updates, of our messages and of links are kept; nobody presses older buttons."""

BUSY_SECONDS = 10
"""How long a write waits for another one in the ledger's file; those take milliseconds."""

_migrations = Migrations("inbox")


@_migrations()
def inbox_and_correspondence(db: Database) -> None:
    db.table("updates").create(
        {"place": int, "id": int, "digest": str, "at": float, "body": str, "sent": int}, pk="place", not_null={"id", "digest", "at", "sent"}, defaults={"sent": 0}
    )
    db.table("updates").create_index(["id", "digest"], unique=True)
    db.execute("create index updates_waiting on updates (place) where body is not null")
    db.table("exchanges").create(
        {"chat": int, "question": int, "at": float, "words": str, "messages": str, "answer": str},
        pk=("chat", "question"),
        not_null={"at", "words", "messages"},
    )
    db.table("replies").create({"chat": int, "message": int, "at": float, "answer": str}, pk=("chat", "message"), not_null={"at"})
    db.table("links").create({"key": str, "at": float, "chat": int, "action": str}, pk="key", not_null={"at", "chat", "action"})
    db.table("strangers").create({"chat": int, "at": float}, pk="chat", not_null={"at"})


@_migrations()
def updates_by_their_digest(db: Database) -> None:
    """At first an update was known by its number alone."""
    if "digest" in db.table("updates").columns_dict:
        return
    db.execute("alter table updates rename to updates_before")
    db.execute("drop index if exists updates_waiting")
    db.table("updates").create(
        {"place": int, "id": int, "digest": str, "at": float, "body": str, "sent": int}, pk="place", not_null={"id", "digest", "at", "sent"}, defaults={"sent": 0}
    )
    db.execute("insert into updates (place, id, digest, at, body, sent) select place, id, '', at, body, sent from updates_before")
    db.execute("drop table updates_before")
    db.table("updates").create_index(["id", "digest"], unique=True)
    db.execute("create index updates_waiting on updates (place) where body is not null")


@dataclass(frozen=True, slots=True)
class Waiting:
    """An update that is not answered yet, by its place in the inbox; `sent` parts of its answer were sent before the last stop."""

    place: int
    body: str
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question message and the messages that answer it. `words` is a digest of the question's text."""

    chat: int
    question: int
    words: str
    messages: tuple[int, ...]
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """What a link in a group leads to: a button's action, for those who may read *chat*."""

    chat: int
    action: str


class Inbox:
    """Used from one thread, in transactions of well under a millisecond."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @classmethod
    def open(cls, path: Path) -> Self:
        """The inbox in the ledger file at *path*; its tables are made where missing."""
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        db = Database(connection, execute_plugins=False)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")
        connection.execute("pragma secure_delete = on")  # what is answered is overwritten, not only unlinked
        prepare(db, path, _migrations)
        return cls(db)

    def close(self) -> None:
        self._db.close()

    # Updates

    def take_in(self, updates: Iterable[tuple[int, str]]) -> list[int | None]:
        """Keeps these updates (id, text), all or none; for each its place, or None where it was seen before.

        Another bot's update may bear the same id, so one is the same as before only if its text is, too.
        """
        with self._db.atomic():
            return [self._taken_in(number, _storable(body)) for number, body in updates]

    def _taken_in(self, number: int, body: str) -> int | None:
        made = self._db.execute("insert or ignore into updates (id, digest, at, body) values (?, ?, ?, ?)", [number, digest(body), time.time(), body])
        return made.lastrowid if made.rowcount == 1 else None

    def waiting(self) -> list[Waiting]:
        """All updates that are not answered, in the order of their arrival."""
        rows = self._db.execute("select place, body, sent from updates where body is not null order by place").fetchall()
        return [Waiting(*row) for row in rows]

    def sent_part(self, place: int, parts: int) -> None:
        """Notes that so many parts of an answer have been sent, so that a restart goes on after them."""
        self._db.execute("update updates set sent = ? where place = ?", [parts, place])

    def answered(self, place: int, exchange: Exchange | None = None) -> None:
        """Deletes the text of an update that needs no more work, and notes who answers whom, both or neither."""
        with self._db.atomic():
            self._db.execute("update updates set body = null where place = ?", [place])
            if exchange:
                self._note(exchange)

    def last_arrival(self) -> float | None:
        """When the newest update was taken in, in seconds since 1970."""
        row = self._db.execute("select at from updates order by place desc limit 1").fetchone()
        return row and float(row[0])

    # Who answers whom

    def _note(self, exchange: Exchange) -> None:
        now = time.time()
        self._db.execute(
            "insert or replace into exchanges (chat, question, at, words, messages, answer) values (?, ?, ?, ?, ?, ?)",
            [exchange.chat, exchange.question, now, exchange.words, json.dumps(exchange.messages), exchange.answer],
        )
        self._note_replies(exchange.chat, exchange.messages, exchange.answer)

    def note_reply(self, chat: int, messages: Sequence[int], answer: str | None) -> None:
        """Notes that these messages of ours show this answer."""
        with self._db.atomic():
            self._note_replies(chat, messages, answer)

    def _note_replies(self, chat: int, messages: Sequence[int], answer: str | None) -> None:
        for message in messages:
            self._db.execute("insert or replace into replies (chat, message, at, answer) values (?, ?, ?, ?)", [chat, message, time.time(), answer])

    def exchange(self, chat: int, question: int) -> Exchange | None:
        """What was answered to this message, or None."""
        row = self._db.execute("select words, messages, answer from exchanges where chat = ? and question = ?", [chat, question]).fetchone()
        return Exchange(chat, question, row[0], tuple(json.loads(row[1])), row[2]) if row else None

    def answer_shown(self, chat: int, message: int) -> str | None:
        """The id of the answer that our message shows, or None."""
        row = self._db.execute("select answer from replies where chat = ? and message = ?", [chat, message]).fetchone()
        return str(row[0]) if row and row[0] is not None else None

    # From a group to the private chat

    def link(self, chat: int, action: str) -> str:
        """A key that leads from group *chat* to *action* in the private chat: 22 letters, digits, _ and -."""
        key = secrets.token_urlsafe(16)
        self._db.execute("insert into links (key, at, chat, action) values (?, ?, ?, ?)", [key, time.time(), chat, action])
        return key

    def follow(self, key: str) -> Link | None:
        row = self._db.execute("select chat, action from links where key = ?", [key]).fetchone()
        return Link(*row) if row else None

    # Strangers

    def first_told(self, chat: int) -> bool:
        """True the first time for this chat, False ever after."""
        return self._db.execute("insert or ignore into strangers (chat, at) values (?, ?)", [chat, time.time()]).rowcount == 1

    def let_in(self, chat: int) -> None:
        """Forgets that this chat was turned away, so that it is told anew should it be shut out again."""
        self._db.execute("delete from strangers where chat = ?", [chat])

    # Keeping

    def give_up(self, seconds: float = 86400) -> int:
        """Leaves unanswered what was taken in more than *seconds* ago, a day as Telegram itself does; how many that were."""
        return self._db.execute("update updates set body = null where body is not null and at < ?", [time.time() - seconds]).rowcount

    def tidy(self, keep_days: float = KEEP_DAYS) -> None:
        """Forgets everything older than *keep_days*, except what is not answered; nothing where that is infinite."""
        if keep_days == math.inf:
            return
        before = time.time() - keep_days * 86400
        with self._db.atomic():
            self._db.execute("delete from updates where body is null and at < ?", [before])
            for table in ("exchanges", "replies", "links", "strangers"):
                self._db.execute(f"delete from {table} where at < ?", [before])


def digest(text: str) -> str:
    """A short digest of a message's text, to see whether an edit changed it; the text itself is not kept."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _storable(text: str) -> str:
    """SQLite stores UTF-8, which has no lone surrogates: they become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
