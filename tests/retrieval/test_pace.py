"""Whoever waits for a reindex sees how far it is, and can stop it anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_library import numbered, write

from retrieval import Library
from retrieval.errors import Cancelled
from retrieval.records import Progress

BODY = "河边的小路修好了。孩子们每天走这条路上学，老人们在路边下棋。到了春天，路边开满了花。" * 4


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "c.jsonl", numbered([f"第{number}篇。{BODY}" for number in range(400)]))


def test_progress_goes_on_and_ends_at_the_end(tmp_path: Path, file: Path) -> None:
    """Within one file of many articles, too: the share never goes back by much, the phases follow each other, and time is told."""
    seen: list[Progress] = []
    with Library.open(tmp_path / "library.db") as library:
        library.reindex([file], seen.append)
    assert list(dict.fromkeys(step.phase for step in seen)) == ["reading", "cutting", "merging", "writing"]
    reading = [step.share or 0.0 for step in seen if step.phase == "reading"]
    assert len(reading) > 5
    assert 0 <= reading[0] < 0.5
    assert seen[-1].share and seen[-1].share > 0.8
    assert all(step.left is None or step.left >= 0 for step in seen)
    assert max(step.articles for step in seen) >= 400


def test_files_that_have_not_changed_are_no_way_to_go(tmp_path: Path) -> None:
    """The way goes by what has to be read, not by the number of files."""
    for number in range(30):
        write(tmp_path / "corpus" / f"{number:02}.jsonl", [{"id": f"f{number}", "body": f"第{number}个文件。{BODY}"}])
    with Library.open(tmp_path / "library.db") as library:
        library.reindex([tmp_path / "corpus"])
        write(tmp_path / "corpus" / "zz.jsonl", [{"id": f"z{number}", "body": f"新的第{number}篇。{BODY}"} for number in range(300)])
        seen: list[Progress] = []
        library.reindex([tmp_path / "corpus"], seen.append)
        unchanged = [step for step in seen if step.phase == "reading" and step.done == 30]
        assert unchanged[0].share is not None and unchanged[0].share < 0.6  # by the number of files it were 0.97


@pytest.mark.parametrize("phase", ["reading", "cutting", "merging"])
def test_a_reindex_can_be_stopped_in_every_phase(tmp_path: Path, file: Path, phase: str) -> None:
    """The old state stays, whole."""
    with Library.open(tmp_path / "library.db") as library:
        library.reindex([write(tmp_path / "old.jsonl", numbered(["原来的一篇。"]))])
        now: list[str] = []
        with pytest.raises(Cancelled):
            library.reindex([file], lambda step: now.append(step.phase), cancelled=lambda: now[-1:] == [phase])
        assert [article.body for article in library.contents()] == ["原来的一篇。"]
        assert library.reindex([file], yes=True).articles == 400
