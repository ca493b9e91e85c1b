"""Articles on their way into the library: what an admin sent and has not yet taken in, kept in the ledger for a day.

A draft belongs to one admin and outlives a restart. What was taken in leaves a receipt, by which it can be taken back.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from retrieval.decisions import UNDOABLE
from retrieval.records import Article

if TYPE_CHECKING:
    from retrieval.ledger import Ledger

Kind = Literal["text", "file", "articles", "receipt"]
Field = Literal["title", "outlet", "published"]

FIELDS: tuple[Field, ...] = ("published", "title", "outlet")
"""What an admin can put right before an article is taken in, in the order of the buttons."""

KEPT = timedelta(days=1)
"""How long a draft waits; a receipt waits as long as any act can be undone."""

LISTENING = timedelta(hours=1)
"""How long what an admin writes belongs to a draft that asked for it; later it is more likely a question."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What an admin sent, as it came, and what was said about it since.

    text      pasted words, UTF-8           file      a file's bytes under its `name`
    articles  read already (a link, a feed, a post), as JSON
    receipt   the files that were taken in and the decisions about them, as JSON

    `awaits` is what the admin's next message is: `text`, one of FIELDS, or nothing. `feed` is the address of the feed
    that `articles` come from. `unsourced` says that the text was passed on without a trace of where it stood.
    """

    key: str
    owner: str
    at: datetime
    kind: Kind
    name: str = ""
    data: bytes = b""
    awaits: str = ""
    parts: int = 0
    tail: int = 0
    corrections: dict[Field, str | None] = field(default_factory=dict)
    feed: str = ""
    unsourced: bool = False
    skipped: tuple[tuple[str, str], ...] = ()


_DETAILS = ("awaits", "parts", "tail", "corrections", "feed", "unsourced", "skipped")


class Drafts:
    """The drafts in a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def open(self, owner: str, at: datetime, kind: Kind, name: str = "", data: bytes = b"", **details: Any) -> Draft:
        """A new draft, kept; it is the one that listens where it awaits something."""
        draft = Draft(key=secrets.token_hex(6), owner=owner, at=at, kind=kind, name=name, data=data, **details)
        self.keep(draft, at)
        return draft

    def keep(self, draft: Draft, at: datetime) -> Draft:
        """Keeps *draft* as it is now; where it awaits something, no other draft of its owner does from now on."""
        draft = replace(draft, at=at)
        if draft.awaits:
            self._ledger.write("update drafts set details = json_set(details, '$.awaits', '') where owner = ? and key != ?", [draft.owner, draft.key])
        details = json.dumps({name: getattr(draft, name) for name in _DETAILS}, ensure_ascii=False)
        self._ledger.write(
            "replace into drafts (key, owner, at, kind, name, data, details) values (?, ?, ?, ?, ?, ?, ?)",
            [draft.key, draft.owner, _iso(at), draft.kind, draft.name, draft.data, details],
        )
        return draft

    def find(self, key: str, owner: str, at: datetime) -> Draft | None:
        """The draft with this key, if it is not too old and this admin's; a receipt is every admin's, as every act is."""
        return self._first("key = ? and (owner = ? or kind = 'receipt')", [key, owner], at)

    def receipt(self, at: datetime) -> Draft | None:
        """The receipt of the articles that were taken in last, whoever did it."""
        return self._first("kind = 'receipt' and json_array_length(cast(data as text), '$.ids') > 0", [], at)

    def listening(self, owner: str, at: datetime) -> Draft | None:
        """The draft that this admin's next message belongs to."""
        return self._first("owner = ? and details ->> 'awaits' != '' and at >= ?", [owner, _iso(at - LISTENING)], at)

    def drop(self, draft: Draft) -> None:
        """Leaves no trace of *draft*."""
        self._ledger.write("delete from drafts where key = ?", [draft.key])

    def tidy(self, at: datetime) -> None:
        """Drops what is too old."""
        self._ledger.write("delete from drafts where at < iif(kind = 'receipt', ?, ?)", [_iso(at - UNDOABLE), _iso(at - KEPT)])

    def _first(self, where: str, values: list[object], at: datetime) -> Draft | None:
        rows = self._ledger.read(
            f"select * from drafts where {where} and at >= iif(kind = 'receipt', ?, ?) order by at desc limit 1", [*values, _iso(at - UNDOABLE), _iso(at - KEPT)]
        )
        if not rows:
            return None
        row = rows[0]
        details = json.loads(row["details"])
        details["skipped"] = tuple((path, reason) for path, reason in details["skipped"])
        columns = {name: row[name] for name in ("key", "owner", "kind", "name", "data")}
        return Draft(at=datetime.fromisoformat(row["at"]), **columns, **details)


def packed(articles: Iterable[Article]) -> bytes:
    """*articles* as a draft holds them: with where their dates were read, which a corpus file does not say."""
    rows = [{name: value for name, value in asdict(article).items() if name not in ("dropped", "body_lines")} for article in articles]
    return json.dumps(rows, ensure_ascii=False).encode("utf-8", "replace")


def unpacked(data: bytes) -> tuple[Article, ...]:
    def fields(row: dict[str, Any]) -> dict[str, Any]:
        return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}

    return tuple(Article(**fields(row)) for row in json.loads(data))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
