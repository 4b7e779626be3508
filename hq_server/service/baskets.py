"""One basket taken up at two tills that could not know of one another: both sales stand, and somebody looks at them."""

from collections.abc import Sequence

from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import Hq
from hq_server.storage import baskets
from hq_server.storage.database import Unit
from retail_core.domain.cases import CaseKind
from retail_core.domain.events import BasketRecalled
from retail_core.wire.envelope import Entry

TWICE = "parking.taken_up_twice"


def watch(hq: Hq, unit: Unit, store: str, recalls: Sequence[tuple[Entry, BasketRecalled]]) -> None:
    """Look at baskets that tills of `store` took up with these events."""
    if not recalls:
        return
    late = baskets.taken(unit, store, recalls)
    open_cases(unit, [
        new_case(hq, CaseKind.BASKET_TWICE, store, said.as_sale, {"code": TWICE, "basket": said.sale_id, "till": entry.node})
        for entry, said in late
    ])  # fmt: skip
