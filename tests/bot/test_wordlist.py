"""How an admin gives the library names and synonyms from the chat."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from test_chat import ADMIN, ARTICLES, Desk, article, text
from test_replies import matches

from bot import words
from bot.replies import Language, Visitor
from retrieval.errors import LibraryBusy

CLINIC = "乡里的卫生室每天开到晚上八点。卫生室有三位医生，都会看小儿病。"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.write(*ARTICLES, article("clinic", CLINIC, title="乡里看病", outlet="青原日报", published="2021-03-05"))
    desk.library.reindex([desk.corpus])
    return desk


def test_only_admins_add_words(desk: Desk) -> None:
    """Others are told so, and nothing is added."""
    assert text(desk.say("/words 卫生室")) == words.say("zh-Hans", "admins_only")
    assert not desk.library.rules().words


def test_a_synonym_holds_from_the_next_question_on(desk: Desk) -> None:
    """A question with one word finds what the articles call otherwise; undone, it does not."""
    assert desk.library.ask("保健站有几位医生?").missing == ("保健站",)
    assert "卫生室" in text(desk.say("/words 保健站＝卫生室", ADMIN))
    assert "三位" in text(desk.say("保健站有几位医生?"))
    assert desk.library.ask("保健站有几位医生?").missing == ()
    assert "保健站" in text(desk.say("撤销", ADMIN))
    assert desk.library.ask("保健站有几位医生?").missing == ("保健站",)


def test_several_at_once(desk: Desk) -> None:
    """Names and synonyms on lines of their own, or with a comma between; what is wrong among them is told, the others are added."""
    told = text(desk.say("/words 老果园、乡卫生室=卫生室\n好，技术员", ADMIN))
    assert desk.library.rules().words == ("老果园", "技术员")
    assert desk.library.rules().wordings == (("乡卫生室", "卫生室"),)
    assert words.say("zh-Hans", "word_refused", word="好") in told
    for command in ("/words -老果园", "/words 去掉 乡卫生室", "/words －技术员"):
        desk.say(command, ADMIN)
    assert text(desk.say("/words", ADMIN)).startswith(words.say("zh-Hans", "words_none"))


def test_during_a_reindex_words_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The admin reads that the index is being updated."""

    def busy(*_: object) -> None:
        raise LibraryBusy("a reindex is running")

    monkeypatch.setattr(desk.library, "add_word", busy)
    assert text(desk.say("/words 老果园", ADMIN)) == words.say("zh-Hans", "busy")


def _said() -> dict[str, Callable[[Desk, Visitor], object]]:
    return {
        "words_none": lambda desk, admin: desk.say("/words", admin),
        "words_added": lambda desk, admin: desk.say("/words 老果园", admin),
        "words_same": lambda desk, admin: desk.say("/words 保健站=卫生室", admin),
        "words_gone": lambda desk, admin: desk.say("/words 老果园", admin) and desk.say("/words -老果园", admin),
        "words_unknown": lambda desk, admin: desk.say("/words -老果园", admin),
        "words_refused": lambda desk, admin: desk.say("/words 果", admin),
        "words": lambda desk, admin: desk.say("/words 老果园、保健站=卫生室=医务点", admin) and desk.say("/words", admin),
        "words_undo": lambda desk, admin: desk.say("/words 保健站=卫生室", admin) and desk.say("/undo", admin),
    }


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("name", sorted(_said()))
def test_words_read_like_this(desk: Desk, name: str, language: Language) -> None:
    """What every use of the command says, in each language."""
    admin = Visitor("9:9", user="9", chat="9", admin=True, language=language)
    matches(f"{language}/command_{name}.txt", text(_said()[name](desk, admin)))
