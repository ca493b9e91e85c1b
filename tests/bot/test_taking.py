"""`/add` in the chat: an article is in with the next question, shown as it was read, and out again by what the chat offers."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_adding import HTML, PAGE, site
from test_chat import ADMIN, ARTICLES, Desk, text
from test_replies import matches

from bot import words
from bot.replies import Language, Visitor
from bot.telegram_jobs import is_long

__all__ = ["site"]  # a fixture of theirs


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.write(*ARTICLES)
    desk.library.reindex([desk.corpus])
    return desk


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_pasted_article_reads_like_this(desk: Desk, language: Language) -> None:
    """How it was read, its id, and how to put right what was read wrongly, in each language."""
    reply = desk.say(f"/add {PAGE}", Visitor("9:9", user="9", chat="9", admin=True, language=language))
    matches(f"{language}/command_add.txt", text(reply) + "\n")


def test_a_pasted_article_answers_the_next_question(desk: Desk) -> None:
    """It lies in the added folder as it was pasted, and is quoted with its outlet and date."""
    desk.say(f"/add\n{PAGE}", ADMIN)
    (file,) = desk.settings.added_folder.iterdir()
    assert file.read_text(encoding="utf-8") == PAGE.strip()
    answer = text(desk.say("修水车的是几位木匠?"))
    assert "两位木匠" in answer
    assert "出处：临川日报，2014年3月2日" in answer


def test_what_was_added_by_a_slip_goes_again(desk: Desk) -> None:
    """The reply names the id that /withdraw takes; pasted once more, it stays out until that is undone."""
    told = text(desk.say(f"/add {PAGE}", ADMIN))
    id = told.split("编号：")[1].splitlines()[0]
    desk.say(f"/withdraw {id} 贴错了", ADMIN)
    assert "两位木匠" not in text(desk.say("修水车的是几位木匠?"))
    assert text(desk.say(f"/add {PAGE}", ADMIN)) == words.say("zh-Hans", "add_left_out", id=id)
    desk.say("/undo", ADMIN)
    assert "两位木匠" in text(desk.say("修水车的是几位木匠?"))


def test_a_link_is_taken_in_with_its_address(tmp_path: Path, site: tuple[str, dict[str, tuple[str, bytes]]]) -> None:
    """A page of a network that the settings allow is read once, kept, and quoted with a link to it."""
    base, served = site
    served["/books.html"] = ("text/html; charset=utf-8", HTML.encode())
    desk = Desk(tmp_path, fields={"web_allow": ("127.0.0.1/32",)})
    desk.write(*ARTICLES)
    assert "《渡口的旧书摊》" in text(desk.say(f"/add {base}/books.html", ADMIN))
    answer = desk.say("渡口的旧书摊一本旧书卖多少钱?").answer
    assert answer
    assert answer.excerpts[0].article.url == f"{base}/books.html"


def test_an_article_that_is_there_is_told(desk: Desk) -> None:
    """The same text again changes nothing and names the id."""
    id = text(desk.say(f"/add {PAGE}", ADMIN)).split("编号：")[1].splitlines()[0]
    assert text(desk.say(f"/add {PAGE}", ADMIN)) == words.say("zh-Hans", "add_known", id=id)
    assert len(list(desk.settings.added_folder.iterdir())) == 1


@pytest.mark.parametrize("given", ["12345", "http://127.0.0.1:9/page.html", "http://10.0.0.1/page.html"])
def test_what_holds_no_article_is_refused_with_the_reason(desk: Desk, given: str) -> None:
    """No text, an address of this machine, one of the office's network: told at once, and nothing is written."""
    before = words.say("zh-Hans", "add_refused", reason="")
    assert text(desk.say(f"/add {given}", ADMIN)).startswith(before)
    assert not desk.settings.added_folder.exists()


def test_an_article_that_cannot_be_indexed_now_waits(desk: Desk) -> None:
    """Where the corpus is away, the admin reads that the article is kept and what to do; afterwards it is there."""
    away = desk.corpus.rename(desk.corpus.with_name("away"))
    assert "/reindex" in text(desk.say(f"/add {PAGE}", ADMIN))
    assert desk.library.status()["articles"] == 3
    away.rename(desk.corpus)
    desk.say("/reindex", ADMIN)
    assert desk.library.status()["articles"] == 4


def test_adding_shows_its_progress_like_a_reindex() -> None:
    """Taking an article in ends with reading the corpus again, so that it runs beside everything else in a chat app."""
    assert is_long("/add https://news.example.org/1")
    assert not is_long("/articles")


def test_without_anything_to_add_it_is_told_how(desk: Desk) -> None:
    """The command alone explains itself."""
    assert text(desk.say("/add", ADMIN)) == words.say("zh-Hans", "how_add")
