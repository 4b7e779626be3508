"""A sender and the copy it reads, for tests: what it sends is kept, and a test answers as a peer would."""

from collections.abc import Sequence

from retail_core.sync import sender
from retail_core.sync.push import (
    Action,
    Answered,
    Check,
    Checked,
    Load,
    Loaded,
    Message,
    Notice,
    OpenEpoch,
    Record,
    Role,
    Send,
    Tick,
)
from retail_core.wire.envelope import Head, StreamEntry
from retail_core.wire.messages import DamagedAnswer, ForkAnswer, GapAnswer, Pace, PushAnswer
from tests.unit.sync.chains import STREAM, entries, head_of

CHAIN = entries(12)
OTHER = entries(6, mark="x", after=CHAIN[:4])
Answer = PushAnswer | GapAnswer | ForkAnswer | DamagedAnswer


def ok(at: Head, hq: Head | None = None, pace: Pace | None = None) -> PushAnswer:
    hq = hq or Head()
    return PushAnswer(at.seq, at.chain_hash.hex(), hq.seq, hq.chain_hash.hex() if hq.seq else "", next=pace or Pace())


class Desk:
    """A sender and the copy it reads; local reads are answered at once, what it sends is kept."""

    def __init__(
        self,
        copy: Sequence[StreamEntry] = CHAIN,
        *,
        through: int = 0,
        hq: int = 0,
        base: int = 0,
        role: Role = Role.ORIGIN,
        peer: str = "store",
    ) -> None:
        self.copy = list(copy)
        self.base = base
        self.now = 1_000
        self.jitter = 0.5
        self.state = sender.start(
            STREAM, peer, role, head_of(copy, through), head_of(copy, hq), head_of(copy, base) if base else None
        )
        self.sent: list[Send] = []
        self.others: list[Action] = []

    def give(self, message: Message) -> "Desk":
        messages = [message]
        while messages:
            self.state, actions = sender.step(self.state, messages.pop(0), self.now, self.jitter)
            for action in actions:
                match action:
                    case Load():
                        messages.append(self.load(action))
                    case Check():
                        messages.append(Checked(tuple(self.hash_at(seq) for seq in action.seqs)))
                    case Send():
                        self.sent.append(action)
                    case _:
                        self.others.append(action)
        return self

    def load(self, action: Load) -> Loaded:
        above = [placed for placed in self.copy if placed.seq > max(action.after, self.base)]
        return Loaded(tuple(self.hash_at(seq) for seq in action.check), above[: action.limit])

    def hash_at(self, seq: int) -> bytes | None:
        if 0 < seq < self.base or seq > len(self.copy):
            return None
        return head_of(self.copy, seq).chain_hash

    def tick(self, later_ms: int = 0) -> "Desk":
        self.now += later_ms
        return self.give(Tick())

    def answer(self, answer: Answer) -> "Desk":
        return self.give(Answered(self.sent[-1].request, answer))

    @property
    def records(self) -> list[Record]:
        return [action for action in self.others if isinstance(action, Record)]

    @property
    def notices(self) -> list[str]:
        return [action.code for action in self.others if isinstance(action, Notice)]

    @property
    def opened(self) -> list[OpenEpoch]:
        return [action for action in self.others if isinstance(action, OpenEpoch)]

    def at(self, seq: int) -> Head:
        return head_of(self.copy, seq)

    def sizes(self) -> list[tuple[int, int]]:
        """(first, last) position of every batch sent."""
        return [(send.entries[0].seq, send.entries[-1].seq) for send in self.sent]
