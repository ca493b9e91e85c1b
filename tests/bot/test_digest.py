"""What admins hear without asking: the week on Monday mornings, once; and what needs a hand, once until it is over."""

from __future__ import annotations

import shutil
import time
from collections import namedtuple
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from telegram_running import BRIDGE, HOUSES, Inside, inside
from telegram_server import Sent, TelegramServer
from test_chat import ADMIN, ARTICLES, Desk, text
from test_replies import matches, with_buttons

from bot import alarms, digest, telegram_timers, words
from bot.keeping import LAST_BACKUP
from bot.replies import Language, Visitor
from bot.telling import Scene
from retrieval.errors import EngineUnavailable, LibraryBusy, LibraryError
from retrieval.records import Answer

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE)
AN, BAI = 1, 8

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.write(*ARTICLES)
    made.library.reindex([made.corpus])
    return made


# The week


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        ("2026-11-23T08:59:59+08:00", "2026-11-16"), ("2026-11-23T09:00:00+08:00", "2026-11-23"), ("2026-11-29T23:59:00+08:00", "2026-11-23"),
        ("2026-11-23T01:00:00+00:00", "2026-11-23"), ("2026-11-23T00:59:00+00:00", "2026-11-16"),
    ],
)  # fmt: skip
def test_the_digest_is_due_on_monday_at_nine(now: str, monday: str) -> None:
    """In the operator's time zone, wherever the machine stands."""
    assert digest.due(datetime.fromisoformat(now), ZONE).isoformat() == monday


def test_nine_is_nine_when_the_clocks_change() -> None:
    """Where there is summer time."""
    berlin = ZoneInfo("Europe/Berlin")
    for day in (datetime(2026, 3, 30, 9, tzinfo=berlin), datetime(2026, 10, 26, 9, tzinfo=berlin)):
        assert digest.due(day, berlin) == day.date()
        assert digest.due(day - timedelta(seconds=1), berlin) == day.date() - timedelta(days=7)


def in_vain(desk: Desk, question: str, *askers: int, at: datetime) -> None:
    for asker in askers:
        desk.chat.ledger.record(Answer(question=question, status="no_answer"), f"{asker}:0:{asker}", str(asker), at=at)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_week_in_words(desk: Desk, language: Language) -> None:
    """Figures, gaps of that week, the newest article, the last backup; buttons lead on."""
    tuesday = datetime(2026, 11, 17, 10, tzinfo=ZONE)
    in_vain(desk, "游泳馆几点开门?", 1, 2, 3, at=tuesday)
    in_vain(desk, "残疾证怎么办理?", 4, at=tuesday)
    in_vain(desk, "从前没有答案的是什么?", 4, 5, at=tuesday - timedelta(days=9))
    answer = desk.library.ask("清河县改造老果园每户补助多少钱?", record=False)
    for asker in range(6):
        key = desk.chat.ledger.record(answer, f"{asker}:0:{asker}", at=tuesday)
    desk.chat.ledger.rate(key, "5", "wrong_figure", tuesday)
    desk.chat.ledger.put(LAST_BACKUP, "2026-11-21T18:00:00+00:00")
    reply = digest.told(desk.library, desk.chat.ledger, ZONE, MONDAY.date(), Scene(language, MONDAY.date()))
    matches(f"{language}/digest.txt", with_buttons(text(reply), reply))
    led = [desk.press(button.label, reply, Visitor("9:9", "9", "9", admin=True, language=language)) for row in reply.buttons for button in row]
    assert led[-2].document and "游泳馆" in text(led[-2]) and "10" in text(led[-1])
    assert "/words 游泳馆=" in text(led[1])


def test_a_quiet_week_is_one_line(desk: Desk) -> None:
    """Nothing is made of nothing."""
    reply = digest.told(desk.library, desk.chat.ledger, ZONE, MONDAY.date(), Scene("zh-Hans", MONDAY.date()))
    assert text(reply) == "上一周（2026年11月16日至2026年11月22日）没有人提问，也没有别的事。" and not reply.buttons


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(telegram_timers, "TICK", 0.05)
    return Clock(MONDAY - timedelta(days=3))


def heard(server: TelegramServer, who: int, said: str) -> list[Sent]:
    return [sent for sent in server.replies(who) if said in sent.text]


