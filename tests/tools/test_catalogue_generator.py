"""A generated catalogue is what a till can open: valid codes, each once, searchable, the same for the same seed."""

import duckdb

from retail_core.domain.gtin import is_gtin
from retail_core.durable import reference
from retail_core.durable.engine import open_ro
from tools.catalogue_generator import KEY, generate, write_reference


def test_codes_are_valid_and_come_once():
    items = list(generate(20_000, seed=3))
    assert len({item.gtins[0] for item, _ in items}) == len(items) == 20_000
    assert all(is_gtin(item.gtins[0]) and price_minor > 0 for item, price_minor in items)


def test_the_same_seed_gives_the_same_items():
    assert list(generate(500, seed=7)) == list(generate(500, seed=7)) != list(generate(500, seed=8))


def test_a_written_catalogue_can_be_scanned_and_searched(tmp_path):
    items = [item for item, _ in generate(300, seed=1)]
    assert write_reference(tmp_path / "ref-1.db", generate(300, seed=1)) == 300
    conn = open_ro(tmp_path / "ref-1.db", KEY)
    found = reference.find_by_gtin(conn, items[42].gtins[0])
    hits = reference.search(conn, items[42].brand, 1, 50)
    conn.close()
    assert found is not None
    assert found.name == items[42].name
    assert items[42].sku in {hit.sku for hit in hits}
    assert all(hit.price_minor for hit in hits)


def test_real_codes_come_first_and_bad_ones_are_left_out(tmp_path):
    path = tmp_path / "codes.parquet"
    codes = duckdb.sql(
        "SELECT * FROM (VALUES ('4006381333931', 'Pen'), ('4006381333932', 'Wrong digit'), ('96385074', 'Short'),"
        " ('2000000000008', 'Weighed inside the shop'), ('4006381333931', 'Twice')) t(barcode, name)"
    )
    assert codes is not None
    codes.write_parquet(str(path))
    items = [item for item, _ in generate(10, seed=1, barcodes=path)]
    assert len(items) == 10
    assert [item.gtins[0] for item in items[:2]] == ["04006381333931", "00000096385074"]
    assert [item.name for item in items[:2]] == ["Pen", "Short"]
