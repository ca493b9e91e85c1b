"""`/undo`: those who can take back their latest act in, the latest of all acts taken back, and what it was, out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from bot.handling import Request
from bot.replies import Block, Reply


class Undoable(Protocol):
    def undoable(self, now: datetime) -> datetime | None:
        """When the latest act was done that this one can take back by *now*; None where there is none."""

    def undo(self, request: Request) -> Reply:
        """Takes it back, whoever did it, and says what it was."""


def undo(desks: Sequence[Undoable], request: Request) -> Reply:
    """Takes back the latest act of all *desks*; of two at the same moment, the one of the desk that comes later."""
    done = [(at, place) for place, desk in enumerate(desks) if (at := desk.undoable(request.at))]
    if not done:
        return Reply((Block(request.scene.say("nothing_to_undo")),), language=request.scene.language)
    _, place = max(done, key=lambda each: (each[0].astimezone(UTC), each[1]))
    return desks[place].undo(request)
