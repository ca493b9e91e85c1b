"""Nothing is lost and little is doubled: storms, kills, restarts, webhooks, proxies, odd input."""

from __future__ import annotations

import json
import random
import socket
import threading
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from telegram_running import BRIDGE, HOUSES, Inside, inside, process, unanswered
from telegram_server import Faults, Floods, TelegramServer

from bot.settings import read
from retrieval.errors import UsageError

PERSON = 7


def test_the_real_command_serves_stops_in_order_and_never_logs_the_token(db: Path, server: TelegramServer, tmp_path: Path) -> None:
    """`wenda serve` as people run it: what was begun is finished at SIGTERM, what comes later waits for the next start."""
    server.person(PERSON)
    with process(db, server, tmp_path / "log") as wenda:
        assert "8600元" in server.reply(PERSON, server.say(PERSON, HOUSES), 60).text
        server.faults = Faults(bad_gateway=1, only=("sendMessage", "getUpdates"))
        held = server.say(PERSON, BRIDGE)
        server.wait(lambda: "502" in wenda.log or "NetworkError" in wenda.log, 60, "the log to tell of a failure")
        server.faults = Faults()
        assert "640米" in server.reply(PERSON, held, 60).text
        assert wenda.stop() == 0
        waits = server.say(PERSON, HOUSES)
        assert server.token not in wenda.log and "Traceback" not in wenda.log
        wenda.start()
        server.reply(PERSON, waits, 60)
    assert Counter(sent.reply_to for sent in server.replies(PERSON)) == Counter({held: 1, waits: 1, held - 2: 1})


def test_a_killed_bot_loses_no_question_and_doubles_at_most_what_was_being_sent(db: Path, server: TelegramServer, tmp_path: Path) -> None:
    """Killed three times under load, started again each time."""
    people = [server.person(100 + n) for n in range(10)]
    asked = []
    with process(db, server, tmp_path / "log") as wenda:
        for kill in range(3):
            asked += [(who, server.say(who, random.Random(kill).choice((HOUSES, BRIDGE)))) for who in people for _ in range(3)]
            enough = len(server.sent) + 8
            server.wait(lambda enough=enough: len(server.sent) >= enough, 60)
            wenda.kill()
            wenda.start()
        for who, number in asked:
            server.reply(who, number, 60)
        assert wenda.stop() == 0
    counts = Counter((sent.chat, sent.reply_to) for sent in server.sent)
    assert set(counts) == set(asked)
    assert sum(count - 1 for count in counts.values()) <= 3 * 4


@pytest.mark.parametrize("fault", ["bad_gateway", "dropped", "flood"])
def test_a_storm_delays_but_loses_and_doubles_nothing(server: TelegramServer, bot: Inside, fault: str) -> None:
    """502, broken connections, and 429 from nowhere, for a third of all calls."""
    people = [server.person(100 + n) for n in range(8)]
    server.faults = Faults(**{fault: 0.33})
    asked = [(who, server.say(who, question)) for who in people for question in (HOUSES, BRIDGE)]
    server.wait(lambda: {(s.chat, s.reply_to) for s in server.sent} == set(asked), 120)
    server.faults = Faults()
    server.wait(lambda: not len(bot.bot._lanes))
    assert len(server.sent) == len(asked)
    for who in people:
        assert ["8600" in sent.text for sent in server.replies(who)] == [True, False]


def test_after_the_first_429_hardly_another_is_provoked(server: TelegramServer, bot: Inside) -> None:
    """The limits are Telegram's: one message a second in a chat, 30 overall; everything arrives."""
    server.floods = Floods.real()
    people = [server.person(100 + n) for n in range(6)]
    asked = [(who, server.say(who, question)) for who in people for question in (HOUSES, BRIDGE, HOUSES)]
    server.wait(lambda: {(s.chat, s.reply_to) for s in server.sent} == set(asked), 120)
    assert len(server.sent) == len(asked)
    assert len(server.provoked_floods) <= 2 * len(people)


def test_a_group_gets_its_answers_within_20_a_minute(server: TelegramServer, bot: Inside) -> None:
    """Without a single 429."""
    group = server.group(-1007, members={server.person(PERSON): "member"})
    server.floods = Floods.real()
    for number in [server.say(PERSON, f"/ask {BRIDGE}", group) for _ in range(20)]:
        server.reply(group, number, 60)
    assert not server.provoked_floods


