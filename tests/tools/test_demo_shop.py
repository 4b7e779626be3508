"""The demo shop is made of real baskets, sells only what has a price, and comes out the same every time."""

import pytest

from retail_core.domain.customers import Person, checked
from retail_core.domain.gtin import is_gtin
from retail_core.domain.promotions.model import checked as checked_promotion
from tools.demo_shop import members, naming, shop, source
from tools.demo_shop.departments import TAXES
from tools.demo_shop.files import ShopFiles, write_files


@pytest.fixture(scope="module")
def made() -> shop.DemoShop:
    return shop.demo_shop()


def test_every_item_can_be_scanned_and_paid(made):
    prices = {price.sku: price.price_minor for price in made.prices}
    classes = {tax.tax_class for tax in TAXES}
    assert len(made.items) > 50_000
    for item in made.items:
        assert is_gtin(item.gtins[0])
        assert item.gtins[0][1:4] == "952"
        assert prices[item.sku] >= 1
        assert item.tax_class in classes
        assert item.name.strip() == item.name != ""
    assert len({item.gtins[0] for item in made.items}) == len({item.name for item in made.items}) == len(made.items)


def test_items_come_most_popular_first(made):
    counts = [item.popularity for item in made.items]
    assert counts == sorted(counts, reverse=True)
    assert made.items[0].name == "Bananas"


def test_a_basket_holds_whole_pieces_of_what_the_catalogue_has(made):
    codes = {item.gtins[0].removeprefix("0") for item in made.items}
    assert len(made.baskets) > 2_000
    for basket in made.baskets:
        assert basket.lines
        for line in basket.lines:
            assert line.gtin in codes
            assert 1 <= line.pieces <= 100  # fuel, in thousandths of a gallon, would be thousands
        assert not codes & set(basket.unknown)
    assert any(basket.unknown for basket in made.baskets), "the data has products that are in no catalogue"


def test_the_store_stocks_what_it_sells(made):
    stocked = dict(made.stock)
    assert all(qty_milli >= 12_000 and qty_milli % 1000 == 0 for qty_milli in stocked.values())
    assert all(line.sku in stocked for basket in made.baskets for line in basket.lines)
    assert all(key.sku in stocked for key in made.quick_keys)


def test_quick_keys_fill_their_pages(made):
    pages = dict.fromkeys(key.page for key in made.quick_keys)
    assert list(pages) == [name for name, _ in shop.QUICK_PAGES]
    for page in pages:
        keys = [key for key in made.quick_keys if key.page == page]
        assert [key.pos for key in keys] == list(range(shop.KEYS_PER_PAGE))
        assert len({key.label for key in keys}) == len(keys)


def test_the_price_is_what_one_piece_cost_before_reductions(made):
    with source.opened(source.data_folder()) as conn:
        rows = conn.execute(
            "SELECT (sales_value + retail_disc + coupon_match_disc) / quantity FROM sold WHERE product_id = 1029743 ORDER BY 1"
        ).fetchall()
    middle = (rows[(len(rows) - 1) // 2][0] + rows[len(rows) // 2][0]) / 2
    price = next(price for price in made.prices if price.sku == "1029743")
    assert price.price_minor == round(middle * 100)


def test_the_same_data_gives_the_same_files(made, tmp_path):
    one, two = ShopFiles(tmp_path / "one"), ShopFiles(tmp_path / "two")
    for files, again in ((one, made), (two, shop.demo_shop())):
        files.folder.mkdir()
        write_files(again, files)
    names = sorted(path.name for path in one.folder.iterdir())
    assert len(names) == 10
    for name in names:
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes(), name
    assert one.read_baskets() == made.baskets


@pytest.mark.parametrize(
    ("kind", "category", "name"),
    [
        ("FLUID MILK WHITE ONLY", "FLUID MILK PRODUCTS", "Milk"),
        ("ONIONS SWEET (BULK&BAG)", "ONIONS", "Sweet Onions"),
        ("EGGS - X-LARGE", "EGGS", "X-Large Eggs"),
        ("BREAD:ITALIAN/FRENCH", "BREAD", "Italian Bread"),
        ("PREMIUM", "ICE CREAM/MILK/SHERBTS", "Premium Ice Cream"),
        ("FRZN FRENCH FRIES", "FRZN POTATOES", "Frozen French Fries"),
    ],
)
def test_kinds_read_as_people_say_them(kind, category, name):
    assert naming.kind_name(kind, category) == name


@pytest.mark.parametrize(
    ("size", "department", "name"),
    [
        ("16 OZ", "GROCERY", "16 oz"),
        ("(600) 4 LB", "GROCERY", "4 lb"),
        ("1 GA", "GROCERY", "1 gal"),
        ("L      8 OZ", "GROCERY", "8 oz"),
        (".97 OZ", "GROCERY", "0.97 oz"),
        ("PT", "PRODUCE", "1 pt"),
        ("40 LB", "PRODUCE", ""),  # the crate, not what is sold
        ("974246 PK", "DRUG GM", ""),  # an article number
        ("13 GOING O", "GROCERY", ""),
    ],
)
def test_sizes_are_read_or_left_out(size, department, name):
    assert naming.size_name(size, department) == name


def test_members_have_cards_of_their_own_and_advice_names_goods_of_the_shop(made):
    people = members.members(made.customers, shop.STORE)
    assert len(people) == len({tuple(one["cards"]) for one in people}) == members.MEMBERS
    for one in people:
        checked(Person(one["name"], one["phone"], one["email"], tuple(one["cards"])))
    skus = {item.sku for item in made.items}
    advice = list(members.advice(made.baskets))
    assert len(advice) > 100
    assert all(one["sku"] in skus and skus.issuperset(one["goes_with"]) for one in advice)
    for promotion in members.PROMOTIONS:
        assert checked_promotion(promotion)
