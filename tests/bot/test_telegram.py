"""What people see in Telegram: answers, buttons, groups, edits, inline results, and words for everything else."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from telegram_running import BRIDGE, HOUSES, TRADE, Inside, inside
from telegram_server import Faults, Sent, TelegramServer
from test_replies import matches

from bot import words
from bot.replies import Block, Button, Language, Reply

GROUP = -1001234567890
PERSON = 7


def after(server: TelegramServer, message: int, chat: int = PERSON) -> Sent:
    """The first message of the bot after *message*."""
    found: list[Sent] = server.wait(lambda: [sent for sent in server.replies(chat) if sent.id > message], what="a message")
    return found[0]


def said(server: TelegramServer, text: str, **more: Any) -> Sent:
    """What the bot says to a person who writes *text* in private."""
    server.person(PERSON)
    return after(server, server.say(PERSON, text, **more))


def test_an_answer_quotes_with_place_outlet_date_and_buttons(server: TelegramServer, bot: Inside) -> None:
    """The answering words first, the quotation as one, the source in words, at most three buttons a row."""
    sent = said(server, HOUSES)
    assert "8600元" in sent.text.split("\n")[0]
    assert "8600元" in sent.quotes()[0] and "8600元" not in sent.text.split("\n")[-1]
    assert "青禾日报，2019年3月2日" in sent.text and "《青禾县改造危房》" in sent.text
    assert all(len(row) <= 3 for row in sent.markup["inline_keyboard"]) if sent.markup else False
    assert {"前后文", "看原文", "有用", "不对或过时"} <= {button["text"] for button in sent.buttons}
    assert sent.markup and all("url" not in button for button in sent.buttons)


def test_more_text_comes_as_a_new_message_in_private(server: TelegramServer, bot: Inside) -> None:
    """The message that the button stands on stays as it is."""
    sent = said(server, BRIDGE)
    before = sent.text
    query = server.press(PERSON, sent, "看原文")
    more = after(server, sent.id)
    assert "从县城到河东镇" in more.text and more.reply_to == sent.id
    assert "text" not in server.alert(query) and sent.text == before and not sent.history


def test_a_vote_is_an_alert(server: TelegramServer, bot: Inside) -> None:
    """Screen readers speak alerts; nothing else moves."""
    sent = said(server, BRIDGE)
    alert = server.alert(server.press(PERSON, sent, "有用"))
    assert alert["show_alert"] and "谢谢" in alert["text"]
    assert len(server.replies(PERSON)) == 1


def test_a_report_of_a_wrong_figure_reaches_the_admins_with_the_excerpt(server: TelegramServer, bot: Inside) -> None:
    """不对或过时 asks for the reason first."""
    server.person(1, "管理员")
    sent = said(server, BRIDGE)
    server.press(PERSON, sent, "不对或过时")
    reasons = after(server, sent.id)
    server.alert(server.press(PERSON, reasons, "数字不对"))
    told = after(server, 0, chat=1)
    assert "640米" in told.text


def test_buttons_outlive_a_restart_and_a_forgotten_answer_says_so(db: Path, server: TelegramServer) -> None:
    """Callback data refers to the ledger."""
    with inside(db, server):
        sent = said(server, BRIDGE)
    with inside(db, server):
        server.press(PERSON, sent, "前后文")
        assert "通车" in after(server, sent.id).text
        server.say(PERSON, "/forget")
        server.wait(lambda: any("已忘记" in reply.text for reply in server.replies(PERSON)))
        alert = server.alert(server.press(PERSON, sent, "前后文"))
        assert alert["text"] == words.say("zh-Hans", "answer_gone")


def test_what_no_button_offered_cannot_be_pressed(server: TelegramServer, bot: Inside) -> None:
    """A changed client can send any data; only what stands under the message counts."""
    server.person(1, "管理员")
    sent = said(server, BRIDGE)
    theirs = after(server, server.say(1, TRADE), chat=1)
    for data in (theirs.button("前后文")["callback_data"], "reindex:yes", "near:x:0", "…" * 21):
        assert server.alert(server.press(PERSON, sent, data=data))["text"] == words.say("zh-Hans", "button_gone")
    forgotten = server.press(PERSON, sent, data=sent.button("前后文")["callback_data"], accessible=False)
    assert "text" not in server.alert(forgotten)


# Groups and topics


@pytest.fixture
def group(server: TelegramServer) -> int:
    """A group with topics; people 7 and 8 are in it, 9 is not."""
    for who in (7, 8, 9):
        server.person(who)
    return server.group(GROUP, forum=True, members={7: "member", 8: "member"})


def test_a_reply_goes_to_the_asking_message_and_its_topic(server: TelegramServer, bot: Inside, group: int) -> None:
    """And to none in the general topic."""
    asked = server.say(7, f"/ask@{server.username} {BRIDGE}", group, thread=42)
    assert server.reply(group, asked).thread == 42
    general = server.say(7, f"/ask {BRIDGE}", group)
    assert server.reply(group, general).thread is None


def test_a_reply_to_an_answer_continues_it_whoever_writes(server: TelegramServer, bot: Inside, group: int) -> None:
    """And nobody else's last question is taken for it."""
    first = server.reply(group, server.say(7, f"/ask {TRADE}", group))
    server.reply(group, server.say(8, f"/ask {BRIDGE}", group))
    second = server.reply(group, server.say(8, "其中农产品占多少?", group, reply_to=first.id))
    assert "2.1亿元" in second.text
    assert "640米" not in second.text


