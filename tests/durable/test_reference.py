"""ref.db: catalogue, prices and taxes, as the agent writes them and the till reads them."""

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.domain.ids import Gtin, Sku
from retail_core.domain.pricing import BasketItem, price
from retail_core.domain.tax import TaxRate
from retail_core.durable import reference
from retail_core.durable.engine import Connection, open_ro, open_rw, transaction
from retail_core.durable.reference import (
    KEPT_PRICES,
    ItemDoc,
    PinnedBook,
    PriceDoc,
    apply_row,
    check_reference,
    count_matches,
    current_book,
    cursor_of,
    find_by_gtin,
    find_by_sku,
    gtin_of,
    load_items,
    prepare_reference,
    search,
    set_cursor,
)
from retail_core.durable.taxes import DatedRate, TaxDoc, TaxTable, names_of_rates
from retail_core.wire.messages import FeedRow

KEY = bytes(range(32))
ZONE = "north"
MILK, CREME, COFFEE = Sku("1001"), Sku("1005"), Sku("1004")
EAN = Gtin("04006381333931")
DAY = "2026-11-28"


def item(sku: str, name: str, *gtins: str, **more: object) -> ItemDoc:
    doc = ItemDoc(Sku(sku), name, "Grocery", "food", tuple(map(Gtin, gtins)))
    return msgspec.structs.replace(doc, **more)


def put(kind: str, key: str, doc: object, rev: int = 1) -> FeedRow:
    return FeedRow(rev, kind, key, "put", 1, msgspec.Raw(msgspec.json.encode(doc)))


def priced(sku: str, minor: int, rev: int, from_ms: int = 0) -> FeedRow:
    return put("price", sku, PriceDoc(Sku(sku), minor, "EUR", from_ms, f"b{rev}"), rev)


ROWS = (
    put("tax", "food", TaxDoc("food", "VAT 9 %", 90_000)),
    put("tax", "sales", TaxDoc("sales", "sales tax", 88_750, included=False)),
    put("item", "1001", item("1001", "Whole milk 1 L", EAN, "00000002345673", brand="Kuh & Co", size="1 L")),
    put("item", "1002", item("1002", "Milk chocolate", brand="Crémerie Ünal")),
    put("item", "1005", item("1005", "Crème fraîche 200 g")),
    put("item", "1004", item("1004", "Filter coffee", unit="each", tax_class="sales")),
    put("item", "2001", item("2001", "Wool throw", tax_class="unheard")),
    priced("1001", 119, 1),
    priced("1005", 145, 1),
)


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    path = tmp_path / "ref-1.db"
    with closing(open_rw(path, KEY)) as opened:
        prepare_reference(opened, path)
        apply(opened, *ROWS)
        yield opened


def apply(conn: Connection, *rows: FeedRow) -> None:
    with transaction(conn):
        for row in rows:
            assert apply_row(conn, row)


def everything(conn: Connection) -> list[list[tuple[object, ...]]]:
    return [
        conn.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in ("item", "gtin", "price", "tax")
    ]


def found(conn: Connection, text: str, limit: int = 50, offset: int = 0) -> list[str]:
    return [hit.sku for hit in search(conn, text, 10, limit, offset)]


# ── feed rows ────────────────────────────────────────────────────────────────────────────────────


def test_a_bar_code_finds_its_item_with_its_tax(conn: Connection) -> None:
    milk = find_by_gtin(conn, EAN)
    assert milk is not None
    assert (milk.sku, milk.name, milk.unit) == (MILK, "Whole milk 1 L", "each")
    assert TaxTable(conn).rate(milk.tax_class, DAY) == TaxRate("food", "VAT 9 %", 90_000)
    assert milk == find_by_sku(conn, MILK) == find_by_gtin(conn, "00000002345673")
    assert find_by_gtin(conn, "09999999999999") is None
    assert find_by_sku(conn, "404") is None
    assert gtin_of(conn, MILK) == "00000002345673"
    assert gtin_of(conn, CREME) is None


