"""The command `longtake-temporal`. `longtake submit`, `status` and `approve` call it; people start workers with it."""

import argparse
import asyncio
import dataclasses
import json
import logging
import os
import sys
from datetime import timedelta
from typing import Any, NoReturn

from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import FailureError
from temporalio.service import RPCError, RPCStatusCode

from longtake_temporal.jobs import CPU_QUEUE, IO_QUEUE, Progress, RunRequest, RunResult, Shot
from longtake_temporal.worker import work
from longtake_temporal.workflow import StoryboardRun

# Exit statuses, as longtake's own.
USAGE, NOT_FOUND, UNAVAILABLE, INTERNAL, REFUSED = 64, 66, 69, 70, 77
STATUSES = {
    RPCStatusCode.NOT_FOUND: NOT_FOUND,
    RPCStatusCode.INVALID_ARGUMENT: USAGE,
    RPCStatusCode.UNAUTHENTICATED: REFUSED,
    RPCStatusCode.PERMISSION_DENIED: REFUSED,
}
# Longest wait for one answer of the server, and for a worker to answer a query.
ANSWER = timedelta(seconds=10)
QUERY = timedelta(seconds=3)
# Runs that `status` lists when none is named; the newest.
LISTED_RUNS = 500


class CommandError(Exception):
    """Ends the command with a message and an exit status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def connect(address: str | None, namespace: str | None) -> Client:
    """Connects as the environment says (TEMPORAL_ADDRESS, TEMPORAL_API_KEY, TEMPORAL_TLS_…); arguments override it."""
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", "localhost:7233")
    if address:
        config["target_host"] = address
    if namespace:
        config["namespace"] = namespace
    try:
        return await asyncio.wait_for(Client.connect(**config), ANSWER.total_seconds())
    except (RuntimeError, TimeoutError) as error:
        reason = str(error) or f"no answer within {ANSWER.total_seconds():.0f} s"
        raise CommandError(UNAVAILABLE, f"Temporal at {config['target_host']} is not reachable: {reason}") from error


# start


async def start(order: dict[str, Any]) -> dict[str, Any]:
    """Starts a run, or names the one that runs. A run that has ended starts again with what people ordered before."""
    run = named(order, "run")
    request = RunRequest(
        run=run,
        store=named(order, "store"),
        title=order.get("title") or "",
        consent=order.get("consent"),
        max_cost_usd=order.get("max_cost_usd"),
        approve=bool(order.get("approve")),
        redo=order.get("redo") or {},
        picks=order.get("picks") or {},
    )
    client = await connect(order.get("address"), order.get("namespace"))
    try:
        memo = await (await client.get_workflow_handle(run).describe(rpc_timeout=ANSWER)).memo()
        request.redo = memo.get("redo", {}) | request.redo
        request.picks = memo.get("picks", {}) | request.picks
        request.accept_double_payment = memo.get("accept_double_payment", [])
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
    handle = await client.start_workflow(
        StoryboardRun.run,
        request,
        id=run,
        task_queue=IO_QUEUE,
        static_summary=request.title or None,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        rpc_timeout=ANSWER,
    )
    return {"workflow_id": run, "run_id": handle.first_execution_run_id or handle.result_run_id, "status": "running"}


# signal


async def signal(order: dict[str, Any]) -> dict[str, Any]:
    """Passes a person's decision on."""
    run, action = named(order, "run"), order.get("action")
    shots, picks = order.get("shots") or [], order.get("picks") or {}
    if action not in ("approve", "cancel") and not (action == "redo" and shots) and not (action == "pick" and picks):
        raise CommandError(USAGE, f"action {action}: expected approve, redo with shots, pick with picks, or cancel")
    client = await connect(order.get("address"), order.get("namespace"))
    handle = client.get_workflow_handle_for(StoryboardRun.run, run)
    description = await handle.describe(rpc_timeout=ANSWER)
    if description.status != WorkflowExecutionStatus.RUNNING:
        raise CommandError(NOT_FOUND, f"{run} has ended ({status_name(description)}); submit it again")
    known = await known_shots(handle)
    for shot in [*shots, *picks]:
        if known and shot not in known:
            raise CommandError(NOT_FOUND, f"{run} has no shot {shot}; its shots are {', '.join(known)}")
    match action:
        case "approve":
            await handle.signal(StoryboardRun.approve, rpc_timeout=ANSWER)
        case "redo":
            accepted = bool(order.get("accept_double_payment"))
            await handle.signal(StoryboardRun.redo, args=[shots, accepted], rpc_timeout=ANSWER)
        case "pick":
            await handle.signal(StoryboardRun.pick, picks, rpc_timeout=ANSWER)
        case "cancel":
            await handle.cancel(rpc_timeout=ANSWER)
    return {"workflow_id": run, "run_id": description.run_id, "status": "running"}


