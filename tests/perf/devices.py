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
from pos_app.devices.rfid.epc import gtin_and_serial
from pos_app.devices.rfid.inventory import CountSession
from pos_app.devices.rfid.llrp import answers
from pos_app.devices.rfid.llrp.messages import Settings
from pos_app.devices.rfid.llrp.reader import LlrpReader
from pos_app.devices.rfid.llrp.wire import Framer, message, tlv
from pos_app.devices.sim.tags import sgtin_96
from retail_core.durable.system import SystemClock
from tests.perf.measure import Result

TAGS, READS = 10_000, 100_000
READ_BYTES = 65_536
OFFERED_PER_S, CEILING_PER_S, LISTEN_S, SETTLE_S = 1_500, 40_000, 8.0, 0.5
SIMULATOR = (
    "import sys; from pos_app.devices.sim.llrp import LlrpSim\n"
    "with LlrpSim() as sim:\n"
    "    sim.field.fill(10_000); sim.field.rate = int(sys.argv[1])\n"
    "    print(sim.port, flush=True); sys.stdin.readline()\n"
    "    print(sim.reads_sent, flush=True); sys.stdin.read()"
)


def rfid_reads(_folder: Path) -> Iterator[Result]:
    """RFID: reads parsed, de-duplicated, mapped to items; then from a reader in another process."""
    yield from _tag_to_item()
    for per_report, shape in ((1, "a message each"), (100, "100 in a message")):
        yield from _in_one_process(per_report, shape)
    yield from _from_a_reader(OFFERED_PER_S)
    yield from _from_a_reader(CEILING_PER_S)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Result("17", "memory of the bench after 10,000 tags", memory, "MiB", "", None)


def _tag_to_item() -> Iterator[Result]:
    epcs = [sgtin_96(f"0952{n % 400:06d}000", n) for n in range(TAGS)]
    began = time.process_time()
    for epc in epcs:
        gtin_and_serial(epc)
    each_us = (time.process_time() - began) / TAGS * 1e6
    yield Result("17", "SGTIN-96 to GTIN and serial", each_us, "µs", "≤ 3", each_us <= 3)


def _in_one_process(per_report: int, shape: str) -> Iterator[Result]:
    epcs = [sgtin_96(f"0952{n % 400:06d}000", n) for n in range(TAGS)]
    chance = random.Random(17)
    lines = [_line(chance.choice(epcs), chance.randrange(-70, -40)) for _ in range(READS)]
    stream = b"".join(message(61, n, b"".join(lines[n : n + per_report])) for n in range(0, READS, per_report))
    framer, count = Framer(), CountSession(0)
    began = time.process_time()
    for start in range(0, len(stream), READ_BYTES):
        for report in framer.feed(stream[start : start + READ_BYTES]):
            count.take([TagRead(r.epc, r.antenna, r.rssi_cdbm, "bench", 0, r.count) for r in answers.reads(report)])
    per_s = READS / (time.process_time() - began)
    assert count.progress(1).reads == READS
    name = f"RFID reads parsed, de-duplicated and mapped, {shape}, per core"
    yield Result("17", name, per_s, "reads/s", "≥ 50,000", per_s >= 50_000)


def _from_a_reader(rate: int) -> Iterator[Result]:
    """A reader in another process offers `rate` reads a second. What it sent is what must have been heard."""
    with subprocess.Popen(
        [sys.executable, "-c", SIMULATOR, str(rate)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as simulator:
        assert simulator.stdout is not None
        assert simulator.stdin is not None
        port = int(simulator.stdout.readline())
        clock, wait = SystemClock(), Event()
        count = CountSession(clock.monotonic_ms())
        reader = LlrpReader("bench", "127.0.0.1", port, Settings(session=2), clock, lambda: 0.0)
        reader.start(count.take)
        reader.begin_inventory()
        while not count.progress(0).reads:
            wait.wait(0.02)
        seen, began, spent = count.progress(0).reads, time.monotonic(), time.process_time()
        wait.wait(LISTEN_S)
        cpu, lasted = time.process_time() - spent, time.monotonic() - began
        per_s = (count.progress(0).reads - seen) / lasted
        reader.end_inventory()
        wait.wait(SETTLE_S)
        simulator.stdin.write("\n")
        simulator.stdin.flush()
        lost = int(simulator.stdout.readline()) - count.progress(0).reads
        reader.close()
        simulator.communicate()
    share, distinct = 100 * cpu / lasted, count.progress(0).distinct
    asked = rate == OFFERED_PER_S
    yield Result("17", f"RFID, {rate} reads/s offered: heard", per_s, "reads/s", "", None)
    yield Result("17", "share of one core", share, "%", "< 20" if asked else "", share < 20 if asked else None)
    yield Result("17", "reads lost", lost, "", "0", lost == 0)
    yield Result("17", "of 10,000 tags seen", distinct, "", "10,000", distinct == TAGS)


def _line(epc: bytes, dbm: int) -> bytes:
    return tlv(240, b"\x8d" + epc + b"\x81\x00\x01\x86" + dbm.to_bytes(1, "big", signed=True) + b"\x88\x00\x01")
