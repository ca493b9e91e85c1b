"""A passage or a name that an admin withholds is nowhere to be seen, the rest of the article stays, and it can be undone for a month."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_decisions import OTHER, STORY, page

from retrieval import Library
from retrieval.errors import UsageError, WendaError
from retrieval.passages import sentences
from retrieval.records import Article
from retrieval.text import fold
from retrieval.withholding import GAP, passage, without_name, without_passage

COST = "每座桥平均花了35万元"
ENGINEER = "县交通局的工程师每周来看两次,雨天也不停。"
NAMED = "白鹭洲的老师陆青禾说,孩子们每天过桥上学。陸青禾今年五十岁。\n\n桥边有一棵老树,没有人知道它的年纪。"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    page(folder / "bridges.md", STORY, title="十二座桥", outlet="青禾日报", published="2019-05-14")
    page(folder / "library.md", OTHER + "读者陆青禾常来。", title="夜里的图书室", outlet="柳溪周报", published="2020-11-02")
    lines = [{"id": "school", "title": "陆青禾的一天", "author": "陆青禾", "body": NAMED}, {"body": "另一篇,没有这个人。它讲的是河边的春天。"}]
    file = folder / "more.jsonl"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    os.utime(file, (time.time() - 100, time.time() - 100))
    return folder


@pytest.fixture
def library(tmp_path: Path, corpus: Path) -> Iterable[Library]:
    with Library.open(tmp_path / "library.db") as library:
        library.reindex([corpus])
        yield library


def everything(library: Library) -> str:
    """All that the library could show of any article, and all terms of its index."""
    stored = library.engine.articles([article.id for article in library.contents(0, 100)])
    fields = [str((a.title, a.body, a.authors, a.editors, a.outlet, a.note, a.dropped)) for a in stored.values()]
    return "\n".join([*fields, *(f"{p.text} {' '.join(p.terms)}" for p in library.passages())])


def test_a_passage_is_withheld_at_once_and_at_every_reindex(library: Library, corpus: Path) -> None:
    """It is neither shown nor found; the words around it are quoted as before, at their places in the body that is left."""
    asked = library.ask("每座桥平均花了多少钱?")
    assert asked.excerpts and "35万元" in asked.excerpts[0].text
    library.withhold(COST, "bridges.md", who="1")
    for again in (lambda: None, lambda: library.reindex([corpus]), lambda: library.reindex([corpus], full=True), lambda: page(corpus / "bridges.md", STORY + "又修了一座。"), lambda: library.reindex([corpus])):
        again()
        assert "35" not in everything(library)
        assert library.article("bridges.md").body.startswith(STORY.split(COST)[0] + GAP)
        assert not [e for e in library.ask("每座桥平均花了多少钱?").excerpts if "35" in e.text]
        answer = library.ask("青禾县修了几座小桥?")
        for excerpt in answer.excerpts:
            assert excerpt.text == library.article(excerpt.article.id).body[excerpt.start : excerpt.end]
        assert "十二座" in answer.excerpts[0].text
    assert library.engine.frequencies(["35"])["35"] == 0


def test_a_name_is_withheld_everywhere(library: Library, corpus: Path) -> None:
    """Every sentence with it, in either script, a title with it, and a reporter of that name; other sentences stay."""
    assert dict(library.holding("陆青禾")) == {"library.md": 1, "school": 2}
    decision = library.withhold("陆青禾", who="1")
    assert sorted(each.id for each in decision.taken) == ["library.md", "school"]
    page(corpus / "new.md", "新来的一篇。陆青禾又来了。桥还在。", title="陸青禾回鄉")
    for again in (lambda: None, lambda: library.reindex([corpus]), lambda: library.reindex([corpus], full=True)):
        again()
        assert "陆青禾" not in fold(everything(library))
        school = library.article("school")
        assert (school.title, school.authors) == (None, ())
        assert school.body == f"{GAP}\n桥边有一棵老树,没有人知道它的年纪。"
        assert library.article("library.md").title == "夜里的图书室"
    assert library.article("new.md").body == f"新来的一篇。{GAP}桥还在。"


def test_undoing_shows_all_again(library: Library, corpus: Path) -> None:
    """As the files hold it, without a reindex; what another decision withholds stays withheld."""
    before = everything(library)
    library.withhold("陆青禾")
    library.withhold(COST, "bridges.md")
    assert library.undo().value == COST
    assert COST in library.article("bridges.md").body and GAP not in library.article("bridges.md").body
    assert library.article("school").title is None
    library.undo()
    assert everything(library) == before
    report = library.reindex([corpus])
    assert (report.changed, report.unchanged) == (0, 4)


def test_what_cannot_be_shown_again_waits_for_the_next_reindex(library: Library, corpus: Path) -> None:
    """A file that has changed since is read then, all of it, whatever its time says."""
    library.withhold(COST, "bridges.md")
    text = (corpus / "bridges.md").read_text(encoding="utf-8")
    (corpus / "bridges.md").unlink()
    library.undo()
    assert GAP in library.article("bridges.md").body
    (corpus / "bridges.md").write_text(text, encoding="utf-8")
    os.utime(corpus / "bridges.md", (time.time() - 100, time.time() - 100))
    library.reindex([corpus])
    assert COST in library.article("bridges.md").body and GAP not in library.article("bridges.md").body


def test_a_long_passage_is_withheld_from_copies_too(library: Library, corpus: Path) -> None:
    """A reprint that has it word for word, and one that comes later; a short one only where it was pointed at."""
    page(corpus / "mirror.md", "别的报纸也写了。" + ENGINEER + "大家都高兴。")
    page(corpus / "short.md", "这里的" + COST + ",那里的也是。")
    library.reindex([corpus])
    library.withhold(ENGINEER, "bridges.md")
    library.withhold(COST, "bridges.md")
    page(corpus / "late.md", "更晚的一篇。" + ENGINEER)
    library.reindex([corpus])
    assert [id for id in ("bridges.md", "mirror.md", "late.md") if "工程师" in library.article(id).body] == []
    assert COST in library.article("short.md").body


def test_past_answers_do_not_keep_what_is_withheld(library: Library) -> None:
    """Their check says that they have changed, and no longer what they quoted."""
    asked = library.ask("每座桥平均花了多少钱?")
    assert asked.id
    library.withhold(COST, "bridges.md")
    (check, *_) = library.verify(asked.id)
    assert (check.verdict, check.citation.text) == ("changed", GAP)
    library.undo()
    (check, *_) = library.verify(asked.id)
    assert check.verdict == "unchanged"
    assert "35万元" in check.citation.text


def test_a_restored_ledger_is_obeyed(library: Library, corpus: Path, tmp_path: Path) -> None:
    """What it withholds, and what it does not any more, holds after the next reindex, though no file has changed."""
    assert library.ledger
    library.ledger.back_up(tmp_path / "before")
    library.withhold("陆青禾")
    library.withhold(COST, "bridges.md")
    library.ledger.back_up(tmp_path / "after")
    library.ledger.restore(tmp_path / "before")
    library.reindex([corpus])
    assert GAP not in everything(library)
    library.ledger.restore(tmp_path / "after")
    library.reindex([corpus])
    assert "陆青禾" not in everything(library)
    assert COST not in everything(library)


def test_other_decisions_hold_beside_it(library: Library, corpus: Path) -> None:
    """A corrected title that holds the name is not shown either, a note stays, and a withdrawn article stays withdrawn."""
    library.correct("library.md", "title", "陆青禾的图书室")
    library.annotate("library.md", "更正")
    library.withdraw("more.jsonl:2", "来函")
    library.withhold("陆青禾")
    library.withhold("雨天也不停", "bridges.md")
    library.reindex([corpus], full=True)
    article = library.article("library.md")
    assert (article.title, article.note) == (None, "更正")
    with pytest.raises(WendaError, match="no such article"):
        library.article("more.jsonl:2")


@pytest.mark.parametrize(("words", "id"), [("没有这句话的", "bridges.md"), ("桥", "bridges.md"), ("", "bridges.md"), ("没有的人", None), ("桥", None), ("很" * 21, None), (COST, "nothing.md")])
def test_a_slip_withholds_nothing(library: Library, words: str, id: str | None) -> None:
    """What is not there or too short is refused, and nothing is noted."""
    with pytest.raises(WendaError):
        library.withhold(words, id)
    assert not library.rules().withheld
    with pytest.raises(UsageError, match="30 days"):
        library.undo()


@pytest.mark.parametrize("quoted", [f"“……{COST}……”", f" {COST}\n", "每座桥\n平均花了３５万元", "每座橋平均花了35萬元"])
def test_a_passage_is_found_as_people_copy_it(quoted: str) -> None:
    """With the marks of a quotation, other widths, scripts and line breaks."""
    assert [STORY[start:end] for start, end in passage(STORY, quoted)] == [COST]


def test_paragraphs_stay_where_they_are() -> None:
    """Neighbouring sentences become one gap, those of two paragraphs two; line breaks stay."""
    article = Article(id="a", body="甲说好。甲又说。乙说不好。\n\n甲走了。乙也走了。甲\n甲")
    assert without_name(article, "甲", "").body == f"{GAP}乙说不好。\n\n{GAP}乙也走了。{GAP}\n{GAP}"
    assert without_passage(article, "甲又说。乙", "").body == f"甲说好。{GAP}说不好。\n\n甲走了。乙也走了。甲\n甲"


@given(st.text(st.sampled_from("甲乙丙。！\n ，A🍎"), max_size=40), st.sampled_from(["甲", "乙丙", "A🍎", "a"]))
def test_what_is_withheld_is_gone_and_nothing_else(body: str, name: str) -> None:
    """No sentence with the name is left, every other one is, in order; withholding twice is withholding once."""
    article = Article(id="a", body=body)
    left = without_name(article, name, "")
    assert fold(name) not in fold(left.body)
    kept = [body[start:end].strip() for start, end in sentences(body) if fold(name) not in fold(body[start:end])]
    at = 0
    for sentence in kept:
        at = left.body.index(sentence, at) + len(sentence)
    assert without_name(left, name, "") == left
