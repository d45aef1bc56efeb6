"""Four storyboards on a cluster on loopback, while a worker and the engine's server are killed and started again.

Started by scripts/demo-cluster.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from local_cluster.cluster import FIXTURES, STORYBOARDS, Cluster, program, say
from local_cluster.processes import ClusterError, ProcessGroup, ServerProcess, answers, free_port

WORKERS = 3
# Seconds that the whole of it may take.
PATIENCE = 210.0
# Shots that are ready when worker and server are killed.
READY_SHOTS = 3


def main() -> None:
    options = argparse.ArgumentParser(prog="scripts/demo-cluster", description=__doc__)
    options.add_argument("--keep", action="store_true", help="leave the user interface up until Ctrl-C")
    keep = options.parse_args().keep
    # So that what was started ends, however this ends.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    try:
        with tempfile.TemporaryDirectory(prefix="longtake-cluster-") as folder, ProcessGroup(Path(folder)) as group:
            finished = run(group)
            if keep:
                say("The cluster stays until Ctrl-C.")
                signal.pause()
    except ClusterError as error:
        sys.exit(f"demo-cluster: {error}")
    sys.exit(0 if finished else 1)


def run(group: ProcessGroup) -> bool:
    began = time.monotonic()
    longtake = program()
    _, credentials = group.object_store()
    base_url = start_sandbox(group, longtake)
    # To the program the sandbox is a service that is paid.
    key = {"OXEN_API_KEY": "any-key", "OXEN_NAMESPACE": "demo", "OXEN_BASE_URL": base_url}
    cluster = Cluster(group, longtake, {**credentials, **key}, store="s3://longtake/demo")
    ui_port = free_port()
    cluster.start(WORKERS, ui_port)
    assert cluster.server is not None
    ui = f"http://127.0.0.1:{ui_port}/namespaces/default/workflows"
    say(f"Temporal at {cluster.address}, user interface at {ui}")
    say(f"object store {credentials['AWS_ENDPOINT_URL_S3']}, service {base_url}, {WORKERS} workers")

    runs = [storyboard.stem for storyboard in STORYBOARDS]
    cluster.submit(STORYBOARDS)
    say(f"submitted {', '.join(runs)}")
    cluster.watch(runs, lambda ready, ended: ready >= READY_SHOTS or ended == len(runs), PATIENCE)
    say(f"kill -9 of {cluster.workers[0].name} and of the engine's server")
    cluster.workers[0].kill()
    cluster.restart_server()
    cluster.workers[0].start()
    say("both run again")
    cluster.watch(runs, lambda _, ended: ended == len(runs), PATIENCE)

    states = cluster.status()
    wanted = 3 * len(runs)
    charged = len(generations(base_url))
    finished = sum(state["status"] == "completed" for state in states)
    for state in states:
        if state["status"] != "completed":
            say(f"{state['run']}: {state['status']}: {cluster.status(state['run'])[0].get('error')}")
    say(f"{time.monotonic() - began:.0f} s")
    sizes = [f"{process.name} {process.memory() >> 20}" for process in group.processes]
    say(f"memory in MiB: {', '.join(sizes)}")
    print(f"finished {finished}/{len(runs)}")
    print(f"generations wanted {wanted}, charged {charged}")
    print(f"user interface {ui}", flush=True)
    return finished == len(runs) and charged == wanted


def start_sandbox(group: ProcessGroup, longtake: str) -> str:
    """The simulator of the service, with the small model; returns its address."""
    port = free_port()
    arguments = ["sandbox", "--port", str(port), "--latency", "3s", "--presets", str(FIXTURES / "presets")]
    sandbox = group.add(ServerProcess("sandbox", [longtake, *arguments], group.folder / "sandbox.log"))
    sandbox.wait_for(lambda: answers(port), f"answer on port {port}")
    return f"http://127.0.0.1:{port}/api"


def generations(base_url: str) -> list[object]:
    """All that the service was asked to generate, from its own list."""
    found: list[object] = []
    for state in ("queued", "processing", "succeeded", "failed", "cancelled"):
        address = f"{base_url}/ai/queue?status={state}"
        request = urllib.request.Request(address, headers={"Authorization": "Bearer any-key"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            found += json.load(answer)["generations"]
    return found


if __name__ == "__main__":
    main()
