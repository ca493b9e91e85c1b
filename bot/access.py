"""Who is an admin, who was let in and who was shut out, and what the contact and about lines say: acts in, who may out.

Every act is a line in the ledger with its time and who did it, and is in force until a later one on the same matter,
or until it is undone. What the settings say stands beside it and cannot be changed from a chat.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from retrieval.decisions import UNDOABLE

if TYPE_CHECKING:
    from retrieval.ledger import Ledger

log = logging.getLogger(__name__)

Kind = Literal["claim", "admin", "unadmin", "allow", "deny", "about", "contact"]

REQUEST_EVERY = timedelta(days=1)
"""How often one person may ask the admins to be let in: often enough for who was overlooked, too rare to pester."""

REQUESTS_KEPT = timedelta(days=30)
"""How long a request is kept that nobody decided; its name goes with it."""

NAME_LENGTH = 40
"""Characters of a person's name that are kept: names are their owners' to choose, and some are as long as a page."""

_ACCESS: tuple[Kind, ...] = ("allow", "deny")
_TEXTS: tuple[Kind, ...] = ("about", "contact")


@dataclass(frozen=True, slots=True)
class Access:
    """Ids of people and chats as they are this moment; nobody is both let in and shut out, and shut out wins over all else."""

    let_in: frozenset[str] = frozenset()
    shut_out: frozenset[str] = frozenset()
    admins: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Act:
    """What an admin did about *subject* (an id; empty for a text). `at` is None where it is not known any more.

    `value` is a text's new words and `before` those it replaced, None for none.
    """

    number: int
    at: datetime | None
    who: str
    kind: Kind
    subject: str
    value: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Plea:
    """A request to be let in: by whom, when, and the last act that there was then."""

    number: int
    at: datetime
    subject: str
    after: int


class People:
    """The acts in a ledger; *admins* are those of the settings. Used from several threads and processes.

    `listeners` hear of every act and undoing of this process.
    """

    def __init__(self, ledger: Ledger, admins: Collection[str] = ()) -> None:
        self._ledger, self.fixed = ledger, frozenset(admins)
        self._known: tuple[Mapping[str, Any] | None, Access] = (None, Access())
        self.listeners: list[Callable[[], object]] = []

    # Who may

    def access(self) -> Access:
        """The lists as they are this moment; the admins are those of the ledger, without those of the settings.

        Asked for every update, so made anew only after an act or undoing, of whichever process.
        """
        (state,) = self._ledger.read("select max(number), max(at), count(undone_at), max(undone_at) from acts")
        known, access = self._known
        if known != state:
            access = _access(self._standing())
            self._known = (state, access)
        return access

    def admins(self) -> frozenset[str]:
        """Everyone who is an admin now, by the settings or by an act, and is not shut out."""
        now = self.access()
        return (self.fixed | now.admins) - now.shut_out

    def standing(self) -> dict[tuple[str, str], Act]:
        """The act in force on each person's rights (`admin`) and access (`access`)."""
        return self._standing()

    # Acts

    def do(self, kind: Kind, subject: str, who: str, at: datetime) -> Act | None:
        """Makes *subject* an admin, lets them in, and so on. None, and nothing is done, where that would leave no admin."""
        with self._ledger.atomic():
            if kind == "unadmin" and not self.admins() - {subject}:
                return None
            return self._keep(kind, subject, who, at)

    def claim(self, who: str, at: datetime) -> Act | None:
        """Makes *who* the first admin. None where there is one already."""
        with self._ledger.atomic():
            return None if self.admins() else self._keep("claim", who, who, at)

    def write(self, kind: Literal["about", "contact"], text: str | None, who: str, at: datetime) -> Act:
        """Has the about or contact line say *text*, None for nothing."""
        with self._ledger.atomic():
            act = self._keep(kind, "", who, at, text, self._ledger.get(kind))
            self._ledger.put(kind, text)
            return act

    def undoable(self, now: datetime) -> Act | None:
        """The latest act in force that can be taken back: not older than UNDOABLE, and somebody stays admin without it."""
        since = (now - UNDOABLE).astimezone(UTC).isoformat()
        for act in reversed(self._found("undone_at is null and at >= ? and kind != 'claim'", [since])):
            if act.kind != "admin" or self.admins() - {act.subject}:
                return act
        return None

    def undo(self, who: str, at: datetime) -> Act | None:
        """Takes back what `undoable` tells; None where there is nothing. What was done stays known, and who undid it."""
        with self._ledger.atomic():
            act = self.undoable(at)
            if act is None:
                return None
            self._ledger.write("update acts set undone_at = ?, undone_by = ? where number = ?", [at.astimezone(UTC).isoformat(), who, act.number])
            if act.kind in _TEXTS:
                self._ledger.put(act.kind, act.before)
            self._told("undone", act, who)
            return act

    # Requests

    def ask(self, subject: str, name: str, at: datetime) -> Plea | None:
        """A request of *subject* to be let in; None where they asked within a day."""
        with self._ledger.atomic():
            since = (at - REQUEST_EVERY).astimezone(UTC).isoformat()
            if self._ledger.read("select 1 from requests where subject = ? and at > ? limit 1", [subject, since]):
                return None
            after = int(self._ledger.read("select coalesce(max(number), 0) as last from acts")[0]["last"])
            number = self._ledger.write("insert into requests (at, subject, after) values (?, ?, ?)", [at.astimezone(UTC).isoformat(), subject, after])
            self._name(subject, name)
            return Plea(number, at, subject, after)

    def plea(self, number: int) -> Plea | None:
        rows = self._ledger.read("select * from requests where number = ?", [number])
        return Plea(number, datetime.fromisoformat(rows[0]["at"]), rows[0]["subject"], rows[0]["after"]) if rows else None

    def asked(self, subject: str, at: datetime) -> bool:
        """Whether *subject* has asked to be let in of late, and so is known to have a chat with the bot."""
        since = (at - REQUESTS_KEPT).astimezone(UTC).isoformat()
        return bool(self._ledger.read("select 1 from requests where subject = ? and at > ? limit 1", [subject, since]))

    def decide(self, plea: Plea, kind: Literal["allow", "deny"], who: str, at: datetime) -> tuple[Act, bool]:
        """The act that decides *plea*, and whether it is this one: somebody may have decided before. An undone decision is none."""
        with self._ledger.atomic():
            before = self._found("undone_at is null and subject = ? and number > ? and kind in ('allow', 'deny', 'admin')", [plea.subject, plea.after])
            return (before[-1], False) if before else (self._keep(kind, plea.subject, who, at), True)

    # Names

    def name(self, id: str) -> str:
        """The name that *id* was last known by, as they chose it; empty where it is not known."""
        rows = self._ledger.read("select name from names where id = ?", [id])
        return str(rows[0]["name"]) if rows else ""

    def met(self, id: str, name: str) -> None:
        """Notes the name of somebody who is on a list, so that `/who` can tell; of nobody else."""
        now = self.access()
        if id in self.fixed | now.admins | now.let_in | now.shut_out:
            self._name(id, name)

    def tidy(self, now: datetime) -> None:
        """Forgets requests that are too old, and the names of those who are on no list and have none."""
        with self._ledger.atomic():
            self._ledger.write("delete from requests where at < ?", [(now - REQUESTS_KEPT).astimezone(UTC).isoformat()])
            listed = self.access()
            kept = self.fixed | listed.admins | listed.let_in | listed.shut_out | {row["subject"] for row in self._ledger.read("select subject from requests")}
            for row in self._ledger.read("select id from names"):
                if row["id"] not in kept:
                    self._ledger.write("delete from names where id = ?", [row["id"]])

    def _name(self, id: str, name: str) -> None:
        name = plain_name(name)
        if name and name != self.name(id):
            self._ledger.write("insert into names (id, name) values (?, ?) on conflict (id) do update set name = excluded.name", [id, name])

    def _standing(self) -> dict[tuple[str, str], Act]:
        latest: dict[tuple[str, str], Act] = {}
        for act in self._found("undone_at is null and subject != ''"):
            latest["access" if act.kind in _ACCESS else "admin", act.subject] = act
        return latest

    def _keep(self, kind: Kind, subject: str, who: str, at: datetime, value: str | None = None, before: str | None = None) -> Act:
        number = self._ledger.write(
            "insert into acts (at, who, kind, subject, value, before) values (?, ?, ?, ?, ?, ?)",
            [at.astimezone(UTC).isoformat(), who, kind, subject, value, before],
        )
        act = Act(number, at, who, kind, subject, value, before)
        self._told("done", act, who)
        return act

    def _told(self, what: str, act: Act, who: str) -> None:
        fields = {"act": act.kind, "subject": act.subject, "who": who, "number": act.number}
        log.info("an admin's act %s: %s %s by %s (people %d)", what, *fields.values(), extra={"fields": fields})
        for listener in self.listeners:
            listener()

    def _found(self, where: str, values: Collection[object] = ()) -> list[Act]:
        return [_act(row) for row in self._ledger.read(f"select * from acts where {where} order by number", list(values))]


def number(text: str) -> str | None:
    """The id of a person or a chat in *text*, or None."""
    return text.strip() if re.fullmatch(r"\s*-?\d{1,20}\s*", text, re.ASCII) else None


def plain_name(name: str) -> str:
    """A name on one line, without what a screen would obey instead of show, and not too long."""
    from bot.render import clean

    name = " ".join(clean(name.replace("\n", " ").replace("\t", " ")).split())
    return name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH - 1] + "…"


def _access(standing: Mapping[tuple[str, str], Act]) -> Access:
    def holding(*kinds: Kind) -> frozenset[str]:
        return frozenset(act.subject for act in standing.values() if act.kind in kinds)

    return Access(holding("allow"), holding("deny"), holding("claim", "admin"))


def _act(row: Mapping[str, Any]) -> Act:
    columns = {name: row[name] for name in ("number", "who", "kind", "subject", "value", "before")}
    return Act(at=datetime.fromisoformat(row["at"]) if row["at"] else None, **columns)
