"""The action strip of the sell screen: ten acts with their keys, the last says what paying comes to."""

from pos_app.service.selling import Selling
from pos_app.ui.amounts import format_money
from pos_app.ui.keymap import Act, Slot
from pos_app.ui.words import tr


def sell_strip(selling: Selling) -> tuple[Slot, ...]:
    return (
        Slot(0, Act.FIND, "F2", tr("Find")),
        Slot(1, Act.QUANTITY, "F4", tr("Quantity")),
        Slot(2, Act.DISCOUNT, "F6", tr("Discount")),
        Slot(3, Act.CUSTOMER, "F3", tr("Customer")),
        Slot(4, Act.RETURN, "F7", tr("Return")),
        Slot(5, Act.SUSPEND, "F8", tr("Suspend") if selling.sale else tr("Recall")),
        Slot(6, Act.VOID_LINE, "Del", tr("Void line")),
        Slot(7, Act.DRAWER, "Ctrl+D", tr("Drawer")),
        Slot(8, Act.EXACT_CASH, "F12", tr("Exact cash")),
        Slot(9, Act.PAY, "F9", _pay(selling), main=True),
    )


def _pay(selling: Selling) -> str:
    totals = selling.totals()
    if totals is None:
        return tr("Pay")
    amount = format_money(abs(totals.due_minor), selling.currency)
    return tr("Give back {amount}", amount=amount) if totals.due_minor < 0 else tr("Pay {amount}", amount=amount)
