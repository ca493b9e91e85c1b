"""An HTML document in, its lines and metadata out. Offline: nothing is fetched, no script runs, no markup is passed on.

lxml parses; a block element is a line, with the share of its text that is links. What is no reading matter by its element
(script, style, form, nav, hidden parts) is left out here, what is none by its words is left to the stages for plain text.
Dates come from metadata only, or from a line as on any page.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from retrieval.errors import PageRefused
from retrieval.pages import dates, people
from retrieval.pages.lines import MOST_LINES, Line, clean, squeeze, unglossed
from retrieval.pages.metadata import Metadata
from retrieval.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

_SKIPPED = {"script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "canvas", "select", "option", "button", "input", "textarea", "head", "audio", "video", "map", "dialog"}
_ASIDE = {"nav": "menu", "footer": "footer", "aside": "related list", "form": "page furniture"}
_BLOCK = {
    "p", "div", "section", "article", "main", "header", "footer", "nav", "aside", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody",
    "tr", "td", "th", "blockquote", "pre", "figure", "figcaption", "form", "fieldset", "address", "hr", "br", "center", "body", "html", "caption", "details", "summary", "img",
}  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_PUBLISHED = ("article:published_time", "og:published_time", "og:article:published_time", "og:release_date", "pubdate", "publishdate", "publish_date", "publishtime", "datepublished", "dc.date", "dc.date.issued", "dcterms.issued", "weibo:article:create_at", "apub:time", "firstpublishtime", "release_date")
_UPDATED = ("article:modified_time", "og:updated_time", "lastmodified", "datemodified", "last-modified")
_OUTLET = ("source", "mediaid", "article:source", "og:article:source", "publisher", "dc.publisher", "contentsource", "copyrightholder")
_AUTHOR = ("author", "article:author", "og:article:author", "dc.creator", "byl")
_EDITOR = ("editor", "article:editor")


def read(text: str, today: date) -> tuple[list[Line], Metadata]:
    """The lines of a document and what its metadata says. Raises PageRefused where nothing can be parsed."""
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    body = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    try:
        tree = html.document_fromstring(body.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise PageRefused(f"no article body: the HTML cannot be parsed ({error})") from error
    meta = _metadata(tree, today)
    lines = []
    for shown, linked, number, tag, reason in _blocks(tree):
        shown = squeeze(unglossed(clean(shown)))
        if not shown:
            continue
        line = Line(number, shown, "", gap=True, heading=int(tag[1]) if re.fullmatch(r"h[1-6]", tag) else 0, links=min(1.0, linked / len(shown)), bullet=tag == "li")
        line.reason = "caption" if tag == "figcaption" else reason
        lines.append(line)
        if len(lines) > MOST_LINES:
            line.reason = f"beyond the first {MOST_LINES} lines; the rest is not shown"
            break
    for line, look in zip(lines, fold("\n".join(line.text for line in lines)).split("\n"), strict=True) if lines else ():
        line.folded = look
        if not line.reason and line.links > 0.8 and line.bullet and len(line.text) < 80:
            line.reason = "link"
    return lines, meta


def _blocks(tree: Any) -> Iterator[tuple[str, int, int, str, str]]:
    """Text, characters that are links, source line, tag and a reason to drop it, of each run of inline text, in order.

    Walks without recursion, so that a document nested ten thousand deep is only deep.
    """
    pieces: list[str] = []
    linked = 0
    skip = 0
    links = 0
    tags: list[tuple[str, int]] = [("body", 0)]
    asides: list[str] = []

    def flush() -> Iterator[tuple[str, int, int, str, str]]:
        nonlocal linked
        shown = "".join(pieces)
        if shown.strip():
            for part in shown.split("\n"):
                yield part, linked if len(part) >= linked else len(part), tags[-1][1], tags[-1][0], asides[-1] if asides else ""
        pieces.clear()
        linked = 0

    from lxml import etree

    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if skip or tag in _SKIPPED or element.keys() and (_HIDDEN.search(element.get("style") or "") or element.get("hidden") is not None):
                skip += 1
                continue
            if tag in _BLOCK:
                if pieces:
                    yield from flush()
                if tag not in ("br", "hr", "img"):
                    tags.append((tag, element.sourceline or 0))
                    if tag in _ASIDE:
                        asides.append(_ASIDE[tag])
            if tag == "a":
                links += 1
            if element.text:
                pieces.append(_flat(element.text) if tag != "pre" else element.text)
                linked += len(element.text.strip()) if links else 0
        else:
            if skip:
                skip -= 1
            else:
                if tag in _BLOCK:
                    if pieces:
                        yield from flush()
                    if tag not in ("br", "hr", "img"):
                        if tag in _ASIDE:
                            asides.pop()
                        if len(tags) > 1:
                            tags.pop()
                if tag == "a":
                    links = max(0, links - 1)
            if element.tail and not skip:
                pieces.append(_flat(element.tail))
                linked += len(element.tail.strip()) if links else 0
    yield from flush()


def _flat(text: str) -> str:
    return re.sub(r"\s+", lambda m: m.group().replace("\n", " ").replace("\r", " "), text)


def _metadata(tree: Any, today: date) -> Metadata:
    meta = Metadata()
    given: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = (element.get("property") or element.get("name") or element.get("itemprop") or "").strip().lower()
        value = squeeze(clean(element.get("content") or ""))
        if name and value:
            given.setdefault(name, value[:300])
    why = None
    for name in _PUBLISHED:
        if name in given:
            found, reason = dates.parse(given[name], today)
            if found:
                meta.published, meta.published_origin = found, f"metadata: {name}"
                break
            why = why or reason
    if not meta.published:
        _time_element(tree, meta, today)
    if not meta.published and why:
        meta.published_origin = why
    for name in _UPDATED:
        if name in given and not meta.updated:
            meta.updated = dates.parse(given[name], today)[0]
    for name in _OUTLET:
        if name in given and not meta.outlet and 2 <= len(given[name]) <= 30 and not given[name].startswith("http"):
            meta.outlet, meta.outlet_origin = given[name].removeprefix("来源：").removeprefix("来源:").strip(), f"metadata: {name}"
    for name in _AUTHOR:
        if name in given and not meta.authors and not given[name].startswith("http"):
            meta.authors = tuple(n for n in people.names(given[name]) if not re.search(people.OUTLET_END, fold(n)) and not re.fullmatch(r"[a-z]\w*", n))
    for name in _EDITOR:
        if name in given and not meta.editors:
            meta.editors = people.names(given[name])
    title = given.get("og:title") or given.get("articletitle") or given.get("headline")
    if not title:
        found_title = next(iter(tree.iter("title")), None)
        title = squeeze(clean(found_title.text_content())) if found_title is not None else None
    meta.title = unglossed(title) if title else None
    if given.get("og:site_name") and len(given["og:site_name"]) <= 20:
        meta.site = given["og:site_name"]
    link = next((e.get("href") for e in tree.iter("link") if (e.get("rel") or "").lower() == "canonical"), None) or given.get("og:url")
    meta.url = link if link and re.match(r"https?://\S+$", link) else None
    return meta


def _time_element(tree: Any, meta: Metadata, today: date) -> None:
    """<time pubdate> or <time itemprop=datePublished>; a bare <time> may be any time."""
    for element in tree.iter("time"):
        if element.get("pubdate") is not None or (element.get("itemprop") or "").lower() == "datepublished":
            found, _ = dates.parse(element.get("datetime") or element.text_content() or "", today)
            if found:
                meta.published, meta.published_origin = found, "metadata: time element"
                return
