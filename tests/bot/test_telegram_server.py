"""The strict server is strict: it refuses what Telegram refuses, in Telegram's words."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
from telegram_markup import ApiError, formatted, keyboard
from telegram_server import Faults, Floods, TelegramServer, detect_entities


def call(server: TelegramServer, method: str, **data: Any) -> dict[str, Any]:
    """What the server answers to a call, right or wrong."""
    form = urllib.parse.urlencode({k: v if isinstance(v, str) else json.dumps(v) for k, v in data.items()}).encode()
    try:
        with urllib.request.urlopen(f"{server.base_url}{server.token}/{method}", form, timeout=20) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        body = error.read()
        return dict(json.loads(body)) if body.startswith(b"{") else {"ok": False, "error_code": error.code}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("<b>", 'can\'t parse entities: Can\'t find end tag corresponding to start tag "b"'),
        ("</b>", "can't parse entities: Unexpected end tag at byte offset 0"),
        ("问<x>答</x>", 'can\'t parse entities: Unsupported start tag "x" at byte offset 3'),
        ("<b><i>x</b></i>", 'can\'t parse entities: Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("3 < 4", 'can\'t parse entities: Unsupported start tag "" at byte offset 2'),
        ("<p>x</p>", 'can\'t parse entities: Unsupported start tag "p" at byte offset 0'),
        ("<span>x</span>", 'can\'t parse entities: Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("  \n ", "message text is empty"),
        ("x" * 4097, "message is too long"),
        ("😀" * 4097, "message is too long"),
        ("&amp;" * 7000, "text is too long"),
    ],
)
def test_html_is_refused_in_the_apis_words(raw: str, words: str) -> None:
    """As tdlib's parser says it."""
    with pytest.raises(ApiError) as error:
        formatted(raw, "HTML")
    assert error.value.description == f"Bad Request: {words}"


def test_only_four_named_references_are_decoded() -> None:
    """`&nbsp;` is shown as typed; 4096 characters count after parsing."""
    assert formatted("&lt;&gt;&amp;&quot;&#20320;&nbsp;", "HTML").text == '<>&"你&nbsp;'
    assert len(formatted("&amp;" * 4096, "HTML").text) == 4096
    assert len(formatted("😀" * 4096, "HTML").text) == 4096


def test_entities_count_utf16_units_and_links_need_a_host_with_a_dot() -> None:
    """A link without one is dropped without an error."""
    text = formatted('😀<b>粗</b><a href="https://news.example.org/1">链</a><a href="http://localhost/1">接</a>', "HTML")
    assert [(e["type"], e["offset"], e["length"]) for e in text.entities] == [("bold", 2, 1), ("text_link", 3, 1)]
    assert text.marked("bold") == ["粗"]


@pytest.mark.parametrize(("data", "fine"), [("a" * 64, True), ("问" * 21, True), ("a" * 65, False), ("问" * 22, False), ("", False)])
def test_a_buttons_data_has_1_to_64_bytes(data: str, fine: bool) -> None:
    """Twenty-one Chinese characters fit."""
    markup: dict[str, object] = {"inline_keyboard": [[{"text": "问", "callback_data": data}]]}
    if fine:
        keyboard(markup)
    else:
        with pytest.raises(ApiError, match="BUTTON_DATA_INVALID"):
            keyboard(markup)


def test_clients_mark_commands_and_mentions_in_utf16_units() -> None:
    """A command inside a word is none."""
    found = detect_entities("😀 /ask@wenda_test_bot 问 @someone a/b")
    assert [(e["type"], e["offset"], e["length"]) for e in found] == [("bot_command", 3, 19), ("mention", 25, 8)]


def test_an_update_comes_until_a_higher_offset_confirms_it(server: TelegramServer) -> None:
    """Offsets confirm; without one, the same updates come again; other tokens get nothing."""
    server.person(7)
    server.say(7, "一")
    server.say(7, "二")
    first = call(server, "getUpdates")["result"]
    assert [u["message"]["text"] for u in first] == ["一", "二"]
    assert [u["message"]["text"] for u in call(server, "getUpdates", offset=first[1]["update_id"])["result"]] == ["二"]
    assert call(server, "getUpdates", offset=first[1]["update_id"] + 1)["result"] == []
    server.token = "1:other"
    assert call(server, "getMe")["ok"]
    assert server.pending() == 0


def test_a_poll_waits_for_what_comes_and_a_second_poll_ends_it(server: TelegramServer) -> None:
    """Long polling, and one poller a token."""
    server.person(7)
    answers: list[dict[str, Any]] = []
    polls = [threading.Thread(target=lambda: answers.append(call(server, "getUpdates", timeout=20))) for _ in range(2)]
    polls[0].start()
    server.wait(lambda: server.calls["getUpdates"] == 1 and server._poll)
    polls[1].start()
    polls[0].join(10)
    assert answers[0]["error_code"] == 409 and "terminated by other getUpdates" in answers[0]["description"]
    server.say(7, "来了")
    polls[1].join(10)
    assert answers[1]["result"][0]["message"]["text"] == "来了"


