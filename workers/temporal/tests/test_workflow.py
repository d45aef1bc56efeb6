"""Runs of the real longtake on a real server: what people decide, and what is paid for it."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from local_cluster.cluster import FIXTURES, Cluster
from local_cluster.service import Service
from longtake_temporal.command import CommandError, connect
from longtake_temporal.workflow import StoryboardRun

ServiceStarter = Callable[..., Service]
HISTORIES = Path(__file__).parent / "histories"
# Three shots in one chain, and a chain of two beside one shot.
CHAIN, TWO_CHAINS = FIXTURES / "harbour.yaml", FIXTURES / "orchard.yaml"


def start(cluster: Cluster, service: Service, run: str, storyboard: Path, *options: str) -> None:
    """Each service has its own store: another service's generations have the same ids."""
    store = service.folder / "store"
    store.mkdir(exist_ok=True)
    cluster.submit([storyboard], "--run", run, "--base-url", service.base_url, *options, store=f"file://{store}")


def takes(state: dict[str, Any]) -> dict[str, int]:
    return {shot: entry["take"] for shot, entry in state["shots"].items()}


def in_state(name: str) -> Callable[[dict[str, Any]], bool]:
    return lambda state: bool(state["state"] == name)


def completed(state: dict[str, Any]) -> bool:
    assert state["status"] not in ("failed", "cancelled"), state
    return bool(state["status"] == "completed")


async def replay_history(history: WorkflowHistory) -> None:
    await Replayer(workflows=[StoryboardRun]).replay_workflow(history)


async def replay(cluster: Cluster, run: str) -> None:
    """What was recorded replays. LONGTAKE_RECORD_HISTORIES keeps it for later versions of the workflow."""
    client = await connect(cluster.address, None)
    histories = [
        await client.get_workflow_handle(run, run_id=execution.run_id).fetch_history()
        async for execution in client.list_workflows(f"WorkflowId = '{run}'")
    ]
    assert histories
    for number, history in enumerate(histories):
        await replay_history(history)
        if os.environ.get("LONGTAKE_RECORD_HISTORIES"):
            HISTORIES.mkdir(exist_ok=True)
            text = json.dumps(json.loads(history.to_json()), separators=(",", ":"))
            (HISTORIES / f"{run}-{number}.json").write_text(text + "\n")


def test_two_chains_without_approval(cluster: Cluster, service: ServiceStarter) -> None:
    hub = service()
    start(cluster, hub, "two-chains", TWO_CHAINS)
    state = cluster.wait("two-chains", completed)
    assert takes(state) == {"one": 1, "two": 1, "three": 1}
    assert state["result"]["stitch"]["verdict"] in ("pass", "warn")
    assert state["result"]["review"]["page"].endswith(".html")
    assert state["cost_usd"] == "2.52"
    assert hub.charges().total() == 3
    # Submitting it again pays nothing.
    start(cluster, hub, "two-chains", TWO_CHAINS)
    cluster.wait("two-chains", completed)
    assert hub.charges().total() == 3
    asyncio.run(replay(cluster, "two-chains"))


def test_approval_redo_and_pick(cluster: Cluster, service: ServiceStarter) -> None:
    hub = service()
    start(cluster, hub, "approval", CHAIN, "--approve")
    state = cluster.wait("approval", in_state("approval"))
    assert takes(state) == {"one": 1, "two": 1, "three": 1}
    assert state["status"] == "waiting"
    with pytest.raises(CommandError, match="has no shot four"):
        cluster.signal("approval", "redo", shots=["four"])
    cluster.signal("approval", "redo", shots=["two"])
    state = cluster.wait("approval", lambda state: in_state("approval")(state) and takes(state)["two"] == 2)
    assert takes(state)["one"] == 1
    paid = hub.charges().total()
    cluster.signal("approval", "pick", picks={"two": 1})
    state = cluster.wait("approval", lambda state: in_state("approval")(state) and takes(state)["two"] == 1)
    cluster.signal("approval", "approve")
    state = cluster.wait("approval", completed)
    assert takes(state)["two"] == 1
    assert hub.charges()["A harbour at first light."] == 1
    assert hub.charges()["A blue boat leaves the quay."] == 2
    assert hub.charges().total() >= paid
    with pytest.raises(CommandError, match="has ended"):
        cluster.signal("approval", "approve")
    asyncio.run(replay(cluster, "approval"))


