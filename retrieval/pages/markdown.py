"""Markdown in, clean lines out; and the front matter above it as metadata.

Front matter is read by a small reader of its own: scalars, quoted scalars, lists, folded and literal blocks. It runs no
tags and follows no references, so a page cannot make it build anything.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import PurePosixPath

from retrieval.pages import dates, people
from retrieval.pages.lines import Line, squeeze
from retrieval.pages.metadata import Metadata
from retrieval.text import fold

_KEY = re.compile(r"^([A-Za-z\u3400-\u9fff][\w\u3400-\u9fff .-]{0,40}?)\s*[:：](?:\s+(.*)|)$")
_FIELDS = {
    "title": "title 标题 標題",
    "outlet": "outlet source publisher publication 来源 來源 媒体 媒體 出处 出處",
    "author": "author authors byline writer 作者 记者 記者",
    "editor": "editor editors 编辑 編輯 责任编辑 責任編輯",
    "published": "published date publish_date published_at pubdate publishdate date_published 发布日期 發布日期 日期 发布时间 發布時間",
    "updated": "updated modified lastmod last_modified updated_at 更新日期",
    "url": "url link permalink canonical source_url 网址 網址 链接",
    "kind": "kind type",
    "original": "original original_file",
    "note": "note 更正 备注 備註",
    "republisher": "republisher reprint 转载 轉載",
    "original_published": "original_published first_published",
}
_NAME = {word: name for name, words in _FIELDS.items() for word in words.split()}


def front_matter(text: str) -> tuple[dict[str, str | list[str]] | None, str, int]:
    """The keys of the front matter, the text below it, and how many lines it took; None where the text begins without one."""
    if not re.match(r"\s*---[ \t]*\n", text):
        return None, text, 0
    lines = text.split("\n")
    first = next(i for i, line in enumerate(lines) if line.strip())
    end = next((i for i in range(first + 1, min(len(lines), first + 200)) if lines[i].rstrip() in ("---", "...")), None)
    if end is None:
        return None, text, 0
    block = lines[first + 1 : end]
    if not any(_KEY.match(line) for line in block) and any(line.strip() for line in block):
        return None, text, 0
    return _keys(block), "\n".join(lines[end + 1 :]), end + 1


def _keys(block: list[str]) -> dict[str, str | list[str]]:
    keys: dict[str, str | list[str]] = {}
    name, style = "", ""
    for line in block:
        match = _KEY.match(line) if line[:1] not in (" ", "\t", "-", "#") else None
        if match:
            name, value = match[1].strip().lower().replace(" ", "_").replace("-", "_"), (match[2] or "").strip()
            style = value[:1] if value[:1] in ("|", ">") and len(value) <= 2 else ""
            keys.setdefault(name, "" if style else _value(value))
        elif name and (item := re.match(r"^\s*-\s+(.*)$", line)) and not style:
            before = keys[name]
            keys[name] = ([*before] if isinstance(before, list) else []) + [_scalar(item[1])]
        elif name and line[:1] in (" ", "\t") and line.strip():
            before = keys[name]
            if isinstance(before, str):
                keys[name] = (before + ("\n" if style == "|" else " ") + line.strip()).strip()
    return keys


def _value(value: str) -> str | list[str]:
    if value.startswith("[") and value.endswith("]"):
        return [_scalar(piece) for piece in value[1:-1].split(",") if piece.strip()]
    return _scalar(value)


def _scalar(value: str) -> str:
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        inner = value[1:-1]
        return inner.replace("''", "'") if value[0] == "'" else inner.replace('\\"', '"').replace("\\n", " ").replace("\\\\", "\\")
    value = re.sub(r"\s+#\s.*$", "", value)
    return "" if value.lower() in ("null", "~", "none") else value


def metadata(keys: dict[str, str | list[str]], today: date) -> Metadata:
    """What front matter says; a date it states badly is left out, with the reason in `published_origin`."""
    meta = Metadata()
    for key, value in keys.items():
        name = _NAME.get(key)
        if not name or not value:
            continue
        text = squeeze(value if isinstance(value, str) else "、".join(value))
        origin = f"front matter: {key}"
        if name == "title" and not meta.title:
            meta.title, meta.title_origin = text, origin
        elif name == "outlet" and not meta.outlet:
            meta.outlet, meta.outlet_origin = text, origin
        elif name == "author":
            meta.authors = tuple(dict.fromkeys(meta.authors + _people(value)))
        elif name == "editor":
            meta.editors = tuple(dict.fromkeys(meta.editors + _people(value)))
        elif name == "published" and not meta.published:
            found, why = dates.parse(text, today, earliest=1)
            meta.published, meta.published_origin = found, origin if found else why
        elif name in ("updated", "original_published"):
            setattr(meta, name, dates.parse(text, today, earliest=1)[0])
        elif name == "url":
            meta.url = text if re.match(r"https?://", text) else None
        elif name == "kind":
            meta.kind = "brief" if text.lower() == "brief" else "article"
        elif name in ("original", "note", "republisher"):
            setattr(meta, name, text)
    if not meta.published and not meta.published_origin:
        meta.published_origin = "none: the front matter states no date"
    return meta


def _people(value: str | list[str]) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(name for piece in value if (name := squeeze(piece)))
    found = people.names(value)
    return found or ((squeeze(value),) if value.strip() and fold(value).strip() not in ("null", "~") else ())


# --- lines -------------------------------------------------------------------------------------------------------------------

_IMAGE = re.compile(r"!\[[^\[\]\n]{0,300}\]\((?:data:[^)\n]*|[^()\n]{0,2000}(?:\([^()\n]{0,200}\)[^()\n]{0,500})?)\)")
_LINK = re.compile(r"\[([^\[\]\n]{0,500})\]\([^()\s]{0,2000}(?:\s\"[^\"\n]{0,200}\")?\)")
_AUTO = re.compile(r"<(https?://[^<>\s]{1,2000})>")
_STRONG = re.compile(r"(?<![*\\])\*\*(?![*\s])([^*\n]{1,2000}?)(?<![\s*])\*\*(?!\*)")
_EMPHASIS = re.compile(r"(?<![*\\\w])\*(?![*\s])([^*\n]{1,500}?)(?<![\s*])\*(?![*\w])")
_CODE = re.compile(r"`([^`\n]{1,500})`")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_BULLET = re.compile(r"^(?:[-*+•]|\d{1,2}\.)\s+")
_RULE = re.compile(r"^(?:-{3,}|\*{3,}|_{3,}|(?:- ){2,}-|(?:\* ){2,}\*)$")
_ADDRESS = re.compile(r"(?:data:image|s3://|blob:)[^\s)]*")


def is_markdown(lines: list[Line], path: str) -> bool:
    """A .md file, or a text with a picture, or with headings and links, in Markdown's spelling."""
    if PurePosixPath(path).suffix.lower() in (".md", ".markdown"):
        return True
    sample = lines[:400]
    pictures = sum(1 for line in sample if "![" in line.text and _IMAGE.search(line.text))
    headings = sum(1 for line in sample if _HEADING.match(line.text))
    links = sum(1 for line in sample if "](" in line.text and _LINK.search(line.text))
    return pictures > 0 or headings > 0 or links >= 3


