"""How much a process may use is read from where the system says so, in a container, a service or on the bare machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval import aside, cutting, machine

MB = 1 << 20


def system(root: Path, group: str, **limits: str) -> Path:
    """A file tree with the control groups of a system: *limits* by the path of their file, `_` for `/`."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(group)
    for name, limit in limits.items():
        file = root / "sys/fs/cgroup" / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(limit)
    return root


@pytest.mark.parametrize(
    ("group", "limits", "megabytes"),
    [
        ("0::/system.slice/wenda.service\n", {"system.slice__wenda.service__memory.max": f"{300 * MB}\n"}, 300),
        ("0::/system.slice/wenda.service\n", {"system.slice__wenda.service__memory.max": "max\n", "system.slice__memory.max": f"{200 * MB}\n"}, 200),
        ("0::/\n", {"memory.max": f"{128 * MB}\n"}, 128),
        ("4:memory:/docker/abc\n1:cpu:/\n", {"memory__memory.limit_in_bytes": f"{256 * MB}\n"}, 256),
        ("4:memory:/docker/abc\n", {"memory__docker__abc__memory.limit_in_bytes": f"{64 * MB}\n", "memory__memory.limit_in_bytes": "9223372036854771712\n"}, 64),
    ],
)
def test_the_least_limit_counts(tmp_path: Path, group: str, limits: dict[str, str], megabytes: int) -> None:
    """Of a service, of what is above it, of a container that sees only itself, of either version of control groups."""
    assert machine.memory(system(tmp_path, group, **limits)) == megabytes * MB


def test_without_limits_it_is_the_machines(tmp_path: Path) -> None:
    """No control groups, or none that limits."""
    assert 64 * MB < machine.memory(tmp_path) <= machine.UNLIMITED
    assert machine.memory(system(tmp_path, "0::/\n", memory="")) == machine.memory(tmp_path / "nowhere")


def test_little_memory_means_few_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A big machine may give the bot a small container: what it may use counts, not what there is."""
    monkeypatch.setattr(machine, "processors", lambda: 16)
    counts = []
    for megabytes in (200, 300, 600, 4000):
        monkeypatch.setattr(machine, "memory", lambda megabytes=megabytes: megabytes * MB)
        counts.append((aside.workers(), cutting.workers()))
    assert counts == [(1, 1), (1, 1), (4, 2), (4, 4)]
    monkeypatch.setattr(machine, "processors", lambda: 1)
    assert (aside.workers(), cutting.workers()) == (1, 1)
