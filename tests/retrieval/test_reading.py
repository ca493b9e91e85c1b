"""Lines of a large set are read by workers; what is stored of them is what this process would have stored, line by line."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest

from retrieval import Library, catalogue, cutting, reading
from retrieval.embedded import Ahead
from retrieval.native import kernels
from retrieval.native.merging import merging
from retrieval.postings import compact, pack, without
from retrieval.records import Report
from retrieval.spool import Spool

BODY = "渭源县的村民种了三千亩党参，约1.2万人受益。“真好！”他说。\n第二段说的是GLP-1和百分之五。"

LINES = [
    {"body": "沒有編號的一篇，寫的是臺灣的事。"},
    *({"id": f"a{n}", "title": f"第{n}篇" if n % 3 else None, "body": f"第{n}件事。{BODY}" * (1 + n % 4), "published": "2023-08-16", "author": ["王小明"]} for n in range(60)),
    {"id": "a7", "body": "又一篇同名的。"},
    {"id": "brief", "body": "简讯。", "kind": "brief", "original": "a9"},
    {"id": "lone", "body": "另一则简讯。", "kind": "brief", "original": "nowhere"},
    {"id": "empty", "body": " "},
]


def write(path: Path, lines: list[object]) -> Path:
    path.write_text("".join(line + "\n" if isinstance(line, str) else json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    os.utime(path, (time.time() - 100, time.time() - 100))
    return path


def stored(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that the library file holds, except what differs from one making to the next."""
    with sqlite3.connect(path) as conn:
        tables = ["articles", "bodies", "origins", "refusals", "segments", "chunks", "printed", "prints", "probes"]
        return {table: conn.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables}


def made(folder: Path, name: str, *states: list[object]) -> tuple[dict[str, list[tuple[object, ...]]], list[Report]]:
    with Library.open(folder / f"{name}.db") as library:
        reports = [library.reindex([write(folder / "corpus.jsonl", state)], yes=True) for state in states]
    return stored(folder / f"{name}.db"), reports


@contextmanager
def line_by_line(library: Library, spool: Spool, ahead: Callable[..., AbstractContextManager[Ahead | None]] = Library._ahead) -> Iterator[Ahead | None]:
    """Nothing is read ahead: each line when it is looked at."""
    with ahead(library, spool) as found:
        spool.ahead = None
        yield found


def forget_kernels() -> None:
    for each in (kernels, reading.texts, merging):
        each.cache_clear()


@pytest.mark.parametrize("batch", [1, 700, reading.BATCH])
def test_workers_read_as_this_process_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """Second ids, refusals, briefs, and what changed the next time; with kernels and without, in batches of any size."""
    monkeypatch.setattr(reading, "BATCH", batch)
    lines: list[object] = [*LINES[:30], "{", *LINES[30:]]
    later: list[object] = [LINES[0], {**LINES[1], "body": "改了。"}, *lines[2:20], "还是不对", *lines[25:], {"id": "new", "body": BODY}]
    found = {}
    for most in (1, 2):
        monkeypatch.setattr(cutting, "workers", lambda most=most: most)
        found[most] = made(tmp_path, f"{most}-{batch}", lines, later)
    monkeypatch.setattr(cutting, "workers", lambda: 1)
    monkeypatch.setattr(Library, "_ahead", line_by_line)
    for switch in ("", "off"):
        monkeypatch.setenv("WENDA_KERNELS", switch)
        forget_kernels()
        found[switch] = made(tmp_path, f"plain-{switch}-{batch}", lines, later)
    monkeypatch.undo()
    forget_kernels()
    for tables, reports in found.values():
        assert tables == found[1][0]
        for report, other in zip(reports, found[1][1], strict=True):
            assert (report.articles, report.passages, report.added, report.changed, report.removed, report.unchanged, report.skipped) == (
                other.articles, other.passages, other.added, other.changed, other.removed, other.unchanged, other.skipped,
            )  # fmt: skip
    reasons = [skipped.reason.split(":")[0] for skipped in found[2][1][0].skipped]
    assert reasons == ["not text", "second article with the id a7; the first is in " + str(tmp_path / "corpus.jsonl"), "no article body", "steps aside"]


