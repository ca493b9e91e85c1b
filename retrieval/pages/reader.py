"""One page in, one Article out: the stages in the order a careful reader goes through them.

bytes → text → lines (invisible characters, glosses, hard wraps) → container (Markdown, HTML, plain) → header → body → tail.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import PurePosixPath

from retrieval.errors import PageRefused
from retrieval.pages import body as bodies
from retrieval.pages import dates, docx, fields, firsts, header, markdown, markers, pdf, people, wraps
from retrieval.pages.common import script_of
from retrieval.pages.decode import MAX_BYTES, decode
from retrieval.pages.lines import MOST_DOCUMENT_LINES, MOST_LINES, Line, bare, clean, paragraphs, split, unglossed
from retrieval.pages.metadata import Metadata
from retrieval.records import Article, Dropped

_UNREAD = {
    ".doc": "an old Word document", ".docm": "a Word document with macros", ".xls": "a spreadsheet", ".xlsx": "a spreadsheet",
    ".ppt": "a presentation", ".pptx": "a presentation", ".odt": "an OpenDocument text", ".rtf": "an RTF document", ".epub": "an e-book",
    ".wps": "a WPS document", ".ofd": "an OFD document", ".mht": "a web archive", ".mhtml": "a web archive",
    ".rar": "a RAR archive", ".7z": "a 7-Zip archive", ".tar": "an archive", ".gz": "an archive", ".tgz": "an archive",
}  # fmt: skip


DOCUMENTS = (".docx", ".pdf")
"""Kinds of documents that are read as pages are."""

MOST_DOCUMENT = 32 * 1024 * 1024
"""Bytes of a document; its pictures take most of them."""


def read(data: bytes, path: str, today: date | None = None) -> Article:
    """The article of a page. Its id and path are *path*; *today* bounds the dates that are possible (default: the clock's).

    A .docx or .pdf document is read by its name. Raises PageRefused where the page holds no article; the reason begins with
    `no article body`, `empty file`, `not text`, `text damaged` or `too large`.
    """
    if advice := unread(path):
        raise PageRefused(f"not text: {advice}")
    day = today or date.today()
    if (kind := PurePosixPath(path).suffix.lower()) in DOCUMENTS:
        return _document(data, kind, path, day)
    text, encoding = decode(data)
    text = clean(text)
    matter, rest, first_line = markdown.front_matter(text)
    if matter is not None:
        meta = markdown.metadata(matter, day)
        lines = split(unglossed(rest))
        for line in lines:
            line.number += first_line
        return _given(meta, markdown.read(lines), path, encoding, day)
    meta = Metadata()
    if _is_html(text, path):
        from retrieval.pages import markup

        lines, meta = markup.read(text, day)
    else:
        lines = split(unglossed(_fragments(text)))
        if markdown.is_markdown(lines, path):
            lines = markdown.read(lines)
    return _scraped(lines, meta, path, encoding, day)


def unread(path: str) -> str | None:
    """What to do about a kind of file that is not read, by its name; None for a name that says nothing against it."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix == ".pdf" and not pdf.installed():
        return f"PDF documents need pypdf: {pdf.INSTALL}; or save the text as .txt"
    if suffix == ".zip":
        return "a ZIP archive is not part of a corpus; `wenda add FILE.zip` takes its articles in"
    kind = _UNREAD.get(suffix)
    how = "unpack it first" if kind and "archive" in kind and "web" not in kind else "save its text as .txt, .md or .html first"
    return f"{kind} is not read; {how}" if kind else None


def most_bytes(path: str) -> int:
    """Bytes that a file of this name may have."""
    return MOST_DOCUMENT if PurePosixPath(path).suffix.lower() in DOCUMENTS else MAX_BYTES


def fragment(html: str) -> str:
    """The text of a piece of HTML that is an article's own (a feed's entry): its paragraphs, without captions and lists of links."""
    from retrieval.pages import markup

    if not re.search(r"\w", html):
        return ""
    lines, _ = markup.read(f"<html><body>{clean(html)}</body></html>", date.max - timedelta(days=2))
    return paragraphs(line.text for line in lines if not line.reason and not markers.furniture(line.folded))


def _is_html(text: str, path: str) -> bool:
    start = text[:2000].lstrip().lower()
    return bool(re.match(r"(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:!doctype html|html|head|body)\b", start, re.DOTALL)) or (
        PurePosixPath(path).suffix.lower() in (".html", ".htm", ".xhtml") and "<" in start
    ) or start.startswith(("<div", "<p>", "<p ", "<article", "<table")) and start.count("</") >= 2


_LEFTOVER = re.compile(r"</?(?:p|div|span|br|font|img|td|tr|th|table|tbody|center|section|strong|em|ul|li|ol|h[1-6]|o:p|u|figure|figcaption|dd|dl|dt)(?:\s[^<>\n]{0,400})?/?>", re.IGNORECASE)
_BREAKS = re.compile(r"</(?:p|div|li|h[1-6]|tr|section)\s*>|<br\s*/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,5});|&(?:nbsp|lsquo|rsquo|ldquo|rdquo|hellip|mdash|middot|quot|lt|gt|amp)(?![a-z0-9=;])", re.IGNORECASE)


def _fragments(text: str) -> str:
    """A plain page without the layout tags and entities that were left in it; <b> and <script> in a text are its content."""
    if "<" in text and len(_LEFTOVER.findall(text[:200_000])) >= 2:
        text = _LEFTOVER.sub("", _BREAKS.sub("\n", text))
    if "&" in text:
        from html import unescape

        text = _ENTITY.sub(lambda m: unescape(m.group() if m.group().endswith(";") else m.group() + ";"), text)
    return text


# --- documents ------------------------------------------------------------------------------------------------------------------


def _document(data: bytes, kind: str, path: str, today: date) -> Article:
    """A Word or PDF document, by the stages of a page; one of which these leave nothing is kept whole: its author gave it."""
    if len(data) > MOST_DOCUMENT:
        raise PageRefused(f"too large: {len(data) / 1024 / 1024:.1f} MiB, a document may have {MOST_DOCUMENT // 1024 // 1024}; split it, or save its text as .txt")
    if not data:
        raise PageRefused("empty file")
    found, aside = (docx.read(data), []) if kind == ".docx" else pdf.read(data)
    if not any(re.search(r"\w", line.text) for line in found):
        raise PageRefused("no article body: the document holds no text")
    whole = [replace(line) for line in found]
    try:
        return _scraped(found, Metadata(), path, None, today, aside)
    except PageRefused:
        return _given(Metadata(published_origin="none: no line of the document states its date"), whole, path, None, today)


# --- front matter: an article as its author or a crawler gave it -------------------------------------------------------------


def _given(meta: Metadata, lines: list[Line], path: str, encoding: str | None, today: date) -> Article:
    """Front matter rules; the body is kept whole but for what repeats the front matter, pictures and lists of links."""
    kept: list[Line] = []
    title = bare((meta.title or "").lower())
    ended = False
    authors, editors, outlet, outlet_origin = meta.authors, meta.editors, meta.outlet, meta.outlet_origin
    for i, line in enumerate(lines):
        if not line.reason and not ended and i < 6 and (title and bare(line.folded) == title or not meta.title and line.heading == 1):
            if not meta.title:
                meta.title, meta.title_origin = line.text, f"line {line.number}: heading"
                title = bare(line.folded)
            line.reason = "title"
        elif not line.reason and not ended and not kept and len(line.text) <= 90 and "。" not in line.folded:
            stated = fields.state(line.number, line.text, line.folded, today)
            said = people.byline(line.text, line.folded)
            if stated.labels and (stated.outlet or stated.authors or stated.when) or said and said.whole and said.authors:
                line.reason = "header line"
                authors = authors or stated.authors or (said.authors if said else ())
                if not outlet and stated.outlet:
                    outlet, outlet_origin = stated.outlet, f"line {line.number}: source label"
        elif not line.reason and not ended and kept:
            marker = markers.tail_marker(line.folded)
            if marker in ("related list", "comments", "editor line", "previous and next") or marker == "end mark" and not line.heading:
                ended = True
                line.reason = marker
                editors = editors or people.editors(line.text, line.folded)
        elif ended:
            line.reason = line.reason or "after the end of the article"
            editors = editors or people.editors(line.text, line.folded)
        if not line.reason:
            kept.append(line)
    if not any(re.search(r"\w", line.text) for line in kept):
        raise PageRefused("no article body: nothing stands below the front matter", _dropped(lines))
    text = paragraphs(line.text for line in kept)
    return Article(
        id=path, path=path, body=text, title=meta.title, outlet=outlet, published=meta.published, published_origin=meta.published_origin,
        title_origin=meta.title_origin, outlet_origin=outlet_origin, script=script_of(text), kind=meta.kind, url=meta.url, note=meta.note,
        original=meta.original, republisher=meta.republisher, original_published=meta.original_published, updated=meta.updated,
        authors=authors, editors=editors, encoding=encoding, dropped=_dropped(lines), body_lines=tuple(line.number for line in kept),
    )  # fmt: skip


# --- a scraped page ------------------------------------------------------------------------------------------------------------


def _scraped(lines: list[Line], meta: Metadata, path: str, encoding: str | None, today: date, aside: Sequence[Line] | None = None) -> Article:
    """*aside* are the lines of a document that were seen to be no text of it before its lines were looked at; None for a page."""
    most = MOST_LINES if aside is None else MOST_DOCUMENT_LINES
    for line in lines[most:]:
        line.reason = line.reason or f"beyond the first {most} lines"
    looked = lines[:most]
    machine = _machine_date(looked, today)
    looked = wraps.join(looked)
    top = header.read(looked, today, meta.title)
    body = bodies.read(looked, top, today, given=aside is not None)
    for i, line in enumerate(looked[: top.start]):
        if i in top.used or i in top.stated:
            line.reason = "header: " + (top.used.get(i) or "date, outlet or people")
        else:
            line.reason = line.reason or _head_reason(line)
    everything = sorted([*looked, *lines[most:], *aside], key=lambda line: line.number) if aside else looked + lines[most:]
    if aside is None:
        _refuse_lists(looked, body, everything)
    elif not body.lines:
        raise PageRefused("no article body: the document holds no paragraph", _dropped(everything))
    foot = _foot(looked, body, today)
    published, origin = _published(top, foot, meta, machine, looked, today)
    outlet, outlet_origin, republisher = _outlet(top, body, foot, meta, looked)
    authors = meta.authors or top.authors or _opening(body)[0] or tuple(n for n in body.authors + foot.authors if not header._nobody(n))
    editors = list(meta.editors)
    for s in top.stated.values():
        editors += [n for n in s.editors if n not in editors and not header._nobody(n)]
    for i, line in enumerate(looked[: top.start]):
        if i not in top.stated and line.folded.startswith(("责编", "编辑", "责任编辑", "本版编辑")) and len(line.text) <= 60:
            editors += [n for n in people.editors(line.text, line.folded) if n not in editors]
    editors += [n for n in (*body.editors, *foot.editors) if n not in editors]
    text = paragraphs(line.text for line in body.lines)
    title_line = looked[top.title_index].number if top.title_index >= 0 else 0
    return Article(
        id=path, path=path, body=text, title=top.title, outlet=outlet, published=published, script=script_of(text), url=meta.url,
        republisher=republisher if republisher != outlet else None, original_published=meta.original_published or _first_published(looked, body, published, today), updated=_updated(top, foot, meta),
        title_origin=f"line {title_line}" if title_line else ("metadata" if top.title else "none"), outlet_origin=outlet_origin, published_origin=origin,
        authors=tuple(dict.fromkeys(authors)), editors=tuple(editors), encoding=encoding, dropped=_dropped(everything),
        body_lines=tuple(line.number for line in body.lines),
    )  # fmt: skip


def _machine_date(lines: list[Line], today: date) -> dates.Found | None:
    """` date 2025-08-20 ` that a crawler wrote before the first line: taken off the line and used where the page has no own."""
    if not lines:
        return None
    match = re.match(r"date\s?:?\s(\d{4}-\d{2}-\d{2})(?:[\st]\d{2}:\d{2}(?::\d{2})?)?(?:\s|$)", lines[0].folded)
    if not match:
        return None
    found = dates.first(lines[0].folded[: match.end()], today)
    lines[0].text, lines[0].folded = lines[0].text[match.end() :].strip(), lines[0].folded[match.end() :].strip()
    if not lines[0].text:
        lines[0].text = lines[0].folded = match.group().strip()
        lines[0].reason = "header: a crawler's date"
    return found


def _head_reason(line: Line) -> str:
    look = line.folded
    if reason := markers.furniture(look) or markers.scholarly(look) or markers.platform_note(look):
        return reason
    if markers.caption(look):
        return "caption"
    return "above the article"


class _Foot:
    """What stands below the body: people, outlet, dates."""

    def __init__(self) -> None:
        self.editors: list[str] = []
        self.authors: tuple[str, ...] = ()
        self.outlet: tuple[str, int] | None = None
        self.when: list[tuple[str, dates.Found, int]] = []


def _foot(lines: list[Line], body: bodies.Body, today: date) -> _Foot:
    foot = _Foot()
    listed = 0
    waiting: str | None = None
    region = lines[body.end :][:400]
    for i, line in enumerate(region):
        look = line.folded
        if len(look) > 200:
            waiting = None
            continue
        marker = markers.tail_marker(look)
        if line.reason == "comments" or line.reason.startswith("another article"):
            break
        if marker in ("related list", "comments", "previous and next"):
            listed += 1
        for name in people.editors(line.text, look) if len(look) <= 120 and (marker == "editor line" or not listed or "编" in look[:8]) else ():
            if name not in foot.editors and not header._nobody(name):
                foot.editors.append(name)
        if listed or i > 14 or "。" in look and len(look) > 60:
            continue
        stated = fields.state(line.number, line.text, look, today)
        if waiting and (found := dates.first(look, today) or dates.compact_minguo(look, today)) and len(look) <= 30:
            foot.when.append((waiting, found, line.number))
            waiting = None
            continue
        waiting = _label_alone(look)
        foot.when += [(kind, found, line.number) for kind, found in stated.when if found.iso]
        if not stated.when and (found := dates.compact_minguo(look, today)) and found.iso:
            foot.when.append(("bare", found, line.number))
        stamped = any(kind == "stamp" for kind, _ in stated.when)
        if stated.outlet and foot.outlet is None and (stamped or look.startswith("《") and stated.when or re.search(r"来源|稿源|source|供稿|转自|摘自", look)):
            foot.outlet = (stated.outlet, line.number)
        if stated.authors and not foot.authors:
            foot.authors = stated.authors
        said = people.byline(line.text, look)
        if said and said.whole and not foot.authors and not people.editors(line.text, look):
            foot.authors = said.authors
    return foot


def _label_alone(look: str) -> str | None:
    kind = fields._LABELS.get(re.sub(r"[\s:]", "", look))
    return kind if kind in ("published", "dated", "updated", "signed") else None


def _published(top: header.Header, foot: _Foot, meta: Metadata, machine: dates.Found | None, lines: list[Line], today: date) -> tuple[str | None, str]:
    if meta.published:
        return meta.published, meta.published_origin or "metadata"
    ranked: list[tuple[int, int, dates.Found, str]] = []
    strength = {"published": (20, "release label"), "dated": (21, "date label"), "outlet": (30, "date with outlet"), "glued": (32, "date with name"),
                "bare": (40, "date alone"), "stamp": (50, "newspaper stamp"), "signed": (70, "signing date"), "forum": (75, "date of the post"), "updated": (80, "update, nothing else stated")}  # fmt: skip
    for i, s in top.stated.items():
        for kind, found in s.when:
            if found.iso and kind in strength:
                rank, name = strength[kind]
                ranked.append((rank, i, found, f"line {lines[i].number}: header, {name}"))
    if machine and machine.iso:
        ranked.append((25, 0, machine, "line 1: date written by a crawler"))
    for kind, found, number in foot.when:
        if kind in strength:
            rank, name = strength[kind]
            ranked.append((60 + rank // 10 if kind != "updated" else 81, number, found, f"line {number}: foot, {name}"))
    if ranked:
        _, _, found, origin = min(ranked, key=lambda r: (r[0], r[1]))
        return found.iso, origin
    return None, _why_none(top, lines, meta)


def _why_none(top: header.Header, lines: list[Line], meta: Metadata) -> str:
    for i, s in top.stated.items():
        for _, found in s.when:
            if found.why:
                return found.why
        if s.unknown:
            return f"{s.unknown} (line {lines[i].number})"
    if meta.published_origin:
        return meta.published_origin
    for i in range(min(top.start, len(lines))):
        if i in top.used and "issue" in top.used[i]:
            return f"issue only: {lines[i].text} (line {lines[i].number})"
    return "none: no line of the page states its date"


def _first_published(lines: list[Line], body: bodies.Body, published: str | None, today: date) -> str | None:
    """When the page says that its text was published first, above, in or right below the body; None where that is its own date."""
    for line in lines[: body.end + 15]:
        if line.reason in ("related list", "comments") or line.reason.startswith("another article"):
            break
        if line.reason and (found := firsts.first_publication(line.folded, today)):
            return found.iso if found.iso != published else None
    return None


def _updated(top: header.Header, foot: _Foot, meta: Metadata) -> str | None:
    if meta.updated:
        return meta.updated
    found = [f.iso for s in top.stated.values() for kind, f in s.when if kind == "updated"] + [f.iso for kind, f, _ in foot.when if kind == "updated"]
    return next((iso for iso in found if iso), None)


_OWN_PAPER = re.compile(r"《([^《》]{2,10}(?:報|报|網|网|社|刊|台))》記?记?者")


def _outlet(top: header.Header, body: bodies.Body, foot: _Foot, meta: Metadata, lines: list[Line]) -> tuple[str | None, str | None, str | None]:
    """Outlet, its origin, and who reprinted it where the page names both."""
    site = top.site or meta.site
    found = [(name, f"line {lines[i].number}: {rule}", rule) for name, i, rule in top.outlets]
    if meta.outlet:
        return meta.outlet, meta.outlet_origin, meta.republisher or meta.site
    labelled = [f for f in found if f[2] in ("source label", "newspaper stamp")]
    own = _own_paper(lines, top, body)
    if own:
        return own[0], f"line {own[1]}: byline of the paper itself", (found[0][0] if found else site)
    if labelled:
        others = [f[0] for f in found if f[0] != labelled[0][0]] + ([site] if site else [])
        return labelled[0][0], labelled[0][1], next(iter(others), None)
    if foot.outlet:
        return foot.outlet[0], f"line {foot.outlet[1]}: source label at the foot", (found[0][0] if found else site)
    if body.lines and (dispatch := people.dispatch(body.lines[0].text, body.lines[0].folded)):
        return dispatch, f"line {body.lines[0].number}: dispatch of the paper itself", (found[0][0] if found else site)
    if found:
        return found[0][0], found[0][1], site
    for name, line in _opening(body)[1:2]:
        if name:
            return name, f"line {line}: dateline", site
    if body.outlet:
        return body.outlet[0], f"line {body.outlet[1]}: byline", site
    if top.site:
        return top.site, "the page's first lines: name of the site", None
    if meta.site:
        return meta.site, "metadata: og:site_name", None
    by_owner = header.owner(lines)
    return (by_owner, "copyright line", None) if by_owner else (None, None, None)


def _own_paper(lines: list[Line], top: header.Header, body: bodies.Body) -> tuple[str, int] | None:
    """本報(domain)記者 above a body that speaks of 《X》記者: X wrote it, whoever reprints it."""
    for line in lines[: top.start]:
        match = people._OWN_DOMAIN.match(line.folded)
        if match:
            domain = line.text[match.start("domain") : match.end("domain")]
            for paragraph in body.lines[:6]:
                named = _OWN_PAPER.search(paragraph.text)
                if named:
                    return f"{named[1]} ({domain})", line.number
    return None


def _opening(body: bodies.Body) -> tuple[tuple[str, ...], tuple[str | None, int]]:
    for line in body.lines[:2]:
        said = people.opening(line.text, line.folded)
        if said:
            return tuple(n for n in said.authors if not header._nobody(n)), (said.outlet, line.number)
    return (), (None, 0)


_SNIPPET = re.compile(r"^\d{4}-\d\d?-\d\d?\s\S|(?:…|\.{3,}|\[详细\]|\[全文\]|详情)$")


def _refuse_lists(lines: list[Line], body: bodies.Body, everything: list[Line]) -> None:
    letters = sum(len(re.findall(r"[^\W\d_]", line.text[:400])) for line in body.lines[:40])
    if letters < bodies.SHORTEST // 2 or body.sentences < bodies.SHORTEST:
        raise PageRefused(f"no article body: {body.sentences} characters of sentences are left", _dropped(everything))
    snippets = sum(1 for line in body.lines if len(line.text) <= 200 and _SNIPPET.search(line.folded))
    whole = sum(1 for line in body.lines if len(line.text) >= 20)
    if snippets >= 3 and snippets * 2 >= whole or snippets >= 2 and snippets >= whole:
        raise PageRefused("no article body: a list of headlines with the beginnings of other articles", _dropped(everything))


def _dropped(lines: list[Line]) -> tuple[Dropped, ...]:
    """The lines that are no body, neighbours with one reason as one block, in page order."""
    blocks: list[tuple[str, int, list[str]]] = []
    last = -2
    for i, line in enumerate(lines):
        if line.reason:
            if blocks and blocks[-1][0] == line.reason and last == i - 1:
                blocks[-1][2].append(line.text)
            else:
                blocks.append((line.reason, line.number, [line.text]))
            last = i
    return tuple(Dropped("\n".join(texts), reason, number) for reason, number, texts in blocks)
