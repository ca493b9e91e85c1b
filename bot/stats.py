"""`/stats`: the last seven days in figures and words, and the last four weeks as a picture where there is enough to see."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot import telling
from bot.replies import Block, Document, Reply
from bot.telling import Scene
from retrieval.tallies import Day, Tally, days, tally

if TYPE_CHECKING:
    from retrieval import Library
    from retrieval.ledger import Ledger

log = logging.getLogger(__name__)

DRAWN = 28
"""Days in the picture: four weeks show whether a week is like the others."""

ENOUGH_DAYS, ENOUGH_QUESTIONS = 4, 10
"""Days with questions, and questions, from which a picture says more than a line of words."""


def told(library: Library, ledger: Ledger, zone: ZoneInfo, scene: Scene) -> Reply:
    """The figures of the seven days up to today, those of the seven before beside them."""
    last = scene.today
    now, before = (tally(ledger, zone, last - timedelta(days=back + 6), last - timedelta(days=back)) for back in (0, 7))
    if not now.questions:
        blocks = [Block(scene.say("stats_none", before=before.questions))]
    else:
        span = scene.say("stats_span", begin=scene.day(now.first.isoformat()), end=scene.day(now.last.isoformat()))
        blocks = [Block("\n".join([span, *figures(now, before, scene)])), *cited(now, library, scene), Block(scene.say("stats_kept"), "notice")]
    return Reply(tuple(blocks), picture=_picture(days(ledger, zone, last, DRAWN), last, scene), language=scene.language)


def figures(now: Tally, before: Tally, scene: Scene) -> list[str]:
    """A line for each figure."""
    return [
        scene.say("stats_asked", count=now.questions, before=before.questions),
        scene.say("stats_share", answered=now.answered, share=share(now, scene), before=share(before, scene)),
        scene.say("stats_rest", related=now.related, missed=now.missed),
        scene.say("stats_askers", count=now.askers),
        scene.say("stats_wrong", count=now.wrong),
    ]


def share(counted: Tally, scene: Scene) -> str:
    return scene.say("no_share") if counted.share is None else f"{counted.share:.0%}"


def cited(counted: Tally, library: Library, scene: Scene) -> list[Block]:
    """The articles that were quoted most, by the title they have now, or had where they are gone."""
    if not counted.cited:
        return []
    stored = library.engine.articles([id for id, _, _ in counted.cited])
    lines = [scene.say("stats_cited")]
    for number, (id, title, times) in enumerate(counted.cited, 1):
        named = telling.named(stored[id], scene) if id in stored else scene.say("title", title=title) if title else scene.say("no_title")
        lines.append(scene.say("stats_article", number=number, title=named, times=times))
    return [Block("\n".join(lines))]


def _picture(drawn: list[Day], last: date, scene: Scene) -> Document | None:
    """The picture, where a curve says more than words; the words alone where it cannot be drawn."""
    asked = [day for day in drawn if day.questions]
    if len(asked) < ENOUGH_DAYS or sum(day.questions for day in asked) < ENOUGH_QUESTIONS:
        return None
    try:
        from bot import pictures  # numpy and the glyphs, for those who look

        return Document(f"questions-{last.isoformat()}.png", pictures.chart(drawn, scene.language))
    except (OSError, ValueError, KeyError) as error:
        log.warning("the picture could not be drawn: %s", error)
        return None
