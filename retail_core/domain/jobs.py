"""The one record for long work: it shows how far it is, can be cancelled, and can be tried again."""

from enum import StrEnum
from types import MappingProxyType

import msgspec

from retail_core.domain.errors import RuleViolationError

MAX_TRIES = 5


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


JOB_TRANSITIONS = MappingProxyType(
    {
        (JobState.WAITING, "start"): JobState.RUNNING,
        (JobState.WAITING, "cancel"): JobState.CANCELLED,
        (JobState.RUNNING, "finish"): JobState.DONE,
        (JobState.RUNNING, "fail"): JobState.FAILED,
        (JobState.RUNNING, "cancel"): JobState.CANCELLED,
        (JobState.FAILED, "retry"): JobState.WAITING,
        (JobState.CANCELLED, "retry"): JobState.WAITING,
    }
)


class Job(msgspec.Struct, frozen=True):
    """One piece of long work. `done` of `total` units; `total` is 0 while nobody knows."""

    job_id: str
    kind: str
    state: JobState
    done: int = 0
    total: int = 0
    tries: int = 0
    error: str = ""

    def after(self, action: str) -> JobState:
        """Raises RuleViolationError `job.illegal_move` or `job.too_many_tries`."""
        state = JOB_TRANSITIONS.get((self.state, action))
        if state is None:
            raise RuleViolationError("job.illegal_move", state=self.state.value, action=action[:20])
        if action == "retry" and self.tries >= MAX_TRIES:
            raise RuleViolationError("job.too_many_tries", limit=MAX_TRIES)
        return state