def test_a_second_poller_is_named_in_the_log(db: Path, server: TelegramServer, caplog: pytest.LogCaptureFixture) -> None:
    """And the questions are answered all the same."""
    server.person(PERSON)
    with inside(db, server):
        server.reply(PERSON, server.say(PERSON, BRIDGE))
        server.wait(lambda: server._poll and not server._poll.done())
        form = b"timeout=1"
        urllib.request.urlopen(f"{server.base_url}{server.token}/getUpdates", form, timeout=20).read()
        server.reply(PERSON, server.say(PERSON, HOUSES), 60)
    assert "another process polls" in caplog.text


def test_an_update_that_cannot_be_read_holds_up_nobody(server: TelegramServer, bot: Inside) -> None:
    """Telegram may send what this version does not know."""
    server.person(PERSON)
    server.raw("message", {"message_id": "?", "chat": {}})
    server.raw("callback_query", {"id": "1"})
    assert "640米" in server.reply(PERSON, server.say(PERSON, BRIDGE)).text


def test_odd_messages_get_an_answer_and_no_error(server: TelegramServer, bot: Inside, caplog: pytest.LogCaptureFixture) -> None:
    """Emoji, rare Han, right-to-left, markup, mentions, 4096 characters, entities that lie outside of the text."""
    rng = random.Random(0)
    people = [server.person(100 + number) for number in range(10)]
    for number, (text, entities) in enumerate(odd(rng, 200)):
        server.say(people[number % 10], text, entities=entities)
    last = [server.say(who, BRIDGE) for who in people]
    for who, number in zip(people, last, strict=True):
        server.reply(who, number, 60)
    assert len(server.sent) >= 210
    assert [error for error in server.errors if error[0].startswith(("send", "edit", "answer"))] == []
    assert "Traceback" not in caplog.text and "could not be answered" not in caplog.text


def odd(rng: random.Random, count: int) -> list[tuple[str, list[dict[str, object]]]]:
    """Messages as nobody should write them, each with entities that may be wrong."""
    pieces = ["😀", "👨‍👩‍👧‍👦", "𠮷", "㐂", "שלום", "\u202eabc", "<b>", "</i>", "&amp;", "&", "_", "*", "`", "[x](y)", "@wenda_test_bot", "@x", "/ask", "／", "\n", " ",
              "青禾县", "补助多少", "?", "。", "2019年", "１２３", "%s", "{0}", "\u200b", "\x07", "'", '"', "ﷺ", "é", "5G"]  # fmt: skip
    found = []
    for _ in range(count):
        text = "".join(rng.choice(pieces) for _ in range(rng.choice((1, 3, 10, 40, 900))))[:4096].strip() or "?"
        entities = [
            {"type": rng.choice(("mention", "bot_command", "bold", "text_link", "url")), "offset": rng.randrange(0, 5000), "length": rng.randrange(0, 5000), "url": "https://x.example.org"}
            for _ in range(rng.choice((0, 0, 1, 5)))
        ]
        found.append((text, entities))
    return found


# Webhook


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def post(port: int, path: str, secret: str | None, body: bytes = b"{}") -> int:
    headers = {"Content-Type": "application/json"} | ({"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {})
    try:
        with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers), timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_webhook_answers_with_its_secret_only_and_tells_its_health(db: Path, server: TelegramServer, tmp_path: Path) -> None:
    """As a process behind a proxy; a delivery while it is down comes again and is answered once."""
    port = free_port()
    server.webhook_route, server.retry_unit = ("127.0.0.1", port), 0.2
    server.person(PERSON)
    settings = {"WENDA_WEBHOOK_URL": "https://wenda.example.org/hook", "WENDA_WEBHOOK_LISTEN": f"127.0.0.1:{port}", "WENDA_WEBHOOK_SECRET": "s3cret_-"}
    with process(db, server, tmp_path / "log", "--webhook", **settings) as wenda:
        server.wait(lambda: server.webhook["url"], 60)
        assert server.webhook["secret"] == "s3cret_-"
        assert "640米" in server.reply(PERSON, server.say(PERSON, BRIDGE), 60).text
        assert [post(port, "/hook", secret) for secret in (None, "wrong")] == [403, 403]
        assert post(port, "/hook", "s3cret_-", b"no update") == 400
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=20) as health:
            assert health.status == 200
        server.wait(lambda: not unanswered(db), 60)
        wenda.kill()
        missed = server.say(PERSON, HOUSES)
        server.wait(lambda: any(status == 0 for _, status in server.webhook_log), 60)
        wenda.start()
        server.reply(PERSON, missed, 60)
        assert wenda.stop() == 0
    assert Counter(sent.reply_to for sent in server.replies(PERSON)) == {missed - 2: 1, missed: 1}, (wenda.log, server.log)


