"""The inbox loses nothing that was taken in, and keeps no text that was answered."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.inbox import Exchange, Inbox, Link, Waiting
from retrieval.ledger import Ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger file as the bot finds it."""
    Ledger.open(tmp_path / "wenda.db.ledger").close()
    return tmp_path / "wenda.db.ledger"


def test_an_update_waits_until_it_is_answered_also_after_a_restart(path: Path) -> None:
    """In the order of arrival, which is not that of the ids."""
    inbox = Inbox.open(path)
    places = inbox.take_in([(9, "问一"), (3, "问二")])
    assert None not in places
    inbox.answered(places[0])
    inbox.close()
    again = Inbox.open(path)
    assert again.waiting() == [Waiting(places[1], "问二")]


def test_an_update_is_taken_in_once(path: Path) -> None:
    """An update handled before is not handled again; another one with the same id, of another bot, is."""
    inbox = Inbox.open(path)
    (place,) = inbox.take_in([(1, "问")])
    inbox.answered(place)
    again, other, new = inbox.take_in([(1, "问"), (1, "别的"), (2, "问")])
    assert again is None and len({place, other, new}) == 3


def test_the_text_of_an_answered_update_is_gone(path: Path) -> None:
    """From the file, not only from the table."""
    inbox = Inbox.open(path)
    inbox.take_in([(1, "青禾县的秘密")])
    inbox.answered(1, Exchange(7, 5, "abc", (6,), "a1"))
    inbox.close()
    rows = sqlite3.connect(path).execute("select body from updates").fetchall()
    assert rows == [(None,)]


def test_parts_that_were_sent_are_remembered(path: Path) -> None:
    """A long answer goes on where it stopped."""
    inbox = Inbox.open(path)
    inbox.take_in([(1, "问")])
    inbox.sent_part(1, 2)
    assert Inbox.open(path).waiting() == [Waiting(1, "问", 2)]


def test_who_answers_whom_is_known(path: Path) -> None:
    """A question's messages, and a message's answer."""
    inbox = Inbox.open(path)
    inbox.answered(1, Exchange(7, 5, "abc", (6, 8), "a1"))
    assert inbox.exchange(7, 5) == Exchange(7, 5, "abc", (6, 8), "a1")
    assert inbox.answer_shown(7, 8) == "a1"
    assert inbox.answer_shown(8, 8) is None and inbox.exchange(7, 6) is None


def test_links_lead_where_they_were_made_for(path: Path) -> None:
    """And a made-up key nowhere."""
    inbox = Inbox.open(path)
    key = inbox.link(-100, "near:a1:0")
    assert inbox.follow(key) == Link(-100, "near:a1:0")
    assert inbox.follow("x" * 22) is None


def test_a_stranger_is_told_the_first_time_only(path: Path) -> None:
    """Also across a restart."""
    assert Inbox.open(path).first_told(7)
    assert not Inbox.open(path).first_told(7)


def test_tidying_never_touches_what_waits(path: Path) -> None:
    """Old ids go, an unanswered question stays."""
    inbox = Inbox.open(path)
    inbox.take_in([(1, "问"), (2, "问")])
    inbox.answered(1)
    inbox.tidy(keep_days=-1)
    assert inbox.waiting() == [Waiting(2, "问")]
    assert inbox.take_in([(1, "问")]) == [3]
