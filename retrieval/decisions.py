"""What admins decided about articles and words; kept in the ledger, in force at every reading.

A `Decision` is one act with its time and who did it, `Decisions` keeps them, `Rules` are those in force, as every
article that is read is held against them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from retrieval.ledger import Ledger
from retrieval.records import Article
from retrieval.withholding import COPIED, MARKS, bare, length, without_name, without_passage

if TYPE_CHECKING:
    from retrieval.reprints import Known

log = logging.getLogger(__name__)

Kind = Literal["title", "outlet", "published", "note", "withdrawn", "withheld", "word", "wording", "unword"]

WORDS = ("word", "wording", "unword")
"""The kinds of acts on words, which are on no article: one is added, several that mean the same are, either is taken away."""

EVERYWHERE = ""
"""In place of an article's id: all articles."""

SAME = "="
"""Stands between the words of a wording."""

UNDOABLE = timedelta(days=30)
"""How long an act can be undone (feature F57)."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """An article that a withdrawal took out: its id, the file it was read from, and the line there (0 is the whole file)."""

    id: str
    path: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One act of an admin on the article with the id *article*, which then had *content_hash*; both are empty for WORDS
    and for a name that is withheld everywhere.

    `value` is the corrected field's or the note's new text (None takes it away), a withdrawal's reason, or what is
    withheld. `original` holds the fields as they were read, to go back to; `signature` (hexadecimal) belongs to
    withdrawals, `taken` to them and to what is withheld.
    """

    number: int = 0
    at: datetime
    who: str
    kind: Kind
    article: str
    title: str | None
    value: str | None
    content_hash: str
    original: Mapping[str, Any]
    signature: str = ""
    taken: tuple[Taken, ...] = ()

    def concerns(self, article: Article, line: int = 0) -> bool:
        """Whether *article*, read from *line* of its file, has the id; one named by its line must be the same text, too."""
        if article.id != self.article:
            return False
        return not line or not article.id.endswith(f":{line}") or article.content_hash == self.content_hash

    @property
    def everywhere(self) -> bool:
        """Whether what is withheld is so in every article: a name, or a passage that is long enough to be known again."""
        return self.kind == "withheld" and (not self.article or length(self.value or "") >= COPIED)

    def on(self, article: Article) -> Article:
        """*article* as this correction or note makes it, or without what is withheld."""
        match self.kind:
            case "title":
                return replace(article, title=self.value, title_origin=self._origin)
            case "outlet":
                return replace(article, outlet=self.value, outlet_origin=self._origin)
            case "published":
                return replace(article, published=self.value, published_origin=self._origin)
            case "note":
                return replace(article, note=self.value)
            case "withheld" if not self.article:
                return without_name(article, self.value or "", self._withheld)
            case "withheld" if self.everywhere or self.article == article.id:
                return without_passage(article, self.value or "", self._withheld)
        return article

    @property
    def _withheld(self) -> str:
        return f"none: withheld by an admin on {self.at:%Y-%m-%d}"

    @property
    def _origin(self) -> str:
        return f"{'none: ' if self.value is None else ''}set by an admin on {self.at:%Y-%m-%d}"


