"""Scores in, a verdict out: no pinned score of `floor.json` may fall, and a better one can be pinned with `--raise`.

usage: floor.py [--wenda COMMAND] [--raise]

A measure runs a scoring program over questions and a corpus; both lie outside the repository, in the folder that
WENDA_SHARED names. Without that folder the measure is left out, and a line says so. Scores are percentages, higher is
better, but for the names in `LOWER`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PINNED = Path(__file__).with_name("floor.json")
LOWER = frozenset({"trapped", "chars"})
"""Scores that are better when lower."""


def shared() -> Path | None:
    folder = Path(os.environ.get("WENDA_SHARED") or ROOT.parent / "shared")
    return folder if folder.is_dir() else None


def scores(output: str) -> dict[str, float]:
    """The figures of a scoring program: a name and a number at the beginning of each line."""
    return {name: float(figure) for name, figure in re.findall(r"^(\w+) +([\d.]+)", output, re.MULTILINE)}


def fallen(pinned: Mapping[str, float], found: Mapping[str, float]) -> list[str]:
    """A line for every pinned score that is worse than it was, or that is missing."""
    lines = []
    for name, floor in pinned.items():
        score = found.get(name)
        if score is None:
            lines.append(f"{name} was not measured")
        elif score > floor if name in LOWER else score < floor:
            lines.append(f"{name} is {score:g}, {'at most' if name in LOWER else 'at least'} {floor:g} is the floor")
    return lines


def raised(pinned: Mapping[str, float], found: Mapping[str, float]) -> dict[str, float]:
    """The floor after a run: each score where it was, or better."""
    better = {name: min if name in LOWER else max for name in pinned}
    return {name: better[name](floor, found.get(name, floor)) for name, floor in pinned.items()}


def measure(command: str, wenda: str, folder: Path) -> dict[str, float]:
    """What a measure's command prints; `{shared}` and `{root}` in it are folders."""
    parts = [part.format(shared=folder, root=ROOT) for part in shlex.split(command)]
    done = subprocess.run([sys.executable, *parts, "--wenda", wenda], capture_output=True, text=True, encoding="utf-8", cwd=ROOT)
    if done.returncode:
        raise SystemExit(f"{command}: {done.stderr.strip()[-500:]}")
    return scores(done.stdout)


def write(pinned: object) -> None:
    """Replaces the pinned scores as a whole or not at all."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=PINNED.parent, delete=False) as file:
        json.dump(pinned, file, ensure_ascii=False, indent=2)
        file.write("\n")
    Path(file.name).replace(PINNED)


def main() -> int:
    arguments = argparse.ArgumentParser(description="Compares scores with their floor.")
    arguments.add_argument("--wenda", default=f"{sys.executable} -m bot")
    arguments.add_argument("--raise", dest="pin", action="store_true", help="pin what is better now")
    given = arguments.parse_args()
    folder = shared()
    pinned = json.loads(PINNED.read_text(encoding="utf-8"))
    worse = 0
    for name, entry in pinned.items():
        if folder is None:
            print(f"{name}: left out, the folder of sample pages is not here (WENDA_SHARED)")
            continue
        found = measure(entry["command"], given.wenda, folder)
        lines = fallen(entry["floor"], found)
        worse += bool(lines)
        print(f"{name}: " + ", ".join(f"{each} {found.get(each, float('nan')):g} (floor {floor:g})" for each, floor in entry["floor"].items()))
        print(*(f"  {line}" for line in lines), sep="\n", end="\n" if lines else "")
        if given.pin:
            entry["floor"] = raised(entry["floor"], found)
    if given.pin:
        write(pinned)
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
