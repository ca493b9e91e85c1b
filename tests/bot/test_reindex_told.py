"""How an admin follows a reindex: how far it is, what was passed over and why, and what happens when it is stopped."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.progress import Progress as Bar
from test_chat import ADMIN, ARTICLES, Desk, article, text
from test_replies import matches

from bot import reasons, words
from bot.console import _follower as follower
from bot.following import Followed
from bot.jobbook import JobBook
from bot.replies import Language
from bot.telling import Scene
from retrieval.records import Progress

REASONS = (
    "no article body: nothing stands below the front matter", "no article body: 31 characters of sentences are left",
    "no article body: the document holds no text", "empty file", "empty file: it holds nothing but white space", "not text: it holds zero bytes",
    "not text: no JSON object (Expecting value: line 1 column 1 (char 0))", "not text: it is locked with a password; unpack it and add the file itself",
    "text damaged: the bytes are readable in none of UTF-8, GB18030, Big5 and UTF-16", "text damaged: it is in a font's private characters; save the page again",
    "too large: 9.1 MiB, a page may have 8; split it, or import it as JSON lines", "too large: a line may have 16 MiB", "cannot be read: Permission denied",
    "withdrawn: 报社来函", "steps aside: its original 01.txt is in the library", "second file with the id a/b.txt; the first is /corpus/one/a/b.txt",
    "second article with the id n7; the first is in /corpus/news.jsonl", "not a page, Markdown, HTML or JSON lines file", "something nobody foresaw",
)  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.write(*ARTICLES)
    desk.library.reindex([desk.corpus])
    return desk


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_reasons_read_like_this(language: Language) -> None:
    """Why a file was passed over, in the admin's language; what is not known stays as it is."""
    scene = Scene(language, datetime(2026, 11, 22, tzinfo=UTC).date())
    matches(f"{language}/reasons.txt", "\n".join(reasons.told(reason, scene) for reason in REASONS))


def test_every_beginning_of_the_contract_is_known() -> None:
    """No reason that begins as the contract says is told in English to people who read Chinese."""
    scene = Scene("zh-Hans", datetime(2026, 11, 22, tzinfo=UTC).date())
    for beginning in ("no article body", "empty file", "not text", "text damaged", "too large"):
        for reason in (beginning, f"{beginning}: for once"):
            assert not re.match(r"[a-z]", reasons.told(reason, scene)), reason


def test_many_skipped_files_come_as_a_table(desk: Desk) -> None:
    """The message names twenty, the table all, with reasons in the admin's language; a name is no formula."""
    for number in range(30):
        (desk.corpus / f"={number:02}.txt").write_bytes(b"\0\0\0")
    reply = desk.say("/reindex", ADMIN)
    assert text(reply).count("不是文字") == 20
    assert reply.document and reply.document.name == "skipped.csv"
    rows = list(csv.reader(io.StringIO(reply.document.data.decode("utf-8-sig"))))
    assert len(rows) == 31
    assert rows[1][1] == "不是文字：里面是二进制内容"
    assert text(reply).rstrip().endswith("全部见表格。")
    assert reasons.cell("=1+1") == "'=1+1"


@pytest.mark.parametrize("gone", ["empty", "missing"])
def test_a_folder_that_is_not_mounted_loses_nothing(desk: Desk, gone: str) -> None:
    """The admin reads which folder, in a clear line; every article is still there."""
    before = desk.library.status()
    (desk.corpus / "articles.jsonl").rename(desk.folder / "aside.jsonl")
    if gone == "missing":
        desk.corpus.rename(desk.folder / "elsewhere")
    said = text(desk.say("/reindex", ADMIN))
    assert str(desk.corpus) in said
    assert "挂载" in said and "什么也没改" in said
    assert desk.library.status() == before


def test_a_cancel_that_comes_too_late_is_told(desk: Desk) -> None:
    """After the last step the update is done, and the admin reads so; later there is nothing to cancel."""
    desk.write(*ARTICLES, article("new", "新来的一篇。说的是河边的春天。"))
    told: list[str] = []

    def watch(now: Progress) -> None:
        if now.phase == "writing":
            told.append(text(desk.say("/cancel", ADMIN)))

    done = desk.chat.desk.reindex(watch)
    assert told == [words.say("zh-Hans", "cancelling")]
    assert done.uncancelled
    from bot import admin

    assert words.say("zh-Hans", "cancel_too_late") in text(admin.reported(done, desk.chat.scene(ADMIN)))
    assert desk.library.article("new")
    assert text(desk.say("/cancel", ADMIN)) == words.say("zh-Hans", "nothing_running")


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_progress_reads_like_this(language: Language) -> None:
    """Phase, files done of all, rate, time left of the whole."""
    followed = Followed(Scene(language, datetime(2026, 11, 22, tzinfo=UTC).date()))
    assert followed.line() == ""
    said = []
    for step in (
        Progress("reading", 0, 3, 0.0, None, 0), Progress("reading", 1, 3, 0.25, 100.4, 12345), Progress("cutting", 10, 20000, 0.8, 43.0, 10),
        Progress("merging", 0, 1, 0.9, 7.0, 0), Progress("writing", 1, 1, 0.97, 3599.0, 0),
    ):  # fmt: skip
        followed.heard(step)
        said.append(re.sub(r"(每秒|, )\d+(篇| a second)", r"\1N\2", followed.line()))
    matches(f"{language}/progress.txt", "\n\n".join(said))


def test_the_bar_of_the_console_follows_the_whole(desk: Desk) -> None:
    """One bar for all phases, with what is done now and the time left; a scoring, which tells no share, by what is asked."""
    bar = Bar()
    watch = follower(bar, "zh-Hans")
    watch(Progress("reading", 1, 3, 0.25, 100.0, 12))
    assert (bar.tasks[0].description, bar.tasks[0].completed, bar.tasks[0].fields["left"]) == ("读文章：文件1/3", 0.25, "大约还要1分40秒")
    watch(Progress("merging", 0, 1, 0.9, 7.0, 0))
    assert (len(bar.tasks), bar.tasks[0].description, bar.tasks[0].completed) == (1, "合并", 0.9)
    watch(Progress("asking", 30, 40))
    assert (bar.tasks[0].description, bar.tasks[0].completed, bar.tasks[0].fields["left"]) == ("提问 30/40", 0.75, "")


def test_the_book_of_jobs(desk: Desk) -> None:
    """What began and has no end is open, also for the next process; what ended is forgotten after a while."""
    book = JobBook(desk.chat.ledger)
    first, second = (book.begin("reindex", 1, None, "1", "en", desk.now) for _ in range(2))
    book.end(first, "told")
    assert [(job.number, job.chat, job.language, job.at) for job in JobBook(desk.chat.ledger).open()] == [(second, 1, "en", desk.now)]
    book.forget_before(desk.now + timedelta(days=1))
    assert [row["number"] for row in desk.chat.ledger.read("select number from jobs")] == [second]
