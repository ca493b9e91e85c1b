"""Articles in, the rows that the library file keeps of them out, and back."""

from __future__ import annotations

import json
import marshal
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np

from retrieval.postings import Flags, Numbers
from retrieval.records import Article, Span

STORED = tuple(f.name for f in fields_of(Article) if f.name not in ("body", "path", "dropped", "body_lines"))
"""The columns of the table `articles` that are fields of an Article."""

COLUMNS = (*STORED, "content_hash", "spans", "terms")
"""What a row of an article holds, in order; the hash of its body, the spans of its passages, and their terms where they were given."""

Row = tuple[Any, ...]

_fields = attrgetter(*STORED)
_LISTS = slice(STORED.index("authors"), STORED.index("editors") + 1)


@dataclass(frozen=True, slots=True)
class Rows:
    """Articles ready to be stored: their rows and bodies, and of each how many passages it has, which begin and end there."""

    rows: Sequence[Row]
    bodies: Sequence[str]
    counts: Numbers
    begins: Numbers
    ends: Numbers

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Packed:
    """The same on its way between processes and in files: rows and bodies as `marshal` packs them."""

    data: bytes
    counts: Numbers
    begins: Numbers
    ends: Numbers

    @classmethod
    def of(cls, rows: Rows) -> Packed:
        return cls(marshal.dumps((list(rows.rows), list(rows.bodies))), rows.counts, rows.begins, rows.ends)

    def rows(self) -> Rows:
        rows, bodies = marshal.loads(self.data)
        return Rows(rows, bodies, self.counts, self.begins, self.ends)

    def only(self, articles: Sequence[int]) -> Packed:
        """The same with these articles alone."""
        rows, passages = self.rows(), self.passages(articles)
        return Packed.of(
            Rows(
                [rows.rows[at] for at in articles], [rows.bodies[at] for at in articles], self.counts[list(articles)],
                self.begins[passages], self.ends[passages],
            )
        )  # fmt: skip

    def passages(self, articles: Sequence[int]) -> Flags:
        """Which passages are of these articles."""
        keep = np.zeros(len(self.counts), bool)
        keep[list(articles)] = True
        return np.repeat(keep, self.counts)


def rows_of(articles: Sequence[tuple[Article, Sequence[Span]]], terms: Sequence[str | None] | None = None) -> Rows:
    """The rows of articles with the spans of their passages, and their terms where they were given."""
    given = terms or [None] * len(articles)
    places = np.array([span for _, spans in articles for span in spans], np.int32).reshape(-1, 2)
    rows = [row_of(article, spans, own) for (article, spans), own in zip(articles, given, strict=True)]
    counts = np.array([len(spans) for _, spans in articles], np.int32)
    return Rows(rows, [article.body for article, _ in articles], counts, places[:, 0].copy(), places[:, 1].copy())


def row_of(article: Article, spans: Sequence[Span], terms: str | None = None) -> Row:
    """The row of an article."""
    values = list(_fields(article))
    values[_LISTS] = [_list(names) for names in values[_LISTS]]
    return (*values, article.content_hash, pack_spans(spans), terms)


def article_of(row: Sequence[Any], path: str, body: str) -> Article:
    """The article of a row; one with more columns than STORED will do."""
    values = dict(zip(STORED, row, strict=False))
    values["authors"], values["editors"] = tuple(json.loads(values["authors"])), tuple(json.loads(values["editors"]))
    return Article(**values, path=path, body=body)


def pack_spans(spans: Sequence[Span]) -> bytes:
    return struct.pack(f"<{2 * len(spans)}I", *chain.from_iterable(spans))


def unpack_spans(data: bytes) -> list[Span]:
    offsets = struct.unpack(f"<{len(data) // 4}I", data)
    return list(zip(offsets[::2], offsets[1::2], strict=True))


def _list(names: tuple[str, ...]) -> str:
    return json.dumps(names, ensure_ascii=False) if names else "[]"
