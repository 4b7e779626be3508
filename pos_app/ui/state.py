"""What is on the screen now, as plain facts: for drills, demonstrations and support."""

from pos_app.ui.workplace import Workplace
from retail_core.domain.fulfilment import OrderDoc
from retail_core.domain.sale import Sale


def screen_state(workplace: Workplace) -> dict[str, object]:
    """Names and figures as the services have them; words only where a person would read them."""
    till = workplace.till
    selling, paid = till.selling, till.selling.last_paid
    operator = till.signing_in.operator
    order = workplace.pickup.opened()
    return {
        "screen": workplace.current.widget.objectName().removesuffix("_screen"),
        "operator": operator.name if operator else "",
        "lines": _lines(selling.sale),
        "due_minor": selling.sale.totals.due_minor if selling.sale else 0,
        "pending": selling.sale.pending if selling.sale else 0,
        "paying": selling.paying,
        "change_minor": paid.change_minor if paid and selling.sale is None else None,
        "receipt": paid.receipt_no if paid else "",
        "notice": workplace.shell.notices.text(),
        "lamp": workplace.shell.top.lamp_text(),
        "devices": {lamp.name: lamp.tone.value for lamp in workplace.device_lamps()},
        "orders_waiting": workplace.pickup_count,
        "order": _order(order) if order else None,
        "side": workplace.pickup.side_name(),
    }


def _lines(sale: Sale | None) -> list[dict[str, object]]:
    return [
        {
            "sku": line.sku,
            "name": line.name,
            "qty_milli": line.qty_milli,
            "amount_minor": line.amount_minor,
            "pending": line.pending,
            "voided": line.voided,
        }
        for line in sale or ()
    ]


def _order(order: OrderDoc) -> dict[str, object]:
    return {
        "order_id": order.order_id,
        "number": order.number,
        "state": order.state.value,
        "shelf": order.shelf,
        "left_milli": sum(line.left_milli for line in order.lines),
        "lines": [
            {"n": line.n, "sku": line.sku, "gtin": line.gtin, "left_milli": line.left_milli} for line in order.lines
        ],
    }
