"""Who is answered: one gate before every kind of update, closed unless somebody opened it, and a denial wins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from telegram import Chat, Message, MessageEntity, User
from telegram_markup import Text
from telegram_running import BRIDGE, HOUSES, Inside, inside
from telegram_server import TelegramServer

from bot.access import Access
from bot.replies import Reply
from bot.telegram_gate import UPDATES, Gate, Origin, addressed, commanded, ignored, question

GROUP = -1001234567890
ME = User(99, "闻答", True, username="wenda_test_bot")


def origin(user: int, chat: int | None = None) -> Origin:
    where = user if chat is None else chat
    return Origin(User(user, "小林", False), Chat(where, "private" if where > 0 else "supergroup"))


@contextmanager
def watched(db: Path, server: TelegramServer, **settings: str) -> Iterator[tuple[Inside, list[object]]]:
    """A bot, and everything that its conversation was asked."""
    with inside(db, server, **settings) as bot:
        asked: list[object] = []
        reply, ask = bot.chat.reply, bot.library.ask

        def noted(*given: Any) -> Reply:
            asked.append(given[1].user)
            return reply(*given)

        def looked(*given: Any, **more: Any) -> Any:
            asked.append("looked up")
            return ask(*given, **more)

        bot.chat.reply = noted
        bot.library.ask = looked
        yield bot, asked


def test_without_a_list_only_admins_are_answered() -> None:
    """An empty list is nobody."""
    gate = Gate({"1"}, ())
    assert gate.judge(origin(1)) == "admin"
    assert gate.judge(origin(2)) == "stranger"
    assert gate.judge(origin(2, GROUP)) == "stranger"


def test_a_chat_or_a_person_is_let_in_by_number_and_everyone_by_a_star() -> None:
    """Ids of people and of groups stand in one list."""
    assert Gate((), {"7"}).judge(origin(7)) == "allowed"
    assert Gate((), {"7"}).judge(origin(7, GROUP)) == "allowed"
    assert Gate((), {str(GROUP)}).judge(origin(8, GROUP)) == "allowed"
    assert Gate((), {str(GROUP)}).judge(origin(8)) == "stranger"
    assert Gate((), {"*"}).judge(origin(8)) == "allowed"


def test_a_denial_wins_over_everything() -> None:
    """Also over a star, over the group, and over being an admin."""
    for kind in ({"*"}, {"7"}, {str(GROUP)}):
        assert Gate({"7"}, kind, lambda: Access(shut_out=frozenset({"7"}))).judge(origin(7, GROUP)) == "denied"
    assert Gate((), {"*"}, lambda: Access(shut_out=frozenset({str(GROUP)}))).judge(origin(7, GROUP)) == "denied"


def test_a_change_of_the_list_holds_at_once() -> None:
    """The gate asks for the list at every update."""
    added: set[str] = set()
    denied: set[str] = set()
    gate = Gate((), (), lambda: Access(frozenset(added), frozenset(denied)))
    verdicts = [gate.judge(origin(7))]
    added.add("7")
    verdicts.append(gate.judge(origin(7)))
    denied.add("7")
    verdicts.append(gate.judge(origin(7)))
    assert verdicts == ["stranger", "allowed", "denied"]


KINDS: dict[str, Callable[[TelegramServer, int], object]] = {
    "message": lambda server, who: server.say(who, HOUSES),
    "edited_message": lambda server, who: server.edit(who, server.say(who, "早"), HOUSES),
    "channel_post": lambda server, who: server.channel_post(-1009, HOUSES),
    "edited_channel_post": lambda server, who: server.edit_channel_post(-1009, server.channel_post(-1009, "早"), HOUSES),
    "callback_query": lambda server, who: pressed(server, who, "list:1"),
    "inline_query": lambda server, who: server.inline(who, HOUSES),
    "my_chat_member": lambda server, who: server.membership(who, server.group(GROUP, members={who: "creator"}), "member"),
}


def pressed(server: TelegramServer, who: int, data: str) -> str:
    """A press by *who* on a message of the bot that was made before *who* was shut out."""
    sent = server._do(lambda: server._send(who, {"text": "目录", "reply_markup": {"inline_keyboard": [[{"text": "目录", "callback_data": data}]]}}, Text("目录")))
    return server.press(who, server.by_id[who, sent["message_id"]], data=data)


def test_every_kind_of_update_that_is_asked_for_is_tried_here() -> None:
    """A new kind of update needs a line in the tests below."""
    assert set(KINDS) == set(UPDATES)


@pytest.mark.parametrize("kind", UPDATES)
@pytest.mark.parametrize("who", ["stranger", "denied"])
def test_the_gate_stands_before_every_kind_of_update(db: Path, server: TelegramServer, kind: str, who: str) -> None:
    """Nobody who is not let in reaches the conversation, whatever they send."""
    with watched(db, server, WENDA_ALLOWED="5") as (bot, asked):
        if who == "denied":
            bot.chat.people.do("deny", "8", "1", datetime.now(UTC))
        server.person(8)
        server.person(5)
        KINDS[kind](server, 8)
        known = server.say(5, BRIDGE)
        server.reply(5, known)
        server.wait(lambda: bot.bot and not len(bot.bot._lanes), what="all updates to be handled")
        assert asked == ["5", "looked up"], "only the person who is let in was answered"
        assert all("8600" not in sent.text for sent in server.sent)
        if who == "denied":
            assert not [call for call in server.log if call[1] == "sendMessage" and call[2]["chat_id"] in ("8", str(GROUP))]


def test_a_stranger_is_told_once_how_to_be_let_in(db: Path, server: TelegramServer) -> None:
    """With the number to give to the admin, in their own language, and never again."""
    with inside(db, server, WENDA_ALLOWED="5"):
        server.person(8, language="en")
        first = server.say(8, HOUSES)
        assert "8" in server.reply(8, first).text
        server.say(8, HOUSES)
        server.say(8, "/start")
        server.reply(server.person(5), server.say(5, BRIDGE))
        assert len(server.replies(8)) == 1


def test_a_stranger_who_presses_a_button_gets_a_word_and_nothing_more(db: Path, server: TelegramServer) -> None:
    """A button needs the same permission as a command."""
    with inside(db, server, WENDA_ALLOWED="5"):
        server.person(8)
        alert = server.alert(pressed(server, 8, "list:1"))
        assert alert["text"] and alert["show_alert"]
        assert len(server.replies(8)) == 1


def test_inline_results_are_empty_for_strangers(db: Path, server: TelegramServer) -> None:
    """The same gate stands before inline queries."""
    with inside(db, server, WENDA_ALLOWED="5"):
        answer = server.results(server.inline(server.person(8), HOUSES))
        assert answer["results"] == [] and answer["is_personal"] == "true"


def test_an_admin_lets_in_and_shuts_out_from_the_chat_at_once(db: Path, server: TelegramServer) -> None:
    """/allow and /deny hold from the next message on; an admin is never shut out by a slip."""
    with inside(db, server, WENDA_ALLOWED=""):
        server.person(1, "管理员")
        server.person(8)

        def told(text: str) -> str:
            given = server.say(1, text)
            return str(server.wait(lambda: [s for s in server.replies(1) if s.id > given])[0].text)

        server.reply(8, server.say(8, HOUSES))
        assert "8" in told("/allow 8")
        assert "640" in server.reply(8, server.say(8, BRIDGE)).text
        assert "8" in told("/deny 8")
        server.say(8, BRIDGE)
        assert "1" in told("/deny 1") and "8600" in told(HOUSES)
        assert len(server.replies(8)) == 2


def test_an_admin_of_a_group_is_no_admin_here(db: Path, server: TelegramServer) -> None:
    """Rights come from the settings alone, and hold in the private chat only."""
    with inside(db, server):
        server.person(7)
        server.person(1, "管理员")
        server.group(GROUP, members={7: "creator", 1: "member"})
        for who in (7, 1):
            asked = server.say(who, "/status", GROUP)
            known = server.say(who, "/about", GROUP)
            server.reply(GROUP, known)
            assert not server.replies(GROUP, asked)
        refused = server.say(7, "/status")
        told = server.wait(lambda: [s for s in server.replies(7) if s.id > refused])[0]
        assert "WENDA_" not in told.text
        given = server.say(1, "/status")
        assert "WENDA_" in server.wait(lambda: [s for s in server.replies(1) if s.id > given])[0].text


# In groups


def message(text: str, entities: tuple[MessageEntity, ...] = (), **more: Any) -> Message:
    return Message(1, None, Chat(GROUP, "supergroup"), from_user=User(7, "小林", False), text=text, entities=entities, **more)


def mention(text: str, name: str = "@wenda_test_bot") -> Message:
    before = text[: text.index(name)]
    return message(text, (MessageEntity("mention", len(before.encode("utf-16-le")) // 2, len(name)),))


@pytest.mark.parametrize("text", ["@wenda_test_bot 大桥多长?", "😀👨‍👩‍👧𠮷 @Wenda_Test_Bot 大桥多长?", "大桥多长? @wenda_test_bot"])
def test_a_mention_is_found_in_utf16_units_and_taken_out(text: str) -> None:
    """Emoji and rare characters count twice in Telegram's offsets."""
    name = "@Wenda_Test_Bot" if "Wenda" in text else "@wenda_test_bot"
    post = mention(text, name)
    assert addressed(post, ME, ())
    assert question(post, ME).split() == text.replace(name, "").split()