def test_what_is_left_of_a_batch_is_what_it_would_have_been_alone() -> None:
    """Articles that are not stored leave nothing behind, no pair of a count and a length either."""
    passages = [["党参", "党参", "三千亩"], ["河边", "小路"], ["河边", "三千亩", "的", "的", "的", "的"]]
    left = compact(without(pack(passages), np.array([False, False, True])))
    for one, other in zip(vars(left).values(), vars(pack(passages[:2])).values(), strict=True):
        assert one.dtype == other.dtype and np.array_equal(one, other)


def test_a_reindex_can_be_cancelled_while_others_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for workers is asked whether to go on."""
    from retrieval.errors import Cancelled

    monkeypatch.setattr(reading, "BATCH", 1000)
    monkeypatch.setattr(cutting, "workers", lambda: 2)
    file, steps = write(tmp_path / "corpus.jsonl", [{"id": f"b{n}", "body": f"第{n}篇。{BODY}"} for n in range(400)]), 0

    def cancelled() -> bool:
        nonlocal steps
        steps += 1
        return steps > 3

    with Library.open(tmp_path / "library.db") as library:
        with pytest.raises(Cancelled):
            library.reindex([file], cancelled=cancelled)
        assert not library.contents()
        assert library.reindex([file]).articles == 400


def test_large_lines_are_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not sent about; the library holds the same articles with the same passages, and the same lines are passed over."""
    held = {}
    for large in (catalogue.LARGE, 600):
        monkeypatch.setattr(catalogue, "LARGE", large)
        with Library.open(tmp_path / f"{large}.db") as library:
            report = library.reindex([write(tmp_path / "corpus.jsonl", list(LINES))])
            held[large] = (list(library.passages()), {article.id: article for article in library.contents(limit=100)}, report.skipped)
    first, second = held.values()
    assert first == second


@pytest.mark.parametrize("seed", range(12))
def test_lines_that_moved_changed_or_went_leave_the_library_as_made_at_once(tmp_path: Path, seed: int) -> None:
    """Whatever becomes of a file's lines, with names and without, twice the same or blank: articles, ids and refusals are those of a first reading."""
    lot = random.Random(seed)
    lines: list[object] = [{"id": f"a{n}", "body": f"第{n}件事说完了。"} if n % 3 else {"body": f"没有编号的第{n % 4}篇。"} for n in range(40)]
    with Library.open(tmp_path / "kept.db", ledger=False) as library:
        for step in range(6):
            path = write(tmp_path / "corpus.jsonl", lines)
            os.utime(path, (time.time() - 100 + step, time.time() - 100 + step))
            library.reindex([path])
            for _ in range(lot.choice([1, 1, 4])):
                at, to = lot.randrange(len(lines)), lot.randrange(len(lines))
                match lot.choice(["change", "drop", "add", "move", "twice", "blank", "damage", "swap"]):
                    case "change":
                        lines[at] = {"id": f"a{at}", "body": f"改过的第{step}稿。"}
                    case "drop":
                        del lines[at]
                    case "add":
                        lines.insert(at, {"id": f"b{seed}-{step}-{at}", "body": "新的一篇。"})
                    case "move":
                        lines.insert(to % len(lines), lines.pop(at))
                    case "twice":
                        lines.insert(to, lines[at])
                    case "blank":
                        lines.insert(at, " ")
                    case "damage":
                        lines[at] = "{"
                    case "swap":
                        lines[at], lines[to] = lines[to], lines[at]
        path = write(tmp_path / "corpus.jsonl", lines)
        library.reindex([path])
        kept = library.reindex([path], full=False)
        with Library.open(tmp_path / "fresh.db", ledger=False) as fresh:
            report = fresh.reindex([path])
            assert {each.article_id: fresh.article(each.article_id).body for each in fresh.passages()} == {each.article_id: library.article(each.article_id).body for each in library.passages()}
            assert (kept.articles, len(kept.skipped)) == (report.articles, len(report.skipped))
            assert library.rank("第3件事") == fresh.rank("第3件事")
