"""`wenda deploy NAME`: prints a file that runs Wenda as a service (a systemd unit, a Containerfile, a compose file)."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.settings import Settings
from retrieval.errors import UsageError

FOLDER = Path(__file__).resolve().parent / "deploy"


def show(settings: Settings, given: argparse.Namespace) -> int:
    """Prints the file of that name; without a name, the names. Raises UsageError for a name that there is not."""
    names = sorted(path.name for path in FOLDER.iterdir())
    if given.file is None:
        print(*names, sep="\n")
        return 0
    if given.file not in names:
        raise UsageError(f"{given.file}: there are {', '.join(names)}")
    print((FOLDER / given.file).read_text(encoding="utf-8"), end="")
    return 0
