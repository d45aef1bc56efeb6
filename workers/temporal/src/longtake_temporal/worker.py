"""The worker: takes stages from one queue or both, until SIGTERM or SIGINT."""

import asyncio
import logging
import shutil
import signal
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker

from longtake_temporal.jobs import IO_QUEUE
from longtake_temporal.stage import StageRunner
from longtake_temporal.workflow import StoryboardRun

# Stages at a time when --max-concurrent does not say: an io stage waits for a service, a cpu stage uses all processors.
IO_STAGES = 8
CPU_STAGES = 1
# What a stopped worker leaves to stages that are about to end, before they get SIGTERM.
SHUTDOWN = timedelta(seconds=10)
# Heartbeats are passed on at least this often, and so is a cancellation learned of.
THROTTLE = timedelta(seconds=5)

log = logging.getLogger(__name__)


async def work(client: Client, queues: list[str], longtake: str, max_concurrent: int | None) -> None:
    """Works until a signal, then finishes or hands back what it has.

    Raises FileNotFoundError when there is no such program.
    """
    program = shutil.which(longtake)
    if program is None:
        raise FileNotFoundError(f"{longtake}: no such program; give --longtake PATH")
    runner = StageRunner(program)
    workers = []
    for queue in queues:
        stages = max_concurrent or (IO_STAGES if queue == IO_QUEUE else CPU_STAGES)
        workers.append(
            Worker(
                client,
                task_queue=queue,
                # Workflows wait beside the io stages; they need next to nothing.
                workflows=[StoryboardRun] if queue == IO_QUEUE else [],
                activities=[runner.stage],
                max_concurrent_activities=stages,
                graceful_shutdown_timeout=SHUTDOWN,
                max_heartbeat_throttle_interval=THROTTLE,
                default_heartbeat_throttle_interval=THROTTLE,
            )
        )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    running = [asyncio.create_task(worker.run()) for worker in workers]
    log.info("working on %s with %s", ", ".join(queues), program)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([stopped, *running], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    log.info("stopping")
    await asyncio.gather(*(worker.shutdown() for worker in workers))
    await asyncio.gather(*running)
