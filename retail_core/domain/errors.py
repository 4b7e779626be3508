"""The three kinds of trouble: a shop rule was broken, the surroundings failed, or we have a bug.

An error carries a stable code and facts. Words for people are chosen at the rim (screen, page, command line), never here.
"""

from collections.abc import Mapping
from types import MappingProxyType

Fact = str | int | bool | None


class CodedError(Exception):
    """An error with a stable dotted code, such as `sale.not_open`, and the facts behind it."""

    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts: Mapping[str, Fact] = MappingProxyType(facts)

    def __str__(self) -> str:
        detail = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} ({detail})" if detail else self.code


class RuleViolationError(CodedError):
    """A person or another system asked for something the shop's rules forbid. Nothing has changed."""


class EnvironmentFault(CodedError):  # noqa: N818 - the field's word for "not our bug"
    """Disk full, port in use, damaged file: the surroundings failed and somebody can repair them."""


class InvariantError(CodedError):
    """Something that must always hold did not. This is a bug of ours; the act is abandoned whole."""


def require(condition: bool, code: str, **facts: Fact) -> None:
    """Raise InvariantError unless `condition` holds. Unlike `assert` it stays on under `python -O`."""
    if not condition:
        raise InvariantError(code, **facts)
