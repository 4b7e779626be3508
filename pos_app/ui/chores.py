"""What a cashier asks of the counter beside a sale: print a receipt again, take a batch scanner's files, print a label."""

from collections.abc import Callable

from pos_app.receipts.labels import Label, price_label
from pos_app.service.batch_import import FOLDER as BATCH_FOLDER
from pos_app.service.batch_import import import_batches
from pos_app.till import Till
from pos_app.ui.at_counter import AtCounter
from pos_app.ui.device_words import sentence
from pos_app.ui.notices import Notice
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, ntr, tr, words_for
from retail_core.domain.errors import CodedError

LABELS_FOLDER = "labels"
SHOWN_BAD_LINES = 5


class Chores:
    """Each chore answers in a notice, now or when the printer has spoken. `basket_changed` shows a sale that has grown."""

    def __init__(
        self, till: Till, counter: AtCounter, notify: Callable[[Notice], None], explain: Callable[[CodedError], None],
        basket_changed: Callable[[], None],
    ) -> None:  # fmt: skip
        self._till = till
        self._counter = counter
        self._notify = notify
        self._explain = explain
        self._basket_changed = basket_changed

    def reprint(self) -> None:
        """The last receipt once more, marked as a copy."""
        self._counter.reprint(self._reprinted, self._explain)

    def _reprinted(self, number: str) -> None:
        words = tr("Receipt {number} is printed again, marked as a copy.", number=ltr(number))
        self._notify(Notice(words, Tone.OK))

    def read_batch(self) -> None:
        """Files of batch scanners that lie ready, onto the sale."""
        folder = self._till.home.folder
        try:
            taken = import_batches(folder, self._till.selling)
        except CodedError as refused:
            self._explain(refused)
            return
        if not taken.files:
            words = tr("No file of a batch scanner lies in {folder}.", folder=str(folder / BATCH_FOLDER))
            self._notify(Notice(words, Tone.INFO))
            return
        words = ntr("{n} code of the batch scanner was taken", "{n} codes of the batch scanner were taken", taken.codes)
        if taken.bad:
            first = taken.bad[0]
            lines = ", ".join(str(bad.number) for bad in taken.bad[:SHOWN_BAD_LINES])
            why = tr("not taken: line {lines}: {why}", lines=lines, why=words_for(first.code, {"text": first.text}))
            words = f"{words} · {why}"
        self._basket_changed()
        self._notify(Notice(words, Tone.WARNING if taken.bad else Tone.OK))

    def print_label(self) -> None:
        """A shelf label of the chosen line; a file when no label printer is set up."""
        sale, chosen = self._till.selling.sale, self._till.selling.selected
        line = sale.line(chosen) if sale and chosen else None
        if line is None:
            self._notify(Notice(words_for("line.none_selected"), Tone.WARNING))
            return
        try:
            label = price_label(self._till.labels.of_item(line.sku))
            self._counter.print_label(label, lambda code: self._label_printed(label, line.name, code))
        except CodedError as refused:
            self._explain(refused)

    def _label_printed(self, label: Label, name: str, code: str) -> None:
        if not code:
            self._notify(Notice(tr("The label of {name} came out.", name=name), Tone.OK))
        elif code == "label.no_printer":
            self._save_label(label)
        else:
            self._notify(Notice(sentence(code), Tone.WARNING))

    def _save_label(self, label: Label) -> None:
        from pos_app.ui.labels_pdf import labels_pdf  # kept out of the start of a till

        file = self._till.home.folder / LABELS_FOLDER / f"{self._till.clock.now_ms()}.pdf"
        try:
            file.parent.mkdir(exist_ok=True)
            labels_pdf([label], file)
        except OSError as trouble:
            self._notify(Notice(tr("The label could not be saved: {why}", why=str(trouble)[:80]), Tone.ERROR))
            return
        words = tr("No label printer is set up. The label was saved as {file}.", file=str(file))
        self._notify(Notice(words, Tone.INFO))
