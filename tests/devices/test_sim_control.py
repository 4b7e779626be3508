"""The control socket of the simulators, served from a thread of the program that has them."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_app.devices.sim.control import Console
from pos_app.devices.sim.panel import Panel
from pos_app.devices.sim.scale import ScaleSim


@contextlib.contextmanager
def caller(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as made:
        made.settimeout(5)
        made.connect(str(path))
        yield made


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Path]:
    with ScaleSim() as scale, Console(Panel([scale]), tmp_path / "control") as console:
        console.start()
        yield tmp_path / "control"


def test_several_callers_are_answered_side_by_side(control: Path) -> None:
    with caller(control) as one, caller(control) as other:
        one.sendall(b"scale 1")  # half a line
        other.sendall(b"scale heavy\nscale moving\n")
        answers = other.makefile()
        assert answers.readline().startswith("no: 'scale heavy'")
        assert answers.readline() == "ok\n"
        one.sendall(b".5\n")
        assert one.makefile().readline() == "ok\n"


def test_who_asks_and_never_reads_does_not_stop_the_others(control: Path) -> None:
    with caller(control) as deaf, caller(control) as other:
        deaf.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                deaf.sendall(b"buttons\n" * 200)
        other.sendall(b"scale 1\n")
        assert other.makefile().readline() == "ok\n"


def test_the_socket_is_gone_when_it_is_no_longer_served(tmp_path: Path) -> None:
    path = tmp_path / "control"
    with ScaleSim() as scale:
        with Console(Panel([scale]), path) as console:
            console.start()
            assert path.exists()
        assert not path.exists()