def test_further_text_in_a_group_is_a_link_to_the_private_chat(server: TelegramServer, bot: Inside, group: int) -> None:
    """One member's button does not change everybody's message; votes stay buttons."""
    sent = server.reply(group, server.say(7, f"/ask {BRIDGE}", group))
    link = sent.button("前后文")["url"]
    assert link.startswith(f"https://t.me/{server.username}?start=")
    assert "callback_data" in sent.button("有用")
    followed = server.say(8, f"/start {link.partition('start=')[2]}")
    more = after(server, followed, chat=8)
    assert "通车" in more.text and len(server.replies(group)) == 1
    refused = server.say(9, f"/start {link.partition('start=')[2]}")
    assert after(server, refused, chat=9).text == words.say("zh-Hans", "link_not_yours")


def test_a_member_of_a_group_that_is_let_in_may_follow_its_links(db: Path, server: TelegramServer, group: int) -> None:
    """Though alone they would be strangers; and further buttons lead the same way."""
    with inside(db, server, WENDA_ALLOWED=str(GROUP)):
        sent = server.reply(group, server.say(7, f"/ask {BRIDGE}", group))
        key = sent.button("看原文")["url"].partition("start=")[2]
        assert "河东镇" in after(server, server.say(8, f"/start {key}"), chat=8).text
        told = after(server, server.say(9, f"/start {key}"), chat=9)
        assert "9" in told.text and "河东镇" not in told.text


def test_a_pressed_vote_in_a_group_changes_nothing_there(server: TelegramServer, bot: Inside, group: int) -> None:
    """Anybody in the group may vote."""
    sent = server.reply(group, server.say(7, f"/ask {BRIDGE}", group))
    assert server.alert(server.press(8, sent, "有用"))["show_alert"]
    assert not sent.history and len(server.replies(group)) == 1


def test_added_to_a_group_it_says_how_to_be_used_once(server: TelegramServer, bot: Inside, group: int) -> None:
    """Becoming an admin later is no second greeting; being removed or blocked is silent."""
    server.membership(7, group, "member")
    assert server.username in after(server, 0, chat=group).text
    server.membership(7, group, "administrator", "member")
    server.membership(7, group, "kicked", "administrator")
    server.membership(8, 8, "kicked", "member")
    said(server, BRIDGE)
    assert len(server.replies(group)) == 1 and not server.replies(8)


def test_nothing_from_a_private_chat_reaches_a_group(server: TelegramServer, bot: Inside, group: int) -> None:
    """A short question in the group does not lean on what the same person asked in private."""
    said(server, TRADE)
    sent = server.reply(group, server.say(PERSON, "/ask 其中农产品占多少?", group))
    assert "白石县2019年" not in sent.text.split("\n")[0] and words.say("zh-Hans", "follow_up", question="").split("，")[0] not in sent.text


# Edits


