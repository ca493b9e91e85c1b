"""Invented pages in the shapes that scraped pages have: every field of every page is right, in every pattern.

A page is `pages/NAME.txt` as bytes, its label `pages/NAME.json`: what an attentive reader would note of it.
"""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from retrieval.pages import PageRefused, margin, read
from retrieval.records import Article

FOLDER = Path(__file__).parent / "pages"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
TODAY = date(2026, 11, 22)
SCRIPTS = {"zh-Hans": "hans", "zh-Hant": "hant"}


def page(name: str) -> tuple[bytes, dict[str, Any]]:
    return (FOLDER / f"{name}.txt").read_bytes(), json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def squeeze(text: str | None) -> str:
    return re.sub(r"[\s\u200b-\u200f\u2060\ufeff\u00ad]+", "", text or "")


def accepted(label: dict[str, Any], field: str) -> set[str]:
    return {squeeze(value) for value in [label.get(field), *label.get(f"{field}_accept", [])]}


def wrong(article: Article, label: dict[str, Any]) -> dict[str, object]:
    """The fields in which an article differs from its label."""
    body = squeeze(article.body)
    found: dict[str, object] = {field: getattr(article, field) for field in ("title", "outlet") if squeeze(getattr(article, field)) not in accepted(label, field)}
    for field, people in (("author", article.authors), ("editor", article.editors)):
        if squeeze("、".join(people)) not in accepted(label, field) and not any(set(people) == set(re.split("[、 ]", value)) - {""} for value in accepted(label, field)):
            found[field] = people
    if article.published != label["published"]:
        found["published"] = (article.published, article.published_origin)
    for field in ("original_published", "updated"):
        if field in label and getattr(article, field) != label[field]:
            found[field] = getattr(article, field)
    if label.get("original_published") is None and article.original_published:
        found["original_published"] = article.original_published
    if article.script != SCRIPTS.get(label["script"], "other"):
        found["script"] = article.script
    if not any(body.startswith(value) for value in accepted(label, "body_first")):
        found["body starts"] = body[:20]
    if not any(body.endswith(value) for value in accepted(label, "body_last")):
        found["body ends"] = body[-20:]
    for field, inside in (("must_in_body", True), ("must_not_in_body", False), ("soft_must_not", False)):
        bad = [value for value in label.get(field, []) if (squeeze(value) in body) != inside]
        if bad:
            found[field] = bad
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_read_as_its_label_says(name: str) -> None:
    """Title, outlet, people, date, script, where the body begins and ends, and what is and is not in it; or why there is none."""
    data, label = page(name)
    if label["expect"] != "article":
        with pytest.raises(PageRefused, match=f"^{label['expect']}"):
            read(data, f"{name}.txt", TODAY)
        return
    assert wrong(read(data, f"{name}.txt", TODAY), label) == {}


@pytest.mark.parametrize("name", NAMES)
def test_every_field_says_where_it_was_read(name: str) -> None:
    """A title and a date have their origin; an unknown date has its reason."""
    data, label = page(name)
    if label["expect"] != "article":
        return
    article = read(data, f"{name}.txt", TODAY)
    assert article.title_origin
    assert article.published_origin
    if article.published is None:
        assert article.published_origin.startswith(("none", "relative", "no year", "issue only", "impossible"))
    if article.outlet:
        assert article.outlet_origin


@pytest.mark.parametrize("name", NAMES)
def test_no_line_of_a_page_is_lost_without_a_reason(name: str) -> None:
    """Every paragraph kept and every line dropped stands in the margin, in the order of the page, the dropped with a reason."""
    data, label = page(name)
    if label["expect"] != "article":
        return
    article = read(data, f"{name}.txt", TODAY)
    rows = margin(article)
    assert [text for mark, text, _ in rows if mark == "+"] == article.body.split("\n")
    assert all(reason for mark, _, reason in rows if mark != "+")


def test_every_pattern_has_a_page() -> None:
    """The patterns that scraped pages were found in are numbered; the pages here show each of them."""
    shown = {pattern for name in NAMES for pattern in page(name)[1].get("patterns", [])}
    assert shown >= {f"P{number:02}" for number in range(1, 67)}
