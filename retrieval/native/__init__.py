"""The compiled kernels: the few inner loops that are too slow in numpy, written in C and called by ctypes.

They are compiled when the package is installed (`building.py`). Each has a counterpart in Python that gives the same
results, and is used where they are not there: no compiler, a library of other sources, or WENDA_KERNELS=off.
ctypes lets other threads run while a kernel does.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

VERSION = 7
"""What `kernels_version` in kernels.c must say: counts up with every change of what a kernel takes or gives."""

NAME = "wenda_kernels"

OFF = "WENDA_KERNELS"


@cache
def kernels() -> ctypes.CDLL | None:
    """The compiled kernels; None where they are not to be had or not wanted."""
    if os.environ.get(OFF, "").strip().lower() == "off":
        return None
    for folder in dict.fromkeys([Path(__file__).parents[2], *map(Path, filter(None, sys.path))]):
        for file in sorted(folder.glob(f"{NAME}.*")):
            if (found := _loaded(file)) is not None:
                return found
    return None


def _loaded(file: Path) -> ctypes.CDLL | None:
    """The library in *file*, if it is one and of these sources."""
    if file.suffix not in (".so", ".dylib", ".dll", ".pyd"):
        return None
    try:
        library = ctypes.CDLL(str(file))
        version = library.kernels_version
    except (OSError, AttributeError):  # made for another machine, or no library of ours: the Python counterparts do its work
        return None
    version.argtypes, version.restype = [], ctypes.c_int32
    return library if version() == VERSION else None


def function(library: ctypes.CDLL, name: str, arguments: Sequence[Any], result: Any = None) -> Callable[..., Any]:
    """The kernel called *name*, with the types it takes and gives.

    It is the caller's own object: to say the types of the one that `library.name` keeps for all, while another thread
    calls it, would take them from under that call.
    """
    found = library[name]
    found.argtypes, found.restype = tuple(arguments), result
    return found
