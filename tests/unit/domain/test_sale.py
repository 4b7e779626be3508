"""A basket on its way to being paid: totals, limits and the table of its moves."""

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from retail_core.domain.errors import InvariantError, RuleViolationError
from retail_core.domain.ids import LineId, OperatorId, SaleId, Sku
from retail_core.domain.quantity import MAX_QUANTITY_MILLI
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import MAX_LINES, MAX_TOTAL_MINOR, SALE_TRANSITIONS, SaleAction, SaleData, SaleState
from retail_core.domain.saleline import PriceReason, SaleLine, Seen
from retail_core.domain.tax import TaxRate
from retail_core.domain.tender import Tender, TenderKind
from tests.support.cash import cash_tender

FOOD = TaxRate("food", "VAT 9 %", 90_000)
ADDED = TaxRate("sales", "sales tax", 88_750, included=False)


def line(n: int, unit_minor: int = 100, qty_milli: int = 1000, **more: object) -> SaleLine:
    known = SaleLine(LineId(f"L{n}"), Sku(f"S{n}"), f"Item {n}", qty_milli, unit_minor, FOOD)
    return msgspec.structs.replace(known, **more)


def pending(n: int) -> SaleLine:
    return line(n, 0, sku=Sku(""), label="9999")


def basket(*lines: SaleLine, state: SaleState = SaleState.OPEN) -> Sale:
    return Sale(SaleData(SaleId("sale-1"), OperatorId("op-1"), "EUR", 1, "north@1", state, lines))


def refusal(move) -> str:
    with pytest.raises(RuleViolationError) as refused:
        move()
    return refused.value.code


# ── the table ────────────────────────────────────────────────────────────────────────────────────

MOVES = {
    SaleAction.CHANGE: lambda sale: sale.add(line(2)),
    SaleAction.BEGIN_PAYING: lambda sale: sale.begin_paying(),
    SaleAction.BACK_TO_LINES: lambda sale: sale.back_to_lines(),
    SaleAction.COMPLETE: lambda sale: sale.complete((cash_tender(100, 100),)),
    SaleAction.VOID: lambda sale: sale.void(),
}
LEGAL = {
    SaleState.OPEN: {"change": "open", "begin_paying": "paying", "void": "voided"},
    SaleState.PAYING: {"back_to_lines": "open", "complete": "completed"},
    SaleState.COMPLETED: {},
    SaleState.VOIDED: {},
}


@pytest.mark.parametrize("state", SaleState)
@pytest.mark.parametrize("action", SaleAction)
def test_every_cell_of_the_table_of_moves(state: SaleState, action: SaleAction) -> None:
    sale = basket(line(1), state=state)
    before = sale.data()
    wanted = LEGAL[state].get(action.value)
    if wanted is None:
        assert (state, action) not in SALE_TRANSITIONS
        assert refusal(lambda: MOVES[action](sale)) == "sale.illegal_move"
        assert sale.data() == before
    else:
        MOVES[action](sale)
        assert sale.state == wanted


@pytest.mark.parametrize("state", [SaleState.PAYING, SaleState.COMPLETED, SaleState.VOIDED])
def test_lines_can_only_change_while_the_sale_is_open(state: SaleState) -> None:
    sale = basket(line(1), pending(2), state=state)
    before = sale.data()
    for move in (
        lambda: sale.change_quantity(LineId("L1"), 2000),
        lambda: sale.void_line(LineId("L1")),
        lambda: sale.resolve(LineId("L2"), line(2)),
    ):
        assert refusal(move) == "sale.illegal_move"
    assert sale.data() == before


# ── refusals, and that they change nothing ───────────────────────────────────────────────────────


def test_refusals_have_a_name_and_change_nothing() -> None:
    sale = basket(line(1), pending(2), line(3, voided=True))
    before, totals = sale.data(), sale.totals
    refusals = {
        "sale.no_such_line": lambda: sale.line(LineId("L9")),
        "sale.line_is_void": lambda: sale.void_line(LineId("L3")),
        "sale.line_not_pending": lambda: sale.resolve(LineId("L1"), line(1)),
        "sale.pending_lines": sale.begin_paying,
        "quantity.zero": lambda: sale.change_quantity(LineId("L1"), 0),
        "quantity.too_large": lambda: sale.change_quantity(LineId("L1"), MAX_QUANTITY_MILLI + 1),
        "sale.too_large": lambda: sale.add(line(4, unit_minor=MAX_TOTAL_MINOR)),
    }
    assert {code: refusal(move) for code, move in refusals.items()} == {code: code for code in refusals}
    assert refusal(lambda: sale.add(line(4, qty_milli=-1000))) == "quantity.too_large"
    assert (sale.data(), sale.totals) == (before, totals)


