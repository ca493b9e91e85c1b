"""The ledger keeps what was answered, so that it can be checked, continued and forgotten."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from retrieval.errors import LibraryBusy, LibraryError, LibraryOutdated, UsageError
from retrieval.ledger import Ledger
from retrieval.ledger_schema import MIGRATIONS
from retrieval.records import Answer, Article, Excerpt, Window

BODY = "清河县今年种了三千亩苹果。其中富士苹果有𠮷祥果园的八百亩。"
ARTICLE = Article(id="apples.txt", body=BODY, title="苹果红了", outlet="清河日报", published="2020-10-01")
ANSWER = Answer(
    question="清河县种了多少苹果?",
    status="answered",
    confidence=0.9,
    excerpts=(Excerpt(ARTICLE, 0, 13, ((6, 10),), 3.5, "清河县", ("other.txt",), ("今年",)),),
    window=Window("2019-01-01", None, "2019年以后"),
    shown=2,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(tmp_path / "wenda.db.ledger")


def test_an_answer_comes_back_as_it_was_given(ledger: Ledger) -> None:
    """What was quoted, from where, and what was understood are all kept."""
    past = ledger.answer(ledger.record(ANSWER, "chat:1", "chat", ["上一问?"]))
    assert past is not None
    assert (past.question, past.status, past.confidence) == (ANSWER.question, "answered", 0.9)
    assert (past.context, past.chat, past.previous, past.window) == ("chat:1", "chat", ("上一问?",), ANSWER.window)
    assert past.shown == 2
    assert past.citations[0].excerpt(ARTICLE) == ANSWER.excerpts[0]


def test_answers_outlive_the_process(tmp_path: Path) -> None:
    """A ledger that is opened again holds what was written before."""
    first = Ledger.open(tmp_path / "l")
    key = first.record(ANSWER)
    first.close()
    assert Ledger.open(tmp_path / "l").answer(key) is not None


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (BODY, "unchanged"),
        ("编者按。" + BODY, "changed elsewhere"),
        (BODY.replace("三千亩", "四千亩"), "changed"),
        (None, "gone"),
    ],
)
def test_a_citation_is_rechecked(ledger: Ledger, body: str | None, verdict: str) -> None:
    """Verifying tells unchanged words, a change elsewhere in the article, changed words and a removed article apart."""
    key = ledger.record(ANSWER)
    stored = {} if body is None else {ARTICLE.id: Article(id=ARTICLE.id, body=body)}
    (check,) = ledger.verify(key, lambda ids: stored)
    assert check.verdict == verdict
    assert check.citation.text == BODY[:13]


def test_quoted_words_are_found_where_they_moved(ledger: Ledger) -> None:
    """The excerpt of a past answer points at its words in the article as it is now."""
    past = ledger.answer(ledger.record(ANSWER))
    assert past is not None
    moved = past.citations[0].excerpt(Article(id=ARTICLE.id, body="编者按。" + BODY))
    assert moved is not None
    assert (moved.start, moved.text) == (4, BODY[:13])


def test_an_unknown_answer_is_named(ledger: Ledger) -> None:
    """Verifying an id that is not there says so."""
    with pytest.raises(UsageError, match="nosuchid"):
        ledger.verify("nosuchid", lambda ids: {})


def test_a_conversation_expires(ledger: Ledger) -> None:
    """Only answers of this conversation after a moment are continued, oldest first."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for minutes, context in ((50, "a"), (5, "a"), (4, "b"), (3, "a")):
        ledger.record(ANSWER, context, at=now - timedelta(minutes=minutes))
    recent = ledger.recent("a", now - timedelta(minutes=30))
    assert [now - past.at for past in recent] == [timedelta(minutes=5), timedelta(minutes=3)]


def test_forgetting_takes_everything_of_a_conversation(ledger: Ledger) -> None:
    """After forgetting a conversation neither its answers nor what was said about them are there."""
    mine, other = ledger.record(ANSWER, "a"), ledger.record(ANSWER, "b")
    ledger.rate(mine, "user", "useful")
    assert ledger.forget("a") == 1
    assert ledger.answer(mine) is None
    assert ledger.ratings(mine) == {}
    assert ledger.answer(other) is not None


