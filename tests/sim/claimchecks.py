"""What must hold of claims while the day goes on: one holder at a time, nobody kept out by what nobody has any more, and no
tagged unit sold twice to the knowledge of who decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retail_core.domain.claims import ClaimAnswer, ClaimKind, Granted, Thing
from retail_core.domain.shared import SharedBasket, SharedKind
from retail_core.wire.claim_rounds import ClaimRound, ClaimRoundReply
from retail_core.wire.envelope import Entry
from tests.sim.board import register
from tests.sim.violation import ViolationError

if TYPE_CHECKING:
    from tests.sim.agent import Agent
    from tests.sim.till import Till
    from tests.sim.world import World


@dataclass
class Given:
    """What a machine with the store role granted last of a thing."""

    asker: str
    at_ms: int
    wrong_ms: int
    over: bool = False  # given back, or done


class ClaimChecks:
    def __init__(self, world: "World") -> None:
        self.world = world
        self._known: dict[tuple[str, Thing], tuple[dict[str, int], int]] = {}
        self._given: dict[tuple[str, Thing], Given] = {}
        self._source: dict[tuple[str, Thing], str] = {}
        self._kept: dict[tuple[str, Thing], int] = {}  # since when somebody keeps what came to nothing
        self._told: set[tuple[str, Thing]] = set()  # on their way back, and perhaps lost there
        self._out: dict[str, dict[str, str]] = {}  # by tag: receipts it was sold on since it last came back
        self._backs: dict[str, list[str]] = {}  # by receipt that a unit came back of: how the journal says so

    # ── what the store role answers ──────────────────────────────────────────────────────────────

    def answered(self, holder: "Agent", asker: str, asked: ClaimRound, reply: ClaimRoundReply) -> None:
        """The store role has granted things or said who has them; what was asked for no time at all is given back."""
        for request, said in zip(asked.claims, reply.claims, strict=True):
            basket = holder.disk.board.told.get((SharedKind.BASKET, request.key), (0, None))[1]
            if said.granted or not isinstance(basket, SharedBasket) or not basket.taken_by:  # else it is gone for good
                by = "" if said.granted else said.holder
                self._answered(holder, (request.kind, request.key), asker, request.for_ms, by)
        for many, told in zip(asked.units, reply.units, strict=True):
            taken = {one.epc: one for one in told.taken}
            for tag in many.epcs:
                if tag in taken and taken[tag].receipt:
                    self._sold_already(holder, tag, taken[tag].receipt)
                else:
                    by = taken[tag].holder if tag in taken else ""
                    self._answered(holder, (ClaimKind.RFID_UNIT, tag), asker, many.for_ms, by)

    def released(self, holder: "Agent", thing: Thing) -> None:
        """What it was claimed for was done, or it was given back."""
        if given := self._given.get((holder.name, thing)):
            given.over = True

    def knew(self, till: "Till", thing: Thing, before: Iterable[str], answer: ClaimAnswer) -> bool:
        """True when whoever granted this had read of all these events, or this till has made them itself."""
        if not isinstance(answer, Granted) or till.blind:
            return False
        read, then = self._known[register(till.name), thing]
        return all(read.get(one, then) < then or one in till.disk.events for one in before)

    def _answered(self, holder: "Agent", thing: Thing, asker: str, for_ms: int, by: str) -> None:
        if by and for_ms:
            self._refused(holder, thing, by)
        elif for_ms:
            self._granted(holder, thing, asker)
        elif not by:
            self.released(holder, thing)

    def _granted(self, holder: "Agent", thing: Thing, asker: str) -> None:
        """Nobody else has what the store role grants, until it is given back or its time is over."""
        source, now_ms = holder.disk.board.source, self.world.clockwork.now_ms
        at = holder.name, thing
        other = self._given.get(at)
        same_word = self._source.get(at) == source and other and other.wrong_ms == holder.clock.wrong_ms
        if other and same_word and not other.over and other.asker != asker and now_ms - other.at_ms < self._lease_ms:
            raise ViolationError(f"{holder.name} granted {thing} to {asker} while {other.asker} has it")
        self._given[at], self._source[at] = Given(asker, now_ms, holder.clock.wrong_ms), source
        self._known[register(asker), thing] = holder.disk.board.read, len(holder.disk.board.read)

    def _refused(self, holder: "Agent", thing: Thing, by: str) -> None:
        """Somebody is kept out: who is said to have it was granted it, has not given it back, and not for too long."""
        given = self._given.get((holder.name, thing))
        if holder.name in self.world.went_back or (given and given.wrong_ms != holder.clock.wrong_ms):
            return  # a claim that an old copy of the file tells of, or one whose time a clock has changed
        if given is None or given.asker != by or given.over:
            raise ViolationError(f"{holder.name} refused {thing}, which {by} has not got")
        if self.world.clockwork.now_ms - given.at_ms >= self._lease_ms:
            raise ViolationError(f"{holder.name} refused {thing}, which {by} claimed at {given.at_ms} ms")
        if self._kept.get((by, thing), 0) > given.at_ms and (by, thing) not in self._told:
            raise ViolationError(f"{holder.name} refused {thing}: {by} needs it no more and keeps it")

    def _sold_already(self, holder: "Agent", tag: str, receipt: str) -> None:
        """A unit that came back to the knowledge of the store role is nobody's any more."""
        known = [one for one in self._backs.get(f"{receipt} {tag}", ()) if one in holder.disk.board.read]
        if known and len(self.world.truth.receipts[receipt]) == 1:
            raise ViolationError(f"{holder.name} says that {tag} is sold on {receipt}, of which it came back")

    @property
    def _lease_ms(self) -> int:
        return self.world.plan.claim_ms

    # ── payments ─────────────────────────────────────────────────────────────────────────────────

    def asked(self, agent: str, things: Iterable[Thing]) -> None:
        """A till wants these, once more if it had given them back."""
        for thing in things:
            self._kept.pop((agent, thing), None)
            self._told.discard((agent, thing))

    def gives_back(self, agent: str, things: Iterable[Thing]) -> None:
        """Word of it is on its way."""
        self._told.update((agent, thing) for thing in things)

    def came_to_nothing(self, agent: str, things: Iterable[Thing]) -> None:
        """The till needs none of these any more."""
        self._kept.update({(agent, thing): self.world.clockwork.now_ms for thing in things})

    # ── tagged units ─────────────────────────────────────────────────────────────────────────────

    def sold(self, till: "Till", tag: str, receipt: str, entry: Entry, answer: ClaimAnswer) -> None:
        """While the store role answers no unit is sold twice, once it has read of the first sale."""
        thing, before = (ClaimKind.RFID_UNIT, tag), self._out.get(tag, {})
        if isinstance(answer, Granted) and not till.blind:
            read, then = self._known[register(till.name), thing]
            known = [one for one, event_id in before.items() if read.get(event_id, then) < then]
            if known:
                raise ViolationError(f"{till.name} sold {tag} on {receipt}, and the store role knew of {known}")
        self.sold_all_the_same(tag, receipt, entry)

    def sold_all_the_same(self, tag: str, receipt: str, entry: Entry) -> None:
        """Somebody was told, or nobody could be asked."""
        self._out.setdefault(tag, {})[receipt] = entry.id

    def came_back(self, tag: str, receipt: str, entry: Entry) -> None:
        """The customer has not got it any more, on whichever receipt."""
        self._out.pop(tag, None)
        self._backs.setdefault(f"{receipt} {tag}", []).append(entry.id)
