"""A Word document (.docx) in, its lines out: paragraphs, headings and table rows in the order of the text.

Read by lxml as a stream, so that memory does not grow with the document. Tried on an invented document beside python-docx 1.2
and mammoth 1.13: python-docx leaves out inserted (tracked) words and what stands in content controls, mammoth keeps hidden
words and holds the whole document as a tree. Page headers, footers, footnotes and comments are other parts of the file and no
text of the article; nor are the file's own dates, which say when it was saved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from retrieval.errors import PageRefused
from retrieval.pages import zips
from retrieval.pages.lines import MOST_DOCUMENT_LINES, Line, clean, squeeze
from retrieval.text import fold

MOST_XML = 32 * 1024 * 1024
"""Bytes of the unpacked text part; a book of a million characters has about ten."""

MOST_STYLES = 4 * 1024 * 1024

MOST_ELEMENTS = 3_000_000
"""Starts and ends of elements; a page of text has about a thousand, three million take five seconds."""

_CELL = 40
"""Characters of a table's cell up to which its row is one line; longer ones are paragraphs that a table sets side by side."""

_SPACES = ("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}", "{http://purl.oclc.org/ooxml/wordprocessingml/main}")
_SKIPPED = {"Fallback", "del", "moveFrom", "sectPr", "pPrChange", "rPrChange"}
"""What holds no words of the text: the older twin of a drawing, deleted words, former formats."""

_HEADING = re.compile(r"(?:heading|标题|標題)\s?([1-6])$")


