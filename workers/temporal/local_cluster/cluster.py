"""A whole cluster on loopback: engine, object store, service and workers, and `longtake submit` to give it work."""

import asyncio
import contextlib
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from temporalio.service import RPCError

from local_cluster.processes import ClusterError, ProcessGroup, ServerProcess, answers, tool
from longtake_temporal import command
from longtake_temporal.jobs import JOB_SCHEMA

PROJECT = Path(__file__).resolve().parents[3]
FIXTURES = PROJECT / "fixtures" / "cluster"
STORYBOARDS = sorted(FIXTURES.glob("*.yaml"))
# A stopped sender holds its request so long, and a lost answer is looked for so long; the defaults are minutes.
LEASE, LOST_ANSWER_WAIT = "10s", "5s"


def program() -> str:
    """The longtake to test: LONGTAKE, else the debug build."""
    path = Path(os.environ.get("LONGTAKE") or PROJECT / ".build" / "debug" / "longtake").absolute()
    if not os.access(path, os.X_OK):
        raise ClusterError(f"{path} is not a program; build it with 'swift build --product longtake', or set LONGTAKE")
    return str(path)


class Cluster:
    """Engine and workers for one store and one service."""

    def __init__(self, group: ProcessGroup, longtake: str, environment: dict[str, str], store: str) -> None:
        self.group = group
        self.longtake = longtake
        self.store = store
        self.environment = {"LONGTAKE_PRESETS": str(FIXTURES / "presets"), **environment}
        self.workers: list[ServerProcess] = []
        self.server: ServerProcess | None = None
        self.address = ""
        self.began = time.monotonic()

    def start(self, workers: int, ui_port: int | None = None, long_history: int | None = None) -> None:
        self.server, self.address = self.group.temporal(ui_port, long_history)
        stages = impatient(self.longtake, self.group.folder)
        for number in range(workers):
            self.workers.append(self.group.worker(number + 1, self.address, stages, "both", self.environment))

    def submit(
        self, storyboards: list[Path], *options: str, engine: str = "temporal", store: str | None = None
    ) -> list[dict[str, Any]]:
        """`longtake submit --yes --json`; raises ClusterError with its messages."""
        arguments = [*map(str, storyboards), "--store", store or self.store, "--provider", "oxen", "--yes", "--json"]
        if engine == "temporal":
            arguments += ["--address", self.address]
        done = subprocess.run(
            [self.longtake, "submit", *arguments, "--engine", engine, *options],
            capture_output=True,
            text=True,
            env={**os.environ, **self.environment, "LONGTAKE_TEMPORAL_COMMAND": tool("longtake-temporal")},
        )
        if done.returncode != 0:
            raise ClusterError(f"submit ended with {done.returncode}: {done.stderr.strip()}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def signal(self, run: str, action: str, **fields: Any) -> dict[str, Any]:
        return asyncio.run(command.signal({"run": run, "action": action, "address": self.address, **fields}))

    def status(self, *runs: str) -> list[dict[str, Any]]:
        """Raises CommandError while the server is away."""
        answer = asyncio.run(command.status(list(runs), self.address, None))
        found: list[dict[str, Any]] = answer["runs"]
        return found

    def wait(
        self, run: str, condition: Callable[[dict[str, Any]], bool], seconds: float = 60, what: str = ""
    ) -> dict[str, Any]:
        """The state of a run that fulfils a condition; raises ClusterError when none does in time."""
        deadline = time.monotonic() + seconds
        state: dict[str, Any] = {}
        while time.monotonic() < deadline:
            with contextlib.suppress(command.CommandError, RPCError):
                state = self.status(run)[0]
                if condition(state):
                    return state
            time.sleep(0.3)
        raise ClusterError(f"{run}: {what or 'the condition'} was not met within {seconds:.0f} s: {json.dumps(state)}")

    def restart_server(self) -> None:
        """Kills the engine's server, and starts it again after a while."""
        assert self.server is not None
        self.server.kill()
        time.sleep(2)
        self.server.start()
        self.server.wait_for(lambda: answers(int(self.address.split(":")[1])), "answer")

    def watch(self, runs: list[str], until: Callable[[int, int], bool], seconds: float) -> None:
        """Shows how far runs are, until enough shots are ready or runs have ended."""
        began, shown = time.monotonic(), ""
        while True:
            states: dict[str, dict[str, Any]] = {}
            # The server may have just been started again.
            with contextlib.suppress(command.CommandError, RPCError):
                states = {state["run"]: state for state in self.status() if state["run"] in runs}
            shown_runs = [run for run in runs if run in states]
            text = "  ".join(f"{run} {states[run]['progress'] or states[run]['state']}" for run in shown_runs)
            if text and text != shown:
                say(f"[{time.monotonic() - self.began:4.0f} s] {text}")
                shown = text
            ready = sum(int(state["progress"].split("/")[0]) for state in states.values() if state["progress"])
            if until(ready, sum(state["ended"] is not None for state in states.values())):
                return
            if time.monotonic() - began > seconds:
                raise ClusterError(f"not finished within {seconds:.0f} s: {text}")
            time.sleep(1)


def stage(
    longtake: str, name: str, job: dict[str, Any], environment: dict[str, str], *options: str
) -> tuple[int, dict[str, Any]]:
    """Runs a stage as an engine does; the result is empty when the stage was killed."""
    done = subprocess.run(
        [longtake, "stage", name, *options],
        input=job_text(job),
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    lines = done.stdout.splitlines()
    result: dict[str, Any] = json.loads(lines[-1]).get("result", {}) if lines else {}
    return done.returncode, result


def job_text(job: dict[str, Any]) -> str:
    return json.dumps({"schema": JOB_SCHEMA, **job})


def impatient(longtake: str, folder: Path) -> str:
    """A command like longtake, whose stages wait seconds for lost senders and answers instead of minutes."""
    path = folder / "longtake"
    path.write_text(
        f'#!/bin/sh\nexec {shlex.quote(longtake)} "$@" --lease {LEASE} --lost-answer-wait {LOST_ANSWER_WAIT}\n'
    )
    path.chmod(0o755)
    return str(path)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
