"""A morning at the admin's desk, in Telegram: what is wrong is put right, what must go goes, and a slip is taken back."""

from __future__ import annotations

from pathlib import Path

from telegram_running import BRIDGE, HOUSES, Inside, inside
from telegram_server import Sent, TelegramServer
from test_adding import PAGE

ADMIN, PERSON = 1, 7


def said(server: TelegramServer, who: int, text: str) -> Sent:
    """The bot's first message after *who* wrote *text* in private."""
    server.person(who)
    asked = server.say(who, text)
    found: list[Sent] = server.wait(lambda: [sent for sent in server.replies(who) if sent.id > asked], what=f"what is said to {text}")
    return found[0]


def test_the_desk_from_the_chat(server: TelegramServer, bot: Inside) -> None:
    """Find, note, correct, withdraw, undo: each holds for everybody from the next message on."""
    assert "编号：bridge" in said(server, ADMIN, "/articles 清水河大桥").text
    said(server, ADMIN, "/note houses 补助已停止执行")
    said(server, ADMIN, "/date houses 2018年3月")
    answer = said(server, PERSON, HOUSES)
    assert "编者注：补助已停止执行" in answer.text
    assert "2018年3月" in answer.text
    assert "已撤下" in said(server, ADMIN, "/withdraw houses 报社来函").text
    assert "撤下" in str(server.alert(server.press(PERSON, answer, "前后文")))
    assert "8600" not in said(server, PERSON, HOUSES).text
    assert "撤销了" in said(server, ADMIN, "撤销").text
    assert "8600" in said(server, PERSON, HOUSES).text


def until(server: TelegramServer, words: str, who: int = ADMIN) -> Sent:
    """The latest message of the bot that holds *words*, waited for."""
    found: list[Sent] = server.wait(lambda: [sent for sent in server.replies(who) if words in sent.text], what=words)
    return found[-1]


def test_a_pasted_article_is_in_the_next_answer(server: TelegramServer, bot: Inside) -> None:
    """Pasted in three messages, ended by a word, put right, agreed to: it is quoted as soon as the bot says that it is taken in."""
    assert "请贴上文章" in said(server, ADMIN, "/add").text
    for line in PAGE.strip().split("\n")[1:]:
        assert "收到" in said(server, ADMIN, line).text
    read = said(server, ADMIN, "完")
    assert "两位木匠" not in said(server, PERSON, "修水车的是几位木匠?").text
    server.press(ADMIN, read, "改标题")
    until(server, "请写标题")
    read = said(server, ADMIN, "溪口的水车又转了")
    server.press(ADMIN, read, "收录")
    done = until(server, "已收录《溪口的水车又转了》")
    answer = said(server, PERSON, "修水车的是几位木匠?").text
    assert "两位木匠" in answer and "《溪口的水车又转了》" in answer
    assert not read.buttons, "what was agreed to offers no buttons any more"
    server.press(ADMIN, done, "撤回收录")
    until(server, "已撤回")
    assert "两位木匠" not in said(server, PERSON, "修水车的是几位木匠?").text


def test_a_paste_is_no_flood_of_questions(db: Path, server: TelegramServer) -> None:
    """The limit on questions does not count the pieces of an article."""
    with inside(db, server, WENDA_LIMIT_USER="2"):
        said(server, ADMIN, "/add")
        for number in range(1, 6):
            assert f"收到{number}条" in said(server, ADMIN, f"第{number}段。").text


def test_a_piece_that_is_edited_is_not_lost_without_a_word(server: TelegramServer, bot: Inside) -> None:
    """An edit of a piece cannot be put in its place; the admin reads so, and it is no question."""
    said(server, ADMIN, "/add")
    piece = server.say(ADMIN, "溪口的水车停了三十年。")
    until(server, "收到1条")
    server.edit(ADMIN, piece, "溪口的水车停了三十一年。")
    until(server, "改过的消息")


def test_gaps_come_with_a_table(server: TelegramServer, bot: Inside) -> None:
    """The admin reads what was asked in vain, and gets all of it as a file; others are told that it is not theirs."""
    said(server, PERSON, "海底隧道的海水为什么是咸的?")
    assert "海底" in said(server, ADMIN, "/gaps").text
    (table,) = server.wait(lambda: [sent for sent in server.replies(ADMIN) if sent.document], what="the table")
    assert table.document == "gaps.csv"
    assert "管理员" in said(server, PERSON, "/gaps").text


def test_a_group_is_no_desk(server: TelegramServer, bot: Inside) -> None:
    """What an admin writes in a group changes nothing, lest a group sees or does what is the admin's."""
    group = server.group(-1001234567890)
    server.person(ADMIN)
    server.say(ADMIN, "/withdraw@wenda_test_bot bridge 手滑", chat=group)
    server.say(ADMIN, "/gaps@wenda_test_bot", chat=group)
    asked = server.say(ADMIN, f"/ask@wenda_test_bot {BRIDGE}", chat=group)
    assert "640米" in server.reply(group, asked).text
    assert len(server.replies(group)) == 1
