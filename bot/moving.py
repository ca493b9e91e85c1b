"""`wenda copy cluster|file`: the library of this machine into the cluster of the settings, and back."""

from __future__ import annotations

import argparse

from bot.settings import Settings
from retrieval import Library
from retrieval.errors import UsageError


def copy(settings: Settings, given: argparse.Namespace) -> int:
    """Copies to what `given.to` names, whichever engine is in force; 0. Raises UsageError, EngineUnavailable, LibraryBusy."""
    from retrieval import opensearch_library as clusters

    if given.to not in ("cluster", "file"):
        raise UsageError(f"{given.to}: copy to `cluster` or to `file`")
    cluster = settings.model_copy(update={"engine": "opensearch"}).cluster
    assert cluster
    with Library.open(settings.db, ledger=False) as file, clusters.ClusterLibrary.at(settings.db, cluster, ledger=False) as there:
        if given.to == "cluster":
            print(f"{clusters.copy_to_cluster(file, there)} articles are in the cluster; WENDA_ENGINE=opensearch asks it")
        else:
            print(f"{clusters.copy_from_cluster(there, file)} articles are in {settings.db}; WENDA_ENGINE=embedded asks it")
    return 0
