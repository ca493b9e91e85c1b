"""A PDF document with a text layer in, its lines out: running headers and page numbers apart, hard line ends made whole.

pypdf gives the text with its places (tried on invented Chinese documents beside pdfminer.six 20260107: six times as fast, the
right order in two columns, and text where the other gave none for an embedded OpenType font). It works in a process of its own,
with a limit of time and memory, since a PDF can be made to unpack without an end. The file's own dates say when it was saved,
and are not read.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec

from retrieval.errors import PageRefused
from retrieval.pages import pdftext, wraps
from retrieval.pages.decode import judge
from retrieval.pages.lines import MOST_DOCUMENT_LINES, Line, clean, squeeze
from retrieval.text import fold

INSTALL = 'pip install "wenda[documents]"'

SECONDS = 60.0
"""What reading one document may take; a page of text takes some milliseconds."""

_START = "import runpy, sys; place = sys.argv[1]; sys.path[:] = sys.argv[2:]; runpy.run_path(place)['serve']()"
"""Only that one module is loaded, not the package around it: .13 s of work instead of .46."""

_NUMBER = re.compile(
    r"\W*(?:第?\s?\d{1,4}\s?页?(?:\s?[/,|、共]\s?[共总]?\s?\d{1,4}\s?页?)?|page\s\d{1,4}(?:\s?(?:of|/)\s?\d{1,4})?|第[一二三四五六七八九十]{1,4}页|共\s?\d{1,4}\s?页\s?第\s?\d{1,4}\s?页)\W*"
)
_ADDRESS = re.compile(r"^(?:https?|file)://\S+(?:\s\d{1,3}\s?/\s?\d{1,3})?$")
_PRINTED = re.compile(r"(?:\d{2,4}/\d{1,2}/\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日|\d{4}-\d{1,2}-\d{1,2}),?\s?(?:上午|下午)?\s?\d{1,2}:\d\d")
_EDGE = 2  # lines at the top and at the foot of a page that may be a running header or a page number
_LARGER = 1.2  # the size of a heading's letters beside the text's
_NARROW = 24  # columns of the longest line under which nothing was wrapped
_SPACED = re.compile(r"(?:\S ){6,}\S")


def installed() -> bool:
    """Whether the extra is there."""
    return find_spec("pypdf") is not None


def read(data: bytes, seconds: float = SECONDS) -> tuple[list[Line], list[Line]]:
    """The lines of a document, made whole, and apart from them its running headers and page numbers.

    Raises PageRefused for what is no PDF, locked, damaged, a scan without text, or too large, and where pypdf is not installed.
    """
    if not installed():
        raise PageRefused(f"not text: PDF documents need pypdf: {INSTALL}; or save its text as .txt")
    pages = _placed(_asked(data, seconds))
    judge("\n".join(place.text for page in pages for place in page))
    running = _running(pages)
    lines: list[Line] = []
    aside: list[Line] = []
    size = _usual(round(place.size, 1) for page in pages for place in page for _ in place.text)
    largest = max((place.size for page in pages[:1] for place in page if place.number not in running), default=0.0)
    for page in pages:
        edges = _left_edges(page)
        above: _Place | None = None
        for place in page:
            line = Line(place.number, place.text, place.look)
            if place.number in running:
                line.reason = "running header or page number"
                aside.append(line)
                continue
            line.indent = place.indented or any(0.8 * place.size < place.x - edge < 3.5 * place.size for edge in edges)
            line.gap = above is not None and _apart(above, place)
            if place.size > _LARGER * size and len(place.text) <= 60:
                line.heading = 1 if place.size >= largest - 0.1 else 2
            above = place
            lines.append(line)
    lines = _headings(lines)
    widths = sorted(wraps.columns(place.text) for page in pages for place in page if abs(place.size - size) < 0.6)
    width = widths[len(widths) * 4 // 5] if widths else 0  # most lines of a text are full; the longest may be none of it
    return wraps.join(lines, width if width >= _NARROW else 0), aside


def _asked(data: bytes, seconds: float) -> list[list[tuple[str, float, float, float]]]:
    """What the process beside this one says of *data*."""
    try:
        done = subprocess.run([sys.executable, "-c", _START, pdftext.__file__, *sys.path], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise PageRefused(f"too large: reading it takes longer than {seconds:.0f} seconds; split it, or save its text as .txt") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise PageRefused("too large: reading it takes more memory than a document may; print it as a PDF again, or save its text as .txt") from None
    if reason := answer.get("refused"):
        raise PageRefused(reason)
    pages: list[list[tuple[str, float, float, float]]] = answer["pages"]
    return pages


@dataclass(frozen=True)
class _Place:
    """A line with where it stands: its left edge, its height above the page's foot, the size of its letters."""

    number: int
    text: str
    look: str
    x: float
    y: float
    size: float
    indented: bool


