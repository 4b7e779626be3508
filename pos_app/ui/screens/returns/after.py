"""Papers of a finished sale, and undoing it: the decisions of the panel at the side of the return screen."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Signal

from pos_app.receipts.facts import ReceiptData
from pos_app.receipts.layout import receipt_document
from pos_app.receipts.words import receipt_words
from pos_app.service.completing import SoldBy
from pos_app.service.outcome import PaidSale
from pos_app.service.papers import Papers
from pos_app.service.post_voiding import LastSale, PostVoiding
from pos_app.ui.amounts import format_money
from pos_app.ui.key_words import printed
from pos_app.ui.keymap import Act
from pos_app.ui.screens.returns.after_state import AfterState, FieldView, FormState, PaperView
from pos_app.ui.words import ltr, tr
from retail_core.domain.approvals import Approval
from retail_core.domain.errors import CodedError, EnvironmentFault, RuleViolationError
from retail_core.domain.paper_events import Buyer

FOLDER = "receipts"
BUYER_FIELDS = ("name", "street", "town", "tax_id")
GIFT, PDF, REVERSE, COPY, INVOICE, MAIL = "gift", "pdf", "reverse", "copy", "invoice", "mail"


class AfterSale(QObject):
    """Whose papers they are: the open receipt's when this till wrote it, else the last sale's."""

    changed = Signal()
    told = Signal(str)  # what was done, in words
    failed = Signal(object)  # CodedError
    reversed_whole = Signal(object)  # PaidSale
    asks = Signal(object)  # a FormState; `answer` takes what was typed
    answered = Signal()  # the form is done with

    def __init__(self, papers: Papers, post_voiding: PostVoiding, folder: Path, zone: ZoneInfo) -> None:
        super().__init__()
        self._papers, self._post_voiding, self._folder, self._zone = papers, post_voiding, folder / FOLDER, zone
        self.last: LastSale | None = None
        self.receipt = ""  # the open one of this till
        self._asked_for = ("", "")  # which paper, of which receipt
        self._looking, self._wanted = False, ""
        self.operator: Callable[[], SoldBy | None] = lambda: None
        self.queued: Callable[[], None] = lambda: None  # something waits for the printer

    def look(self) -> None:
        """Ask what the last sale was. A paper that is wanted before the answer is there waits for it."""
        self._looking, self._wanted = True, ""
        self._post_voiding.look(self._looked, self._not_looked)

    @property
    def number(self) -> str:
        return self.receipt or (self.last.sale.receipt if self.last else "")

    def want(self, paper: str) -> None:
        """A paper, or the reversal of the last sale."""
        if self._looking and not self.receipt:
            self._wanted = paper
            return
        if not self.number:
            self.failed.emit(RuleViolationError("post_void.nothing"))
            return
        match paper:
            case "gift":
                self._papers.gift(self.number, self._gift_queued, self.failed.emit)
            case "pdf":
                self._papers.data(self.number, self._save, self.failed.emit)
            case "copy":
                self._copy()
            case "invoice":
                self._invoice()
            case "mail":
                self._ask(MAIL, mail_form(ltr(self.number)))
            case _:
                pass

    def answer(self, typed: Mapping[str, str]) -> None:
        """What was asked for, typed; a refusal leaves the form as it is."""
        operator, (paper, number) = self.operator(), self._asked_for
        if operator is None:
            return
        if paper == INVOICE:
            buyer = Buyer(*(typed.get(part, "") for part in BUYER_FIELDS))
            self._papers.invoice(number, buyer, operator, self._issued, self.failed.emit)
        else:
            self._papers.mail(number, typed.get("to", ""), operator, self._mailed, self.failed.emit)

    def reverse(self, approval: Approval | None = None) -> None:
        """Undo the last sale. Raises ApprovalNeededError."""
        if self.last is None:
            self.failed.emit(RuleViolationError("post_void.nothing"))
            return
        self._post_voiding.reverse(self.last, self._reversed, self.failed.emit, approval)

    def state(self) -> AfterState:
        papers = (
            PaperView(COPY, tr("Print again"), "" if self.receipt else printed(Act.REPRINT)),
            PaperView(GIFT, tr("Gift receipt"), printed(Act.GIFT_RECEIPT)),
            PaperView(PDF, tr("Save as PDF"), printed(Act.SAVE_PDF)),
            PaperView(INVOICE, tr("Full invoice"), printed(Act.INVOICE)),
            PaperView(MAIL, tr("By e-mail"), printed(Act.MAIL_RECEIPT)),
        )
        if self.receipt:
            return AfterState(tr("Papers of this receipt"), ltr(self.receipt), "", papers)
        if self.last is None:
            return AfterState(tr("No sale yet"), "", tr("Papers of the last sale stand here."))
        sale = self.last.sale
        at = datetime.fromtimestamp(self.last.at_ms / 1000, UTC).astimezone(self._zone)
        sub = f"{format_money(sale.total_minor, sale.currency)} · {at:%H:%M}"
        reverse = PaperView(REVERSE, tr("Reverse the sale"), printed(Act.POST_VOID), enabled=self.last.same_session)
        return AfterState(tr("The last sale"), ltr(sale.receipt), sub, (*papers, reverse))

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _looked(self, last: LastSale | None) -> None:
        self.last, self._looking = last, False
        self.changed.emit()
        wanted, self._wanted = self._wanted, ""
        if wanted:
            self.want(wanted)

    def _not_looked(self, error: CodedError) -> None:
        self._looking = False
        self.failed.emit(error)

    def _ask(self, paper: str, form: FormState) -> None:
        self._asked_for = paper, self.number
        self.asks.emit(form)

    def _invoice(self) -> None:
        operator = self.operator()
        if operator:
            self._papers.invoice_again(self.number, operator, self._looked_for_invoice, self.failed.emit)

    def _looked_for_invoice(self, invoice: str) -> None:
        if invoice:
            self.queued()
            self.told.emit(tr("Invoice {number} is printed again, marked as a copy.", number=ltr(invoice)))
        else:
            self._ask(INVOICE, invoice_form(ltr(self.number)))

    def _issued(self, invoice: str) -> None:
        self.queued()
        self.answered.emit()
        self.told.emit(tr("Invoice {number} is printed.", number=ltr(invoice)))

    def _mailed(self, address: str) -> None:
        self.answered.emit()
        self.told.emit(tr("The receipt goes to {address} when head office has it.", address=ltr(address)))

    def _copy(self) -> None:
        operator = self.operator()
        if operator:
            self._papers.copy(self.number, operator, self._copied, self.failed.emit)

    def _copied(self, number: str) -> None:
        self.queued()
        self.told.emit(tr("Receipt {number} is printed again, marked as a copy.", number=ltr(number)))

    def _gift_queued(self, number: str) -> None:
        self.queued()
        self.told.emit(tr("A gift receipt of {number} is printed, without prices.", number=ltr(number)))

    def _save(self, papers: tuple[ReceiptData, ...]) -> None:
        from pos_app.ui.paper import receipt_pdf  # kept out of the start of a till

        files = [self._folder / f"{data.invoice_no or data.receipt_no}.pdf" for data in papers]
        try:
            self._folder.mkdir(exist_ok=True)
            for data, file in zip(papers, files, strict=True):
                receipt_pdf(receipt_document(data, receipt_words(data.language)), file)
        except OSError as trouble:
            self.failed.emit(EnvironmentFault("paper.not_saved", why=str(trouble)[:80]))
            return
        if len(files) > 1:
            self.told.emit(tr("The receipt and its invoice were saved in {folder}.", folder=str(self._folder)))
            return
        self.told.emit(tr("The receipt was saved as {file}.", file=str(files[0])))

    def _reversed(self, paid: PaidSale) -> None:
        self.look()
        amount = format_money(-paid.total_minor, paid.currency)
        self.told.emit(tr("Reversed as {number}: {amount} goes back.", number=ltr(paid.receipt_no), amount=amount))
        self.reversed_whole.emit(paid)


def invoice_form(number: str) -> FormState:
    """What an invoice must say of its buyer."""
    words = (tr("Name or company"), tr("Street and number"), tr("Postcode and town"), tr("Tax number, if there is one"))
    text = tr(
        "Invoice of receipt {number}. Name and address are kept apart from the sale and can be erased.", number=number
    )
    fields = tuple(map(FieldView, BUYER_FIELDS, words))
    return FormState(tr("Full invoice"), text, fields, tr("Print the invoice"))


def mail_form(number: str) -> FormState:
    text = tr("Receipt {number} is sent by head office, now or when the line is back.", number=number)
    return FormState(tr("Receipt by e-mail"), text, (FieldView("to", tr("E-mail address")),), tr("Send it"))
