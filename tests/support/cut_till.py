"""A till that sells under a recorder, and what must be on its disk wherever the power was cut."""

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from pos_app.storage.store import TillStore
from retail_core.durable.home import Home
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.durable.verify import verify_file
from tests.support.power_cut import Cut, Disk, Record, recording
from tests.support.shop import ITEMS, Shop, at_till, make_shop

REOPEN_EVERY = 40
LOG_PAGES = 120  # the log is carried over into the file every few sales, which takes a till some dozens


def sold_under_recorder(folder: Path, sales: int, seed: int, synchronous: str = "FULL") -> tuple[Shop, Record]:
    """A shop whose till has been open before, and the record of `sales` sales; it closes and opens in between."""
    shop = make_shop(folder)
    with at_till(shop) as at:
        at.sign_in()
    chance = random.Random(seed)

    def settings(store: TillStore) -> None:
        store.conn.execute(f"PRAGMA synchronous = {synchronous}")
        store.conn.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")

    with recording(shop.home.folder, "till.db") as record:
        for begin in range(0, sales, REOPEN_EVERY):
            with at_till(shop) as at:
                at.done(lambda done, failed, at=at: at.till.writer.submit(settings, done, failed))
                at.sign_in()
                for _ in range(min(REOPEN_EVERY, sales - begin)):
                    at.scan(*(chance.choice(ITEMS[:5]).code for _ in range(chance.randint(1, 6))))
                    paid = at.pay_cash(at.sale.totals.due_minor)
                    record.said(paid.receipt_no, shop.home.till_guard.read_bytes())
    return shop, record


class Machine:
    """The same machine after each cut: its keys and the agent's files stay, till.db and its guard are what the disk has."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self.home, self.folder = Home(folder), folder
        self._shop = shop
        shutil.copytree(shop.home.folder, folder, ignore=shutil.ignore_patterns("logs"))
        self._key = {shop.config.till_node: self.home.keys.signing_key("till").public_text}

    def after(self, cut: Cut) -> "Lost":
        """Start on what was left; what is wrong with it."""
        for file in self.folder.glob("till.db*"):
            file.unlink()
        cut.leave_in(self.folder)
        self.home.till_guard.write_bytes(random.Random(cut.seed).choice([b"", *cut.beside()]))
        store = TillStore.open(self.home, self._shop.config, SystemClock(), SystemIds())
        sound = store.conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        sold = [str(number) for (number,) in store.conn.execute("SELECT receipt FROM sale ORDER BY counter")]
        series = store.journal.series
        store.close()
        chained = verify_file(self.home.till_db, self.home.keys.file_key("till.db"), self._key).ok
        told = cut.told()
        return Lost(
            sales=tuple(sorted(set(told) - set(sold))),
            sound=sound and chained,
            gap_free=sold == [f"S0319-T1-A-{n:06d}" for n in range(1, len(sold) + 1)],
            untold=len(sold) - len(told),
            same_series=series == "A",
        )


@dataclass(frozen=True)
class Lost:
    """What a cut did: nothing, when no sale is missing, the file is sound and the numbers have no gap."""

    sales: tuple[str, ...]
    sound: bool
    gap_free: bool
    untold: int  # sales that are there though the cashier was not told yet: one at most
    same_series: bool  # a cut is not taken for an old copy put back

    @property
    def nothing(self) -> bool:
        return not self.sales and self.sound and self.gap_free and self.same_series and 0 <= self.untold <= 1


def cuts(record: Record, many: int, seed: int) -> list[Cut]:
    """So many moments by chance, each on every kind of disk; half of them right after the cashier was told."""
    chance = random.Random(seed)
    told = [n + 1 for n, call in enumerate(record.calls) if call.kind == "said"]
    moments = [chance.choice(told) if n % 2 else chance.randrange(len(record.calls) + 1) for n in range(many)]
    return [Cut(record, at, disk, chance.randrange(1 << 30)) for at in moments for disk in Disk]
