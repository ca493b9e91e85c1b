"""`wenda read` for a person: every line of a page behind its mark, with the reason why it is none of the article."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot import pages

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
STORY = """首页 > 新闻 > 正文
溪口的水车又转了
2014-03-02 08:00 来源:临川日报 作者:温一山
字号 大 中 小
溪口的水车停了三十年,今天早上又转了起来。修水车的是两位木匠,他们把轴心换成了铁的,叶片还是用老樟木。
图为溪口的水车。\x1b[31m 温一山 摄
村里的老人坐在桥头看了一上午。有人说,声音不如从前响,也有人说,是溪水小了,和水车没有关系。
[责任编辑:林小满]
相关阅读
渡口的旧书摊还在
"""
LIST = "渡口的旧书摊\n豆腐坊四十年\n桥头的热汤\n"


def matches(name: str, text: str) -> None:
    """Compares with the golden file, or writes it where WENDA_WRITE_GOLDEN is set: then read the difference."""
    path = GOLDEN / "read" / name
    if os.environ.get("WENDA_WRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(("name", "colour", "width"), [("plain.txt", False, None), ("colour.txt", True, 60), ("narrow.txt", False, 24)])
def test_a_page_is_told_line_by_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, colour: bool, width: int | None) -> None:
    """Fields first, then each line with + = or - and the reason; no line of the page gives the terminal an order."""
    monkeypatch.chdir(tmp_path)
    Path("page.txt").write_text(STORY, encoding="utf-8")
    (page,) = pages.looked_at(Path("page.txt"))
    told = pages.told(page, colour, width)
    assert colour or "\033" not in told
    matches(name, told + "\n")


def test_a_page_without_an_article_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error stands below the name, and the lines that were looked at behind it."""
    monkeypatch.chdir(tmp_path)
    Path("list.txt").write_text(LIST, encoding="utf-8")
    (page,) = pages.looked_at(Path("list.txt"))
    matches("refused.txt", pages.told(page) + "\n")


def on_a_terminal(path: Path, **environment: str) -> str:
    """What `wenda read PATH` writes to a pseudo-terminal."""
    pty = pytest.importorskip("pty", reason="needs a pseudo-terminal")
    here, there = pty.openpty()
    root = str(HERE.parents[1])
    settings = {"PATH": os.environ["PATH"], "PYTHONPATH": root, "TERM": "xterm", "PYTHONUTF8": "1", "HOME": str(path.parent), **environment}
    process = subprocess.Popen([sys.executable, "-m", "bot", "read", str(path)], stdout=there, stderr=there, stdin=there, env=settings, cwd=path.parent)
    os.close(there)
    written = b""
    while True:
        try:
            block = os.read(here, 65536)
        except OSError:  # the other end was closed
            break
        if not block:
            break
        written += block
    os.close(here)
    assert process.wait(60) == 0
    return written.decode("utf-8")


def test_colour_is_for_terminals_that_want_it(tmp_path: Path) -> None:
    """On a terminal what was left out is dim; with NO_COLOR, or in a pipe, there are only the marks."""
    path = tmp_path / "page.txt"
    path.write_text(STORY, encoding="utf-8")
    assert "\033[2m- [" in on_a_terminal(path)
    plain = on_a_terminal(path, NO_COLOR="1")
    assert "\033" not in plain and "\n- [" in plain
    piped = subprocess.run([sys.executable, "-m", "bot", "read", str(path)], capture_output=True, env={**os.environ, "PYTHONPATH": str(HERE.parents[1])}, cwd=tmp_path, timeout=120)
    assert b"\033" not in piped.stdout and b"\n+ " in piped.stdout


def test_the_members_of_an_archive_are_told_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page of a ZIP archive, each line of its JSON lines, and what holds no article with the reason."""
    import zipfile

    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("pages.zip", "w") as archive:
        for name, data in (("a.txt", STORY), ("b/list.txt", LIST), ("c.jsonl", '{"body": "水车转了。"}\n{"body": "水车停了。"}\n{}\n'), ("d.png", "x")):
            archive.writestr(name, data)
    told = {page.fields["path"]: page.fields["error"] or page.fields["title"] or page.fields["body"] for page in pages.looked_at(Path("pages.zip"))}
    assert list(told) == ["pages.zip/a.txt", "pages.zip/b/list.txt", "pages.zip/c.jsonl:1", "pages.zip/c.jsonl:2", "c.jsonl:3", "pages.zip/d.png"]
    assert told["pages.zip/a.txt"] == "溪口的水车又转了"
    assert told["pages.zip/b/list.txt"].startswith("no article body")
    assert told["pages.zip/d.png"].startswith("not a page")
