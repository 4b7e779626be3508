"""A batch scanner's file lies ready; one key puts it on the sale, once, and says what could not be taken."""

from PySide6.QtCore import Qt

from tests.support.shop import ITEMS
from tests.ui.conftest import Cashier

MILK, WATER = ITEMS[0], ITEMS[2]


def put(at: Cashier, name: str, text: str) -> None:
    folder = at.shop.home.folder / "batch"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def test_codes_and_counts_stand_on_the_sale_once(at_work: Cashier) -> None:
    put(at_work, "aisle-3.csv", f"code,count\n{MILK.code},3\n{WATER.code}\n")
    at_work.control(Qt.Key.Key_B)
    assert (at_work.names(), at_work.quantities()) == ([MILK.name, WATER.name], [3000, 1000])
    assert "2 codes of the batch scanner were taken" in at_work.notice
    at_work.control(Qt.Key.Key_B)
    assert at_work.quantities() == [3000, 1000]
    assert "No file of a batch scanner" in at_work.notice


def test_what_cannot_be_taken_is_told_with_its_line(at_work: Cashier) -> None:
    put(at_work, "aisle-4.txt", f"{MILK.code}\nhello world\n{WATER.code},-3\nOTR:1\n")
    at_work.control(Qt.Key.Key_B)
    assert at_work.names() == [MILK.name]
    assert "not taken: line 2, 3" in at_work.notice


def test_an_unknown_code_becomes_a_red_line_and_is_not_lost(at_work: Cashier) -> None:
    put(at_work, "aisle-5.csv", "4012345678901,2\n")
    at_work.control(Qt.Key.Key_B)
    assert [(line.pending, line.qty_milli) for line in at_work.lines] == [(True, 2000)]
