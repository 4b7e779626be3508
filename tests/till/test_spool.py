"""The print spool: no receipt is lost, none is printed twice by itself, whatever happens to printer, till and disk."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from pos_app.counter import Counter
from pos_app.devices.config import device_tables
from pos_app.devices.sim.printer import Fault, PrinterSim
from pos_app.storage import spool
from pos_app.storage.spool import KEPT_JOBS, MAX_SHOWN, MAX_TRIES, TRANSITIONS, JobAction, JobState
from pos_app.storage.store import TillStore
from retail_core.domain.errors import InvariantError
from tests.support.shop import ITEMS, AtTill, Shop, at_till, make_shop

MILK = ITEMS[0]
PRICE = 119
IN_MID_JOB = 500  # bytes
KILL_WAIT_S = 20


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


@pytest.fixture
def sim() -> Iterator[PrinterSim]:
    with PrinterSim() as made:
        yield made


@pytest.fixture
def till(shop: Shop) -> Iterator[AtTill]:
    with at_till(shop) as made:
        yield made


@contextmanager
def printing_on(at: AtTill, port: int) -> Iterator[Counter]:
    counter = Counter.open(
        device_tables(
            [{"driver": "printer.escpos_tcp", "name": "p", "host": "127.0.0.1", "port": port, "profile": "epson80",
              "deadline_ms": 1000}]
        ), at.till, lambda _: None,
    )  # fmt: skip
    try:
        yield counter
    finally:
        counter.close()


def sell(at: AtTill) -> str:
    return at.scan(MILK.code).pay_cash(PRICE).receipt_no


def ask(at: AtTill, work: Any) -> Any:
    """Have the writer do `work(connection)` in one transaction."""

    def in_unit(store: TillStore) -> Any:
        with store.unit() as conn:
            return work(conn)

    return at.done(lambda done, failed: at.till.writer.submit(in_unit, done, failed))


def states(at: AtTill) -> list[tuple[str, str]]:
    return ask(at, lambda conn: conn.execute("SELECT subject, state FROM spool ORDER BY job").fetchall())


def put(at: AtTill, count: int, state: str, tries: int = 0) -> None:
    def work(conn: Any) -> None:
        conn.executemany(
            "INSERT INTO spool (kind, subject, document, state, tries, at_ms) VALUES ('receipt',?,x'7b7d',?,?,0)",
            ((f"{state}-{n}", state, tries) for n in range(count)),
        )

    ask(at, work)


# ── over a restart ───────────────────────────────────────────────────────────────────────────────

TILL_THAT_PRINTS = """
import sys
from pathlib import Path
from pos_app.till import Till
from retail_core.durable.home import Home
from retail_core.durable.system import SystemClock, SystemIds
from tests.support.shop import AtTill, Hand, Shop
from tests.till.test_spool import printing_on, sell
home, hand = Home(Path(sys.argv[1])), Hand()
at = AtTill(None, Till.open(home, SystemClock(), SystemIds(), hand.deliver), hand).sign_in()
with printing_on(at, int(sys.argv[2])):
    sell(at)
    hand.until(lambda: False, 60)
