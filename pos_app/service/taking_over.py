"""Several operators at one till: whoever takes over goes on with the basket that is there, and the journal says so."""

from pos_app.service.completing import SoldBy
from pos_app.service.selling import Selling
from retail_core.domain.events import AuditNoted


class TakingOver:
    def __init__(self, selling: Selling) -> None:
        self._selling = selling
        self._last = ""  # who was here last; of a basket a kill left behind, who began it

    def take(self, operator: SoldBy | None) -> None:
        """`operator` sells from now on; new lines carry their name, and nobody's basket changes hands unseen."""
        selling = self._selling
        selling.operator = operator
        selling.lines.by = operator.operator_id if operator else ""
        if operator is None:
            return
        sale = selling.sale
        before = self._last or (sale.operator_id if sale else "")
        self._last = operator.operator_id
        if sale and not sale.empty and before != operator.operator_id:
            note = AuditNoted("basket_taken_over", sale.sale_id, sale.totals.due_minor, before)
            selling.notes.add(note, operator)
