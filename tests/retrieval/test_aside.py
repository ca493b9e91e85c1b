"""Answers from processes of their own are the same answers, and a process that dies costs none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from retrieval import Library
from retrieval.aside import LibraryAside
from retrieval.errors import LibraryEmpty

QUESTION = "清水河大桥全长多少米?"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A library of one article."""
    article = {"id": "bridge", "title": "青禾县新修大桥", "body": "青禾县的清水河大桥6月10日通车。大桥全长640米,总投资9300万元。"}
    (tmp_path / "bridge.jsonl").write_text(json.dumps(article, ensure_ascii=False), encoding="utf-8")
    with Library.open(tmp_path / "wenda.db") as library:
        library.reindex([tmp_path / "bridge.jsonl"])
    return tmp_path / "wenda.db"


def test_the_same_answer_comes_from_another_process(path: Path) -> None:
    """Excerpts, confidence and all; only the time it took is its own."""
    with LibraryAside.beside(path) as aside, Library.open(path, ledger=False) as library:
        there, here = (shelf.ask(QUESTION, record=False) for shelf in (aside, library))
    assert (there.status, there.excerpts, there.confidence) == (here.status, here.excerpts, here.confidence)


def test_errors_fit_to_be_shown_come_back_as_they_are(tmp_path: Path) -> None:
    """An empty library says so."""
    with LibraryAside.beside(tmp_path / "empty.db") as aside, pytest.raises(LibraryEmpty):
        aside.ask(QUESTION, record=False)


def test_a_killed_process_costs_no_answer(path: Path) -> None:
    """The question is answered here, the next one by a new process."""
    with LibraryAside.beside(path) as aside:
        first = aside.ask(QUESTION, record=False)
        pool = aside._pool
        assert pool and pool._processes
        for worker in list(pool._processes.values()):
            os.kill(worker.pid or 0, signal.SIGKILL)
        answers = [aside.ask(QUESTION, record=False) for _ in range(3)]
    assert [answer.excerpts for answer in answers] == [first.excerpts] * 3


def test_no_process_outlives_the_one_that_asks(path: Path) -> None:
    """Also when that is killed."""
    code = f"""
from pathlib import Path
from retrieval.aside import LibraryAside
if __name__ == "__main__":
    aside = LibraryAside.beside(Path({str(path)!r}))
    aside.ask("大桥", record=False)
    print(*[w.pid for w in aside._pool._processes.values()], flush=True)
    input()
"""
    script = path.parent / "asking.py"
    script.write_text(code, encoding="utf-8")
    root = Path(__file__).resolve().parents[2]
    asking = subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)})
    assert asking.stdout
    workers = [int(number) for number in asking.stdout.readline().split()]
    asking.kill()
    asking.wait()
    end = time.monotonic() + 30
    while any(alive(worker) for worker in workers) and time.monotonic() < end:
        time.sleep(0.05)
    assert workers and not any(alive(worker) for worker in workers)


def alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{number}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
