"""A file of lines is looked at in runs: what stands is told as one, and every line of the others is given."""

from __future__ import annotations

import lzma
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from retrieval import corpus, runs
from retrieval.runs import Changed, Run, Runs


def gone_through(path: Path, known: Sequence[Run] = (), distrusted: int = 0) -> tuple[list[bytes], list[Run], list[Run], list[tuple[int, int | None]]]:
    """The lines of a file, those of standing runs read from it; the runs that stood, those it has now, and where lines were given."""
    every = list(corpus.lines(str(path)))
    lines: list[bytes] = []
    stood: list[Run] = []
    given: list[tuple[int, int | None]] = []
    walk = Runs(str(path), known, lambda run: not run.line <= distrusted < run.after)
    for part in walk:
        assert part.line == len(lines) + 1 or part.line > len(every)
        if isinstance(part, Run):
            stood.append(part)
            lines += every[part.line - 1 : part.after - 1]
        else:
            given.append((part.line, part.until))
            lines += part.lines
    assert walk.behind() == path.stat().st_size
    return lines, stood, walk.made, given


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "LINES", 4)
    monkeypatch.setattr(runs, "SIZE", 40)


@pytest.mark.parametrize("name", ["corpus.jsonl", "corpus.jsonl.xz"])
@pytest.mark.parametrize("seed", range(30))
def test_every_line_is_given_or_stands(tmp_path: Path, seed: int, name: str) -> None:
    """Whatever becomes of a file: line feeds of two kinds, carriage returns inside, a last line without its end, long lines, none."""
    lot = random.Random(seed)
    path = tmp_path / name
    lines = [bytes(lot.choices(b"abc\r", k=lot.choice([0, 3, 9, 90]))) + lot.choice([b"\n", b"\r\n"]) for _ in range(lot.randrange(40))]
    known: list[Run] = []
    for _ in range(12):
        data = b"".join(lines)
        data = data.removesuffix(b"\n") if lot.random() < 0.3 else data
        path.write_bytes(lzma.compress(data) if name.endswith("xz") else data)
        found, stood, known, _ = gone_through(path, known, distrusted=lot.choice([0, 0, 7]))
        assert found == list(corpus.lines(str(path)))
        assert [run.line for run in known] == [1 + sum(run.lines for run in known[:at]) for at in range(len(known))]
        assert sum(run.size for run in known) == len(data) or not data.endswith(b"\n")
        assert set(stood) <= set(known)
        known = [run for run in known if lot.random() < 0.9]
        for _ in range(lot.choice([0, 0, 1, 2])):
            at = lot.randrange(len(lines) + 1)
            lines[at : at + lot.randrange(2)] = [bytes(lot.choices(b"xyz", k=lot.choice([1, 50]))) + b"\n" for _ in range(lot.randrange(3))]


def test_what_did_not_change_stands(tmp_path: Path) -> None:
    """One changed line is given with its run, lines at the end with the last one; a line put in moves all that follow."""
    path = tmp_path / "corpus.jsonl"
    lines = [b"line %02d\n" % number for number in range(1, 43)]
    path.write_bytes(b"".join(lines))
    known = gone_through(path)[2]
    assert [(run.line, run.lines) for run in known] == [(line, 4) for line in range(1, 41, 4)] + [(41, 2)]
    assert gone_through(path, known)[3] == [(41, None)]
    lines[9] = b"changed, and longer\n"
    path.write_bytes(b"".join([*lines, b"one more\n", b"and another\n", b"a third\n"]))
    _, stood, now, given = gone_through(path, known)
    assert given == [(9, 13), (41, None)]
    assert stood == [run for run in known[:10] if run.line != 9]
    assert [(run.line, run.lines) for run in now] == [(line, 4) for line in range(1, 45, 4)] + [(45, 1)]
    assert gone_through(path, now)[3] == [(45, None)]
    path.write_bytes(b"".join([b"new\n", *lines]))
    assert gone_through(path, now)[3] == [(1, None)]
    path.write_bytes(b"".join(lines))
    assert gone_through(path, known, distrusted=14)[3] == [(9, 13), (13, 17), (41, None)]
    path.write_bytes(b"".join(lines[:14]))
    assert gone_through(path, known)[3] == [(9, None)]


def test_lines_that_grew_are_not_all_held(tmp_path: Path) -> None:
    """Four short lines that became long ones: as soon as they are too much, they are given as they are read, and none is lost."""
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(b"short\n" * 40)
    known = gone_through(path)[2]
    for longer in (range(4, 8), range(3), [39]):
        lines = [b"long %d " % number * (80 if number in longer else 0) or b"short" for number in range(40)]
        path.write_bytes(b"\n".join(lines) + b"\n")
        found, stood, _, given = gone_through(path, known)
        assert found == lines
        assert given[-1][1] is None and all(run.after - 1 <= given[-1][0] for run in stood)


def test_a_file_of_which_nothing_stands_is_not_held(tmp_path: Path) -> None:
    """Behind some changed runs in a row the rest is given line by line, as it is read."""
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(b"old line\n" * 400)
    known = gone_through(path)[2]
    path.write_bytes(b"new line\n" * 400)
    parts = iter(Runs(str(path), known))
    part = next(parts)
    assert isinstance(part, Changed) and (part.line, part.until) == (1, None)
    assert sum(1 for _ in part.lines) == 400
