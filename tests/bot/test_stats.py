"""How it goes: a week in figures without a name, and four weeks as a picture that any machine can draw."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import zlib
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from telegram_running import BRIDGE, HOUSES, ROOT, inside
from telegram_server import TelegramServer
from test_chat import ADMIN, ARTICLES, Desk, text
from test_replies import GOLDEN, matches

from bot import pictures, words
from bot.replies import Language, Visitor
from retrieval.ledger import Ledger
from retrieval.records import Answer
from retrieval.tallies import Day, days, tally

ZONE = ZoneInfo("Asia/Shanghai")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.write(*ARTICLES)
    made.library.reindex([made.corpus])
    return made


def ask(desk: Desk, question: str, asker: int, days_ago: float = 0) -> str:
    answer = desk.library.ask(question, record=False)
    return desk.chat.ledger.record(answer, f"{asker}:0:{asker}", str(asker), at=desk.now - timedelta(days=days_ago))


SUBSIDY, NOTHING = "清河县改造老果园每户补助多少钱?", "海底隧道的海水为什么是咸的?"


def told(desk: Desk, language: Language = "zh-Hans") -> str:
    return text(desk.say("/stats", Visitor(ADMIN.context, ADMIN.user, ADMIN.chat, admin=True, language=language)))


# Figures


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_week_reads_like_this(desk: Desk, language: Language) -> None:
    """The seven days up to today beside the seven before; the most cited first; nobody is named."""
    for asker, ago in ((1, 0), (1, 1), (2, 6.1), (3, 7.5), (3, 13)):
        ask(desk, SUBSIDY, asker, ago)
    ask(desk, NOTHING, 2, 3)
    desk.chat.ledger.rate(ask(desk, SUBSIDY, 4, 2), "4", "outdated", desk.now)
    matches(f"{language}/command_stats.txt", told(desk, language) + "\n")


def test_a_quiet_week_is_one_line(desk: Desk) -> None:
    """Also where a share would be of nothing."""
    ask(desk, SUBSIDY, 1, 9)
    assert told(desk) == "最近7天没有人提问。之前7天：1个问题。"
    ask(desk, NOTHING, 1)
    assert "占0%（之前7天：100%）" in told(desk)
    desk.now += timedelta(days=8)
    ask(desk, SUBSIDY, 1)
    desk.now += timedelta(days=20)
    ask(desk, SUBSIDY, 1)
    assert "占100%（之前7天：无）" in told(desk)


def test_days_begin_at_midnight_of_the_operator(tmp_path: Path) -> None:
    """A question at 23:59 belongs to the day that it was in Shanghai, whatever the day in Greenwich."""
    ledger = Ledger.open(tmp_path / "l")
    for moment in ("2026-11-21T23:59:59+08:00", "2026-11-22T00:00:00+08:00", "2026-11-22T23:59:59+08:00", "2026-11-23T00:00:00+08:00"):
        ledger.record(Answer(question="问", status="answered"), at=datetime.fromisoformat(moment))
    counted = days(ledger, ZONE, date(2026, 11, 23), 3)
    assert [(day.date.day, day.questions) for day in counted] == [(21, 1), (22, 2), (23, 1)]
    assert tally(ledger, ZONE, date(2026, 11, 22), date(2026, 11, 22)).questions == 2


def test_people_are_counted_by_person_not_by_chat(tmp_path: Path) -> None:
    """Who asks in a group and in private is one person."""
    ledger = Ledger.open(tmp_path / "l")
    for context in ("7:0:7", "-100:0:7", "-100:5:8"):
        ledger.record(Answer(question="问", status="no_answer"), context, at=datetime(2026, 11, 22, 4, tzinfo=ZONE))
    assert tally(ledger, ZONE, date(2026, 11, 22), date(2026, 11, 22)).askers == 2


def test_what_was_forgotten_does_not_count(desk: Desk) -> None:
    """/forget takes the questions out of the figures too."""
    ask(desk, SUBSIDY, 1)
    desk.chat.ledger.forget("1:0:1")
    assert "没有人提问" in told(desk)


def test_a_withdrawn_article_is_told_by_the_title_it_had(desk: Desk) -> None:
    """It was cited; that it is gone does not break the figures."""
    ask(desk, SUBSIDY, 1)
    desk.library.withdraw("orchard", "理由")
    assert "果园" in told(desk)


# The picture


def four_weeks() -> list[Day]:
    random = Random(3)
    found = []
    for number in range(28):
        day = date(2026, 10, 26) + timedelta(days=number)
        asked = random.randrange(3, 22) if day.weekday() < 5 else random.randrange(0, 6)
        answered = round(asked * random.uniform(0.55, 0.95))
        related = min(asked - answered, random.randrange(0, 4))
        found.append(Day(day, answered, related, asked - answered - related))
    return found


def pixels(png: bytes) -> np.ndarray:
    """The picture in a PNG whose rows are not filtered."""
    assert png.startswith(PNG)
    width, height = struct.unpack(">II", png[16:24])
    at, data = 8, b""
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0]
        data += body if kind == b"IDAT" else b""
        at += 12 + length
    rows = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, 1 + width * 3)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, 3).astype(int)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_picture_looks_like_this(language: Language) -> None:
    """As the golden picture, but for a shade in the last place."""
    png = pictures.chart(four_weeks(), language)
    path = GOLDEN / language / "stats.png"
    if os.environ.get("WENDA_WRITE_GOLDEN"):
        path.write_bytes(png)
    assert np.abs(pixels(png) - pixels(path.read_bytes())).max() <= 2


def test_every_character_of_every_label_is_drawn() -> None:
    """No empty box, no gap: each has a glyph in each size, with ink in it."""
    for size in (pictures.SMALL, pictures.MIDDLE, pictures.LARGE):
        glyphs = pictures._glyphs(size)
        assert set(glyphs) == set(pictures.characters())
        assert all(glyph.max() > 0.5 for character, glyph in glyphs.items() if character != " ")


@pytest.mark.parametrize("most", [0, 1, 2, 3, 5, 9, 10, 99, 1234, 10**6])
def test_the_bars_end_below_the_highest_line(most: int) -> None:
    """At most five steps, all of them whole questions."""
    step, highest = pictures._scale(most)
    assert highest >= most and highest % step == 0 and 1 <= highest // step <= 5
    assert pictures.chart([Day(date(2026, 11, 22), most), Day(date(2026, 11, 23))], "en").startswith(PNG)


def test_a_picture_comes_only_where_it_says_more_than_words(desk: Desk) -> None:
    """Some days with some questions each."""
    for number in range(9):
        ask(desk, SUBSIDY, 1, number % 5)
    assert desk.say("/stats", ADMIN).picture is None
    ask(desk, SUBSIDY, 1)
    picture = desk.say("/stats", ADMIN).picture
    assert picture and picture.data.startswith(PNG) and picture.name.endswith(".png")


def test_without_the_glyphs_the_words_stand_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An installation without its data still answers."""
    for number in range(10):
        ask(desk, SUBSIDY, 1, number % 5)
    pictures._glyphs.cache_clear()
    monkeypatch.setattr(pictures, "LABELS", tmp_path / "nothing.npz")
    reply = desk.say("/stats", ADMIN)
    assert reply.picture is None and "问题：10个" in text(reply)
    monkeypatch.undo()


def test_the_picture_needs_no_graphics_package() -> None:
    """Nothing is imported for it that is not there anyway."""
    code = f"import sys; from bot import pictures; pictures.chart({four_weeks()[:2]!r}, 'en'); print([m for m in ('PIL', 'matplotlib', 'cairo') if m in sys.modules])"
    code = "import datetime; from retrieval.tallies import Day\n" + re.sub(r"retrieval\.tallies\.", "", code)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_picture_arrives_below_the_words(db: Path, server: TelegramServer) -> None:
    """As a photo, in Telegram; the console has the words."""
    with inside(db, server) as bot:
        server.person(1)
        server.person(7)
        for question, ago in [(HOUSES, number % 5) for number in range(6)] + [(BRIDGE, number) for number in range(6)]:
            bot.ledger.record(bot.library.ask(question, record=False), "7:0:7", "7", at=bot.chat._clock() - timedelta(days=ago))
        server.say(1, "/stats")
        photo = server.wait(lambda: [sent for sent in server.replies(1) if sent.document], what="the picture")[0]
        assert photo.data.startswith(PNG) and "问题：12个" in server.replies(1)[0].text
        assert [call[1] for call in server.log if call[1].startswith("send")] == ["sendMessage", "sendPhoto"]
