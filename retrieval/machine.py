"""What this process may use: memory by the limit of its container, service or machine, processors by its affinity."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

UNLIMITED = 1 << 60
"""Where nothing says how much memory there is, or a control group says that it does not limit it."""


def processors() -> int:
    """How many processors this process may run on."""
    with suppress(AttributeError, OSError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory(root: Path = Path("/")) -> int:
    """Bytes that this process may use: the least of the machine's memory and the limits of its control groups."""
    with suppress(AttributeError, ValueError, OSError):
        return min(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), *_limits(root), UNLIMITED)
    return min(*_limits(root), UNLIMITED, UNLIMITED)


def give_way(entirely: bool = False) -> None:
    """Let other processes go before this one; *entirely*: run only where a processor has nothing else to do, as far as the system knows that.

    A process that answers questions is then put on such a processor as if it were idle, and does not wait for its turn.
    """
    with suppress(AttributeError, OSError):
        os.nice(19 if entirely else 10)
    with suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE if entirely else os.SCHED_BATCH, os.sched_param(0))


def give_back() -> None:
    """Let the system have the memory that was freed: glibc keeps it otherwise, 170 MB after a reindex of 68,000 articles."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _limits(root: Path) -> Iterator[int]:
    """The limits of this process's control groups and of those above them, of either version; also as a container sees them."""
    mounted = root / "sys/fs/cgroup"
    try:
        groups = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in groups:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        base, name = (mounted / "memory", "memory.limit_in_bytes") if controllers else (mounted, "memory.max")
        own = base / path.lstrip("/")
        for folder in (own, *own.parents):
            if folder == base.parent:
                break
            with suppress(OSError, ValueError):  # `max` is no number
                yield int((folder / name).read_text())
