"""A PDF on standard input, the lines of its pages with their places on standard output: what the process beside the reader does.

Only this module knows pypdf, an extra (`pip install "wenda[documents]"`). The answer is one JSON object: `pages`, of each page
its lines as text, left edge, height and size of letters, in the order in which the document writes them; or `refused`, a reason.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from contextlib import suppress
from io import BytesIO
from typing import Any

MOST_PAGES = 500
"""Pages of a document; a newspaper has thirty, a long report two hundred."""

MOST_TEXT = 4_000_000
"""Characters of a document."""

MOST_STREAM = 8 * 1024 * 1024
"""Bytes that write one page, unpacked; a page full of small type takes a hundred thousand, a drawn map some millions."""

MOST_MEMORY = 1 << 30
"""Bytes of memory of the process, where the system can limit them; a document of 500 pages takes about 200 MiB."""

SCANNED = 25
"""Letters a page under which pages of pictures are a scan: the mark of a scanning program may stand on each."""

OVERDRAWN = "too large: one of its pages is drawn with more than a page of text takes; print it as a PDF again, or save its text as .txt"

_LETTER = re.compile(r"[^\W_]")

Line = tuple[str, float, float, float]


class TooLarge(Exception):
    """The document is more than a limit allows; its text is the reason."""


def serve() -> None:
    """Answers one document and ends."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    logging.disable(logging.CRITICAL)
    try:
        answer = answered(sys.stdin.buffer.read())
    except (MemoryError, RecursionError):
        answer = {"refused": "too large: reading it takes more memory than a document may; print it as a PDF again, or save its text as .txt"}
    except Exception as error:  # pypdf raises many kinds for damage, Python's own among them
        answer = {"refused": OVERDRAWN} if type(error).__name__ == "LimitReachedError" else {"refused": f"text damaged: the PDF cannot be read ({type(error).__name__}: {str(error)[:80]}); save or print it again"}
    sys.stdout.write(json.dumps(answer))


def answered(data: bytes) -> dict[str, Any]:
    """The lines of the document, or why there are none."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    reader = PdfReader(BytesIO(data), strict=False)
    locked = {"refused": "not text: the PDF is locked with a password; save a copy without one"}
    try:
        if reader.is_encrypted and not reader.decrypt(""):
            return locked
    except (DependencyError, NotImplementedError):
        return locked
    if (count := len(reader.pages)) > MOST_PAGES:
        return {"refused": f"too large: {count} pages, a document may have {MOST_PAGES}; split it"}
    pages: list[list[Line]] = []
    letters = pictures = left = 0
    try:
        for page in reader.pages:
            lines = _lines(page, MOST_TEXT - left)
            left += sum(len(line[0]) for line in lines)
            found = sum(len(_LETTER.findall(line[0])) for line in lines)
            letters += found
            pictures += found < SCANNED and _has_picture(page)
            pages.append(lines)
    except TooLarge as reason:
        return {"refused": str(reason)}
    if letters < SCANNED * max(1, count) and pictures * 2 > count:
        return {"refused": "not text: the PDF is a scan: pictures of pages without a text layer; have its text recognised (OCR), and add that file"}
    return {"pages": pages} if letters else {"refused": "no article body: the pages of the PDF hold no text"}


def _lines(page: Any, most: int) -> list[Line]:
    """The lines of a page that are not blank."""
    streams = page.get_contents()
    if streams is not None and len(streams.get_data()) > MOST_STREAM:
        raise TooLarge(OVERDRAWN)
    lines: list[Line] = []
    pieces: list[str] = []
    place: list[tuple[float, float, float]] = []
    length = 0

    def flush() -> None:
        text = "".join(pieces).replace("\0", "")
        if text.strip():
            x, y, size = place[0] if place else (0.0, 0.0, 0.0)
            lines.append((text, x, y, size))
        pieces.clear()
        place.clear()

    def visit(text: str, matrix: list[float], within: list[float], font: Any, size: float) -> None:
        nonlocal length
        length += len(text)
        if length > most:
            raise TooLarge(f"too large: more than {MOST_TEXT:,} characters of text; split it")
        for number, part in enumerate(text.split("\n")):
            if number:
                flush()
            if part.strip("\0 ") and not place:
                x = within[4] * matrix[0] + within[5] * matrix[2] + matrix[4]
                y = within[4] * matrix[1] + within[5] * matrix[3] + matrix[5]
                scale = (within[2] ** 2 + within[3] ** 2) ** 0.5 * (matrix[2] ** 2 + matrix[3] ** 2) ** 0.5
                place.append((x, y, size * scale))
            pieces.append(part)

    page.extract_text(visitor_text=visit)
    flush()
    return lines


def _has_picture(page: Any) -> bool:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    named = objects.get_object() if objects is not None else {}
    return any(named[name].get_object().get("/Subtype") in ("/Image", "/Form") for name in list(named)[:50])
