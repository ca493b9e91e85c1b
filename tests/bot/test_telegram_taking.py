"""What an admin sends in Telegram to have it taken in: files up to Telegram's limit, and posts passed on; all else gets a clear line."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from documents import docx, drawn, paragraph, pdf, zipped
from telegram_running import BRIDGE, Inside, inside
from telegram_server import Faults, Sent, TelegramServer
from test_adding import LONG, PAGE

ADMIN, PERSON = 1, 7
CHANNEL = {"id": -1009, "type": "channel", "title": "水乡快讯", "username": "shuixiang"}
POSTED = 1714953600 + 3600 * 20  # 2024-05-06 20:00 UTC is the 7th in Shanghai


LINES = PAGE.strip().split("\n")
WORD = docx("".join(paragraph(line) for line in LINES))
PRINTED = pdf([drawn([(line[at : at + 34], 72, 780 - 40 * number - 16 * (at // 34), 12) for number, line in enumerate(LINES) for at in range(0, len(line), 34)])])
SCAN = pdf([b"q 500 0 0 700 40 40 cm /Im1 Do Q"])


def after(server: TelegramServer, message: int, who: int = ADMIN) -> Sent:
    found: list[Sent] = server.wait(lambda: [sent for sent in server.replies(who) if sent.id > message], what="a reply")
    return found[0]


def given(server: TelegramServer, name: str, data: bytes, who: int = ADMIN, size: int | None = None) -> Sent:
    """What the bot says to a file that *who* sends in private."""
    server.person(who)
    return after(server, server.send_file(who, name, data, size=size), who)


def passed_on(server: TelegramServer, text: str, origin: dict[str, object], **content: object) -> Sent:
    server.person(ADMIN)
    return after(server, server.say(ADMIN, text, forward_origin={"date": POSTED, **origin}, **content))


def until(server: TelegramServer, words: str, who: int = ADMIN) -> Sent:
    found: list[Sent] = server.wait(lambda: [sent for sent in server.replies(who) if words in sent.text], what=words)
    return found[-1]


def asked(server: TelegramServer, text: str) -> str:
    server.person(PERSON)
    return after(server, server.say(PERSON, text), PERSON).text


def untouched(bot: Inside) -> bool:
    """Whether the library and the added folder are as they were, and no draft waits."""
    return bot.library.status()["articles"] == 3 and not bot.settings.added_folder.exists() and not bot.ledger.read("select key from drafts")


# Files


@pytest.mark.parametrize(("name", "data"), [("水车.txt", PAGE.encode()), ("水车.docx", WORD), ("水车.pdf", PRINTED)])
def test_a_file_is_shown_and_taken_in(server: TelegramServer, bot: Inside, name: str, data: bytes) -> None:
    """Fetched from Telegram, read, agreed to: the next answer quotes it, and it lies under its own name."""
    read = given(server, name, data)
    assert "标题：溪口的水车又转了" in read.text and "还没有收录" in read.text
    server.press(ADMIN, read, "收录")
    until(server, "已收录")
    assert "两位木匠" in asked(server, "修水车的是几位木匠?")
    assert (bot.settings.added_folder / name).read_bytes() == data


def test_an_archive_is_shown_as_a_whole(server: TelegramServer, bot: Inside) -> None:
    """Its articles by title, what was left out with the reason; names that lead out of the folder are only names."""
    data = zipped({"一/水车.txt": PAGE.encode(), "../../豆腐.txt": LONG.encode(), "图.jpg": b"\xff\xd8\xff", "里面.zip": zipped({"a": b"x"}), "空.txt": b""})
    read = given(server, "合集.zip", data)
    for words in ("合集.zip：读出2篇", "《溪口的水车又转了》，临川日报，2014年3月2日", "没有读的（3）", "图.jpg", "里面.zip", "空.txt：empty file"):
        assert words in read.text
    server.press(ADMIN, read, "收录")
    until(server, "已收录2篇")
    files = {path.relative_to(bot.settings.added_folder).as_posix() for path in bot.settings.added_folder.rglob("*") if path.is_file()}
    assert files == {"合集/一/水车.txt", "合集/豆腐.txt"}
    assert not list(bot.settings.added_folder.parent.glob("**/豆腐.txt"))[1:]
    assert "24元" in asked(server, "石桥镇的豆腐一板卖多少元?")


def test_an_archive_is_given_up_without_a_trace(server: TelegramServer, bot: Inside) -> None:
    """The summary says so in its place."""
    read = given(server, "合集.zip", zipped({"水车.txt": PAGE.encode()}))
    server.press(ADMIN, read, "放弃")
    server.wait(lambda: "已放弃" in read.text, what="the summary to be replaced")
    assert untouched(bot)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("空.txt", b"", ("空.txt", "empty file")),
        ("照片.jpg", b"\xff\xd8\xff\xe0" + bytes(500), ("照片.jpg", "JPEG")),
        ("程序.exe", b"MZ" + bytes(range(256)) * 9, ("程序.exe", "not text")),
        ("扫描.pdf", SCAN, ("扫描.pdf", "no article body")),
        ("坏.zip", b"PK\x03\x04" + bytes(200), ("坏.zip", "text damaged")),
        ("炸弹.zip", zipped({f"{n}.txt": bytes(9 << 20) for n in range(40)}), ("炸弹.zip", "too large")),
        ("没有.jsonl", b'{"title": 1}\n', ("没有.jsonl", "没有读出文章")),
    ],
)  # fmt: skip
def test_a_file_that_is_no_article_gets_a_clear_line(server: TelegramServer, bot: Inside, name: str, data: bytes, words: tuple[str, ...]) -> None:
    """Empty, a picture, a program, a scan, damaged, a bomb: the name and the reason, and nothing is changed."""
    told = given(server, name, data).text
    assert all(word in told for word in words), told
    assert untouched(bot)
    assert "640" in asked(server, BRIDGE)


def test_a_file_beyond_what_a_bot_may_fetch_is_told_so(server: TelegramServer, bot: Inside) -> None:
    """50 MB are not even asked for; where the message is silent on it, Telegram's own refusal says the same."""
    told = given(server, "大.zip", b"x", size=50 << 20)
    assert "50.0 MB" in told.text and "20 MB" in told.text
    assert not server.calls["getFile"]
    assert "20 MB" in given(server, "大.txt", bytes((20 << 20) + 1), size=1000).text
    assert untouched(bot)


