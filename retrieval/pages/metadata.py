"""What front matter, HTML metadata or a JSON line says of an article: given, not guessed."""

from __future__ import annotations

from dataclasses import dataclass

from retrieval.records import Kind


@dataclass
class Metadata:
    title: str | None = None
    title_origin: str | None = None
    outlet: str | None = None
    outlet_origin: str | None = None
    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    published: str | None = None
    published_origin: str | None = None
    original_published: str | None = None
    updated: str | None = None
    url: str | None = None
    note: str | None = None
    original: str | None = None
    republisher: str | None = None
    site: str | None = None
    kind: Kind = "article"
