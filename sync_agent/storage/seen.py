"""The last receipt of every number series of a register, as the copies of journals on this machine have it."""

from retail_core.durable import link
from retail_core.durable.inbox import inbox_streams
from retail_core.wire.envelope import StreamId
from retail_core.wire.recovery import SeenReceipts, SeenSeries
from sync_agent.storage.files import Files

MAX_STREAMS = 200


def seen_here(files: Files, register: str) -> SeenReceipts:
    """Machines that are shut out count too; the till beside this agent tells its own."""
    mine = files.config.till_node
    nodes = {one.node_id for one in link.read_nodes(files.link) if one.register == register and one.node_id != mine}
    streams = [source for source, _, _ in inbox_streams(files.store) if source.origin_node in nodes]
    found = (_last_sale(files, source) for source in streams[-MAX_STREAMS:])
    return SeenReceipts(register, newest(*(one for one in found if one)))


def newest(*seen: SeenSeries) -> tuple[SeenSeries, ...]:
    """One of each series, the one with the highest number, in the order of the series."""
    best: dict[str, SeenSeries] = {}
    for one in sorted(seen, key=lambda each: each.counter):
        best[one.series] = one
    return tuple(best[series] for series in sorted(best, key=lambda name: (len(name), name)))


def _last_sale(files: Files, source: StreamId) -> SeenSeries | None:
    row = files.history.last_of(
        source,
        "SELECT e.node, CAST(e.body AS TEXT) ->> '$.receipt', e.at FROM stream s JOIN event e ON e.id = s.id"
        " WHERE s.node = ? AND s.epoch = ? AND e.type = 'sale.completed' ORDER BY s.seq DESC LIMIT 1",
    )
    if row is None:
        return None
    node, receipt, at_ms = row
    rest, _, counter = str(receipt).rpartition("-")
    return SeenSeries(node, rest.rpartition("-")[2], receipt, int(counter) if counter.isdigit() else 0, at_ms)
