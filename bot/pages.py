"""How a page is read, for `wenda read` and `wenda show`: a path in, the contract's objects or lines for a person out."""

from __future__ import annotations

import lzma
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

from bot import contract, render
from retrieval import corpus
from retrieval.errors import CorpusError, PageRefused, WendaError
from retrieval.records import Article, Skipped

_SHOWN = ("id", "path", "title", "outlet", "republisher", "published", "published_origin", "original_published", "updated", "authors", "editors", "script", "kind", "url")


_COLOURS = {"=": "36", "-": "2"}
"""What gave a field is cyan, what was left out is dim; what was kept stands in the terminal's own colour."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was looked at: the contract's object, and its lines with their marks and reasons, in page order."""

    fields: contract.Json
    lines: tuple[tuple[str, str, str], ...]


def looked_at(path: Path) -> Iterator[Page]:
    """One a page: a file's, each line's of a JSON lines file, each file's of a folder. Stores nothing.

    Raises CorpusError for a path that does not exist or cannot be read.
    """
    reader = import_module("retrieval.pages")
    sources, _ = corpus.scan([path])
    for source in sources:
        name = str(path) if path.is_file() else source.path
        try:
            if name.lower().endswith(".zip"):
                yield from _archive(name, Path(source.path).read_bytes())
            elif source.lines:
                for number, line in enumerate(corpus.lines(source.path), 1):
                    if line.strip():
                        yield _read(f"{name}:{number}", partial(reader.read_line, line, Path(name).name, number))
            else:
                data = Path(source.path).read_bytes()
                yield _read(name, partial(reader.read, data, Path(name).name))
        except (OSError, EOFError, lzma.LZMAError) as error:
            raise CorpusError(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _archive(name: str, data: bytes) -> Iterator[Page]:
    """The pages of a ZIP archive's members."""
    from retrieval import pages

    for each in pages.opened(data, name):
        if isinstance(each, Skipped):
            yield _read(each.path, partial(_refuse, each.reason))
            continue
        for number, article in enumerate(each.articles, 1):
            yield _read(f"{name}/{each.name}" + (f":{number}" if len(each.articles) > 1 else ""), partial(_itself, article))
        for skipped in each.skipped:
            yield _read(skipped.path, partial(_refuse, skipped.reason))


def _refuse(reason: str) -> Article:
    raise PageRefused(reason)


def _itself(article: Article) -> Article:
    return article


def _read(name: str, read: Callable[[], Article]) -> Page:
    from retrieval.pages import margin

    try:
        article = read()
        return Page(contract.page(name, article), tuple(margin(article)))
    except WendaError as refusal:
        dropped = tuple(getattr(refusal, "dropped", ()))
        left_out = tuple(row for row in margin(Article(id=name, body="", dropped=dropped)) if row[1])
        return Page(contract.refused_page(name, str(refusal), dropped), left_out)


def told(page: Page, colour: bool = False, width: int | None = None) -> str:
    """A page as a person checks it at a glance: its fields, then every line behind its mark.

    `+` is the body, `=` gave the field named in brackets, `-` was left out for the reason in brackets.
    """
    lines = _stated(page.fields)
    if page.lines:
        lines.append("")
    for mark, text, reason in page.lines:
        words = render.clean(f"[{reason}] {text}" if reason else text)
        style = _COLOURS.get(mark) if colour else None
        for number, line in enumerate(render.wrapped(words, width and max(8, width - 2))):
            shown = f"{' ' if number else mark} {line}".rstrip()
            lines.append(f"\033[{style}m{shown}\033[0m" if style else shown)
    return "\n".join(lines)


def described(stored: contract.Json) -> str:
    """A stored article as a person reads it: its fields, then its body."""
    return "\n".join([*_stated(stored), "", render.clean(stored["body"])])


def _stated(page: contract.Json) -> list[str]:
    lines = [f"{name}: {'、'.join(page[name]) if isinstance(page[name], list) else page[name]}" for name in _SHOWN if page.get(name)]
    return [render.clean(line) for line in (*lines, *([f"error: {page['error']}"] if page.get("error") else []))]
