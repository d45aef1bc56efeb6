"""What must hold on many machines, judged by the service's own charge log: every take is paid once.

Started by scripts/test-cluster. Senders are stopped at four places and go on when another has taken over; four
storyboards are made while workers and the engine's server are killed; and a run whose intent is taken away is paid
twice, which shows that the judge sees it.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cluster.cluster import STORYBOARDS, Cluster, job_text, program, say, stage
from local_cluster.gate import Gate, Hold
from local_cluster.processes import ClusterError, ProcessGroup
from local_cluster.service import Service

WORKERS = 3
# Of the senders that are stopped: shorter than the time that this check may take.
LEASE, LOST_ANSWER_WAIT = 6, 4
# Seconds that the storyboards may take, and one stopped sender.
PATIENCE = 170.0
SENDER_PATIENCE = 60.0


@dataclass
class Position:
    """Where a sender is stopped: at which write to its take's object, before or after the store has taken it."""

    name: str
    write: int
    hold: Hold
    uncertain: bool = False
    """Whether nobody can know then if the request left, so that a person has to decide."""


POSITIONS = [
    Position("before the intent", 1, Hold.BEFORE),
    Position("after the intent", 1, Hold.AFTER),
    Position("marked as sent", 2, Hold.AFTER, uncertain=True),
    Position("after paying", 3, Hold.BEFORE),
]