def await_ticks(bot: Inside, count: int = 3) -> None:
    """Until the timers have looked so many times more."""
    done = []
    look = bot.bot._timers._alarms.look

    def counting() -> object:
        done.append(1)
        return look()

    bot.bot._timers._alarms.look = counting
    end = time.monotonic() + 30
    while len(done) <= count and time.monotonic() < end:
        time.sleep(0.02)
    assert len(done) > count
    bot.bot._timers._alarms.look = look


def test_the_digest_comes_once_to_every_admin_also_after_a_restart(db: Path, server: TelegramServer, clock: Clock) -> None:
    """None at the first start; on Monday at nine; not again after a restart; late where the bot was down; each in their own language."""
    server.person(AN)
    server.person(BAI, language="en")
    with inside(db, server, clock) as bot:
        bot.chat.people.do("admin", str(BAI), str(AN), clock.now)
        bot.ledger.put(f"language:{BAI}", "en")
        bot.ledger.record(bot.library.ask(HOUSES, record=False), "7:0:7", "7", at=clock.now)
        await_ticks(bot)
        assert not server.sent
        clock.now = MONDAY
        server.wait(lambda: heard(server, AN, "上一周") and heard(server, BAI, "Last week"), what="the digest")
        bot.chat.people.do("admin", "9", str(AN), clock.now)
        await_ticks(bot)
    with inside(db, server, clock) as bot:
        await_ticks(bot)
        assert len(heard(server, AN, "上一周")) == len(heard(server, BAI, "Last week")) == 1
        assert "问题：1个" in heard(server, AN, "上一周")[0].text
    clock.now = MONDAY + timedelta(days=8)
    with inside(db, server, clock):
        server.wait(lambda: len(heard(server, AN, "上一周")) == 2, what="the digest of the week after")
        assert "没有人提问" in heard(server, AN, "上一周")[1].text


# What needs a hand


def wrong(desk: Desk, watch: alarms.Alarms) -> set[str]:
    found = watch.look()
    watch.note(set(found))
    return set(found)


