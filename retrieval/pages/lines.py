"""Text in, clean lines out: invisible characters and glosses removed, white space made plain, each line with its number.

Cleaning twice changes nothing. What a line shows is the original's own characters; `folded` is only for looking.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from retrieval.native.texts import Table, coded, texts
from retrieval.text import fold

if TYPE_CHECKING:
    from retrieval.pages.fields import Stated

# Zero-width and direction marks, soft hyphen, byte order mark, interlinear marks, object replacement, lone surrogates'
# place is taken by U+FFFD before. C0 and C1 controls go too, line ends and tabs apart.
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACE = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_INDENT = re.compile("^(?:[ \u00a0]{2,}|\u3000+|\t)")

_BULLET = re.compile(r"^(?:[•●▪‣◦]\s?|[·・]\s|[-*]\s(?![-*]))\S|^-\s?\d{4}-\d\d-\d\d")

MOST_LINES = 10_000
"""Lines of a page that are looked at, blank ones counted; the longest article of the samples has 101."""

MOST_DOCUMENT_LINES = 40_000
"""Paragraphs of a document, or lines of its pages: a book has ten thousand."""

_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ"
_GLOSS = re.compile(rf"(?<=[\u3400-\u9fff])[(（]([a-zɡê{_TONED}]{{1,6}})[)）]")
_SYLLABLE = re.compile(r"(?:[bpmfdtnlgkhjqxrzcsyw]|zh|ch|sh)?(?:a|o|e|i|u|v|ai|ei|ui|ao|ou|iu|ie|ue|ve|er|an|en|in|un|vn|ang|eng|ing|ong|ia|iao|ian|iang|iong|ua|uo|uai|uan|uang|ueng)")

# A sentence ends with 。！？…； or their ASCII forms, and closing quotes and brackets may follow.
SENTENCE_END = re.compile(r"(?:[。!?…~]|;$|(?<!\d)\.(?=[\"'”’)\s]|$)|\.{3,}|——$)[”’」』)】》\"'\s]*")
ENDS = re.compile(r"(?:[。!?…;~]|\.{1,6}|——)[”’」』)】》\"'\s]*$|[。!?…][”’」』\"']?\s?\([^()]{1,30}\)$")
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
LETTER = re.compile(r"\w")


@dataclass(slots=True)
class Line:
    """One line of a page that is not blank. `gap` says that a blank line stands before it, `indent` that it is indented.

    `heading` is 1 to 6 in Markdown and HTML; `links` is the share of its characters that are a link's; `reason` is set
    once the line is known not to be body.
    """

    number: int
    text: str
    folded: str
    gap: bool = False
    indent: bool = False
    heading: int = 0
    links: float = 0.0
    bullet: bool = False
    reason: str = ""
    row: bool = False  # a row of a document's table, whatever it looks like
    text_like: bool | None = None  # whether it reads as a paragraph, once that was asked
    stated: Stated | None = None  # what it states as a header's line would, once that was asked
    marks: str | None = ""  # the tail marker it is, or None, once that was asked

    @property
    def ends(self) -> bool:
        """It ends as a sentence does."""
        return bool(ENDS.search(self.folded[-80:]))

    @property
    def han(self) -> int:
        return len(HAN.findall(self.text))


def clean(text: str) -> str:
    """*text* without what cannot be seen: line ends are \\n, lone surrogates U+FFFD, every blank a plain space."""
    if _SURROGATE.search(text):
        text = _SURROGATE.sub("\ufffd", text)
    text = _LINE_END.sub("\n", text)
    return _INVISIBLE.sub("", text)


def unglossed(text: str) -> str:
    """*text* without the pinyin that a mirror put after single characters: 書(shū) is 書; (APP), (app) and (ID:7) stay."""
    glosses = _GLOSS.findall(text)
    toned = sum(any(c in _TONED for c in gloss) for gloss in glosses)
    if not toned:
        return text

    def drop(match: re.Match[str]) -> str:
        gloss = match[1]
        is_gloss = any(c in _TONED for c in gloss) or (toned >= 3 and _SYLLABLE.fullmatch(gloss))
        return "" if is_gloss else match.group()

    return _GLOSS.sub(drop, text)


def squeeze(text: str) -> str:
    """*text* with single spaces and none at its ends."""
    return _SPACE.sub(" ", text).strip()


def bare(text: str) -> str:
    """What is left of *text* for comparing two lines: no white space, no punctuation."""
    return re.sub(r"[\W_]+", "", text)


def paragraphs(texts: Iterable[str]) -> str:
    """A body of these paragraphs."""
    return "\n".join(texts)


def plain_body(text: str) -> str:
    """A body as its author gave it: cleaned, with one line end between paragraphs, nothing left out."""
    if (kernel := texts()) and kernel.clean(coded(text), _dirty()):
        return text
    lines = (squeeze(line) for line in clean(text).split("\n"))
    return paragraphs(line for line in lines if line)


@cache
def _dirty() -> Table:
    """The characters that `plain_body` changes wherever they stand."""
    dirty = np.zeros(0x10000, np.uint8)
    for form in (_SURROGATE, _LINE_END, _INVISIBLE, _SPACE):
        for found in form.finditer("".join(map(chr, range(0x10000)))):
            dirty[found.start() : found.end()] = 1
    dirty[ord(" ")] = 0
    return Table(dirty)


def split(text: str) -> list[Line]:
    """The lines of a cleaned *text* that are not blank."""
    raw = text.split("\n", MOST_LINES)
    beyond = raw.pop() if len(raw) > MOST_LINES else ""
    shown = [squeeze(line) for line in raw]
    folded = fold("\n".join(shown)).split("\n")
    lines: list[Line] = []
    gap = False
    for number, (before, line, look) in enumerate(zip(raw, shown, folded, strict=True), 1):
        if line:
            lines.append(Line(number, line, look, gap and bool(lines), bool(_INDENT.match(before)), bullet=bool(_BULLET.match(line))))
        gap = not line
    if beyond:
        lines.append(Line(MOST_LINES + 1, beyond.strip(), "", reason=f"beyond the first {MOST_LINES} lines"))
    return lines