def read(data: bytes) -> list[Line]:
    """The lines of a document that are not blank. Raises PageRefused for what is no document, damaged, locked or too large."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise PageRefused("not text: the Word document is locked with a password, or an old one (.doc); save it as .docx without one")
    with zips.opened(data, "Word document") as archive:
        names = {member.filename: member for member in archive.infolist()}
        part = names.get("word/document.xml") or next((m for name, m in names.items() if re.fullmatch(r"word/document\d*\.xml", name)), None)
        if part is None:
            raise PageRefused("not text: it is a ZIP archive, but no Word document; save it as .docx again, or its text as .txt")
        xml = zips.unpacked(archive, part, MOST_XML)
        styles = _styles(zips.unpacked(archive, names["word/styles.xml"], MOST_STYLES)) if "word/styles.xml" in names else {}
    lines: list[Line] = []
    number = 0
    for paragraph in _paragraphs(_parsed(xml), styles):
        opens = True
        for text in clean(paragraph.text).split("\n"):
            if shown := squeeze(text):
                number += 1
                lines.append(Line(number, shown, "", gap=opens and bool(lines), indent=opens, heading=paragraph.heading, row=paragraph.row))
                opens = False
        if number > MOST_DOCUMENT_LINES:
            lines[-1].reason = f"beyond the first {MOST_DOCUMENT_LINES} lines; the rest is not shown"
            break
    for line, look in zip(lines, fold("\n".join(line.text for line in lines)).split("\n"), strict=True) if lines else ():
        line.folded = look
    return lines


@dataclass
class _Paragraph:
    pieces: list[str] = field(default_factory=list)
    heading: int = 0
    row: bool = False

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def _parsed(xml: bytes) -> Iterator[tuple[bool, str, Any]]:
    """Whether an element starts, its name without the namespace, and itself; what was read is let go of."""
    from lxml import etree

    walk = etree.iterparse(BytesIO(xml), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        for count, (event, element) in enumerate(walk):
            if count > MOST_ELEMENTS:
                raise PageRefused("too large: the document has too many parts; save its text as .txt, in pieces")
            tag = element.tag
            yield event == "start", tag[tag.rfind("}") + 1 :], element
            if event == "end" and tag.endswith(("}p", "}tr", "}style")):
                element.clear()
                parent = element.getparent()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
    except etree.XMLSyntaxError as error:
        raise PageRefused(f"text damaged: the document cannot be read ({str(error)[:80]}); save it again") from error


def _value(element: Any) -> str:
    return next((element.get(space + "val") for space in _SPACES if element.get(space + "val") is not None), "")


def _styles(xml: bytes) -> dict[str, int]:
    """Levels of the styles that are headings, by their ids, which are numbers and letters in a Chinese Word."""
    levels: dict[str, int] = {}
    name, level = "", 0
    for starts, tag, element in _parsed(xml):
        if starts and tag == "style":
            name, level = "", 0
        elif starts and tag == "name":
            name = _value(element).lower()
        elif starts and tag == "outlineLvl":
            level = _level(element)
        elif not starts and tag == "style":
            match = _HEADING.match(name)
            id = next((element.get(space + "styleId") for space in _SPACES if element.get(space + "styleId")), "")
            if level := int(match[1]) if match else 1 if name in ("title", "标题") else 2 if name == "subtitle" else level:
                levels[id] = level
    return levels


def _level(element: Any) -> int:
    """An outline's level as a heading's: 0 is the first, 9 is body text."""
    value = _value(element)
    return int(value) + 1 if value in ("0", "1", "2", "3", "4", "5") else 0


def _paragraphs(walk: Iterable[tuple[bool, str, Any]], styles: dict[str, int]) -> Iterator[_Paragraph]:
    """The paragraphs, and short table rows as one, in the order of the text; a text box stands before the paragraph it hangs on."""
    open_paragraphs: list[_Paragraph] = []
    hidden: list[bool] = []  # of each open run
    rows: list[list[list[_Paragraph]]] = []  # open tables' rows, their cells
    skipped = 0
    for starts, tag, element in walk:
        if tag in _SKIPPED:
            skipped += 1 if starts else -1
        elif skipped:
            continue
        elif tag == "p" and starts:
            open_paragraphs.append(_Paragraph())
        elif tag == "p" and open_paragraphs:
            done = open_paragraphs.pop()
            if rows and rows[-1]:
                rows[-1][-1].append(done)
            else:
                yield done
        elif tag == "tr" and starts:
            rows.append([])
        elif tag == "tc" and starts and rows:
            rows[-1].append([])
        elif tag == "tr" and rows:
            row = _row(rows.pop())
            if rows and rows[-1]:
                rows[-1][-1] += row
            else:
                yield from row
        elif tag == "r":
            hidden.append(False) if starts else hidden and hidden.pop()
        elif not open_paragraphs:
            continue
        elif tag == "vanish" and starts and hidden:
            hidden[-1] = _value(element) not in ("0", "false", "off")
        elif tag == "pStyle" and starts:
            open_paragraphs[-1].heading = open_paragraphs[-1].heading or styles.get(_value(element), 0)
        elif tag == "outlineLvl" and starts:
            open_paragraphs[-1].heading = _level(element)
        elif tag == "t" and not starts and not any(hidden):
            open_paragraphs[-1].pieces.append(element.text or "")
        elif tag in ("br", "cr") and starts:
            open_paragraphs[-1].pieces.append("\n")
        elif tag in ("tab", "ptab") and starts:
            open_paragraphs[-1].pieces.append(" ")
        elif tag == "noBreakHyphen" and starts:
            open_paragraphs[-1].pieces.append("-")


def _row(cells: list[list[_Paragraph]]) -> list[_Paragraph]:
    """A table's row: one line where its cells are short, else what the cells hold, one after the other."""
    filled = [[p for p in cell if p.text.strip()] for cell in cells]
    filled = [cell for cell in filled if cell]
    if len(filled) > 1 and all(len(cell) == 1 and len(cell[0].text) <= _CELL and "\n" not in cell[0].text for cell in filled):
        return [_Paragraph([" ".join(cell[0].text.strip() for cell in filled)], row=True)]
    return [paragraph for cell in filled for paragraph in cell]