@pytest.fixture
def plenty(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets how many bytes are free."""

    def free(count: float) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1e12, 0, count))

    free(1e12)
    return free


def test_a_disk_is_full_until_there_is_room_to_spare(desk: Desk, plenty: Callable[[float], None]) -> None:
    """A disk at the border is not told of every minute."""
    watch = alarms.Alarms(desk.chat)
    assert wrong(desk, watch) == set()
    enough = alarms.ENOUGH_FREE + 2 * desk.settings.db.stat().st_size
    for free, full in ((enough - 1, True), (enough + 1, True), (enough * 1.3, False), (enough + 1, False)):
        plenty(free)
        assert (wrong(desk, watch) == {"disk"}) == full


def test_a_backup_is_missed_after_eight_days(desk: Desk, plenty: Callable[[float], None]) -> None:
    """Counted from the last one, or from the first start where there was none."""
    watch = alarms.Alarms(desk.chat)
    assert wrong(desk, watch) == set()
    desk.now += timedelta(days=8, minutes=1)
    assert wrong(desk, watch) == {"no_backup"}
    desk.chat.ledger.put(LAST_BACKUP, desk.now.isoformat())
    assert wrong(desk, watch) == set()
    desk.now += timedelta(days=9)
    assert wrong(desk, watch) == {"backup"}


def test_a_failed_reindex_is_wrong_until_one_is_done(desk: Desk, plenty: Callable[[float], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancelled one is nobody's worry; one done from the command line counts, too."""
    watch = alarms.Alarms(desk.chat)
    reindex = desk.library.reindex
    desk.now = datetime.now(UTC) + timedelta(seconds=5)

    def failing(*given: object, **more: object) -> object:
        raise LibraryBusy("another process writes")

    monkeypatch.setattr(desk.library, "reindex", failing)
    desk.say("/reindex", ADMIN)
    assert wrong(desk, watch) == {"reindex"}
    assert set(alarms.Alarms(desk.chat).look()) == {"reindex"}, "also after a restart"
    monkeypatch.setattr(desk.library, "reindex", reindex)
    desk.say("/reindex", ADMIN)
    assert wrong(desk, watch) == set()
    desk.chat.ledger.put(alarms.FAILED, (datetime.now(UTC) - timedelta(hours=1)).isoformat())
    assert wrong(desk, watch) == set(), "indexed since"


def test_a_cluster_or_ledger_is_wrong_when_it_was_so_twice(desk: Desk, plenty: Callable[[float], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that restarts is over by the next look."""
    watch = alarms.Alarms(desk.chat)

    def gone() -> object:
        raise EngineUnavailable("no node answers")

    def full(*_: object) -> None:
        raise LibraryError("database or disk is full")

    for broken, place, name in ((gone, (desk.library, "status"), "cluster"), (full, (desk.chat.ledger, "put"), "ledger")):
        with monkeypatch.context() as patch:
            patch.setattr(*place, broken)
            assert wrong(desk, watch) == set()
            assert wrong(desk, watch) == {name}
            assert wrong(desk, watch) == {name}
        assert wrong(desk, watch) == set()


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_alarms_in_words(language: Language) -> None:
    """Each says what is wrong and what to do; each has a line for when it is over."""
    scene = Scene(language, MONDAY.date())
    values = {"disk": {"free": "0.3"}, "backup": {"days": 9}, "no_backup": {"days": 9}, "reindex": {}, "cluster": {}, "ledger": {"reason": "disk is full"}}
    away = alarms.back(MONDAY - timedelta(hours=14), MONDAY, scene)
    matches(f"{language}/alarms.txt", "\n\n".join(map(text, (alarms.wrong(values, scene), alarms.over(set(values), scene), away))) + "\n")


def test_admins_hear_once_that_it_is_wrong_and_once_that_it_is_over(db: Path, server: TelegramServer, clock: Clock, plenty: Callable[[float], None]) -> None:
    """Also when the bot is started anew meanwhile."""
    server.person(AN)
    plenty(1e8)
    with inside(db, server, clock) as bot:
        server.wait(lambda: heard(server, AN, "磁盘快满了，只剩0.1 GB"), what="the alarm")
        await_ticks(bot)
    with inside(db, server, clock) as bot:
        await_ticks(bot)
        plenty(1e12)
        server.wait(lambda: heard(server, AN, "又够了"), what="that it is over")
        await_ticks(bot)
    assert len(heard(server, AN, "磁盘")) == 2


def test_an_alarm_waits_for_somebody_to_hear_it(db: Path, server: TelegramServer, clock: Clock, plenty: Callable[[float], None]) -> None:
    """It is told when an admin can be reached, not noted as told before."""
    plenty(1e8)
    with inside(db, server, clock) as bot:
        await_ticks(bot)
        server.person(AN)
        server.wait(lambda: heard(server, AN, "磁盘快满了"), what="the alarm")
        assert bot.chat.ledger


def test_the_bot_says_that_it_was_away(db: Path, server: TelegramServer, clock: Clock, plenty: Callable[[float], None]) -> None:
    """After more than an hour; a restart is not worth a word."""
    server.person(AN)
    for later, lines in ((timedelta(), 0), (timedelta(minutes=50), 0), (timedelta(hours=5), 1), (timedelta(minutes=5), 1)):
        clock.now += later
        with inside(db, server, clock) as bot:
            await_ticks(bot)
            assert len(heard(server, AN, "我回来了")) == lines
    assert "约5小时" in heard(server, AN, "我回来了")[0].text


def test_a_ledger_that_cannot_be_written_is_told_of_and_questions_are_answered(
    db: Path, server: TelegramServer, clock: Clock, plenty: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, though nothing can be noted; and when it can be written again."""
    server.person(AN)
    server.person(BAI)
    with inside(db, server, clock) as bot:
        put = bot.ledger.put

        def full(*_: object) -> None:
            raise LibraryError("database or disk is full")

        monkeypatch.setattr(bot.ledger, "put", full)
        server.wait(lambda: heard(server, AN, "记录写不进去"), what="the alarm")
        server.say(BAI, BRIDGE)
        assert "640米" in server.wait(lambda: server.replies(BAI), what="an answer")[0].text
        await_ticks(bot)
        monkeypatch.setattr(bot.ledger, "put", put)
        server.wait(lambda: heard(server, AN, "又能写"), what="that it is over")
        assert len(heard(server, AN, "记录写不进去")) == 1
