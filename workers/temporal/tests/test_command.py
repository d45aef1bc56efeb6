"""Exit statuses of longtake-temporal, and a worker that is stopped."""

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from local_cluster.cluster import Cluster
from local_cluster.processes import ServerProcess, free_port, tool


def call(*arguments: str, order: Any = None) -> subprocess.CompletedProcess[str]:
    text = order if isinstance(order, str) else json.dumps(order)
    return subprocess.run([tool("longtake-temporal"), *arguments], input=text, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("arguments", "order"),
    [
        ([], None),
        (["nonsense"], None),
        (["worker", "--queue", "gpu"], None),
        (["worker", "--max-concurrent", "0"], None),
        (["start"], "nonsense"),
        (["start"], []),
        (["start"], {"run": "a"}),
        (["signal"], {"action": "approve"}),
    ],
)
def test_wrong_usage(arguments: list[str], order: Any) -> None:
    done = call(*arguments, order=order)
    assert done.returncode == 64, done.stderr
    assert done.stderr.startswith("longtake-temporal: ")
    assert done.stdout == ""


def test_no_server() -> None:
    address = f"127.0.0.1:{free_port()}"
    done = call("status", "--address", address)
    assert done.returncode == 69
    assert address in done.stderr


def test_no_such_run(cluster: Cluster) -> None:
    assert call("status", "--json", "--address", cluster.address, "nobody").returncode == 66
    order = {"run": "nobody", "action": "approve", "address": cluster.address}
    assert call("signal", order=order).returncode == 66


def test_unknown_action(cluster: Cluster) -> None:
    order = {"run": "waits", "store": "file:///nowhere", "address": cluster.address, "namespace": "default"}
    started = json.loads(call("start", order=order).stdout)
    assert started["workflow_id"] == "waits"
    assert call("signal", order={**order, "action": "sing"}).returncode == 64
    assert call("signal", order={**order, "action": "redo", "shots": []}).returncode == 64
    assert call("signal", order={**order, "action": "cancel"}).returncode == 0
    cluster.wait("waits", lambda state: state["status"] == "cancelled")


def test_no_such_program(cluster: Cluster) -> None:
    done = call("worker", "--address", cluster.address, "--longtake", "/nowhere/longtake")
    assert done.returncode == 66
    assert "/nowhere/longtake" in done.stderr


def test_a_stopped_worker_hands_its_stage_back(cluster: Cluster, tmp_path: Path) -> None:
    """In a namespace of its own, so that the other workers do not take part."""
    assert cluster.server is not None
    create = ["operator", "namespace", "create", "--address", cluster.address, "--namespace", "handed"]
    subprocess.run([tool("temporal"), *create], check=True, capture_output=True)
    program = tmp_path / "longtake"
    mark = tmp_path / "started"
    # The first stage beats for ever; the second is refused.
    program.write_text(
        f"#!/bin/sh\nif [ -e {mark} ]; then exit 77; fi\ntouch {mark}\nwhile echo '{{}}'; do sleep 0.2; done\n"
    )
    program.chmod(0o755)
    command = [tool("longtake-temporal"), "worker", "--address", cluster.address, "--namespace", "handed"]
    command += ["--longtake", str(program)]
    workers = [ServerProcess(f"worker {number}", command, tmp_path / f"{number}.log") for number in (1, 2)]
    order = {"run": "handed", "store": "file:///nowhere", "address": cluster.address, "namespace": "handed"}
    try:
        workers[0].start()
        deadline = time.monotonic() + 60
        while call("start", order=order).returncode != 0 and time.monotonic() < deadline:
            time.sleep(0.5)
        while not mark.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert mark.exists()
        workers[1].start()
        workers[0].send(signal.SIGTERM)
        assert workers[0].wait(30) == 0
        while time.monotonic() < deadline:
            answer = call("status", "--json", "--address", cluster.address, "--namespace", "handed", "handed")
            state = json.loads(answer.stdout)["runs"][0]
            if state["status"] == "failed":
                break
            time.sleep(0.3)
        assert "exit status 77" in state["error"]
    finally:
        for worker in workers:
            worker.stop()