def test_one_person_has_one_vote(ledger: Ledger) -> None:
    """A second rating by the same person replaces the first; another person's counts beside it."""
    key = ledger.record(ANSWER)
    ledger.rate(key, "1", "useful")
    ledger.rate(key, "1", "outdated")
    ledger.rate(key, "2", "outdated")
    assert ledger.ratings(key) == {"outdated": 2}


def test_answers_that_quote_an_article_are_found(ledger: Ledger) -> None:
    """A changed article leads to the past answers that quoted it."""
    key = ledger.record(ANSWER)
    assert [past.id for past in ledger.answers_citing([ARTICLE.id])] == [key]
    assert ledger.answers_citing(["other"]) == []


def test_values_are_kept_and_removed(ledger: Ledger) -> None:
    """A small setting is there until it is set to nothing."""
    ledger.put("contact", "12345")
    ledger.put("contact", "热线 12345")
    assert ledger.get("contact") == "热线 12345"
    ledger.put("contact", None)
    assert ledger.get("contact") is None


def test_any_text_can_be_noted(ledger: Ledger) -> None:
    """Lone surrogates, control characters and emoji in a question do not stop an answer from being kept."""
    past = ledger.answer(ledger.record(Answer(question="\ud800 \x00 😀?", status="no_answer")))
    assert past is not None
    assert "😀" in past.question


def test_threads_and_processes_share_a_ledger(tmp_path: Path) -> None:
    """Two open ledgers on one file, used from several threads, lose nothing."""
    ledgers = [Ledger.open(tmp_path / "l") for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(lambda n: ledgers[n % 2].record(ANSWER, "c"), range(40)))
    assert all(ledgers[0].answer(key) for key in keys)


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    """Neither a file that is no database nor another program's database is written into."""
    (tmp_path / "text").write_text("这不是数据库" * 200, encoding="utf-8")
    with pytest.raises(LibraryError, match="not a ledger of Wenda"):
        Ledger.open(tmp_path / "text")
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("create table notes (a)")
    with pytest.raises(LibraryError, match="not a ledger of Wenda"):
        Ledger.open(tmp_path / "other")


def test_a_newer_ledger_is_refused(tmp_path: Path) -> None:
    """A ledger of a newer version is left alone and the line says to upgrade."""
    Ledger.open(tmp_path / "l").close()
    with sqlite3.connect(tmp_path / "l") as newer:
        newer.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('ledger', 'from_the_future', '')")
    with pytest.raises(LibraryOutdated, match="newer version"):
        Ledger.open(tmp_path / "l")


def test_an_old_ledger_is_copied_before_it_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration of a ledger that holds something leaves a copy of the old state beside it."""
    old = Ledger.open(tmp_path / "l")
    key = old.record(ANSWER)
    old.close()
    newer = Migrations("ledger")
    for step in MIGRATIONS.pending(Database(memory=True)):
        newer(name=step.name)(lambda db: None)
    newer(name="something_new")(lambda db: db.execute("create table something (new)"))
    monkeypatch.setattr("retrieval.ledger.MIGRATIONS", newer)
    assert Ledger.open(tmp_path / "l").answer(key)
    monkeypatch.undo()
    assert Ledger.open(tmp_path / "l.before-something_new").answer(key)


def test_a_locked_ledger_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another program holds the file, the error says so instead of hanging."""
    monkeypatch.setattr("retrieval.ledger.BUSY_SECONDS", 0.1)
    ledger = Ledger.open(tmp_path / "l")
    other = sqlite3.connect(tmp_path / "l")
    other.execute("begin immediate")
    with pytest.raises(LibraryBusy, match="another process"):
        ledger.record(ANSWER)
    other.close()
    assert ledger.record(ANSWER)


def test_a_backup_is_a_ledger(ledger: Ledger, tmp_path: Path) -> None:
    """The copy opens by itself and holds the same answers."""
    key = ledger.record(ANSWER)
    ledger.back_up(tmp_path / "copy")
    assert Ledger.open(tmp_path / "copy").answer(key) is not None
