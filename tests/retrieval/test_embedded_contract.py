"""The engine's promises, kept by the library file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_contract import EngineContract

from retrieval.embedded import EmbeddedEngine
from retrieval.store import Store


class TestEmbeddedEngine(EngineContract):
    """The fixture `engine` is a library file's."""

    @pytest.fixture
    def engine(self, tmp_path: Path) -> Iterator[EmbeddedEngine]:
        store = Store.open(tmp_path / "wenda.db")
        yield EmbeddedEngine(store)
        store.close()
