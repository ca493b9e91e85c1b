"""Logs without secrets and questions, metrics that Prometheus reads, a health page, and everything kept only as long as was said."""

from __future__ import annotations

import io
import json
import logging
import os
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from telegram_running import BRIDGE, HOUSES, Inside, inside, process
from telegram_server import Faults, TelegramServer

from bot import keeping, logs, retention, settings
from bot.inbox import Inbox
from bot.replies import Heard
from bot.settings import Settings
from retrieval.ledger import Ledger
from retrieval.records import Answer

PERSON = 7
SECRET_QUESTION = "张三的手机号13912345678是多少?"
Log = Callable[..., str]


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Log]:
    """What the formatter makes of a record, by the settings given."""
    handler = logging.StreamHandler(io.StringIO())
    logger = logging.getLogger("bot.test")
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel("DEBUG")

    def write(log: Callable[[logging.Logger], object], **more: object) -> str:
        given = settings.read(db=tmp_path / "wenda.db", telegram_token="123456:AAsecret_token_of_the_bot", **more)
        handler.setStream(io.StringIO())
        handler.setFormatter(logs.Lines(given, given.log_format == "json"))
        log(logger)
        return str(handler.stream.getvalue())

    yield write
    logger.removeHandler(handler)


def scraped(bot: Inside) -> dict[str, dict[str, float]]:
    """The metrics page through Prometheus's own parser: values by sample name and label."""
    text = page(bot, "/metrics")[1]
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation and family.type != "unknown", family
        for sample in family.samples:
            found.setdefault(sample.name, {})[",".join(sample.labels.values())] = sample.value
    return found