def test_only_updates_that_are_asked_for_are_made(server: TelegramServer) -> None:
    """The list holds for what comes after it."""
    server.person(7)
    call(server, "getUpdates", allowed_updates=["message"])
    server.inline(7, "大桥")
    server.say(7, "大桥")
    assert [set(u) - {"update_id"} for u in call(server, "getUpdates")["result"]] == [{"message"}]


def test_messages_are_sent_edited_and_refused(server: TelegramServer) -> None:
    """Unknown chats, identical edits, foreign messages, missing replies and blocked chats have their own words."""
    server.person(7)
    asked = server.say(7, "问")
    sent = call(server, "sendMessage", chat_id="7", text="<b>答</b>", parse_mode="HTML")["result"]
    same = {"chat_id": "7", "message_id": str(sent["message_id"]), "text": "<b>答</b>", "parse_mode": "HTML"}
    wrong = [
        call(server, "sendMessage", chat_id="8", text="答"),
        call(server, "editMessageText", **same),
        call(server, "editMessageText", **{**same, "message_id": str(asked)}),
        call(server, "editMessageText", **{**same, "message_id": "999"}),
        call(server, "sendMessage", chat_id="7", text="答", reply_parameters={"message_id": 999}),
        call(server, "answerCallbackQuery", callback_query_id="1"),
        call(server, "noSuchMethod"),
    ]
    server.membership(7, 7, "kicked", "member")
    wrong.append(call(server, "sendMessage", chat_id="7", text="答"))
    words = ["chat not found", "message is not modified", "can't be edited", "to edit not found", "replied not found", "query is too old", "Not Found", "blocked by the user"]
    assert [answer["ok"] for answer in wrong] == [False] * 8
    assert [word in answer["description"] for word, answer in zip(words, wrong, strict=True)] == [True] * 8


def test_the_flood_limits_hold_when_switched_on(server: TelegramServer) -> None:
    """One message a second in a chat, 20 a minute in a group; a call during the wait is refused again."""
    server.person(7)
    server.group(-1005)
    server.floods = Floods.real()
    assert call(server, "sendMessage", chat_id="7", text="一")["ok"]
    refused = call(server, "sendMessage", chat_id="7", text="二")
    assert refused["error_code"] == 429 and refused["parameters"]["retry_after"] >= 1
    results = [call(server, "sendMessage", chat_id="-1005", text=str(n))["ok"] for n in range(21)]
    assert results == [True] * 20 + [False]


def test_faults_come_when_switched_on(server: TelegramServer) -> None:
    """A lost response hides a message that was sent; a 502 comes before anything happened."""
    server.person(7)
    server.faults = Faults(bad_gateway=1)
    assert call(server, "sendMessage", chat_id="7", text="一")["error_code"] == 502
    server.faults = Faults(lost=1)
    with pytest.raises(OSError):
        call(server, "sendMessage", chat_id="7", text="二")
    server.faults = Faults()
    assert [sent.text for sent in server.replies(7)] == ["二"]


def test_a_webhook_must_be_https_on_a_known_port_and_ends_polling(server: TelegramServer) -> None:
    """And polling ends the webhook only through deleteWebhook."""
    assert "HTTPS URL must be provided" in call(server, "setWebhook", url="http://wenda.example.org/hook")["description"]
    assert "ports 80, 88, 443 or 8443" in call(server, "setWebhook", url="https://wenda.example.org:9000/hook")["description"]
    assert call(server, "setWebhook", url="https://wenda.example.org/hook", secret_token="s")["ok"]
    assert call(server, "getUpdates")["error_code"] == 409
    assert call(server, "getWebhookInfo")["result"]["url"] == "https://wenda.example.org/hook"
    assert call(server, "deleteWebhook")["ok"] and call(server, "getUpdates")["ok"]


def test_inline_answers_and_menus_are_checked(server: TelegramServer) -> None:
    """Ids are unique and short; commands are plain; languages have two letters."""
    server.person(7)
    result = {"type": "article", "id": "1", "title": "大桥", "input_message_content": {"message_text": "640米"}}
    query = server.inline(7, "大桥")
    assert "DUPLICATE" in call(server, "answerInlineQuery", inline_query_id=query, results=[result, result])["description"]
    assert call(server, "answerInlineQuery", inline_query_id=query, results=[result])["ok"]
    assert "BOT_COMMAND_INVALID" in call(server, "setMyCommands", commands=[{"command": "帮助", "description": "x"}])["description"]
    assert "language code" in call(server, "setMyCommands", commands=[], language_code="zh-hans")["description"]
