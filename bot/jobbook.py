"""The long jobs that admins started, in the ledger: a job that has no end there when the bot comes back was broken off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.replies import Language

if TYPE_CHECKING:
    from retrieval.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Begun:
    """A job that began: what an admin asked for, where to tell them, in which language, and when."""

    number: int
    what: str
    chat: int
    thread: int | None
    language: Language
    at: datetime


class JobBook:
    """Whoever starts a job writes it down, and how it ended. Safe to use from several threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def begin(self, what: str, chat: int, thread: int | None, who: str, language: Language, at: datetime) -> int:
        """The number of the job from now on."""
        values = [what, chat, thread, who, language, at.astimezone(UTC).isoformat()]
        return self._ledger.write("insert into jobs (what, chat, thread, who, language, at) values (?, ?, ?, ?, ?, ?)", values)

    def end(self, number: int, outcome: str) -> None:
        self._ledger.write("update jobs set outcome = ? where number = ?", [outcome, number])

    def open(self) -> list[Begun]:
        """The jobs without an end, oldest first."""
        rows = self._ledger.read("select * from jobs where outcome is null order by number")
        return [
            Begun(row["number"], row["what"], row["chat"], row["thread"], row["language"], datetime.fromisoformat(row["at"]))
            for row in rows
        ]  # fmt: skip

    def forget_before(self, moment: datetime) -> None:
        """Forgets what ended and began before *moment*."""
        self._ledger.write("delete from jobs where outcome is not null and at < ?", [moment.astimezone(UTC).isoformat()])