def test_what_does_not_name_the_bot_is_not_for_it() -> None:
    """Names of others, longer names, and names without an entity are none of ours."""
    assert not addressed(message("大桥多长?"), ME, {"ask"})
    assert not addressed(message("wenda_test_bot 大桥多长?"), ME, {"ask"})
    assert not addressed(mention("@wenda_test_bot2 大桥?", "@wenda_test_bot2"), ME, {"ask"})
    assert not addressed(message("短", (MessageEntity("mention", 40, 15),)), ME, {"ask"})


@pytest.mark.parametrize(
    ("text", "meant"),
    [("/ask 大桥?", True), ("/ask@wenda_test_bot 大桥?", True), ("/ASK@WENDA_TEST_BOT", True), ("／ask 大桥?", True), ("/ask@other_bot 大桥?", False),
     ("/unknown", False), ("/asking 大桥?", False), ("请/ask", False)],
)  # fmt: skip
def test_a_command_is_ours_by_its_name_or_by_the_name_of_the_bot(text: str, meant: bool) -> None:
    """A command of another bot is left to that bot."""
    assert addressed(message(text), ME, {"ask"}) is meant


def test_a_commands_bot_name_is_taken_off() -> None:
    """`/ask@bot question` asks the question."""
    assert question(message("/ask@wenda_test_bot 大桥?"), ME) == "/ask 大桥?"
    assert commanded("/ask@wenda_test_bot 大桥?", "wenda_test_bot") == "ask"


