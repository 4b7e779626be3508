"""Gift cards, credit, points and accounts: sums of moves, bounds without HQ, and what is said when nothing may be taken."""

from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain import value
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import CustomerId, InstrumentId
from retail_core.domain.tender import Tender, TenderKind
from retail_core.domain.value import Instrument, InstrumentState, OwnMove, Spendable, ValueFact, ValueKind, ValueMoved

CARD, TAIL = value.instrument_of("OTG:7QK2-M9XD-4821")
TILL = "node-T1/epoch-1"
FIFTY = Instrument(CARD, ValueKind.GIFT_CARD, 5000, "EUR", offline_limit=2000, as_of_ms=9, tail=TAIL)


def move(what: ValueFact, move_id: str, amount: int, currency: str = "EUR") -> ValueMoved:
    return ValueMoved(what, move_id, CARD, ValueKind.GIFT_CARD, amount, currency, TAIL)


def took(seq: int, amount: int) -> OwnMove:
    return OwnMove(TILL, seq, -amount)


def refused(code: str, call: object) -> RuleViolationError:
    assert callable(call)
    with pytest.raises(RuleViolationError) as error:
        call()
    assert error.value.code == code
    return error.value


@pytest.mark.parametrize("typed", ["7qk2 m9xd 4821", "OTG:7QK2M9XD4821", " otg:7QK2-M9XD-4821 "])
def test_a_card_is_the_same_however_its_number_is_read(typed: str) -> None:
    assert value.instrument_of(typed) == (CARD, "4821")


def test_the_number_is_not_in_the_id() -> None:
    assert "4821" not in CARD[:8]
    assert len(CARD) == value.ID_CHARS


@pytest.mark.parametrize("typed", ["", "1234567", "7QK2 M9XD ÄÖÜ", "X" * 41, "OTG:", "OTR:7QK2M9XD"])
def test_what_cannot_be_a_card_number_is_said_so(typed: str) -> None:
    refused("value.bad_code", lambda: value.instrument_of(typed))


@given(st.lists(st.tuples(st.sampled_from(list(ValueFact)), st.integers(1, 10_000)), max_size=6))
def test_a_balance_does_not_depend_on_the_order_of_moves_nor_on_repeats(facts: list[tuple[ValueFact, int]]) -> None:
    moves = [move(what, f"m{n}", amount) for n, (what, amount) in enumerate(facts)]
    expected = sum(one.delta for one in moves)
    assert value.balance_of([*moves, *moves]) == expected
    for order in list(permutations(moves))[:24]:
        assert value.balance_of(order) == expected


def test_only_what_can_be_a_move_is_one() -> None:
    good = move(ValueFact.REDEEMED, "m1", 1)
    assert value.checked(good) is good
    assert value.checked(move(ValueFact.ADJUSTED, "m1", -5)).delta == -5
    for wrong in (
        move(ValueFact.REDEEMED, "m1", 0),
        move(ValueFact.LOADED, "m1", -1),
        move(ValueFact.ADJUSTED, "m1", 0),
        move(ValueFact.ISSUED, "", 1),
        move(ValueFact.ISSUED, "m1", value.MAX_AMOUNT + 1),
        move(ValueFact.ISSUED, "m1", 1, "EURO"),
        msgspec.structs.replace(good, instrument=InstrumentId("")),
    ):
        refused("value.bad_move", lambda wrong=wrong: value.checked(wrong))


def test_while_hq_is_heard_the_whole_balance_may_be_taken() -> None:
    assert value.spendable(FIFTY, [], fresh=True) == Spendable(5000, 5000, 9, bounded=False)
    assert value.spendable(FIFTY, [took(4, 1000)], fresh=True).amount == 4000


def test_without_hq_no_more_is_taken_than_it_granted() -> None:
    assert value.spendable(FIFTY, [], fresh=False) == Spendable(2000, 5000, 9, bounded=True)
    assert value.spendable(FIFTY, [took(4, 1500)], fresh=False) == Spendable(500, 3500, 9, bounded=True)
    assert value.spendable(FIFTY, [took(4, 1500), took(5, 500)], fresh=False).amount == 0


def test_what_hq_has_counted_is_not_taken_off_twice() -> None:
    counted = msgspec.structs.replace(FIFTY, balance=3500, seen={TILL: 4})
    assert value.spendable(counted, [took(4, 1500)], fresh=True).amount == 3500
    assert value.spendable(counted, [took(4, 1500), took(5, 100)], fresh=False).amount == 1900
    assert value.spendable(counted, [OwnMove("node-T1/epoch-2", 1, -200)], fresh=True).amount == 3300


def test_what_was_put_on_here_may_be_taken_here_at_once() -> None:
    assert value.spendable(None, [OwnMove(TILL, 1, 3000)], fresh=False) == Spendable(3000, 3000, 0, bounded=False)
    assert value.spendable(FIFTY, [OwnMove(TILL, 1, 1000)], fresh=False).amount == 3000
    assert value.spendable(None, [], fresh=True).amount == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state": InstrumentState.INACTIVE}, "value.inactive"),
        ({"state": InstrumentState.LOCKED}, "value.locked"),
        ({"expires": "2026-11-22"}, "value.expired"),
        ({"currency": "CHF"}, "value.other_currency"),
    ],
)
def test_why_a_card_is_not_taken(changes: dict[str, object], code: str) -> None:
    card = msgspec.structs.replace(FIFTY, **changes)
    refused(code, lambda: value.check_usable(card, "EUR", "2026-11-23"))


