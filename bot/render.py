"""A reply in, text out: plain for a terminal (with colour if wanted), or HTML for Telegram in parts.

Both say the same words in the same order. A citation (its lead, quotation, source and notices) stays in one part
where it fits; parts are cut as plain text first and escaped afterwards, so that no tag or entity is ever cut.
"""

from __future__ import annotations

import html as _html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.replies import Block, Reply
from retrieval.records import Span

PART_LENGTH = 4096
"""Code points of a Telegram message after parsing (Bot API, sendMessage)."""

PART_ENTITIES = 90
"""Formatted runs in one message; Telegram shows 100 and silently drops the others."""

LONG_LABEL = 20
"""Columns of a button's label that reads as a sentence."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_COLOURS = {"lead": "1", "heading": "1", "source": "2", "notice": "33"}
_MARK, _QUOTE_BAR, _RESET = "1;33", "36", "\033[0m"
_NOT_AT_START = "，。！？；：、）》」』”’…,.!?;:)]}%％"


def clean(text: str) -> str:
    """*text* without what a terminal or a messenger would obey instead of show; as long as before."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


# Plain text


def plain(reply: Reply, colour: bool = False, width: int | None = None) -> str:
    """The reply as lines for a terminal, wrapped at *width* columns where given; quotations stand behind a bar."""
    paragraphs: list[str] = []
    for position, block in enumerate(reply.blocks):
        lines = _plain_block(block, colour, width)
        if position and _opens(block, reply.blocks[position - 1]):
            paragraphs.append("")
        paragraphs += lines
    if reply.notice:
        paragraphs += [*([""] if paragraphs else []), *wrapped(clean(reply.notice), width)]
    return "\n".join(paragraphs)


def plain_buttons(labels: Sequence[str], colour: bool = False, width: int | None = None) -> str:
    """Buttons as a terminal offers them: each with the number that presses it, no label broken over two lines.

    A label as long as a question has a line of its own.
    """
    lines = [""]
    for number, label in enumerate(labels, 1):
        button = f"[{number}] {clean(label)}"
        joined = f"{lines[-1]}  {button}" if lines[-1] else button
        if lines[-1] and (columns(label) > LONG_LABEL or width and columns(joined) > width):
            lines.append(button)
        else:
            lines[-1] = joined
    return "\n".join(f"\033[2m{line}{_RESET}" if colour else line for line in lines)


def _plain_block(block: Block, colour: bool, width: int | None) -> list[str]:
    text, marks = clean(block.text), block.marks
    if block.url:
        text = f"{text}\n{clean(block.url)}"
    bar = "│ " if block.role == "quote" else ""
    lines = []
    for start, end in _line_spans(text, width and max(8, width - len(bar))):
        line = _coloured(text, start, end, marks, _COLOURS.get(block.role)) if colour else text[start:end]
        lines.append((f"\033[{_QUOTE_BAR}m{bar}{_RESET}" if colour and bar else bar) + line)
    return lines


def _coloured(text: str, start: int, end: int, marks: Sequence[Span], style: str | None) -> str:
    """text[start:end] in a style, with the marked runs in the mark's own."""
    pieces, at = [], start
    for mark_start, mark_end in marks:
        low, high = max(mark_start, at), min(mark_end, end)
        if low < high:
            pieces += [(text[at:low], style), (text[low:high], _MARK)]
            at = high
    pieces.append((text[at:end], style))
    return "".join(f"\033[{code}m{piece}{_RESET}" if code and piece else piece for piece, code in pieces)


def wrapped(text: str, width: int | None) -> list[str]:
    """The lines of *text* at most *width* columns wide; as they are without a width."""
    return [text[start:end] for start, end in _line_spans(text, width)]


def _line_spans(text: str, width: int | None) -> Iterator[Span]:
    """The lines of *text* at most *width* columns wide: cut between Han characters and after spaces, no line begins with a mark."""
    at = 0
    for line in text.split("\n"):
        start, end = at, at + len(line)
        while width and columns(text[start:end]) > width:
            cut = _cut(text, start, end, width)
            yield start, cut
            start = cut + (text[cut : cut + 1] == " ")
        yield start, end
        at = end + 1


def _cut(text: str, start: int, end: int, width: int) -> int:
    """The last good place to break text[start:end] within *width* columns, always after *start*."""
    used, cut = 0, start
    while cut < end and used + _columns(text[cut]) <= width:
        used += _columns(text[cut])
        cut += 1
    cut = max(cut, start + 1)
    for place in range(cut, max(start, cut - 24), -1):
        before, after = text[place - 1], text[place : place + 1]
        if after not in _NOT_AT_START and not unicodedata.combining(after or " ") and (_wide(before) or _wide(after) or " " in (before, after)):
            return place
    return cut


