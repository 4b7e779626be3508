"""`make demo`: start HQ and a store of two tills, then drive a day (`--seconds`) or stay open for a person.

Exit code 0: the day adds up, or the person is done. 1: something does not add up or did not work.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec

from tools.demo.browser import picture_of_today
from tools.demo.count import HqFile, Summary, count
from tools.demo.day import Day, Deadline
from tools.demo.display import find_display
from tools.demo.guide import CODES_SHOWN, Console, guide
from tools.demo.hands import Hands
from tools.demo.hq import HeadOffice, fresh_schema
from tools.demo.people import Cashier, Picker, keep_pictures
from tools.demo.plan import make_plan
from tools.demo.processes import Children, DemoError, StoppedError, stop_on_signals
from tools.demo.store import Machine, free_port
from tools.demo_shop.files import ensure_files
from tools.demo_shop.source import DemoDataMissingError

REGISTERS = ("T1", "T2")
CLOSING_S = 14.0
"""Kept back of the time that is given: catching up, counting, HQ's page, ending."""


class Demo:
    """One run. Everything it starts is ended by `close`."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._started = time.monotonic()
        self._seconds: float | None = options.seconds
        self._out: Path = options.out
        self._work: Path = options.work
        self._items: int | None = options.items
        self._database: str | None = options.database
        self._environment: dict[str, str] = {}
        self._closing = ExitStack()
        for folder in (self._work, self._out):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        self._short = Path(self._closing.enter_context(tempfile.TemporaryDirectory(prefix="omnitill-")))
        self._children = Children(self._work / "logs")
        self._closing.callback(self._children.stop_all)

    def run(self) -> int:
        day, hq_file = self._open()
        if self._seconds is None:
            self._show_buttons(day)
            print(guide(day.hq, day.tills, day.plan, str(self._out / "receipts")), flush=True)
            Console(day, self.say).run()
            return 0
        day.run(Deadline(self._started + self._seconds - CLOSING_S))
        day.wait_until_caught_up(hq_file)
        self.say("HQ has caught up")
        missing = picture_of_today(day.hq, self._out / "hq-today.png")
        if missing:
            self.say(missing)
        summary = count([machine.folder for machine in day.tills], hq_file, day.hq.outages)
        return self._judge(summary, missing)

    def close(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        self._closing.close()

    def say(self, words: str) -> None:
        print(f"{time.monotonic() - self._started:6.1f} s  {words}", flush=True)

    # ── opening the shop ─────────────────────────────────────────────────────────────────────────

    def _open(self) -> tuple[Day, HqFile]:
        files = ensure_files(items=self._items)
        plan = make_plan(files.read_baskets())
        self.say(f"{len(plan.sales):,} real baskets of one store are at hand")
        display = find_display(self._children, self._short)
        self.say(f"windows on {display.words}")
        database = fresh_schema(self._database) if self._database else None
        hq = HeadOffice(self._children, self._work / "hq", free_port(), database)
        self._closing.callback(hq.close)
        hq.begin()
        self.say(f"HQ runs at {hq.url}, on {'PostgreSQL' if database else 'its own database'}")
        for taken in hq.import_shop(files):
            self.say(f"HQ took {taken}")
        self._environment = display.environment
        tills = self._open_tills(hq, display.environment)
        show = keep_pictures(self._out)
        cashier, picker = Cashier(tills[0], self._hands(tills[0]), show), Picker(tills[1], self._hands(tills[1]), show)
        return Day(hq, tills, cashier, picker, plan, files.read_customers(), self.say), HqFile(hq.folder, database)

    def _open_tills(self, hq: HeadOffice, environment: dict[str, str]) -> list[Machine]:
        tills: list[Machine] = []
        for register in REGISTERS:
            receipts = self._out / "receipts" / f"till-{register.removeprefix('T')}"
            machine = Machine(register, self._work / register, self._short, receipts, self._children)
            self._closing.callback(machine.close)
            machine.enrol(hq, store_role=not tills, peers=tuple(one.lan_address for one in tills))
            machine.start_agent()
            tills.append(machine)
        self.say("two machines are enrolled; the agent of till 1 has the store role")
        for machine in tills:
            machine.wait_for_catalogue()
            machine.start_till(environment)
        for machine in tills:
            machine.wait_for_till()
        self.say("both tills are open")
        return tills

    def _show_buttons(self, day: Day) -> None:
        """The windows of the simulated devices, with codes of the first real basket to choose from."""
        codes = self._short / "codes.tsv"
        sale = day.plan.sales[0]
        lines = [f"{line.gtin}\titem {line.sku}" for line in sale.lines[:CODES_SHOWN]]
        codes.write_text("\n".join([*lines, f"{day.plan.with_unknown.unknown[0]}\tin no catalogue"]), encoding="utf-8")
        for machine in day.tills:
            machine.show_buttons(self._environment, codes)

    def _hands(self, machine: Machine) -> Hands:
        hands = Hands(machine.control)
        self._closing.callback(hands.close)
        return hands

    # ── the account ──────────────────────────────────────────────────────────────────────────────

    def _judge(self, summary: Summary, missing: str) -> int:
        faults = summary.faults()
        summary.details = {
            "faults": faults,
            "seconds": round(time.monotonic() - self._started, 1),
            "database": "postgresql" if self._database else "embedded",
            "hq_page": missing or "hq-today.png",
            "screens": sorted(path.name for path in self._out.glob("*.png")),
            "receipts": len(list(self._out.glob("receipts/*/*.png"))),
        }
        text = msgspec.json.format(msgspec.json.encode(summary), indent=1).decode()
        (self._out / "summary.json").write_text(text + "\n")
        print(text, flush=True)
        self.say("; ".join(faults) if faults else "the day adds up")
        return 1 if faults else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description="HQ, a store of two tills, and a day in it.")
    parser.add_argument("--seconds", type=float, help="drive a day in about this time, then stop")
    parser.add_argument("--database", metavar="URL", help="PostgreSQL for HQ instead of its own database")
    parser.add_argument("--out", type=Path, default=Path("demo-out"), help="folder for pictures and the summary")
    parser.add_argument(
        "--work", type=Path, default=Path("build") / "demo", help="folder of the running shop, made anew"
    )
    parser.add_argument("--items", type=int, help="sell only so many of the most popular items")
    options = parser.parse_args()
    stop_on_signals()
    demo = Demo(options)
    try:
        return demo.run()
    except StoppedError:
        demo.say("stopped")
        return 0 if options.seconds is None else 1
    except (DemoError, DemoDataMissingError) as fault:
        demo.say(f"the demo failed: {fault}")
        return 1
    finally:
        demo.close()


if __name__ == "__main__":
    sys.exit(main())
