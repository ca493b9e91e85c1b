"""What a command or a pressed button hands over, and the signature of what handles it; modules of the desk give tables of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.replies import Message, Reply, Visitor
from bot.telling import Scene
from retrieval.records import Progress

Watch = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Request:
    """`rest` is what stands after a command's name or a button's verb; `at` is when; `watch` follows a long job."""

    rest: str
    message: Message
    visitor: Visitor
    scene: Scene
    at: datetime
    watch: Watch | None = None


Handler = Callable[[Request], Reply]


def joined(tables: Iterable[Mapping[str, Handler]]) -> dict[str, Handler]:
    """One table of several."""
    return {name: handler for table in tables for name, handler in table.items()}