def columns(text: str) -> int:
    """How many columns of a terminal *text* takes."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if _wide(character) else 1


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character or " ") in "WF"


# Telegram HTML


@dataclass(frozen=True, slots=True)
class _Run:
    """A run of plain text with the blocks' formats as spans: (start, end, tag, attribute)."""

    text: str
    formats: tuple[tuple[int, int, str, str], ...] = ()

    def __add__(self, other: _Run) -> _Run:
        shift = len(self.text)
        return _Run(self.text + other.text, self.formats + tuple((s + shift, e + shift, tag, value) for s, e, tag, value in other.formats))

    def cut(self, start: int, end: int) -> _Run:
        """The part from *start* to *end*, each format shortened to what of it lies there."""
        kept = tuple((max(s, start) - start, min(e, end) - start, tag, value) for s, e, tag, value in self.formats if s < end and e > start)
        return _Run(self.text[start:end], kept)


def html(reply: Reply, limit: int = PART_LENGTH) -> list[str]:
    """The reply as Telegram HTML in as many parts as it needs, none longer than *limit* characters after parsing."""
    return [_markup(part) for part in _parts(reply, limit)]


def plain_parts(reply: Reply, limit: int = PART_LENGTH) -> list[str]:
    """The same parts without any formatting: what to send where a messenger refuses the HTML."""
    return [part.text for part in _parts(reply, limit)]


def _parts(reply: Reply, limit: int) -> list[_Run]:
    parts: list[_Run] = []
    for unit in _units(reply):
        for piece in _pieces(unit, limit):
            joined = parts[-1] + _Run("\n\n") + piece if parts else piece
            if parts and len(joined.text) <= limit and len(joined.formats) <= PART_ENTITIES:
                parts[-1] = joined
            else:
                parts.append(piece)
    return [part for part in parts if part.text.strip()]


def _units(reply: Reply) -> Iterator[_Run]:
    """What should stay together: a citation with all its blocks, or one block of plain words."""
    unit: _Run | None = None
    previous: Block | None = None
    for block in reply.blocks:
        run = _run(block)
        if unit is None or previous is None or _opens(block, previous):
            if unit is not None:
                yield unit
            unit = run
        else:
            unit = unit + _Run("\n") + run
        previous = block
    if unit is not None:
        yield unit
    if reply.notice and not reply.blocks:
        yield _Run(clean(reply.notice))


def _opens(block: Block, previous: Block) -> bool:
    """Whether *block* begins a paragraph of its own after *previous*."""
    if block.role in ("text", "lead", "heading"):
        return True
    if block.role == "quote":
        return previous.role not in ("lead", "heading")
    return previous.role not in ("text", "notice") if block.role == "notice" else previous.role == "text"


def _run(block: Block) -> _Run:
    text = clean(block.text)
    formats: list[tuple[int, int, str, str]] = []
    if block.role == "quote":
        formats.append((0, len(text), "blockquote", ""))
    if block.role in ("lead", "heading"):
        formats.append((0, len(text), "b", ""))
    elif block.url:
        formats.append((0, len(text), "a", clean(block.url)))
    if block.role not in ("lead", "heading"):
        formats += [(start, end, "b", "") for start, end in block.marks if 0 <= start < end <= len(text)]
    return _Run(text, tuple(formats))


def _pieces(run: _Run, limit: int) -> Iterator[_Run]:
    """*run*, or where it is too long for one message, its pieces: cut at a line, a sentence, or else between characters."""
    while len(run.text) > limit or len(run.formats) > PART_ENTITIES:
        end = min(limit, len(run.text))
        if len(run.formats) > PART_ENTITIES:
            end = min(end, max(1, sorted(run.formats)[PART_ENTITIES][0]))
        cut = _break(run.text, end)
        yield run.cut(0, cut)
        run = run.cut(cut, len(run.text))
    yield run


def _break(text: str, limit: int) -> int:
    for ends in ("\n", "。！？；", "，、 "):
        places = [text.rfind(end, limit // 2, limit) + 1 for end in ends]
        if max(places) > 0:
            return max(places)
    cut = limit
    while cut > 1 and cut < len(text) and (unicodedata.combining(text[cut]) or text[cut] in "\u200d\ufe0f" or text[cut - 1] == "\u200d"):
        cut -= 1
    return cut if cut > 1 else limit


def _markup(run: _Run) -> str:
    """Tags around escaped text; formats nest because a citation's are drawn from the outside in."""
    events: dict[int, tuple[list[str], list[str]]] = {}
    for start, end, tag, value in run.formats:
        if start < end:
            opening = f'<a href="{escape(value)}">' if tag == "a" else f"<{tag}>"
            events.setdefault(end, ([], []))[0].insert(0, f"</{tag}>")
            events.setdefault(start, ([], []))[1].append(opening)
    pieces, at = [], 0
    for place in sorted(events):
        closing, opening_tags = events[place]
        pieces += [escape(run.text[at:place]), *closing, *opening_tags]
        at = place
    return "".join([*pieces, escape(run.text[at:])])


def escape(text: str) -> str:
    """The one place where text becomes HTML: only the references that Telegram knows (&lt; &gt; &amp; &quot;)."""
    return _html.escape(text, quote=False).replace('"', "&quot;")
