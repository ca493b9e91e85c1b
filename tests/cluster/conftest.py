"""The cluster that all tests of this folder share, and a library of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from retrieval.opensearch import OpenSearchEngine
from retrieval.opensearch_client import Address

from .machines import Cluster, NoCluster, running

_numbers = count(1)


@pytest.fixture(scope="session", autouse=True)
def extra() -> None:
    pytest.importorskip("opensearchpy", reason="opensearch-py is not installed: pip install '.[opensearch]'")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    try:
        # Little room for writes: every larger bulk request meets back-pressure.
        with running(tmp_path_factory.mktemp("cluster"), **{"indexing_pressure.memory.limit": "2mb"}) as cluster:
            yield cluster
    except NoCluster as reason:
        pytest.skip(str(reason))


@pytest.fixture
def address(cluster: Cluster) -> Iterator[Address]:
    """An address with a prefix that no other test has; what was written under it is gone afterwards."""
    prefix = f"test{next(_numbers)}"
    yield Address(url=cluster.url, prefix=prefix)
    cluster.ask("DELETE", f"/{prefix}-*?expand_wildcards=all")


@pytest.fixture
def engine(address: Address) -> Iterator[OpenSearchEngine]:
    engine = OpenSearchEngine(address)
    yield engine
    engine.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.timeout(600))  # three virtual machines on a machine that others use too
