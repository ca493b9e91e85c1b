"""Backup and restore: whole, while running, checked before anything is touched, and nothing is lost by moving."""

from __future__ import annotations

import argparse
import io
import json
import random
import shutil
import sqlite3
import tarfile
import threading
import time
from pathlib import Path

import pytest

from bot import keeping, settings
from bot.inbox import Inbox
from bot.settings import Settings
from retrieval import Library
from retrieval.errors import LibraryError, LibraryOutdated, UsageError, WendaError
from retrieval.ledger import Ledger
from retrieval.store import Store

QUESTION = "青禾县改造危房补助多少元?"
WORDS = ["春耕", "水库", "合作社", "道路", "苹果", "学校", "医院", "桥梁", "食堂", "电商", "村民", "干部", "资金", "项目", "工程", "培训", "就业", "产业", "市场", "交通"]


def article(number: int, note: str = "") -> str:
    words = random.Random(number)
    lines = ["".join(words.choices(WORDS, k=12)) + f"共{words.randrange(10**6)}人。" for _ in range(6)]
    return f"---\ntitle: 第{number}号新闻{note}\n---\n" + "\n\n".join(lines) + "\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number:03}.md").write_text(article(number), encoding="utf-8")
    (folder / "houses.md").write_text("---\ntitle: 青禾县改造危房\n---\n青禾县去年改造危房1200户。青禾县改造危房每户补助8600元。\n", encoding="utf-8")
    return folder


@pytest.fixture
def here(tmp_path: Path, corpus: Path) -> Settings:
    """An installation with a library, a past answer, and an added article with a sidecar."""
    made = installation(tmp_path / "here", corpus)
    made.added_folder.mkdir()
    (made.added_folder / "桥.md").write_text("---\ntitle: 白石县大桥\n---\n白石县的清水河大桥全长640米。\n", encoding="utf-8")
    (made.added_folder / ".桥.md.json").write_text('{"outlet": "白石晚报"}', encoding="utf-8")
    with Library.open(made.db) as library:
        library.reindex(made.paths)
        library.ask(QUESTION)
    return made


def installation(folder: Path, corpus: Path) -> Settings:
    folder.mkdir()
    return settings.read(db=folder / "wenda.db", corpus=(corpus,))


def forged(path: Path, member: str = "", **manifest: object) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in ((member, b"x"), ("manifest.json", json.dumps(manifest).encode())):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if name:
                archive.addfile(info, io.BytesIO(data))
    return path


def test_a_moved_installation_answers_as_before_and_loses_no_article(here: Settings, corpus: Path, tmp_path: Path) -> None:
    """Stop, back up, restore elsewhere, start: ids, past answers and added articles stay, also where the corpus has moved."""
    kept = keeping.pack(here, tmp_path / "all.tar.gz")
    assert (kept.articles, kept.answers, kept.added) == (62, 1, 2)
    assert (tmp_path / "all.tar.gz").stat().st_mode & 0o077 == 0
    moved = tmp_path / "elsewhere" / "corpus"
    shutil.copytree(corpus, moved)
    shutil.rmtree(corpus)
    there = installation(tmp_path / "there", moved)
    assert keeping.unpack(there, tmp_path / "all.tar.gz")[1] == []
    assert (there.added_folder / ".桥.md.json").read_text(encoding="utf-8") == '{"outlet": "白石晚报"}'
    with Library.open(there.db) as library, Library.open(here.db) as old:
        assert "8600元" in library.ask(QUESTION, record=False).excerpts[0].text
        assert "640米" in library.ask("清水河大桥全长多少米?", record=False).excerpts[0].text
        report = library.reindex(there.paths, guard=True)
        assert (report.articles, report.added, report.changed, report.removed) == (62, 0, 0, 0)
        (past,) = library.ledger.answers_citing(["houses.md"])
        assert [check.verdict for check in library.verify(past.id)] == ["unchanged"] * len(past.citations)
        assert library.article("houses.md").body == old.article("houses.md").body


