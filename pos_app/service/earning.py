"""What a sale does to its customer's points, in the sale's own transaction: earned, or gone with goods that come back.

On the writer's thread. Neither is ever refused. What a receipt of another till earned, head office takes back itself.
"""

import msgspec

from pos_app.service.value_booking import Wallet, note
from pos_app.storage import returns, sales, value
from pos_app.storage.store import TillStore
from retail_core.domain.events import SaleCompleted
from retail_core.domain.loyalty import Earned, LoyaltyRules, earning, earning_id, receipts_back, taking_back, worth_of


class PointsMoved(msgspec.Struct, frozen=True):
    """What a sale earned, and what the customer has now; `left` is None when nothing is known of it."""

    earned: int = 0
    left: int | None = None


NO_POINTS = PointsMoved()


def move_points(
    store: TillStore, sale: SaleCompleted, rules: LoyaltyRules | None, wallet: Wallet, operator_id: str
) -> PointsMoved:
    """Journal and keep what a sale moves, inside `unit()` and after its returns were noted. `rules`: None for no points."""
    for receipt, back_minor in receipts_back(sale).items():
        purchase = _earned(store, receipt)
        if purchase is None:
            continue
        after_minor = sum(part.minor for part in returns.came_back(store.conn, receipt).values())
        move = taking_back(purchase, receipt, sale.sale_id, after_minor - back_minor, after_minor)
        if move:
            note(store, move, wallet, operator_id)
    move = earning(sale, rules) if rules else None
    if move is None:
        return PointsMoved()
    return PointsMoved(move.amount, note(store, move, wallet, operator_id))


def _earned(store: TillStore, receipt: str) -> Earned | None:
    """What a receipt of this till earned."""
    found = sales.fact_of(store.history, receipt)
    if found is None:
        return None
    sold = msgspec.json.decode(found[0], type=SaleCompleted)
    move = value.move(store.conn, earning_id(sold.sale_id))
    if move is None:
        return None
    worth = worth_of(line.amount_minor for line in sold.lines if line.back is None)
    return Earned(move[0], move[1], worth, sold.customer)
