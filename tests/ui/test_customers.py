"""F3 at the window: who buys is found, seen with what is theirs, made in a moment with their consent, and taken off."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QListView, QPushButton, QWidget

from pos_app.ui.widgets.parts import Pill
from pos_app.ui.widgets.rows import ROW_ROLE
from retail_core.domain.customers import Consent, Customer, Purpose
from retail_core.domain.ids import CustomerId, Sku
from retail_core.domain.loyalty import LoyaltyRules, points_of
from retail_core.domain.promotions.model import Goods, PercentOff, Promotion
from retail_core.domain.value import Instrument, ValueKind
from tests.support.shop import ITEMS, row
from tests.ui.conftest import Cashier

MILK, THROW = ITEMS[0], ITEMS[6]
AGREED = (Consent(Purpose.LOYALTY, True, "loyalty/1", 1),)
JORDAN = Customer(
    CustomerId("c-1"), "Jordan Lee", "+49151234567", "jordan@example.org", ("2600001",), "Gold", consents=AGREED
)
ANA = Customer(CustomerId("c-2"), "Ana Gómez", email="ana@example.org")


def open_shop(at: Cashier) -> None:
    at.shop.set_rules(loyalty=LoyaltyRules(earn_points=1))
    points = Instrument(points_of(JORDAN.customer_id), ValueKind.POINTS, 1240, "PTS", holder=JORDAN.customer_id)
    at.shop.put_rows(
        row("customer", "c-1", JORDAN), row("customer", "c-2", ANA), row("instrument", points.instrument, points)
    )


def visible(at: Cashier, name: str) -> bool:
    found = at.workplace.shell.findChild(QWidget, name)
    return found is not None and found.isVisible()


def words_in(at: Cashier, name: str) -> list[str]:
    panel = at.workplace.shell.findChild(QWidget, name)
    assert panel is not None
    return [one.text() for one in panel.findChildren(QLabel)]


def tier(at: Cashier) -> str:
    pill = at.workplace.shell.findChild(Pill, "customer_tier")
    assert pill is not None
    return pill.text()


def message(at: Cashier) -> str:
    """What stands instead of a list beside the lines."""
    found = at.workplace.sell.widget.findChild(QLabel, "search_message")
    assert isinstance(found, QLabel)
    return found.text()


def hits(at: Cashier) -> list[str]:
    """Names in the list beside the lines."""
    found = at.workplace.sell.widget.findChild(QListView, "search_hits")
    assert found is not None
    model = found.model()
    rows = (model.index(n, 0).data(ROW_ROLE) for n in range(model.rowCount()))
    return [hit.name for hit in rows]


def test_a_scanned_card_shows_name_tier_and_points_and_f3_the_rest(at_work: Cashier) -> None:
    open_shop(at_work)
    at_work.serial_scan(THROW.code).serial_scan("OTL:2600001")
    at_work.until(lambda: at_work.shown("customer_points") == "1,240 points = € 12.40")
    assert (at_work.shown("customer_name"), tier(at_work)) == ("Jordan Lee", "Gold")
    at_work.key(Qt.Key.Key_F3)
    at_work.until(lambda: "Nothing yet" in at_work.shown("person_nothing"))
    assert at_work.shown("person_reach") == "… 567 · jo…@example.org"  # others look on
    assert "head office" in at_work.shown("person_age").lower()
    at_work.key(Qt.Key.Key_Escape)
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: "39 points earned" in at_work.shown("paid_words"))
    assert not visible(at_work, "customer_bar")
    at_work.serial_scan("OTL:2600001")
    at_work.key(Qt.Key.Key_F3)
    at_work.until(lambda: at_work.shown("person_points").startswith("1,279 points"))
    assert THROW.name in words_in(at_work, "person_panel")


def test_a_customer_is_found_by_name_with_keys_alone_and_begins_a_sale(at_work: Cashier) -> None:
    open_shop(at_work)
    at_work.key(Qt.Key.Key_F3)
    at_work.type("ana")
    at_work.until(lambda: hits(at_work) == ["Ana Gómez"])
    at_work.type("⏎")
    at_work.until(lambda: at_work.shown("customer_name") == "Ana Gómez")
    assert at_work.selling.sale is not None
    assert at_work.shown("customer_points") == "No points: the customer has not agreed to it"
    at_work.key(Qt.Key.Key_F3)
    at_work.until(lambda: visible(at_work, "consent_loyalty"))
    at_work.press("consent_loyalty")
    at_work.until(lambda: at_work.shown("customer_points") == "0 points")
    at_work.key(Qt.Key.Key_Delete)
    at_work.until(lambda: at_work.selling.sale is None)
    assert not visible(at_work, "customer_bar")


def test_a_new_customer_is_asked_one_thing_after_the_other_while_goods_are_scanned(at_work: Cashier) -> None:
    open_shop(at_work)
    at_work.key(Qt.Key.Key_F3)
    at_work.type("zora klein")
    at_work.until(lambda: "Nobody found" in message(at_work))
    at_work.key(Qt.Key.Key_F3)
    entry = at_work.workplace.sell.widget.findChild(QLineEdit, "entry")
    assert entry is not None
    assert entry.text() == "zora klein"
    at_work.type("⏎0151998877⏎")
    at_work.serial_scan(MILK.code).serial_scan("OTL:77001")
    assert at_work.names() == [MILK.name]
    at_work.type("⏎")
    assert at_work.shown("new_customer_question").startswith("May we keep your name")
    at_work.type("⏎")  # Enter is no consent
    assert at_work.notice == "Ask the customer, then press + for yes or − for no."
    at_work.key(Qt.Key.Key_Plus, "+")
    at_work.until(lambda: "offers" in at_work.shown("new_customer_question"))
    at_work.key(Qt.Key.Key_Minus, "-")
    at_work.until(lambda: at_work.shown("customer_name") == "zora klein")
    found = at_work.till.customers.of_card("77001")
    assert found is not None
    assert (found.phone, found.agreed(Purpose.LOYALTY), found.agreed(Purpose.MARKETING)) == ("0151998877", True, False)
    assert at_work.names() == [MILK.name]


def test_without_a_yes_nothing_is_kept(at_work: Cashier) -> None:
    open_shop(at_work)
    at_work.key(Qt.Key.Key_F3)
    at_work.key(Qt.Key.Key_F3)
    at_work.type("zora klein⏎0151998877⏎⏎⏎")
    at_work.press("new_customer_no")
    assert at_work.notice == "Without the customer's yes nothing is kept."
    assert at_work.selling.sale is None
    at_work.key(Qt.Key.Key_F3)
    at_work.type("zora")
    at_work.until(lambda: "Nobody found" in message(at_work))


def test_the_till_is_locked_by_a_tap_on_who_is_signed_in(at_work: Cashier) -> None:
    at_work.press("operator_and_clock")
    assert at_work.screen == "sign_in"


def test_points_pay_at_the_window_by_one_key_and_say_what_is_left(at_work: Cashier) -> None:
    open_shop(at_work)
    at_work.serial_scan(MILK.code).serial_scan("OTL:2600001")
    at_work.until(lambda: at_work.shown("customer_points").startswith("1,240"))
    at_work.key(Qt.Key.Key_F9)
    choice = at_work.workplace.shell.findChild(QPushButton, "tender_points")
    assert choice is not None
    assert "500 = € 5.00" in choice.accessibleDescription()  # what may be spent while head office is silent
    at_work.type("l")
    at_work.until(lambda: "points may be taken" in " ".join(words_in(at_work, "pay_screen")))
    at_work.key(Qt.Key.Key_Return, "\r")
    at_work.until(lambda: at_work.selling.last_paid)
    at_work.serial_scan("OTL:2600001")
    at_work.until(lambda: at_work.shown("customer_points") == "1,121 points = € 11.21")


def test_coupons_on_the_sale_are_seen_and_taken_off_by_a_tap(at_work: Cashier) -> None:
    goods = Goods(skus=(Sku(MILK.sku),))
    at_work.shop.put_rows(
        row("promotion", "P-1", Promotion("P-1", "Milk coupon", PercentOff(100_000), goods, coupon="SAVE10")),
        row("promotion", "P-2", Promotion("P-2", "Throw coupon", PercentOff(1_000), goods, coupon="THROW10")),
    )
    at_work.serial_scan(MILK.code).serial_scan("SAVE10")
    at_work.until(lambda: at_work.shown("customer_points").startswith("Milk coupon"))
    at_work.key(Qt.Key.Key_F3)
    at_work.until(lambda: visible(at_work, "coupon_SAVE10"))
    assert not visible(at_work, "person_remove")
    at_work.press("coupon_SAVE10")
    at_work.until(lambda: not at_work.till.shopping.coupons())
    assert at_work.lines[0].amount_minor == MILK.price_minor
    assert not visible(at_work, "customer_bar")
