"""`/undo`: the latest act of all, whoever did it, on an article, a word, a person or a text, or of taking an article in."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from test_adding import PAGE
from test_chat import ADMIN, ARTICLES, Desk, text

from bot.replies import Visitor

COLLEAGUE = Visitor("8:8", user="8", chat="8", admin=True)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path, fields={"admins": (ADMIN.user,)})
    made.write(*ARTICLES)
    made.library.reindex([made.corpus])
    return made


def told(desk: Desk, said: str, visitor: Visitor = ADMIN) -> str:
    desk.now += timedelta(seconds=1)
    return text(desk.say(said, visitor))


def test_the_latest_act_of_all_is_taken_back(desk: Desk) -> None:
    """One after the other, by whichever admin writes it."""
    for said in ("/note orchard 已停止", "/allow 77", "/words 住房=房子", "/withdraw canteen 来函", "/contact 热线", "/admin 78"):
        told(desk, said)
    undone = [told(desk, "/undo", visitor) for visitor in (ADMIN, COLLEAGUE) * 3]
    for line, words in zip(undone, ("添加管理员78", "联系方式", "撤下", "同义词", "允许77使用", "编者注"), strict=True):
        assert words in line
    assert "没有可以撤销" in told(desk, "撤销")


def test_two_acts_at_one_moment_are_both_taken_back(desk: Desk) -> None:
    """By a clock that stands still, too."""
    for said in ("/note orchard 已停止", "/allow 77"):
        desk.say(said, ADMIN)
    undone = {text(desk.say("/undo", ADMIN))[:6] for _ in range(2)}
    assert len(undone) == 2 and "没有可以撤销" in text(desk.say("/undo", ADMIN))


def test_what_was_taken_in_last_is_offered_to_be_taken_back(desk: Desk) -> None:
    """With the corrections made to it; by another admin as well; earlier acts wait for their turn."""
    told(desk, "/note orchard 已停止")
    desk.now += timedelta(seconds=1)
    read = desk.say(f"/add {PAGE}", ADMIN)
    desk.press("改日期", read, ADMIN)
    desk.press("收录", desk.say("2014年3月1日", ADMIN), ADMIN)
    assert desk.library.status()["articles"] == len(ARTICLES) + 1
    desk.now += timedelta(minutes=1)
    offer = desk.say("/undo", COLLEAGUE)
    assert "收录《溪口的水车又转了》" in text(offer)
    assert desk.library.status()["articles"] == len(ARTICLES) + 1
    desk.press("撤回收录", offer, COLLEAGUE)
    assert desk.library.status()["articles"] == len(ARTICLES)
    assert "编者注" in told(desk, "/undo")