def _placed(pages: list[list[tuple[str, float, float, float]]]) -> list[list[_Place]]:
    placed: list[list[_Place]] = []
    number = 0
    for page in pages:
        placed.append([])
        for text, x, y, size in page:
            if shown := squeeze(_unspaced(clean(text))).replace("\n", " "):
                number += 1
                if number <= MOST_DOCUMENT_LINES:
                    placed[-1].append(_Place(number, shown, fold(shown), x, y, size, text[:2].isspace() and len(text) > 2))
    return placed


def _unspaced(text: str) -> str:
    """A line whose letters were set one by one, with a blank after each, without those blanks."""
    if not _SPACED.search(text) or text.count(" ") * 5 < len(text) * 2:
        return text
    return re.sub(r"(?<=\S) (?=\S)", "", text)


def _running(pages: list[list[_Place]]) -> set[int]:
    """The numbers of lines that are page numbers, or stand at the top or foot of most pages but for their digits.

    The first page's own header stays where it stands above the text: it may name the paper and its day. A browser's does not:
    its day is that of printing, and it has the page's address at the foot.
    """
    printed = any(_ADDRESS.search(place.look) for page in pages for place in sorted(page, key=lambda place: place.y)[:_EDGE])
    edges: list[list[_Place]] = []
    for page in pages:
        heights = sorted(page, key=lambda place: -place.y)
        edges.append(list({place.number: place for place in heights[:_EDGE] + heights[-_EDGE:]}.values()))
    said = Counter(key for edge in edges for key in {re.sub(r"\d+", "#", place.look) for place in edge})
    running: set[int] = set()
    kept: set[str] = set()
    for number, edge in enumerate(edges):
        top = max((place.y for place in pages[number]), default=0.0)
        for place in edge:
            key = re.sub(r"\d+", "#", place.look)
            if _NUMBER.fullmatch(place.look) or printed and (_ADDRESS.search(place.look) or place.y >= top - place.size and _PRINTED.match(place.look)):
                running.add(place.number)
            elif said[key] >= 2 and said[key] * 2 >= len(pages) - 1 and len(place.text) <= 60:
                if number == 0 and place.y >= top - 3 * place.size and key not in kept:
                    kept.add(key)
                else:
                    running.add(place.number)
    return running


def _usual(sizes: Iterable[float]) -> float:
    """The most frequent of *sizes*, 0 where there is none."""
    counted = Counter(sizes).most_common(1)
    return counted[0][0] if counted else 0.0


def _left_edges(page: list[_Place]) -> set[float]:
    """Where the columns of a page begin: left edges that many of its lines share."""
    counted = Counter(round(place.x) for place in page)
    return {float(x) for x, count in counted.items() if count >= max(3, len(page) // 6)}


def _apart(above: _Place, place: _Place) -> bool:
    """More than an empty half line stands between two lines, or the letters change their size: another paragraph."""
    if abs(above.size - place.size) > 0.15 * max(above.size, place.size, 1.0):
        return True
    return place.y < above.y and above.y - place.y > 2.6 * max(place.size, 1.0)


def _headings(lines: list[Line]) -> list[Line]:
    """A heading that takes two lines, as one."""
    joined: list[Line] = []
    for line in lines:
        before = joined[-1] if joined else None
        if before and line.heading and before.heading == line.heading and not line.gap and not before.ends and len(before.text) + len(line.text) <= 60:
            blank = " " if before.text[-1].isascii() and line.text[0].isascii() else ""
            before.text, before.folded = before.text + blank + line.text, before.folded + blank + line.folded
        else:
            joined.append(line)
    return joined