async def known_shots(handle: WorkflowHandle[StoryboardRun, RunResult]) -> list[str]:
    """Empty as long as there is no plan, or no worker that could say."""
    progress = await query(handle)
    return [shot.id for shot in progress.shots] if progress else []


async def query(handle: WorkflowHandle[StoryboardRun, RunResult]) -> Progress | None:
    """Nil when no worker answers."""
    try:
        return await handle.query(StoryboardRun.progress, rpc_timeout=QUERY)
    except (RPCError, WorkflowQueryFailedError):
        return None


# status


async def status(runs: list[str], address: str | None, namespace: str | None) -> dict[str, Any]:
    """Named runs in full; else all of the namespace, the newest first, from what the server keeps of them."""
    client = await connect(address, namespace)
    if runs:
        return {"runs": [await run_status(client, run) for run in runs]}
    listed = client.list_workflows(
        "WorkflowType = 'StoryboardRun' AND ExecutionStatus != 'ContinuedAsNew'", limit=LISTED_RUNS, rpc_timeout=ANSWER
    )
    answers: dict[str, dict[str, Any]] = {}
    async for execution in listed:
        # A run that was started again is listed once: as it is now.
        if execution.id not in answers:
            answers[execution.id] = await summary(execution)
    return {"runs": list(answers.values())}


async def summary(execution: WorkflowExecution) -> dict[str, Any]:
    memo = await execution.memo()
    name = status_name(execution)
    return {
        "run": execution.id,
        "workflow_id": execution.id,
        "run_id": execution.run_id,
        "status": "waiting" if name == "running" and memo.get("waiting_for") else name,
        "title": memo.get("title", ""),
        "state": memo.get("state", "planning"),
        "progress": memo.get("progress", ""),
        "cost_usd": memo.get("cost_usd"),
        "waiting_for": "; ".join(memo.get("waiting_for", [])) or None,
        "started": execution.start_time.timestamp(),
        "ended": execution.close_time.timestamp() if execution.close_time else None,
    }


async def run_status(client: Client, run: str) -> dict[str, Any]:
    handle = client.get_workflow_handle_for(StoryboardRun.run, run)
    try:
        description = await handle.describe(rpc_timeout=ANSWER)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise CommandError(NOT_FOUND, f"there is no run {run} in namespace {client.namespace}") from error
        raise
    answer = await summary(description)
    answer["stages"] = [
        {
            "stage": pending.activity_id,
            "attempt": pending.attempt,
            "error": pending.last_failure.message or None,
            "worker": pending.last_worker_identity or None,
        }
        for pending in description.raw_description.pending_activities
    ]
    if description.status == WorkflowExecutionStatus.RUNNING:
        progress = await query(handle)
        if progress is not None:
            answer |= {
                "state": progress.state,
                "progress": f"{progress.ready}/{progress.total}",
                "cost_usd": progress.cost_usd,
                "waiting_for": "; ".join(progress.waiting_for) or None,
                "approved": progress.approved,
                "redo": progress.redo,
                "picks": progress.picks,
                "shots": by_id(progress.shots),
            }
            if progress.waiting_for:
                answer["status"] = "waiting"
        return answer
    try:
        result = await handle.result(rpc_timeout=ANSWER)
        answer["result"] = dataclasses.asdict(result)
        answer["shots"] = by_id(result.shots)
    except WorkflowFailureError as error:
        answer["error"] = innermost(error)
    return answer


def by_id(shots: list[Shot]) -> dict[str, dict[str, Any]]:
    return {shot.id: {"state": shot.state, "take": shot.take, "error": shot.reason or None} for shot in shots}


def innermost(error: WorkflowFailureError) -> str:
    cause: BaseException = error
    while isinstance(cause, WorkflowFailureError | FailureError) and cause.cause is not None:
        cause = cause.cause
    return cause.message if isinstance(cause, FailureError) else str(cause)


