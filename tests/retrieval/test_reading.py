"""Lines of a large set are read by workers; what is stored of them is what this process would have stored, line by line."""

from __future__ import annotations

import json
import lzma
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest

from retrieval import Library, catalogue, cutting, reading, runs
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


def remembered(path: Path) -> list[object]:
    """What a library holds of its corpus: bodies, origins, what was passed over and why, whatever the numbers of the files."""
    with sqlite3.connect(path) as conn:
        held = "SELECT a.id, b.body, f.path, o.line, o.digest FROM origins o LEFT JOIN articles a USING (id) LEFT JOIN bodies b USING (number) LEFT JOIN files f ON f.number = o.file ORDER BY o.id"
        return [conn.execute(each).fetchall() for each in (held, "SELECT path, reason FROM refusals ORDER BY 1", "SELECT count(*) FROM articles", "SELECT count(*) FROM bodies")]


def altered(lines: list[object], lot: random.Random, own: str, new: str) -> None:
    """Something becomes of one or two lines of a file whose articles are called by what is *own* to it."""
    at, to = lot.randrange(len(lines)), lot.randrange(len(lines))
    match lot.choice(["change", "change", "drop", "add", "append", "move", "twice", "blank", "damage", "swap", "brief", "rename"]):
        case "change":
            lines[at] = {"id": f"{own}{at}", "body": f"改过的第{new}稿。"}
        case "drop":
            del lines[at]
        case "add":
            lines.insert(at, {"id": f"{own}{new}-{at}", "body": "新的一篇。"})
        case "append":
            lines.append({"id": f"{own}{new}+{at}", "body": "接着的一篇。"})
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
        case "brief":
            lines[at] = {"id": f"{own}brief{new}-{at}", "body": "一则简讯。", "kind": "brief", "original": f"a{to}"}
        case "rename":
            lines[at] = {"id": f"{own}{to}", "body": "换了名字。"}


@pytest.mark.parametrize("other", ["a", "b"])
@pytest.mark.parametrize("seed", range(25))
def test_lines_that_moved_changed_or_went_leave_the_library_as_made_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, other: str) -> None:
    """Whatever becomes of the lines of two files, with names and without, twice the same or blank: articles, origins and refusals are those of a first reading.

    It is the same whether lines are looked at in runs of three or all of them one by one; also where both files call
    articles the same, of which the one that was first keeps its name.
    """
    lot = random.Random(seed)
    files: dict[str, list[object]] = {
        "a": [{"id": f"a{n}", "body": f"第{n}件事说完了。"} if n % 3 else {"body": f"没有编号的第{n % 4}篇。"} for n in range(40)],
        other * 2: [{"id": f"{other}{n * 5 + 1}", "body": f"旁边的第{n}篇。"} for n in range(8)],
    }
    libraries = {lines: Library.open(tmp_path / f"{lines}.db", ledger=False) for lines in (3, runs.LINES)}
    for step in range(8):
        paths = [write(tmp_path / f"{name}.jsonl", lines) for name, lines in files.items()]
        for path in paths:
            os.utime(path, (time.time() - 100 + step, time.time() - 100 + step))
        for again in range(2):
            reports = []
            for lines, library in libraries.items():
                monkeypatch.setattr(runs, "LINES", lines)
                reports.append(library.reindex(paths))
            assert len({(report.articles, report.added, report.removed, frozenset(map(str, report.skipped))) for report in reports}) == 1
            assert remembered(tmp_path / "3.db") == remembered(tmp_path / f"{lines}.db")
            assert not again or all(report.unchanged == report.articles for report in reports)
        for _ in range(lot.choice([0, 1, 1, 4])):
            altered(files[name := lot.choice(["a", "a", "a", other * 2])], lot, name[0], f"{seed}-{step}")
    if other != "a":
        with Library.open(tmp_path / "fresh.db", ledger=False) as fresh:
            assert set(map(str, fresh.reindex(paths).skipped)) == set(map(str, reports[0].skipped))
            assert remembered(tmp_path / "fresh.db") == remembered(tmp_path / "3.db")
            assert libraries[3].rank("第3件事") == fresh.rank("第3件事")
    for library in libraries.values():
        library.close()


