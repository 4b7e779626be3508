"""Promise R3: wherever the power is cut, and whatever the disk did with what was not synced, no sale the cashier was told of is lost."""

from pathlib import Path

from tests.support.cut_till import REOPEN_EVERY, Machine, cuts, sold_under_recorder
from tests.support.power_cut import Call, Cut, Disk, Kind, Record
from tests.support.shop import ITEMS, Shop, at_till

SALES = 60
CUTS = 40  # on each of three disks
SEED = 20_261_128


def test_no_power_cut_loses_a_sale_or_the_file(tmp_path: Path) -> None:
    shop, record = sold_under_recorder(tmp_path / "t1", SALES, SEED)
    machine = Machine(shop, tmp_path / "after")
    for cut in cuts(record, CUTS, SEED):
        lost = machine.after(cut)
        assert lost.nothing, (cut.at, cut.disk, cut.seed, lost)
    with at_till(Shop(machine.home, shop.hq_key, shop.config)) as at:  # as the last of them left it
        at.sign_in().scan(ITEMS[0].code)
        due = at.sale.totals.due_minor  # what the basket had before the cut may be there too
        assert at.pay_cash(due + 81).change_minor == 81


def test_the_same_cuts_find_the_sales_that_a_weaker_setting_loses(tmp_path: Path) -> None:
    """The proof can fail: with synchronous=NORMAL a commit is not synced, and sales are missing."""
    shop, record = sold_under_recorder(tmp_path / "t1", 20, SEED, synchronous="NORMAL")
    machine = Machine(shop, tmp_path / "after")
    lost = [machine.after(cut) for cut in cuts(record, 8, SEED) if cut.disk is Disk.FORGETS]
    assert any(one.sales for one in lost)


def test_nothing_is_said_before_it_is_synced(tmp_path: Path) -> None:
    _, record = sold_under_recorder(tmp_path / "t1", 20, SEED)
    waiting, told = set[str](), 0
    for call in record.calls:
        if call.kind is Kind.WRITE:
            waiting.add(call.name)
        elif call.kind is Kind.SYNC:
            waiting.discard(call.name)
        elif call.kind is Kind.SAID:
            told += 1
            assert "till.db-wal" not in waiting, call.name
    assert told == 20


def test_a_record_holds_the_moments_when_the_log_is_carried_over(tmp_path: Path) -> None:
    """What a log of commits held is written into the file itself while selling goes on, not only at the end."""
    _, record = sold_under_recorder(tmp_path / "t1", SALES, SEED)
    told = [n for n, call in enumerate(record.calls) if call.kind is Kind.SAID]
    assert any(
        call.kind is Kind.WRITE and call.name == "till.db" for call in record.calls[told[0] : told[REOPEN_EVERY - 1]]
    )


def test_what_a_disk_may_leave(tmp_path: Path) -> None:
    wrote = [Call(Kind.WRITE, "f", 0, b"a" * 1024), Call(Kind.SYNC, "f"), Call(Kind.WRITE, "f", 512, b"b" * 1024)]
    record = Record(tmp_path, {}, wrote)

    def left(disk: Disk) -> set[bytes]:
        found = set[bytes]()
        for seed in range(40):
            Cut(record, 3, disk, seed).leave_in(tmp_path)
            found.add((tmp_path / "f").read_bytes())
        return found

    a, b = b"a" * 512, b"b" * 512
    assert left(Disk.FORGETS) == {a + a}
    assert left(Disk.REORDERS) == {a + a, a + b + b}
    assert left(Disk.TEARS) == {a + a, a + b, a + a + b, a + b + b}
