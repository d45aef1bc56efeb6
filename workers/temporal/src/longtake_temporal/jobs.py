"""What workflow, activity and command say to each other. No file travels here: results name files by digest."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# Task queues: what waits for a service, and what works on media.
IO_QUEUE = "longtake-io"
CPU_QUEUE = "longtake-cpu"

JOB_SCHEMA = "longtake.stage-job/1"

# The result of a stage, as `longtake stage` writes it (presets/schema).
StageResult = dict[str, Any]


class Failure(StrEnum):
    """Types of the errors that the activity raises, from the exit status of a stage."""

    REFUSED = "refused"
    """64, 65, 66, 73, 77: never retried."""
    UNAVAILABLE = "unavailable"
    """69, 74, killed, silent or without a result: retried with back-off."""
    INTERNAL = "internal"
    """70 or an unknown status: retried at most INTERNAL_RETRIES times, by the workflow."""
    NOT_YET = "not-yet"
    """75: retried after the stage's own `retry_after`, as often as it takes."""


class ShotState(StrEnum):
    """How far a shot is. The first three are the stage that runs next."""

    SUBMIT = "submit"
    POLL = "poll"
    COLLECT = "collect"
    READY = "ready"
    REJECTED = "rejected"
    """The clip failed its verification: a person orders the shot anew or picks a take."""
    UNCERTAIN = "uncertain"
    """The request may have been paid and is not found: a person decides."""
    FAILED = "failed"
    """A stage was refused; the run fails when no other shot is being made."""


MAKING = (ShotState.SUBMIT, ShotState.POLL, ShotState.COLLECT)
FOR_A_PERSON = (ShotState.REJECTED, ShotState.UNCERTAIN)


@dataclass
class Shot:
    """One shot of a run."""

    id: str
    state: ShotState = ShotState.SUBMIT
    take: int | None = None
    reason: str = ""


@dataclass
class Plan:
    """What `plan` found, as far as the workflow needs it."""

    chains: list[list[str]]
    deliver: list[str] = field(default_factory=list)


@dataclass
class RunRequest:
    """A run to be started; the last six fields also carry a run on when its history is renewed."""

    run: str
    store: str
    title: str = ""
    consent: str | None = None
    max_cost_usd: str | None = None
    approve: bool = False
    redo: dict[str, int] = field(default_factory=dict)
    picks: dict[str, int] = field(default_factory=dict)
    accept_double_payment: list[str] = field(default_factory=list)
    """Shots whose lost requests people no longer wait for, although they may have been paid."""
    plan: Plan | None = None
    shots: list[Shot] = field(default_factory=list)
    paid: dict[str, str] = field(default_factory=dict)
    """Cost in US dollars of each take, as decimals."""
    approved: bool = False


@dataclass
class Progress:
    """The answer of the query `progress`."""

    run: str
    title: str
    state: str
    """planning, generating, approval, stitching, delivering, person or done."""
    ready: int
    total: int
    cost_usd: str
    """Paid so far, as a decimal."""
    waiting_for: list[str]
    """What a person has to decide, one sentence each."""
    shots: list[Shot]
    redo: dict[str, int]
    picks: dict[str, int]
    approved: bool


@dataclass
class RunResult:
    """What a run ends with: digests and names of its files, as the stages reported them."""

    run: str
    cost_usd: str
    shots: list[Shot]
    stitch: StageResult
    review: StageResult
    deliver: dict[str, StageResult]
