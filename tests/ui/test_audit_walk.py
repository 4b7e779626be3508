"""A day's acts that somebody may ask about, done at the window: each is in the chained journal with every name it needs."""

from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt

from retail_core.durable.engine import open_ro
from retail_core.durable.verify import Report, verify_file
from tests.support.shop import ITEMS, MANAGER_BADGE, MANAGER_PIN, Shop
from tests.ui.conftest import Cashier
from tests.ui.test_after_the_sale import to_returns
from tests.ui.test_returns_screen import sold

MILK, CHICKEN = ITEMS[:2]
ANA, SAM = "op-1", "op-2"
Fact = tuple[str, str, dict[str, Any]]
"""Type, actor, body."""


def facts(shop: Shop, kind: str = "") -> list[Fact]:
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    rows = conn.execute("SELECT type, actor, body FROM event WHERE type LIKE ? ORDER BY n", (f"{kind}%",)).fetchall()
    conn.close()
    return [(type_, actor, msgspec.json.decode(bytes(body))) for type_, actor, body in rows]


def verified(shop: Shop) -> Report:
    public = {shop.config.till_node: shop.home.keys.signing_key("till").public_text}
    return verify_file(shop.home.till_db, shop.home.keys.file_key("till.db"), public)


def agree(at: Cashier, pin: str = MANAGER_PIN) -> None:
    at.until(at.workplace.shell.approval.isVisible)
    at.type(f"{pin}⏎")
    at.until(lambda: not at.workplace.shell.approval.isVisible())


def written(at: Cashier, kind: str) -> Fact:
    """The last fact of a kind, once it is on disk; and the chain up to it holds."""
    at.until(lambda: facts(at.shop, kind))
    report = verified(at.shop)
    assert report.ok, report.detail
    return facts(at.shop, kind)[-1]


def void_a_line(at: Cashier) -> None:
    at.wedge_scan(MILK.code).wedge_scan(CHICKEN.code)
    at.key(Qt.Key.Key_Delete)


def void_the_sale(at: Cashier) -> None:
    at.wedge_scan(MILK.code)
    at.control(Qt.Key.Key_Delete)
    agree(at)


def take_a_tenth_off(at: Cashier) -> None:
    at.wedge_scan(CHICKEN.code)
    at.key(Qt.Key.Key_F6)
    at.type("10⏎")


def take_a_fifth_off(at: Cashier) -> None:
    at.wedge_scan(CHICKEN.code)
    at.key(Qt.Key.Key_F6)
    at.type("20⏎")
    agree(at)


def change_a_price(at: Cashier) -> None:
    at.wedge_scan(CHICKEN.code)
    at.press("action_discount").press("discount_kind_price").press("discount_why")
    at.type("5.49⏎")
    agree(at)


def open_the_drawer(at: Cashier) -> None:
    at.control(Qt.Key.Key_D)
    at.until(at.workplace.shell.reasons.isVisible)
    at.type("1")


def print_again(at: Cashier) -> None:
    sold(at, MILK.code)
    to_returns(at)
    at.press("paper_copy")


def reverse_the_sale(at: Cashier) -> None:
    sold(at, MILK.code)
    to_returns(at)
    at.key(Qt.Key.Key_F3)
    agree(at)


def begin_training(at: Cashier) -> None:
    at.control(Qt.Key.Key_J)
    agree(at)


ALONE = {
    "audit.line_voided": void_a_line,
    "audit.line_discounted": take_a_tenth_off,
    "drawer.moved": open_the_drawer,
    "audit.receipt_reprinted": print_again,
}
TOGETHER = {
    "audit.sale_voided": void_the_sale,
    "audit.line_discounted": take_a_fifth_off,
    "audit.price_overridden": change_a_price,
    "audit.post_voided": reverse_the_sale,
    "audit.training_started": begin_training,
}


@pytest.mark.parametrize("kind", ALONE)
def test_what_a_cashier_does_alone_is_written_under_her_name(at_work: Cashier, kind: str) -> None:
    ALONE[kind](at_work)
    type_, actor, body = written(at_work, kind)
    assert (type_, actor, body.get("by", "")) == (kind, ANA, "")


@pytest.mark.parametrize("kind", TOGETHER)
def test_what_takes_two_people_is_written_under_both_names(at_work: Cashier, kind: str) -> None:
    TOGETHER[kind](at_work)
    type_, actor, body = written(at_work, kind)
    assert (type_, actor, body["by"]) == (kind, ANA, SAM)
    agreed = written(at_work, "audit.approved")
    assert (agreed[1], agreed[2]["by"]) == (ANA, SAM)


def test_who_comes_and_goes_is_written_and_by_what(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code).wedge_scan(MANAGER_BADGE)
    at_work.until(lambda: "Sam K." in at_work.shown("operator_and_clock"))
    at_work.control(Qt.Key.Key_L)
    at_work.until(lambda: len(facts(at_work.shop, "audit.signed_out")) == 2)
    came = [(actor, body["reason"]) for _, actor, body in facts(at_work.shop, "audit.signed_in")]
    assert came == [(ANA, "pin"), (SAM, "badge")]
    assert written(at_work, "audit.basket_taken_over")[1] == SAM
    assert [actor for _, actor, _ in facts(at_work.shop, "audit.signed_out")] == [ANA, SAM]


def test_who_is_refused_is_written_too(cashier: Cashier) -> None:
    cashier.type("0000⏎")
    assert written(cashier, "audit.pin_refused")[1] == "nobody"
    cashier.wedge_scan("OTB:NOBODYS-BADGE-0000")
    assert written(cashier, "audit.badge_refused")[1] == "nobody"


def test_nobody_is_a_second_person_to_himself_and_that_he_tried_is_written(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.control(Qt.Key.Key_Delete)
    at_work.until(at_work.workplace.shell.approval.isVisible)
    at_work.type("1234⏎")
    tried = written(at_work, "audit.approval_refused")
    assert (tried[1], tried[2]["by"]) == (ANA, ANA)
    assert at_work.names() == [MILK.name], "nothing was done"
