"""An upgrade costs no answer: old files open and migrate, a changed cutter or reader is noticed, a downgrade is refused."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from telegram_running import BRIDGE, HOUSES, inside
from telegram_server import TelegramServer

from bot.inbox import Inbox
from retrieval import Library, pages
from retrieval.errors import LibraryOutdated
from retrieval.ledger import Ledger
from retrieval.records import Answer

ROOT = Path(__file__).resolve().parents[2]

FIRST = "f9ff2da"
"""The first version that had a library and a ledger."""

BEFORE_DIGESTS = "1562b96"
"""The first version of the inbox."""


def checkout(version: str, folder: Path) -> Path:
    """The program as it was; skips where the history is not at hand."""
    archive = folder / f"{version}.tar"
    try:
        done = subprocess.run(["git", "-C", str(ROOT), "archive", "-o", str(archive), version, "retrieval", "bot"], capture_output=True, timeout=60)
    except OSError:
        pytest.skip("needs git")
    if done.returncode:
        pytest.skip(f"the history of the project does not reach back to {version} here")
    shutil.unpack_archive(archive, folder / version)
    return folder / version


ALONE = "import sys; sys.meta_path[:] = [finder for finder in sys.meta_path if 'editable' not in getattr(finder, '__module__', '')]\n"
"""An editable installation would lend the old program modules of the new one that the old one has not."""


def run(program: Path, code: str, *arguments: object) -> None:
    done = subprocess.run([sys.executable, "-c", ALONE + code, *map(str, arguments)], cwd=program, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_the_first_versions_files_open_migrate_and_answer(tmp_path: Path, db: Path) -> None:
    """A library, a ledger and an inbox as the first versions wrote them: the same answers, past ones kept, a copy put aside."""
    old = tmp_path / "old.db"
    code = "import sys; from retrieval import Library\nwith Library.open(sys.argv[1]) as library: library.reindex([sys.argv[2]])"
    run(checkout(FIRST, tmp_path), code, old, db.parent / "corpus")
    code = "import sys; from bot.inbox import Inbox; from pathlib import Path\ninbox = Inbox.open(Path(sys.argv[1]))\ninbox.take_in([(7, 'waits')])"
    run(checkout(BEFORE_DIGESTS, tmp_path), code, f"{old}.ledger")
    with sqlite3.connect(f"{old}.ledger") as conn:
        assert "digest" not in {row[1] for row in conn.execute("pragma table_info(updates)")}
        conn.execute(
            "insert into answers (id, at, context, chat, question, status, confidence, previous) "
            "values ('a1', '2026-01-01T00:00:00+00:00', '', '', '旧问题?', 'no_answer', 0.1, '[]')"
        )
    with Library.open(old) as library, Library.open(db) as new:
        assert library.ledger and library.ledger.answer("a1")
        for question in (HOUSES, BRIDGE):
            was, now = library.ask(question, record=False), new.ask(question, record=False)
            assert was.status == now.status == "answered"
            assert [excerpt.text for excerpt in was.excerpts] == [excerpt.text for excerpt in now.excerpts]
        assert library.ledger.record(library.ask(BRIDGE, record=False))
        report = library.reindex([db.parent / "corpus"])
        assert (report.articles, report.removed) == (3, 0)
    inbox = Inbox.open(Path(f"{old}.ledger"))
    assert [waiting.body for waiting in inbox.waiting()] == ["waits"]
    assert len(inbox.take_in([(7, "waits"), (8, "new")])) >= 1
    inbox.close()
    copies = sorted(old.parent.glob("old.db.ledger.before-*"))
    assert copies and all(path.stat().st_mode & 0o077 == 0 for path in copies)
    with sqlite3.connect(copies[0]) as conn:
        assert conn.execute("select count(*) from answers").fetchone() == (1,)


def test_a_changed_cutter_is_noticed_and_rebuilt_while_the_old_state_answers(db: Path, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """`wenda serve` tells the admins, rebuilds without the corpus, answers all the while, and tells them when it is done."""
    with sqlite3.connect(db) as conn:
        conn.execute("update state set value = 'an older cutter' where name = 'fingerprint'")
    shutil.rmtree(db.parent / "corpus")
    began, go_on = threading.Event(), threading.Event()
    cut = Library._cut

    def slowly(*given: Any) -> Any:
        began.set()
        go_on.wait(60)
        return cut(*given)

    monkeypatch.setattr(Library, "_cut", slowly)
    server.person(1, "管理员")
    server.person(7)
    with inside(db, server) as bot:
        assert began.wait(60)
        assert "640米" in server.reply(7, server.say(7, BRIDGE)).text
        assert bot.library.outdated() == ["cutter"]
        go_on.set()
        server.wait(lambda: len(server.replies(1)) == 2, what="both lines for the admin")
        assert "640米" in server.reply(7, server.say(7, BRIDGE)).text
        assert bot.library.outdated() == []
    before, after = (sent.text for sent in server.replies(1))
    assert "升级" in before and "3篇文章" in after


def test_a_changed_page_reader_reads_the_corpus_again(db: Path, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Noticed by the version that the library remembers for each file."""
    monkeypatch.setattr(pages, "VERSION", pages.VERSION + 1)
    server.person(1, "管理员")
    with inside(db, server) as bot:
        server.wait(lambda: len(server.replies(1)) == 2, what="both lines for the admin")
        assert bot.library.outdated() == []
        assert bot.library.status()["articles"] == 3


def test_an_upgrade_that_cannot_be_done_is_told_and_harms_nothing(db: Path, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The corpus is not there, the page reader has changed: the old state stays and answers."""
    monkeypatch.setattr(pages, "VERSION", pages.VERSION + 1)
    shutil.rmtree(db.parent / "corpus")
    server.person(1, "管理员")
    server.person(7)
    with inside(db, server):
        server.wait(lambda: any("没有成功" in sent.text for sent in server.replies(1)), what="the line that it failed")
        assert "640米" in server.reply(7, server.say(7, BRIDGE)).text


def test_a_downgrade_is_refused_with_a_clear_line(tmp_path: Path) -> None:
    """Library, ledger and inbox of a newer version are left alone."""
    path = tmp_path / "wenda.db"
    with Library.open(path) as library:
        assert library.ledger
        library.ledger.record(Answer(question="几座桥?", status="no_answer"))
    Inbox.open(Path(f"{path}.ledger")).close()
    with sqlite3.connect(path) as conn:
        version = conn.execute("pragma user_version").fetchone()[0]
        conn.execute(f"pragma user_version = {version + 1}")
    with pytest.raises(LibraryOutdated, match="newer version of Wenda.*upgrade"):
        Library.open(path)
    for migrations, opened in (("ledger", Ledger.open), ("inbox", Inbox.open)):
        with sqlite3.connect(f"{path}.ledger") as conn:
            conn.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values (?, 'from_the_future', '')", [migrations])
        with pytest.raises(LibraryOutdated, match="from_the_future"):
            opened(Path(f"{path}.ledger"))
        with sqlite3.connect(f"{path}.ledger") as conn:
            conn.execute("delete from _sqlite_migrations where name = 'from_the_future'")