def test_a_file_of_20_mb_is_fetched(server: TelegramServer, bot: Inside) -> None:
    """What Telegram lets a bot have arrives whole."""
    line = json.dumps({"body": "渡口的灯亮了一夜。" * 2000}, ensure_ascii=False).encode() + b"\n"
    assert "读出" in given(server, "大.jsonl", line * ((20 << 20) // len(line))).text


def test_a_file_that_cannot_be_fetched_now_is_asked_for_again(server: TelegramServer, bot: Inside) -> None:
    """An outage at Telegram is no silence."""
    server.faults = Faults(bad_gateway=1, only=("getFile",))
    assert "请再发一次" in given(server, "水车.txt", PAGE.encode()).text
    server.faults = Faults()
    assert "标题" in given(server, "水车.txt", PAGE.encode()).text


def test_a_file_of_anybody_else_is_no_article(server: TelegramServer, bot: Inside) -> None:
    """They get the kind line; an admin's file in a group is none either."""
    assert "看不懂" in given(server, "水车.txt", PAGE.encode(), PERSON).text
    group = server.group(-1001234567890, members={server.person(ADMIN): "creator"})
    server.send_file(ADMIN, "水车.txt", PAGE.encode(), chat=group)
    server.reply(group, server.say(ADMIN, f"/ask {BRIDGE}", group))
    assert not server.calls["getFile"]
    assert untouched(bot)


def test_a_draft_in_telegram_outlives_a_restart(db: Path, server: TelegramServer) -> None:
    """The buttons under the reading work when the bot is back."""
    with inside(db, server):
        read = given(server, "水车.txt", PAGE.encode())
    with inside(db, server):
        server.press(ADMIN, read, "收录")
        until(server, "已收录")
        assert "两位木匠" in asked(server, "修水车的是几位木匠?")


# Passed on


def test_a_channels_post_keeps_channel_day_and_address(server: TelegramServer, bot: Inside) -> None:
    """The day is the operator's; the answer links to the post."""
    read = passed_on(server, "渡口停航\n渡口今起停航三天,检修两条缆绳。", {"type": "channel", "chat": CHANNEL, "message_id": 12})
    for words in ("标题：渡口停航", "媒体：水乡快讯", "日期：2024年5月7日"):
        assert words in read.text
    server.press(ADMIN, read, "收录")
    until(server, "已收录")
    server.person(PERSON)
    answer = after(server, server.say(PERSON, "渡口停航检修几条缆绳?"), PERSON)
    assert "水乡快讯，2024年5月7日" in answer.text
    assert any(entity.get("url") == "https://t.me/shuixiang/12" for entity in answer.entities)


def test_the_words_under_a_picture_are_the_post(server: TelegramServer, bot: Inside) -> None:
    """A caption counts as the text; a picture without one is none."""
    photo = [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}]
    origin = {"type": "channel", "chat": CHANNEL, "message_id": 13}
    assert "水乡快讯" in passed_on(server, "", origin, photo=photo, caption="渡口今起停航三天,检修两条缆绳。").text
    assert "图片" in passed_on(server, "", origin, photo=photo).text


def test_the_same_post_twice_is_known(server: TelegramServer, bot: Inside) -> None:
    """Passed on again, it is said to be in here, and nothing is doubled."""
    origin = {"type": "channel", "chat": CHANNEL, "message_id": 12}
    server.press(ADMIN, passed_on(server, LONG, origin), "收录")
    until(server, "已收录")
    read = passed_on(server, LONG, origin)
    assert "完全一样" in read.text
    server.press(ADMIN, read, "收录")
    until(server, "已经收录了")
    assert bot.library.status()["articles"] == 4


@pytest.mark.parametrize("origin", [{"type": "hidden_user", "sender_user_name": "匿名"}, {"type": "user", "sender_user": {"id": 55, "is_bot": False, "first_name": "小周"}}])
def test_a_text_passed_on_from_a_person_is_a_paste(server: TelegramServer, bot: Inside, origin: dict[str, object]) -> None:
    """That outlet and date are unknown is said; whose it was is kept nowhere; a short one is that person's question."""
    read = passed_on(server, LONG, origin)
    assert "没有说明出自哪里" in read.text and "媒体：不详" in read.text
    server.press(ADMIN, read, "收录")
    until(server, "已收录")
    assert "640" in passed_on(server, BRIDGE, origin).text
    (file,) = bot.settings.added_folder.iterdir()
    assert file.read_text(encoding="utf-8") == LONG


def test_many_posts_at_once_are_each_shown(server: TelegramServer, bot: Inside) -> None:
    """An admin marks ten posts and passes them on: ten readings, each with its own buttons."""
    server.person(ADMIN)
    for number in range(10):
        server.say(ADMIN, f"第{number}号船\n第{number}号船今早离港。", forward_origin={"type": "channel", "date": int(time.time()), "chat": CHANNEL, "message_id": number + 1})
    server.wait(lambda: len([sent for sent in server.replies(ADMIN) if "水乡快讯" in sent.text]) == 10, what="ten readings")
    keys = {sent.buttons[0]["callback_data"] for sent in server.replies(ADMIN) if "水乡快讯" in sent.text}
    assert len(keys) == 10
