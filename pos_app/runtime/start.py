"""Before the first sale: has somebody seen more of this journal than it holds? Waited for at most half a second.

An old copy of the till's folder would else print numbers again that were printed since. The machine's own link.db is looked
at first, then the agent asks the store and head office; an agent that is not there is not waited for at all.
"""

import logging
import socket
from threading import Event
from time import monotonic

from pos_app.runtime.wake import LOOPBACK
from pos_app.storage.readers import Links
from pos_app.storage.store import FORK, ROLLED_BACK, TillStore
from retail_core.domain.clock import Clock
from retail_core.durable.home import Home
from retail_core.durable.start import StartAsk, put_start_ask
from retail_core.sync.epoch import START_QUESTION_MS, Standing, standing
from retail_core.wire.envelope import Head

log = logging.getLogger(__name__)
LOOK_AGAIN_S = 0.01
AGENT_SILENT_MS = 10_000


def ask_at_start(store: TillStore, home: Home, clock: Clock, agent_port: int) -> None:
    """Begin a new epoch when the journal went back in time. Runs before anybody else uses `store`."""
    if store.fresh_epoch:
        return
    links = Links(home)
    try:
        _ask(store, links, clock, agent_port)
    finally:
        links.close()


def _ask(store: TillStore, links: Links, clock: Clock, agent_port: int) -> None:
    seen = [*links.seen_of(store.journal.stream)]
    if all(_standing(store, head) is Standing.AGREES for head in seen):
        seen = _asked(store, links, clock, agent_port)
    for head in seen:
        found = _standing(store, head)
        if found is not Standing.AGREES:
            log.warning("the journal is older than what was seen of it", extra={"code": "till.rolled_back"})
            store.reopen_epoch(ROLLED_BACK if found is Standing.ROLLED_BACK else FORK)
            return


def _asked(store: TillStore, links: Links, clock: Clock, agent_port: int) -> list[Head]:
    now_ms = clock.now_ms()
    if not 0 <= now_ms - links.status().at_ms <= AGENT_SILENT_MS:
        return []
    until = monotonic() + START_QUESTION_MS / 1000
    ask = StartAsk(store.new_id(), store.journal.epoch, now_ms)
    with store.unit() as conn:
        put_start_ask(conn, ask)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(b"w", (LOOPBACK, agent_port))
    nobody = Event()
    while monotonic() < until:
        answer = links.start_answer(ask.ask_id)
        if answer is not None:
            return [one.head for one in answer.seen]
        nobody.wait(LOOK_AGAIN_S)
    return []


def _standing(store: TillStore, witness: Head) -> Standing:
    journal = store.journal
    return standing(journal.head.seq, store.history.chain_hash_at(journal.stream, witness.seq), witness)
