"""A reindex from the chat, by the real limits of the server, and whatever comes in between."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from pathlib import Path

import pytest
from telegram_running import ARTICLES, BRIDGE, Inside, inside, process
from telegram_server import Floods, Sent, TelegramServer
from test_telegram_desk import said

from bot import telegram_jobs
from retrieval import Library

ADMIN = 1
FILLER = "河边的小路修好了。孩子们每天走这条路上学，老人们在路边下棋。到了春天，路边开满了花，蜜蜂来来往往。" * 6


def write(db: Path, count: int) -> None:
    """A corpus of the three articles and as many others."""
    lines = [*ARTICLES, *({"id": f"n{number:05}", "body": f"第{number}篇。{FILLER}"} for number in range(count))]
    (db.parent / "corpus" / "articles.jsonl").write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")


def last(server: TelegramServer, words: str, seconds: float = 120) -> Sent:
    """The message of the bot to the admin that holds *words* now."""
    found: list[Sent] = server.wait(lambda: [sent for sent in server.replies(ADMIN) if words in sent.text], seconds, words)
    return found[-1]


def begun(db: Path) -> int:
    with sqlite3.connect(f"{db}.ledger", timeout=20) as ledger:
        return int(ledger.execute("select count(*) from jobs where outcome is null").fetchone()[0])


def test_progress_provokes_no_flood(server: TelegramServer, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often progress could be shown, and while the admin asks beside it: one message is edited, no limit is met."""
    monkeypatch.setattr(telegram_jobs, "PROGRESS_EVERY", 0.05)
    write(db, 12000)
    for number in range(25):
        (db.parent / "corpus" / f"{number:02}.txt").write_bytes(b"\0\0\0")
    server.floods = Floods.real()
    with inside(db, server) as bot:
        server.person(ADMIN)
        server.say(ADMIN, "/reindex")
        asked = server.say(ADMIN, BRIDGE)
        assert "640米" in server.reply(ADMIN, asked, 60).text
        report = last(server, "12003篇文章")
        table = server.wait(lambda: [sent for sent in server.replies(ADMIN) if sent.document], what="the table of skipped files")
        assert bot.failure is None
    assert not server.provoked_floods
    shown = [text for text in report.history if "%" in text]
    assert len(shown) > 1
    assert any("还要" in text or re.search(r"文件\d+/26", text) for text in shown)
    assert [sent.document for sent in table] == ["skipped.csv"]
    assert len([sent for sent in server.replies(ADMIN) if not sent.document]) == 2


def test_a_second_reindex_and_other_acts_wait(server: TelegramServer, bot: Inside, db: Path) -> None:
    """Two admins at once: while the index is being updated, both read so whatever they try, and nothing is changed."""
    with Library.open(db, ledger=False) as other, other.store.writing():
        for what in ("/reindex", "/withdraw houses 手滑", "/words 青禾县", "/withhold houses 每户补助8600元", "/note houses 更正"):
            assert "已经在更新索引了" in said(server, ADMIN, what).text
    assert "已撤下" in said(server, ADMIN, "/withdraw houses 手滑").text
    assert "撤销了" in said(server, ADMIN, "/undo").text


def test_cancel_leaves_the_old_index(server: TelegramServer, db: Path) -> None:
    """While it runs, /cancel stops it; the library is as it was."""
    write(db, 6000)
    with inside(db, server) as bot:
        server.person(ADMIN)
        server.say(ADMIN, "/reindex")
        server.wait(lambda: bot.chat.desk.progress, what="the reindex")
        server.say(ADMIN, "/cancel")
        last(server, "已取消，原来的索引没有变")
        assert bot.library.status()["articles"] == len(ARTICLES)
    assert begun(db) == 0


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_a_job_that_was_broken_off_is_told_when_the_bot_is_back(server: TelegramServer, db: Path, tmp_path: Path, how: str) -> None:
    """Whether killed or stopped in the middle: nothing is half done, the admin reads so and starts it again with a button."""
    write(db, 12000)
    with process(db, server, tmp_path / "log") as wenda:
        server.person(ADMIN)
        assert "640米" in said(server, ADMIN, BRIDGE).text
        server.say(ADMIN, "/reindex")
        until = time.monotonic() + 60
        while not begun(db) and time.monotonic() < until:
            time.sleep(0.01)
        if how == "killed":
            wenda.kill()
        else:
            wenda.stop()
            last(server, "重新启动以后会提醒您")
        with Library.open(db, ledger=False) as left:
            assert left.status()["articles"] == len(ARTICLES)
        wenda.start()
        server.press(ADMIN, last(server, "没有做完"), "重新更新索引")
        last(server, "共12003篇文章")
        assert wenda.stop() == 0
        assert "Traceback" not in wenda.log
    assert begun(db) == 0
