"""`wenda eval` over a real library of a few invented articles."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.__main__ import main
from retrieval import Library

ARTICLES = {
    "orchard": ("果园丰收", "青山日报", "2019-05-03", "青山县果农李明今年种了30亩苹果。合作社一共有120户果农,每户分红8000元。\n\n水果经网店卖到了临江和石桥。"),
    "clinic": ("村里有了卫生室", "临江晚报", "2020-11-02", "临江县两年新建村卫生室45个。乡村医生王芳每天接诊20多人。\n\n药费可以当场报销。"),
    "school": ("新学校开学", "石桥日报", "2021-09-01", "石桥镇中心小学九月开学,招收学生360名。校长张华说,操场是用旧粮仓改建的。"),
}
CASES = [
    {"id": "1", "question": "青山县合作社每户分红多少钱?", "kind": "amount", "article": "orchard", "published": "2019-05-03", "answers": ["8000元"], "expect": "answer"},
    {"id": "2", "question": "临江县新建了几个卫生室?", "kind": "amount", "article": "clinic", "published": "2020-11-02", "answers": ["45个"], "expect": "answer"},
    {"id": "3", "question": "石桥镇中心小学的校长是谁?", "kind": "who", "article": "school", "published": "2021-09-01", "answers": ["张华"], "expect": "answer"},
    {"id": "4", "question": "火星上的汽车站几点关门?", "kind": "unanswerable", "expect": "no_answer"},
]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def wenda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """The command line in a folder of its own, with a corpus that is indexed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WENDA_DB", str(tmp_path / "w.db"))
    (tmp_path / "corpus").mkdir()
    rows = (dict(zip(("id", "title", "outlet", "published", "body"), (name, *fields), strict=True)) for name, fields in ARTICLES.items())
    (tmp_path / "corpus" / "articles.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "q.jsonl").write_text("\n".join(json.dumps(case, ensure_ascii=False) for case in CASES), encoding="utf-8")
    with Library.open(tmp_path / "w.db") as library:
        library.reindex([tmp_path / "corpus"])

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["eval", *arguments])
        out, err = capfd.readouterr()
        return int(left.value.code or 0), out, err

    return run


def test_a_question_file_is_scored_on_the_library(wenda: Run) -> None:
    """Real questions over real articles: every citation is verbatim and dated, and the right article is found first."""
    status, out, err = wenda("q.jsonl", "--json", "--without", "--today", "2026-11-22")
    assert (status, err) == (0, "")
    scored = json.loads(out)
    assert (scored["questions"], scored["today"], scored["unknown_articles"]) == (4, "2026-11-22", [])
    assert scored["retrieval"]["articles"]["R@1"] == 1.0
    assert scored["figures"]["verbatim"]["hits"] == scored["figures"]["verbatim"]["of"] > 0
    assert scored["figures"]["dated"]["hits"] == scored["figures"]["dated"]["of"]
    assert scored["figures"]["refused"] == {"value": 1.0, "hits": 1, "of": 1, "interval": scored["figures"]["refused"]["interval"]}
    assert scored["without"]["questions"] == 3 and scored["without"]["auroc"] >= 0.5


def test_scoring_leaves_no_past_answers(wenda: Run, tmp_path: Path) -> None:
    """Nothing is written beside the library that was not there before."""
    before = sorted(path.name for path in tmp_path.iterdir())
    assert wenda("q.jsonl")[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_the_curve_is_drawn_and_runs_are_compared(wenda: Run, tmp_path: Path) -> None:
    """The picture is an SVG file; an unchanged run compares as the same, on the terminal and as JSON."""
    (tmp_path / "old.json").write_text(wenda("q.jsonl", "--json")[1], encoding="utf-8")
    status, out, _ = wenda("q.jsonl", "--svg", "curve.svg", "--compare", "old.json")
    assert status == 0 and "gained 0, lost 0, changed 0, same 4" in out and "risk by coverage" in out
    assert ElementTree.parse(tmp_path / "curve.svg").getroot().tag.endswith("svg")
    assert json.loads(wenda("q.jsonl", "--json", "--compare", "old.json")[1])["comparison"]["same"] == 4


def test_what_cannot_be_scored_is_one_line_and_status_1(wenda: Run, tmp_path: Path) -> None:
    """Bad lines, a missing file, a file that is no earlier run, and a picture's missing folder are named."""
    (tmp_path / "bad.jsonl").write_text('{"id": "1", "question": "?"}\n{', encoding="utf-8")
    (tmp_path / "other.json").write_text("[1]", encoding="utf-8")
    (tmp_path / "torn.json").write_text("{", encoding="utf-8")
    for arguments, words in (
        (("bad.jsonl",), "bad.jsonl: line 1: expect must be 'answer' or 'no_answer', not None; line 2: not JSON"),
        (("gone.jsonl",), "gone.jsonl: No such file"),
        (("q.jsonl", "--compare", "other.json"), "the earlier run is not the output of `wenda eval --json`"),
        (("q.jsonl", "--compare", "torn.json"), "torn.json: not JSON"),
        (("q.jsonl", "--svg", "nowhere/curve.svg"), "nowhere/curve.svg: the picture cannot be written"),
    ):
        status, out, err = wenda(*arguments)
        assert status == 1 and out == "" and err.startswith("wenda: ") and err.count("\n") == 1 and words in err


def test_a_bar_shows_on_a_terminal_only(wenda: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress goes to stderr where that is a terminal; stdout stays pure JSON."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    status, out, _ = wenda("q.jsonl", "--json")
    assert status == 0 and json.loads(out)["questions"] == 4
