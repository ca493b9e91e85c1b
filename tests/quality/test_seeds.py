"""The briefs that ship: whole front matter, every figure of the fact list, and no sentence of the newspapers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.pages import read
from retrieval.passages import sentences
from retrieval.records import Article
from retrieval.text import fold

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"
SHARED = Path(os.environ.get("WENDA_SHARED") or ROOT.parent / "shared")
BRIEFS = sorted(path for path in SEEDS.glob("*.md") if not path.name.startswith("README"))

_NAME = re.compile(r"《[^》]+》|[a-z]+(?:\.[a-z]+)+")
_FACT = re.compile(r"^- (\d{3})-\d\d (.+)$", re.MULTILINE)
_FIGURE = re.compile(r"(\d[\d.]*)([^\d\s]?)")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_PEOPLE = re.compile(r"[名人位个]")


def brief(path: Path) -> Article:
    """The brief as the program reads it."""
    return read(path.read_bytes(), path.name)


def squeezed(text: str) -> str:
    """*text* in one script, without white space, and dates in words, so that figures can be looked up with their units."""
    return re.sub(r"\s+", "", fold(_ISO.sub(r"\1年\2月\3日", text)))


def has_figure(text: str, number: str, unit: str) -> bool:
    """Whether *number* stands in *text* on its own and, where it counts something, before the same measure word."""
    after = f"(?:{unit}|{_PEOPLE.pattern})" if _PEOPLE.fullmatch(unit) else re.escape(unit) if re.match(r"\w|%", unit) else ""
    return re.search(rf"(?<![\d.]){re.escape(number)}{after or '(?![0-9])'}", text) is not None


@pytest.mark.parametrize("path", BRIEFS, ids=lambda path: path.stem)
def test_a_brief_says_what_it_was_made_from(path: Path) -> None:
    """Title, outlet and day of the report, the name of its page, and that this is a brief; nothing of it is read as page furniture."""
    article = brief(path)
    assert article.kind == "brief"
    assert article.original == path.with_suffix(".txt").name
    assert article.title and article.outlet
    assert article.published and re.fullmatch(r"\d{4}-\d\d-\d\d", article.published)
    assert article.dropped == ()


@pytest.mark.parametrize("path", BRIEFS, ids=lambda path: path.stem)
def test_every_sentence_of_a_brief_fits_an_excerpt(path: Path) -> None:
    """An excerpt is at most about 160 characters, and a brief's sentence is quoted whole."""
    body = brief(path).body
    assert [body[start:end] for start, end in sentences(body) if end - start > 140] == []


@pytest.mark.parametrize("path", BRIEFS, ids=lambda path: path.stem)
def test_every_figure_of_the_facts_is_in_the_brief(path: Path) -> None:
    """Each number of the fact list stands in the brief before the same unit."""
    facts = SHARED / "gold" / "facts.md"
    if not facts.exists():
        pytest.skip("the fact list is not beside this checkout")
    text = squeezed(brief(path).body)
    missing = []
    for article, fact in _FACT.findall(facts.read_text(encoding="utf-8")):
        if article == path.name[:3]:
            fact = re.sub(r"\([^()]*原文[^()]*\)", "", fact)
            missing += [(fact, n + u) for n, u in _FIGURE.findall(squeezed(fact)) if not has_figure(text, n.rstrip("."), u)]
    assert missing == []


def test_no_sentence_of_the_newspapers_is_taken_over(tmp_path: Path) -> None:
    """Runs of sixteen characters and more that a brief shares with the pages are names of documents and sites."""
    tool = SHARED / "tools" / "overlap.py"
    if not tool.exists():
        pytest.skip("the pages are not beside this checkout")
    names = tmp_path / "names.txt"
    names.write_text("\n".join(name for path in BRIEFS for name in _NAME.findall(brief(path).body)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(tool), str(SEEDS), "--allow", str(names)], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (done.stdout, done.returncode) == ("", 0)