def test_approval_may_come_early(cluster: Cluster, service: ServiceStarter) -> None:
    start(cluster, service(), "early", TWO_CHAINS, "--approve")
    cluster.signal("early", "approve")
    cluster.wait("early", completed)
    asyncio.run(replay(cluster, "early"))


def test_rejected_clip_waits_for_a_person(cluster: Cluster, service: ServiceStarter) -> None:
    hub = service({"port": "files", "path": "/clips/gen-1/", "action": "cut", "bytes": 20_000, "times": 9})
    start(cluster, hub, "rejected", CHAIN)
    state = cluster.wait("rejected", lambda state: state["status"] == "waiting")
    assert state["shots"]["one"]["state"] == "rejected"
    assert "shot one is rejected" in state["waiting_for"]
    cluster.signal("rejected", "redo", shots=["one"])
    state = cluster.wait("rejected", completed)
    assert takes(state)["one"] == 2
    assert hub.charges().total() == 4
    asyncio.run(replay(cluster, "rejected"))


def test_uncertain_request_waits_for_a_person(cluster: Cluster, service: ServiceStarter) -> None:
    hub = service({"method": "POST", "path": "/api/ai/queue", "action": "drop"})
    start(cluster, hub, "uncertain", CHAIN)
    state = cluster.wait("uncertain", lambda state: state["status"] == "waiting")
    assert state["shots"]["one"]["state"] == "uncertain"
    cluster.signal("uncertain", "redo", shots=["one"], accept_double_payment=True)
    state = cluster.wait("uncertain", completed)
    # The hub's log has the request that it dropped, too.
    assert hub.charges()["A harbour at first light."] == 2
    assert hub.charges().total() == 4
    asyncio.run(replay(cluster, "uncertain"))


def test_refused_stage_fails_the_run_and_submitting_again_goes_on(cluster: Cluster, service: ServiceStarter) -> None:
    hub = service({"method": "POST", "path": "/api/ai/queue", "action": "status", "status": 401, "body": REFUSAL})
    start(cluster, hub, "refused", CHAIN)
    state = cluster.wait("refused", lambda state: state["status"] == "failed")
    assert "exit status 77" in state["error"]
    start(cluster, hub, "refused", CHAIN)
    cluster.wait("refused", completed)


def test_redo_interrupts_a_wait(cluster: Cluster, service: ServiceStarter) -> None:
    hub = service(done_after=1000)
    start(cluster, hub, "interrupted", CHAIN)
    cluster.wait("interrupted", lambda state: state.get("shots", {}).get("one", {}).get("state") == "poll")
    cluster.signal("interrupted", "redo", shots=["one"])
    cluster.wait("interrupted", lambda _: hub.charges().total() == 2)
    cluster.signal("interrupted", "cancel")
    cluster.wait("interrupted", lambda state: state["status"] == "cancelled")
    asyncio.run(replay(cluster, "interrupted"))


def test_histories_of_earlier_versions_replay() -> None:
    """A change of the workflow that fails here needs `workflow.patched`: runs wait for people across releases."""
    files = sorted(HISTORIES.glob("*.json"))
    assert files
    for path in files:
        history = WorkflowHistory.from_json(path.stem, path.read_text())
        asyncio.run(replay_history(history))


REFUSAL = json.dumps(
    {
        "error": {"type": "unauthenticated", "title": "No valid key"},
        "status": "error",
        "status_message": "unauthenticated",
    }
)