def test_a_brief_of_a_file_that_stays_goes_when_its_original_comes_and_comes_back_when_that_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also between other lines, of which one is passed over: it is told each time, and the others stay."""
    monkeypatch.setattr(runs, "LINES", 2)
    brief = {"id": "short", "body": "一则简讯。", "kind": "brief", "original": "whole.md"}
    lines = [*({"id": f"a{n}", "body": f"第{n}件事说完了。"} for n in range(5)), brief, "{", {"id": "z", "body": "最后一件事。"}]
    file, page = write(tmp_path / "corpus.jsonl", lines), tmp_path / "whole.md"
    page.write_text(f"# 全文\n\n{BODY * 3}\n", encoding="utf-8")
    with Library.open(tmp_path / "library.db", ledger=False) as library:
        assert library.reindex([file]).articles == 7
        for _ in range(3):
            report = library.reindex([file, page])
            assert (report.articles, {each.reason.split(":")[0] for each in report.skipped}) == (7, {"not text", "steps aside"})
            assert {article.id for article in library.contents()} == {"a0", "a1", "a2", "a3", "a4", "z", "whole.md"}
        report = library.reindex([file])
        assert (report.articles, report.removed, report.unchanged, len(report.skipped)) == (7, 1, 6, 1)
        assert library.article("short").body == "一则简讯。"


def test_a_page_that_is_no_article_is_told_of_again_when_it_was_only_touched(tmp_path: Path) -> None:
    good, bad = tmp_path / "corpus" / "good.md", tmp_path / "corpus" / "bad.md"
    good.parent.mkdir()
    good.write_text(f"# 标题\n\n{BODY * 3}\n", encoding="utf-8")
    bad.write_text("\n", encoding="utf-8")
    with Library.open(tmp_path / "library.db", ledger=False) as library:
        told = []
        for ago in (300, 200, 200):
            os.utime(bad, (time.time() - ago, time.time() - ago))
            told.append([(each.path, each.reason) for each in library.reindex([good.parent]).skipped])
        assert len(told[0]) == 1 and told[0] == told[1] == told[2]


def test_a_file_that_grows_is_read_at_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands is not even loaded, and no line of it is hashed."""
    monkeypatch.setattr(runs, "LINES", 10)
    lines = [{"id": f"a{n}", "body": f"第{n}件事说完了。"} for n in range(95)]
    with Library.open(tmp_path / "library.db", ledger=False) as library:
        library.reindex([write(tmp_path / "corpus.jsonl", list(lines))])
        looked_at: list[bytes] = []
        monkeypatch.setattr(catalogue.corpus, "digest", lambda data, of=catalogue.corpus.digest: looked_at.append(data) or of(data))
        lines[31]["body"] = "改了。"
        report = library.reindex([write(tmp_path / "corpus.jsonl", [*lines, {"id": "new", "body": "新的。"}])])
        assert (report.changed, report.added, report.unchanged) == (1, 1, 94)
        alone = [data for data in looked_at if data.count(b'"id"') == 1]
        assert len(alone) < 30


def test_what_is_behind_a_damage_is_gone_until_it_is_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A packed file that breaks off: what was read of it stays, and the file is told of."""
    monkeypatch.setattr(runs, "LINES", 10)
    lot = random.Random(1)
    lines = [{"id": f"a{n}", "body": f"第{n}件事：" + "".join(map(chr, lot.choices(range(0x4E00, 0x9000), k=400))) + "。"} for n in range(300)]
    path = tmp_path / "corpus.jsonl.xz"
    whole = lzma.compress("".join(json.dumps(line) + "\n" for line in lines).encode(), preset=0)
    with Library.open(tmp_path / "library.db", ledger=False) as library:
        for data in (whole, whole[: len(whole) // 2], whole):
            path.write_bytes(data)
            report = library.reindex([path])
            ids = {article.id for article in library.contents(limit=400)}
            assert ids == {f"a{n}" for n in range(report.articles)}
            assert (report.articles, len(report.skipped)) == (300, 0) if data is whole else (0 < report.articles < 300 and len(report.skipped) == 1)
        path.write_bytes(whole[: len(whole) // 3])
        for _ in range(2):
            report = library.reindex([path])
        with Library.open(tmp_path / "fresh.db", ledger=False) as fresh:
            for _ in range(2):
                assert fresh.reindex([path]).articles > 0
            assert [article.id for article in fresh.contents(limit=400)] == [article.id for article in library.contents(limit=400)]


def test_only_briefs_step_aside(tmp_path: Path) -> None:
    """An article that names an original stays beside it, also at the second reindex; a page does, too."""
    file = tmp_path / "corpus.jsonl"
    with Library.open(tmp_path / "library.db", ledger=False) as library:
        for note in ("", "补一句。"):
            lines = [{"id": "copy", "body": f"一篇文章，不是简讯。{note}", "original": "whole"}, {"id": "whole", "body": BODY * 3}]
            for _ in range(3):
                assert library.reindex([write(file, list(lines))]).articles == 2


def test_a_brief_that_moved_and_stepped_aside_is_not_remembered(tmp_path: Path) -> None:
    brief = {"id": "short", "body": "一则简讯。", "kind": "brief", "original": "whole"}
    with Library.open(tmp_path / "library.db", ledger=False) as library:
        library.reindex([write(tmp_path / "corpus.jsonl", [{"id": "a", "body": BODY}, brief])])
        for _ in range(2):
            report = library.reindex([write(tmp_path / "corpus.jsonl", ["", {"id": "a", "body": BODY}, brief, {"id": "whole", "body": BODY * 3}])], yes=True)
            assert (report.articles, {article.id for article in library.contents()}) == (2, {"a", "whole"})