def page(bot: Inside, path: str) -> tuple[int, str]:
    assert bot.bot and bot.bot._watch
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{bot.bot._watch.port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def watched(bot: Inside, server: TelegramServer) -> Inside:
    server.wait(lambda: bot.bot and bot.bot._watch, what="the metrics page")
    return bot


def test_metrics_count_what_happens(db: Path, server: TelegramServer, tmp_path: Path) -> None:
    """Questions by outcome, a latency histogram, library, reindex, errors, floods, inbox: read by Prometheus's parser."""
    server.person(PERSON)
    with inside(db, server, WENDA_METRICS_LISTEN="127.0.0.1:0") as running:
        bot = watched(running, server)
        before = scraped(bot)
        assert before["wenda_questions_total"] == dict.fromkeys(("answered", "related", "no_answer", "talk", "failed"), 0)
        server.faults = Faults(flood=1.0, only=("sendMessage",))
        asked = server.say(PERSON, HOUSES)
        server.wait(lambda: bot.bot and bot.bot.limiter.floods, what="a flood wait")
        server.faults = Faults()
        server.reply(PERSON, asked)
        server.reply(PERSON, server.say(PERSON, BRIDGE))
        server.say(PERSON, "谢谢")
        server.wait(lambda: len(server.replies(PERSON)) == 3, what="three replies")
        bot.chat.desk.reindex()
        keeping.pack(bot.settings, tmp_path / "all.tar.gz")
        server.wait(lambda: scraped(bot)["wenda_inbox_waiting"][""] == 0, what="an empty inbox")
        after = scraped(bot)
    assert after["wenda_questions_total"]["answered"] == 2
    assert after["wenda_questions_total"]["talk"] == 1
    assert sum(after["wenda_questions_total"].values()) == after["wenda_answer_seconds_count"][""] == 3
    assert after["wenda_answer_seconds_bucket"]["+Inf"] == 3
    assert after["wenda_library_articles"][""] == 3 and 0 <= after["wenda_library_age_seconds"][""] < 600
    assert after["wenda_reindexes_total"]["done"] == 1 and after["wenda_reindex_running"][""] == 0
    assert after["wenda_telegram_floods_total"][""] >= 1 and after["wenda_telegram_flood_seconds_total"][""] >= 1
    assert after["wenda_updates_total"]["message"] == after["wenda_update_seconds_count"][""] == after["wenda_update_seconds_bucket"]["+Inf"] == 3
    assert after["wenda_turned_away_total"][""] == after["wenda_bugs_total"][""] == 0
    assert after["wenda_up"][""] == 1 and after["wenda_answers_kept"][""] == 2
    assert after["wenda_backup_timestamp_seconds"][""] > 0 and after["wenda_file_bytes"]["library"] > 0
    assert "process_resident_memory_bytes" in after or os.name != "posix"


def test_failed_calls_are_counted_by_kind(db: Path, server: TelegramServer) -> None:
    """A 502 that was got over is still an error that an operator may want to see."""
    server.person(PERSON)
    with inside(db, server, WENDA_METRICS_LISTEN="127.0.0.1:0") as running:
        bot = watched(running, server)
        server.faults = Faults(bad_gateway=0.6, only=("sendMessage",), seed=3)
        server.reply(PERSON, server.say(PERSON, BRIDGE))
        server.reply(PERSON, server.say(PERSON, HOUSES))
        server.wait(lambda: sum(scraped(bot).get("wenda_telegram_errors_total", {}).values()) or server.say(PERSON, BRIDGE) and None, what="an error counted")


def test_health_is_told_by_its_status(db: Path, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """200 while updates come in, 503 when they have not for long; other pages are not there."""
    with inside(db, server, WENDA_METRICS_LISTEN="127.0.0.1:0") as running:
        bot = watched(running, server)
        assert page(bot, "/healthz")[0] == 200
        assert page(bot, "/")[0] == 404
        assert bot.bot
        bot.bot._last_poll -= 1000
        status, line = page(bot, "/healthz")
        assert status == 503 and "last poll" in line


def test_a_metrics_address_that_is_taken_is_named(db: Path, server: TelegramServer, tmp_path: Path) -> None:
    """The bot does not start half: one line says which setting."""
    with process(db, server, tmp_path / "log", WENDA_METRICS_LISTEN=f"127.0.0.1:{server.port}") as running:
        assert running.process.wait(60) == 2
    assert "WENDA_METRICS_LISTEN" in running.log and "Traceback" not in running.log


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_full_run_at_debug_level_logs_no_token_and_no_question(db: Path, server: TelegramServer, tmp_path: Path, form: str) -> None:
    """Questions, buttons, inline queries, edits, failures and restarts: outcomes are logged, words and secrets are not."""
    server.person(PERSON)
    server.faults = Faults(bad_gateway=0.1, flood=0.05, only=("sendMessage", "getUpdates"), seed=5)
    with process(db, server, tmp_path / "log", WENDA_LOG_LEVEL="debug", WENDA_LOG_FORMAT=form, WENDA_METRICS_LISTEN="127.0.0.1:0") as running:
        sent = server.reply(PERSON, server.say(PERSON, HOUSES), 60)
        server.alert(server.press(PERSON, sent, "前后文"))
        asked = server.say(PERSON, SECRET_QUESTION)
        server.reply(PERSON, asked)
        server.edit(PERSON, asked, BRIDGE)
        server.results(server.inline(PERSON, BRIDGE))
        server.say(PERSON, "", voice={"file_id": "x", "file_unique_id": "x", "duration": 1})
        server.wait(lambda: any("语音" in reply.text for reply in server.replies(PERSON)), what="the line about voices")
        running.stop()
    lines = running.log
    assert "a question: answered in" in lines
    for hidden in (server.token, server.token.partition(":")[2], HOUSES, SECRET_QUESTION, BRIDGE, "13912345678", "8600元"):
        assert hidden not in lines and json.dumps(hidden)[1:-1] not in lines
    if form == "json":
        each = [json.loads(line) for line in lines.splitlines()]
        assert {"at", "level", "logger", "message"} <= set(each[0])
        assert any(line.get("outcome") == "answered" and line["milliseconds"] >= 0 for line in each)


def test_questions_are_logged_where_a_setting_allows(written: Log) -> None:
    """Off unless WENDA_LOG_QUESTIONS says otherwise."""

    def ask(logger: logging.Logger) -> None:
        logger.info("asked", extra={"question": SECRET_QUESTION, "fields": {"outcome": "answered"}})

    assert SECRET_QUESTION not in written(ask) and SECRET_QUESTION not in written(ask, log_format="json")
    assert SECRET_QUESTION in written(ask, log_questions=True)
    assert json.loads(written(ask, log_questions=True, log_format="json"))["question"] == SECRET_QUESTION


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_bug_that_names_the_question_or_the_token_is_logged_without(written: Log, form: str) -> None:
    """The traceback stays, the words of the message and the secret go."""

    def fail(logger: logging.Logger) -> None:
        try:
            raise ValueError(f"cannot read {SECRET_QUESTION!r} with 123456:AAsecret_token_of_the_bot")
        except ValueError:
            logger.exception("failed", extra={"question": SECRET_QUESTION})

    line = written(fail, log_format=form)
    assert "ValueError" in line and "test_watching.py" in line
    assert "AAsecret" not in line and SECRET_QUESTION not in line and json.dumps(SECRET_QUESTION)[1:-1] not in line


def test_the_chat_tells_who_listens_what_became_of_a_question(bot: Inside) -> None:
    """Outcome and seconds, also where the library fails."""
    heard: list[Heard] = []
    bot.chat.listeners.append(heard.append)
    bot.chat.look_up(HOUSES)
    bot.library.close()
    with pytest.raises(Exception, match="closed"):
        bot.chat.look_up(HOUSES)
    assert [one.outcome for one in heard] == ["answered", "failed"]
    assert all(one.seconds > 0 for one in heard)


# What is kept


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    return settings.read(db=tmp_path / "wenda.db", keep_days=30, keep_copies_days=10)


def test_everything_kept_goes_when_its_time_is_over(here: Settings) -> None:
    """Answers, lines typed in the console, copies of the ledger: each by its setting."""
    ledger = Ledger.open(here.ledger)
    now = datetime.now(UTC)
    for days in (1, 40):
        ledger.record(Answer(question="几座桥?", status="no_answer"), at=now - timedelta(days=days))
    history = here.db.with_name("wenda.db.history")
    history.write_text(f"\n# {now - timedelta(days=40)}\n+老问题\n+第二行\n\n# {now - timedelta(days=1)}\n+新问题\n", encoding="utf-8")
    copies = [here.ledger.with_name(here.ledger.name + f".before-{name}") for name in ("old", "new")]
    for copy, days in zip(copies, (11, 9), strict=True):
        copy.write_bytes(b"")
        at = (now - timedelta(days=days)).timestamp()
        os.utime(copy, (at, at))
    retention.tidy(here, ledger)
    assert ledger.count() == 1
    assert "老问题" not in history.read_text(encoding="utf-8") and "第二行" not in history.read_text(encoding="utf-8")
    assert "+新问题" in history.read_text(encoding="utf-8")
    assert [copy.exists() for copy in copies] == [False, True]
    ledger.close()


def test_for_ever_is_for_ever(tmp_path: Path) -> None:
    """0 keeps everything."""
    here = settings.read(db=tmp_path / "wenda.db", keep_days=0, keep_copies_days=0, keep_message_days=0)
    ledger = Ledger.open(here.ledger)
    ledger.record(Answer(question="几座桥?", status="no_answer"), at=datetime(2000, 1, 1, tzinfo=UTC))
    retention.tidy(here, ledger)
    assert ledger.count() == 1
    inbox = Inbox.open(here.ledger)
    inbox.first_told(5)
    inbox.tidy(here.keep_message_days or float("inf"))
    assert not inbox.first_told(5)
    inbox.close()
    ledger.close()


@pytest.mark.skipif(os.name != "posix", reason="permissions of this kind are POSIX's")
def test_what_people_asked_is_readable_by_its_owner_only(here: Settings) -> None:
    """The ledger is made so, whatever the system's mask."""
    Ledger.open(here.ledger).close()
    assert here.ledger.stat().st_mode & 0o077 == 0


def test_long_numbers_are_not_kept(here: Settings) -> None:
    """Telephones and identity cards are masked in what is kept; dates and figures stay."""
    ledger = Ledger.open(here.ledger)
    key = ledger.record(Answer(question="13912345678的人2019年借了12000000元?", status="no_answer"), previous=["身份证11010119900307123X是谁?"])
    past = ledger.answer(key)
    assert past and past.question == "×" * 11 + "的人2019年借了12000000元?"
    assert past.previous == ("身份证" + "×" * 17 + "X是谁?",)
    ledger.close()


def test_what_is_forgotten_is_overwritten(here: Settings) -> None:
    """After /forget the words are no longer in the file."""
    ledger = Ledger.open(here.ledger)
    ledger.record(Answer(question="一句要忘记的话" * 50, status="no_answer"), context="7:0:7")
    ledger.forget("7:0:7")
    ledger.close()
    with sqlite3.connect(here.ledger) as conn:
        conn.execute("pragma wal_checkpoint(truncate)")
    assert "要忘记的话".encode() not in here.ledger.read_bytes()
