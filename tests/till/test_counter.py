"""A sale at a counter with a real pseudo-terminal scanner and a printer on a real socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pos_app.counter import Counter
from pos_app.devices.config import device_tables
from pos_app.devices.ports import ScanEvent
from pos_app.devices.sim.printer import Fault, PrinterSim
from pos_app.devices.sim.scanner import ScannerSim
from pos_app.storage.spool import JobState, counts
from pos_app.storage.store import TillStore
from retail_core.domain.errors import EnvironmentFault
from retail_core.trust.receipts import read_receipt
from tests.support.shop import ITEMS, AtTill, at_till, make_shop

MILK, CHICKEN = ITEMS[0], ITEMS[1]


@contextmanager
def counter(at: AtTill, printer: PrinterSim, scanner: ScannerSim) -> Iterator[Counter]:
    tables = device_tables(
        (
            {"driver": "scanner.serial", "name": "scanner", "port": scanner.path},
            {
                "driver": "printer.escpos_tcp",
                "name": "printer",
                "host": printer.host,
                "port": printer.port,
                "profile": "epson80",
            },
            {"driver": "drawer.printer", "name": "drawer", "printer": "printer"},
        )
    )

    def sink(event: ScanEvent) -> None:
        at.hand.deliver(lambda: at.scan(event.text) and None)

    open_counter = Counter.open(tables, at.till, sink)
    try:
        yield open_counter
    finally:
        open_counter.close()


def spool(at: AtTill) -> dict[JobState, int]:
    def look(store: TillStore) -> dict[JobState, int]:
        return counts(store.conn)

    return at.done(lambda done, failed: at.till.writer.submit(look, done, failed))


def test_a_scanned_sale_opens_the_drawer_and_comes_out_as_paper(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    with PrinterSim(out=tmp_path) as printer, at_till(shop) as at:
        scanner = ScannerSim()
        with counter(at, printer, scanner):
            at.sign_in()
            at.hand.until(lambda: _scanned(at, scanner))
            total = at.sale.totals.due_minor
            paid = at.pay_cash(total + 100)
            assert printer.wait_for(lambda: len(printer.jobs) == 1)
            at.hand.until(lambda: spool(at).get(JobState.CONFIRMED) == 1)
            assert paid.receipt_no in printer.jobs[0].text
            assert "Whole milk 1 L" in printer.jobs[0].text
            (code,) = printer.jobs[0].qrs
            signed = read_receipt(code, shop.hq_key.public_text)
            assert (signed.number, signed.total_minor, len(signed.lines)) == (paid.receipt_no, total, 1)
            assert [kick.jobs_before for kick in printer.kicks] == [0]  # the drawer first, then paper
        scanner.close()


def _scanned(at: AtTill, scanner: ScannerSim) -> bool:
    """A till that is still opening the port hears nothing, so a person would scan again."""
    if at.till.selling.sale is None:
        scanner.scan(MILK.code, gap_ms=0)
    return at.till.selling.sale is not None


def test_a_printer_out_of_paper_never_stops_a_sale_and_prints_later(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    with PrinterSim() as printer, at_till(shop) as at:
        scanner = ScannerSim()
        with counter(at, printer, scanner):
            printer.fail(Fault.PAPER_OUT)
            at.sign_in()
            for _ in range(3):
                at.scan(CHICKEN.code)
                at.pay_cash(700)
            assert spool(at).get(JobState.CONFIRMED) is None
            printer.mend()
            assert printer.wait_for(lambda: len(printer.jobs) == 3, 20)
        scanner.close()


def test_a_profile_nobody_knows_is_said_before_anything_is_opened(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    tables = device_tables(
        ({"driver": "printer.escpos_tcp", "name": "p", "host": "127.0.0.1", "port": 9, "profile": "best"},)
    )
    with at_till(shop) as at, pytest.raises(EnvironmentFault, match="no_such_profile"):
        Counter.open(tables, at.till, lambda _: None)
