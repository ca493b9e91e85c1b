"""What was asked in vain reaches the admins: alike questions together, nobody named, and no longer than answers are kept."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from test_chat import ADMIN, ARTICLES, PERSON, Desk, text
from test_replies import matches

from bot import words
from bot.replies import Language, Visitor
from bot.retention import tidy
from retrieval.records import Answer


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.write(*ARTICLES)
    desk.library.reindex([desk.corpus])
    return desk


def in_vain(desk: Desk, question: str, *askers: int, at: datetime | None = None) -> None:
    for asker in askers:
        answer = Answer(question=question, status="no_answer")
        desk.chat.ledger.record(answer, f"{asker}:0:{asker}", str(asker), at=at or desk.now)


def rows(desk: Desk) -> list[list[str]]:
    document = desk.say("/gaps", ADMIN).document
    assert document
    assert document.name == "gaps.csv"
    return list(csv.reader(io.StringIO(document.data.decode("utf-8-sig"))))[1:]


def test_alike_questions_are_one_gap(desk: Desk) -> None:
    """Other wordings of one matter are counted together, other matters apart; what most people ask comes first."""
    in_vain(desk, "残疾证怎么办理?", 1)
    in_vain(desk, "办理残疾证要多久?", 2, 3)
    in_vain(desk, "游泳馆几点开门?", 1, 4)
    found = rows(desk)
    assert [row[0] for row in found] == ["3", "2"]
    assert "残疾证" in found[0][3]


def test_what_one_person_asked_is_told_by_its_words_alone(desk: Desk) -> None:
    """However often: neither the message nor the table has the question itself."""
    in_vain(desk, "我邻居家的游泳馆几点开门?", 1, 1, 1)
    reply = desk.say("/gaps", ADMIN)
    assert reply.document
    for shown in (text(reply), reply.document.data.decode("utf-8-sig")):
        assert "游泳馆" in shown
        assert "我邻居家的游泳馆几点开门" not in shown


def test_long_numbers_are_nobody_s_business(desk: Desk) -> None:
    """Telephone and card numbers are masked in questions and left out of words."""
    in_vain(desk, "13800138000 是游泳馆的电话吗?", 1, 2)
    in_vain(desk, "图书馆借书证 62012345 能用吗?", 3)
    shown = text(desk.say("/gaps", ADMIN))
    assert "13800138000" not in shown
    assert "62012345" not in shown


def test_related_and_wished_for_are_gaps_too(desk: Desk) -> None:
    """A question that was only nearly answered, and one whose asker wished for more, count; an answered one does not."""
    desk.say("改造老果园每户补助多少钱?")
    assert text(desk.say("/gaps", ADMIN)) == words.say("zh-Hans", "gaps_none")
    answered = desk.say("改造老果园每户补助多少钱?")
    assert answered.answer
    assert answered.answer.id
    desk.chat.ledger.rate(answered.answer.id, "1", "wish")
    desk.chat.ledger.record(Answer(question="游泳馆几点开门?", status="related"), "1:0:1", "1", at=desk.now)
    assert len(rows(desk)) == 2


def test_gaps_go_with_the_answers_they_are_from(desk: Desk) -> None:
    """What is too old to be kept, or was forgotten on wish, is in no list either."""
    in_vain(desk, "游泳馆几点开门?", 1, at=desk.now - timedelta(days=desk.settings.keep_days + 1))
    in_vain(desk, "残疾证怎么办理?", 2)
    tidy(desk.settings, desk.chat.ledger, desk.now)
    assert [row[3] for row in rows(desk)] == ["残疾证 办理"]
    desk.say("/forget", Visitor("2:0:2", user="2", chat="2"))
    assert desk.say("/gaps", ADMIN).document is None


def test_a_question_is_no_formula(desk: Desk) -> None:
    """A spreadsheet shows a question that begins like a formula, and computes nothing."""
    in_vain(desk, "=HYPERLINK(游泳馆开门)", 1, 2)
    assert rows(desk)[0][2].startswith("'=")


def test_only_admins_see_gaps(desk: Desk) -> None:
    """Others are told that the command is not theirs."""
    assert text(desk.say("/gaps", PERSON)) == words.say("zh-Hans", "admins_only")


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_gaps_read_like_this(desk: Desk, language: Language) -> None:
    """The message and the table, in each language."""
    in_vain(desk, "办理残疾证要带什么材料?", 2, 3, 3)
    in_vain(desk, "游泳馆几点开门?", 1, at=desk.now - timedelta(days=40))
    reply = desk.say("/gaps", Visitor("9:9", user="9", chat="9", admin=True, language=language))
    assert reply.document
    table = reply.document.data.decode("utf-8-sig").replace("\r\n", "\n")
    matches(f"{language}/command_gaps.txt", f"{text(reply)}\n\n--- {reply.document.name}\n{table}")
