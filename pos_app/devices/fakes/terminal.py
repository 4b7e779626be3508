"""A card terminal with its own memory of what was paid."""

from pos_app.devices.fakes.base import StartedFake
from pos_app.devices.ports import Health, PaymentOutcome, PaymentState

MASKED_CARD = "••4242"


class FakeCardTerminal(StartedFake):
    """A `CardTerminal`. What it took is in `taken`, whether or not the till heard of it."""

    def __init__(self, name: str = "fake terminal") -> None:
        super().__init__(name)
        self._ledger: dict[str, PaymentOutcome] = {}
        self._next = PaymentState.APPROVED
        self._answer_is_lost = False

    @property
    def taken(self) -> dict[str, int]:
        """Minor units by tender id."""
        return {
            tender: outcome.amount_minor
            for tender, outcome in self._ledger.items()
            if outcome.state is PaymentState.APPROVED
        }

    def decline_next(self) -> None:
        self._next = PaymentState.DECLINED

    def lose_next_answer(self) -> None:
        """The customer pays, and the link dies before the till hears of it."""
        self._answer_is_lost = True

    def authorise(self, tender_id: str, amount_minor: int, currency: str) -> PaymentOutcome:
        if not self.usable:
            return PaymentOutcome(
                PaymentState.UNKNOWN, tender_id, amount_minor, currency, reason="terminal.unreachable"
            )
        if tender_id not in self._ledger:
            self._ledger[tender_id] = self._decide(tender_id, amount_minor, currency)
        if self._answer_is_lost:
            self._answer_is_lost = False
            return PaymentOutcome(PaymentState.UNKNOWN, tender_id, amount_minor, currency, reason="terminal.link_died")
        return self._ledger[tender_id]

    def refund(self, tender_id: str, amount_minor: int, currency: str) -> PaymentOutcome:
        return self.authorise(tender_id, amount_minor, currency)

    def end_of_day(self) -> PaymentOutcome:
        if not self.usable:
            return PaymentOutcome(PaymentState.UNKNOWN, "", 0, "", reason="terminal.unreachable")
        return PaymentOutcome(PaymentState.APPROVED, "", sum(self.taken.values()), "")

    def status(self) -> Health:
        return self.health

    def enquire(self, tender_id: str) -> PaymentOutcome:
        if not self.usable:
            return PaymentOutcome(PaymentState.UNKNOWN, tender_id, 0, "", reason="terminal.unreachable")
        never = PaymentOutcome(PaymentState.ABORTED, tender_id, 0, "", reason="terminal.never_asked")
        return self._ledger.get(tender_id, never)

    def reverse(self, tender_id: str) -> PaymentOutcome:
        found = self.enquire(tender_id)
        if found.state is PaymentState.APPROVED:
            found = PaymentOutcome(
                PaymentState.ABORTED, tender_id, found.amount_minor, found.currency, reason="reversed"
            )
            self._ledger[tender_id] = found
        return found

    def abort(self, tender_id: str = "") -> None:
        """Nothing is ever under way between two calls."""

    def _decide(self, tender_id: str, amount_minor: int, currency: str) -> PaymentOutcome:
        state, self._next = self._next, PaymentState.APPROVED
        approved = state is PaymentState.APPROVED
        return PaymentOutcome(
            state, tender_id, amount_minor, currency,
            masked_card=MASKED_CARD if approved else "",
            reference=f"A{len(self._ledger) + 1:05d}" if approved else "",
            reason="" if approved else "terminal.declined",
        )  # fmt: skip
