"""Channels that an admin has confirmed: their posts are in by themselves, edits are corrections, and nothing else is let in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from telegram import Chat
from telegram_running import BRIDGE, Inside, inside
from telegram_server import Sent, TelegramServer

from bot.telegram_gate import Gate, Origin

ADMIN, PERSON, NEWS = 1, 7, -1001234500000
FERRY = "渡口停航\n渡口今起停航三天,检修两条缆绳。"
ASKED = "渡口停航检修几条缆绳?"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Posts are indexed without waiting for others."""
    monkeypatch.setattr("bot.telegram_fresh.QUIET", 0.05)


@pytest.fixture
def channel(server: TelegramServer, bot: Inside) -> Iterator[int]:
    """A public channel that an admin has made the bot an admin of, and confirmed."""
    added(server)
    server.press(ADMIN, until(server, "水乡快讯"), "收录这个频道")
    server.wait(lambda: bot.chat.channels.confirmed(), what="the channel to be confirmed")
    yield NEWS


def added(server: TelegramServer, who: int = ADMIN) -> None:
    server.person(ADMIN)
    server.person(who)
    server.say(ADMIN, "/start")  # a bot can write first to nobody
    server.channel(NEWS, "水乡快讯", "shuixiang")
    server.membership(who, NEWS, "administrator")


def until(server: TelegramServer, words: str, who: int = ADMIN) -> Sent:
    found: list[Sent] = server.wait(lambda: [sent for sent in server.replies(who) if words in sent.text], what=words)
    return found[-1]


def answer(server: TelegramServer, question: str = ASKED) -> Sent:
    server.person(PERSON)
    asked = server.say(PERSON, question)
    found: list[Sent] = server.wait(lambda: [sent for sent in server.replies(PERSON) if sent.id > asked], what="an answer")
    return found[0]


def indexed(server: TelegramServer, bot: Inside, count: int) -> None:
    server.wait(lambda: bot.library.status()["articles"] == count and not bot.chat.refreshing.wanted(), what=f"{count} articles")


def handled(server: TelegramServer, bot: Inside) -> None:
    """Waits until everything that was sent before is done with."""
    server.reply(PERSON, server.say(server.person(PERSON), BRIDGE))
    server.wait(lambda: bot.bot and not len(bot.bot._lanes), what="all updates to be handled")


def test_a_confirmed_channels_posts_are_in_by_themselves(server: TelegramServer, bot: Inside, channel: int) -> None:
    """With the channel as outlet, the operator's day and the post's address; nothing is ever written into the channel."""
    number = server.channel_post(channel, FERRY, at=1714953600 + 3600 * 20)
    indexed(server, bot, 4)
    told = answer(server)
    assert "水乡快讯，2024年5月7日" in told.text and "两条" in told.text
    assert any(entity.get("url") == f"https://t.me/shuixiang/{number}" for entity in told.entities)
    assert not server.replies(channel)


def test_an_edit_is_a_correction(server: TelegramServer, bot: Inside, channel: int) -> None:
    """The new words answer, the earlier file is put aside, a past answer's citation shows as changed, and admins hear of that."""
    number = server.channel_post(channel, FERRY)
    indexed(server, bot, 4)
    answer(server)
    server.edit_channel_post(channel, number, FERRY.replace("两条", "六条"))
    until(server, "1条过去的回答")
    assert "六条" in answer(server).text
    assert bot.library.status()["articles"] == 4
    assert len(list((bot.settings.added_folder / ".aside").rglob("*.jsonl"))) == 1
    (past,) = [past for past in bot.ledger.answers_citing([f"channel{channel}-{number}"]) if "两条" in past.citations[0].text]
    assert "changed" in {check.verdict for check in bot.ledger.verify(past.id, bot.library.engine.articles)}


