"""What the first-start screen shows: frozen facts, already in words."""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """Where somebody is: the line is awaited, compared, head office is asked, or the agent does not run yet."""

    LINE = "line"
    COMPARE = "compare"
    ASKING = "asking"
    JOINED = "joined"


@dataclass(frozen=True, slots=True)
class JoinState:
    """`fingerprint` is in groups, as head office's page shows it; `refused` says what went wrong and what to do, and its
    code. `machine` says what this one is once it has joined, `command` how its agent is started.
    """

    step: Step = Step.LINE
    address: str = ""
    fingerprint: tuple[str, ...] = ()
    refused: str = ""
    machine: str = ""
    command: str = ""
