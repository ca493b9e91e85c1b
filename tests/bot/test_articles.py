"""How an admin looks after the articles from the chat."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from test_chat import ADMIN, ARTICLES, CANTEEN, PERSON, Desk, article, text

from bot import words
from bot.replies import Message


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.write(*ARTICLES, article("page.md", "说明:这一篇有空格的编号。它很短,只有两句话。"), article("two words.txt", CANTEEN.replace("食堂", "茶館")))
    desk.library.reindex([desk.corpus])
    return desk


@pytest.mark.parametrize("command", ["/add x", "/articles", "/note orchard x", "/date orchard 2019", "/title orchard x", "/outlet orchard x", "/withdraw orchard x", "/undo"])
def test_only_admins_look_after_articles(desk: Desk, command: str) -> None:
    """Others are told so, also where they press a button of an admin's list, and nothing changes."""
    assert text(desk.say(command)) == words.say("zh-Hans", "admins_only")
    assert text(desk.chat.reply(Message(action="arts:1:"), PERSON)) == words.say("zh-Hans", "admins_only")
    assert not desk.library.rules().marks()


def test_a_note_stands_under_the_next_answer(desk: Desk) -> None:
    """From the moment it is written, people read it with the excerpt."""
    desk.say("/note orchard 补助已停止执行", ADMIN)
    assert "编者注：补助已停止执行" in text(desk.say("改造老果园每户补助多少钱?"))
    desk.say("/undo", ADMIN)
    assert "编者注" not in text(desk.say("改造老果园每户补助多少钱?"))


def test_an_id_may_hold_spaces(desk: Desk) -> None:
    """The longest id that the command begins with is meant."""
    desk.say("/note two words.txt 已搬走", ADMIN)
    assert desk.library.article("two words.txt").note == "已搬走"


@pytest.mark.parametrize(
    ("written", "published"),
    [("2021-03-05", "2021-03-05"), ("2021年3月5日", "2021-03-05"), ("２０２１年３月", "2021-03"), ("2021/3", "2021-03"), ("2021 年", "2021"), ("2021", "2021"), ("不详", None)],
)
def test_dates_are_read_as_people_write_them(desk: Desk, written: str, published: str | None) -> None:
    """Day, month or year, in figures of either width; nothing is filled in."""
    desk.say(f"/date orchard {written}", ADMIN)
    assert desk.library.article("orchard").published == published


@pytest.mark.parametrize("written", ["2021年2月30日", "2021-13", "去年", "2031", "3月5日", "20210305"])
def test_a_date_that_cannot_be_is_refused(desk: Desk, written: str) -> None:
    """The admin reads why, and the article stays as it was."""
    assert text(desk.say(f"/date orchard {written}", ADMIN)) == words.say("zh-Hans", "bad_date", date=written)
    assert desk.library.article("orchard").published == "2020-11-02"


def test_old_buttons_of_a_withdrawn_article_say_so(desk: Desk) -> None:
    """Whoever still has an answer on the screen reads 已撤下, whatever is pressed, until the withdrawal is undone."""
    answer = desk.say("改造老果园每户补助多少钱?")
    assert answer.answer
    desk.say("/withdraw orchard 报社来函", ADMIN)
    for verb in ("near", "full", "more"):
        told = desk.chat.reply(Message(action=f"{verb}:{answer.answer.id}:0"), PERSON)
        assert told.notice == words.say("zh-Hans", "article_gone")
    desk.say("/undo", ADMIN)
    assert desk.chat.reply(Message(action=f"near:{answer.answer.id}:0"), PERSON).blocks


def test_a_slip_can_be_undone_for_thirty_days(desk: Desk) -> None:
    """On the thirty-first day nothing is left to undo."""
    desk.say("/withdraw orchard 写错了编号", ADMIN)
    desk.now += timedelta(days=31)
    assert text(desk.say("/undo", ADMIN)) == words.say("zh-Hans", "nothing_to_undo")
    desk.now -= timedelta(days=2)
    assert "撤销了：撤下《果园里的新路子》" in text(desk.say("撤销", ADMIN))
    assert desk.library.article("orchard").title == "果园里的新路子"


def test_what_cannot_be_brought_back_at_once_is_told(desk: Desk) -> None:
    """An article whose file is gone by then is named."""
    desk.say("/withdraw orchard 报社来函", ADMIN)
    desk.write(*ARTICLES[1:])
    assert "orchard" in text(desk.say("/undo", ADMIN)).splitlines()[-1]


def test_a_withdrawal_takes_reprints(desk: Desk) -> None:
    """The admin reads how many others went with it."""
    desk.write(*ARTICLES, article("mirror", ARTICLES[0]["body"], title="转载"))
    desk.library.reindex([desk.corpus])
    assert words.say("zh-Hans", "withdrawn_too", count=1) in text(desk.say("/withdraw orchard 报社来函", ADMIN))


def test_the_list_turns_pages(desk: Desk) -> None:
    """Buttons lead through all articles, and through those that were searched for; every one appears once, with its id."""
    desk.write(*(article(f"n{number:02}", f"青石村第{number}次修路。路修好了,村民很高兴。", title=f"修路{number}") for number in range(20)))
    desk.library.reindex([desk.corpus], yes=True)
    for command in ("/articles", "/articles 修路"):
        reply, seen = desk.say(command, ADMIN), list[str]()
        while True:
            seen += [block.text.rsplit("编号：", 1)[1] for block in reply.blocks if "编号：" in block.text]
            if words.say("zh-Hans", "button_next") not in [button.label for row in reply.buttons for button in row]:
                break
            reply = desk.press(words.say("zh-Hans", "button_next"), reply, replace(ADMIN))
        assert sorted(seen) == [f"n{number:02}" for number in range(20)]
