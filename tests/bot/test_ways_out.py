"""From what was asked in vain, and from what readers report, an admin gets on with a button."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from test_chat import ADMIN, ARTICLES, PERSON, Desk, article, text
from test_gaps import in_vain
from test_replies import matches, with_buttons

from bot import words
from bot.replies import Language, Message, Reply, Visitor
from retrieval.gaps import candidates
from retrieval.lexicon import default_lexicon

INSURED = "乡里的卫生室能用医疗保险付钱。医疗保险一年交三百元，七月以前交。"
ASKED = "改造老果园每户补助多少钱?"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.write(*ARTICLES, article("clinic", INSURED, title="乡里看病", outlet="青原日报", published="2021-03-05"))
    desk.library.reindex([desk.corpus])
    return desk


def labels(reply: Reply) -> list[str]:
    return [button.label for row in reply.buttons for button in row]


def test_from_a_gap_to_a_synonym(desk: Desk) -> None:
    """The word that no article holds, what the articles may call it, and the next question is understood."""
    in_vain(desk, "医保一年交多少钱?", 2, 3)
    listed = desk.say("/gaps", ADMIN)
    asked = desk.press("1. “医保”的同义说法", listed, ADMIN)
    assert "医疗保险" in labels(asked)
    assert "/words 医保=" in text(asked)
    assert "医保 = 医疗保险" in text(desk.press("医疗保险", asked, ADMIN))
    assert "医保" not in desk.library.ask("医保一年交多少钱?").missing
    assert not [label for label in labels(desk.say("/gaps", ADMIN)) if "医保" in label]


def test_from_a_gap_to_an_article(desk: Desk) -> None:
    """The button leads to where an article is taken in."""
    in_vain(desk, "游泳馆几点开门?", 2)
    reply = desk.press(words.say("zh-Hans", "button_gap_add"), desk.say("/gaps", ADMIN), ADMIN)
    assert text(reply) == text(desk.say("/add", ADMIN))


def test_suggestions_are_other_names_and_not_neighbours(desk: Desk) -> None:
    """What is only used alike is not suggested, nor what the library does not hold."""
    held = desk.library.engine.frequencies
    assert candidates("医保", held, default_lexicon()) == ("医疗保险",)
    assert candidates("缴费", held, default_lexicon()) == ()
    assert candidates("高铁", held, default_lexicon()) == ()
    assert candidates("計程車", lambda terms: dict.fromkeys(terms, 1), default_lexicon())[0] == "出租车"


def test_buttons_of_gaps_are_the_admins(desk: Desk) -> None:
    """Others get nothing by them, and a long word has none."""
    in_vain(desk, "游" * 30 + "馆几点开门?", 2, 3)
    for button in (button for row in desk.say("/gaps", ADMIN).buttons for button in row):
        assert len(button.action.encode()) <= 64
        assert text(desk.chat.reply(Message(action=button.action), PERSON)) == words.say("zh-Hans", "admins_only")


def reported(desk: Desk, question: str = ASKED) -> Reply:
    """What the admins read and can press when a reader says that a figure is wrong."""
    answer = desk.say(question)
    assert answer.answer
    told = desk.chat.reply(Message(action=f"num:{answer.answer.id}"), PERSON)
    return Reply(told.for_admins, told.admin_buttons)


def test_a_report_carries_what_is_needed(desk: Desk) -> None:
    """The question without long numbers, the excerpt with its source, and what can be done."""
    said = reported(desk, f"{ASKED} 我的电话是13800138000")
    assert "每户补助8000元" in text(said)
    assert "青原日报，2020年11月2日" in text(said)
    assert "13800138000" not in text(said)
    assert labels(said) == [words.say("zh-Hans", "button_report_note"), words.say("zh-Hans", "button_report_out")]


def test_from_a_report_to_a_note(desk: Desk) -> None:
    """Two presses, and it stands under the next answer; undone, it does not."""
    choice = desk.press(words.say("zh-Hans", "button_report_note"), reported(desk), ADMIN)
    note = words.say("zh-Hans", "report_note_checking")
    assert "/note orchard" in text(choice)
    assert note in text(desk.press(note, choice, ADMIN))
    assert f"编者注：{note}" in text(desk.say(ASKED))
    desk.say("/undo", ADMIN)
    assert note not in text(desk.say(ASKED))


def test_from_a_report_to_a_withdrawal(desk: Desk) -> None:
    """It is asked once more; then the article is gone, old buttons say so, and it can be brought back."""
    said = reported(desk)
    sure = desk.press(words.say("zh-Hans", "button_report_out"), said, ADMIN)
    assert desk.library.article("orchard")
    desk.press(words.say("zh-Hans", "button_report_sure"), sure, ADMIN)
    assert not desk.library.engine.articles(["orchard"])
    assert desk.press(words.say("zh-Hans", "button_report_note"), said, ADMIN).notice == words.say("zh-Hans", "article_gone")
    desk.say("/undo", ADMIN)
    assert desk.library.article("orchard")


@pytest.mark.parametrize("action", ["report:note:nosuch:0", "report:sure:{id}:99", "report:{id}", "report:", "report:odd:{id}:0"])
def test_a_button_that_leads_nowhere_says_so(desk: Desk, action: str) -> None:
    """A forgotten answer, an excerpt that it did not have, an unknown act: nothing is done."""
    answer = desk.say(ASKED).answer
    assert answer
    reply = desk.chat.reply(Message(action=action.format(id=answer.id)), ADMIN)
    assert reply.notice
    assert not desk.library.rules().marks()
    assert text(desk.chat.reply(Message(action=action.format(id=answer.id)), replace(PERSON))) == words.say("zh-Hans", "admins_only")


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_ways_out_read_like_this(desk: Desk, language: Language) -> None:
    """The buttons under gaps and reports, and what they bring, in each language."""
    admin = Visitor("9:9", user="9", chat="9", admin=True, language=language)
    in_vain(desk, "医保一年交多少钱?", 2, 3)
    in_vain(desk, "游泳馆几点开门?", 4)
    answer = desk.say(ASKED).answer
    assert answer and answer.id
    replies = [
        desk.say("/gaps", admin), desk.chat.reply(Message(action="gapword:医保"), admin), desk.chat.reply(Message(action="gapword:游泳馆"), admin),
        *(desk.chat.reply(Message(action=f"report:{act}:{answer.id}:0"), admin) for act in ("note", "outdated", "out", "sure")),
    ]  # fmt: skip
    matches(f"{language}/ways_out.txt", "\n\n---\n".join(with_buttons(text(reply), reply) for reply in replies).replace(answer.id, "ID"))
