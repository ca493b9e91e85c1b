"""What an admin decides about an article holds at once, at every reindex to come, and can be undone for a month."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from retrieval import Library
from retrieval.errors import LibraryBusy, UsageError, WendaError

STORY = (
    "青禾县今年修了十二座小桥。村民说,孩子上学再也不用绕路了。修桥的钱由县里和村里一起出,每座桥平均花了35万元。"
    "县交通局的工程师每周来看两次,雨天也不停。到了秋天,最后一座桥也通车了,全村人都来走了一遍。\n\n"
    "老人们说,这条河上从来没有过这么多桥。明年县里还要再修八座,其中三座可以走货车🚚。"
)
OTHER = "柳溪镇的图书室每晚开到九点。管理员说,来看书的多半是放学的孩子,也有刚收工的大人。图书室有4200本书。"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    page(folder / "bridges.md", STORY, title="十二座桥", outlet="青禾日报", published="2019-05-14")
    page(folder / "library.md", OTHER, title="夜里的图书室", outlet="柳溪周报", published="2020-11-02")
    return folder


@pytest.fixture
def library(tmp_path: Path, corpus: Path) -> Iterable[Library]:
    with Library.open(tmp_path / "library.db") as library:
        library.reindex([corpus])
        yield library


def page(path: Path, body: str, **fields: str) -> None:
    """A page that was last written long enough ago for its time to be trusted."""
    path.write_text("---\n" + "".join(f"{name}: {value}\n" for name, value in fields.items()) + f"---\n\n{body}\n", encoding="utf-8")
    os.utime(path, (time.time() - 100, time.time() - 100))


def test_a_correction_holds_at_once_and_when_the_file_is_read_again(library: Library, corpus: Path) -> None:
    """Title, outlet and date are the admin's from the next answer on, also after a full reindex and a changed file."""
    library.correct("bridges.md", "title", "新修的桥", who="1")
    library.correct("bridges.md", "outlet", "青禾晚报", who="1")
    library.correct("bridges.md", "published", "2019-06", who="1")
    for again in (lambda: None, lambda: library.reindex([corpus], full=True), lambda: page(corpus / "bridges.md", STORY + "又修了一座。"), lambda: library.reindex([corpus])):
        again()
        article = library.article("bridges.md")
        assert (article.title, article.outlet, article.published) == ("新修的桥", "青禾晚报", "2019-06")
        assert article.published_origin and article.published_origin.startswith("set by an admin")
    assert library.rank("新修")[0].article_id == "bridges.md"
    assert library.article("bridges.md").body.endswith("又修了一座。")


def test_a_note_stands_with_the_article(library: Library, corpus: Path) -> None:
    """A note is part of what an excerpt cites, survives a full reindex, and is taken away again."""
    library.annotate("library.md", "图书室已于2023年关闭")
    library.reindex([corpus], full=True)
    assert library.ask("图书室有多少本书?").excerpts[0].article.note == "图书室已于2023年关闭"
    library.annotate("library.md", None)
    assert library.article("library.md").note is None


def test_a_withdrawn_article_is_gone_and_stays_gone(library: Library, corpus: Path) -> None:
    """No reindex brings it back, neither from its file, nor under another name, nor as a reprint with a few other words."""
    asked = library.ask("青禾县修了几座小桥?")
    assert asked.id and asked.excerpts
    decision = library.withdraw("bridges.md", "报社来函", who="1")
    assert decision.value == "报社来函"
    assert [check.verdict for check in library.verify(asked.id)][:1] == ["gone"]
    page(corpus / "copy.md", STORY, title="另一个标题")
    page(corpus / "mirror.md", STORY.replace("老人们说", "有老人说"), title="转载")
    for full in (False, True, False):
        report = library.reindex([corpus], full=full)
        assert report.articles == 1
        assert sorted(Path(each.path).name for each in report.skipped if each.reason == "withdrawn: 报社来函") == ["bridges.md", "copy.md", "mirror.md"]
    assert not [hit for hit in library.rank("小桥") if hit.article_id != "library.md"]