def test_an_edited_question_edits_its_answer(server: TelegramServer, bot: Inside) -> None:
    """In place; an edit that changes no word changes nothing."""
    sent = said(server, BRIDGE)
    asked = sent.id - 1
    server.edit(PERSON, asked, HOUSES)
    server.wait(lambda: sent.history)
    assert "8600元" in sent.text and len(server.replies(PERSON)) == 1
    server.edit(PERSON, asked, HOUSES)
    said(server, TRADE)
    assert len(sent.history) == 1


def test_an_edited_question_whose_answer_was_deleted_is_answered_anew(server: TelegramServer, bot: Inside) -> None:
    """The reader sees an answer in any case."""
    sent = said(server, BRIDGE)
    sent.deleted = True
    server.edit(PERSON, sent.id - 1, HOUSES)
    assert "8600元" in after(server, sent.id).text


# As people type


def test_words_work_instead_of_slashes(server: TelegramServer, bot: Inside) -> None:
    """帮助, 目录, and a full-width slash."""
    assert "/help" in said(server, "帮助").text
    assert "青禾日报" in said(server, "目录").text
    assert "/help" in said(server, "／help").text


def test_the_script_of_a_question_decides_the_interfaces_script(server: TelegramServer, bot: Inside) -> None:
    """What an article says stays in its own script; /start speaks the language of the app."""
    traditional = said(server, "青禾縣改造危房,非貧困戶每戶補助多少錢?")
    assert "出處" in traditional.text and "每户补助8600元" in traditional.text
    server.person(12, language="en")
    assert "Hello" in after(server, server.say(12, "/start"), chat=12).text
    server.person(13, language="zh-tw")
    assert "您好，我是聞答" in after(server, server.say(13, "/start"), chat=13).text


def test_start_offers_questions_that_have_answers(server: TelegramServer, bot: Inside) -> None:
    """And a tap asks them."""
    sent = said(server, "/start")
    assert "2019年3月" in sent.text
    server.press(PERSON, sent, BRIDGE)
    assert "640米" in after(server, sent.id).text


