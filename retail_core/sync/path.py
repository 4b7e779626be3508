"""Which peer an agent talks to: the store role, other candidates, HQ directly, and else it keeps what it has. No I/O.

A step down after `FAILURES_TO_LEAVE` failures in a row; every `RETRY_BETTER_MS` the better ones are tried again. The
machine only picks; the senders are told with `sender.moved`.
"""

from collections.abc import Sequence

import msgspec

FAILURES_TO_LEAVE = 2
RETRY_BETTER_MS = 30_000


class PathState(msgspec.Struct, frozen=True):
    """`peers` best first, the last one being HQ. `at` is the one in use."""

    peers: tuple[str, ...]
    at: int = 0
    failures: int = 0
    retry_ms: int = 0

    @property
    def peer(self) -> str:
        return self.peers[self.at]


def path(peers: Sequence[str]) -> PathState:
    """Begin with the best peer; `peers` must not be empty."""
    return PathState(tuple(peers))


def failed(state: PathState, now_ms: int) -> PathState:
    """The peer in use gave no answer. From the last one it begins again at the best, so nobody is given up."""
    failures = state.failures + 1
    if failures < FAILURES_TO_LEAVE:
        return PathState(state.peers, state.at, failures, state.retry_ms)
    return PathState(state.peers, (state.at + 1) % len(state.peers), 0, now_ms + RETRY_BETTER_MS)


def answered(state: PathState, now_ms: int) -> PathState:
    """The peer in use answered. When a better one is due for another try, it is the one in use from now on."""
    if state.at and now_ms >= state.retry_ms:
        return PathState(state.peers, 0, FAILURES_TO_LEAVE - 1, now_ms + RETRY_BETTER_MS)
    return PathState(state.peers, state.at, 0, state.retry_ms)


def greeted(state: PathState, peer: str, now_ms: int) -> PathState:
    """`peer` answers a greeting. A better one than that in use is gone back to when it is due for another try, so that a
    machine with nothing to send does not stay away from its store.
    """
    if peer in state.peers[: state.at] and now_ms >= state.retry_ms:
        at = state.peers.index(peer)
        return PathState(state.peers, at, FAILURES_TO_LEAVE - 1, now_ms + RETRY_BETTER_MS)
    return state


def known(state: PathState, peers: Sequence[str]) -> PathState:
    """The candidates have changed (found or lost on the LAN); the peer in use stays if it is still one of them."""
    at = peers.index(state.peer) if state.peer in peers else 0
    return PathState(tuple(peers), at, state.failures if at == state.at else 0, state.retry_ms)
