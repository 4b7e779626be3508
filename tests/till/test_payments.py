"""Card payments in the till's own file: written before the first byte, and true after every kill."""

import random
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from pos_app.devices.ports import PaymentOutcome, PaymentState
from pos_app.devices.sim.terminal import TerminalSim
from pos_app.devices.terminal.events import TerminalEvents
from pos_app.devices.terminal.journal import JournalFault
from pos_app.devices.terminal.zvt.talk import ZvtSettings
from pos_app.devices.terminal.zvt.terminal import ZvtTerminal
from pos_app.runtime.payments import TillPayments
from pos_app.storage import payments
from pos_app.storage.schema import TILL_STEPS
from retail_core.domain.payments import TRANSITIONS, Act, Mark, PaymentRecord, Sort, Stage, Step
from retail_core.durable.engine import open_ro, open_rw
from retail_core.durable.migrate import ensure_schema
from tests.devices.support import eventually, no_jitter
from tests.support.kill_payments import MINOR, pay_until_killed, payer
from tests.support.shop import ITEMS, at_till, make_shop

NAME = "terminal"
KILLS = 60
KNOWN_WITHIN_S = 30.0
PAUSE_S = 0.003
SEED = 20_261_127


def record(tender: str = "t-1") -> PaymentRecord:
    return PaymentRecord(tender, Act.PAY, Stage.SENT, 1670, "EUR", 1_764_000_000_000, terminal=NAME)


