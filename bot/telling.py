"""An answer in, the reply a person reads out: what was understood, the answering words, the quotation, its source, what to beware of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot import words
from bot.replies import Block, Button, Language, Reply
from retrieval.records import Answer, Article, Excerpt, Window

LEAD_LENGTH = 24
"""Answering words longer than this are not repeated above the quotation: a phone line holds about 20 Han characters."""

_YEAR = re.compile(r"(?:19|20)\d\d年?$")
_SHAPED = frozenset({"amount", "when", "where", "who"})
"""Types of question whose highlights are the answer itself; elsewhere they are the words that match."""

_SENTENCE_ENDS = "。！？!?；;…：:”’」』）)》"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the library holds: articles, and the first and last day (ISO) where any article has a date."""

    articles: int
    oldest: str | None = None
    newest: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a reply is read: in which language, on which day, and what the operator has set."""

    language: Language
    today: date
    old_after: int = 2
    contact: str | None = None
    coverage: Coverage | None = None

    def say(self, key: str, /, **values: object) -> str:
        return words.say(self.language, key, **values)

    def day(self, iso: str | None) -> str:
        return words.date(self.language, iso)

    def listed(self, names: Sequence[str]) -> str:
        return self.say("enumeration").join(names)


def tell(answer: Answer, scene: Scene) -> Reply:
    """The reply that tells *answer*, in the order of a good reply on a phone, with its buttons."""
    if answer.message:
        return _reply(scene, (Block(words.small_talk(scene.language, answer.message)),), (), answer)
    blocks = _understood(answer, scene)
    if answer.status == "answered":
        blocks += _answered(answer, scene)
    elif answer.status == "related":
        blocks += _related(answer, scene)
    else:
        blocks += _missed(answer, scene)
    return _reply(scene, blocks, _buttons(answer, scene), answer)


def shown(answer: Answer) -> tuple[Excerpt, ...]:
    """The excerpts told at first; the others come with 更多. Figures over time are all told, oldest first."""
    if answer.figures_over_time:
        return tuple(sorted(answer.excerpts, key=lambda excerpt: excerpt.article.published or ""))
    return (answer.excerpts or answer.related)[: max(1, answer.shown)]


def cited(excerpt: Excerpt, scene: Scene, lead: Block | None) -> tuple[Block, ...]:
    """One excerpt with everything that belongs to it: lead, quotation, source, note, and words that its date dates."""
    blocks = [] if lead is None else [lead]
    blocks += [quote(excerpt), source(excerpt, scene)]
    article = excerpt.article
    if excerpt.reprints:
        blocks.append(Block(scene.say("reprints", count=len(excerpt.reprints)), "source"))
    if article.note:
        blocks.append(Block(scene.say("note", note=article.note), "source"))
    if excerpt.dated and article.published:
        when = scene.day(article.published[:7])
        blocks += [Block(scene.say("dated", word=word, date=when), "source") for word in excerpt.dated]
    return tuple(blocks)


def quote(excerpt: Excerpt) -> Block:
    """The verbatim words in quotation marks of their script, with …… where they begin or end inside a sentence."""
    body, text = excerpt.article.body, excerpt.text
    opening, closing = _quotation_marks(text, excerpt.article)
    before = "" if _begins_sentence(body, excerpt.start) else "……"
    after = "……" if text.rstrip()[-1:] not in _SENTENCE_ENDS and body[excerpt.end :].strip() else ""
    shift = len(opening) + len(before)
    marks = tuple((start + shift, end + shift) for start, end in excerpt.highlights)
    return Block(f"{opening}{before}{text}{after}{closing}", "quote", marks)


def source(excerpt: Excerpt, scene: Scene) -> Block:
    """Outlet and date in words, then the title; for a brief, that it is one."""
    article = excerpt.article
    outlet = article.outlet or scene.say("no_outlet")
    title = named(article, scene)
    if article.kind == "brief":
        return Block(scene.say("brief", title=title, outlet=outlet, date=scene.day(article.published)), "source", url=article.url)
    if article.original_published and article.original_published != article.published:
        first = scene.say("source_original", outlet=outlet, original=_original(article, scene), date=scene.day(article.published))
    elif words.names_issue(outlet):
        first = scene.say("source_issue", outlet=outlet, date=scene.day(article.published))
    else:
        first = scene.say("source", outlet=outlet, date=scene.day(article.published))
    again = scene.say("republished", outlet=article.republisher) if article.republisher else ""
    return Block(f"{first}\n{title}{again}", "source", url=article.url)


def named(article: Article, scene: Scene) -> str:
    return scene.say("title", title=article.title) if article.title else scene.say("no_title")


def numbered(blocks: Sequence[Excerpt], scene: Scene) -> tuple[Block, ...]:
    """Several excerpts under headings 一、二、 with their places."""
    told: list[Block] = []
    for position, excerpt in enumerate(blocks, 1):
        told += cited(excerpt, scene, _heading(position, excerpt, scene))
    return tuple(told)


def _reply(scene: Scene, blocks: Sequence[Block], buttons: Sequence[Sequence[Button]], answer: Answer | None) -> Reply:
    return Reply(tuple(blocks), tuple(tuple(row) for row in buttons if row), answer=answer, language=scene.language)


def _understood(answer: Answer, scene: Scene) -> tuple[Block, ...]:
    blocks = []
    if answer.rewritten:
        blocks.append(Block(scene.say("follow_up", question=answer.rewritten)))
    blocks += [Block(scene.say("corrected", read=read, typed=typed)) for typed, read in answer.corrected]
    if answer.window and answer.window.filters:
        blocks.append(Block(window_line(answer.window, scene)))
    return tuple(blocks)


def window_line(window: Window, scene: Scene) -> str:
    """The publication window in words, with the words of the question that it was read from."""
    key = "window_between" if window.begin and window.end else "window_from" if window.begin else "window_until"
    if window.begin and window.begin == window.end:
        key = "window_day"
    return scene.say(key, begin=scene.day(window.begin), end=scene.day(window.end), phrase=window.phrase)


def _answered(answer: Answer, scene: Scene) -> tuple[Block, ...]:
    excerpts = shown(answer)
    if len(excerpts) == 1:
        blocks = cited(excerpts[0], scene, _lead(excerpts[0], scene, answer))
    else:
        amount = answer.answer_type == "amount"
        key = "over_time" if answer.figures_over_time else "several_figures" if amount else "several"
        blocks = (Block(scene.say(key, count=len(excerpts))), *numbered(excerpts, scene))
    return blocks + _outside(answer, scene) + _aged(answer, excerpts, scene)


def _related(answer: Answer, scene: Scene) -> tuple[Block, ...]:
    year = next((word for word in answer.missing if _YEAR.match(word)), None)
    excerpts = shown(answer)
    blocks: tuple[Block, ...] = (Block(scene.say("related_year", year=year) if year else scene.say("related")),)
    if len(excerpts) == 1:
        place = excerpts[0].place
        blocks += cited(excerpts[0], scene, Block(place, "heading") if place else None)
    else:
        blocks += numbered(excerpts, scene)
    if answer.missing:
        blocks += (Block(scene.say("not_matched", words=scene.listed(answer.missing)), "notice"),)
    return blocks + _outside(answer, scene)


def _missed(answer: Answer, scene: Scene) -> tuple[Block, ...]:
    blocks = [Block(scene.say("no_answer"))]
    if answer.missing:
        blocks.append(Block(scene.say("not_found", words=scene.listed(answer.missing)), "notice"))
    blocks += _outside(answer, scene)
    closing = [covered(scene.coverage, scene)] if scene.coverage else []
    if scene.contact:
        closing.append(scene.say("contact_miss", contact=scene.contact))
    return (*blocks, Block("\n".join(closing))) if closing else tuple(blocks)


def covered(coverage: Coverage, scene: Scene) -> str:
    """How many articles there are, from when to when."""
    if not coverage.newest:
        return scene.say("coverage_undated", count=coverage.articles)
    oldest, newest = scene.day((coverage.oldest or coverage.newest)[:7]), scene.day(coverage.newest[:7])
    key = "coverage_one" if oldest == newest else "coverage"
    return scene.say(key, count=coverage.articles, oldest=oldest, newest=newest)


def _outside(answer: Answer, scene: Scene) -> tuple[Block, ...]:
    """What the publication window left out."""
    blocks = []
    if answer.outside_window:
        blocks.append(Block(scene.say("outside", count=answer.outside_window), "notice"))
    if answer.undated and answer.window and answer.window.filters:
        blocks.append(Block(scene.say("undated", count=answer.undated), "notice"))
    return tuple(blocks)


def _aged(answer: Answer, excerpts: Sequence[Excerpt], scene: Scene) -> tuple[Block, ...]:
    """That the reports are old, and whom to ask; figures over time show their dates already."""
    if answer.figures_over_time:
        return ()
    ages = sorted({years(excerpt.article.published, scene.today) for excerpt in excerpts if excerpt.article.published})
    if not ages or ages[0] < scene.old_after:
        return ()
    if len(excerpts) == 1:
        key = "old_amount" if answer.answer_type == "amount" and words.names_rate(excerpts[0].text) else "old"
        blocks = [Block(scene.say(key, years=ages[0]), "notice")]
    else:
        span = str(ages[0]) if len(ages) == 1 else scene.say("years_between", few=ages[0], many=ages[-1])
        blocks = [Block(scene.say("old_several", years=span), "notice")]
    if scene.contact:
        blocks.append(Block(scene.say("contact_old", contact=scene.contact), "notice"))
    return tuple(blocks)


def years(published: str | None, today: date) -> int:
    """Whole years from a publication date to *today*; a date without a day counts from its last one, never too many."""
    parts = [int(part) for part in (published or "").split("-") if part]
    if not parts:
        return 0
    year, month, day = [*parts, 12, 31][:3] if len(parts) == 1 else [*parts, 31][:3]
    return max(0, today.year - year - ((today.month, today.day) < (month, day)))


_BARE = re.compile(r"[\d０-９.,]*")


def answering_words(excerpt: Excerpt) -> str:
    """The highlighted words, joined, or nothing where they are too long to stand alone."""
    joined = "、".join(dict.fromkeys(excerpt.text[start:end].strip() for start, end in excerpt.highlights))
    return joined if len(joined) <= LEAD_LENGTH else ""


def _lead(excerpt: Excerpt, scene: Scene, answer: Answer) -> Block | None:
    answering = answering_words(excerpt) if answer.answer_type in _SHAPED else ""
    if answering in answer.question or _BARE.fullmatch(answering):  # 甘某是谁 is not answered by 甘某, nor 几个 by a 5 without its measure
        answering = ""
    if excerpt.place and answering and answering != excerpt.place:
        return Block(scene.say("lead", place=excerpt.place, words=answering), "lead")
    return Block(excerpt.place or answering, "lead") if excerpt.place or answering else None


def _heading(position: int, excerpt: Excerpt, scene: Scene) -> Block:
    place = excerpt.place or named(excerpt.article, scene)
    return Block(scene.say("heading", number=words.number(scene.language, position), place=place), "heading")


def _begins_sentence(body: str, start: int) -> bool:
    before = body[:start]
    return not before.strip() or before[-1] == "\n" or before.rstrip()[-1] in _SENTENCE_ENDS + "“「『（("


def _quotation_marks(text: str, article: Article) -> tuple[str, str]:
    """Marks of the article's script, or none where the words are one quotation already."""
    if text[:1] in ("“", "「") and text[-1:] in ("”", "」") and text.count(text[0]) == 1:
        return "", ""
    return ("「", "」") if article.script == "hant" else ("“", "”")


