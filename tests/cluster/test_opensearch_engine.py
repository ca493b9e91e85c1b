"""The engine's promises, kept over a cluster of three nodes."""

from __future__ import annotations

from engine_contract import EngineContract


class TestOpenSearchEngine(EngineContract):
    """The fixture `engine` is the cluster's."""
