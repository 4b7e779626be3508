"""Row 17 and the devices' part of row 3: what drivers cost, against nothing but themselves and a frame of the screen."""

import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from pos_app.devices.ports import TagRead
from pos_app.devices.rfid.inventory import CountSession
from pos_app.devices.rfid.llrp import messages
from pos_app.devices.rfid.llrp.messages import Settings
from pos_app.devices.rfid.llrp.reader import LlrpReader
from pos_app.devices.rfid.llrp.wire import Framer, message, tlv
from pos_app.devices.sim.tags import sgtin_96
from retail_core.durable.system import SystemClock
from tests.perf.measure import Result

TAGS, READS = 10_000, 100_000
PER_REPORT = 100
OFFERED_PER_S, LISTEN_S = 1_500, 8.0
SIMULATOR = (
    "import sys; from pos_app.devices.sim.llrp import LlrpSim\n"
    "with LlrpSim() as sim:\n"
    "    sim.field.fill(10_000); sim.field.rate = int(sys.argv[1]); print(sim.port, flush=True); sys.stdin.read()"
)


def rfid_reads(_folder: Path) -> Iterator[Result]:
    """RFID: reads parsed, de-duplicated, mapped to items; then from a reader in another process."""
    epcs = [sgtin_96(f"0952{n % 400:06d}000", n) for n in range(TAGS)]
    chance = random.Random(17)
    lines = [_line(chance.choice(epcs), chance.randrange(-70, -40)) for _ in range(READS)]
    stream = b"".join(message(61, n, b"".join(lines[n : n + PER_REPORT])) for n in range(0, READS, PER_REPORT))
    framer, count = Framer(), CountSession(0)
    began = time.process_time()
    for start in range(0, len(stream), 65_536):
        for report in framer.feed(stream[start : start + 65_536]):
            count.take(TagRead(r.epc, r.antenna, r.rssi_cdbm, "bench", 0, r.count) for r in messages.reads(report))
    per_s = READS / (time.process_time() - began)
    assert count.progress(1).reads == READS
    yield Result(
        "17", "RFID reads parsed, de-duplicated and mapped, per core", per_s, "reads/s", "≥ 50,000", per_s >= 50_000
    )
    yield from _from_a_reader(OFFERED_PER_S, "RFID at 1,500 reads/s, share of one core")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Result("17", "memory of the bench after 10,000 tags", memory, "MiB", "", None)


def _from_a_reader(rate: int, name: str) -> Iterator[Result]:
    with subprocess.Popen(
        [sys.executable, "-c", SIMULATOR, str(rate)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as simulator:
        assert simulator.stdout is not None
        port = int(simulator.stdout.readline())
        clock = SystemClock()
        count = CountSession(clock.monotonic_ms())
        reader = LlrpReader("bench", "127.0.0.1", port, Settings(), clock, lambda: 0.0)
        reader.start(count.take)
        reader.begin_inventory()
        wait = Event()
        while not count.progress(0).reads:
            wait.wait(0.02)
        seen, began, spent = count.progress(0).reads, time.monotonic(), time.process_time()
        wait.wait(LISTEN_S)
        cpu, lasted = time.process_time() - spent, time.monotonic() - began
        per_s = (count.progress(0).reads - seen) / lasted
        reader.close()
        simulator.communicate()
    yield Result("17", name, 100 * cpu / lasted, "%", "< 20 %", 100 * cpu / lasted < 20)
    yield Result("17", "of these heard", per_s, "reads/s", f"≥ {rate * 0.98:.0f}", per_s >= rate * 0.98)


def _line(epc: bytes, dbm: int) -> bytes:
    return tlv(240, b"\x8d" + epc + b"\x81\x00\x01\x86" + dbm.to_bytes(1, "big", signed=True) + b"\x88\x00\x01")