def _original(article: Article, scene: Scene) -> str:
    given = article.original_published or ""
    return scene.day(given) if re.fullmatch(r"\d{4}(-\d\d){0,2}", given) else given


def _buttons(answer: Answer, scene: Scene) -> tuple[tuple[Button, ...], ...]:
    """At most three buttons a row, each with the id of the answer it belongs to."""
    key = answer.id
    if key is None:
        return ()
    if answer.status == "no_answer":
        first = (Button(scene.say("button_sources"), "list:1"), Button(scene.say("button_wish"), f"wish:{key}"))
        return (first, *_mend(answer, scene))
    excerpts = shown(answer)
    ranked = answer.excerpts or answer.related
    rows: list[tuple[Button, ...]] = list(_mend(answer, scene))
    if len(excerpts) == 1:
        row = [_button("context", scene, f"near:{key}:0"), _original_button(excerpts[0], scene, f"full:{key}:0")]
        if len(ranked) > 1:
            row.append(_button("more", scene, f"more:{key}:1"))
        rows.append(tuple(row))
    else:
        near = [near_button(key, ranked.index(excerpt), position, scene) for position, excerpt in enumerate(excerpts, 1)]
        if len(ranked) > len(excerpts):
            near.append(_button("more", scene, f"more:{key}:{len(excerpts)}"))
        rows += [tuple(near[i : i + 3]) for i in range(0, len(near), 3)]
    if answer.status == "related":
        return (*rows, (_button("wish", scene, f"wish:{key}"),))
    return (*rows, (_button("useful", scene, f"good:{key}"), _button("wrong", scene, f"bad:{key}")))


def near_button(answer_id: str, rank: int, position: int, scene: Scene) -> Button:
    """The button for the context of one of several excerpts, with the number of its heading."""
    label = scene.say("button_numbered", label=scene.say("button_context"), number=words.number(scene.language, position))
    return Button(label, f"near:{answer_id}:{rank}")


def _mend(answer: Answer, scene: Scene) -> tuple[tuple[Button, ...], ...]:
    """Buttons that take back what was understood."""
    rows = []
    if answer.rewritten:
        rows.append((_button("not_this", scene, f"alone:{answer.id}"),))
    if answer.window and answer.window.filters:
        rows.append((_button("no_window", scene, f"anytime:{answer.id}"),))
    return tuple(rows)


def _button(name: str, scene: Scene, action: str) -> Button:
    return Button(scene.say(f"button_{name}"), action)


def _original_button(excerpt: Excerpt, scene: Scene, action: str) -> Button:
    return _button("brief" if excerpt.article.kind == "brief" else "original", scene, action)
