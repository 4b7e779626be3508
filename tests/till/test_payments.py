"""Card payments in the till's own file: written before the first byte, and true after every kill."""

import random
from pathlib import Path

import pytest

from pos_app.devices.ports import PaymentState
from pos_app.devices.sim.terminal import TerminalSim
from pos_app.devices.terminal.journal import JournalFault
from pos_app.devices.terminal.zvt.terminal import ZvtSettings, ZvtTerminal
from pos_app.runtime.payments import TillPayments
from pos_app.storage import payments
from retail_core.domain.payments import TRANSITIONS, Act, PaymentRecord, Stage, Step
from retail_core.durable.engine import open_ro
from tests.devices.support import no_jitter
from tests.support.kill_payments import MINOR, pay_until_killed, payer
from tests.support.shop import ITEMS, at_till, make_shop

KILLS = 40
SEED = 20_261_127


def record(tender: str = "t-1") -> PaymentRecord:
    return PaymentRecord(tender, Act.PAY, Stage.SENT, 1670, "EUR", 1_764_000_000_000)


def test_a_payment_is_on_disk_when_begin_returns_and_survives_a_restart(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    with at_till(shop) as at:
        journal = TillPayments(at.till.writer, at.till.clock)
        journal.begin(record())
        conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
        assert payments.find(conn, "t-1") == record()
        conn.close()
        paid = journal.move("t-1", Step.APPROVE, PaymentRecord("t-1", Act.PAY, Stage.SENT, 1670, "EUR", 1, 1670, 77, 5))
        assert (paid.stage, journal.latest() is None) == (Stage.APPROVED, True)  # of 1970: too old to compare with
    with at_till(shop) as at:
        journal = TillPayments(at.till.writer, at.till.clock)
        known = journal.find("t-1")
        assert known is not None
        assert (known.stage, known.trace) == (Stage.APPROVED, 77)
        assert journal.find("t-2") is None


@pytest.mark.expects_log
def test_an_illegal_move_or_a_second_beginning_changes_nothing(tmp_path: Path) -> None:
    with at_till(make_shop(tmp_path / "t1")) as at:
        journal = TillPayments(at.till.writer, at.till.clock)
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
        journal = TillPayments(at.till.writer, at.till.clock)
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
            journal = TillPayments(at.till.writer, at.till.clock)
            first = ZvtTerminal("terminal", ZvtSettings(sim.host, sim.port), journal, at.till.clock, no_jitter)
            assert first.authorise("first", MINOR, "EUR").state is PaymentState.APPROVED
        doubtful = 0
        with payer() as parent:
            for round_ in range(kills):
                pay_until_killed(parent, shop.home.folder, sim.port, round_, chance)
                doubtful += _settle_all(shop, sim)
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
        return {"kills": kills, "payments": count, "asked about": doubtful, "double charges": 0}


def _settle_all(shop, sim: TerminalSim) -> int:
    """What a till does at its start: ask about every payment nobody knows the end of."""
    with at_till(shop) as at:
        conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
        open_ones = payments.unsettled(conn)
        conn.close()
        journal = TillPayments(at.till.writer, at.till.clock)
        terminal = ZvtTerminal("terminal", ZvtSettings(sim.host, sim.port), journal, at.till.clock, no_jitter)
        for one in open_ones:
            assert terminal.enquire(one.tender_id).state in {PaymentState.APPROVED, PaymentState.ABORTED}
        return len(open_ones)


def test_no_kill_inside_the_payment_window_charges_twice_or_leaves_a_doubt(tmp_path: Path) -> None:
    assert kill_and_account(tmp_path, KILLS, SEED)["asked about"] > 0
