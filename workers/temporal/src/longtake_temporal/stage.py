"""The one activity: `longtake stage NAME` as a process group of its own."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections import deque
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from longtake_temporal.jobs import Failure, StageResult

# Seconds without a line after which a stage is ended; stages beat every second.
SILENCE = 60.0
# Seconds that a stage has between SIGTERM and SIGKILL.
GRACE = 20.0
# Seconds between heartbeats, and between looks at the process.
BEAT = 1.0
LOOK = 0.05
# Seconds for the last lines of a stage that has ended.
REST = 2.0
# Most bytes of one line, and lines of stderr that an error quotes.
LINE_LIMIT = 16 << 20
QUOTED_LINES = 5
# Most bytes of an event that is passed on.
EVENT_LIMIT = 1000

REFUSED = frozenset({64, 65, 66, 73, 77})
UNAVAILABLE = frozenset({69, 74, 130, 137, 143})
NOT_YET = 75


class StageRunner:
    """Runs the stages with one program."""

    def __init__(self, longtake: str, silence: float = SILENCE, grace: float = GRACE) -> None:
        self._longtake = longtake
        self._silence = silence
        self._grace = grace

    @activity.defn(name="stage")
    async def stage(self, name: str, job: dict[str, Any]) -> StageResult:
        """The result of a stage that ended with 0 or 1; every other exit status is an ApplicationError."""
        try:
            process = await asyncio.create_subprocess_exec(
                self._longtake,
                "stage",
                name,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=LINE_LIMIT,
                start_new_session=True,
            )
        except OSError as error:
            raise ApplicationError(f"{self._longtake}: {error.strerror}", type=Failure.UNAVAILABLE) from error
        output = StageOutput(process)
        try:
            await self._wait(process, output, name, json.dumps(job).encode() + b"\n")
        except asyncio.CancelledError:
            await self._end(process)
            if activity.is_worker_shutdown():
                # Handed back: another worker goes on at once.
                raise ApplicationError(
                    "the worker was stopped", type=Failure.UNAVAILABLE, next_retry_delay=timedelta(milliseconds=100)
                ) from None
            raise
        finally:
            # Whatever is left of the group, also when this method fails.
            send(process, signal.SIGKILL)
            output.close()
        return outcome(name, process.returncode, output.last, output.notes)

    async def _wait(self, process: asyncio.subprocess.Process, output: "StageOutput", name: str, job: bytes) -> None:
        """Passes the job on and waits for the end, beating once a second."""
        assert process.stdin is not None
        process.stdin.write(job)
        process.stdin.close()
        # Its end alone: `wait` also waits for whatever the stage left behind with its pipes.
        beaten_at = 0.0
        while process.returncode is None:
            now = time.monotonic()
            if now - beaten_at >= BEAT:
                activity.heartbeat({"stage": name, **output.event})
                beaten_at = now
            if now - output.last_line_at > self._silence:
                await self._end(process)
                raise ApplicationError(f"{name}: silent for {self._silence:.0f} s", type=Failure.UNAVAILABLE)
            await asyncio.sleep(LOOK)
        await output.rest(seconds=REST)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """SIGTERM, and SIGKILL when the stage does not end in time; returns when it has ended."""
        send(process, signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), self._grace)
        except TimeoutError:
            send(process, signal.SIGKILL)
            await process.wait()


class StageOutput:
    """Reads what a stage writes: the last line, the last event, the end of stderr."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.last = b""
        self.last_line_at = time.monotonic()
        self.event: dict[str, Any] = {}
        self._errors: deque[str] = deque(maxlen=QUOTED_LINES)
        self._readers = [
            asyncio.create_task(self._read_lines(process.stdout)),
            asyncio.create_task(self._read_notes(process.stderr)),
        ]

    @property
    def notes(self) -> str:
        return "\n".join(self._errors)

    async def rest(self, seconds: float) -> None:
        await asyncio.wait(self._readers, timeout=seconds)

    def close(self) -> None:
        for reader in self._readers:
            reader.cancel()

    async def _read_lines(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            self.last_line_at = time.monotonic()
            self.last = line
            if b'"event"' in line and len(line) <= EVENT_LIMIT:
                with contextlib.suppress(ValueError):
                    event = json.loads(line)
                    self.event = {"event": event.get("event"), "message": event.get("message")}

    async def _read_notes(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            self._errors.append(line.decode(errors="replace").rstrip())


def send(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """Sends a signal to the process group of a stage, if there is still something of it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def outcome(name: str, status: int | None, last: bytes, notes: str) -> StageResult:
    """The result of a stage, from its exit status and last line; errors as the engines' table says."""
    result: StageResult | None = None
    with contextlib.suppress(ValueError):
        line = json.loads(last)
        if isinstance(line, dict) and isinstance(line.get("result"), dict):
            result = line["result"]
    if status is None or status < 0:
        raise ApplicationError(f"{name}: killed by signal {-(status or 0)}", type=Failure.UNAVAILABLE)
    said = (result or {}).get("error") or notes or "no message"
    text = f"{name}: {said} (exit status {status})"
    if status in REFUSED:
        raise ApplicationError(text, type=Failure.REFUSED, non_retryable=True)
    if status in UNAVAILABLE:
        raise ApplicationError(text, type=Failure.UNAVAILABLE)
    if status not in (0, 1, NOT_YET):
        # The workflow retries it, and counts.
        raise ApplicationError(text, type=Failure.INTERNAL, non_retryable=True)
    if result is None:
        raise ApplicationError(f"{name}: no result (exit status {status}): {notes}", type=Failure.UNAVAILABLE)
    if status == NOT_YET:
        delay = timedelta(seconds=float(result.get("retry_after") or 10))
        raise ApplicationError(text, type=Failure.NOT_YET, next_retry_delay=delay)
    return {**result, "status": status}