def read(lines: list[Line]) -> list[Line]:
    """The lines of Markdown without its marks; headings, bullets and links are noted on the line, pictures are dropped."""
    ruled = False
    for line in lines:
        text = line.text
        if _RULE.match(text):
            line.reason, ruled = "separator", True
            continue
        heading = _HEADING.match(text)
        if heading:
            line.heading, text = len(heading[1]), heading[2]
        quoted = text.startswith(">")
        text = re.sub(r"^(?:>\s?)+", "", text)
        if bullet := _BULLET.match(text):
            line.bullet = text[0] not in "0123456789"
            text = text[bullet.end() :] if line.bullet else text
        if "](" in text:
            text = _ADDRESS.sub("", _IMAGE.sub("", text))
            linked = sum(len(m[1]) for m in _LINK.finditer(text))
            text = _LINK.sub(r"\1", text)
            line.links = linked / max(1, len(text.strip()))
        if "*" in text or "`" in text or "<http" in text:
            text = _CODE.sub(r"\1", _AUTO.sub(r"\1", _EMPHASIS.sub(r"\1", _STRONG.sub(r"\1", text))))
        text = squeeze(text)
        if not text:
            line.reason = "picture"
            continue
        if text != line.text:
            line.text, line.folded = text, fold(text)
        if quoted and re.match(r"^(?:图|图片|图为|照片|photo)\s?[:\d]", line.folded):
            line.reason = "caption"
        elif line.links > 0.9 and line.bullet:
            line.reason = "related list" if ruled or line.bullet else "link"
    return lines