def status_name(execution: WorkflowExecution) -> str:
    """running, completed, failed, cancelled, terminated, timed_out"""
    name = execution.status.name.lower() if execution.status else "unknown"
    return "cancelled" if name == "canceled" else name


def table(runs: list[dict[str, Any]]) -> str:
    rows = [("RUN", "STATUS", "STATE", "SHOTS", "COST", "WAITING FOR")]
    for run in runs:
        cost = f"${run['cost_usd']}" if run["cost_usd"] is not None else ""
        waiting = run.get("error") or run["waiting_for"] or ""
        rows.append((run["run"], run["status"], run["state"], run["progress"], cost, waiting))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


# The command line


def named(order: dict[str, Any], name: str) -> str:
    value = order.get(name)
    if not isinstance(value, str) or not value:
        raise CommandError(USAGE, f"the job on stdin has no {name}")
    return value


def order_from_stdin() -> dict[str, Any]:
    try:
        order = json.load(sys.stdin)
    except ValueError as error:
        raise CommandError(USAGE, f"stdin: expected one JSON object: {error}") from error
    if not isinstance(order, dict):
        raise CommandError(USAGE, "stdin: expected one JSON object")
    return order


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CommandError(USAGE, f"{message}; see {self.prog} --help")


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("expected 1 or more")
    return number


def parser() -> Parser:
    main_parser = Parser(prog="longtake-temporal", description=__doc__)
    commands = main_parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    server = Parser(add_help=False)
    server.add_argument(
        "--address", metavar="HOST:PORT", help="Temporal server (default: TEMPORAL_ADDRESS, else localhost:7233)"
    )
    server.add_argument("--namespace", metavar="NS", help="namespace (default: TEMPORAL_NAMESPACE, else default)")

    worker = commands.add_parser("worker", parents=[server], help="run stages until SIGTERM")
    worker.add_argument("--queue", choices=["io", "cpu", "both"], default="both", help="stages to take (default: both)")
    worker.add_argument(
        "--max-concurrent",
        type=positive,
        metavar="N",
        help="stages of a queue at a time (default: 8 for io, 1 for cpu)",
    )
    worker.add_argument(
        "--longtake",
        metavar="PATH",
        default=os.environ.get("LONGTAKE", "longtake"),
        help="the program that runs the stages (default: LONGTAKE, else longtake on the PATH)",
    )
    commands.add_parser("start", help="start the run that a JSON object on stdin describes")
    commands.add_parser("signal", help="pass on the decision that a JSON object on stdin describes")
    state = commands.add_parser("status", parents=[server], help="show runs")
    state.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    state.add_argument("runs", metavar="RUN", nargs="*", help="runs to show in full (default: a line for each run)")
    return main_parser


async def execute(arguments: argparse.Namespace) -> None:
    match arguments.command:
        case "worker":
            client = await connect(arguments.address, arguments.namespace)
            queues = {"io": [IO_QUEUE], "cpu": [CPU_QUEUE], "both": [IO_QUEUE, CPU_QUEUE]}[arguments.queue]
            await work(client, queues, arguments.longtake, arguments.max_concurrent)
        case "start":
            print(json.dumps(await start(order_from_stdin())))
        case "signal":
            print(json.dumps(await signal(order_from_stdin())))
        case "status":
            answer = await status(arguments.runs, arguments.address, arguments.namespace)
            print(json.dumps(answer) if arguments.json else table(answer["runs"]))


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        asyncio.run(execute(parser().parse_args()))
    except CommandError as error:
        fail(error.status, str(error))
    except FileNotFoundError as error:
        fail(NOT_FOUND, str(error))
    except RPCError as error:
        fail(STATUSES.get(error.status, UNAVAILABLE), f"Temporal: {error.message}")
    except KeyboardInterrupt:
        leave(130)
    leave(0)


def fail(status: int, text: str) -> NoReturn:
    print(f"longtake-temporal: {text}", file=sys.stderr)
    leave(status)


def leave(status: int) -> NoReturn:
    """Ends without the interpreter's own end: threads of temporalio still run then, and one in some dozens of processes
    ended with "PyGILState_Release: thread state must be current" and SIGABRT."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
