"""The embedded engine keeps what every engine promises, and the exact sums of rank-bm25 besides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_contract import EngineContract

from retrieval.embedded import EmbeddedEngine
from retrieval.store import Store


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    store = Store.open(tmp_path / "library.db")
    yield EmbeddedEngine(store)
    store.close()


class TestEmbeddedEngine(EngineContract):
    pass
