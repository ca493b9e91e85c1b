"""Plain text and JSON lines as articles, without reading headers: what there is until the page reader is in place."""

from __future__ import annotations

import json

from retrieval.errors import WendaError
from retrieval.records import Article

VERSION = 0


def read(data: bytes, path: str) -> Article:
    if not data.strip():
        raise WendaError("empty file")
    return Article(id=path, path=path, body=data.decode("utf-8", "replace"))


def read_line(line: bytes, name: str, number: int) -> Article:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise WendaError("text damaged: the line is not JSON") from error
    known = {key: found.get(key) for key in ("title", "outlet", "published", "url")}
    return Article(id=found.get("id") or f"{name}:{number}", body=found["body"], **known)