def test_a_payment_is_on_disk_when_begin_returns_and_survives_a_restart(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    with at_till(shop) as at:
        journal = TillPayments(at.till.writer)
        journal.begin(record())
        conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
        assert payments.find(conn, "t-1") == record()
        conn.close()
        assert list(journal.unsettled(NAME)) == [record()]
        journal.see(NAME, Mark(76, 4))
        told = msgspec.structs.replace(record(), approved_minor=1670, trace=77, receipt=5)
        assert journal.move("t-1", Step.APPROVE, told, Mark(77, 5, "28004869", "1127123456")).stage is Stage.APPROVED
    with at_till(shop) as at:
        journal = TillPayments(at.till.writer)
        known = journal.find("t-1")
        assert known is not None
        assert (known.stage, known.trace) == (Stage.APPROVED, 77)
        assert journal.find("t-2") is None
        assert list(journal.unsettled(NAME)) == []
        journal.move("t-1", Step.BEGIN_REVERSAL)
        assert [(entry.sort, entry.tender_id, entry.mark.trace) for entry in journal.log(NAME)] == [
            (Sort.ASKED, "t-1", 0), (Sort.SEEN, "", 76), (Sort.TAKEN, "t-1", 77), (Sort.ASKED, "t-1", 0),
        ]  # fmt: skip
        assert list(journal.log("another")) == []


def test_what_a_till_paid_before_its_terminals_kept_a_log_is_still_known(tmp_path: Path) -> None:
    path = tmp_path / "till.db"
    conn = open_rw(path, bytes(32))
    ensure_schema(conn, path, TILL_STEPS[:2])
    conn.execute("INSERT INTO payment VALUES ('a', 'pay', 'APPROVED', 100, 'EUR', 1, 100, 77, 5, '••4242', '', '')")
    conn.execute("INSERT INTO payment VALUES ('b', 'pay', 'SENT', 100, 'EUR', 2, 0, 0, 0, '', '', '')")
    conn.commit()
    ensure_schema(conn, path, TILL_STEPS)
    assert [one.tender_id for one in payments.unsettled(conn, "")] == ["b"]
    assert [(one.sort, one.mark.trace) for one in payments.log(conn, "")] == [(Sort.TAKEN, 77), (Sort.ASKED, 0)]
    conn.close()


@pytest.mark.expects_log
def test_an_illegal_move_or_a_second_beginning_changes_nothing(tmp_path: Path) -> None:
    with at_till(make_shop(tmp_path / "t1")) as at:
        journal = TillPayments(at.till.writer)
        journal.begin(record())
        for act in (
            lambda: journal.begin(record()),
            lambda: journal.move("t-1", Step.REVERSE),
            lambda: journal.move("t-9", Step.ABORT),
        ):
            with pytest.raises(JournalFault):
                act()
        assert journal.find("t-1") == record()


def test_the_life_of_a_payment_has_no_way_back_to_being_sent() -> None:
    assert Stage.SENT not in TRANSITIONS.values()
    assert all(stage not in {Stage.REVERSED, Stage.DECLINED, Stage.ABORTED} for stage, _ in TRANSITIONS)


def test_selling_goes_on_while_a_payment_is_written(tmp_path: Path) -> None:
    with at_till(make_shop(tmp_path / "t1")) as at, TerminalSim() as sim:
        at.sign_in().scan(ITEMS[0].code)
        journal = TillPayments(at.till.writer)
        terminal = ZvtTerminal("terminal", ZvtSettings(sim.host, sim.port), journal, at.till.clock, no_jitter)
        assert terminal.authorise("t-1", 119, "EUR").state is PaymentState.APPROVED
        at.scan(ITEMS[1].code)
        assert at.pay_cash(1000).total_minor == 768
        terminal.close()


def kill_and_account(folder: Path, kills: int, seed: int) -> dict[str, float]:
    """Kill tills inside the payment window; raises AssertionError when money moved twice or nobody knows about it."""
    chance = random.Random(seed)
    shop = make_shop(folder / "t1")
    with TerminalSim() as sim:
        with at_till(shop) as at:  # the day has begun: there is a payment to compare with
            journal = TillPayments(at.till.writer)
            first = ZvtTerminal(NAME, ZvtSettings(sim.host, sim.port), journal, at.till.clock, no_jitter)
            assert first.authorise("first", MINOR, "EUR").state is PaymentState.APPROVED
        found: Counter[PaymentState] = Counter()
        with payer() as parent:
            for round_ in range(kills):
                sim.pause_s = PAUSE_S
                pay_until_killed(parent, shop.home.folder, sim.port, round_, chance)
                sim.pause_s = 0.0
                found.update(_known_after_a_start(shop, sim))
        with at_till(shop) as at:
            conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
            rows = conn.execute(
                "SELECT stage, count(*), sum(approved_minor), count(DISTINCT trace) FROM payment GROUP BY stage"
            )
            stages = {stage: (count, total, traces) for stage, count, total, traces in rows}
            conn.close()
        assert set(stages) <= {"APPROVED", "ABORTED"}, stages
        count, total, traces = stages["APPROVED"]
        assert count == traces == len(sim.ledger), f"seed {seed}: {stages}, {len(sim.ledger)} booked"
        assert total == sim.balance_minor
        return {
            "kills": kills, "payments": count, "in doubt and paid": found[PaymentState.APPROVED],
            "in doubt and not taken": found[PaymentState.ABORTED], "double charges": 0,
        }  # fmt: skip


def _known_after_a_start(shop, sim: TerminalSim) -> list[PaymentState]:
    """What the till finds out by itself at its start about the payments nobody knows the end of."""
    with at_till(shop) as at:
        journal, settled = TillPayments(at.till.writer), list[PaymentOutcome]()
        events = TerminalEvents(settled=settled.append)
        doubtful = len(journal.unsettled(NAME))
        settings = ZvtSettings(sim.host, sim.port, quiet_s=0.005)
        terminal = ZvtTerminal(NAME, settings, journal, at.till.clock, no_jitter, events)
        if doubtful:
            terminal.start()
            assert eventually(lambda: len(settled) == doubtful, within_s=KNOWN_WITHIN_S), journal.unsettled(NAME)
        terminal.close()
        return [outcome.state for outcome in settled]


def test_no_kill_inside_the_payment_window_charges_twice_or_leaves_a_doubt(tmp_path: Path) -> None:
    figures = kill_and_account(tmp_path, KILLS, SEED)
    assert figures["in doubt and paid"] > 0
    assert figures["in doubt and not taken"] > 0
