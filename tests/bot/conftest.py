"""What the tests of the Telegram bot share: a strict server, a small library, a bot that answers everybody."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from telegram_running import Inside, inside, library
from telegram_server import TelegramServer, telegram


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that is only ever copied."""
    return library(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def db(shelf: Path, tmp_path: Path) -> Path:
    """A library of the test's own."""
    shutil.copytree(shelf.parent, tmp_path / "library")
    return tmp_path / "library" / shelf.name


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with telegram() as running:
        yield running


@pytest.fixture
def bot(db: Path, server: TelegramServer) -> Iterator[Inside]:
    """The bot, open to everybody; person 1 is its admin."""
    with inside(db, server) as running:
        yield running