def test_reprints_go_with_what_is_withdrawn_and_come_back_with_it(library: Library, corpus: Path) -> None:
    """A withdrawal takes nearly the same text too; undoing it brings all back at once, without a reindex."""
    page(corpus / "mirror.md", STORY.replace("老人们说", "有老人说"), title="转载")
    library.reindex([corpus])
    decision = library.withdraw("bridges.md", "报社来函")
    assert sorted(each.id for each in decision.taken) == ["bridges.md", "mirror.md"]
    assert library.status()["articles"] == 1
    library.undo()
    assert library.status()["articles"] == 3
    assert library.article("bridges.md").title == "十二座桥"
    report = library.reindex([corpus])
    assert (report.added, report.changed, report.removed, report.unchanged, report.skipped) == (0, 0, 0, 3, ())


def test_a_file_that_came_while_its_story_was_withdrawn_is_read_after_the_undoing(library: Library, corpus: Path) -> None:
    """What was passed over because of a withdrawal is passed over no longer once that is undone."""
    library.withdraw("bridges.md", "报社来函")
    page(corpus / "copy.md", STORY)
    library.reindex([corpus])
    library.undo()
    library.reindex([corpus])
    assert {"bridges.md", "copy.md"} <= {article.id for article in library.contents()}


def test_undo_goes_back_step_by_step(library: Library) -> None:
    """Each undo takes back the latest act in force; a field goes back to the earlier correction, then to what was read."""
    library.correct("bridges.md", "published", "2018")
    library.correct("bridges.md", "published", "2017")
    library.annotate("bridges.md", "更正")
    assert library.undo().kind == "note"
    assert (library.article("bridges.md").note, library.article("bridges.md").published) == (None, "2017")
    library.undo()
    assert library.article("bridges.md").published == "2018"
    library.undo()
    article = library.article("bridges.md")
    assert article.published == "2019-05-14"
    assert article.published_origin and not article.published_origin.startswith("set")
    with pytest.raises(UsageError, match="30 days"):
        library.undo()


def test_undo_gives_what_the_file_says_by_now(library: Library, corpus: Path) -> None:
    """A title that was corrected, then changed in the file, is that of the file once the correction is undone; of a file that is gone, the one read before."""
    library.correct("bridges.md", "title", "改过的题")
    page(corpus / "bridges.md", STORY, title="新题")
    library.reindex([corpus])
    assert library.article("bridges.md").title == "改过的题"
    library.undo()
    assert library.article("bridges.md").title == "新题"
    library.correct("bridges.md", "title", "又改过的题")
    (corpus / "bridges.md").unlink()
    library.undo()
    assert library.article("bridges.md").title == "新题"


def test_a_file_that_was_another_one_when_a_withdrawal_was_undone_is_read_again(library: Library, corpus: Path) -> None:
    """What came back was the text of that moment; the next reindex has what the file says, also where that is what it said before."""
    before = (corpus / "bridges.md").read_text(encoding="utf-8")
    library.withdraw("bridges.md", "报社来函")
    page(corpus / "bridges.md", "完全不同的另一篇，说的是柳溪镇的图书室每晚开到九点，来看书的多半是放学的孩子。" * 3)
    library.undo()
    assert "柳溪镇" in library.article("bridges.md").body
    (corpus / "bridges.md").write_text(before, encoding="utf-8")
    os.utime(corpus / "bridges.md", (time.time() - 100, time.time() - 100))
    library.reindex([corpus])
    assert "柳溪镇" not in library.article("bridges.md").body


def test_undo_reaches_back_a_month(library: Library) -> None:
    """A decision older than thirty days stays."""
    now = datetime.now(UTC)
    library.annotate("bridges.md", "更正", at=now - timedelta(days=31))
    with pytest.raises(UsageError, match="30 days"):
        library.undo(at=now)
    assert library.article("bridges.md").note == "更正"


