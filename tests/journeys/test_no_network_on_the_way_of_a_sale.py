"""Promise R7, and the next five: a cloud vendor is down and the shop stands still.

Sources: Square, 7 and 8 September 2023 (Eater Portland: one owner lost "three-fourths of all Thursday transactions"). Here
the till's own program trades with head office, its agent and names swallowed: it asks the network for nothing but its
configured devices and the loopback byte for its agent, and no sale waits.
"""

import subprocess
from pathlib import Path
from statistics import median

import pytest

from tests.support.alone import Alone, alone
from tests.support.net_watch import Called, called, seen_outside, watched
from tests.support.shop import ITEMS

MILK, CHICKEN = ITEMS[:2]
CASH_SALES = 10
PAID_WITHIN_S = 1.5  # half of all; 0.3 for 99 of 100 is what the gate asks, on a machine of its own
NEVER_OVER_S = 3.0  # less than any time-out of a connection


def test_a_day_with_every_line_dead_asks_the_network_for_nothing_but_its_devices(tmp_path: Path) -> None:
    with alone(tmp_path) as (till, may_call):
        till.sign_in()
        numbers = [_cash_sale(till) for _ in range(CASH_SALES)]
        till.scan(CHICKEN.code)
        numbers.append(till.pay("F9", "Enter"))  # by card, on the terminal
        assert till.printer.wait_for(lambda: all(any(n in job.text for job in till.printer.jobs) for n in numbers))
        z_number = till.close_drawer((4, "1"), (7, "1"), (8, "1"), (9, "2"))
        assert till.printer.wait_for(lambda: any(z_number in job.text for job in till.printer.jobs))
        spoke_to = till.called()
        assert [number for (number,) in till.rows("SELECT receipt FROM sale ORDER BY counter")] == numbers
    assert spoke_to == may_call
    assert median(till.pay_waits_s) <= PAID_WITHIN_S
    assert max(till.pay_waits_s + till.scan_waits_s) <= NEVER_OVER_S


def _cash_sale(till: Alone) -> str:
    till.scan(MILK.code)
    return till.pay("F12")


ASKS_IN_PYTHON = """
import contextlib, socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
    out.connect(("192.0.2.1", 4444))
    out.sendto(b"x", ("127.0.0.1", 5555))
with contextlib.suppress(OSError):
    socket.getaddrinfo("hq.invalid", 443)
"""
ASKS_BELOW_PYTHON = """
from PySide6.QtNetwork import QHostAddress, QUdpSocket
QUdpSocket().writeDatagram(b"x", QHostAddress("192.0.2.7"), 4446)
"""


@pytest.mark.parametrize(
    ("script", "seen"),
    [
        (ASKS_IN_PYTHON, {Called("192.0.2.1", 4444), Called("127.0.0.1", 5555), Called("hq.invalid", 0)}),
        pytest.param(
            ASKS_BELOW_PYTHON, {Called("192.0.2.7", 4446)},
            marks=pytest.mark.skipif(not seen_outside(), reason="nothing here may trace"),
        ),
    ],
)  # fmt: skip
def test_the_watch_sees_who_is_called(tmp_path: Path, script: str, seen: set[Called]) -> None:
    program, calls = tmp_path / "planted.py", tmp_path / "calls"
    program.write_text(script)
    subprocess.run(watched(calls, str(program)), check=True)
    assert seen <= called(calls)
