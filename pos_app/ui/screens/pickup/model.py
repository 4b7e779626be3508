"""From orders to the words on the board and the open order."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from pos_app.ui.amounts import format_money
from pos_app.ui.screens.pickup.state import Asking, BoardState, CardView, ColumnView, OrderView, PickLineView
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, ntr, tr
from retail_core.domain.fulfilment import OrderDoc, OrderLine, State
from retail_core.domain.quantity import ONE, format_quantity

MS_PER_MINUTE = 60_000
SOON_MINUTES = 30
LATE_MINUTES = 10
NO_BREAK = "\u00a0"
TO_START = frozenset({State.OFFERED, State.ACCEPTED})


def board_state(columns: Sequence[Sequence[OrderDoc]], open_id: str, now_ms: int, zone: tzinfo) -> BoardState:
    """New, picking, ready, attention in this order."""
    titles = (tr("New"), tr("Picking"), tr("Ready"), tr("Attention"))
    cards = (_new_card, _picking_card, _ready_card, _attention_card)
    return BoardState(
        tuple(
            ColumnView(title, tuple(card(order, now_ms, zone) for order in orders))
            for title, card, orders in zip(titles, cards, columns, strict=True)
        ),
        open_id,
    )


def order_view(order: OrderDoc, selected_n: int, proof: str) -> OrderView:
    """The open order. `proof` is set once the customer's pass or code was checked."""
    left = sum(-(-line.left_milli // ONE) for line in order.lines)
    lines = tuple(_pick_line(line) for line in order.lines)
    asking, hint = _asking(order, left)
    word, enabled = _main(order, left)
    tone = Tone.OK if order.paid else Tone.WARNING
    pill = tr("paid online") if order.paid else tr("to pay {amount}", amount=_balance(order))
    if proof and order.state is State.READY:
        pill, tone = tr("customer checked"), Tone.OK
    elif order.cancel_requested:
        pill, tone = tr("cancel asked for"), Tone.ERROR
    head = (tr("Scan to pick"), tr("Picked")) if order.state is State.PICKING else (tr("Item"), tr("Picked"))
    return OrderView(
        order.order_id, number_words(order), _sub(order), pill, tone, lines,
        selected_n if order.state is State.PICKING else 0, head, asking, hint, word, enabled,
        can_short=order.state is State.PICKING and left > 0,
    )  # fmt: skip


def number_words(order: OrderDoc) -> str:
    return ltr(f"#{order.number}")


def next_line(order: OrderDoc, wanted_n: int = 0) -> int:
    """The line to pick now: the wanted one while something is left on it, else the first unfinished one."""
    open_lines = [line.n for line in order.lines if line.left_milli]
    if wanted_n in open_lines:
        return wanted_n
    return open_lines[0] if open_lines else 0


def _asking(order: OrderDoc, left: int) -> tuple[Asking, str]:
    if order.state in TO_START:
        return Asking.ITEM, tr("Scan the first item to begin")
    if order.state is State.PICKING:
        if left:
            return Asking.ITEM, tr("Scan an item, or type its code")
        return Asking.SHELF, tr("Scan the shelf label, or type it")
    return Asking.NOTHING, ""


def _main(order: OrderDoc, left: int) -> tuple[str, bool]:
    if order.state in TO_START:
        return tr("Start picking"), order.state is State.ACCEPTED
    if order.state is State.PICKING:
        if left:
            return tr("Stage and mark ready ({left} left)", left=left), False
        return (tr("Mark ready") if order.shelf else tr("Stage and mark ready")), True
    if order.state is State.READY:
        return tr("Hand over"), True
    return "", False


def _sub(order: OrderDoc) -> str:
    said = [order.customer_name or tr("customer unknown")]
    if order.code_tail:
        said.append(tr("code ends {tail}", tail=ltr(order.code_tail)))
    if order.shelf:
        said.append(tr("shelf {shelf}", shelf=ltr(order.shelf)))
    if order.state is State.COLLECTED:
        said.append(tr("handed over"))
    return " · ".join(said)


def _pick_line(line: OrderLine) -> PickLineView:
    picked = ltr(f"{format_quantity(line.picked_milli)} / {format_quantity(line.qty_milli)}")
    place = line.place or ltr(line.sku)
    if line.short_milli:
        place = tr("{n} not found · {place}", n=format_quantity(line.short_milli), place=place)
    done = line.picked_milli >= line.qty_milli
    return PickLineView(line.n, line.name, place, picked, done=done, short=bool(line.short_milli))


def _new_card(order: OrderDoc, now_ms: int, _zone: tzinfo) -> CardView:
    chip, tone, urgent = _due(order, now_ms)
    channel = order.channel
    note = (
        f"{channel} · {tr('paid')}"
        if order.paid
        else tr("{channel} · pay at counter {amount}", channel=channel, amount=_balance(order))
    )
    if order.state is State.OFFERED:
        chip, tone = chip or tr("being accepted"), tone if chip else Tone.INFO
    return CardView(order.order_id, number_words(order), _who(order), note, chip, tone, urgent)


def _picking_card(order: OrderDoc, now_ms: int, _zone: tzinfo) -> CardView:
    wanted = sum(line.qty_milli for line in order.lines)
    picked = sum(line.picked_milli for line in order.lines)
    chip = tr("{picked} of {wanted}", picked=format_quantity(picked), wanted=format_quantity(wanted))
    due, _, urgent = _due(order, now_ms)
    note = due if urgent else (tr("shelf {shelf}", shelf=ltr(order.shelf)) if order.shelf else "")
    return CardView(order.order_id, number_words(order), _who(order), note, chip, Tone.WARNING, urgent)


def _ready_card(order: OrderDoc, _now_ms: int, zone: tzinfo) -> CardView:
    chip = tr("shelf {shelf}", shelf=ltr(order.shelf)) if order.shelf else tr("ready")
    note = ""
    if order.hold_until_ms:
        until = datetime.fromtimestamp(order.hold_until_ms / 1000, tz=UTC).astimezone(zone)
        note = tr("waits until {day}", day=f"{until.day} {_month(until.month)}")
    if not order.paid:
        note = tr("to pay {amount}", amount=_balance(order))
    return CardView(order.order_id, number_words(order), _who(order), note, chip, Tone.OK)


def _attention_card(order: OrderDoc, _now_ms: int, _zone: tzinfo) -> CardView:
    short = sum(-(-line.short_milli // ONE) for line in order.lines)
    if order.cancel_requested:
        chip, text, note = tr("cancel"), _who(order), tr("The customer wants to cancel")
    elif short:
        chip, text, note = tr("short"), ntr("{n} item not found", "{n} items not found", short), _who(order)
    elif order.state is State.EXPIRED:
        chip, text, note = tr("expired"), _who(order), tr("Not collected in time")
    else:
        chip, text, note = tr("rejected"), _who(order), tr("Head office is moving it")
    return CardView(order.order_id, number_words(order), text, note, chip, Tone.ERROR, urgent=True)


def _who(order: OrderDoc) -> str:
    count = sum(-(-line.qty_milli // ONE) for line in order.lines)
    items = ntr("{n} item", "{n} items", count)
    return f"{order.customer_name} · {items}" if order.customer_name else items


def _due(order: OrderDoc, now_ms: int) -> tuple[str, Tone, bool]:
    """Chip, tone, urgent. Nothing is said about orders that are due much later."""
    if not order.due_ms:
        return "", Tone.PLAIN, False
    minutes = (order.due_ms - now_ms) // MS_PER_MINUTE
    if minutes < 0:
        return tr("late"), Tone.ERROR, True
    if minutes <= SOON_MINUTES:
        tone = Tone.ERROR if minutes <= LATE_MINUTES else Tone.WARNING
        return tr("due in {n} min", n=minutes), tone, minutes <= LATE_MINUTES
    return "", Tone.PLAIN, False


def _balance(order: OrderDoc) -> str:
    return ltr(format_money(order.balance_minor, order.currency).replace(" ", NO_BREAK))


def _month(number: int) -> str:
    names = (
        tr("Jan"), tr("Feb"), tr("Mar"), tr("Apr"), tr("May"), tr("Jun"),
        tr("Jul"), tr("Aug"), tr("Sep"), tr("Oct"), tr("Nov"), tr("Dec"),
    )  # fmt: skip
    return names[number - 1]
