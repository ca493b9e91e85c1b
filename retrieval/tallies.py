"""Past answers in, counts out: how much was asked and answered in a span of days, by how many, and what was cited.

Nobody is named: people are counted by the last part of their conversation's key, which is read here and not handed on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from retrieval.ledger import Ledger

TOP = 3
"""Articles that are named as cited most."""


@dataclass(frozen=True, slots=True)
class Day:
    """The questions of one day, by what became of them."""

    date: date
    answered: int = 0
    related: int = 0
    missed: int = 0

    @property
    def questions(self) -> int:
        return self.answered + self.related + self.missed


@dataclass(frozen=True, slots=True)
class Tally:
    """A span of days: its questions by what became of them, how many people asked, how often an answer was called wrong.

    `cited` are the articles that answers quoted most: id, title as it was then, in how many answers.
    """

    first: date
    last: date
    answered: int
    related: int
    missed: int
    askers: int
    wrong: int
    cited: tuple[tuple[str, str | None, int], ...] = ()

    @property
    def questions(self) -> int:
        return self.answered + self.related + self.missed

    @property
    def share(self) -> float | None:
        """The share of the questions that was answered; None where nobody asked."""
        return self.answered / self.questions if self.questions else None


def days(ledger: Ledger, zone: ZoneInfo, last: date, count: int) -> list[Day]:
    """The *count* days up to *last* in *zone*, oldest first, those without questions too."""
    first = last - timedelta(days=count - 1)
    tallied: Counter[tuple[date, str]] = Counter()
    for row in ledger.read("select at, status from answers where at >= ? and at < ?", _span(first, last, zone)):
        tallied[datetime.fromisoformat(row["at"]).astimezone(zone).date(), row["status"]] += 1
    dates = [first + timedelta(days=number) for number in range(count)]
    return [Day(each, tallied[each, "answered"], tallied[each, "related"], tallied[each, "no_answer"]) for each in dates]


def tally(ledger: Ledger, zone: ZoneInfo, first: date, last: date) -> Tally:
    """The days from *first* to *last*, both whole, in *zone*."""
    span = _span(first, last, zone)
    rows = ledger.read("select status, context from answers where at >= ? and at < ?", span)
    became = Counter(row["status"] for row in rows)
    askers = {row["context"].rsplit(":", 1)[-1] for row in rows}
    ratings = "rating in ('off_target', 'wrong_figure', 'outdated')"
    wrong = ledger.read(f"select count(*) as times from feedback where {ratings} and at >= ? and at < ?", span)[0]["times"]
    cited = ledger.read(
        "select article, max(details ->> 'title') as title, count(distinct answer) as times from citations join answers on answer = id "
        "where at >= ? and at < ? and status = 'answered' and rank < shown group by article order by times desc, article limit ?",
        [*span, TOP],
    )
    articles = tuple((row["article"], row["title"], row["times"]) for row in cited)
    return Tally(first, last, became["answered"], became["related"], became["no_answer"], len(askers), wrong, articles)


def _span(first: date, last: date, zone: ZoneInfo) -> list[str]:
    """From midnight to midnight, as the ledger writes moments."""
    ends = (datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone))
    return [end.astimezone(UTC).isoformat(timespec="microseconds") for end in ends]
