"""The buttons of the simulators, as lines of text: for a terminal, a script, a socket, or the window on that socket."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec


@dataclass(frozen=True)
class Button:
    """Something a person may do to a device. `ask` is what to type after `line`; empty when nothing is."""

    line: str
    help: str
    ask: str = ""


class Sim(Protocol):
    """One simulated device. Its lines begin with a word no other device uses."""

    @property
    def name(self) -> str:
        """The kind of device: "scanner", "scale" …"""
        ...

    @property
    def where(self) -> str:
        """What till.toml needs: a port's path, or host:port."""
        ...

    @property
    def buttons(self) -> tuple[Button, ...]: ...

    def obey(self, words: Sequence[str]) -> str | None:
        """Do it and answer in one line, beginning with "no:" when it could not be done; None for another device's line.

        May raise OSError, which is answered for it.
        """
        ...

    def close(self) -> None: ...


class Panel:
    """Any number of devices, each of its kind once."""

    def __init__(self, sims: Sequence[Sim]) -> None:
        self._sims = tuple(sims)
        self.quit = False

    @property
    def where(self) -> tuple[str, ...]:
        """A line per device: its kind and where it is."""
        return tuple(f"{sim.name} {sim.where}" for sim in self._sims)

    def obey(self, line: str) -> str:
        """Do what a line says; the answer is one line or more, beginning with "no:" when it could not be done."""
        match line.split():
            case []:
                return ""
            case ["help"]:
                return self._help()
            case ["buttons"]:
                return self._buttons()
            case ["quit"]:
                self.quit = True
                return "bye"
            case words:
                return self._ask_each(words)

    def _ask_each(self, words: list[str]) -> str:
        for sim in self._sims:
            try:
                answer = sim.obey(words)
            except OSError as trouble:
                return f"no: {trouble}"
            if answer is not None:
                return answer
        return f"no: {' '.join(words)!r} is not known here; `help` lists what is"

    def _help(self) -> str:
        rows = [(f"{b.line} {b.ask}".strip(), b.help) for sim in self._sims for b in sim.buttons]
        wide = max((len(line) for line, _ in rows), default=0)
        return "\n".join([*(f"{line:{wide}}  {text}" for line, text in rows), "quit"])

    def _buttons(self) -> str:
        """One line of JSON for the window: [[device, where, [[line, help, ask], …]], …]."""
        rows = [
            (sim.name, sim.where, [(button.line, button.help, button.ask) for button in sim.buttons])
            for sim in self._sims
        ]
        return msgspec.json.encode(rows).decode()