def test_an_item_whose_tax_nobody_told_us_is_sold_untaxed_under_its_class(conn: Connection) -> None:
    taxes = TaxTable(conn)
    wool = find_by_sku(conn, "2001")
    assert wool is not None
    assert taxes.rate(wool.tax_class, DAY) == TaxRate("unheard", "unheard", 0)
    apply(conn, put("tax", "unheard", TaxDoc("unheard", "VAT 21 %", 210_000)))
    assert taxes.rate("unheard", DAY).rate_ppm == 0  # kept until told that the file may have changed
    taxes.clear()
    assert taxes.rate("unheard", DAY).rate_ppm == 210_000
    assert taxes.rate("sales", DAY).included is False


def test_a_rate_holds_from_its_day_on_and_the_last_one_for_ever(conn: Connection) -> None:
    days = (
        DatedRate("0001-01-01", "VAT 9 %", 90_000),
        DatedRate("2027-01-01", "VAT 10 %", 100_000),
        DatedRate("2028-01-01", "VAT 7 %", 70_000),
    )
    doc = TaxDoc("food", "VAT 9 %", 90_000, dated=days)
    apply(conn, put("tax", "food", doc), put("tax", "food@home", TaxDoc("food@home", "Meals", 50_000)))
    taxes = TaxTable(conn)
    for day, ppm in (("2026-12-31", 90_000), ("2027-01-01", 100_000), ("2027-12-31", 100_000), ("2031-05-05", 70_000)):
        assert taxes.rate("food", day).rate_ppm == doc.on(day).rate_ppm == ppm
    assert taxes.rate("food@home", "2027-01-01").rate_ppm == 50_000  # a class of its own, however it is called
    assert names_of_rates(conn)["food@100000"] == "VAT 10 %"
    assert names_of_rates(conn)["food@home@50000"] == "Meals"
    apply(conn, put("tax", "food", TaxDoc("food", "VAT 9 %", 90_000)))  # the state thought better of it
    taxes.clear()
    assert taxes.rate("food", "2031-05-05").rate_ppm == 90_000
    assert taxes.rate("food@home", "2027-01-01").rate_ppm == 50_000


def test_a_program_without_days_finds_the_rate_of_now(conn: Connection) -> None:
    days = (DatedRate("0001-01-01", "VAT 9 %", 90_000), DatedRate("2027-01-01", "VAT 10 %", 100_000))
    apply(conn, put("tax", "food", TaxDoc("food", "VAT 9 %", 90_000, dated=days)))
    asked = "SELECT name, rate_ppm, included FROM tax WHERE tax_class = ?"  # as 0.1.0 asks
    assert conn.execute(asked, ("food",)).fetchall() == [("VAT 9 %", 90_000, 1)]


def test_applying_a_row_again_changes_nothing(conn: Connection) -> None:
    before = everything(conn)
    apply(conn, *ROWS)
    apply(conn, *reversed(ROWS))
    assert everything(conn) == before
    assert found(conn, "milk") == ["1001", "1002"]


def test_a_row_of_a_kind_of_tomorrow_is_left_alone(conn: Connection) -> None:
    before = everything(conn)
    with transaction(conn):
        assert not apply_row(conn, put("hologram", "1", {}))
    assert everything(conn) == before


def test_an_item_may_change_its_name_and_codes(conn: Connection) -> None:
    apply(conn, put("item", "1001", item("1001", "Oat drink", "09520000010050")))
    assert find_by_gtin(conn, EAN) is None
    oat = find_by_gtin(conn, "09520000010050")
    assert oat is not None
    assert oat.name == "Oat drink"
    assert (found(conn, "whole"), found(conn, "oat")) == ([], ["1001"])


