"""A question file in, its cases out: what is asked, and what a right answer holds. A bad line stops everything, loudly.

A file has one JSON object a line: `id`, `question`, `expect` (`answer` or `no_answer`), and for an answer `article` (the
id of the article that answers, or a list), `answers` (any one in the cited excerpts counts, white space is ignored) or
`must_all` with `need` (at least so many of them). May stand too: `previous` (the question before a follow-up, or a
list), `kind`, `also`, `published`, `answer_in` (`excerpt`, `citation`, `excerpt-or-citation`), `forbid`; other fields
are notes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import QuestionsError

PLACES = ("excerpt", "citation", "excerpt-or-citation")
MOST_FAULTS = 10
"""So many faulty lines are named before the rest is only counted."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question with what is known about its answer; `published` holds the date of each article, where it is known."""

    id: str
    question: str
    answerable: bool
    previous: tuple[str, ...] = ()
    kind: str = "other"
    also: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    published: tuple[str | None, ...] = ()
    answers: tuple[str, ...] = ()
    must_all: tuple[str, ...] = ()
    need: int = 0
    answer_in: str = "excerpt"
    forbid: tuple[str, ...] = ()


class _Fault(Exception):
    """What is wrong with a line and what to do."""


def read(path: str | Path) -> tuple[Case, ...]:
    """The cases of the question file at *path*, in order. Raises QuestionsError, which names every bad line."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionsError(f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}; give a question file, one JSON object a line") from error
    return parse(text, str(path))


def parse(text: str, name: str = "questions") -> tuple[Case, ...]:
    """The cases in *text*. Raises QuestionsError, which names every bad line of the file *name*."""
    cases: dict[str, Case] = {}
    faults: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            case = _case(line)
            if case.id in cases:
                raise _Fault(f"id {case.id!r} stands on an earlier line too; give every question its own")
            cases[case.id] = case
        except _Fault as fault:
            faults.append(f"line {number}: {fault}")
    faults += _two_dates(cases.values())
    if faults:
        more = f"; and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise QuestionsError(f"{name}: " + "; ".join(faults[:MOST_FAULTS]) + more)
    if not cases:
        raise QuestionsError(f"{name}: holds no question; write one JSON object a line, with id, question, expect, article and answers")
    return tuple(cases.values())


def _case(line: str) -> Case:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _Fault(f"not JSON ({error}); write one JSON object a line") from error
    if not isinstance(row, dict):
        raise _Fault(f"holds {type(row).__name__}, not a JSON object with id and question")
    if row.get("expect") not in ("answer", "no_answer"):
        raise _Fault(f"expect must be 'answer' or 'no_answer', not {row.get('expect')!r}")
    need = row.get("need") or 0
    if not isinstance(need, int) or isinstance(need, bool) or need < 0:
        raise _Fault(f"need must be a count, not {need!r}")
    articles = _texts(row, "article")
    case = Case(
        id=_text(row, "id"),
        question=_text(row, "question"),
        answerable=row["expect"] == "answer",
        previous=_texts(row, "previous"),
        kind=_text(row, "kind", "other"),
        also=_texts(row, "also"),
        articles=articles,
        published=_published(row, len(articles)),
        answers=_texts(row, "answers"),
        must_all=_texts(row, "must_all"),
        need=need,
        answer_in=row.get("answer_in") or "excerpt",
        forbid=_texts(row, "forbid"),
    )
    for fault in _contradictions(case):
        raise _Fault(fault)
    return case


def _contradictions(case: Case) -> Iterator[str]:
    """What cannot be true at once."""
    if not case.id:
        yield "id is empty; give every question its own"
    if case.answer_in not in PLACES:
        yield f"answer_in must be one of {', '.join(PLACES)}, not {case.answer_in!r}"
    if case.need > len(case.must_all):
        yield f"need is {case.need}, but must_all holds {len(case.must_all)}"
    if not case.answerable:
        if case.answers or case.must_all or case.articles:
            yield "expects no answer, but names article, answers or must_all; empty them or set expect to 'answer'"
        return
    if not case.articles:
        yield "expects an answer, but article is empty; name the article that answers"
    if not case.need and not case.answers:
        yield "expects an answer, but answers is empty; add the strings of which one must be cited"
    for forbidden in case.forbid:
        if any(_squeeze(forbidden) in _squeeze(answer) for answer in (*case.answers, *case.must_all)):
            yield f"forbids {forbidden!r}, which stands in an answer"
    if any(not _squeeze(text) for text in (*case.answers, *case.must_all, *case.forbid)):
        yield "an answer, must_all or forbid string is blank, which every text holds; remove it"


def _two_dates(cases: Iterable[Case]) -> Iterator[str]:
    """Articles that two questions date differently."""
    known: dict[str, tuple[str, str]] = {}
    for case in cases:
        for article, published in zip(case.articles, case.published, strict=True):
            if published and known.setdefault(article, (published, case.id))[0] != published:
                yield f"question {case.id}: dates {article} {published}, but question {known[article][1]} dates it {known[article][0]}; correct one of them"


def _text(row: dict[str, Any], name: str, otherwise: str | None = None) -> str:
    value = row.get(name, otherwise)
    if not isinstance(value, str):
        raise _Fault(f"{name} must be a text, not {value!r}" if name in row else f"{name} is missing")
    return value


def _texts(row: dict[str, Any], name: str) -> tuple[str, ...]:
    """A field that holds a text, a list of texts, or nothing."""
    value = row.get(name)
    values = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise _Fault(f"{name} must be a text or a list of texts, not {value!r}")
    return tuple(values)


def _published(row: dict[str, Any], articles: int) -> tuple[str | None, ...]:
    """One date an article; one date for several articles is the date of the first alone."""
    value = row.get("published")
    values = value if isinstance(value, list) else [value]
    for each in values:
        if each is not None and not (isinstance(each, str) and re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", each)):
            raise _Fault(f"published must be a date such as 2016-05-14, 2016-05 or 2016, not {each!r}")
    if isinstance(value, list) and len(values) != articles:
        raise _Fault(f"published holds {len(values)} dates for {articles} articles; give one each, or null")
    return tuple(values[:articles]) + (None,) * (articles - len(values))


def _squeeze(text: str) -> str:
    return re.sub(r"\s", "", text)
