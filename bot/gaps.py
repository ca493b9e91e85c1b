"""What was asked in vain, for admins: the top of it as words in the chat, all of it as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.replies import Block, Document, Reply
from bot.telling import Scene
from retrieval.gaps import LATEST, Gap, gaps

if TYPE_CHECKING:
    from retrieval import Library
    from retrieval.ledger import Ledger

TOLD = 10
"""Gaps in the message; the table has all."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def told(library: Library, ledger: Ledger, zone: ZoneInfo, scene: Scene) -> Reply:
    """The gaps that most people meet first; empty where everything that is kept was answered."""
    found = gaps(ledger.unanswered(LATEST), library.cutter)
    if not found:
        return Reply((Block(scene.say("gaps_none")),), language=scene.language)
    lines = [scene.say("gap", number=number, what=_what(gap, scene), times=gap.times, date=scene.day(_day(gap, zone))) for number, gap in enumerate(found[:TOLD], 1)]
    rest = [Block(scene.say("and_more", count=len(found) - TOLD), "notice")] if len(found) > TOLD else []
    blocks = (Block(scene.say("gaps", count=len(found))), *map(Block, lines), *rest, Block(scene.say("gaps_private"), "notice"))
    return Reply(blocks, document=Document("gaps.csv", _table(found, zone, scene)), language=scene.language)


def _what(gap: Gap, scene: Scene) -> str:
    """The question where several people asked it; else its words alone."""
    return gap.question or scene.say("gap_words", words=scene.listed(list(gap.words)))


def _day(gap: Gap, zone: ZoneInfo) -> str:
    return gap.last.astimezone(zone).date().isoformat()


def _table(found: list[Gap], zone: ZoneInfo, scene: Scene) -> bytes:
    """A table in UTF-8 with a mark at its start, which Excel needs to read it as such; no cell is a formula."""
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow([scene.say(f"gap_column_{name}") for name in ("times", "last", "question", "words")])
    for gap in found:
        writer.writerow([gap.times, _day(gap, zone), _cell(gap.question or ""), _cell(" ".join(gap.words))])
    return table.getvalue().encode("utf-8-sig", "replace")


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
