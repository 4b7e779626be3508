"""A receipt speaks the language of whoever takes it home: the store's, or the one chosen for the sale."""

from pathlib import Path

import msgspec
import pytest

from pos_app.devices.sim.escpos_reader import Reader
from pos_app.devices.sim.paper import Paper
from pos_app.receipts import escpos, text
from pos_app.receipts.document import ReceiptDocument
from pos_app.receipts.facts import ReceiptData
from pos_app.receipts.layout import receipt_document
from pos_app.receipts.words import receipt_words
from pos_app.storage import spool
from pos_app.storage.spool import PrintJob
from pos_app.storage.store import TillStore
from retail_core.domain.value import InstrumentState
from retail_core.durable import link
from tests.devices.support import receipt
from tests.support.shop import AtTill, Shop, at_till, make_shop, row
from tests.till.test_tendering import CODE, GIFT

PROFILE = escpos.PROFILES["epson80"]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = make_shop(tmp_path / "t1")
    settings = link.SettingsDoc("S0319", "Store 319", "EUR", "north", "Europe/Berlin", lang="de")
    made.put_rows(row("settings", "store", settings, rev=2))
    return made


def queued(at: AtTill) -> list[PrintJob]:
    """What waits for the printer."""
    found: list[list[PrintJob]] = []

    def work(store: TillStore) -> list[PrintJob]:
        with store.unit() as conn:
            job = spool.next_job(conn)
            return [job] if job else []

    at.till.writer.submit(work, found.append, lambda _: None)
    at.hand.until(lambda: bool(found))
    return found[0]


def said(job: PrintJob) -> str:
    data = msgspec.json.decode(job.document, type=ReceiptData)
    return text.render(receipt_document(data, receipt_words(data.language)))


def test_a_receipt_speaks_the_stores_language(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan("9520000010010")
        at.till.paying.pay_cash(200, lambda _: None, lambda _: None)
        at.hand.until(lambda: at.till.selling.last_paid)
        (job,) = queued(at)
        words = said(job)
        assert "SUMME" in words
        assert "Rückgeld" in words
        assert "TOTAL" not in words


def test_a_language_chosen_for_one_sale_holds_for_that_sale_alone(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan("9520000010010")
        at.till.paying.language = "en"
        at.till.paying.pay_cash(200, lambda _: None, lambda _: None)
        at.hand.until(lambda: at.till.selling.last_paid)
        (job,) = queued(at)
        assert "TOTAL" in said(job)
        assert at.till.paying.customer_language() == "de"


def on_paper(document: ReceiptDocument) -> Paper:
    paper = Paper(PROFILE.dots)
    for op in Reader().feed(escpos.render(document, PROFILE)):
        paper.obey(op)
    return paper


def test_an_arabic_receipt_is_drawn_from_right_to_left() -> None:
    document = receipt_document(receipt(), receipt_words("ar"))
    assert document.mirrored
    assert on_paper(document).strips
    words = text.render(document)
    assert "المجموع" in words
    assert "TOTAL" not in words


@pytest.mark.parametrize(
    ("count", "form"), [(1, "صنف واحد"), (2, "صنفان"), (3, "3 أصناف"), (11, "11 صنفًا"), (100, "100 صنف")]
)
def test_arabic_counts_in_six_ways(count: int, form: str) -> None:
    items_of = receipt_words("ar").items_of
    assert items_of is not None
    assert items_of(count) == form


def test_german_counts_in_two_ways_and_an_unknown_language_is_english() -> None:
    german, none = receipt_words("de").items_of, receipt_words("xx").items_of
    assert german is not None
    assert none is not None
    assert (german(1), german(5), none(2)) == ("1 Artikel", "5 Artikel", "2 items")


def test_a_gift_card_that_was_sold_is_called_so_in_the_language_of_the_receipt(shop: Shop) -> None:
    new = msgspec.structs.replace(GIFT, balance=0, state=InstrumentState.INACTIVE)
    shop.put_rows(row("instrument", new.instrument, new))
    with at_till(shop) as at:
        at.sign_in()
        card = at.done(lambda done, failed: at.till.card_selling.offer(CODE, done, failed))
        at.till.card_selling.sell(card, 2500, "Gift card ••4821")
        at.pay_cash(2500)
        (job,) = queued(at)
        assert "Geschenkkarte ••4821" in said(job)
        assert "Gift card" not in said(job)
