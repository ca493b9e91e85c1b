"""Who may what: acts in the ledger, the latest in force, each undone for a month; a claim code; requests that one admin decides."""

from __future__ import annotations

import logging
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test_chat import ADMIN, Desk, text
from test_replies import matches

from bot import claiming, doctor, words
from bot import settings as settings_module
from bot.access import NAME_LENGTH, Access, People, Plea, plain_name
from bot.replies import Language
from bot.words_people import PEOPLE
from retrieval.errors import UsageError
from retrieval.ledger import Ledger

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(tmp_path / "wenda.db.ledger")


@pytest.fixture
def people(ledger: Ledger) -> People:
    """The acts of a ledger; person 1 is an admin by the settings."""
    return People(ledger, {"1"})


def test_the_latest_act_on_a_person_is_in_force(people: People) -> None:
    """Being let in and being an admin are two matters; shut out wins over both."""
    for kind, subject in (("allow", "7"), ("deny", "7"), ("allow", "8"), ("admin", "9"), ("admin", "8")):
        people.do(kind, subject, "1", NOW)
    assert people.access() == Access(frozenset({"8"}), frozenset({"7"}), frozenset({"8", "9"}))
    people.do("unadmin", "8", "1", NOW)
    assert people.access().let_in == {"8"} and people.admins() == {"1", "9"}


def test_every_act_can_be_undone_in_turn(people: People, ledger: Ledger) -> None:
    """The latest first; a text goes back to what it was; who undid it is kept."""
    before = people.access()
    people.do("allow", "7", "1", NOW)
    people.do("deny", "7", "1", NOW)
    people.do("admin", "9", "1", NOW)
    people.do("unadmin", "9", "1", NOW)
    people.write("contact", "热线", "1", NOW)
    people.write("contact", None, "1", NOW)
    undone = []
    while act := people.undo("9", NOW + timedelta(days=29)):
        undone.append(act.kind)
        if len(undone) == 1:
            assert ledger.get("contact") == "热线"
    assert undone == ["contact", "contact", "unadmin", "admin", "deny", "allow"]
    assert people.access() == before and ledger.get("contact") is None
    assert {row["undone_by"] for row in ledger.read("select undone_by from acts")} == {"9"}


def test_after_thirty_days_nothing_is_undone(people: People) -> None:
    """What stood for a month is meant."""
    people.do("allow", "7", "1", NOW)
    assert people.undoable(NOW + timedelta(days=30))
    assert people.undoable(NOW + timedelta(days=30, seconds=1)) is None


def test_the_last_admin_stays(ledger: Ledger) -> None:
    """Whether removed or undone; the admins of the settings count, those that are shut out do not."""
    alone = People(ledger)
    assert alone.claim("5", NOW)
    assert alone.claim("6", NOW) is None
    assert alone.do("unadmin", "5", "5", NOW) is None
    assert alone.undo("5", NOW) is None
    alone.do("admin", "6", "5", NOW)
    assert alone.do("unadmin", "5", "6", NOW)
    assert alone.admins() == {"6"}
    assert alone.undoable(NOW).kind == "unadmin"
    alone.undo("6", NOW)
    assert alone.admins() == {"5", "6"}
    with_settings = People(ledger, {"1"})
    assert with_settings.do("unadmin", "5", "1", NOW) and with_settings.do("unadmin", "6", "1", NOW)
    with_settings.do("deny", "1", "1", NOW)
    assert with_settings.admins() == frozenset()


def test_making_the_only_admin_cannot_be_undone(ledger: Ledger) -> None:
    """An older act is taken back instead."""
    People(ledger).do("allow", "7", "local", NOW)
    people = People(ledger)
    people.do("admin", "5", "local", NOW)
    act = people.undoable(NOW)
    assert act and act.kind == "allow"


