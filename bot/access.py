"""Who was let in and who was shut out from a chat, beside the settings: kept in the ledger, in force with the next update."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Access:
    """Ids of people and chats; nobody is in both sets."""

    let_in: frozenset[str] = frozenset()
    shut_out: frozenset[str] = frozenset()


def access(ledger: Ledger) -> Access:
    """The lists as they are this moment."""
    return Access(*(frozenset((ledger.get(key) or "").split(",")) - {""} for key in ("let_in", "shut_out")))


def allow(ledger: Ledger, id: str) -> None:
    """Lets *id* in, also where it was shut out before."""
    now = access(ledger)
    _keep(ledger, Access(now.let_in | {id}, now.shut_out - {id}))


def deny(ledger: Ledger, id: str) -> None:
    """Shuts *id* out, which wins over every permission."""
    now = access(ledger)
    _keep(ledger, Access(now.let_in - {id}, now.shut_out | {id}))


def number(text: str) -> str | None:
    """The id of a person or a chat in *text*, or None."""
    return text.strip() if re.fullmatch(r"\s*-?\d{1,20}\s*", text, re.ASCII) else None


def _keep(ledger: Ledger, lists: Access) -> None:
    ledger.put("let_in", ",".join(sorted(lists.let_in)) or None)
    ledger.put("shut_out", ",".join(sorted(lists.shut_out)) or None)
