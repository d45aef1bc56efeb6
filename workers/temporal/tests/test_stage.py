"""The activity with programs that end in every way a stage can."""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from longtake_temporal.jobs import Failure
from longtake_temporal.stage import StageRunner

Program = Callable[..., StageRunner]
START = "import json, os, signal, sys, time\nname, job = sys.argv[2], json.load(sys.stdin)\n"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A runner whose program is a script in Python; `job` and `name` are the stage's own."""

    def make(script: str, silence: float = 60, grace: float = 5) -> StageRunner:
        path = tmp_path / "program"
        path.write_text(f"#!{sys.executable}\n{START}{script}")
        path.chmod(0o755)
        return StageRunner(str(path), silence, grace)

    return make


def ending(status: int, **fields: Any) -> str:
    return f"print(json.dumps({{'result': {fields | {'status': status}!r}}}))\nsys.exit({status})\n"


async def run(runner: StageRunner, environment: ActivityEnvironment | None = None) -> Any:
    return await (environment or ActivityEnvironment()).run(runner.stage, "poll", {"shot": "one"})


async def error_of(runner: StageRunner) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        await run(runner)
    return caught.value


@pytest.mark.parametrize("status", [0, 1])
async def test_yes_and_no_are_results(program: Program, status: int) -> None:
    result = await run(program("print('{\"heartbeat\": 1}')\n" + ending(status, shot="one")))
    assert result == {"status": status, "shot": "one"}


async def test_the_job_is_passed_on(program: Program) -> None:
    assert (await run(program("print(json.dumps({'result': {'name': name, **job}}))")))["shot"] == "one"


@pytest.mark.parametrize("status", [64, 65, 66, 73, 77])
async def test_refusals_are_not_retried(program: Program, status: int) -> None:
    error = await error_of(program(ending(status, error="the key was refused")))
    assert error.type == Failure.REFUSED
    assert error.non_retryable
    assert "the key was refused" in error.message


@pytest.mark.parametrize(
    "script",
    [
        ending(69),
        ending(74),
        "os.kill(os.getpid(), signal.SIGKILL)",
        "sys.exit(137)",
        "sys.exit(0)",
        "print('{\"result\": ')",
        "print('[]')",
        "print('nonsense')\nsys.exit(75)",
    ],
)
async def test_what_may_pass_is_retried(program: Program, script: str) -> None:
    error = await error_of(program(script))
    assert error.type == Failure.UNAVAILABLE
    assert not error.non_retryable


@pytest.mark.parametrize("status", [2, 70, 71])
async def test_internal_errors_are_counted_by_the_workflow(program: Program, status: int) -> None:
    error = await error_of(program("print('a bug', file=sys.stderr)\n" + f"sys.exit({status})"))
    assert error.type == Failure.INTERNAL
    assert error.non_retryable
    assert "a bug" in error.message


async def test_not_yet_says_when(program: Program) -> None:
    error = await error_of(program(ending(75, retry_after=12.5, error="processing")))
    assert error.type == Failure.NOT_YET
    assert error.next_retry_delay is not None
    assert error.next_retry_delay.total_seconds() == 12.5


async def test_silence_ends_a_stage(program: Program) -> None:
    began = time.monotonic()
    error = await error_of(program("time.sleep(60)", silence=1))
    assert error.type == Failure.UNAVAILABLE
    assert "silent" in error.message
    assert time.monotonic() - began < 10


async def test_lines_are_no_silence_and_beat(program: Program) -> None:
    lines = (
        "for _ in range(5):\n print(json.dumps({'event': 'shot', 'message': 'sent'}), flush=True)\n time.sleep(0.5)\n"
    )
    beats: list[Any] = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *details: beats.append(details[0])
    assert (await run(program(lines + ending(0), silence=2), environment))["status"] == 0
    assert 2 <= len(beats) <= 5
    assert beats[-1] == {"stage": "poll", "event": "shot", "message": "sent"}


async def test_long_lines_are_read(program: Program) -> None:
    assert len((await run(program("print(json.dumps({'result': {'text': 'x' * 1000000}}))")))["text"]) == 1_000_000


CANCELLABLE = """
def end(*_):
    open(job['file'], 'w').write('ended')
    sys.exit(75)
signal.signal(signal.SIGTERM, end)
while True:
    print('{}', flush=True)
    time.sleep(0.1)
"""


async def cancel(runner: StageRunner, job: dict[str, Any]) -> None:
    environment = ActivityEnvironment()
    running = asyncio.ensure_future(environment.run(runner.stage, "poll", job))
    await asyncio.sleep(1)
    environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_cancelling_is_sigterm_and_waited_for(program: Program, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    await cancel(program(CANCELLABLE), {"file": str(mark)})
    assert mark.read_text() == "ended"


async def test_a_stage_that_ignores_sigterm_is_killed(program: Program) -> None:
    began = time.monotonic()
    script = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True:\n print('{}', flush=True)\n time.sleep(0.1)\n"
    await cancel(program(script, grace=1), {})
    assert time.monotonic() - began < 10


async def test_children_of_a_stage_end_with_it(program: Program, tmp_path: Path) -> None:
    mark = tmp_path / "child"
    script = "if os.fork() == 0:\n open(job['file'], 'w').write(str(os.getpid()))\n time.sleep(100)\n"
    script += "while not os.path.exists(job['file']): time.sleep(0.01)\n" + ending(0)
    runner = program(script)
    result = await ActivityEnvironment().run(runner.stage, "poll", {"file": str(mark)})
    assert result["status"] == 0
    await asyncio.sleep(0.5)
    assert not is_running(int(mark.read_text()))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


async def test_a_missing_program_is_retried() -> None:
    error = await error_of(StageRunner("/nowhere/longtake"))
    assert error.type == Failure.UNAVAILABLE
    assert not error.non_retryable
