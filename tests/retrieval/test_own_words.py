"""Words and synonyms that an admin adds hold from the next question on, at every reindex to come, and can be undone for a month."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test_library import numbered, write

from retrieval import Library
from retrieval.errors import LibraryBusy, UsageError
from retrieval.variants import own

BODIES = [
    "青原粉条去年卖到了省外。合作社有120户农民做青原粉条。",
    "乡里的卫生室每天开到晚上八点。卫生室有三位医生。",
    "柳溪镇的图书室有4200本书。管理员说，来看书的多半是孩子。",
    "县医院新添了八十张床位。老人们很高兴。",
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "c.jsonl", numbered(BODIES, title="乡里的事"))


@pytest.fixture
def library(tmp_path: Path, file: Path) -> Iterable[Library]:
    with Library.open(tmp_path / "library.db") as library:
        library.reindex([file])
        yield library


def test_a_word_is_kept_whole_at_once_and_at_every_reindex(library: Library, file: Path, tmp_path: Path) -> None:
    """Articles and questions are cut by it, also when all is read again and in a library that is made anew beside the ledger."""
    library.add_word("青原粉条", who="1")
    for again in (lambda: None, lambda: library.reindex([file], full=True)):
        again()
        assert library.engine.frequencies(["青原粉条"]) == {"青原粉条": 1}
        assert library.words == ("青原粉条",)
        assert library.ask("青原粉条有多少户农民在做?").excerpts[0].article.id == "a0"
    library.close()
    for part in tmp_path.glob("library.db*"):
        if ".ledger" not in part.name:
            part.unlink()
    with Library.open(tmp_path / "library.db", ledger=False) as fresh:
        fresh.reindex([file])
        assert fresh.words == ("青原粉条",)
        assert fresh.engine.frequencies(["青原粉条"]) == {"青原粉条": 1}


def test_words_that_come_with_a_restored_ledger_hold_after_the_next_reindex(library: Library, file: Path, tmp_path: Path) -> None:
    """The words are part of a backup: whatever ledger is put in place, the next reindex cuts by its words, though no file has changed."""
    assert library.ledger
    library.ledger.back_up(tmp_path / "before")
    library.add_word("青原粉条")
    library.add_wording(["保健站", "卫生室"])
    library.ledger.back_up(tmp_path / "after")
    library.ledger.restore(tmp_path / "before")
    library.reindex([file])
    assert (library.words, bool(library.wording)) == ((), False)
    library.ledger.restore(tmp_path / "after")
    library.reindex([file])
    assert "青原粉条" in library.words
    assert library.wording.variants("保健站") == ("卫生室",)


@pytest.mark.parametrize("asked", ["保健站有几位医生?", "保健站每天开到几点?", "保健站 医生"])
def test_a_question_with_one_word_finds_the_other(library: Library, asked: str) -> None:
    """What no article holds is answered as if it had been asked with the articles' word, and nothing is missing."""
    library.add_wording(["保健站", "卫生室"])
    answer, same = library.ask(asked), library.ask(asked.replace("保健站", "卫生室"))
    found = answer.excerpts or answer.related
    assert found and found[0].article.id == "a1"
    assert (answer.status, [e.text for e in answer.excerpts]) == (same.status, [e.text for e in same.excerpts])
    assert "保健站" not in answer.missing
    assert not answer.corrected


def test_a_wording_of_one_library_is_not_anothers(library: Library, file: Path, tmp_path: Path) -> None:
    """Two libraries that are open side by side keep theirs apart, and ranking by BM25 alone knows of none."""
    with Library.open(tmp_path / "other.db") as other:
        other.reindex([file])
        before = library.rank("保健站的医生")
        library.add_wording(["保健站", "卫生室"])
        assert library.ask("保健站有几位医生?").missing == ()
        assert other.ask("保健站有几位医生?").missing == ("保健站",)
        assert [hit.article_id for hit in library.rank("保健站的医生")] == [hit.article_id for hit in before]


def test_words_are_taken_away_and_brought_back(library: Library) -> None:
    """Removing and undoing go step by step; after the last undo the library is as it was."""
    before = [passage.terms for passage in library.passages()]
    library.add_word("青原粉条")
    library.add_wording(["保健站", "卫生室", "医务点"])
    library.drop_word("青原粉条")
    library.drop_word("医务点")
    assert (library.words, bool(library.wording)) == ((), False)
    assert library.undo().kind == "unword"
    assert library.wording.variants("医务点") == ("保健站", "卫生室")
    library.undo()
    assert "青原粉条" in library.words
    library.undo()
    library.undo()
    assert [passage.terms for passage in library.passages()] == before
    assert not library.words and not library.wording
    with pytest.raises(UsageError, match="30 days"):
        library.undo()


def test_words_are_folded(library: Library) -> None:
    """Script, width and case do not matter, neither when a word is added again nor when it is taken away."""
    library.add_word("青原粉條")
    with pytest.raises(UsageError, match="already"):
        library.add_word("青原粉条")
    library.drop_word("青原粉条")
    library.add_wording(["ＷＩＦＩ", "無線網"])
    assert library.wording.variants("wifi") == ("无线网",)
    with pytest.raises(UsageError, match="already"):
        library.add_wording(["无线网", "wifi"])


@pytest.mark.parametrize("word", ["", "好", "？！", "很" * 21, "两\n行"])
def test_what_is_no_word_is_refused(library: Library, word: str) -> None:
    """Nothing is noted."""
    with pytest.raises(UsageError):
        library.add_word(word)
    with pytest.raises(UsageError):
        library.add_wording(["卫生室", word])
    with pytest.raises(UsageError):
        library.drop_word(word)
    assert library.rules().gist() == '[[], []]'


def test_an_act_beside_a_reindex_is_refused_whole(library: Library, tmp_path: Path) -> None:
    """While another connection writes, no word is added, neither in the library nor in the ledger."""
    with Library.open(tmp_path / "library.db") as other, other.store.writing(), pytest.raises(LibraryBusy):
        library.add_word("青原粉条")
    assert not library.rules().words


def test_words_can_be_undone_for_a_month(library: Library) -> None:
    """A word that was added longer ago stays until it is taken away."""
    now = datetime.now(UTC)
    library.add_word("青原粉条", at=now - timedelta(days=31))
    with pytest.raises(UsageError, match="30 days"):
        library.undo(at=now)
    library.drop_word("青原粉条", at=now)
    assert library.undo(at=now + timedelta(days=29)).value == "青原粉条"


def test_a_table_of_ones_own() -> None:
    """Each word of a group finds the others, in the order they were given."""
    table = own([["保健站", "卫生室"], ["卫生室", "医务室", "醫務室"]])
    assert table.variants("卫生室") == ("保健站", "医务室")
    assert table.variants("医务室") == ("卫生室",)
    assert not own([])
