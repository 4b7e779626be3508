"""The machine's clock: two programs on it count the same running time."""

import subprocess
import sys

from retail_core.durable.system import SystemClock

SAYS = "from retail_core.durable.system import SystemClock as C; c = C(); print(c.running_since(), c.monotonic_ms())"


def test_two_programs_of_a_machine_count_the_same_running_time() -> None:
    clock = SystemClock()
    before_ms = clock.monotonic_ms()
    said = subprocess.run([sys.executable, "-c", SAYS], capture_output=True, text=True, check=True).stdout.split()
    assert said[0] == clock.running_since()
    assert before_ms <= int(said[1]) <= clock.monotonic_ms()
