"""What the first-start screen shows: frozen facts, already in words."""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """Where somebody is: the line is awaited, compared, or head office is asked."""

    LINE = "line"
    COMPARE = "compare"
    ASKING = "asking"


@dataclass(frozen=True, slots=True)
class JoinState:
    """`fingerprint` is in groups, as head office's page shows it; `refused` says what went wrong and what to do."""

    step: Step = Step.LINE
    address: str = ""
    fingerprint: tuple[str, ...] = ()
    refused: str = ""
