"""An article and the words that may not be shown in, the article without them out: a passage, or every sentence with a name.

What is withheld is replaced in the body as it is stored, so that nothing ranks, quotes or counts it, and every offset is
one of the body that people see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from retrieval.passages import sentences
from retrieval.records import Article, Span
from retrieval.text import fold

GAP = "【已撤下】"
"""Stands in place of what is withheld; the same in both scripts."""

COPIED = 20
"""Characters of a withheld passage from which it is withheld in every article that has it: so long a run is a copy."""

MARKS = "“”\"「」『』…· \n"
"""What stands around a passage where it is quoted."""


def passage(body: str, words: str) -> list[Span]:
    """Where *words* stand in *body*, whatever the script, width and white space; without the marks of a quotation if need be."""
    for wanted in (words, words.strip(MARKS)):
        if found := _found(fold(body), wanted):
            return found
    return []


def sentences_with(body: str, name: str) -> list[Span]:
    """The sentences of *body* that hold *name*."""
    folded, wanted = fold(body), fold(name)
    if wanted not in folded:
        return []
    return [(start, end) for start, end in sentences(body) if wanted in folded[start:end]]


def without_passage(article: Article, words: str, why: str) -> Article:
    """*article* without a passage of it; without its title where that is in the title."""
    article = _untitled(article, bool(passage(article.title or "", words)), why)
    return replace(article, body=_cut_out(article.body, passage(article.body, words)))


def without_name(article: Article, name: str, why: str) -> Article:
    """*article* without the sentences that hold *name*, and without its title, reporters and editors where they do."""
    wanted = fold(name)
    article = _untitled(article, wanted in fold(article.title or ""), why)
    authors, editors = (tuple(each for each in several if wanted not in fold(each)) for several in (article.authors, article.editors))
    return replace(article, authors=authors, editors=editors, body=_cut_out(article.body, sentences_with(article.body, name)))


def bare(words: str) -> str:
    """Folded, without white space: what is compared."""
    return "".join(fold(words).split())


def length(words: str) -> int:
    """How many characters a passage has, white space apart."""
    return len(bare(words))


def _found(folded: str, wanted: str) -> list[Span]:
    letters = bare(wanted)
    if not letters:
        return []
    return [match.span() for match in re.finditer(r"\s*".join(map(re.escape, letters)), folded)]


def _untitled(article: Article, withheld: bool, why: str) -> Article:
    return replace(article, title=None, title_origin=why) if withheld else article


def _cut_out(body: str, spans: Iterable[Span]) -> str:
    """*body* with a gap for each run of neighbouring spans; white space at the ends of a span stays."""
    parts: list[str] = []
    end = 0
    for start, stop in spans:
        kept, cut = body[end:start], body[start:stop]
        lead, tail = len(cut) - len(cut.lstrip()), len(cut) - len(cut.rstrip())
        joined = bool(parts) and not (kept + cut[:lead]).strip() and "\n" not in (parts[-1][len(parts[-1].rstrip()) :] + kept + cut[:lead])
        parts += [cut[len(cut) - tail :]] if joined else [kept, cut[:lead], GAP, cut[len(cut) - tail :]]
        end = stop
    return "".join([*parts, body[end:]])
