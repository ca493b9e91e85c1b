"""What a serving process holds is what ranking needs, however many questions and threads there were."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from retrieval import Library, machine, segments, snapshot, walking, weighing
from retrieval.native import ranking
from retrieval.records import Article, Passage


def filled(path: Path) -> Library:
    """A library of 2,000 short articles."""
    library = Library.open(path, ledger=False)
    articles = [Article(id=f"n{n}", body=f"渭源县第{n}年种了三千亩党参，农民第{n % 7}次卖得很好。") for n in range(2000)]
    library.engine.apply([(article, [Passage(article.id, 0, len(article.body), article.body)]) for article in articles], ())
    return library


def test_a_posting_takes_six_bytes(tmp_path: Path) -> None:
    """Beside the postings there are twelve bytes a term, a table a term that is nearly everywhere, and little else."""
    with filled(tmp_path / "library.db") as library:
        for _ in range(5):
            library.rank("渭源县的党参卖得怎样")
        (segment,) = library.engine.snapshot().ranker.segments
        assert segment.complete
        assert segment.numbers.nbytes + segment.codes.nbytes == 6 * int(segment.counts.sum())
        assert segment.keys.nbytes + segment.starts.nbytes <= 12 * len(segment.keys) + 4
        common = np.count_nonzero(8 * segment.counts > len(segment.lengths))
        assert len(segment._dense) <= common


def test_paper_of_few_questions_is_kept(tmp_path: Path) -> None:
    """After many questions at once no more sheets are kept than a few need."""
    with filled(tmp_path / "library.db") as library, ThreadPoolExecutor(12) as pool:
        alone = library.rank("渭源县的党参")
        assert all(hits == alone for hits in pool.map(library.rank, ["渭源县的党参"] * 60))
        assert 1 <= len(library.engine.snapshot().ranker.ways._sheets) <= max(ranking.SHEETS, walking.SHEETS)


def test_postings_are_read_a_part_with_each_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No question waits for all of them, each finds the same from whatever is in memory, and in the end everything is."""
    monkeypatch.setattr(snapshot, "PART", 1)
    monkeypatch.setattr(snapshot, "SOME", 150)
    monkeypatch.setattr(weighing, "CHUNK", 500)
    monkeypatch.setattr(segments, "CHUNK", 500)
    monkeypatch.setattr(snapshot, "CHUNK", 500)
    questions = ["渭源县的党参卖得怎样", "第3次", "农民种了三千亩", "没有的词", "第1999年"]
    with filled(tmp_path / "library.db") as library:
        library.engine.warm()
        wanted = [library.rank(question) for question in questions]
    with Library.open(tmp_path / "library.db", ledger=False) as library:
        missing = []
        for _ in range(40):
            assert [library.rank(question) for question in questions] == wanted
            (segment,) = library.engine.snapshot().ranker.segments
            missing.append(np.count_nonzero(segment.missing))
        assert missing[0] > 0
        assert missing[-1] == 0
        assert segment.complete


def test_an_empty_library_finds_nothing_however_often_it_is_asked(tmp_path: Path) -> None:
    """Before anything was indexed, and after everything was removed."""
    with Library.open(tmp_path / "library.db", ledger=False) as library:
        assert not any(library.rank("渭源县的党参") for _ in range(8))
        library.engine.apply([(Article(id="n", body="渭源县种党参。"), [Passage("n", 0, 7, "渭源县种党参。")])], ())
        assert all(library.rank("渭源县的党参") for _ in range(8))
        library.engine.apply([], ["n"])
        assert not any(library.rank("渭源县的党参") for _ in range(8))


def test_typing_errors_are_read_without_a_dictionary_of_phrases() -> None:
    """Of pypinyin only the readings of single characters are read: its phrases would take 40 MB."""
    code = "import sys; from retrieval import typos; assert typos.confusable('胃')['渭'] == 1.0; assert not any('phrases' in name for name in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)


def test_freed_memory_is_given_back() -> None:
    """It is asked for after every reindex, and does nothing where the system has no such call."""
    machine.give_back()