def test_corrections_of_a_line_stay_with_its_text(tmp_path: Path) -> None:
    """An article that is named by its line keeps its withdrawal and its note only as long as the line is the same text."""
    file = tmp_path / "news.jsonl"

    def write(*bodies: str) -> None:
        file.write_text("".join(json.dumps({"body": body}, ensure_ascii=False) + "\n" for body in bodies), encoding="utf-8")

    write(STORY, OTHER)
    with Library.open(tmp_path / "library.db") as library:
        library.reindex([file])
        library.annotate("news.jsonl:1", "更正")
        write(OTHER, STORY)
        library.reindex([file])
        assert library.article("news.jsonl:1").note is None
        library.withdraw("news.jsonl:2", "来函")
        assert [article.body for article in library.contents()] == [OTHER]
        library.undo()
        assert library.article("news.jsonl:2").body.startswith("青禾县今年修了十二座小桥。")


def test_decisions_hold_in_a_library_that_is_made_anew_or_opened_without_its_ledger(tmp_path: Path, library: Library, corpus: Path) -> None:
    """The library file can be deleted; what was decided lies in the ledger beside it, and every reindex looks there."""
    library.correct("library.md", "published", "2021")
    library.withdraw("bridges.md", "来函")
    library.close()
    for part in tmp_path.glob("library.db*"):
        if ".ledger" not in part.name:
            part.unlink()
    with Library.open(tmp_path / "library.db", ledger=False) as fresh:
        fresh.reindex([corpus])
        assert [(article.id, article.published) for article in fresh.contents()] == [("library.md", "2021")]


def test_decisions_that_come_with_a_restored_ledger_hold_after_the_next_reindex(tmp_path: Path, library: Library, corpus: Path) -> None:
    """A library that has not heard of a decision reads the files concerned again, though no byte has changed."""
    before = tmp_path / "before.ledger"
    assert library.ledger
    library.ledger.back_up(before)
    library.annotate("library.md", "更正")
    library.withdraw("bridges.md", "来函")
    after = tmp_path / "after.ledger"
    library.ledger.back_up(after)
    library.ledger.restore(before)
    library.reindex([corpus])
    assert {article.id: article.note for article in library.contents()} == {"bridges.md": None, "library.md": None}
    library.ledger.restore(after)
    library.reindex([corpus])
    assert {article.id: article.note for article in library.contents()} == {"library.md": "更正"}


@pytest.mark.parametrize("value", ["2019-02-30", "2019-13", "19-05-14", "3019", "去年", "2019-05-14T08:00", "２０１９"])
def test_a_date_that_is_none_is_refused(library: Library, value: str) -> None:
    """Nothing is changed by a date that does not exist, is to come, or is written otherwise."""
    with pytest.raises(UsageError, match="date"):
        library.correct("bridges.md", "published", value)
    assert library.article("bridges.md").published == "2019-05-14"


def test_what_is_not_there_cannot_be_decided_upon(library: Library) -> None:
    """An unknown id is told, and nothing is noted."""
    with pytest.raises(WendaError, match="no such article"):
        library.withdraw("nothing.md", "来函")
    with pytest.raises(UsageError, match="30 days"):
        library.undo()


def test_an_act_beside_a_reindex_is_refused_whole(tmp_path: Path, library: Library) -> None:
    """While another connection writes, nothing is decided, neither in the library nor in the ledger."""
    with Library.open(tmp_path / "library.db") as other, other.store.writing(), pytest.raises(LibraryBusy):
        library.annotate("bridges.md", "更正")
    assert not library.rules().corrections


def test_every_act_is_a_line_of_the_log(library: Library, caplog: pytest.LogCaptureFixture) -> None:
    """Who did what to which article, and its undoing; the words of a note or reason are not in it."""
    caplog.set_level(logging.INFO, "retrieval.decisions")
    library.annotate("bridges.md", "更正", who="7")
    library.undo(who="8")
    assert [record.getMessage() for record in caplog.records] == [
        "an admin's act done: note bridges.md by 7 (number 1)",
        "an admin's act undone: note bridges.md by 8 (number 1)",
    ]
