"""`wenda eval`: a question file and the current library in, figures, a picture and a comparison out."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from bot import contract
from bot.settings import Settings
from retrieval import Library, cases, comparison, evaluation
from retrieval.errors import QuestionsError, WendaError
from retrieval.records import Progress


def score(settings: Settings, given: argparse.Namespace) -> int:
    """Scores `given.file` on the library and prints the figures; 0 whatever they are. Past answers are not added to.

    Raises QuestionsError for a bad question file or earlier run, WendaError where the picture cannot be written.
    """
    asked = cases.read(given.file)
    earlier = _earlier(given.compare) if given.compare else None
    today = (given.today or datetime.now(settings.zone).date()).isoformat()
    with Library.open(settings.db, ledger=False, cluster=settings.cluster) as library, _watch() as progress:
        run = evaluation.evaluate(library, asked, without=given.without, today=today, progress=progress)
    if given.svg:
        _write(given.svg, evaluation.to_svg(run))
    figures: dict[str, Any] = {"file": Path(given.file).name, "today": today, **evaluation.to_json(run)}
    compared = comparison.compare(earlier, figures) if earlier is not None else None
    if given.json:
        sys.stdout.buffer.write(contract.line(figures | ({"comparison": comparison.to_json(compared)} if compared else {})))
        sys.stdout.buffer.flush()
    else:
        print(evaluation.to_text(run), end="")
        if compared:
            print(f"\ncompared with {given.compare}\n{comparison.to_text(compared)}", end="")
    return 0


def _earlier(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise QuestionsError(f"{path}: {error.strerror}; give the file that `wenda eval --json` was written to") from error
    except ValueError as error:
        raise QuestionsError(f"{path}: not JSON; give the file that `wenda eval --json` was written to") from error


def _write(path: Path, picture: str) -> None:
    try:
        path.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise WendaError(f"{path}: the picture cannot be written: {error.strerror}") from error


@contextmanager
def _watch() -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from bot.console import progress_bar

    with progress_bar() as bar:
        yield lambda done, total: bar(Progress("asking", done, total))
