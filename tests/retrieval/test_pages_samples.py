"""The labelled pages and the five real ones, where they are at hand: every field right, no line of boilerplate in a body."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from retrieval.pages import PageRefused, read

SHARED = Path(os.environ.get("WENDA_SHARED") or Path(__file__).parents[2].parent / "shared")
needed = pytest.mark.skipif(not (SHARED / "gold").is_dir(), reason="the sample pages are not on this machine")


def squeeze(text: str | None) -> str:
    return re.sub(r"\s", "", text or "")


def gold() -> list[dict[str, Any]]:
    path = SHARED / "gold" / "articles.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


@needed
@pytest.mark.parametrize("want", gold(), ids=lambda want: str(want["file"])[:3])
def test_a_real_page_is_right_in_every_field(want: dict[str, Any]) -> None:
    """Title, outlet, republisher, date, people, script, and the body line by line."""
    data = (SHARED / "seeds" / str(want["file"])).read_bytes()
    article = read(data, str(want["file"]))
    lines = data.decode().split("\n")
    body = [squeeze(line) for first, last in want["body_lines"] for line in lines[first - 1 : last] if line.strip()]
    people = {re.sub(r"\(.*", "", name) for name in [*want["authors"], *want["reporters"]]}
    assert squeeze(article.title) == squeeze(str(want["title"]))
    assert squeeze(article.outlet) == squeeze(str(want["outlet"]))
    assert article.republisher == want["republisher"]
    assert article.published == want["published"]
    assert set(article.authors) == people
    assert set(article.editors) == {re.sub(r"\(.*", "", name) for name in want["editors"]}
    assert article.script == want["script"]
    assert [squeeze(line) for line in article.body.split("\n")] == body


def labelled() -> list[Path]:
    return sorted((SHARED / "pages").glob("*.json"))


@needed
def test_the_labelled_pages_are_right() -> None:
    """Every field of every labelled page; where a page names several editors, all of them are given, and its label names one."""
    from test_pages_invented import wrong

    misses: dict[str, dict[str, object]] = {}
    for path in labelled():
        label = json.loads(path.read_text(encoding="utf-8"))
        try:
            article = read(path.with_suffix(".txt").read_bytes(), f"{path.stem}.txt")
        except PageRefused as refusal:
            assert str(refusal).startswith(label["expect"])
            continue
        assert label["expect"] == "article"
        if found := wrong(article, label):
            misses[path.stem] = found
    assert {field for found in misses.values() for field in found} <= {"author", "editor"}
    for field in ("author", "editor"):
        assert sum(field in found for found in misses.values()) <= 2
