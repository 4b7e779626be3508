"""Papers after a sale: a gift receipt, the receipt as a file, a full invoice, a receipt by e-mail.

Who wants an invoice or a mail is known to nobody but the private part of the journal's entry, which can be erased: the
entry itself, the spool and the outbox carry its commitment or its id.
"""

from collections.abc import Callable
from dataclasses import replace

import msgspec

from pos_app.receipts import text
from pos_app.receipts.layout import ReceiptData, receipt_document
from pos_app.receipts.words import receipt_words
from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import SoldBy
from pos_app.service.drawer_keeping import append_notes
from pos_app.service.receipt import Paper, receipt_data
from pos_app.service.receipt_codes import ReceiptCodes
from pos_app.service.sold_lines import sale_line
from pos_app.storage import sales, spool
from pos_app.storage.readers import Links
from pos_app.storage.store import TillStore
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted, SaleCompleted
from retail_core.domain.quantity import ONE

GIFT = "gift"
SHORT_HASH_CHARS = 8
NO_RECEIPT = "return.unknown_receipt"


class Papers:
    """All methods are asked on the screen's thread and answered there. Fail with `return.unknown_receipt`."""

    def __init__(self, writer: Writer, facts: Links, codes: ReceiptCodes) -> None:
        self._writer, self._facts, self._codes = writer, facts, codes

    def copy(self, receipt: str, operator: SoldBy, done: Callable[[str], None], failed: Failed) -> None:
        """Queue it once more, marked as a copy; the journal says who asked for it."""
        paper = self._paper()

        def work(store: TillStore) -> str:
            data = replace(_data(store, receipt, paper), copy=True)
            with store.unit() as conn:
                append_notes(store, (AuditNoted("receipt_reprinted", receipt),), operator.operator_id)
                spool.put_job(conn, spool.RECEIPT, receipt, msgspec.json.encode(data), store.now_ms())
            return receipt

        self._writer.submit(work, done, failed)

    def gift(self, receipt: str, done: Callable[[str], None], failed: Failed) -> None:
        """Queue a receipt without prices; its code takes the goods back at what was paid."""
        paper = self._paper()

        def work(store: TillStore) -> str:
            data = replace(_data(store, receipt, paper), gift=True)
            with store.unit() as conn:
                spool.put_job(conn, GIFT, receipt, msgspec.json.encode(data), store.now_ms())
            return receipt

        self._writer.submit(work, done, failed)

    def data(self, receipt: str, done: Callable[[ReceiptData], None], failed: Failed) -> None:
        """The receipt with its code, marked as a copy, for whoever draws it."""
        paper = self._paper()

        def work(store: TillStore) -> tuple[ReceiptData, bytes, int]:
            fact, at_ms = sales.fact_of(store.conn, receipt) or (b"", 0)
            return _data(store, receipt, paper), fact, at_ms

        def signed(found: tuple[ReceiptData, bytes, int]) -> None:
            data, fact, at_ms = found
            done(replace(data, copy=True, code=self._codes.code_of(fact, at_ms)))

        self._writer.submit(work, signed, failed)

    def _paper(self) -> Paper:
        settings = self._facts.settings()
        if settings is None:
            return Paper()
        return Paper(settings.receipt_header, settings.receipt_footer, settings.lang)


def as_text(data: ReceiptData) -> str:
    """The receipt as plain lines, for a mail."""
    return text.render(receipt_document(replace(data, code="-"), receipt_words(data.language)))


def _data(store: TillStore, receipt: str, paper: Paper) -> ReceiptData:
    """As it was printed; of a sale without paper, as the journal and the sale's rows tell it."""
    job = spool.job_of(store.conn, receipt)
    if job is not None:
        return msgspec.json.decode(job.document, type=ReceiptData)
    fact = sales.fact_of(store.conn, receipt)
    if fact is None:
        raise RuleViolationError(NO_RECEIPT, receipt=receipt)
    event = msgspec.json.decode(fact[0], type=SaleCompleted)
    kept = sales.kept_sale(store.conn, event.sale_id)
    sold = tuple(
        sale_line(line, event, kept.names.get(line.n, line.sku), "each" if line.qty_milli % ONE == 0 else "kg")
        for line in event.lines
    )
    return receipt_data(
        event, sold, paper, at_ms=fact[1], zone=store.zone, operator=kept.operator_id,
        register=store.config.register, short_hash=kept.entry_hash.hex()[:SHORT_HASH_CHARS],
    )  # fmt: skip
