"""Large reindexes are cut by processes of their own; what they make is what this process would have made."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from retrieval import cutting
from retrieval.postings import Given, Postings, Uncut, cut
from retrieval.reprints import signature
from retrieval.text import Cutter, default_cutter

BATCHES = [Uncut([("县里的事", [f"渭源县第{n}年种了三千亩党参。", "农民很高兴。"])]) for n in range(5)]


def assert_equal(found: list[cutting.Made], wanted: list[Postings]) -> None:
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        for mine, theirs in zip(vars(one.postings).values(), vars(other).values(), strict=True):
            assert np.array_equal(mine, theirs)


def test_workers_cut_as_this_process_does() -> None:
    """In order, with an admin's words too."""
    for words in ((), ("千亩党参",)):
        cutter = Cutter(words) if words else default_cutter()
        with cutting.Cutting(words, most=2) as cutting_now:
            for batch in BATCHES:
                cutting_now.put(batch)
            assert_equal(cutting_now.results(), [cut(cutter, batch) for batch in BATCHES])


def test_workers_sign_as_this_process_does() -> None:
    """The bodies that come with a batch, or where they are not given, the passages of each article one after another."""
    given = Given([("党参", "很多")])
    for most in (1, 2):
        with cutting.Cutting(most=most) as cutting_now:
            for batch in BATCHES:
                cutting_now.put(batch, [None])
            cutting_now.put(BATCHES[0], ["另一篇正文。"])
            cutting_now.put(given, ["党参很多。"])
            found = [cut.signatures for cut in cutting_now.results()]
        bodies = ["".join(batch.articles[0][1]) for batch in BATCHES] + ["另一篇正文。", "党参很多。"]
        assert found == [[signature(body)] for body in bodies]


def test_a_worker_that_dies_costs_nothing_but_time() -> None:
    """What it did not finish is cut here."""
    with cutting.Cutting(most=2) as cutting_now:
        for batch in BATCHES[:3]:
            cutting_now.put(batch)
        assert cutting_now._workers
        for worker in cutting_now._workers._all:
            worker.kill()
        for batch in BATCHES[3:]:
            cutting_now.put(batch)
        assert_equal(cutting_now.results(), [cut(default_cutter(), batch) for batch in BATCHES])


def test_workers_give_way_and_ignore_ctrl_c() -> None:
    """A worker runs only where nobody else wants to, and leaves the interrupt to its parent; it ends with its input."""
    code = (
        "import os, signal, sys; sys.path[:0] = sys.argv[1:]; from retrieval.cutting import serve; serve(); "
        "sys.stderr.write(f'{os.nice(0)} {os.sched_getscheduler(0) == os.SCHED_IDLE} {signal.getsignal(signal.SIGINT) == signal.SIG_IGN}')"
    )
    done = subprocess.run([sys.executable, "-c", code, str(Path(__file__).parents[2])], input=b"", capture_output=True, check=True)
    assert done.stderr.decode() == "19 True True"


def test_workers_that_never_get_to_run_hold_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a batch is late, those that no worker has begun are cut here, in order."""
    monkeypatch.setattr(cutting, "PATIENCE", 0.2)
    with cutting.Cutting(most=2) as cutting_now:
        for batch in BATCHES[:3]:
            cutting_now.put(batch)
        assert cutting_now._workers
        for worker in cutting_now._workers._all:
            worker.send_signal(signal.SIGSTOP)
        more = [cutting_now.begin((batch, ())) for batch in BATCHES[3:] * 4]
        assert sum(one.future.running() for one in more if one.future) <= 2
        assert not more[-1].wait(0.1) and not cutting_now.late
        assert more[-1].wait(0.2) and cutting_now.late
        assert_equal([more[-1].made()], [cut(default_cutter(), BATCHES[-1])])
        assert more[-1].future and more[-1].future.cancelled()
        for worker in cutting_now._workers._all:
            worker.send_signal(signal.SIGCONT)
        assert_equal([one.made() for one in more], [cut(default_cutter(), batch) for batch in BATCHES[3:] * 4])
        assert_equal(cutting_now.results(), [cut(default_cutter(), batch) for batch in BATCHES[:3]])


def test_a_script_needs_no_main_guard(tmp_path: Path) -> None:
    """Workers are started as programs of their own: a script on standard input may reindex, and is not run twice."""
    script = """
import sys
from retrieval import cutting, reading, Library
reading.BATCH = 1
print("once")
with Library.open(sys.argv[1], ledger=False) as library:
    print(library.reindex([sys.argv[2]]).articles)
"""
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(f'{{"body": "渭源县的第{n}篇文章。"}}\n' for n in range(6)), encoding="utf-8")
    done = subprocess.run([sys.executable, "-", str(tmp_path / "library.db"), str(corpus)], input=script, text=True, capture_output=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout == "once\n6\n"
