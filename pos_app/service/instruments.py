"""Looking up gift cards, store credit, points and accounts at the till: what HQ said last, less what was taken here since."""

import base64
import hashlib
from collections.abc import Callable, Iterable
from datetime import date, timedelta

import msgspec

from pos_app.devices.barcode.classify import classify
from pos_app.runtime.writer import Failed, Writer
from pos_app.service.value_booking import Wallet, look
from pos_app.storage.readers import Links
from pos_app.storage.store import TillStore
from retail_core.domain.clock import Clock
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import IdSource, InstrumentId
from retail_core.domain.loyalty import LoyaltyRules
from retail_core.domain.scanned import CodeKind
from retail_core.domain.tender import TenderRules
from retail_core.domain.value import POINTS_CURRENCY, Instrument, Spendable, ValueKind, check_usable, instrument_of

FRESH_MS = 45_000  # a long poll of 25 s and a retry: an older figure may be wrong by now
CREDIT_CODE_CHARS = 15


class Found(msgspec.Struct, frozen=True):
    """An instrument, what may be taken from it now, and how old HQ's figure is (None: HQ does not know it yet)."""

    known: Instrument
    left: Spendable
    age_ms: int | None


class NewCredit(msgspec.Struct, frozen=True):
    """Store credit to be given: its number stands on the voucher and nowhere else."""

    code: str
    instrument: InstrumentId
    tail: str


class Instruments:
    """All methods run on the screen's thread; answers come through the writer's `deliver`."""

    def __init__(
        self, facts: Links, writer: Writer, clock: Clock, ids: IdSource, currency: str, today: Callable[[], str]
    ) -> None:
        self._facts, self._writer, self._clock, self._ids = facts, writer, clock, ids
        self._currency, self._today = currency, today

    @property
    def rules(self) -> TenderRules:
        settings = self._facts.settings()
        return settings.tenders if settings else TenderRules()

    def is_card(self, label: str, *, wanted: bool) -> bool:
        """True for a scan of a gift card or voucher; when a number is `wanted`, of everything that is no goods."""
        kind = classify(label).kind
        return kind is CodeKind.GIFT_CARD or (wanted and kind in {CodeKind.SKU, CodeKind.UNKNOWN, CodeKind.SSCC})

    def find(self, code: str, done: Callable[[Found], None], failed: Failed) -> None:
        """The instrument with this number, scanned or typed. Fails with `value.bad_code` or `value.unknown`."""
        try:
            ref, _ = instrument_of(code)
        except RuleViolationError as refused:
            failed(refused)
            return
        self.find_by_id(ref, done, failed)

    def find_by_id(
        self, ref: InstrumentId, done: Callable[[Found], None], failed: Failed, *, points: bool = False
    ) -> None:
        """Fails with `value.unknown`; a customer's points are none as long as nobody has heard of any."""
        wallet = self.wallet([] if points else [ref], ref if points else None)

        def work(store: TillStore) -> Found:
            known, left = look(store, wallet, ref)
            if known is None:
                raise RuleViolationError("value.unknown")
            return Found(known, left, self._clock.now_ms() - left.as_of_ms if left.as_of_ms else None)

        self._writer.submit(work, done, failed)

    def check(self, found: Found) -> None:
        """Raises `value.inactive`, `value.locked`, `value.expired` or `value.other_currency`."""
        check_usable(found.known, self._currency, self._today())

    def wallet(self, refs: Iterable[InstrumentId], points: InstrumentId | None = None) -> Wallet:
        """What HQ last said of these, and of somebody's `points`, as a sale's transaction needs it."""
        refs = (*refs, points) if points else tuple(refs)
        known = {ref: found for ref in refs if (found := self._facts.instrument(ref))}
        if points:
            found = known.get(points, Instrument(points, ValueKind.POINTS, 0, POINTS_CURRENCY))
            known[points] = msgspec.structs.replace(found, offline_limit=self._offline_points())
        in_store = {ref: told for ref in refs if (told := self._facts.shared_value(ref))}
        contact_ms = self._facts.status().feed_contact_ms
        fresh = 0 <= self._clock.now_ms() - contact_ms <= FRESH_MS
        days = self.rules.credit_days
        expires = (date.fromisoformat(self._today()) + timedelta(days=days)).isoformat() if days else ""
        return Wallet(known, fresh, expires, in_store)

    def _offline_points(self) -> int:
        settings = self._facts.settings()
        return (settings.loyalty if settings else LoyaltyRules()).offline_points

    def new_credit(self) -> NewCredit:
        """A number nobody has and nobody guesses: 75 bits of this till's chance, hashed."""
        digest = hashlib.sha256(f"credit {self._ids.next()} {self._ids.next()}".encode()).digest()
        code = "C" + base64.b32encode(digest).decode()[:CREDIT_CODE_CHARS]
        return NewCredit(code, *instrument_of(code))
