"""Lines of JSON in, articles out: how large sets come in. A line is an article as its owner gave it, so little is judged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any

from retrieval.errors import PageRefused
from retrieval.pages import dates, people
from retrieval.pages.common import script_of
from retrieval.pages.decode import MAX_BYTES
from retrieval.pages.lines import clean, plain_body, squeeze
from retrieval.records import Article, Skipped


def read_lines(lines: Iterable[bytes | str], name: str, today: date | None = None) -> Iterator[Article | Skipped]:
    """One Article or one Skipped for each line that is not blank, in order; *name* is the file's, for ids and reasons."""
    day = today or date.today()
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield read_line(line, name, number, day)
            except PageRefused as refusal:
                yield Skipped(f"{name}:{number}", str(refusal))


def read_line(line: bytes | str, name: str, number: int, today: date | None = None) -> Article:
    """The article of one line, counted from 1.

    An object has `body`, and may have `id`, `title`, `outlet`, `published`, `url`, `author`, `note`; without `id` the
    article's id is the file's name and line. A line is a page: one of more than 16 MiB is refused. Raises PageRefused.
    """
    if len(line) > MAX_BYTES:
        raise PageRefused("too large: a line may have 16 MiB")
    try:
        given = json.loads(line)
    except UnicodeDecodeError as error:
        raise PageRefused("not text: the line is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise PageRefused(f"not text: no JSON object ({str(error)[:80]})") from error
    if not isinstance(given, dict):
        raise PageRefused("no article body: the line is JSON, but no object")
    body = given.get("body")
    if body is not None and not isinstance(body, str):
        raise PageRefused("no article body: `body` must be a text")
    text = plain_body(body) if body else ""
    if not text:
        raise PageRefused("no article body: `body` is empty")
    published, origin = _published(given.get("published"), today or date.today())
    url = _text(given, "url")
    return Article(
        id=_text(given, "id") or f"{name}:{number}", path=name, body=text, title=_text(given, "title"), outlet=_text(given, "outlet"), published=published,
        published_origin=origin, title_origin="field title" if given.get("title") else "none", outlet_origin="field outlet" if given.get("outlet") else None,
        script=script_of(text), kind="brief" if given.get("kind") == "brief" else "article", url=url if url and url.startswith(("http://", "https://")) else None,
        authors=_people(given.get("author") or given.get("authors")), editors=_people(given.get("editor") or given.get("editors")), note=_text(given, "note"),
        original=_text(given, "original"), republisher=_text(given, "republisher"), original_published=_published(given.get("original_published"), today or date.today())[0],
    )  # fmt: skip


def write_line(article: Article) -> str:
    """One line of JSON that `read_line` reads back as the same article, dates and people included."""
    fields = {
        "id": article.id, "title": article.title, "outlet": article.outlet, "published": article.published, "url": article.url, "author": list(article.authors),
        "editor": list(article.editors), "republisher": article.republisher, "original_published": article.original_published, "note": article.note,
        "original": article.original, "kind": article.kind, "body": article.body,
    }  # fmt: skip
    return json.dumps(fields, ensure_ascii=False)


def _text(given: dict[str, Any], key: str) -> str | None:
    value = given.get(key)
    if value is None or isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    return squeeze(clean(text).replace("\n", " ")) or None


_PLAIN = re.compile(r"[!-~]+")


def _people(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(dict.fromkeys(squeeze(clean(v)) for v in value if isinstance(v, str) and v.strip()))
    if not isinstance(value, str) or not value.strip():
        return ()
    return people.names(squeeze(clean(value))) or (squeeze(clean(value)),)


def _published(value: Any, today: date) -> tuple[str | None, str]:
    if value is None or value == "":
        return None, "none: the line states no date"
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None, "impossible: `published` is no text"
    return _parsed(str(value), today)


@lru_cache(maxsize=1000)  # many lines are of one day
def _parsed(value: str, today: date) -> tuple[str | None, str]:
    found, why = dates.parse(value, today, earliest=1)
    return found, "field published" if found else why
