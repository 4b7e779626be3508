"""Waiting for a device's handle: any number it has, and not longer than was said."""

import fcntl
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from pos_app.devices.transport.ready import readable, writable

BEYOND_SELECT = 1024
"""The first number that `select.select` refuses; a program with many files open hands out more."""


@pytest.fixture
def far_pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a line with numbers that high."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * BEYOND_SELECT + soft), hard))
    ends: list[socket.socket] = []
    try:
        for near in socket.socketpair():
            with near:
                ends.append(socket.socket(fileno=fcntl.fcntl(near, fcntl.F_DUPFD_CLOEXEC, BEYOND_SELECT)))
        yield ends[0], ends[1]
    finally:
        for end in ends:
            end.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_device_with_a_high_number_is_heard_and_spoken_to(far_pair: tuple[socket.socket, socket.socket]) -> None:
    here, there = far_pair
    assert min(here.fileno(), there.fileno()) >= BEYOND_SELECT
    assert readable([here, there], 0) == []
    assert writable(here, 0)
    here.send(b"x")
    assert readable([here, there], 5) == [there]


def test_what_takes_nothing_more_is_not_writable(far_pair: tuple[socket.socket, socket.socket]) -> None:
    here, _ = far_pair
    here.setblocking(False)
    with suppress(BlockingIOError):
        while here.send(bytes(65536)):
            pass
    assert not writable(here, 0.01)


def test_a_line_whose_other_end_is_gone_is_ready_so_that_reading_says_so() -> None:
    here, there = socket.socketpair()
    there.close()
    with here:
        assert readable([here], None) == [here]
        assert here.recv(1) == b""


def test_a_wait_that_is_over_is_no_wait_for_ever() -> None:
    read_end, write_end = os.pipe()
    assert readable([read_end], -1) == []
    os.close(read_end)
    os.close(write_end)


def test_what_was_closed_is_refused() -> None:
    here, there = socket.socketpair()
    there.close()
    here.close()
    with pytest.raises(ValueError, match="closed"):
        readable([here], 0)
    with pytest.raises(ValueError, match="closed"):
        writable(here, 0)
