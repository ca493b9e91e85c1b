"""What was asked in vain, for admins: the top of it as words in the chat, all of it as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot import reasons
from bot.handling import Handler
from bot.replies import Block, Button, Document, Reply
from bot.telling import Scene
from retrieval import questions
from retrieval.decisions import SAME
from retrieval.gaps import LATEST, Gap, candidates, gaps
from retrieval.lexicon import default_lexicon

if TYPE_CHECKING:
    from retrieval import Library
    from retrieval.ledger import Ledger

TOLD = 10
"""Gaps in the message; the table has all."""

BUTTONS = 6
"""Gaps with a button for a synonym: three rows of two, whose labels a phone shows whole."""


class Gaps:
    """What an admin gets of what was asked in vain, and what they can do about it."""

    def __init__(self, library: Library, ledger: Ledger, zone: ZoneInfo) -> None:
        self._library, self._ledger, self._zone = library, ledger, zone

    def commands(self) -> dict[str, Handler]:
        return {"gaps": lambda request: self.told(request.scene)}

    def presses(self) -> dict[str, Handler]:
        """`gapword:` and a word that the articles do not hold: asks what they call it."""
        return {"gapword": lambda request: self.asked(request.rest, request.scene)}

    def told(self, scene: Scene) -> Reply:
        """The gaps that most people meet first; empty where everything that is kept was answered."""
        found = gaps(self._ledger.unanswered(LATEST), self._library.cutter)
        if not found:
            return Reply((Block(scene.say("gaps_none")),), language=scene.language)
        zone = self._zone
        lines = [scene.say("gap", number=number, what=what(gap, scene), times=gap.times, date=scene.day(_day(gap, zone))) for number, gap in enumerate(found[:TOLD], 1)]
        rest = [Block(scene.say("and_more", count=len(found) - TOLD), "notice")] if len(found) > TOLD else []
        blocks = (Block(scene.say("gaps", count=len(found))), *map(Block, lines), *rest, Block(scene.say("gaps_private"), "notice"))
        return Reply(blocks, self.ways_out(found[:TOLD], scene), document=Document("gaps.csv", _table(found, zone, scene)), language=scene.language)

    def ways_out(self, found: Sequence[Gap], scene: Scene) -> tuple[tuple[Button, ...], ...]:
        """An article that is missing, and for each gap a word that the articles may only call otherwise."""
        missing = ((number, self._missing(gap)) for number, gap in enumerate(found, 1))
        words = [Button(scene.say("button_gap_word", number=number, word=word), f"gapword:{word}") for number, word in missing if word][:BUTTONS]
        rows = [tuple(words[first : first + 2]) for first in range(0, len(words), 2)]
        return ((Button(scene.say("button_gap_add"), "desk:add"),), *rows)

    def _missing(self, gap: Gap) -> str:
        """The first word of the gap that no article holds and that a button can carry; empty where there is none."""
        held = questions.held(gap.words, self._library.engine.frequencies)
        known = self._library.wording
        return next((word for word in gap.words if not held[word] and word not in known and len(word) > 1 and len(f"gapword:{word}".encode()) <= 64), "")

    def asked(self, word: str, scene: Scene) -> Reply:
        """What the articles may call *word*: suggestions as buttons, and how to write another."""
        found = candidates(word, self._library.engine.frequencies, default_lexicon())
        buttons = tuple(Button(other, action) for other in found if len((action := f"same:{word}{SAME}{other}").encode()) <= 64)
        text = scene.say("gap_word", word=word) if buttons else scene.say("gap_word_none", word=word)
        rows = ((buttons,) if buttons else ()) + ((Button(scene.say("button_gap_add"), "desk:add"),),)
        return Reply((Block(text),), rows, language=scene.language)


def what(gap: Gap, scene: Scene) -> str:
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
        writer.writerow([gap.times, _day(gap, zone), reasons.cell(gap.question or ""), reasons.cell(" ".join(gap.words))])
    return table.getvalue().encode("utf-8-sig", "replace")