def test_a_reply_to_the_bot_is_meant_for_it_but_a_topic_is_no_reply() -> None:
    """In a topic, every message formally replies to the topic's first message."""
    mine = Message(5, None, Chat(GROUP, "supergroup"), from_user=ME, text="…")
    assert addressed(message("那2020年呢?", reply_to_message=mine), ME, ())
    others = Message(5, None, Chat(GROUP, "supergroup"), from_user=User(8, "小周", False), text="…")
    assert not addressed(message("那2020年呢?", reply_to_message=others), ME, ())


def test_posts_that_nobody_wrote_to_a_bot_are_ignored() -> None:
    """Of other bots, of linked channels, and forwarded by Telegram itself."""
    room = Chat(GROUP, "supergroup")
    assert ignored(Message(1, None, room, from_user=User(5, "别的", True), text="/ask 大桥?"))
    assert ignored(Message(1, None, room, from_user=User(777000, "Telegram", False), sender_chat=Chat(-1005, "channel"), text="/ask"))
    assert not ignored(Message(1, None, room, from_user=User(1087968824, "Group", True), sender_chat=room, text="/ask 大桥?"))
    assert not ignored(message("/ask 大桥?"))


def test_in_a_group_only_what_is_meant_for_the_bot_is_answered(server: TelegramServer, bot: Inside) -> None:
    """Mentioned, replied to or commanded; everything else passes by, a channel that nobody confirmed, too."""
    server.person(7)
    server.person(8)
    server.group(GROUP, members={7: "member", 8: "member"})
    silent = [server.say(7, HOUSES, GROUP), server.say(7, "/ask@other_bot 大桥多长?", GROUP), server.say(7, f"@someone {HOUSES}", GROUP)]
    server.channel_post(-1009, HOUSES)
    asked = [server.say(7, f"/ask {HOUSES}", GROUP), server.say(7, f"@{server.username} {BRIDGE}", GROUP)]
    answers = [server.reply(GROUP, number) for number in asked]
    assert "8600" in answers[0].text and "640" in answers[1].text
    reply = server.say(8, "总投资多少?", GROUP, reply_to=answers[1].id)
    assert server.reply(GROUP, reply)
    assert not [sent for number in silent for sent in server.replies(GROUP, number)]
    assert not server.replies(-1009)