def test_the_same_delivery_twice_is_answered_once(db: Path, server: TelegramServer) -> None:
    """Updates are known by their id."""
    port = free_port()
    server.webhook_route = ("127.0.0.1", port)
    server.person(PERSON)
    with inside(db, server, WENDA_WEBHOOK_URL="https://wenda.example.org/hook", WENDA_WEBHOOK_LISTEN=f"127.0.0.1:{port}", WENDA_WEBHOOK_SECRET="s"):
        server.wait(lambda: server.webhook["url"])
        number = server.say(PERSON, BRIDGE)
        server.reply(PERSON, number)


        update = {"update_id": server._next_update, "message": server.messages[PERSON, number]}
        assert post(port, "/hook", "s", json.dumps(update).encode()) == 200
        server.reply(PERSON, server.say(PERSON, HOUSES))
    assert len(server.replies(PERSON, number)) == 1


def test_a_webhook_that_stays_behind_does_not_stop_polling(db: Path, server: TelegramServer) -> None:
    """A former webhook is removed at the start, and nothing that waits is thrown away."""
    server.person(PERSON)
    asked = server.say(PERSON, BRIDGE)
    server.webhook = {"url": "https://old.example.org/", "secret": ""}
    with inside(db, server):
        server.reply(PERSON, asked)
        server._do(lambda: server.do_setWebhook({"url": "https://other.example.org/"}))
        server.wait(lambda: not server.webhook["url"], 60, "the webhook to be removed")
        server.reply(PERSON, server.say(PERSON, HOUSES), 60)


# Settings


def test_everything_goes_through_the_proxy_that_is_set(db: Path, server: TelegramServer) -> None:
    """Telegram is often reached through one."""
    seen: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            first = client.recv(65536)
            seen.append(first.split(b"\r\n")[0])
            upstream = socket.create_connection(("127.0.0.1", server.port))
            upstream.sendall(first.replace(server.base_url.removesuffix("/bot").encode(), b"", 1))
            for pair in ((client, upstream), (upstream, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    server.person(PERSON)
    real, server.port = server.port, server.port
    with inside(db, server, WENDA_TELEGRAM_PROXY=f"http://127.0.0.1:{listener.getsockname()[1]}"):
        server.wait(lambda: seen)
        assert all(line.startswith((b"POST http://127.0.0.1:", b"CONNECT")) for line in seen) and real
    listener.close()


def pump(source: socket.socket, target: socket.socket) -> None:
    """Hands on what comes, until it ends."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    target.close()


def socks(listener: socket.socket, reached: list[tuple[str, int]]) -> None:
    """A SOCKS5 proxy without a password (RFC 1928), until *listener* is closed; notes what was *reached* through it."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        stream = client.makefile("rb", buffering=0)
        _, methods = stream.read(2)
        stream.read(methods)
        client.sendall(b"\x05\x00")
        kind = stream.read(4)[3]
        host = socket.inet_ntoa(stream.read(4)) if kind == 1 else stream.read(stream.read(1)[0]).decode()
        port = int.from_bytes(stream.read(2), "big")
        reached.append((host, port))
        upstream = socket.create_connection((host, port))
        client.sendall(b"\x05\x00\x00\x01" + bytes(6))
        for pair in ((client, upstream), (upstream, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


def test_a_question_is_answered_through_a_socks_proxy(db: Path, server: TelegramServer) -> None:
    """What is asked and what is said both go through it."""
    reached: list[tuple[str, int]] = []
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=socks, args=(listener, reached), daemon=True).start()
    server.person(PERSON)
    with inside(db, server, WENDA_TELEGRAM_PROXY=f"socks5://127.0.0.1:{listener.getsockname()[1]}"):
        server.say(PERSON, BRIDGE)
        server.wait(lambda: [sent for sent in server.replies(PERSON) if "640米" in sent.text], what="the answer")
    assert {port for _, port in reached} == {server.port}
    listener.close()


def test_a_wrong_or_missing_token_is_said_in_one_line(db: Path, server: TelegramServer) -> None:
    """With the name of the setting and what to do."""
    with inside(db, server, WENDA_TELEGRAM_TOKEN="1:wrong") as bot:
        bot._thread.join(30)
        assert isinstance(bot.failure, UsageError) and "WENDA_TELEGRAM_TOKEN" in str(bot.failure) and "1:wrong" not in str(bot.failure)
    assert read(telegram_token="1:x").in_force()["WENDA_TELEGRAM_TOKEN"] == "set"
