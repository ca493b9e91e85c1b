"""The tables of the ledger's file, step by step as the versions made them, and how a file is brought up to date.

A landed step never changes; a new one is added at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database, Migrations

from retrieval.errors import LibraryError, LibraryOutdated

MIGRATIONS = Migrations("ledger")


@MIGRATIONS()
def answers_and_feedback(db: Database) -> None:
    db.table("answers").create(
        {
            "id": str, "at": str, "context": str, "chat": str, "question": str, "rewritten": str,
            "status": str, "confidence": float, "previous": str, "window": str,
        },
        pk="id",
        not_null={"at", "context", "chat", "question", "status"},
    ).create_index(["context", "at"])
    db.table("citations").create(
        {
            "answer": str, "rank": int, "article": str, "content_hash": str, "start": int, "end": int, "text": str,
            "details": str,
        },
        pk=("answer", "rank"),
        not_null={"article", "content_hash", "start", "end", "text"},
    ).create_index(["article"])
    db.table("feedback").create(
        {"answer": str, "voter": str, "rating": str, "at": str}, pk=("answer", "voter"), not_null={"rating", "at"}
    )
    db.table("values").create({"key": str, "value": str}, pk="key", not_null={"value"})


@MIGRATIONS()
def how_many_were_shown(db: Database) -> None:
    db.table("answers").add_column("shown", int, not_null_default=1)


@MIGRATIONS()
def without_the_first_inbox(db: Database) -> None:
    """The first version kept updates here; `bot.inbox` has tables of its own."""
    for table in ("inbox", "sent"):
        db.execute(f"drop table if exists {table}")


@MIGRATIONS()
def decisions_about_articles(db: Database) -> None:
    db.table("decisions").create(
        {
            "number": int, "at": str, "who": str, "kind": str, "article": str, "value": str, "content_hash": str,
            "details": str, "undone_at": str, "undone_by": str,
        },
        pk="number",
        not_null={"at", "who", "kind", "article", "content_hash", "details"},
    )  # fmt: skip


@MIGRATIONS()
def articles_on_their_way(db: Database) -> None:
    db.table("drafts").create(
        {"key": str, "owner": str, "at": str, "kind": str, "name": str, "details": str, "data": bytes},
        pk="key",
        not_null={"owner", "at", "kind", "name", "data", "details"},
    ).create_index(["owner", "at"])
    db.table("channels").create({"id": str, "title": str, "username": str, "state": str, "since": str, "who": str}, pk="id", not_null={"title", "state", "since", "who"})
    db.table("feeds").create({"url": str, "since": str, "who": str}, pk="url", not_null={"since", "who"})
    db.table("entries").create({"url": str, "digest": str}, pk="url", not_null={"digest"})


@MIGRATIONS()
def acts_about_people(db: Database) -> None:
    """Who is an admin, let in or shut out: a line an act. The lists of before become acts of nobody in particular."""
    db.table("acts").create(
        {"number": int, "at": str, "who": str, "kind": str, "subject": str, "value": str, "before": str, "undone_at": str, "undone_by": str},
        pk="number",
        not_null={"at", "who", "kind", "subject"},
    )
    db.table("requests").create({"number": int, "at": str, "subject": str, "after": int}, pk="number", not_null={"at", "subject", "after"})
    db.table("names").create({"id": str, "name": str}, pk="id", not_null={"name"})
    for key, kind in (("let_in", "allow"), ("shut_out", "deny")):
        listed = next(db.query('select value from "values" where key = ?', [key]), {"value": ""})["value"]
        db.table("acts").insert_all({"at": "", "who": "", "kind": kind, "subject": id} for id in listed.split(",") if id)
        db.execute('delete from "values" where key = ?', [key])


@MIGRATIONS()
def jobs_of_admins(db: Database) -> None:
    columns = {"number": int, "what": str, "chat": int, "thread": int, "who": str, "language": str, "at": str, "outcome": str}
    db.table("jobs").create(columns, pk="number", not_null={"what", "chat", "language", "at"})


_RETIRED = frozenset({"inbox_and_sent"})
"""Steps that earlier versions took and this one does not know any more."""


def prepare(db: Database, path: Path, migrations: Migrations) -> None:
    """Write-ahead logging, and the schema of this version; a copy is kept before tables that are there are changed.

    Raises LibraryOutdated where a newer version wrote them, LibraryError where *path* is no ledger.
    """
    applied = {migration.name for migration in migrations.applied(db)}
    foreign = applied - {migration.name for migration in migrations.pending(Database(memory=True, execute_plugins=False))} - _RETIRED
    if foreign:
        raise LibraryOutdated(f"{path}: written by a newer version of Wenda ({', '.join(sorted(foreign))}); upgrade Wenda")
    pending = migrations.pending(db)
    if not pending:
        return
    if applied:
        _copy_aside(db, path.with_name(f"{path.name}.before-{pending[0].name}"))
    elif migrations is MIGRATIONS and db.table_names():
        raise LibraryError(f"{path}: a SQLite database, but not a ledger of Wenda; choose another file")
    db.execute("pragma journal_mode = wal")
    with immediate(db):
        migrations.apply(db)


def _copy_aside(db: Database, path: Path) -> None:
    copy = sqlite3.connect(path)
    try:
        db.conn.backup(copy)
    finally:
        copy.close()
    path.chmod(0o600)


@contextmanager
def immediate(db: Database) -> Iterator[None]:
    """A transaction that asks for the write lock at its start, so that two processes wait instead of failing; part of one that runs."""
    if db.conn.in_transaction:
        yield
        return
    db.execute("begin immediate")
    with db.conn:
        yield
