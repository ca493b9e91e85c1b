"""The week for admins: the figures, what was asked in vain, the newest article, the last backup; one line where all was quiet."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot import stats, telling
from bot.gaps import Gaps, what
from bot.keeping import LAST_BACKUP
from bot.replies import Block, Button, Reply
from bot.telling import Scene
from retrieval.gaps import LATEST, Gap, gaps
from retrieval.tallies import Tally, tally

if TYPE_CHECKING:
    from retrieval import Library
    from retrieval.ledger import Ledger

AT = time(9)
"""Monday morning at nine, when offices have opened."""

GAPS = 3
"""Gaps that are named; the button leads to all of them."""


def due(now: datetime, zone: ZoneInfo) -> date:
    """The Monday whose digest is the latest that should have been sent by *now*."""
    local = now.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday())
    return monday if local >= datetime.combine(monday, AT, zone) else monday - timedelta(days=7)


def told(library: Library, ledger: Ledger, zone: ZoneInfo, monday: date, scene: Scene) -> Reply:
    """The week that ended the day before *monday*."""
    week, before = (tally(ledger, zone, monday - timedelta(days=7 * back), monday - timedelta(days=7 * back - 6)) for back in (1, 2))
    span = {"begin": scene.day(week.first.isoformat()), "end": scene.day(week.last.isoformat())}
    if not week.questions and not week.wrong:
        return Reply((Block(scene.say("digest_quiet", **span)),), language=scene.language)
    blocks = [Block("\n".join([scene.say("digest", **span), *stats.figures(week, before, scene)]))]
    missed = _gaps(library, ledger, zone, week)
    if missed:
        lines = [scene.say("digest_gap", number=number, what=what(gap, scene), times=gap.times) for number, gap in enumerate(missed[:GAPS], 1)]
        blocks.append(Block("\n".join([scene.say("digest_gaps"), *lines])))
    blocks.append(Block("\n".join([_newest(library, scene), backed_up(ledger, zone, scene)])))
    more = (Button(scene.say("button_gaps"), "desk:gaps"),) * bool(missed) + (Button(scene.say("button_stats"), "desk:stats"),)
    ways_out = Gaps(library, ledger, zone).ways_out(missed[:GAPS], scene) if missed else ()
    return Reply(tuple(blocks), (*ways_out, more), language=scene.language)


def _gaps(library: Library, ledger: Ledger, zone: ZoneInfo, week: Tally) -> list[Gap]:
    """What was asked in vain in that week."""
    asked = [past for past in ledger.unanswered(LATEST) if week.first <= past.at.astimezone(zone).date() <= week.last]
    return gaps(asked, library.cutter)


def _newest(library: Library, scene: Scene) -> str:
    newest = library.contents(0, 1)
    if not newest:
        return scene.say("library_empty")
    return scene.say("digest_newest", title=telling.named(newest[0], scene), outlet=newest[0].outlet or scene.say("no_outlet"), date=scene.day(newest[0].published))


def backed_up(ledger: Ledger, zone: ZoneInfo, scene: Scene) -> str:
    """When the last backup was made."""
    last = ledger.get(LAST_BACKUP)
    if last is None:
        return scene.say("backup_none")
    return scene.say("backup_last", date=scene.day(datetime.fromisoformat(last).astimezone(zone).date().isoformat()))
