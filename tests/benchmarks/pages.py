"""Reads the same pages with Wenda, trafilatura and gne in one run: pages a second, the slowest page, and what each gets right.

usage: python tests/benchmarks/pages.py [FOLDER ...]     FOLDER: pages NAME.txt with labels NAME.json (default: the invented pages)

The peers expect HTML, so a plain page is given to them decoded, each of its lines in a <p> and its first as the
title; an HTML page as it is. A title or
a date is right where it is the label's; a body is clean where it begins and ends as the label says, and holds what it must
and nothing that it must not. The peers are an extra: pip install "wenda[peers]".
"""

from __future__ import annotations

import argparse
import html
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from retrieval.pages import PageRefused, read
from retrieval.pages.decode import decode


@dataclass(frozen=True)
class Reading:
    title: str | None = None
    published: str | None = None
    body: str | None = None


Reader = Callable[[bytes, str], Reading]


def wenda(data: bytes, marked: str) -> Reading:
    try:
        article = read(data, "page.txt")
    except PageRefused:
        return Reading()
    return Reading(article.title, article.published, article.body)


def trafilatura(data: bytes, marked: str) -> Reading:
    from trafilatura import bare_extraction

    found: Any = bare_extraction(marked, with_metadata=True, favor_recall=True)
    if found is None:
        return Reading()
    given = found if isinstance(found, dict) else found.as_dict()
    return Reading(given.get("title"), given.get("date"), given.get("text"))


def gne(data: bytes, marked: str) -> Reading:
    from gne import GeneralNewsExtractor

    try:
        found = GeneralNewsExtractor().extract(marked)
    except Exception:  # gne raises its own and lxml's errors where it finds nothing
        return Reading()
    return Reading(found.get("title"), (found.get("publish_time") or "")[:10], found.get("content"))


READERS: dict[str, Reader] = {"wenda": wenda, "trafilatura": trafilatura, "gne": gne}


def marked(data: bytes) -> str:
    """A page as HTML: as it is, or each line of it as a paragraph."""
    try:
        text, _ = decode(data)
    except PageRefused:
        text = data.decode("utf-8", "replace").replace("\0", "")
    if re.match(r"\s*<(?:!doctype|html)", text, re.IGNORECASE):
        return text
    lines = [html.escape(line.strip()) for line in text.split("\n") if line.strip()]
    return f"<html><head><title>{lines[0] if lines else ''}</title></head><body>" + "".join(f"<p>{line}</p>" for line in lines) + "</body></html>"


def squeeze(text: str | None) -> str:
    return re.sub(r"[\s\u200b-\u200f\u2060\ufeff\u00ad]+", "", text or "")


def right(reading: Reading, label: dict[str, Any]) -> dict[str, bool]:
    if label["expect"] != "article":
        return {"refused": not reading.body}
    body = squeeze(reading.body)

    def accepted(name: str) -> list[str]:
        return [squeeze(value) for value in [label[name], *label.get(f"{name}_accept", [])]]

    clean = any(map(body.startswith, accepted("body_first"))) and any(map(body.endswith, accepted("body_last")))
    return {
        "title": squeeze(reading.title) in accepted("title"),
        "date": (reading.published or None) == label["published"],
        "clean body": bool(body) and clean and all(squeeze(s) in body for s in label["must_in_body"]) and not any(squeeze(s) in body for s in label["must_not_in_body"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[Path(__file__).parents[1] / "retrieval" / "pages"])
    labels = [path for folder in parser.parse_args().folders for path in sorted(folder.glob("*.json"))]
    pages = [(path.stem, path.with_suffix(".txt").read_bytes(), json.loads(path.read_text(encoding="utf-8"))) for path in labels]
    inputs = [(name, data, marked(data), label) for name, data, label in pages]
    for reader_name, reader in READERS.items():
        try:
            reader(inputs[0][1], inputs[0][2])  # imports and tables before the clock
        except ImportError:
            print(f"{reader_name:12s} not installed")
            continue
        totals: dict[str, list[int]] = {}
        slowest, begun = (0.0, ""), time.perf_counter()
        for name, data, page, label in inputs:
            before = time.perf_counter()
            reading = reader(data, page)
            slowest = max(slowest, (time.perf_counter() - before, name))
            for field, good in right(reading, label).items():
                total = totals.setdefault(field, [0, 0])
                total[0] += good
                total[1] += 1
        seconds = time.perf_counter() - begun
        figures = "  ".join(f"{field} {good}/{of}" for field, (good, of) in totals.items())
        print(f"{reader_name:12s} {len(inputs) / seconds:7.0f} pages/s   slowest {slowest[0] * 1000:6.1f} ms {slowest[1]:20s} {figures}")


if __name__ == "__main__":
    main()
