"""kill -9 while one customer pays by card and the next one is served: both baskets are there, each is paid once."""

import random
from collections import Counter
from pathlib import Path

from pos_app.devices.sim.terminal import TerminalSim
from pos_app.runtime.payments import TillPayments
from pos_app.service.card_paying import CardState
from retail_core.durable.engine import open_ro
from tests.support.kill_two_baskets import TERMINAL, connect, sell_until_killed, sellers, sign_in
from tests.support.shop import ITEMS, AtTill, Shop, at_till, make_shop

MILK, CHICKEN = ITEMS[0], ITEMS[1]
KILLS = 30
PAUSE_S = 0.015  # a basket is written within 50 ms, while the terminal works
SEED = 20_261_128


def test_no_kill_charges_a_basket_twice_or_loses_one_of_two(tmp_path: Path) -> None:
    found = kill_and_account(tmp_path, KILLS, SEED)
    assert found["two baskets"] > 0
    assert found["in doubt"] > 0


def kill_and_account(folder: Path, kills: int, seed: int) -> Counter[str]:
    """Raises AssertionError when a card was charged without a sale, or a sale paid by card without a charge."""
    chance, shop, found = random.Random(seed), make_shop(folder / "t1"), Counter[str]()
    with TerminalSim() as sim:
        _go_on(shop, sim, found, first=True)
        with sellers() as parent:
            for _ in range(kills):
                sim.pause_s = PAUSE_S
                sell_until_killed(parent, shop.home.folder, sim.port, chance)
                sim.pause_s = 0.0
                _go_on(shop, sim, found)
        _account(shop, sim, seed)
    return found


def _go_on(shop: Shop, sim: TerminalSim, found: Counter[str], *, first: bool = False) -> None:
    """What a cashier does after the restart: wait for the terminal, go to each basket, and finish it."""
    with at_till(shop) as at:
        card = at.till.card_paying
        open_ones = [sale for sale in (at.till.selling.sale, at.till.waiting_sale.sale) if sale]
        found["two baskets"] += len(open_ones) == 2
        found["in doubt"] += CardState.DOUBT in (card.state, card.state_beside)
        close = connect(at.till, sim.port, at.hand.deliver)
        sign_in(at.till)
        at.hand.until(lambda: card.free)
        assert list(TillPayments(at.till.writer).unsettled(TERMINAL)) == []
        if first:  # the day has begun: there is a payment to compare with
            at.scan(MILK.code)
            at.done(lambda done, failed: card.pay(MILK.price_minor, done, failed))
        _finish(at)
        if at.till.waiting_sale.sale:
            at.done(lambda done, failed: at.till.waiting_sale.change_places(lambda: done(True), failed))
            _finish(at)
        assert at.till.selling.sale is None
        assert at.till.waiting_sale.sale is None
        close()


def _finish(at: AtTill) -> None:
    """By what the card paid already, else in cash."""
    sale = at.till.selling.sale
    if sale is None:
        return
    assert sale.left_minor in {0, MILK.price_minor, CHICKEN.price_minor}
    at.done(lambda done, failed: at.till.paying.pay_cash(sale.left_minor, done, failed))


def _account(shop: Shop, sim: TerminalSim, seed: int) -> None:
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    sold = conn.execute("SELECT reference, amount_minor FROM tender WHERE kind = 'card' ORDER BY 1").fetchall()
    charged = conn.execute(
        "SELECT tender_id, approved_minor FROM payment WHERE stage = 'APPROVED' ORDER BY 1"
    ).fetchall()
    twice = conn.execute("SELECT count(*) FROM (SELECT sale_id FROM tender GROUP BY sale_id HAVING count(*) > 1)")
    wrong = conn.execute(
        "SELECT count(*) FROM sale s WHERE total_minor <> (SELECT sum(amount_minor) FROM tender t WHERE t.sale_id = s.sale_id)"
    )
    assert (twice.fetchone()[0], wrong.fetchone()[0]) == (0, 0)
    conn.close()
    assert sold == charged, f"seed {seed}"
    assert len(charged) == len(sim.ledger), f"seed {seed}: {len(charged)} recorded, {len(sim.ledger)} booked"
    assert sum(minor for _, minor in charged) == sim.balance_minor
