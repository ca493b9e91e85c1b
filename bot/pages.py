"""How a page is read, for `wenda read` and `wenda show`: a path in, the contract's objects or lines for a person out."""

from __future__ import annotations

import lzma
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

from bot import contract, render
from retrieval import corpus
from retrieval.errors import CorpusError, WendaError
from retrieval.records import Article

_SHOWN = ("id", "path", "title", "outlet", "republisher", "published", "published_origin", "original_published", "authors", "editors", "script", "kind", "url")


def looked_at(path: Path) -> Iterator[contract.Json]:
    """One object a page: a file's, each line's of a JSON lines file, each file's of a folder. Stores nothing.

    Raises CorpusError for a path that does not exist or cannot be read.
    """
    reader = import_module("retrieval.pages")
    sources, _ = corpus.scan([path])
    for source in sources:
        name = str(path) if path.is_file() else source.path
        try:
            if source.lines:
                for number, line in enumerate(corpus.lines(source.path), 1):
                    if line.strip():
                        yield _read(f"{name}:{number}", partial(reader.read_line, line, Path(name).name, number))
            else:
                data = Path(source.path).read_bytes()
                yield _read(name, partial(reader.read, data, Path(name).name))
        except (OSError, EOFError, lzma.LZMAError) as error:
            raise CorpusError(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _read(name: str, read: Callable[[], Article]) -> contract.Json:
    try:
        return contract.page(name, read())
    except WendaError as refusal:
        return contract.refused_page(name, str(refusal), getattr(refusal, "dropped", ()))


def described(page: contract.Json) -> str:
    """A page as a person reads it: its fields, its body, and what was left out with the reason."""
    lines = [f"{name}: {'、'.join(page[name]) if isinstance(page[name], list) else page[name]}" for name in _SHOWN if page.get(name)]
    if page.get("error"):
        lines.append(f"error: {page['error']}")
    if page.get("body"):
        lines += ["", page["body"]]
    if page.get("dropped"):
        lines += ["", *(f"- [{block['reason']}] {block['text']}" for block in page["dropped"])]
    return render.clean("\n".join(lines))
