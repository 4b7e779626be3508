"""Which peer is talked to now, in one direction: the store role when it answers, HQ directly when it does not."""

from collections.abc import Mapping

from retail_core.domain.clock import Clock
from retail_core.sync import path
from retail_core.sync.sender import HQ_PEER
from sync_agent.hq_client.client import SyncClient


class Route:
    """Peers by name, best first and HQ last (absent for a route that must stay in the store)."""

    def __init__(self, peers: Mapping[str, SyncClient], clock: Clock) -> None:
        """`peers` may be empty."""
        self._clients = dict(peers)
        self._state = path.path(tuple(peers)) if peers else None
        self._clock = clock

    @property
    def peer(self) -> str:
        """The name in use; empty when there is nobody."""
        return self._state.peer if self._state else ""

    @property
    def client(self) -> SyncClient | None:
        return self._clients.get(self.peer)

    @property
    def direct(self) -> bool:
        """True when HQ itself is the peer in use."""
        return self.peer == HQ_PEER

    def failed(self, peer: str) -> None:
        """`peer` gave no answer."""
        if self._state and peer == self.peer:
            self._state = path.failed(self._state, self._clock.monotonic_ms())

    def answered(self, peer: str) -> None:
        if self._state and peer == self.peer:
            self._state = path.answered(self._state, self._clock.monotonic_ms())

    def greeted(self, peer: str) -> bool:
        """`peer` answers; True when it is gone back to."""
        before = self._state
        if before:
            self._state = path.greeted(before, peer, self._clock.monotonic_ms())
        return self._state is not before

    def offer(self, peers: Mapping[str, SyncClient]) -> None:
        """The candidates have changed. A new best one is tried at once; else the peer in use stays if it still can."""
        self._clients = dict(peers)
        names = tuple(peers)
        if not names:
            self._state = None
        elif self._state is None or names[0] not in self._state.peers:
            self._state = path.path(names)
        elif names != self._state.peers:
            self._state = path.known(self._state, names)
