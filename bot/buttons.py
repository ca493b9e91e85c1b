"""A press of a button in, a reply out: context, the article, more excerpts, feedback.

An action is `verb:answer id:number…`, at most 64 bytes; the answer lies in the ledger, so that buttons outlive a
restart. A past answer is quoted from its articles as they are now, and never words that are no longer there.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from bot import reports, telling
from bot.replies import Block, Button, Reply, Visitor
from bot.telling import Scene
from retrieval.passages import sentences
from retrieval.records import Article, Excerpt, Span
from retrieval.withholding import GAP

if TYPE_CHECKING:
    from retrieval import Library
    from retrieval.ledger import Citation, Ledger, PastAnswer, Rating

NEAR = 2
"""Sentences before and after an excerpt that one press shows; each further press shows as many more."""

PAGE_LENGTH = 1500
"""Characters of an article on one page: two screens of a phone."""

MORE = 3
"""Further excerpts at a time, as many as fit a phone's screen with their sources."""

REASONS: dict[str, Rating] = {"off": "off_target", "num": "wrong_figure", "old": "outdated"}


class Buttons:
    """What the buttons under an answer do, given the past answer they belong to."""

    def __init__(self, library: Library, ledger: Ledger) -> None:
        self._library = library
        self._ledger = ledger

    def press(self, verb: str, past: PastAnswer, numbers: list[int], visitor: Visitor, scene: Scene, at: datetime) -> Reply | None:
        """The reply to a press at *at*, or None for a verb that is not one of these."""
        first, second = (*numbers, 0, 0)[:2]
        if verb == "near":
            return self.near(past, first, max(1, second), scene)
        if verb == "full":
            return self.article(past, first, second, scene)
        if verb == "more":
            return self.more(past, first, scene)
        if verb == "good":
            self._ledger.rate(past.id, visitor.user, "useful", at)
            return _notice(scene, "thanks_useful")
        if verb == "bad":
            labels = {"off": "button_off_target", "num": "button_wrong_figure", "old": "button_outdated"}
            row = tuple(Button(scene.say(label), f"{reason}:{past.id}") for reason, label in labels.items())
            return Reply((Block(scene.say("why_wrong")),), (row,), language=scene.language)
        if verb == "wish":
            self._ledger.rate(past.id, visitor.user, "wish", at)
            return _notice(scene, "thanks_wish")
        if verb in REASONS:
            return self._wrong(past, REASONS[verb], visitor, scene, at)
        return None

    def near(self, past: PastAnswer, rank: int, times: int, scene: Scene) -> Reply:
        """The excerpt within the sentences around it, its own words marked."""
        excerpt = self._excerpt(past, rank)
        if excerpt is None:
            return self._lost(past, rank, scene)
        article = excerpt.article
        start, end = around(article.body, (excerpt.start, excerpt.end), NEAR * times)
        wide = Excerpt(article, start, end, ((excerpt.start - start, excerpt.end - start),), place=excerpt.place)
        blocks = (Block(scene.say("context"), "heading"), telling.quote(wide), telling.source(wide, scene))
        row = [_full_button(article, past, rank, scene)]
        if (start, end) != (0, len(article.body)):
            row.insert(0, Button(scene.say("button_context"), f"near:{past.id}:{rank}:{times + 1}"))
        return Reply(blocks, (tuple(row),), language=scene.language)

    def article(self, past: PastAnswer, rank: int, page: int, scene: Scene) -> Reply:
        """A page of the cited article (from 1; 0 is the page that holds the excerpt), the excerpt marked."""
        excerpt = self._excerpt(past, rank)
        article = self._stored(past.citations[rank].article_id) if rank < len(past.citations) else None
        if article is None:
            return self._lost(past, rank, scene)
        pages = paged(article.body)
        if not 1 <= page <= len(pages):
            page = 1 + next((i for i, (_, end) in enumerate(pages) if excerpt and excerpt.start < end), 0)
        start, end = pages[page - 1]
        marks: tuple[Span, ...] = ()
        if excerpt and excerpt.start < end and excerpt.end > start:
            marks = ((max(excerpt.start, start) - start, min(excerpt.end, end) - start),)
        about = telling.source(excerpt or Excerpt(article, 0, 0), scene)
        number = [Block(scene.say("page_of", page=page, pages=len(pages)), "notice")] if len(pages) > 1 else []
        blocks = (about, Block(article.body[start:end].strip("\n"), "quote", _shifted(article.body[start:end], marks)), *number)
        row = []
        if page > 1:
            row.append(Button(scene.say("button_previous"), f"full:{past.id}:{rank}:{page - 1}"))
        if page < len(pages):
            row.append(Button(scene.say("button_next"), f"full:{past.id}:{rank}:{page + 1}"))
        return Reply(blocks, (tuple(row),) if row else (), language=scene.language)

    def more(self, past: PastAnswer, first: int, scene: Scene) -> Reply:
        """The next excerpts of the answer, from the one with index *first*."""
        told = [(rank, self._excerpt(past, rank)) for rank in range(first, min(first + MORE, len(past.citations)))]
        standing = [(rank, excerpt) for rank, excerpt in told if excerpt]
        if not standing:
            return self._lost(past, first, scene)
        blocks = (Block(scene.say("more")), *telling.numbered([excerpt for _, excerpt in standing], scene))
        near = tuple(telling.near_button(past.id, rank, place, scene) for place, (rank, _) in enumerate(standing, 1))
        rows = [near]
        if first + MORE < len(past.citations):
            rows.append((Button(scene.say("button_more"), f"more:{past.id}:{first + MORE}"),))
        return Reply(blocks, tuple(rows), language=scene.language)

    def _wrong(self, past: PastAnswer, rating: Rating, visitor: Visitor, scene: Scene, at: datetime) -> Reply:
        """Notes what is wrong; a wrong or outdated figure reaches the admins at once, with the excerpt."""
        self._ledger.rate(past.id, visitor.user, rating, at)
        told: tuple[Block, ...] = ()
        offered: tuple[tuple[Button, ...], ...] = ()
        excerpt = self._excerpt(past, 0)
        if rating != "off_target" and excerpt:
            head = scene.say("reported", what=scene.say(f"button_{rating}"), question=past.question)
            told = (Block(head, "notice"), *telling.cited(excerpt, scene, None))
            offered = reports.buttons(past, 0, scene)
        return Reply(notice=scene.say("thanks_wrong" if told else "thanks_useful"), for_admins=told, admin_buttons=offered, language=scene.language)

    def _excerpt(self, past: PastAnswer, rank: int) -> Excerpt | None:
        """The cited words in the article as it is now, or None where they are not in it any more."""
        if not 0 <= rank < len(past.citations):
            return None
        citation: Citation = past.citations[rank]
        return citation.excerpt(self._stored(citation.article_id))

    def _stored(self, article_id: str) -> Article | None:
        return self._library.engine.articles([article_id]).get(article_id)

    def _lost(self, past: PastAnswer, rank: int, scene: Scene) -> Reply:
        known = 0 <= rank < len(past.citations)
        if not known:
            return _notice(scene, "nothing_more")
        article = self._stored(past.citations[rank].article_id)
        return _notice(scene, "article_gone" if article is None else "passage_withheld" if GAP in article.body else "article_changed")


