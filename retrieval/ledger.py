"""What can't be rebuilt from the corpus: past answers with what they quoted, feedback, small settings.

The ledger is a second SQLite file beside the library, written in small transactions, so that a long reindex never
holds up an answer that has to be noted. A `Ledger` may be used from several threads and processes.
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import Any, Literal, Self

from sqlite_utils import Database

from retrieval.databases import readable
from retrieval.errors import LibraryBusy, UsageError
from retrieval.ledger_schema import MIGRATIONS, immediate, prepare
from retrieval.records import Answer, Article, Excerpt, Span, Status, Window
from retrieval.withholding import GAP

Verdict = Literal["unchanged", "changed elsewhere", "changed", "gone"]
Rating = Literal["useful", "off_target", "wrong_figure", "outdated", "wish"]
Articles = Callable[[Sequence[str]], Mapping[str, Article]]

_LONG_NUMBER = re.compile(r"\d{9,}")
"""Longer than a date in digits (8); mobile numbers have 11, identity cards 17 or 18."""

BUSY_SECONDS = 10
"""How long a write waits for another process; a ledger transaction takes milliseconds, so ten seconds is stuck."""


@dataclass(frozen=True, kw_only=True)
class Citation:
    """One excerpt as it was shown: the quoted text itself, and where it stood in which state of which article."""

    article_id: str
    content_hash: str
    start: int
    end: int
    text: str
    title: str | None = None
    outlet: str | None = None
    published: str | None = None
    related: bool = False
    highlights: tuple[Span, ...] = ()
    score: float = 0.0
    place: str | None = None
    reprints: tuple[str, ...] = ()
    dated: tuple[str, ...] = ()

    def excerpt(self, article: Article | None) -> Excerpt | None:
        """The same words in *article* as it is stored now, or None where they are no longer in it."""
        start = self._find(article)
        if article is None or start is None:
            return None
        return Excerpt(
            article, start, start + len(self.text), self.highlights, self.score, self.place, self.reprints, self.dated
        )

    def verdict(self, article: Article | None) -> Verdict:
        """What became of the cited words: `changed elsewhere` is the article changed but these words still stand."""
        if article is None:
            return "gone"
        if article.content_hash == self.content_hash:
            return "unchanged"
        return "changed" if self._find(article) is None else "changed elsewhere"

    def shown(self, article: Article | None) -> Citation:
        """This citation as it may be shown now: without words that have been withheld from the article since."""
        if article is None or GAP not in article.body or self.verdict(article) != "changed":
            return self
        return replace(self, text=GAP, title=article.title, highlights=(), place=None)

    def _find(self, article: Article | None) -> int | None:
        """Where the words stand now, nearest to where they stood."""
        if article is None:
            return None
        if article.body[self.start : self.end] == self.text:
            return self.start
        before, after = article.body.rfind(self.text, 0, self.end), article.body.find(self.text, self.start)
        found = [place for place in (before, after) if place >= 0]
        return min(found, key=lambda place: abs(place - self.start)) if found else None


@dataclass(frozen=True, kw_only=True)
class PastAnswer:
    """An answer that was given. `at` is UTC; `context` and `chat` say in which conversation, empty outside of one.

    `shown` of the citations were told at once, the others on request.
    """

    id: str
    at: datetime
    context: str
    chat: str
    question: str
    rewritten: str | None
    status: Status
    confidence: float
    previous: tuple[str, ...]
    window: Window | None
    citations: tuple[Citation, ...]
    shown: int = 1


@dataclass(frozen=True, slots=True)
class Check:
    """One citation of a past answer, re-checked against the article as it is stored now."""

    citation: Citation
    verdict: Verdict


class Ledger:
    """The ledger file, open. Use `Ledger.open`."""

    def __init__(self, db: Database, path: Path) -> None:
        self._db = db
        self._path = path
        self._lock = RLock()

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """The ledger at *path*, created or brought up to date; a copy is kept before an old one is changed.

        Raises LibraryError where the file is not a ledger or cannot be written, LibraryOutdated where a newer
        version of the program wrote it.
        """
        path = Path(path)
        with readable(path, "ledger"):
            path.parent.mkdir(parents=True, exist_ok=True)
            if str(path) != ":memory:" and not path.exists():
                path.touch(mode=0o600)  # it holds what people asked
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
            db = Database(connection, execute_plugins=False)
            connection.execute("pragma secure_delete = on")  # what is forgotten is overwritten, not only unlinked
            try:
                prepare(db, path, MIGRATIONS)
            except BaseException:
                connection.close()
                raise
        return cls(db, path)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # Past answers

    def record(
        self,
        answer: Answer,
        context: str = "",
        chat: str = "",
        previous: Sequence[str] = (),
        at: datetime | None = None,
    ) -> str:
        """The id under which *answer* is kept from now on, with every word it quoted."""
        key = secrets.token_hex(8)
        cited = [(excerpt, False) for excerpt in answer.excerpts] + [(excerpt, True) for excerpt in answer.related]
        with self._write() as db:
            db.table("answers").insert(
                {
                    "id": key, "at": _iso(at), "context": context, "chat": chat,
                    "question": _storable(_masked(answer.question)),
                    "rewritten": answer.rewritten and _storable(_masked(answer.rewritten)),
                    "status": answer.status, "confidence": answer.confidence,
                    "previous": _dump([_storable(_masked(question)) for question in previous]), "window": _dump_window(answer.window),
                    "shown": len(answer.excerpts) if answer.figures_over_time else max(1, answer.shown),
                }
            )  # fmt: skip
            db.table("citations").insert_all(
                _row(key, rank, excerpt, related) for rank, (excerpt, related) in enumerate(cited)
            )
        return key

    def answer(self, answer_id: str) -> PastAnswer | None:
        """The past answer with this id, or None where there is none (it may have been forgotten)."""
        found = self._answers("id = ?", [answer_id])
        return found[0] if found else None

    def recent(self, context: str, since: datetime, limit: int = 3) -> list[PastAnswer]:
        """The last answers of a conversation given after *since*, oldest first."""
        return self._answers("context = ? and at >= ?", [context, _iso(since)], limit)[::-1]

    def verify(self, answer_id: str, articles: Articles) -> tuple[Check, ...]:
        """Every citation of a past answer against the articles as they are now. Raises UsageError for an unknown id."""
        past = self.answer(answer_id)
        if past is None:
            raise UsageError(f"there is no past answer {answer_id!r}; an id is printed under every answer of `wenda ask`")
        stored = articles(sorted({citation.article_id for citation in past.citations}))
        found = [(citation, stored.get(citation.article_id)) for citation in past.citations]
        return tuple(Check(citation.shown(article), citation.verdict(article)) for citation, article in found)

    def answers_citing(self, article_ids: Iterable[str]) -> list[PastAnswer]:
        """The past answers that quote any of these articles, newest first."""
        wanted = _dump(sorted(set(article_ids)))
        return self._answers("id in (select answer from citations where article in (select value from json_each(?)))", [wanted])

    def stale(self, articles: Articles) -> set[str]:
        """The ids of past answers with a citation whose article has changed or gone since."""
        states = self._rows("select distinct article, content_hash from citations", [])
        stored = articles(sorted({row["article"] for row in states}))
        gone = [
            [row["article"], row["content_hash"]]
            for row in states
            if row["article"] not in stored or stored[row["article"]].content_hash != row["content_hash"]
        ]
        sql = "select distinct answer from citations join json_each(?) as gone on article = gone.value ->> 0 and content_hash = gone.value ->> 1"
        return {row["answer"] for row in self._rows(sql, [_dump(gone)])}

    def unanswered(self, limit: int) -> list[PastAnswer]:
        """The latest questions without an answer, or for which more articles were wished, newest first."""
        wished = "select answer from feedback where rating = 'wish'"
        return self._answers(f"status != 'answered' or id in ({wished})", [], limit)

    def forget(self, context: str) -> int:
        """Forgets a conversation: its answers and what was said about them. How many answers that were."""
        return self._forget("context = ?", [context])

    def forget_before(self, moment: datetime) -> int:
        """Forgets all answers given before *moment*. How many that were."""
        return self._forget("at < ?", [_iso(moment)])

    # Feedback

    def rate(self, answer_id: str, voter: str, rating: Rating, at: datetime | None = None) -> None:
        """Notes what a person thinks of an answer; a later rating of the same person replaces the earlier one.

        The person is kept as a digest that cannot be followed from one answer to another.
        """
        digest = sha256(f"{answer_id}:{voter}".encode()).hexdigest()[:16]
        with self._write() as db:
            db.table("feedback").upsert(
                {"answer": answer_id, "voter": digest, "rating": rating, "at": _iso(at)}, pk=("answer", "voter")
            )

    def ratings(self, answer_id: str) -> dict[str, int]:
        """How often an answer was rated how."""
        rows = self._rows("select rating, count(*) as times from feedback where answer = ? group by rating", [answer_id])
        return {row["rating"]: row["times"] for row in rows}

    # Small settings

    def get(self, key: str) -> str | None:
        rows = self._rows('select value from "values" where key = ?', [key])
        return rows[0]["value"] if rows else None

    def put(self, key: str, value: str | None) -> None:
        """Keeps *value* under *key*; None removes it."""
        with self._write() as db:
            if value is None:
                db.execute('delete from "values" where key = ?', [key])
            else:
                db.table("values").upsert({"key": key, "value": _storable(value)}, pk="key")

    # Tables of others

    def read(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """The rows of a query, for those who keep a table of their own here."""
        return self._rows(sql, parameters)

    def write(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """One statement as a transaction of its own; the number of the row it inserted."""
        with self._write() as db:
            return int(db.execute(sql, [_storable(value) if isinstance(value, str) else value for value in parameters]).lastrowid or 0)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Several reads and writes as one transaction, which other threads and processes wait for; all or none."""
        with self._write():
            yield

    # Keeping

    def back_up(self, target: Path) -> None:
        """Writes a copy of the whole ledger to *target*, in one step, while others go on writing."""
        with readable(self._path, "ledger"), self._lock:
            copy = sqlite3.connect(target)
            try:
                self._db.conn.backup(copy)
            finally:
                copy.close()

    def restore(self, source: Path) -> None:
        """Puts the ledger file at *source* in place of this one, in one step, as a write that others wait for.

        Raises LibraryBusy where somebody else keeps writing.
        """
        given_up = time.monotonic() + BUSY_SECONDS

        def tell(status: int, remaining: int, total: int) -> None:
            if remaining and time.monotonic() > given_up:
                raise LibraryBusy(f"{self._path}: another program holds this file; stop it, then try again")

        with readable(self._path, "ledger"), self._lock:
            copy = sqlite3.connect(source)
            try:
                copy.backup(self._db.conn, progress=tell)
            finally:
                copy.close()

    def count(self) -> int:
        """How many past answers are kept."""
        return int(self._rows("select count(*) as answers from answers", [])[0]["answers"])

    def _rows(self, sql: str, parameters: Sequence[object]) -> list[dict[str, Any]]:
        with readable(self._path, "ledger"), self._lock:
            return list(self._db.query(sql, list(parameters)))

    def _answers(self, where: str, parameters: Sequence[object], limit: int = -1) -> list[PastAnswer]:
        with self._lock:
            rows = self._rows(f"select * from answers where {where} order by at desc, rowid desc limit {limit}", parameters)
            ids = _dump([row["id"] for row in rows])
            cited: dict[str, list[Citation]] = {row["id"]: [] for row in rows}
            for row in self._rows(
                "select * from citations where answer in (select value from json_each(?)) order by answer, rank", [ids]
            ):
                cited[row["answer"]].append(_citation(row))
        return [_past(row, tuple(cited[row["id"]])) for row in rows]

    def _forget(self, where: str, parameters: Sequence[object]) -> int:
        with self._write() as db:
            mine = f"(select id from answers where {where})"
            for table in ("citations", "feedback"):
                db.execute(f"delete from {table} where answer in {mine}", list(parameters))
            return int(db.execute(f"delete from answers where {where}", list(parameters)).rowcount)

    @contextmanager
    def _write(self) -> Iterator[Database]:
        with readable(self._path, "ledger"), self._lock, immediate(self._db):
            yield self._db