def test_a_code_may_move_to_another_item(conn: Connection) -> None:
    apply(conn, put("item", "1004", item("1004", "Filter coffee", EAN)))
    moved = find_by_gtin(conn, EAN)
    assert moved is not None
    assert moved.sku == COFFEE
    apply(conn, FeedRow(9, "item", "1001", "del"))
    assert find_by_gtin(conn, EAN) == moved


def test_what_is_deleted_is_gone_and_deleting_it_again_is_fine(conn: Connection) -> None:
    gone = [FeedRow(9, "item", "1001", "del"), FeedRow(9, "price", "1001", "del"), FeedRow(9, "tax", "food", "del")]
    apply(conn, *gone, *gone)
    taxes = TaxTable(conn)
    assert find_by_sku(conn, MILK) is None
    assert find_by_gtin(conn, EAN) is None
    assert found(conn, "milk") == ["1002"]
    assert current_book(conn, ZONE).unit_price(MILK, 10) is None
    assert taxes.rate("food", DAY).rate_ppm == 0


def test_a_prebuilt_catalogue_is_ranked_by_popularity(conn: Connection) -> None:
    with transaction(conn):
        load_items(conn, [item(f"7{n:03d}", f"Tea number {n}") for n in range(120)])
    assert found(conn, "tea", 3) == ["7000", "7001", "7002"]
    assert found(conn, "tea", 3, 3) == ["7003", "7004", "7005"]
    assert (count_matches(conn, "tea", 1000), count_matches(conn, "tea", 100)) == (120, 100)


def test_the_cursor_moves_with_its_rows_or_not_at_all(conn: Connection) -> None:
    assert cursor_of(conn, "catalogue") == (0, "")
    with suppress(msgspec.ValidationError), transaction(conn):
        set_cursor(conn, "catalogue", 5, "g1")
        apply_row(conn, put("item", "1009", {"sku": 7}))
    assert cursor_of(conn, "catalogue") == (0, "")
    for rev, generation in ((5, "g1"), (2, "g2")):
        with transaction(conn):
            set_cursor(conn, "catalogue", rev, generation)
        assert cursor_of(conn, "catalogue") == (rev, generation)


def test_the_file_says_when_it_is_not_ready_or_too_new(tmp_path: Path, conn: Connection) -> None:
    with closing(open_ro(tmp_path / "ref-1.db", KEY)) as reader:
        check_reference(reader, tmp_path / "ref-1.db")
    conn.execute("PRAGMA user_version = 99")
    with closing(open_ro(tmp_path / "ref-1.db", KEY)) as reader, pytest.raises(EnvironmentFault) as fault:
        check_reference(reader, tmp_path / "ref-1.db")
    assert fault.value.code == "db.newer_than_program"


# ── prices ───────────────────────────────────────────────────────────────────────────────────────


def test_a_basket_keeps_its_prices_until_it_is_paid(conn: Connection) -> None:
    with transaction(conn):
        set_cursor(conn, f"price:{ZONE}", 1, "g1")
    begun = current_book(conn, ZONE)
    apply(conn, priced("1001", 139, 2))
    with transaction(conn):
        set_cursor(conn, f"price:{ZONE}", 2, "g1")
    assert (begun.version, begun.unit_price(MILK, 10)) == ("north@1", 119)
    assert (current_book(conn, ZONE).version, current_book(conn, ZONE).unit_price(MILK, 10)) == ("north@2", 139)
    kept = PinnedBook.parse(conn, begun.version)  # as a stored basket finds its book after a restart
    line, unknown = price([BasketItem(MILK, 1000), BasketItem(Sku("404"), 1000)], kept, 10)
    assert line is not None
    assert (line.unit_minor, line.book, unknown) == (119, "north@1", None)


def test_a_price_starts_at_its_moment(conn: Connection) -> None:
    apply(conn, priced("1001", 99, 2, from_ms=1000))
    book = PinnedBook(conn, ZONE, 2)
    assert [book.unit_price(MILK, at) for at in (-1, 0, 999, 1000, 5000)] == [None, 119, 119, 99, 99]