class Rules:
    """The decisions in force, oldest first."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self.corrections: dict[str, list[Decision]] = {}
        self.withdrawals: list[Decision] = []
        self.withheld: list[Decision] = []
        words: dict[str, None] = {}
        for decision in decisions:
            if decision.kind == "withdrawn":
                self.withdrawals.append(decision)
            elif decision.kind == "withheld":
                self.withheld.append(decision)
            elif decision.kind == "unword":
                words.pop(decision.value or "", None)
            elif decision.kind in WORDS:
                words[decision.value or ""] = None
            else:
                self.corrections.setdefault(decision.article, []).append(decision)
        self.words = tuple(word for word in words if SAME not in word)
        self.wordings = tuple(tuple(group.split(SAME)) for group in words if SAME in group)

    @property
    def on_articles(self) -> bool:
        """Whether any is on articles, so that each must be held against them."""
        return bool(self.withdrawals or self.corrections or self.withheld)

    def gist(self) -> str:
        """The words in force, as a text to be compared."""
        return json.dumps([self.words, self.wordings], ensure_ascii=False)

    def applied(self, article: Article, line: int = 0) -> Article:
        """*article* as it was read, corrected, with its note, and without what is withheld."""
        shown = self.shown(article)
        corrections = self.corrections.get(article.id, ())
        for decision in corrections:
            if decision.concerns(article, line) or decision.concerns(shown, line):
                article = decision.on(article)
        return self.shown(article) if corrections else shown

    def shown(self, article: Article) -> Article:
        """*article* without what is withheld."""
        if not self.withheld:
            return article
        letters = bare("\n".join((article.title or "", *article.authors, *article.editors, article.body)))
        for decision, wanted in zip(self.withheld, self._wanted, strict=True):
            if wanted in letters:
                article = decision.on(article)
        return article

    @cached_property
    def _wanted(self) -> list[str]:
        return [bare((decision.value or "").strip(MARKS)) for decision in self.withheld]

    def withdrawal(self, article: Article, line: int = 0) -> Decision | None:
        """The withdrawal that *article* falls under: by its id, its text, nearly its text, or as a brief of what was withdrawn."""
        if not self.withdrawals:
            return None
        shown = self.shown(article)
        for decision in self.withdrawals:
            if any(decision.concerns(each, line) or decision.content_hash == each.content_hash for each in (article, shown)):
                return decision
            if article.original and article.original in (decision.article, decision.article.rsplit("/", 1)[-1]):
                return decision
        from retrieval.reprints import signature

        place = self._withdrawn.first_alike(signature(article.body))
        return None if place is None else self.withdrawals[place]

    @cached_property
    def _withdrawn(self) -> Known:
        from retrieval.reprints import Known

        return Known([bytes.fromhex(decision.signature) for decision in self.withdrawals])

    def marks(self) -> dict[str, str]:
        """For each article concerned, what is in force on it, as a digest: a library tells by it what it has not heard of."""
        told: dict[str, list[object]] = {}
        for decision in (*(each for several in self.corrections.values() for each in several), *self.withdrawals):
            told.setdefault(decision.article, []).append([decision.kind, decision.value, decision.content_hash])
        for decision in self.withheld:
            told.setdefault(EVERYWHERE if decision.everywhere else decision.article, []).append([decision.kind, decision.value])
        return {id: sha256(json.dumps(acts).encode()).hexdigest()[:16] for id, acts in sorted(told.items())}


class Decisions:
    """The decisions in a ledger; every act and every undoing is a line of the log, too."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def rules(self) -> Rules:
        return Rules(self._found("undone_at is null"))

    def all(self) -> Sequence[Decision]:
        """All that are in force, newest first."""
        return self._found("undone_at is null")[::-1]

    def keep(self, decision: Decision) -> Decision:
        """Keeps *decision*, in force from now on; the same with its number."""
        details = {
            "title": decision.title, "original": dict(decision.original), "signature": decision.signature,
            "taken": [[each.id, each.path, each.line] for each in decision.taken],
        }  # fmt: skip
        number = self._ledger.write(
            "insert into decisions (at, who, kind, article, value, content_hash, details) values (?, ?, ?, ?, ?, ?, ?)",
            [decision.at.astimezone(UTC).isoformat(), decision.who, decision.kind, decision.article, decision.value, decision.content_hash, json.dumps(details)],
        )
        kept = replace(decision, number=number)
        _audit("done", kept, kept.who)
        return kept

    def undoable(self, now: datetime) -> Decision | None:
        """The latest act in force, if it is not older than UNDOABLE by *now*."""
        found = self._found("undone_at is null and at >= ?", [(now - UNDOABLE).astimezone(UTC).isoformat()])
        return found[-1] if found else None

    def undo(self, decision: Decision, who: str, at: datetime) -> None:
        """The decision is in force no longer; that it was made, and who undid it, stays known."""
        self._ledger.write("update decisions set undone_at = ?, undone_by = ? where number = ?", [at.astimezone(UTC).isoformat(), who, decision.number])
        _audit("undone", decision, who)

    def _found(self, where: str, values: Sequence[object] = ()) -> list[Decision]:
        return [_decision(row) for row in self._ledger.read(f"select * from decisions where {where} order by number", values)]


def _audit(what: str, decision: Decision, who: str) -> None:
    fields = {"act": decision.kind, "article": decision.article, "who": who, "decision": decision.number}
    log.info("an admin's act %s: %s %s by %s (number %d)", what, *fields.values(), extra={"fields": fields})


def _decision(row: Mapping[str, Any]) -> Decision:
    details = json.loads(row["details"])
    taken = tuple(Taken(id=id, path=path, line=line) for id, path, line in details.pop("taken"))
    at = datetime.fromisoformat(row["at"])
    columns = {name: row[name] for name in ("number", "who", "kind", "article", "value", "content_hash")}
    return Decision(at=at, taken=taken, **columns, **details)
