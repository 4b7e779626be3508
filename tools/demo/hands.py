"""The hands and eyes of a person at a till: keys, clicks, a look at the screen. Over the till's control socket."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

from tools.demo.processes import DemoError

ANSWER_WITHIN_S, SEEN_WITHIN_S = 20.0, 15.0
LOOK_EVERY_S = 0.03
State = dict[str, Any]


class Hands:
    """Connected for as long as the till runs."""

    def __init__(self, control: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(ANSWER_WITHIN_S)
        try:
            self._socket.connect(str(control))
        except OSError:
            self._socket.close()
            raise
        self._answers = self._socket.makefile("rb")

    def key(self, *names: str) -> None:
        """Press keys one after the other: "F9", "Enter", "Ctrl+L"."""
        for name in names:
            self._do(do="key", key=name)

    def type(self, text: str) -> None:
        self._do(do="type", text=text)

    def click(self, name: str) -> None:
        self._do(do="click", name=name)

    def grab(self, picture: Path) -> None:
        """A picture of the window as it is now."""
        self._do(do="grab", path=str(picture.resolve()))

    def look(self) -> State:
        """What is on the screen."""
        return self._do(do="state")["state"]

    def wait_until(self, true: Callable[[State], bool], what: str, within_s: float = SEEN_WITHIN_S) -> State:
        """Look until something is true. Raises DemoError, with what was there instead."""
        end, pause = time.monotonic() + within_s, Event()
        while not true(seen := self.look()):
            if time.monotonic() > end:
                raise DemoError(f"waited {within_s:.0f} s in vain: {what}; the screen says {_shown(seen)}")
            pause.wait(LOOK_EVERY_S)
        return seen

    def close(self) -> None:
        self._answers.close()
        self._socket.close()

    def _do(self, **command: object) -> dict[str, Any]:
        try:
            self._socket.sendall(json.dumps(command).encode() + b"\n")
            line = self._answers.readline()
        except OSError as gone:
            raise DemoError(f"the till does not answer: {gone}") from gone
        if not line:
            raise DemoError("the till closed its window")
        answer: dict[str, Any] = json.loads(line)
        if not answer.get("ok"):
            raise DemoError(f"the till cannot {command}: {answer.get('error')}")
        return answer


def _shown(seen: State) -> str:
    """The screen in short, for a message."""
    return json.dumps({**seen, "lines": len(seen["lines"])})
