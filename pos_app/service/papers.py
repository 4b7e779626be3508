"""Papers after a sale: a gift receipt, the receipt as a file, a full invoice, a receipt by e-mail.

Who wants an invoice or a mail is known to nobody but the private part of the journal's entry, which can be erased: the
entry itself, the spool and the outbox carry its commitment or its id.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from pos_app.receipts import text
from pos_app.receipts.document import Qr
from pos_app.receipts.facts import ReceiptData
from pos_app.receipts.layout import receipt_document
from pos_app.receipts.words import receipt_words
from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import SoldBy
from pos_app.service.drawer_keeping import append_notes
from pos_app.service.receipt import Paper, receipt_data
from pos_app.service.receipt_codes import ReceiptCodes
from pos_app.service.sold_lines import sale_line
from pos_app.storage import papers, returns, sales, spool
from pos_app.storage.papers import Invoice
from pos_app.storage.readers import Links
from pos_app.storage.store import TillStore
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted, SaleCompleted
from retail_core.domain.paper_events import (
    MAX_MAIL_CHARS,
    Buyer,
    InvoiceIssued,
    Mail,
    MailWanted,
    checked_address,
    checked_buyer,
)
from retail_core.domain.quantity import ONE
from retail_core.wire.envelope import Private, commitment

GIFT = "gift"
SALT_BYTES = 16
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

    def invoice(
        self, receipt: str, buyer: Buyer, operator: SoldBy, done: Callable[[str], None], failed: Failed
    ) -> None:
        """Issue the receipt's full invoice and queue it; `done` is told its number. Fails with `invoice.*` too."""
        paper = self._paper()

        def work(store: TillStore) -> str:
            data, private = _data(store, receipt, paper), _private(checked_buyer(buyer))
            by_receipt = returns.voided_by(store.conn, receipt)
            if by_receipt:
                raise RuleViolationError(returns.VOIDED, receipt=receipt, by_receipt=by_receipt)
            prefix, series = f"{store.config.store}-{store.config.register}", store.journal.series
            with store.unit() as conn:
                made, counter = papers.next_invoice(conn, receipt, prefix, series, store.now_ms())
                event = InvoiceIssued(made.number, receipt, data.currency, data.total_minor, commitment(private))
                entry = store.append(event, operator.operator_id, private).entry
                papers.put_invoice(conn, made, series, counter, entry.id)
                _queue_invoice(store, data, made)
            return made.number

        self._writer.submit(work, done, failed)

    def invoice_again(self, receipt: str, operator: SoldBy, done: Callable[[str], None], failed: Failed) -> None:
        """Queue the invoice it has once more, marked as a copy; `done` is told "" when it has none."""
        paper = self._paper()

        def work(store: TillStore) -> str:
            made = papers.invoice_of(store.conn, receipt)
            if made is None:
                _data(store, receipt, paper)  # nobody is asked for a name before it is known that there is a sale
                return ""
            with store.unit():
                append_notes(store, (AuditNoted("receipt_reprinted", made.number),), operator.operator_id)
                _queue_invoice(store, replace(_data(store, receipt, paper), copy=True), made)
            return made.number

        self._writer.submit(work, done, failed)

    def mail(self, receipt: str, to: str, operator: SoldBy, done: Callable[[str], None], failed: Failed) -> None:
        """Write down that the receipt is to be mailed; HQ sends it when it has it. Fails with `mail.bad_address` too."""
        paper, shop = self._paper(), self._facts.settings()

        def work(store: TillStore) -> str:
            address = checked_address(to)
            data = _data(store, receipt, paper)
            said = f"{shop.name if shop else store.config.store_name} · {receipt}"
            private = _private(Mail(address, said, as_text(data)[:MAX_MAIL_CHARS]))
            with store.unit():
                store.append(MailWanted(receipt, commitment(private)), operator.operator_id, private)
            return address

        self._writer.submit(work, done, failed)

    def data(self, receipt: str, done: Callable[[tuple[ReceiptData, ...]], None], failed: Failed) -> None:
        """The receipt with its code, and its full invoice if it has one, marked as copies, for whoever draws them."""
        paper = self._paper()

        def work(store: TillStore) -> tuple[tuple[ReceiptData, ...], bytes, int]:
            fact, at_ms = sales.fact_of(store.history, receipt) or (b"", 0)
            data, made = _data(store, receipt, paper), papers.invoice_of(store.conn, receipt)
            full = [replace(_as_invoice(store, data, made), buyer=buyer_lines(made.private))] if made else []
            return (data, *full), fact, at_ms

        def signed(found: tuple[tuple[ReceiptData, ...], bytes, int]) -> None:
            documents, fact, at_ms = found
            code = self._codes.code_of(fact, at_ms)
            done(tuple(replace(data, copy=True, code=code) for data in documents))

        self._writer.submit(work, signed, failed)

    def _paper(self) -> Paper:
        settings = self._facts.settings()
        if settings is None:
            return Paper()
        return Paper(settings.receipt_header, settings.receipt_footer, settings.lang)


def _private(part: Buyer | Mail) -> Private:
    return Private(os.urandom(SALT_BYTES), msgspec.json.encode(part))


def buyer_lines(private: bytes) -> tuple[str, ...]:
    """Whom an invoice names, line by line; nothing once it was erased."""
    return msgspec.json.decode(private, type=Buyer).lines if private else ()


def _queue_invoice(store: TillStore, data: ReceiptData, made: Invoice) -> None:
    """The buyer is not in the document: whoever prints it reads the private part then."""
    document = msgspec.json.encode(_as_invoice(store, data, made))
    spool.put_job(store.conn, spool.INVOICE, made.number, document, store.now_ms())


def _as_invoice(store: TillStore, data: ReceiptData, made: Invoice) -> ReceiptData:
    """Credit that was given with the sale is spent with the receipt, never with its invoice."""
    day = datetime.fromtimestamp(made.at_ms / 1000, UTC).astimezone(store.zone).strftime("%Y-%m-%d")
    return replace(data, invoice_no=made.number, issued_on=day, vouchers=())


def as_text(data: ReceiptData) -> str:
    """The receipt as plain lines, for a mail."""
    document = receipt_document(data, receipt_words(data.language))
    elements = tuple(element for element in document.elements if not isinstance(element, Qr))  # a mail has its number
    return text.render(replace(document, elements=elements))


def _data(store: TillStore, receipt: str, paper: Paper) -> ReceiptData:
    """As it was printed; of a sale without paper, as the journal and the sale's rows tell it."""
    job = spool.job_of(store.conn, receipt)
    if job is not None:
        return msgspec.json.decode(job.document, type=ReceiptData)
    fact = sales.fact_of(store.history, receipt)
    if fact is None:
        raise RuleViolationError(NO_RECEIPT, receipt=receipt)
    event = msgspec.json.decode(fact[0], type=SaleCompleted)
    kept = sales.kept_sale(store.history, event.sale_id)
    sold = tuple(
        sale_line(line, event, kept.names.get(line.n, line.sku), "each" if line.qty_milli % ONE == 0 else "kg")
        for line in event.lines
    )
    return receipt_data(
        event, sold, paper, at_ms=fact[1], zone=store.zone, operator=kept.operator_id,
        register=store.config.register, short_hash=kept.entry_hash.hex()[:SHORT_HASH_CHARS],
    )  # fmt: skip