def around(body: str, span: Span, sentences_each_side: int) -> Span:
    """*span* grown to whole sentences and as many more on each side, without the white space at its ends."""
    spans = sentences(body)
    inside = [i for i, (start, end) in enumerate(spans) if start < span[1] and end > span[0]]
    first, last = max(0, inside[0] - sentences_each_side), min(len(spans) - 1, inside[-1] + sentences_each_side)
    start, end = spans[first][0], spans[last][1]
    text = body[start:end]
    return start + len(text) - len(text.lstrip()), end - (len(text) - len(text.rstrip()))


def paged(body: str) -> list[Span]:
    """The pages of an article: whole sentences, a new page after about PAGE_LENGTH characters."""
    pages: list[Span] = []
    for start, end in sentences(body):
        if pages and end - pages[-1][0] <= PAGE_LENGTH:
            pages[-1] = (pages[-1][0], end)
        else:
            pages.append((start, end))
    return pages or [(0, len(body))]


def _shifted(text: str, marks: tuple[Span, ...]) -> tuple[Span, ...]:
    """Marks of *text* after its leading and closing empty lines are gone."""
    lead = len(text) - len(text.lstrip("\n"))
    length = len(text.strip("\n"))
    return tuple((max(0, start - lead), min(length, end - lead)) for start, end in marks)


def _full_button(article: Article, past: PastAnswer, rank: int, scene: Scene) -> Button:
    return Button(scene.say("button_brief" if article.kind == "brief" else "button_original"), f"full:{past.id}:{rank}")


def _notice(scene: Scene, key: str) -> Reply:
    return Reply(notice=scene.say(key), language=scene.language)
