"""A reindex that is killed leaves the library as it was before or as it should be after, and the next one completes.

Three kills at random moments; WENDA_KILLS=50 makes it fifty.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from retrieval import Library

KILLS = int(os.environ.get("WENDA_KILLS", "3"))
ARTICLES = 400

REINDEX = """
import sys
from retrieval import Library
with Library.open(sys.argv[1], ledger=False) as library:
    library.status()
    print("ready", flush=True)
    library.reindex([sys.argv[2]])
print("done", flush=True)
"""


def write(path: Path, edition: int) -> None:
    """Two editions of a corpus: in the second a third of the articles is changed, a third gone and a third new."""
    chance = random.Random(4)
    bodies = ["".join(chance.choices("渭源县农民种党参谷城补助电商产业园的在是了", k=300)) + "。" for _ in range(ARTICLES)]
    articles = [{"id": f"a{n}", "body": body} for n, body in enumerate(bodies)]
    if edition:
        articles = [article if n % 3 else {"id": article["id"], "body": f"新版。{article['body']}"} for n, article in enumerate(articles) if n % 3 < 2]
        articles += [{"id": f"b{n}", "body": body[::-1]} for n, body in enumerate(bodies) if n % 3 == 2]
    path.write_text("".join(json.dumps(article, ensure_ascii=False) + "\n" for article in articles), encoding="utf-8")


def answers(library: Library) -> list[tuple[str, float]]:
    found = [hit for question in ("渭源县党参", "谷城补助", "新版", "业产商电") for hit in library.rank(question, 20)]
    return [(hit.passage_id, hit.score) for hit in found]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library of the first edition, the corpus of the second, and what questions find in each."""
    folder = tmp_path_factory.mktemp("kills")
    write(folder / "corpus.jsonl", 0)
    with Library.open(folder / "before.db", ledger=False) as library:
        library.reindex([folder / "corpus.jsonl"])
    write(folder / "corpus.jsonl", 1)
    return folder


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_reindex_leaves_the_old_state_or_the_new(stage: Path, tmp_path: Path, seed: int) -> None:
    """SIGKILL at any moment: the library opens, answers as before or as after, and the next reindex completes."""
    shutil.copy(stage / "before.db", tmp_path / "library.db")
    with Library.open(stage / "before.db", ledger=False) as before:
        old = answers(before)
    child = subprocess.Popen([sys.executable, "-c", REINDEX, str(tmp_path / "library.db"), str(stage / "corpus.jsonl")], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert child.stdout
    assert child.stdout.readline() == b"ready\n"
    time.sleep(random.uniform(0, 0.6))
    child.kill()
    child.communicate()
    with Library.open(tmp_path / "library.db", ledger=False) as library:
        left = answers(library)
        held = library.status()["articles"]
        report = library.reindex([stage / "corpus.jsonl"])
        assert report.articles == ARTICLES
        new = answers(library)
        assert left in (old, new)
        assert report.added + report.changed + report.removed == (0 if left == new else len(range(0, ARTICLES, 3)) + 2 * len(range(2, ARTICLES, 3)))
        assert held == ARTICLES
    with Library.open(tmp_path / "fresh.db", ledger=False) as fresh:
        fresh.reindex([stage / "corpus.jsonl"])
        assert [id for id, _ in answers(fresh)] == [id for id, _ in new]
