"""An article's body in, its sentences and passages out; both are spans that cover the body without a gap."""

from __future__ import annotations

import re

from retrieval.native.texts import coded, texts
from retrieval.records import Article, Passage, Span

# Sentence ends are 。！？； and their ASCII forms; closing quotes and brackets stay with their sentence. An ASCII
# full stop ends a sentence only before white space or the end, so 4.6万公里 and chinatimes.net.cn stay whole. The pattern
# begins with all that an end begins with, for which `re` looks three times as fast as for alternatives.
_END = re.compile(r"[。！？!?；;….\n](?:(?<=\n)\s*|(?:(?<=\.)(?=\s|$)|(?<=[^.\n])[。！？!?；;…]*)[”’」』）)》】\"']*\s*)")

PASSAGE_SIZE = 300
"""Characters a passage may hold before a new one begins at the next sentence; the design's measurements used 300."""


def sentences(body: str) -> list[Span]:
    """The spans of the sentences of *body*, in order, without a gap; white space belongs to the sentence before it."""
    spans, start = [], 0
    for end in _END.finditer(body):
        if not body[start].isspace() or body[start : end.end()].strip():
            spans.append((start, end.end()))
            start = end.end()
    if start < len(body):
        if body[start:].strip() or not spans:
            spans.append((start, len(body)))
        else:
            spans[-1] = (spans[-1][0], len(body))
    return spans


def split(body: str, size: int = PASSAGE_SIZE) -> list[Span]:
    """The spans of the passages of *body*: whole sentences, at most *size* characters unless one sentence is longer."""
    if kernel := texts():
        ends = kernel.passages(coded(body), size)
        return list(zip([0, *ends], ends, strict=False))
    spans: list[Span] = []
    for start, end in sentences(body):
        if spans and end - spans[-1][0] <= size:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def passages_of(article: Article) -> list[Passage]:
    """The passages of an article, in order, without terms."""
    return [Passage(article.id, start, end, article.body[start:end]) for start, end in split(article.body)]