def test_an_empty_basket_and_one_of_struck_lines_cannot_be_paid() -> None:
    sale = Sale.start(sale_id=SaleId("s"), operator_id=OperatorId("o"), currency="EUR", at_ms=1)
    assert (sale.empty, len(sale), sale.totals.due_minor) == (True, 0, 0)
    assert refusal(sale.begin_paying) == "sale.nothing_to_pay"
    sale.add(line(1))
    sale.void_line(LineId("L1"))
    assert refusal(sale.begin_paying) == "sale.nothing_to_pay"
    assert [struck.voided for struck in sale] == [True]


def test_a_basket_has_a_limit() -> None:
    sale = basket(*(line(n) for n in range(MAX_LINES)))
    assert refusal(lambda: sale.add(line(MAX_LINES))) == "sale.too_many_lines"
    assert sale.totals.units == MAX_LINES


def test_line_ids_are_never_used_twice() -> None:
    with pytest.raises(InvariantError, match="line_id_reused"):
        basket(line(1)).add(line(1))


def test_a_pending_line_is_resolved_in_its_place() -> None:
    sale = basket(line(1), pending(2), line(3))
    assert (sale.pending, sale.totals.due_minor) == (1, 200)
    with pytest.raises(InvariantError, match="bad_resolution"):
        sale.resolve(LineId("L2"), line(9))
    sale.resolve(LineId("L2"), line(2, 55))
    assert [one.line_id for one in sale.lines] == ["L1", "L2", "L3"]
    assert (sale.pending, sale.totals.due_minor) == (0, 255)
    sale.begin_paying()


def test_a_stopped_line_costs_nothing_blocks_paying_and_may_be_freed() -> None:
    sale = basket(line(1), line(2))
    sale.replace_line(LineId("L1"), line(1, stopped="unit.recalled"))
    assert (sale.totals.due_minor, sale.totals.units, sale.pending) == (100, 1, 1)
    assert refusal(sale.begin_paying) == "sale.pending_lines"
    assert refusal(lambda: sale.resolve(LineId("L1"), line(1))) == "sale.line_not_pending"
    with pytest.raises(InvariantError, match="bad_replacement"):
        sale.replace_line(LineId("L1"), line(3))
    sale.replace_line(LineId("L1"), line(1))
    assert (sale.totals.due_minor, sale.pending) == (200, 0)
    sale.void_line(LineId("L2"))
    assert refusal(lambda: sale.replace_line(LineId("L2"), line(2))) == "sale.line_is_void"


def test_striking_a_pending_line_lets_the_customer_pay() -> None:
    sale = basket(line(1), pending(2))
    sale.void_line(LineId("L2"))
    assert sale.pending == 0
    sale.begin_paying()


# ── totals ───────────────────────────────────────────────────────────────────────────────────────


def test_totals_say_pieces_savings_and_tax_on_top() -> None:
    sale = basket(
        line(1, 250, 3000, reasons=(PriceReason("promo", -150), PriceReason("deposit", 25))),
        line(2, 199, 532, unit="kg"),
        line(3, 1000, tax=ADDED),
    )
    totals = sale.totals
    assert totals.units == 3 + 1 + 1  # a weighed line counts as one
    assert totals.lines_minor == 625 + 106 + 1000
    assert totals.saved_minor == 150
    assert totals.due_minor == totals.lines_minor + 89
    assert totals.tax_minor == sum(part.tax_minor for part in totals.taxes)


def test_a_free_item_keeps_its_tax_class_when_its_neighbour_is_struck() -> None:
    sale = basket(line(1, 0), line(2, 300))
    sale.void_line(LineId("L2"))
    assert sale.totals == Sale(sale.data()).totals
    assert [part.tax_class for part in sale.totals.taxes] == ["food"]


# ── paying ───────────────────────────────────────────────────────────────────────────────────────


def test_units_known_by_their_tags_alone_are_counted_until_they_are_struck() -> None:
    sale = basket(line(1), line(2, seen=Seen.TAG), line(3, seen=Seen.TAG))
    sale.void_line(LineId("L2"))
    assert sale.tagged == 1


def test_only_cash_gives_change() -> None:
    def paying() -> Sale:
        return basket(line(1, 1670), state=SaleState.PAYING)

    card = Tender(TenderKind.CARD, 670, 670)
    assert paying().complete((cash_tender(1670, 2000),)) == 330
    assert paying().complete((card, cash_tender(1000, 1000))) == 0
    for tenders, code in (
        ((), "tender.too_little"),
        ((card,), "tender.too_little"),
        ((card, cash_tender(1001, 1001)), "tender.over"),
        ((Tender(TenderKind.CARD, 1670, 2000),), "tender.over"),
    ):
        sale = paying()
        assert refusal(lambda sale=sale, tenders=tenders: sale.complete(tenders)) == code
        assert sale.state is SaleState.PAYING
    with pytest.raises(InvariantError, match="given_below_amount"):
        paying().complete((Tender(TenderKind.CASH, 1670, 1000),))