@pytest.mark.parametrize(("kind", "key"), [("voice", "media_voice"), ("photo", "media_photo"), ("sticker", "media_sticker"), ("location", "media_other")])
def test_what_cannot_be_read_gets_a_kind_line(server: TelegramServer, bot: Inside, kind: str, key: str) -> None:
    """Voice, photos, stickers, anything else."""
    content: dict[str, Any] = {
        "voice": {"file_id": "v", "file_unique_id": "v", "duration": 3},
        "photo": [{"file_id": "p", "file_unique_id": "p", "width": 10, "height": 10}],
        "sticker": {"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 10, "height": 10, "is_animated": False, "is_video": False},
        "location": {"latitude": 30.0, "longitude": 111.0},
    }
    assert said(server, "", **{kind: content[kind]}).text == words.say("zh-Hans", key)


def test_a_caption_is_a_question(server: TelegramServer, bot: Inside) -> None:
    """A photo with words under it asks those words."""
    sent = said(server, "", photo=[{"file_id": "p", "file_unique_id": "p", "width": 10, "height": 10}], caption=BRIDGE)
    assert "640米" in sent.text


def test_fragments_within_a_minute_are_joined(server: TelegramServer, bot: Inside) -> None:
    """And what was understood is shown; a whole question after one is left alone."""
    said(server, "清水河大桥")
    joined = said(server, "全长多少米?")
    assert "640米" in joined.text


def test_commands_stand_in_the_menus_of_people_groups_and_admins(server: TelegramServer, bot: Inside) -> None:
    """By language, with two letters; /ask for groups; admin commands for admins, once they have written."""
    server.wait(lambda: ("all_group_chats", "en") in server.commands)
    private = {command["command"] for command in server.commands["all_private_chats", "zh"]}
    assert {"start", "help", "sources", "language"} <= private and not {"reindex", "status", "ask"} & private
    assert "ask" in {command["command"] for command in server.commands["all_group_chats", ""]}
    assert server.commands["all_private_chats", "en"][0]["description"].isascii()


# Inline


def test_inline_results_have_title_outlet_date_and_excerpt(server: TelegramServer, bot: Inside) -> None:
    """Personal, cached briefly; sent, a result is the whole citation."""
    server.person(PERSON)
    found = server.results(server.inline(PERSON, BRIDGE))
    first = found["results"][0]
    assert first["title"] == "《青禾县新修大桥》" and "青禾日报" in first["description"] and "2020年6月11日" in first["description"]
    assert "640米" in first["input_message_content"]["message_text"]
    assert found["is_personal"] == "true" and 0 < int(found["cache_time"]) <= 60
    assert found["at"] - found["asked"] < 10


def test_an_empty_inline_query_gets_a_hint(server: TelegramServer, bot: Inside) -> None:
    """And leaves no trace among past answers."""
    server.person(PERSON)
    found = server.results(server.inline(PERSON, ""))
    assert found["results"] == [] and found["button"]["text"] == words.say("zh-Hans", "inline_hint")


# Long, slow, late, wrong


def test_a_long_reply_is_split_and_only_its_last_part_has_buttons(server: TelegramServer, bot: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below 4096 characters after parsing, in order, the further parts without a sound."""
    lines = tuple(Block(f"第{number}段<&>" + "字" * 900, "quote") for number in range(12))
    monkeypatch.setattr(bot.chat, "reply", lambda *_: Reply(lines, ((Button("有用", "good:x"),),)))
    first = said(server, "目录")
    server.wait(lambda: server.replies(PERSON)[-1].buttons)
    parts = server.replies(PERSON)
    assert len(parts) >= 3 and all(len(part.text) <= 4096 for part in parts)
    assert [part.silent for part in parts] == [False] + [True] * (len(parts) - 1) and first.id == parts[0].id
    text = "".join(part.text for part in parts)
    assert [f"第{n}段<&>" in text for n in range(12)] == [True] * 12
    assert not any(part.buttons for part in parts[:-1])


def test_refused_formatting_falls_back_to_plain_text(server: TelegramServer, bot: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same content; so does a rendering that fails here."""
    from bot import render

    monkeypatch.setattr(render, "html", lambda reply: [f"<b>{part}" for part in render.plain_parts(reply)])
    assert "640米" in said(server, BRIDGE).text
    monkeypatch.setattr(render, "html", lambda reply: 1 / 0)
    assert "8600元" in said(server, HOUSES).text


def test_an_error_is_logged_and_apologised_for_in_a_line(
    server: TelegramServer, bot: Inside, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody sees a traceback, nobody is left without a reply, and the next question is answered."""
    reply = bot.chat.reply
    monkeypatch.setattr(bot.chat, "reply", lambda message, visitor: 1 / 0 if message.text == "坏" else reply(message, visitor))
    assert said(server, "坏").text == words.say("zh-Hans", "apology")
    assert "640米" in said(server, BRIDGE).text
    assert "ZeroDivisionError" in caplog.text and server.token not in caplog.text


def test_typing_is_shown_only_while_work_takes_long(server: TelegramServer, bot: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs a call as dear as the answer."""
    said(server, BRIDGE)
    assert not server.actions
    reply, free = bot.chat.reply, threading.Event()

    def slow(*given: Any) -> Reply:
        free.wait(20)
        return reply(*given)

    monkeypatch.setattr(bot.chat, "reply", slow)
    asked = server.say(PERSON, HOUSES)
    server.wait(lambda: server.actions, what="typing")
    free.set()
    assert "8600元" in after(server, asked).text


def test_a_slow_answer_holds_up_nobody_else_and_a_chat_stays_in_order(server: TelegramServer, bot: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Concurrent updates, one lane a chat."""
    reply, free = bot.chat.reply, threading.Event()

    def slow(message: Any, visitor: Any) -> Reply:
        if message.text == HOUSES:
            free.wait(20)
        return reply(message, visitor)

    monkeypatch.setattr(bot.chat, "reply", slow)
    server.person(PERSON)
    server.person(8)
    server.say(PERSON, HOUSES)
    server.say(PERSON, BRIDGE)
    other = server.say(8, BRIDGE)
    assert server.reply(8, other) and not server.replies(PERSON)
    free.set()
    server.wait(lambda: len(server.replies(PERSON)) == 2)
    assert ["8600" in sent.text for sent in server.replies(PERSON)] == [True, False]


def test_a_question_from_while_it_was_down_is_answered_once_silently_saying_when(db: Path, server: TelegramServer) -> None:
    """刚恢复,您昨天21:14问的是……: in the operator's time zone; never twice."""
    server.person(PERSON)
    yesterday = (datetime.now(UTC) - timedelta(days=1)).replace(hour=13, minute=14)
    asked = server.say(PERSON, BRIDGE, at=yesterday.timestamp())
    with inside(db, server, WENDA_TIMEZONE="Asia/Shanghai"):
        sent = server.reply(PERSON, asked)
        assert "21:14" in sent.text and BRIDGE in sent.text and "640米" in sent.text and sent.silent
        fresh = server.reply(PERSON, server.say(PERSON, HOUSES))
        assert "21:14" not in fresh.text and not fresh.silent
    with inside(db, server):
        server.reply(PERSON, server.say(PERSON, TRADE))
    assert len(server.replies(PERSON, asked)) == 1


def test_limits_a_person_and_a_group_with_a_clear_notice(db: Path, server: TelegramServer) -> None:
    """Said once a minute, with the seconds to wait; commands do not count; another person is not concerned."""
    with inside(db, server, WENDA_LIMIT_USER="2", WENDA_LIMIT_GROUP="3"):
        server.person(PERSON)
        server.person(8)
        asked = [server.say(PERSON, BRIDGE) for _ in range(4)]
        notice = server.reply(PERSON, asked[2])
        assert "秒" in notice.text and "640米" not in notice.text
        server.reply(8, server.say(8, BRIDGE))
        assert "/help" in said(server, "/help").text
        assert not server.replies(PERSON, asked[3])


def test_a_person_who_blocked_the_bot_holds_up_nobody(server: TelegramServer, bot: Inside) -> None:
    """What cannot be delivered for good is let go."""
    server.person(8)
    server.blocked.add(8)
    server.say(8, BRIDGE)
    assert "640米" in said(server, BRIDGE).text
    server.wait(lambda: not len(bot.bot._lanes), what="all updates to be handled")
    server.blocked.discard(8)
    assert not server.replies(8)


def test_lost_responses_may_double_but_never_lose(server: TelegramServer, bot: Inside) -> None:
    """The one case in which an answer may come twice."""
    server.person(PERSON)
    server.faults = Faults(lost=0.5, only=("sendMessage",))
    asked = [server.say(PERSON, BRIDGE) for _ in range(4)]
    for number in asked:
        server.reply(PERSON, number)
    server.faults = Faults()


def test_an_admins_reindex_reports_and_holds_up_nobody(server: TelegramServer, bot: Inside, db: Path) -> None:
    """The admin's own chat is answered meanwhile."""
    server.person(1, "管理员")
    (db.parent / "corpus" / "new.txt").write_text("红叶县新闻\n\n红叶县的隧道全长2200米。\n", encoding="utf-8")
    asked = server.say(1, "/reindex")
    server.wait(lambda: any("索引已更新" in sent.text or "跳过" in sent.text for sent in server.replies(1)), what="the report")
    assert server.reply(1, asked)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_bots_own_words_read_like_this(language: Language) -> None:
    """Everything it says beside answers, in each language."""
    values = {"id": PERSON, "name": "wenda_test_bot", "when": words.say(language, "late_yesterday", time="21:14"), "question": BRIDGE, "seconds": 42,
              "time": "21:14", "date": words.date(language, "2026-11-02"), "phase": words.say(language, "phase_cutting"), "done": 1200, "total": 5000, "rate": 300}  # fmt: skip
    keys = ["stranger", "stranger_group", "stranger_alert", "group_hello", "late", "late_today", "late_day", "limit_user", "limit_group", "apology", "media_voice",
            "media_photo", "media_sticker", "media_other", "button_gone", "link_not_yours", "inline_hint", "inline_none",
            "access_who", "access_allowed", "access_denied"]  # fmt: skip
    matches(f"{language}/telegram.txt", "".join(f"{key}\n{words.say(language, key, **(values | {'name': 'allow'} if key == 'access_who' else values))}\n\n" for key in keys))
