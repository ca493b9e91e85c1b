"""The console on a real terminal, and a reindex that is broken off."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="needs a pseudo-terminal")

ROOT = Path(__file__).resolve().parents[2]


PROMPT = "›"


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WENDA_") and name != "NO_COLOR"}
    return {**kept, "WENDA_DB": str(folder / "wenda.db"), "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **more}


class Terminal:
    """`wenda chat` in a pseudo-terminal of a given width."""

    def __init__(self, folder: Path, columns: int = 60, **more: str) -> None:
        import fcntl
        import struct
        import termios

        self.screen = ""
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        command = [sys.executable, "-m", "bot", "chat", "--today", "2026-11-22"]
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environment(folder, **more), start_new_session=True
        )
        os.close(theirs)

    def until(self, words: str) -> str:
        """Everything shown until *words* are there; what came before them in earlier calls is gone."""
        from select import select

        deadline = time.monotonic() + 120
        while words not in self.screen:
            assert time.monotonic() < deadline, self.screen
            if select([self._ours], [], [], 1)[0]:
                self.screen += os.read(self._ours, 65536).decode("utf-8", "replace")
                if "\x1b[6n" in self.screen:  # the terminal is asked where its cursor is
                    self.screen = self.screen.replace("\x1b[6n", "")
                    os.write(self._ours, b"\x1b[1;1R")
        before, _, self.screen = self.screen.partition(words)
        return before + words

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def end(self) -> int:
        """Reads to the end and gives the exit status."""
        try:
            while os.read(self._ours, 65536):
                pass
        except OSError:
            pass
        os.close(self._ours)
        return self.process.wait(timeout=60)


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    article = {"id": "bridges", "title": "修桥记", "outlet": "松河日报", "published": "2025-11-02", "body": "松河镇修了4座桥。最长的一座有120米,花了两年才修好。"}
    (folder / "articles.jsonl").write_text(json.dumps(article, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder


def test_a_conversation_in_a_terminal(tmp_path: Path, corpus: Path) -> None:
    """Greeting, an answer in colour, a button by its number, Ctrl-C gives up a line, Ctrl-D says goodbye."""
    terminal = Terminal(tmp_path, WENDA_CORPUS=str(corpus))
    terminal.until(PROMPT)
    terminal.type("松河镇修了几座桥?\r")
    shown = terminal.until("[1] 前后文")
    assert "\x1b[1;33m" in shown
    assert "松河日报，2025年11月2日" in shown
    terminal.type("1\r")
    terminal.until("花了两年才修好")
    terminal.until(PROMPT)
    terminal.type("写了一半\x03")
    terminal.until(PROMPT)
    terminal.type("\x04")
    terminal.until("再见。")
    assert terminal.end() == 0


def test_no_colour_in_a_narrow_window(tmp_path: Path, corpus: Path) -> None:
    """With NO_COLOR nothing is coloured, and a window of 24 columns is not overrun."""
    terminal = Terminal(tmp_path, columns=24, WENDA_CORPUS=str(corpus), NO_COLOR="1")
    terminal.until(PROMPT)
    terminal.type("/about\r")
    terminal.until("现在收录")
    shown = terminal.until(PROMPT)
    assert not re.search(r"\x1b\[(?:1;)?3\dm", shown)
    terminal.type("/quit\r")
    terminal.until("再见。")
    assert terminal.end() == 0


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A corpus that takes some seconds to index."""
    folder = tmp_path / "large"
    folder.mkdir()
    body = "松河镇修了{0}座桥。最长的一座有{0}米,花了两年才修好。镇上的人说,从前过河要等船,如今走几分钟就到了对岸。" * 8
    with (folder / "articles.jsonl").open("w", encoding="utf-8") as file:
        for number in range(6000):
            file.write(json.dumps({"id": f"n{number}", "body": body.format(number)}, ensure_ascii=False) + "\n")
    return folder


def started(tmp_path: Path, *arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bot", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=environment(tmp_path))


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def being_written(path: Path) -> bool:
    """Whether another process holds the library's write lock."""
    try:
        probe = sqlite3.connect(path, timeout=0, isolation_level=None)
        probe.execute("begin immediate")
        probe.execute("rollback")
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    finally:
        probe.close()
    return False


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
def test_a_reindex_that_is_broken_off_leaves_the_old_state(tmp_path: Path, corpus: Path, large: Path, stop: signal.Signals) -> None:
    """Ctrl-C, or a kill, in the middle: the library is as it was; meanwhile a second reindex says that one runs."""
    first = started(tmp_path, "reindex", corpus)
    assert first.wait(timeout=120) == 0
    process = started(tmp_path, "reindex", large)
    wait_for(lambda: being_written(tmp_path / "wenda.db"), process)
    second = started(tmp_path, "reindex", corpus)
    _, said = second.communicate(timeout=120)
    assert (second.returncode, said.count(b"\n")) == (1, 1)
    process.send_signal(stop)
    out, err = process.communicate(timeout=120)
    assert process.returncode == (130 if stop == signal.SIGINT else -signal.SIGKILL), err
    assert b"Traceback" not in err
    status = started(tmp_path, "status", "--json")
    found, _ = status.communicate(timeout=120)
    assert json.loads(found)["articles"] == 1
