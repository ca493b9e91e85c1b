"""The code that makes whoever sends it the first admin: shown once on a terminal, kept as a digest, used up or void soon.

Only its digest lies in the ledger, and nothing of it in a log. It holds for VALID, for one use, until the next start,
and for so many wrong tries.
"""

from __future__ import annotations

import argparse
import hmac
import json
import logging
import secrets
import unicodedata
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from bot.access import People
from retrieval.errors import UsageError
from retrieval.ledger import Ledger

if TYPE_CHECKING:
    from bot.settings import Settings

log = logging.getLogger(__name__)

CLAIM = "claim"
"""The ledger's value with the digest of the code, until when it holds, and who tried how often in vain."""

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody takes for one another: five bits each."""

LENGTH = 16
"""80 bits: beyond all guessing within the tries that there are."""

VALID = timedelta(hours=1)

TRIES_EACH, TRIES = 3, 12
"""Wrong codes of one person, after which they are not looked at, and of all, after which the code is void."""

Outcome = Literal["claimed", "wrong", "void", "none"]


def announce(ledger: Ledger, people: People, terminal: bool) -> None:
    """At the start of a bot: an earlier code is void; where nobody is an admin, a fresh one is printed, on a terminal only."""
    withdraw(ledger)
    if people.admins():
        return
    if terminal:
        _print(offer(ledger, datetime.now(UTC)))
    else:
        log.warning("nobody is an admin: `wenda claim` prints a code to become one by, or set WENDA_ADMINS")


def show(settings: Settings, given: argparse.Namespace) -> int:
    """`wenda claim`: prints a fresh code, as the start of a bot on a terminal does. Raises UsageError where there is an admin."""
    ledger = Ledger.open(settings.ledger)
    try:
        if People(ledger, settings.admins).admins():
            raise UsageError("there is an admin already: they make others with /admin, and so does WENDA_ADMINS")
        _print(offer(ledger, datetime.now(UTC)))
    finally:
        ledger.close()
    return 0


def _print(code: str) -> None:
    print(f"Nobody is an admin of this bot yet. To become one, send it in its private chat:\n\n    /claim {code}\n\nThe code works once, for an hour, and stands nowhere else.", flush=True)


def offer(ledger: Ledger, now: datetime) -> str:
    """A fresh code, in groups of four; an earlier one is void."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    ledger.put(CLAIM, json.dumps({"digest": _digest(code), "until": (now + VALID).astimezone(UTC).isoformat(), "tries": {}}))
    return "-".join(code[at : at + 4] for at in range(0, LENGTH, 4))


def withdraw(ledger: Ledger) -> None:
    """Makes the code void, if there is one."""
    if ledger.get(CLAIM) is not None:
        ledger.put(CLAIM, None)


def is_open(ledger: Ledger) -> bool:
    """Whether a code was offered and not used; it may be void."""
    return ledger.get(CLAIM) is not None


def take(ledger: Ledger, people: People, given: str, who: str, now: datetime) -> Outcome:
    """Makes *who* the first admin if *given* is the code; every wrong try is counted."""
    with ledger.atomic():
        offered = json.loads(ledger.get(CLAIM) or "{}")
        if not offered:
            return "none"
        tries: dict[str, int] = offered["tries"]
        if now >= datetime.fromisoformat(offered["until"]) or sum(tries.values()) >= TRIES or tries.get(who, 0) >= TRIES_EACH:
            return "void"
        if not hmac.compare_digest(offered["digest"], _digest(_typed(given))):
            tries[who] = tries.get(who, 0) + 1
            ledger.put(CLAIM, json.dumps(offered))
            log.warning("a wrong claim code from %s; %d wrong tries so far", who, sum(tries.values()))
            return "wrong"
        ledger.put(CLAIM, None)
        return "claimed" if people.claim(who, now) else "none"


def _typed(given: str) -> str:
    """The code as people type it: small letters, full-width ones, with or without dashes."""
    return "".join(character for character in unicodedata.normalize("NFKC", given).upper() if character in ALPHABET)


def _digest(code: str) -> str:
    return sha256(code.encode()).hexdigest()
