"""The signed codes of this till's receipts: made when a receipt is laid out, so that no sale waits for a signature."""

import msgspec

from pos_app.storage.readers import Links
from retail_core.domain.events import SaleCompleted
from retail_core.domain.receipts import paid_receipt
from retail_core.trust.keys import SigningKey
from retail_core.trust.receipts import ReceiptSigner


class ReceiptCodes:
    """`refresh` runs on the screen's thread, `code_of` on any."""

    def __init__(self, links: Links, key: SigningKey, till_node: str, hq_public_text: str) -> None:
        self._links, self._key = links, key
        self._till_node, self._hq_public_text = till_node, hq_public_text
        self._certificate = ""
        self._signer: ReceiptSigner | None = None

    def refresh(self) -> None:
        """Look for HQ's certificate until there is one."""
        if self._signer is not None:
            return
        certificate = self._links.receipt_certificate(self._till_node)
        if certificate:
            self._signer = ReceiptSigner(self._key, certificate, self._hq_public_text)

    def code_of(self, fact: bytes, at_ms: int, *, gift: bool = False) -> str:
        """The code of a sale by its journal body; empty while HQ has not certified this till, or for no sale."""
        signer = self._signer
        if signer is None or not fact:
            return ""
        return signer.text(paid_receipt(msgspec.json.decode(fact, type=SaleCompleted), at_ms, gift=gift))
