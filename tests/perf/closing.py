"""End of day: X and Z of a session of 1,000 sales, and that each sale costs the same however many came before it."""

import random
from collections.abc import Iterator
from pathlib import Path

from pos_app.service.completing import SoldBy, complete
from pos_app.service.drawer_acts import close, count, x_report
from pos_app.service.drawer_report import Around
from pos_app.service.receipt import Paper
from pos_app.storage.store import TillStore
from retail_core.domain.drawer import Pieces
from retail_core.domain.ids import LineId, OperatorId, SaleId, Sku
from retail_core.domain.roles import Role
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tax import TaxRate
from retail_core.durable.system import SystemClock, SystemIds
from tests.perf.measure import Result, cpu, timed
from tests.support.cash import cash_tender
from tests.support.shop import ITEMS, make_shop

SALES = 1_000
PART = 100
NOTE_MINOR = 2_000
SAM = SoldBy(OperatorId("op-2"), "Sam K.", Role.MANAGER)
FOOD = TaxRate("food", "VAT 9 %", 90_000)


def end_of_day(folder: Path) -> Iterator[Result]:
    """X and Z of a session of 1,000 sales; the last hundred sales against the first."""
    shop = make_shop(folder / "row12")
    store = TillStore.open(shop.home, shop.config, SystemClock(), SystemIds())
    ids, chance = SystemIds(), random.Random(12)
    baskets = iter([_basket(ids, chance) for _ in range(SALES)])

    def sell(sales: int) -> None:
        for _ in range(sales):
            sale = next(baskets)
            due = sale.totals.due_minor
            complete(store, sale, SAM, (cash_tender(due, due + chance.randrange(0, 500)),), Paper())

    sell(PART)  # the first ones also warm up what is compiled once
    first = min(cpu(lambda: sell(PART)) for _ in range(2)) / PART * 1000
    sell(SALES - 5 * PART)
    last = min(cpu(lambda: sell(PART)) for _ in range(2)) / PART * 1000
    yield Result("12", f"a sale near the end of a session of {SALES}, processor time", last, "ms",
                 "≤ 1.2 × one near its beginning", last <= 1.2 * first, first, last / first)  # fmt: skip
    x = timed(lambda: x_report(store, SAM, Around(), None, paper=True)) * 1000
    yield Result("12", f"X report after {SALES} sales", x, "ms", "≤ 500 ms", x <= 500)
    session = store.session
    assert session is not None
    assert session.totals.sales.count == SALES

    def z() -> None:
        # a cent short, so that everything that may explain it is looked for as well
        notes, cents = divmod(session.expected_minor - 1, NOTE_MINOR)
        count(store, SAM, session.session_id, (Pieces(NOTE_MINOR, notes), Pieces(1, cents)), Around())
        close(store, SAM, session.session_id, "unknown", Around(), None)

    took = timed(z) * 1000
    yield Result("12", f"counted, explained and closed with its Z after {SALES} sales", took, "ms", "≤ 1,000 ms",
                 took <= 1_000)  # fmt: skip
    store.close()


def _basket(ids: SystemIds, chance: random.Random) -> Sale:
    sale = Sale.start(sale_id=SaleId(ids.next()), operator_id=SAM.operator_id, currency="EUR", at_ms=1, book="north@1")
    for _ in range(5):
        item = chance.choice(ITEMS)
        sale.add(SaleLine(LineId(ids.next()), Sku(item.sku), item.name, 1000, item.price_minor, FOOD, item.code))
    sale.begin_paying()
    return sale