def test_many_posts_are_indexed_together(db: Path, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A burst of posts is one reindex or a few, not one each."""
    monkeypatch.setattr("bot.telegram_fresh.QUIET", 1.0)
    with inside(db, server) as bot:
        runs: list[str] = []
        bot.chat.desk.listeners.append(lambda outcome, seconds: runs.append(outcome))
        added(server)
        server.press(ADMIN, until(server, "水乡快讯"), "收录这个频道")
        server.wait(lambda: bot.chat.channels.confirmed(), what="the channel to be confirmed")
        for line in range(12):
            server.channel_post(NEWS, f"第{line}号船\n第{line}号船今早离港,船上有{line}名船员。")
        indexed(server, bot, 15)
        assert len(runs) < 4


def test_posts_without_words_and_of_other_channels_pass_by(server: TelegramServer, bot: Inside, channel: int) -> None:
    """A picture alone, an album, a channel that nobody confirmed: nothing is taken in and nothing is said; a caption is a text."""
    photo = [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}]
    server.channel_post(channel, photo=photo)
    server.channel_post(channel, photo=photo, media_group_id="album")
    server.channel_post(server.channel(-1007, "别的频道"), FERRY)
    handled(server, bot)
    assert not bot.settings.added_folder.exists()
    server.channel_post(channel, photo=photo, caption=FERRY)
    indexed(server, bot, 4)


def test_before_and_without_a_yes_nothing_is_taken_in(server: TelegramServer, bot: Inside) -> None:
    """Asked about and refused, the channel is ignored; one from before the yes stays out, also when it is edited later."""
    added(server)
    question = until(server, "水乡快讯")
    old = server.channel_post(NEWS, FERRY, at=time.time() - 3600)
    handled(server, bot)
    server.press(ADMIN, question, "不用")
    server.wait(lambda: "不收录" in question.text, what="the refusal")
    server.channel_post(NEWS, FERRY)
    handled(server, bot)
    assert not bot.settings.added_folder.exists()
    known = bot.chat.channels.find(str(NEWS))
    assert known and known.state == "refused"
    server.membership(ADMIN, NEWS, "left", before="administrator")
    server.membership(ADMIN, NEWS, "administrator")
    again = server.wait(lambda: [sent for sent in server.replies(ADMIN) if "当上了频道" in sent.text and sent.id != question.id], what="the question again")
    server.press(ADMIN, again[0], "收录这个频道")
    server.wait(lambda: bot.chat.channels.confirmed(), what="the channel to be confirmed")
    server.edit_channel_post(NEWS, old, f"{FERRY}改")
    handled(server, bot)
    assert not bot.settings.added_folder.exists()


def test_a_strangers_channel_is_not_even_asked_about(db: Path, server: TelegramServer) -> None:
    """Who is not let in cannot put a question to the admins, and nothing is written into their channel."""
    with inside(db, server, WENDA_ALLOWED="7") as bot:
        added(server, who=8)
        server.channel_post(NEWS, FERRY)
        handled(server, bot)
        assert not [sent for sent in server.replies(ADMIN) if "水乡快讯" in sent.text]
        assert not server.replies(NEWS)
        assert not bot.settings.added_folder.exists()


def test_a_denied_channel_is_denied_also_where_it_was_confirmed() -> None:
    """A denial wins; a star lets people in, never channels."""
    from bot.access import Access

    news = Origin(None, Chat(NEWS, Chat.CHANNEL))
    assert Gate((), {"*", str(NEWS)}).judge(news) == "stranger"
    assert Gate((), (), channels=lambda: {str(NEWS)}).judge(news) == "allowed"
    assert Gate((), (), lambda: Access(shut_out=frozenset({str(NEWS)})), lambda: {str(NEWS)}).judge(news) == "denied"


def test_an_admin_ends_a_channel(server: TelegramServer, bot: Inside, channel: int) -> None:
    """/channels lists it with a button; what was taken in stays, what comes later passes by."""
    server.channel_post(channel, FERRY)
    indexed(server, bot, 4)
    server.say(ADMIN, "/channels")
    listed = until(server, "自动收录的频道（1）")
    assert "水乡快讯 @shuixiang" in listed.text
    server.press(ADMIN, listed, "停止：水乡快讯")
    server.wait(lambda: "还没有自动收录" in listed.text, what="the list without it")
    server.channel_post(channel, "桥断了\n下游的桥断了一根梁。")
    handled(server, bot)
    assert bot.library.status()["articles"] == 4
    assert "两条" in answer(server).text


def test_a_channel_that_removes_the_bot_is_told(server: TelegramServer, bot: Inside, channel: int) -> None:
    """Admins hear that new posts cannot be seen any more; made an admin again, the bot asks again."""
    server.membership(ADMIN, channel, "kicked", before="administrator")
    until(server, "收不到了")
    assert not bot.chat.channels.confirmed()


def test_a_post_from_before_a_kill_is_indexed_after_the_start(db: Path, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in the folder and is not indexed yet is not forgotten."""
    monkeypatch.setattr("bot.telegram_fresh.QUIET", 3600.0)
    with inside(db, server) as bot:
        added(server)
        server.press(ADMIN, until(server, "水乡快讯"), "收录这个频道")
        server.wait(lambda: bot.chat.channels.confirmed(), what="the channel to be confirmed")
        server.channel_post(NEWS, FERRY)
        server.wait(bot.chat.refreshing.wanted, what="the post in the folder")
    monkeypatch.setattr("bot.telegram_fresh.QUIET", 0.05)
    with inside(db, server) as bot:
        indexed(server, bot, 4)