def test_a_backup_during_a_reindex_and_questions_is_whole(here: Settings, corpus: Path, tmp_path: Path) -> None:
    """Taken while another thread reindexes and others ask: both files pass SQLite's check and answer as at that moment."""
    for number in range(60, 400):
        (corpus / f"{number:03}.md").write_text(article(number, "新"), encoding="utf-8")
    ended, cutting, failures, asked = threading.Event(), threading.Event(), [], []
    with Library.open(here.db) as library:

        def ask() -> None:
            while not ended.is_set():
                try:
                    asked.append("8600元" in library.ask(QUESTION).excerpts[0].text)
                    ended.wait(0.02)
                except Exception as error:
                    failures.append(error)

        def reindex() -> None:
            try:
                library.reindex(here.paths, lambda progress: (cutting.set(), time.sleep(0.005))[0])
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        writer = threading.Thread(target=reindex)
        for thread in (writer, *threads):
            thread.start()
        cutting.wait(60)
        kept = []
        while writer.is_alive():
            kept.append(keeping.pack(here, tmp_path / f"{len(kept)}.tar.gz"))
        ended.set()
        for thread in threads:
            thread.join()
    assert not failures and asked and all(asked)
    assert kept[0].articles == 62
    assert {one.articles for one in kept} <= {62, 402}
    there = installation(tmp_path / "there", corpus)
    keeping.unpack(there, tmp_path / "0.tar.gz")
    with Library.open(there.db) as library:
        assert library.status()["articles"] == 62
        assert "8600元" in library.ask(QUESTION, record=False).excerpts[0].text
        report = library.reindex(there.paths)
        assert (report.articles, report.removed) == (402, 0)
    for file in (there.db, there.ledger):
        with sqlite3.connect(file) as conn:
            assert conn.execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_restore_under_an_open_library_is_seen_at_once(here: Settings, tmp_path: Path) -> None:
    """The files are never replaced: who has them open reads the restored state, and the ledger before it is kept."""
    keeping.pack(here, tmp_path / "all.tar.gz")
    with Library.open(here.db) as library:
        library.reindex([here.added_folder])
        library.ask("清水河大桥全长多少米?")
        assert library.ask(QUESTION, record=False).status != "answered"
        aside = keeping.unpack(here, tmp_path / "all.tar.gz")[1]
        assert "8600元" in library.ask(QUESTION, record=False).excerpts[0].text
        assert library.ledger.count() == 1
    assert [path.name.split(".before")[0] for path in aside] == ["wenda.db.ledger", "wenda.db.added"]
    before = Ledger.open(aside[0])
    assert before.count() == 2
    before.close()


def test_a_damaged_archive_changes_nothing(here: Settings, tmp_path: Path) -> None:
    """Cut short, changed, from a newer version, with a path that leads outside, or no archive at all: one line, no harm."""
    good = tmp_path / "all.tar.gz"
    keeping.pack(here, good)
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(good.read_bytes()[:-2000])
    text = tmp_path / "text.tar.gz"
    text.write_text("no archive")
    bad = [
        cut,
        text,
        forged(tmp_path / "newer.tar.gz", format=99, sha256={}),
        forged(tmp_path / "outside.tar.gz", "added/../../evil.txt", format=1, sha256={}),
        forged(tmp_path / "empty.tar.gz", format=1, sha256={}),
    ]
    there = installation(tmp_path / "there", tmp_path)
    for archive in bad:
        with pytest.raises(WendaError, match="nothing was restored"):
            keeping.unpack(there, archive)
    assert not list((tmp_path / "there").iterdir())
    with pytest.raises(UsageError, match="no such file"):
        keeping.unpack(there, tmp_path / "missing.tar.gz")


def test_a_backup_of_a_newer_version_is_refused_before_anything_is_touched(here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library whose schema this version does not know yet is not put in place of one that works."""
    keeping.pack(here, tmp_path / "all.tar.gz")
    with Library.open(here.db) as library:
        library.reindex([here.added_folder])
    with monkeypatch.context() as patched:
        patched.setattr(Store, "_migrate", lambda store: (_ for _ in ()).throw(LibraryOutdated("written by a newer version")))
        with pytest.raises(LibraryOutdated):
            keeping.unpack(here, tmp_path / "all.tar.gz")
    with Library.open(here.db) as library:
        assert library.status()["articles"] == 1


def test_an_old_backup_answers_no_old_questions(here: Settings, tmp_path: Path) -> None:
    """Updates that waited when the backup was made are answered after a move, and passed over a day later."""
    inbox = Inbox.open(here.ledger)
    inbox.take_in([(1, "old"), (2, "new")])
    inbox.close()
    with sqlite3.connect(here.ledger) as conn:
        conn.execute("update updates set at = at - 90000 where id = 1")
    keeping.pack(here, tmp_path / "all.tar.gz")
    keeping.unpack(here, tmp_path / "all.tar.gz")
    inbox = Inbox.open(here.ledger)
    assert [waiting.place for waiting in inbox.waiting()] == [2]
    inbox.close()


def test_nothing_to_back_up_is_said(tmp_path: Path) -> None:
    """Without a library there is no archive, and none is begun."""
    nothing = installation(tmp_path / "none", tmp_path)
    with pytest.raises(LibraryError, match="no library"):
        keeping.pack(nothing, tmp_path / "all.tar.gz")
    assert not (tmp_path / "all.tar.gz").exists()


def test_the_command_says_what_it_does_not_hold(here: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The corpus by name, the settings, the console's history; and when the last backup was is noted."""
    target = tmp_path / "all.tar.gz"
    assert keeping.back_up(here, argparse.Namespace(file=str(target))) == 0
    said = capsys.readouterr().out
    assert str(here.corpus[0]) in said and ".env" in said and "62 articles" in said
    assert keeping.restore(here, argparse.Namespace(file=str(target))) == 0
    assert "wenda doctor" in capsys.readouterr().out
    ledger = Ledger.open(here.ledger)
    keeping.pack(here, target)
    assert ledger.get(keeping.LAST_BACKUP)
    ledger.close()
