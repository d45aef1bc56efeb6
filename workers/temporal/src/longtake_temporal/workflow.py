"""One storyboard from plan to deliveries.

Deterministic: it reads no clock and no file, and its module runs nothing on import. A change of the commands that it
issues goes behind `workflow.patched("<name>")`, because runs wait for people for days; tests/test_workflow.py replays
recorded histories and fails otherwise.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from decimal import Decimal
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    FailureError,
    RetryState,
    is_cancelled_exception,
)

with workflow.unsafe.imports_passed_through():
    from longtake_temporal.jobs import (
        CPU_QUEUE,
        FOR_A_PERSON,
        IO_QUEUE,
        JOB_SCHEMA,
        MAKING,
        Failure,
        Plan,
        Progress,
        RunRequest,
        RunResult,
        Shot,
        ShotState,
        StageResult,
    )

# Longest time of one attempt. An io stage takes one look or sends one request with its images.
IO_TIMEOUT = timedelta(minutes=10)
CPU_TIMEOUT = timedelta(hours=12)
# The worker beats every second and ends silent stages itself, so that this finds lost workers only.
HEARTBEAT_TIMEOUT = timedelta(seconds=30)
BACK_OFF = RetryPolicy(
    initial_interval=timedelta(seconds=2),
    backoff_coefficient=2,
    # Attempts of a stage that is not yet done count, too: after many looks at a generation this is the pause.
    maximum_interval=timedelta(seconds=15),
    maximum_attempts=0,
)
# Further attempts of a stage that ended with an internal error.
INTERNAL_RETRIES = 3
# Events after which the run goes on in a new history; the server would take 51,200.
HISTORY_LIMIT = 2000


@workflow.defn
class StoryboardRun:
    """Chains in parallel, the shots of a chain in sequence; then, when it was asked for, approval; then the master."""

    @workflow.init
    def __init__(self, request: RunRequest) -> None:
        self._request = request
        self._redo = dict(request.redo)
        self._picks = dict(request.picks)
        self._accept_double_payment = list(request.accept_double_payment)
        self._plan = request.plan
        self._shots = {shot.id: shot for shot in request.shots}
        self._paid = dict(request.paid)
        self._approved = request.approved
        self._state = "planning"
        self._waiting_for: list[str] = []
        # How many times people have changed a shot or one before it; a stage started before that does not count.
        self._orders: dict[str, int] = {}
        self._order = 0
        self._running: dict[str, workflow.ActivityHandle[StageResult]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._leaving = False
        self._memo: dict[str, object] = {}

    @workflow.run
    async def run(self, request: RunRequest) -> RunResult:
        if self._plan is None:
            await self._make_plan()
        assert self._plan is not None
        self._tasks = [asyncio.create_task(self._make_chain(chain)) for chain in self._plan.chains]
        try:
            return await self._make_master(self._plan)
        finally:
            # Also when the run is cancelled: every stage has ended before the workflow does.
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    # What people say

    @workflow.signal
    def approve(self) -> None:
        """Holds for everything ordered until now; a later redo or pick needs another approval."""
        self._approved = True

    @workflow.signal
    def redo(self, shots: list[str], accept_double_payment: bool = False) -> None:
        """Orders shots anew, also uncertain ones if that is accepted; the shots after them in their chains follow."""
        for shot in shots:
            if accept_double_payment and shot not in self._accept_double_payment:
                self._accept_double_payment.append(shot)
            self._redo[shot] = self._redo.get(shot, 0) + 1
            for name in self._from(shot):
                self._picks.pop(name, None)
            self._order_again(shot)

    @workflow.signal
    def pick(self, picks: dict[str, int]) -> None:
        """Uses other takes; the shots after them in their chains are made to follow."""
        for shot, take in picks.items():
            self._picks[shot] = take
            self._order_again(shot)

    @workflow.query
    def progress(self) -> Progress:
        return Progress(
            run=self._request.run,
            title=self._request.title,
            state=self._state,
            ready=sum(shot.state == ShotState.READY for shot in self._shots.values()),
            total=len(self._shots),
            cost_usd=self._cost(),
            waiting_for=self._for_a_person(),
            shots=list(self._shots.values()),
            redo=self._redo,
            picks=self._picks,
            approved=self._approved,
        )

    def _from(self, shot: str) -> list[str]:
        """The shot and those after it in its chain; itself alone as long as there is no plan."""
        for chain in self._plan.chains if self._plan else []:
            if shot in chain:
                return chain[chain.index(shot) :]
        return [shot]

    def _order_again(self, shot: str) -> None:
        self._approved = False
        self._order += 1
        for name in self._from(shot):
            self._orders[name] = self._orders.get(name, 0) + 1
            if name in self._shots:
                self._shots[name].state = ShotState.SUBMIT
                self._shots[name].reason = ""
            self._interrupt(name)

    def _interrupt(self, shot: str) -> None:
        """Ends a wait or a download of a shot. A submission is never ended: it pays."""
        handle = self._running.get(shot)
        if handle is not None:
            handle.cancel()

    # Plan and shots

    async def _make_plan(self) -> None:
        result = await self._stage("plan", IO_QUEUE)
        if result["status"] != 0:
            raise ApplicationError(f"plan: {result.get('error')}", type=Failure.REFUSED, non_retryable=True)
        self._plan = Plan(chains=result["chains"], deliver=result.get("deliver") or [])
        self._shots = {shot: Shot(shot) for chain in self._plan.chains for shot in chain}
        self._note()

    async def _make_chain(self, chain: list[str]) -> None:
        """Makes the first shot that is not ready, until the run ends: people may order shots anew at any time."""

        def can_work() -> bool:
            shot = self._first_unready(chain)
            return self._leaving or (shot is not None and shot.state in MAKING)

        while True:
            await workflow.wait_condition(can_work)
            shot = self._first_unready(chain)
            if self._leaving:
                return
            if shot is not None:
                await self._advance(shot)
                self._note()

    def _first_unready(self, chain: list[str]) -> Shot | None:
        return next((self._shots[name] for name in chain if self._shots[name].state != ShotState.READY), None)

    async def _advance(self, shot: Shot) -> None:
        """Runs the next stage of a shot."""
        order, stage = self._orders.get(shot.id, 0), shot.state
        try:
            result = await self._stage(stage.value, CPU_QUEUE if stage == ShotState.COLLECT else IO_QUEUE, shot.id)
        except FailureError as error:
            if order != self._orders.get(shot.id, 0):
                return
            if is_cancelled_exception(error):
                if self._leaving:
                    return
                raise
            shot.state, shot.reason = ShotState.FAILED, message(error)
            return
        if result.get("cost_usd") is not None and stage == ShotState.SUBMIT:
            self._paid[f"{shot.id}.take{result.get('take')}"] = str(result["cost_usd"])
        if order != self._orders.get(shot.id, 0):
            return
        if result.get("take") is not None:
            shot.take = int(result["take"])
        if result["status"] == 0:
            shot.reason = ""
            shot.state = {
                ShotState.SUBMIT: ShotState.POLL,
                ShotState.POLL: ShotState.COLLECT,
                ShotState.COLLECT: ShotState.READY,
            }[stage]
        else:
            shot.state = ShotState.UNCERTAIN if result.get("uncertain") else ShotState.REJECTED
            reasons = "; ".join(map(str, result.get("reasons") or []))
            shot.reason = str(result.get("error") or reasons or "no reason given")

    # Approval and master

    async def _make_master(self, plan: Plan) -> RunResult:
        while True:
            self._say("generating")
            await self._until(lambda: self._ready() or self._stuck())
            if not self._ready():
                reasons = "; ".join(
                    f"shot {shot.id}: {shot.reason}" for shot in self._shots.values() if shot.state == ShotState.FAILED
                )
                raise ApplicationError(reasons, type=Failure.REFUSED, non_retryable=True)
            if self._request.approve and not self._approved:
                self._say("approval", "approval: every shot has a take")
                await self._until(lambda: self._approved or not self._ready())
                continue

            order = self._order
            self._say("stitching")
            stitch = await self._stage("stitch", CPU_QUEUE)
            if order != self._order:
                continue
            if stitch["status"] != 0:
                self._say("person", f"redo or pick: the master was rejected: {stitch.get('error')}")
                await self._until(self._decided_since(order, approval_counts=False))
                continue

            self._say("delivering")
            review, *delivered = await all_of(
                self._stage("review", CPU_QUEUE),
                *(self._stage("deliver", CPU_QUEUE, preset=name) for name in plan.deliver),
            )
            if order != self._order:
                continue
            deliver = dict(zip(plan.deliver, delivered, strict=True))
            rejected = [f"{name}: {result.get('error')}" for name, result in deliver.items() if result["status"] != 0]
            if rejected:
                self._approved = False
                self._say("person", *(f"approve to go without it, redo or pick: delivery {text}" for text in rejected))
                await self._until(self._decided_since(order, approval_counts=True))
                if order != self._order:
                    continue
            await workflow.wait_condition(workflow.all_handlers_finished)
            self._say("done")
            return RunResult(
                run=self._request.run,
                cost_usd=str(stitch.get("cost_usd") or self._cost()),
                shots=list(self._shots.values()),
                stitch=stitch,
                review=review,
                deliver=deliver,
            )

    def _ready(self) -> bool:
        return all(shot.state == ShotState.READY for shot in self._shots.values())

    def _decided_since(self, order: int, approval_counts: bool) -> Callable[[], bool]:
        return lambda: self._order != order or (approval_counts and self._approved)

    def _stuck(self) -> bool:
        """A shot has failed, and no other is being made: those of other chains that are paid are collected first."""
        unready = [self._first_unready(chain) for chain in (self._plan.chains if self._plan else [])]
        states = [shot.state for shot in unready if shot is not None]
        return ShotState.FAILED in states and not any(state in MAKING for state in states)

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Waits, and goes on in a new history when this one is long. An error of a chain is raised here."""
        await workflow.wait_condition(lambda: condition() or self._leaving or any(task.done() for task in self._tasks))
        if self._leaving:
            await asyncio.gather(*self._tasks)
            await workflow.wait_condition(workflow.all_handlers_finished)
            workflow.continue_as_new(self._carried())
        for task in self._tasks:
            if task.done():
                task.result()

    def _carried(self) -> RunRequest:
        return RunRequest(
            run=self._request.run,
            store=self._request.store,
            title=self._request.title,
            consent=self._request.consent,
            max_cost_usd=self._request.max_cost_usd,
            approve=self._request.approve,
            redo=self._redo,
            picks=self._picks,
            accept_double_payment=self._accept_double_payment,
            plan=self._plan,
            shots=list(self._shots.values()),
            paid=self._paid,
            approved=self._approved,
        )

    # Stages

    async def _stage(self, name: str, queue: str, shot: str | None = None, preset: str | None = None) -> StageResult:
        """Runs one stage to its result; the server retries what may be retried, without events in the history.

        Raises ActivityError when the stage is refused or ends with internal errors, and what `is_cancelled_exception`
        recognises when it was cancelled.
        """
        internal_errors = 0
        while True:
            job: dict[str, object] = {"schema": JOB_SCHEMA, "store": self._request.store, "run": self._request.run}
            subject = shot or preset
            if shot is not None:
                job["shot"] = shot
            if preset is not None:
                job["preset"] = preset
            if name != "plan":
                job.update(redo=self._known(self._redo), picks=self._known(self._picks))
                accepted = [shot for shot in self._accept_double_payment if shot in self._shots]
                job["accept_double_payment"] = accepted or None
            if name == "submit":
                job.update(consent=self._request.consent, max_cost_usd=self._request.max_cost_usd)
            handle: workflow.ActivityHandle[StageResult] = workflow.start_activity(
                "stage",
                args=[name, {field: value for field, value in job.items() if value is not None}],
                result_type=StageResult,
                activity_id=f"{name}:{subject}" if subject else name,
                summary=f"{name} {subject}" if subject else name,
                task_queue=queue,
                start_to_close_timeout=IO_TIMEOUT if queue == IO_QUEUE else CPU_TIMEOUT,
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                retry_policy=BACK_OFF,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
            if shot is not None and name != "submit":
                self._running[shot] = handle
            try:
                return await handle
            except ActivityError as error:
                if error.retry_state == RetryState.CANCEL_REQUESTED:
                    # It ended by itself between two attempts, and will not be retried.
                    raise CancelledError(f"{name} was ended") from error
                cause = error.cause
                if not (isinstance(cause, ApplicationError) and cause.type == Failure.INTERNAL):
                    raise
                internal_errors += 1
                if internal_errors > INTERNAL_RETRIES:
                    raise
                await workflow.sleep(timedelta(seconds=2**internal_errors))
            finally:
                if shot is not None:
                    self._running.pop(shot, None)
                self._leave_when_long()

    def _known(self, numbers: dict[str, int]) -> dict[str, int]:
        """What people ordered for shots that exist: orders may come before the plan."""
        return {shot: number for shot, number in numbers.items() if shot in self._shots}

    def _leave_when_long(self) -> None:
        information = workflow.info()
        if self._leaving or not (
            information.get_current_history_length() > HISTORY_LIMIT or information.is_continue_as_new_suggested()
        ):
            return
        self._leaving = True
        for shot in list(self._running):
            self._interrupt(shot)

    # What the user interface shows

    def _cost(self) -> str:
        return str(sum(map(Decimal, self._paid.values()), Decimal(0)))

    def _for_a_person(self) -> list[str]:
        shots = [
            f"redo or pick: shot {shot.id} is {shot.state}: {shot.reason}"
            for shot in self._shots.values()
            if shot.state in FOR_A_PERSON
        ]
        return shots + self._waiting_for

    def _say(self, state: str, *waiting_for: str) -> None:
        self._state, self._waiting_for = state, list(waiting_for)
        self._note()

    def _note(self) -> None:
        """Keeps the memo up to date: it needs no registration, and is read without a worker, also after the end."""
        progress = self.progress()
        memo: dict[str, object] = {
            "title": progress.title,
            "state": "person" if progress.waiting_for and self._state == "generating" else progress.state,
            "progress": f"{progress.ready}/{progress.total}",
            "cost_usd": progress.cost_usd,
            "waiting_for": progress.waiting_for,
            "redo": dict(progress.redo),
            "picks": dict(progress.picks),
            "accept_double_payment": list(self._accept_double_payment),
        }
        changed = {name: value for name, value in memo.items() if self._memo.get(name) != value}
        if changed:
            workflow.upsert_memo(changed)
            self._memo.update(changed)


async def all_of(*stages: Coroutine[Any, Any, StageResult]) -> list[StageResult]:
    """The results of stages that run at the same time; an error is raised when all have ended."""
    results = await asyncio.gather(*stages, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


def message(error: FailureError) -> str:
    """The stage's own message."""
    cause = error.cause or error
    return cause.message if isinstance(cause, ApplicationError) else str(cause)