def _row(answer_id: str, rank: int, excerpt: Excerpt, related: bool) -> dict[str, object]:
    article = excerpt.article
    details = {
        "title": article.title, "outlet": article.outlet, "published": article.published, "related": related,
        "highlights": excerpt.highlights, "score": excerpt.score, "place": excerpt.place,
        "reprints": excerpt.reprints, "dated": excerpt.dated,
    }  # fmt: skip
    return {
        "answer": answer_id, "rank": rank, "article": article.id, "content_hash": article.content_hash,
        "start": excerpt.start, "end": excerpt.end, "text": excerpt.text, "details": _dump(details),
    }  # fmt: skip


def _citation(row: Mapping[str, Any]) -> Citation:
    details = json.loads(row["details"])
    details["highlights"] = tuple((start, end) for start, end in details["highlights"])
    details["reprints"], details["dated"] = tuple(details["reprints"]), tuple(details["dated"])
    return Citation(
        article_id=row["article"], content_hash=row["content_hash"], start=row["start"], end=row["end"], text=row["text"], **details
    )


def _past(row: Mapping[str, Any], citations: tuple[Citation, ...]) -> PastAnswer:
    window = json.loads(row["window"] or "null")
    return PastAnswer(
        id=row["id"],
        at=datetime.fromisoformat(row["at"]),
        context=row["context"],
        chat=row["chat"],
        question=row["question"],
        rewritten=row["rewritten"],
        status=row["status"],
        confidence=row["confidence"],
        previous=tuple(json.loads(row["previous"])),
        window=Window(**window) if window else None,
        citations=citations,
        shown=row["shown"],
    )


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _dump_window(window: Window | None) -> str | None:
    if window is None:
        return None
    return _dump({"begin": window.begin, "end": window.end, "phrase": _storable(window.phrase), "filters": window.filters})


def _masked(text: str) -> str:
    """The text without long numbers: telephones, identity cards and accounts are nobody's business later."""
    return _LONG_NUMBER.sub(lambda number: "×" * len(number[0]), text)


def _storable(text: str) -> str:
    """SQLite stores UTF-8, which has no lone surrogates: they become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _iso(at: datetime | None) -> str:
    return (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds")