# ── any order of acts ────────────────────────────────────────────────────────────────────────────

TAXES = st.sampled_from([FOOD, ADDED, TaxRate("free", "free", 0)])
PRICES = st.one_of(st.just(0), st.integers(0, 100_000))
REASONS = st.lists(st.builds(PriceReason, st.just("rule"), st.integers(-50, 50)), max_size=2).map(tuple)


class AnyBasket(RuleBasedStateMachine):
    """Whatever a cashier does in whatever order, the running totals are those of the lines."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.sale = basket()
        self.n = 0

    @rule(
        target=ids,
        price=PRICES,
        qty=st.integers(1, 9_000),
        tax=TAXES,
        reasons=REASONS,
        unit=st.sampled_from(["each", "kg"]),
    )
    def scan(self, price: int, qty: int, tax: TaxRate, reasons: tuple[PriceReason, ...], unit: str) -> LineId:
        self.n += 1
        self._try(lambda: self.sale.add(line(self.n, price, qty, tax=tax, reasons=reasons, unit=unit)))
        return LineId(f"L{self.n}")

    @rule(target=ids)
    def scan_unknown(self) -> LineId:
        self.n += 1
        self._try(lambda: self.sale.add(pending(self.n)))
        return LineId(f"L{self.n}")

    @rule(line_id=ids, price=PRICES)
    def resolve(self, line_id: LineId, price: int) -> None:
        self._try(lambda: self.sale.resolve(line_id, msgspec.structs.replace(line(0, price), line_id=line_id)))

    @rule(line_id=ids, qty=st.integers(-1000, 9_000))
    def change(self, line_id: LineId, qty: int) -> None:
        self._try(lambda: self.sale.change_quantity(line_id, qty))

    @rule(line_id=consumes(ids))
    def strike(self, line_id: LineId) -> None:
        self._try(lambda: self.sale.void_line(line_id))

    @rule()
    def pay_and_think_again(self) -> None:
        self._try(self.sale.begin_paying)
        self._try(self.sale.back_to_lines)

    @precondition(lambda self: len(self.sale) > 5)
    @rule(given=st.integers(0, 100_000))
    def pay(self, given: int) -> None:
        due = self.sale.totals.due_minor
        self._try(self.sale.begin_paying)
        if self.sale.state is SaleState.PAYING and due >= 0:
            assert self.sale.complete((cash_tender(due, due + given),)) == given
            self.__init__()

    @invariant()
    def totals_are_those_of_the_lines(self) -> None:
        totals = self.sale.totals
        assert totals == Sale(self.sale.data()).totals
        assert totals.lines_minor == sum(one.amount_minor for one in self.sale.lines)
        assert totals.lines_minor == sum(part.taxable_minor for part in totals.taxes)
        assert self.sale.pending == sum(one.pending for one in self.sale.lines)

    def _try(self, act) -> None:
        before = self.sale.data()
        try:
            act()
        except RuleViolationError:
            assert self.sale.data() == before


AnyBasket.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestAnyBasket = AnyBasket.TestCase


# ── what was taken already ───────────────────────────────────────────────────────────────────────


def card(minor: int, reference: str = "c-1") -> Tender:
    return Tender(TenderKind.CARD, minor, minor, reference)


def test_a_part_taken_by_card_leaves_the_rest_and_counts_once() -> None:
    sale = basket(line(1, 500))
    sale.take(card(200))
    sale.take(card(200))  # the same answer, heard again
    assert (sale.taken_minor, sale.left_minor) == (200, 300)
    assert refusal(lambda: sale.take(card(301, "c-2"))) == "tender.over"
    assert refusal(lambda: sale.take(card(0, "c-3"))) == "tender.not_positive"
    assert Sale(sale.data()).tenders == sale.tenders
    sale.begin_paying()
    assert sale.complete((*sale.tenders, cash_tender(sale.left_minor, 500))) == 200


def test_money_that_was_taken_is_given_back_before_the_sale_gets_smaller() -> None:
    sale = basket(line(1, 500), line(2, 100))
    sale.take(card(550))
    assert refusal(lambda: sale.void_line(LineId("L2"))) == "sale.paid_in_part"
    assert refusal(sale.void) == "sale.paid_in_part"
    assert (sale.totals.due_minor, sale.totals.units, len(sale)) == (600, 2, 2)
    sale.add(line(3, 100))  # more may always be bought
    sale.void_line(LineId("L2"))
    assert sale.left_minor == 50
    sale.give_back("c-1")
    assert refusal(lambda: sale.give_back("c-1")) == "tender.not_taken"
    sale.void()