def test_a_card_is_good_on_its_last_day_and_points_are_of_no_currency() -> None:
    value.check_usable(msgspec.structs.replace(FIFTY, expires="2026-11-23"), "EUR", "2026-11-23")
    value.check_usable(msgspec.structs.replace(FIFTY, currency=value.POINTS_CURRENCY), "EUR", "2026-11-23")


def test_why_an_amount_is_not_taken() -> None:
    offline, empty = value.spendable(FIFTY, [], fresh=False), Spendable(0, 0, 9, bounded=False)
    value.check_amount(2000, offline, TAIL, "EUR")
    refused("tender.not_positive", lambda: value.check_amount(0, offline, TAIL, "EUR"))
    assert (
        refused("value.over_bound", lambda: value.check_amount(2001, offline, TAIL, "EUR")).facts["left_minor"] == 2000
    )
    refused("value.too_little", lambda: value.check_amount(6000, offline, TAIL, "EUR"))
    refused("value.nothing_left", lambda: value.check_amount(1, empty, TAIL, "EUR"))
    account = ValueKind.ACCOUNT
    refused("account.over_bound", lambda: value.check_amount(2001, offline, TAIL, "EUR", account))
    refused("account.over_limit", lambda: value.check_amount(6000, offline, TAIL, "EUR", account))


def test_an_issue_says_what_an_instrument_is_and_makes_it_money() -> None:
    shelf = Instrument(CARD, ValueKind.GIFT_CARD, 0, "EUR", InstrumentState.INACTIVE)
    issue = ValueMoved(
        ValueFact.ISSUED, "s1:1", CARD, ValueKind.GIFT_CARD, 5000, "EUR", TAIL, "s1", "2027-12-31", CustomerId("c-1")
    )
    sold = value.after(shelf, [issue, move(ValueFact.REDEEMED, "s2:v", 1200)])
    assert (sold.balance, sold.state, sold.expires, sold.tail) == (3800, InstrumentState.ACTIVE, "2027-12-31", TAIL)
    locked = value.after(msgspec.structs.replace(shelf, state=InstrumentState.LOCKED), [issue])
    assert locked.state is InstrumentState.LOCKED
    here = Instrument(CARD, ValueKind.GIFT_CARD, 0, "EUR", expires="2027-12-31", tail=TAIL, holder=CustomerId("c-1"))
    assert value.known_here(None, issue) == value.known_here(shelf, issue) == here
    assert value.known_here(FIFTY, issue) is FIFTY
    assert value.known_here(shelf, None) is shelf
    assert value.known_here(None, None) is None


@pytest.mark.parametrize(
    ("tender", "active", "what", "amount", "currency"),
    [
        (Tender(TenderKind.GIFT_CARD, 500, 500, CARD, TAIL), True, ValueFact.REDEEMED, 500, "EUR"),
        (Tender(TenderKind.POINTS, 500, 500, CARD, points=50), True, ValueFact.REDEEMED, 50, "PTS"),
        (Tender(TenderKind.GIFT_CARD, -500, -500, CARD, TAIL), True, ValueFact.REFUNDED, 500, "EUR"),
        (Tender(TenderKind.STORE_CREDIT, -500, -500, CARD, TAIL), False, ValueFact.ISSUED, 500, "EUR"),
    ],
)
def test_what_a_tender_moves(tender: Tender, active: bool, what: ValueFact, amount: int, currency: str) -> None:
    moved = value.move_of_tender(tender, "s1", "EUR", active=active, expires="2027-01-01")
    assert moved is not None
    assert (moved.what, moved.amount, moved.currency, moved.move_id) == (what, amount, currency, f"s1:t:{CARD}")
    assert moved.expires == ("2027-01-01" if what is ValueFact.ISSUED else "")
    assert value.move_of_tender(Tender(TenderKind.CASH, 1, 1), "s1", "EUR", active=False) is None


def test_what_selling_a_card_moves() -> None:
    for amount, active, what in ((500, False, "issued"), (500, True, "loaded"), (-500, True, "adjusted")):
        moved = value.move_of_load(CARD, TAIL, amount, "s1", 2, "EUR", active=active)
        assert (moved.what.value, moved.delta, moved.move_id) == (what, amount, "s1:l:2")


@pytest.mark.parametrize(
    ("before", "moved", "code"),
    [
        (FIFTY, move(ValueFact.REDEEMED, "m", 5000), ""),
        (FIFTY, move(ValueFact.REDEEMED, "m", 5001), "value.overdrawn"),
        (FIFTY, move(ValueFact.LOADED, "m", 10), ""),
        (FIFTY, move(ValueFact.LOADED, "m", 10, "CHF"), "value.other_currency"),
        (FIFTY, move(ValueFact.ISSUED, "m", 10), "value.issued_twice"),
        (
            msgspec.structs.replace(FIFTY, state=InstrumentState.LOCKED),
            move(ValueFact.REDEEMED, "m", 1),
            "value.spent_while_locked",
        ),
        (msgspec.structs.replace(FIFTY, balance=-10), move(ValueFact.REFUNDED, "m", 5), ""),
    ],
)
def test_what_people_must_look_at(before: Instrument, moved: ValueMoved, code: str) -> None:
    assert value.wrong_about(before, moved, value.after(before, [moved])) == code