"""


def test_a_till_killed_in_mid_receipt_finds_it_in_doubt_and_prints_it_again_only_as_a_copy(
    shop: Shop, sim: PrinterSim
) -> None:
    here = Path(__file__).parents[2]
    till = subprocess.Popen(
        [sys.executable, "-c", TILL_THAT_PRINTS, str(shop.home.folder), str(sim.port)], cwd=here, env=os.environ | {}
    )
    sim.hold_up_after(IN_MID_JOB, lambda: os.kill(till.pid, signal.SIGKILL))
    assert till.wait(KILL_WAIT_S) == -signal.SIGKILL
    with at_till(shop) as at:
        ((number, state),) = states(at)
        assert state == JobState.UNKNOWN
        with printing_on(at, sim.port) as counter:
            following = sell(at.sign_in())
            at.hand.until(lambda: states(at)[-1] == (following, JobState.CONFIRMED))
            assert states(at)[0] == (number, JobState.UNKNOWN)
            assert all("COPY" not in job.text for job in sim.jobs if number in job.text)
            printing = counter.printing
            assert printing
            at.done(lambda done, failed: printing.reprint(number, done, failed))
            at.hand.until(lambda: states(at)[-1] == (number, JobState.CONFIRMED))
            assert "* COPY *" in sim.jobs[-1].text


def test_a_receipt_that_waited_over_a_restart_is_printed_once(shop: Shop, sim: PrinterSim) -> None:
    with at_till(shop) as at:
        numbers = [sell(at.sign_in()), sell(at)]
    with at_till(shop) as at:
        assert states(at) == [(number, JobState.QUEUED) for number in numbers]
        with printing_on(at, sim.port):
            at.hand.until(lambda: states(at) == [(number, JobState.CONFIRMED) for number in numbers])
    assert [number in job.text for number, job in zip(numbers, sim.jobs, strict=True)] == [True, True]


# ── its states ───────────────────────────────────────────────────────────────────────────────────


def test_a_job_takes_only_the_steps_of_the_table(till: AtTill) -> None:
    for state in JobState:
        for action in JobAction:
            put(till, 1, state.value)
            (job,) = ask(till, lambda conn: conn.execute("SELECT max(job) FROM spool").fetchone())
            wanted = TRANSITIONS.get((state, action))
            if wanted is None:
                with pytest.raises(InvariantError, match="illegal_move"):
                    ask(till, lambda conn, job=job, action=action: spool.move_job(conn, job, action))
            else:
                ask(till, lambda conn, job=job, action=action: spool.move_job(conn, job, action))
            assert states(till)[-1] == (f"{state.value}-0", wanted or state)


def test_nothing_but_a_reprint_prints_a_receipt_again(till: AtTill) -> None:
    assert not [move for move, after in TRANSITIONS.items() if move[0] is JobState.UNKNOWN and after is JobState.QUEUED]


def test_what_waits_is_listed_before_what_is_in_doubt_and_the_list_is_bounded(till: AtTill) -> None:
    put(till, 2, "QUEUED")
    put(till, 3, "CONFIRMED")
    put(till, MAX_SHOWN + 50, "UNKNOWN")  # a printer that never answers
    found = ask(till, spool.open_jobs)
    assert len(found) == MAX_SHOWN
    assert [job.subject for job in found[:3]] == ["QUEUED-1", "QUEUED-0", f"UNKNOWN-{MAX_SHOWN + 49}"]


def test_a_doubt_is_settled_by_somebody_who_looked_at_the_paper(till: AtTill) -> None:
    put(till, 1, "UNKNOWN")
    (job,) = ask(till, spool.open_jobs)
    ask(till, lambda conn: spool.move_job(conn, job.job, JobAction.CANCEL))
    assert ask(till, spool.open_jobs) == []


def test_a_job_that_was_sent_too_often_holds_up_nobody(till: AtTill) -> None:
    put(till, 1, "QUEUED", MAX_TRIES)
    assert ask(till, spool.next_job) is None
    assert [job.stuck for job in ask(till, spool.open_jobs)] == [True]
    number = sell(till.sign_in())
    assert ask(till, spool.next_job).subject == number


def test_the_reason_of_a_job_is_bounded(till: AtTill) -> None:
    put(till, 1, "SENT")
    ask(till, lambda conn: spool.move_job(conn, 1, JobAction.DOUBT, "x" * 5000))
    assert len(ask(till, spool.open_jobs)[0].reason) == 200


def test_the_spool_does_not_grow_for_ever_and_forgets_nothing_that_waits(shop: Shop) -> None:
    with at_till(shop) as at:
        put(at, 2, "QUEUED")
        put(at, 1, "SENT")
        put(at, 500, "CONFIRMED")
        put(at, KEPT_JOBS, "UNKNOWN")
    with at_till(shop) as at:
        left = ask(at, spool.counts)
    assert left == {JobState.QUEUED: 2, JobState.UNKNOWN: KEPT_JOBS + 1}


# ── two tills, a slow disk, a full one ───────────────────────────────────────────────────────────


def test_two_tills_on_one_printer_lose_nothing_and_each_keeps_its_order(tmp_path: Path, sim: PrinterSim) -> None:
    shops = [make_shop(tmp_path / register, register) for register in ("T1", "T2")]
    with at_till(shops[0]) as first, at_till(shops[1]) as second:
        with printing_on(first, sim.port), printing_on(second, sim.port):
            mine = [sell(first.sign_in()), sell(first)]
            theirs = [sell(second.sign_in()), sell(second)]
            first.hand.until(lambda: states(first) == [(number, JobState.CONFIRMED) for number in mine])
            assert {state for _, state in states(second)} <= {JobState.QUEUED, JobState.SENT}  # one line at a time
        with printing_on(second, sim.port):
            second.hand.until(lambda: states(second) == [(number, JobState.CONFIRMED) for number in theirs])
    printed = [number for job in sim.jobs for number in (*mine, *theirs) if number in job.text]
    assert printed == [*mine, *theirs]


def test_receipts_come_out_in_the_order_of_the_sales_after_trouble(till: AtTill, sim: PrinterSim) -> None:
    sim.fail(Fault.COVER_OPEN)
    with printing_on(till, sim.port):
        till.sign_in()
        numbers = [sell(till) for _ in range(5)]
        sim.mend()
        till.hand.until(lambda: {state for _, state in states(till)} == {JobState.CONFIRMED})
    assert [number in job.text for number, job in zip(numbers, sim.jobs, strict=True)] == [True] * 5


def test_a_receipt_follows_as_soon_as_the_trouble_is_over(
    till: AtTill, sim: PrinterSim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pos_app.runtime.printing.BACK_OFF_S", (60.0,))  # as after many tries
    sim.fail(Fault.PAPER_OUT)
    with printing_on(till, sim.port) as counter:
        till.hand.until(lambda: counter.devices.health()["p"].code == "printer.paper_out")
        number = sell(till.sign_in())
        till.hand.until(lambda: [job.reason for job in ask(till, spool.open_jobs)] == ["printer.paper_out"])
        sim.mend()
        till.hand.until(lambda: states(till) == [(number, JobState.CONFIRMED)], 3.0)


def test_a_disk_that_is_slow_for_a_while_leaves_no_receipt_behind(
    till: AtTill, sim: PrinterSim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pos_app.runtime.printing.ANSWER_WAIT_S", 0.05)
    monkeypatch.setattr("pos_app.runtime.printing.BACK_OFF_S", (0.05,))
    number = sell(till.sign_in())
    let_go = Event()
    till.till.writer.submit(lambda _: let_go.wait(0.4), lambda _: None, lambda _: None)
    with printing_on(till, sim.port):
        till.hand.until(lambda: states(till) == [(number, JobState.CONFIRMED)])
    assert len(sim.jobs) == 1


@pytest.mark.expects_log
def test_what_became_of_a_receipt_is_written_down_as_soon_as_the_disk_takes_it(till: AtTill, sim: PrinterSim) -> None:
    ask(
        till,
        lambda conn: conn.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON spool WHEN NEW.state = 'CONFIRMED'"
            " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        ),
    )
    with printing_on(till, sim.port):
        numbers = [sell(till.sign_in()), sell(till)]
        assert sim.wait_for(lambda: len(sim.jobs) == 1)
        assert [state for _, state in states(till)] == [JobState.SENT, JobState.QUEUED]
        ask(till, lambda conn: conn.execute("DROP TRIGGER full"))
        till.hand.until(lambda: {state for _, state in states(till)} == {JobState.CONFIRMED})
    assert [number in job.text for number, job in zip(numbers, sim.jobs, strict=True)] == [True, True]


@pytest.mark.expects_log
def test_a_receipt_that_cannot_be_drawn_holds_up_nobody(till: AtTill, sim: PrinterSim) -> None:
    put(till, 1, "QUEUED")  # its document says nothing
    with printing_on(till, sim.port):
        number = sell(till.sign_in())
        till.hand.until(lambda: states(till)[-1] == (number, JobState.CONFIRMED))
        assert [(job.state, job.reason) for job in ask(till, spool.open_jobs)] == [
            (JobState.UNKNOWN, "receipt.unprintable")
        ]
