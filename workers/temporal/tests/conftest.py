"""A cluster for the tests of workflows: the real longtake, and a service and a store for each test."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cluster.cluster import Cluster, program
from local_cluster.processes import ProcessGroup
from local_cluster.service import KEY, Service

# Events after which a run goes on in a new history: a run with a few decisions does.
LONG_HISTORY = 120


@pytest.fixture(scope="session")
def group() -> Iterator[ProcessGroup]:
    with tempfile.TemporaryDirectory(prefix="longtake-tests-") as folder, ProcessGroup(Path(folder)) as group:
        yield group


@pytest.fixture(scope="session")
def cluster(group: ProcessGroup) -> Cluster:
    key = {"OXEN_API_KEY": KEY, "OXEN_NAMESPACE": "studio"}
    cluster = Cluster(group, program(), key, store="")
    cluster.start(workers=2, long_history=LONG_HISTORY)
    return cluster


@pytest.fixture
def service(group: ProcessGroup, request: pytest.FixtureRequest) -> Iterator[Callable[..., Service]]:
    """Starts a service with faults."""
    started: list[Service] = []

    def start(*faults: dict[str, Any], done_after: float = 0.5) -> Service:
        folder = group.folder / f"{request.node.name}-{len(started)}"
        started.append(Service(folder, done_after, list(faults)).start())
        return started[-1]

    yield start
    for one in started:
        one.stop()