def test_two_admins_who_remove_each_other_at_once_leave_one(tmp_path: Path) -> None:
    """Each in a process of their own, as far as the ledger can tell."""
    ledgers = [Ledger.open(tmp_path / "l") for _ in range(2)]
    for admin in ("5", "6"):
        People(ledgers[0], {"1"}).do("admin", admin, "1", NOW)
    start = threading.Barrier(2)

    def remove(ledger: Ledger, who: str, other: str) -> None:
        start.wait()
        People(ledger).do("unadmin", other, who, NOW)

    threads = [threading.Thread(target=remove, args=each) for each in ((ledgers[0], "5", "6"), (ledgers[1], "6", "5"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(People(ledgers[0]).admins()) == 1


def test_every_act_leaves_an_audit_line_without_names(people: People, caplog: pytest.LogCaptureFixture) -> None:
    """Who did what to whom, by number; names are not for the log."""
    caplog.set_level(logging.INFO)
    plea = people.ask("7", "小林", NOW)
    assert plea
    people.decide(plea, "allow", "1", NOW)
    people.undo("1", NOW)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2 and "allow 7 by 1" in told[0] and "undone: allow 7 by 1" in told[1]
    assert "小林" not in caplog.text


# Requests


def test_a_person_asks_once_a_day_and_one_admin_decides(people: People) -> None:
    """Whoever presses first; a decision that was undone is none, so that the buttons work again."""
    plea = people.ask("7", "小林", NOW)
    assert plea and people.ask("7", "小林", NOW + timedelta(hours=23)) is None
    first, mine = people.decide(plea, "allow", "1", NOW)
    assert mine and first.kind == "allow"
    assert people.decide(plea, "deny", "9", NOW) == (first, False)
    people.undo("1", NOW)
    again, mine = people.decide(plea, "deny", "9", NOW)
    assert mine and again.kind == "deny" and people.access().shut_out == {"7"}
    assert people.ask("7", "小林", NOW + timedelta(days=1, seconds=1))


def test_a_request_is_decided_by_a_command_too(people: People) -> None:
    """Buttons under an old letter do not undo what was done by number since."""
    plea = people.ask("7", "小林", NOW)
    assert plea
    people.do("deny", "7", "9", NOW)
    act, mine = people.decide(plea, "allow", "1", NOW)
    assert not mine and (act.kind, act.who) == ("deny", "9")


def test_two_admins_who_press_at_once_decide_once(tmp_path: Path) -> None:
    """Each reads the same decision."""
    ledgers = [Ledger.open(tmp_path / "l") for _ in range(2)]
    for number in range(20):
        plea = People(ledgers[0], {"1"}).ask(str(100 + number), "小林", NOW)
        assert plea
        start, decided = threading.Barrier(2), []

        def press(ledger: Ledger, kind: str, plea: Plea = plea, start: threading.Barrier = start, decided: list[object] = decided) -> None:
            start.wait()
            decided.append(People(ledger, {"1"}).decide(plea, kind, "1", NOW))

        threads = [threading.Thread(target=press, args=each) for each in ((ledgers[0], "allow"), (ledgers[1], "deny"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        (one, first), (other, second) = decided
        assert one == other and {first, second} == {True, False}


def test_another_process_is_heard_at_once(tmp_path: Path) -> None:
    """Also of an undoing, though nothing was done here."""
    here, there = (People(Ledger.open(tmp_path / "l"), {"1"}) for _ in range(2))
    for act, listed in ((lambda: there.do("allow", "7", "1", NOW), {"7"}), (lambda: there.undo("1", NOW), set()), (lambda: there.do("allow", "8", "1", NOW), {"8"})):
        act()
        assert here.access().let_in == listed


def test_requests_and_names_are_forgotten(people: People, ledger: Ledger) -> None:
    """A request after a month, and the name with it unless its owner is on a list."""
    for person, name in (("7", "小林"), ("8", "小白")):
        people.ask(person, name, NOW)
    people.do("allow", "8", "1", NOW)
    people.met("9", "过路人")
    people.tidy(NOW + timedelta(days=31))
    assert (people.name("7"), people.name("8"), people.name("9")) == ("", "小白", "")
    assert ledger.read("select * from requests") == []


@pytest.mark.parametrize("name", ["长" * 500, "两\n行", "\u202e反写", "  ", "<b>粗</b>", "\ud800", "👨‍👩‍👧‍👦" * 30])
def test_a_name_is_data(people: People, name: str) -> None:
    """One line of at most so many characters, without what turns the writing round; kept and read back."""
    shown = plain_name(name)
    assert len(shown) <= NAME_LENGTH and "\n" not in shown and "\u202e" not in shown
    people.ask("7", name, NOW)
    assert people.name("7") == shown


# The code


def test_the_code_makes_one_admin(ledger: Ledger) -> None:
    """As it is typed on a phone; used up at once; only a digest of it is stored."""
    people = People(ledger)
    code = claiming.offer(ledger, NOW)
    assert code.replace("-", "") not in str(ledger.get(claiming.CLAIM))
    assert claiming.take(ledger, people, f" {code.lower().replace('-', ' ')} ", "7", NOW) == "claimed"
    assert people.admins() == {"7"} and not claiming.is_open(ledger)
    assert claiming.take(ledger, people, code, "8", NOW) == "none"


def test_codes_differ_and_a_new_one_voids_the_old(ledger: Ledger) -> None:
    """Sixteen signs, none like another, drawn by the system's generator."""
    codes = {claiming.offer(ledger, NOW) for _ in range(50)}
    assert len(codes) == 50 and all(len(code) == 19 for code in codes)
    old = claiming.offer(ledger, NOW)
    claiming.offer(ledger, NOW)
    assert claiming.take(ledger, People(ledger), old, "7", NOW) == "wrong"


def test_a_code_is_void_after_an_hour_and_after_too_many_tries(ledger: Ledger) -> None:
    """Three tries each, twelve of all; the right code then helps nobody either."""
    people = People(ledger)
    code = claiming.offer(ledger, NOW)
    assert claiming.take(ledger, people, code, "7", NOW + claiming.VALID) == "void"
    code = claiming.offer(ledger, NOW)
    assert [claiming.take(ledger, people, "AAAA", "7", NOW) for _ in range(4)] == ["wrong"] * 3 + ["void"]
    assert claiming.take(ledger, people, code, "7", NOW) == "void"
    for person in "89ab":
        for _ in range(3):
            claiming.take(ledger, people, "AAAA", person, NOW)
    assert claiming.take(ledger, people, code, "c", NOW) == "void"
    assert people.admins() == frozenset()


def test_a_start_voids_the_code_and_prints_one_on_a_terminal_only(ledger: Ledger, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """Without a terminal, output may be a log file: then only how to get a code is said."""
    caplog.set_level(logging.DEBUG)
    old = claiming.offer(ledger, NOW)
    claiming.announce(ledger, People(ledger), terminal=False)
    assert capsys.readouterr().out == "" and "wenda claim" in caplog.text and not claiming.is_open(ledger)
    claiming.announce(ledger, People(ledger), terminal=True)
    printed = capsys.readouterr().out
    code = printed.split("/claim ")[1].split()[0]
    assert code != old and code not in caplog.text
    claiming.announce(ledger, People(ledger, {"1"}), terminal=True)
    assert capsys.readouterr().out == "" and not claiming.is_open(ledger)


def test_wenda_claim_refuses_where_there_is_an_admin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever has the machine can become the first admin, nobody a second one."""
    import argparse

    given = settings_module.read(db=tmp_path / "w.db", admins="")
    claiming.show(given, argparse.Namespace())
    code = capsys.readouterr().out.split("/claim ")[1].split()[0]
    ledger = Ledger.open(given.ledger)
    assert claiming.take(ledger, People(ledger), code, "7", datetime.now(UTC)) == "claimed"
    with pytest.raises(UsageError, match="already"):
        claiming.show(given, argparse.Namespace())


# Elsewhere


def test_the_doctor_knows_admins_who_were_made_in_the_chat(tmp_path: Path) -> None:
    """Nobody is told to set WENDA_ADMINS who has an admin already."""
    given = settings_module.read(db=tmp_path / "w.db", telegram_token="1:x", admins="")
    assert any("nobody is an admin" in finding.says and "wenda claim" in finding.do for finding in doctor._people(given))
    ledger = Ledger.open(given.ledger)
    People(ledger).claim("7", NOW)
    assert not any("nobody" in finding.says for finding in doctor._people(given))


def test_the_lists_of_an_older_ledger_are_acts_of_nobody_in_particular(tmp_path: Path) -> None:
    """Who was let in before an upgrade is let in after it."""
    path = tmp_path / "old.ledger"
    Ledger.open(path).close()
    with sqlite3.connect(path) as conn:
        for table in ("acts", "requests", "names"):
            conn.execute(f"drop table {table}")
        conn.execute("delete from _sqlite_migrations where name = 'acts_about_people'")
        conn.execute("insert into 'values' (key, value) values ('let_in', '-100,7'), ('shut_out', '8')")
    people = People(Ledger.open(path))
    assert people.access() == Access(frozenset({"-100", "7"}), frozenset({"8"}))
    assert people.undoable(NOW) is None and people.standing()["access", "7"].at is None


# In words


def test_who_is_shut_out_is_not_listed_as_let_in(tmp_path: Path) -> None:
    """Also where the settings let them in: a denial wins."""
    desk = Desk(tmp_path, fields={"admins": ("9",), "allowed": ("5", "6")})
    desk.say("/deny 5", ADMIN)
    told = text(desk.say("/who", ADMIN))
    assert "可以使用（1）：\n6，由设置" in told and "不能使用（1）：\n5，" in told


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_everything_about_people_reads_like_this(language: Language) -> None:
    """Every line of the words, filled in, to be read as a page."""
    values = {
        "person": "“小林”（7）", "asker": "“小林”（7）", "who": "“小安”（1）", "id": "7", "name": "小林", "count": 2, "date": words.date(language, "2026-11-22"),
        "what": "…", "before": "12345", "about": "报库", "length": 1200, "limit": 1000, "title": "《新桥》",
    }  # fmt: skip
    lines = [f"{key}\n{words.say(language, key, **values)}\n" for key in PEOPLE]
    matches(f"{language}/people.txt", "\n".join(lines))