def test_old_prices_stay_for_baskets_begun_under_them_but_not_for_ever(conn: Connection) -> None:
    last = 2 * KEPT_PRICES
    apply(conn, *(priced("1001", 100 + rev, rev) for rev in range(2, last + 1)))
    kept = [rev for (rev,) in conn.execute("SELECT rev FROM price WHERE sku = '1001' ORDER BY rev")]
    assert kept == list(range(last - KEPT_PRICES + 1, last + 1))
    assert PinnedBook(conn, ZONE, kept[1]).unit_price(MILK, 10) == 100 + kept[1]
    assert PinnedBook(conn, ZONE, kept[0] - 1).unit_price(MILK, 10) is None
    assert current_book(conn, ZONE).unit_price(CREME, 10) is None  # nothing published in this zone yet


def test_prices_set_ahead_never_push_out_the_one_in_force(conn: Connection) -> None:
    apply(conn, *(priced("1001", 200 + n, 1 + n, from_ms=1_000_000 * n) for n in range(1, 11)))
    assert PinnedBook(conn, ZONE, 99).unit_price(MILK, 10) == 119


@pytest.mark.parametrize("version", ["", "north", "@1", "north@", "north@x", "north@-1", "north@²"])
def test_a_book_nobody_can_name_is_refused(conn: Connection, version: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        PinnedBook.parse(conn, version)
    assert refused.value.code == "book.malformed"


# ── search ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("typed", "skus"),
    [
        ("milk", ["1001", "1002"]),
        ("m", ["1001", "1002"]),
        ("MIL choc", ["1002"]),
        ("creme", ["1002", "1005"]),
        ("crème fraiche", ["1005"]),
        ("CREMERIE unal", ["1002"]),
        ("kuh", ["1001"]),
        ("milk coffee", []),
        ("1 l", ["1001"]),
        ("", []),
        ("  ", []),
        ('"', []),
        ("fraîche!", ["1005"]),
    ],
)
def test_a_few_letters_find_an_item(conn: Connection, typed: str, skus: list[str]) -> None:
    assert found(conn, typed) == skus
    assert count_matches(conn, typed, 100) == len(found(conn, typed))


def test_digits_find_an_item_by_its_number_or_bar_code(conn: Connection) -> None:
    assert found(conn, "100") == ["1001", "1002", "1005", "1004"]
    assert found(conn, "1005") == ["1005"]
    assert found(conn, "4006381333931") == ["1001"]
    assert found(conn, "10") == []  # too short for a number
    assert found(conn, "200") == ["2001", "1005"]  # its own number first, then the 200 g in a name
    assert len(found(conn, "100", 2)) == 2


def test_a_row_of_the_list_says_enough_to_choose(conn: Connection) -> None:
    milk, chocolate = search(conn, "milk", 10, 50)
    assert (milk.name, milk.detail, milk.price_minor) == ("Whole milk 1 L", "Kuh & Co · 1 L · Grocery", 119)
    assert (chocolate.detail, chocolate.price_minor) == ("Crémerie Ünal · Grocery", None)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=40), st.text('"*^:(){}-+ANDORNOT milk\x00', max_size=40), st.text(min_size=200, max_size=400)
    )
)
def test_nothing_typed_breaks_the_search(conn: Connection, typed: str) -> None:
    assert len(found(conn, typed, 3)) <= 3
    assert count_matches(conn, typed, 5) <= 5


def test_the_kinds_of_the_feed_are_listed() -> None:
    assert reference.REFERENCE_KINDS == ("item", "price", "tax")


def test_a_price_set_ahead_can_be_withdrawn_alone(conn: Connection) -> None:
    apply(conn, priced("1001", 99, 2, from_ms=1000), FeedRow(3, "price", "1001@1000", "del"))
    assert PinnedBook(conn, ZONE, 9).unit_price(MILK, 5000) == 119