class Failures:
    """What did not hold."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def expect(self, what: str, wanted: object, found: object) -> None:
        say(f"{'ok    ' if wanted == found else 'FAILED'} {what}: {found}")
        if wanted != found:
            self.texts.append(f"{what}: expected {wanted}, found {found}")


@dataclass
class Trial:
    """A run whose first shot is submitted by hand."""

    cluster: Cluster
    service: Service
    storyboard: Path

    def put(self) -> None:
        run = self.cluster.submit([self.storyboard], engine="none")[0]
        self.job = {"store": self.cluster.store, "run": run["run"], "shot": "one", "consent": run["consent"]}

    def submit(self, environment: dict[str, str] | None = None, **fields: Any) -> tuple[int, dict[str, Any]]:
        return stage(
            self.cluster.longtake,
            "submit",
            {**self.job, **fields},
            {**self.cluster.environment, **(environment or {})},
            *options(),
        )

    def submit_until_decided(self, **fields: Any) -> tuple[int, dict[str, Any]]:
        """As an engine does: again after `retry_after`."""
        deadline = time.monotonic() + SENDER_PATIENCE
        while time.monotonic() < deadline:
            status, result = self.submit(**fields)
            if status != 75:
                return status, result
            time.sleep(min(1.0, float(result.get("retry_after") or 1)))
        raise ClusterError(f"{self.job['run']}: no decision within {SENDER_PATIENCE:.0f} s")

    def charges(self) -> int:
        prompts = self.storyboard.read_text()
        return sum(count for prompt, count in self.service.charges().items() if prompt in prompts)


def options() -> list[str]:
    return ["--lease", f"{LEASE}s", "--lost-answer-wait", f"{LOST_ANSWER_WAIT}s"]


def stop_sender(trial: Trial, position: Position, port: int, failures: Failures) -> None:
    """Stops a sender, lets another take over, and lets the first go on: one request is paid."""
    trial.put()
    gate = Gate(port, f"/ledger/{trial.job['run']}/one\\.take1\\.json", position.hold, position.write)
    environment = {**os.environ, **trial.cluster.environment, "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{gate.port}"}
    sender = subprocess.Popen(
        [trial.cluster.longtake, "stage", "submit", *options()],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        text=True,
    )
    try:
        assert sender.stdin is not None
        sender.stdin.write(job_text(trial.job))
        sender.stdin.close()
        if not gate.reached.wait(20):
            raise ClusterError(f"stopped {position.name}: the sender did not come so far")
        os.kill(sender.pid, signal.SIGSTOP)
        status, result = trial.submit_until_decided()
        # The first one wakes up, long after its lease.
        gate.open()
        os.kill(sender.pid, signal.SIGCONT)
        sender.wait(SENDER_PATIENCE)
    finally:
        sender.kill()
        sender.wait()
        gate.close()
    name = f"stopped {position.name}"
    if position.uncertain:
        failures.expect(f"{name}, the other's answer", (1, True), (status, result.get("uncertain")))
        failures.expect(f"{name}, paid", 0, trial.charges())
        status, _ = trial.submit_until_decided(redo={"one": 1}, accept_double_payment=["one"])
        name = f"{name}, ordered anew"
    failures.expect(f"{name}, the other's exit status", 0, status)
    failures.expect(f"{name}, paid", 1, trial.charges())


def without_intent(trial: Trial, folder: Path, failures: Failures) -> None:
    """The control: a sender that has paid is killed, and its intent is taken away. The judge must see two charges."""
    trial.put()
    status, _ = trial.submit({"LONGTAKE_FAILPOINT": "request-answered"})
    failures.expect("control, exit status of the killed sender", 137, status)
    shutil.rmtree(folder / "ledger" / trial.job["run"])
    trial.submit_until_decided()
    failures.expect("control without an intent, paid", 2, trial.charges())


def make_storyboards(cluster: Cluster, service: Service, failures: Failures) -> None:
    """Four storyboards, while workers and server are killed."""
    runs = [storyboard.stem for storyboard in STORYBOARDS]
    cluster.start(WORKERS)
    cluster.submit(STORYBOARDS)

    def reached(shots: int) -> Callable[[int, int], bool]:
        return lambda ready, ended: ready >= shots or ended == len(runs)

    cluster.watch(runs, reached(2), PATIENCE)
    say("kill -9 of worker 1 and of the engine's server")
    cluster.workers[0].kill()
    cluster.restart_server()
    cluster.workers[0].start()
    cluster.watch(runs, reached(6), PATIENCE)
    say("kill -9 of worker 2")
    cluster.workers[1].kill()
    cluster.workers[1].start()
    cluster.watch(runs, lambda _, ended: ended == len(runs), PATIENCE)
    states = {state["run"]: state["status"] for state in cluster.status()}
    failures.expect("storyboards", dict.fromkeys(sorted(runs), "completed"), dict(sorted(states.items())))
    charges = service.charges()
    failures.expect("takes paid", 3 * len(runs), charges.total())
    failures.expect("takes paid more than once", [], [prompt for prompt, count in charges.items() if count > 1])


def main() -> None:
    failures = Failures()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="longtake-check-") as name, ProcessGroup(Path(name)) as group:
        folder = group.folder
        longtake = program()
        services = [Service(folder / part).start() for part in ("senders", "storyboards", "control")]
        senders, storyboards, control = services
        _, credentials = group.object_store()
        port = int(credentials["AWS_ENDPOINT_URL_S3"].rsplit(":", 1)[1])

        def cluster(service: Service, address: str) -> Cluster:
            return Cluster(group, longtake, {**credentials, **service.environment}, address)

        stopped = cluster(senders, "s3://longtake/senders")
        taken_away = folder / "control-store"
        taken_away.mkdir()
        with ThreadPoolExecutor() as pool:
            work = [
                pool.submit(stop_sender, Trial(stopped, senders, storyboard), position, port, failures)
                for position, storyboard in zip(POSITIONS, STORYBOARDS, strict=True)
            ]
            trial = Trial(cluster(control, f"file://{taken_away}"), control, STORYBOARDS[0])
            work.append(pool.submit(without_intent, trial, taken_away, failures))
            films = cluster(storyboards, "s3://longtake/films")
            work.append(pool.submit(make_storyboards, films, storyboards, failures))
            for part in work:
                try:
                    part.result()
                except ClusterError as error:
                    failures.texts.append(str(error))
        for service in services:
            service.stop()
    say(f"{time.monotonic() - began:.0f} s")
    for text in failures.texts:
        print(f"failed: {text}")
    print("every take was paid once" if not failures.texts else f"{len(failures.texts)} failures")
    sys.exit(1 if failures.texts else 0)


if __name__ == "__main__":
    main()
